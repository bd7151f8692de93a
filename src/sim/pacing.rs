//! Pacing: how far virtual time may go, told how much real time has passed. The clock that real time comes from is outside.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::Instant;

/// How virtual time runs against real time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rate {
    /// About half a second a hop while messages for a client are under way; real time when nothing is.
    SlowMotion,
    RealTime,
    /// As fast as it goes.
    Max,
    /// Virtual seconds a real second.
    Custom(f64),
}

impl Rate {
    /// What a hop takes to an eye in slow motion.
    pub const HOP: Duration = Duration::from_millis(500);
    /// Slower than this nothing seems to move, faster is `Max`.
    pub const SLOWEST: f64 = 1e-5;
    pub const FASTEST: f64 = 1e5;
}

/// Real time that passes unnoticed is not caught up with beyond this: a page comes back from the background as it left.
const MOST_AT_ONCE: Duration = Duration::from_millis(100);

/// Turns real time into virtual time, at a rate that may change from event to event.
#[derive(Clone, Debug)]
pub struct Pacing {
    rate: Rate,
    paused: bool,
    /// Virtual time reached, with the part of a microsecond that an `Instant` does not have.
    position: Instant,
    fraction: f64,
    /// Real time told and not yet spent, in microseconds.
    credit: f64,
}

/// How far to go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Everything before this may happen.
    Until(Instant),
    /// Nothing more, until more real time has passed.
    Wait,
}

impl Pacing {
    pub fn new(rate: Rate) -> Pacing {
        Pacing {
            rate,
            paused: false,
            position: Instant::ZERO,
            fraction: 0.0,
            credit: 0.0,
        }
    }

    pub fn rate(&self) -> Rate {
        self.rate
    }

    pub fn set_rate(&mut self, rate: Rate) {
        self.rate = match rate {
            Rate::Custom(speed) if speed.is_finite() => Rate::Custom(speed.clamp(Rate::SLOWEST, Rate::FASTEST)),
            Rate::Custom(_) => Rate::RealTime,
            other => other,
        };
        self.credit = 0.0;
    }

    pub fn is_paused(&self) -> bool {
        self.paused
    }

    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
        self.credit = 0.0;
    }

    /// Virtual time as it is shown.
    pub fn position(&self) -> Instant {
        self.position
    }

    /// Virtual seconds a real second; `None`: as many as there are.
    pub fn speed(&self, busy: bool, hop: Duration) -> Option<f64> {
        match self.rate {
            Rate::SlowMotion if busy => Some((hop.as_secs_f64() / Rate::HOP.as_secs_f64()).min(1.0)),
            Rate::SlowMotion | Rate::RealTime => Some(1.0),
            Rate::Max => None,
            Rate::Custom(speed) => Some(speed),
        }
    }

    /// Real time has passed.
    pub fn elapse(&mut self, real: Duration) {
        if !self.paused {
            self.credit += real.min(MOST_AT_ONCE).as_micros() as f64;
        }
    }

    /// How far to go, when the next event is at `next`. Spends the real time that it takes to get there; asked again after
    /// each event, because an event may change the speed.
    pub fn leave(&mut self, next: Option<Instant>, busy: bool, hop: Duration) -> Leave {
        if self.paused {
            return Leave::Wait;
        }
        let Some(speed) = self.speed(busy, hop) else {
            self.credit = 0.0;
            return match next {
                // Not beyond the event by more than itself: the position follows what has happened.
                Some(_) => Leave::Until(Instant::MAX),
                None => Leave::Wait,
            };
        };
        let gap = next.map(|next| (next.since(self.position).as_micros() as f64 - self.fraction).max(0.0));
        let within_reach = gap.is_some_and(|gap| gap <= self.credit * speed);
        match (next, gap) {
            // Time runs fast between events that are slow: go to the event itself and no further.
            (Some(next), Some(gap)) if within_reach && self.rate == Rate::SlowMotion && !busy => {
                self.credit -= gap / speed;
                self.catch_up(next);
            }
            _ => {
                let way = self.credit * speed + self.fraction;
                let whole = way.floor();
                self.position += Duration::from_micros(whole as u64);
                self.fraction = way - whole;
                self.credit = 0.0;
            }
        }
        if within_reach {
            Leave::Until(self.position + Duration::from_micros(1))
        } else {
            Leave::Wait
        }
    }

    /// What has happened is ahead: a jump, or a run at full speed.
    pub fn catch_up(&mut self, now: Instant) {
        if now > self.position {
            self.position = now;
            self.fraction = 0.0;
        }
    }

    /// Starts over at another moment.
    pub fn jump(&mut self, to: Instant) {
        self.position = to;
        self.fraction = 0.0;
        self.credit = 0.0;
    }

    /// There was not the time to do all that real time allowed: it is not caught up with.
    pub fn fall_behind(&mut self) {
        self.credit = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOP: Duration = Duration::from_micros(500);

    fn at(micros: u64) -> Instant {
        Instant::from_micros(micros)
    }

    #[test]
    fn real_time_is_real_time() {
        let mut pacing = Pacing::new(Rate::RealTime);
        pacing.elapse(Duration::from_millis(16));
        assert_eq!(pacing.leave(Some(at(10_000)), false, HOP), Leave::Until(at(16_001)));
        assert_eq!(pacing.leave(Some(at(20_000)), false, HOP), Leave::Wait);
        assert_eq!(pacing.position(), at(16_000));
        pacing.elapse(Duration::from_millis(16));
        assert_eq!(pacing.leave(Some(at(20_000)), false, HOP), Leave::Until(at(32_001)));
    }

    #[test]
    fn slow_motion_is_slow_only_while_something_is_under_way() {
        let mut pacing = Pacing::new(Rate::SlowMotion);
        pacing.elapse(Duration::from_millis(50));
        assert_eq!(pacing.leave(Some(at(30_000)), false, HOP), Leave::Until(at(30_001)));
        // The event set off a message: the remaining 20 ms are slow.
        assert_eq!(pacing.leave(Some(at(30_500)), true, HOP), Leave::Wait);
        assert_eq!(pacing.position(), at(30_020));
        // Half a second for the hop in all, in steps of a frame.
        let mut frames = 0;
        while pacing.leave(Some(at(30_500)), true, HOP) == Leave::Wait {
            pacing.elapse(Duration::from_micros(16_667));
            frames += 1;
        }
        assert!((28..=30).contains(&frames), "{frames}");
    }

    #[test]
    fn fractions_add_up() {
        let mut pacing = Pacing::new(Rate::Custom(0.0001));
        for _ in 0..1000 {
            pacing.elapse(Duration::from_micros(16_667));
            pacing.leave(None, false, HOP);
        }
        assert!((1666..=1667).contains(&pacing.position().as_micros()));
    }

    #[test]
    fn max_does_not_wait_and_a_pause_does() {
        let mut pacing = Pacing::new(Rate::Max);
        assert_eq!(pacing.leave(Some(at(5)), true, HOP), Leave::Until(Instant::MAX));
        pacing.set_paused(true);
        pacing.elapse(Duration::from_secs(1));
        assert_eq!(pacing.leave(Some(at(5)), true, HOP), Leave::Wait);
        pacing.set_paused(false);
        pacing.set_rate(Rate::Custom(f64::NAN));
        assert_eq!(pacing.rate(), Rate::RealTime);
        assert_eq!(pacing.leave(Some(at(5)), true, HOP), Leave::Wait);
    }

    #[test]
    fn long_absence_is_not_caught_up_with() {
        let mut pacing = Pacing::new(Rate::RealTime);
        pacing.elapse(Duration::from_secs(3600));
        pacing.leave(None, false, HOP);
        assert_eq!(pacing.position(), Instant::ZERO + MOST_AT_ONCE);
    }
}
