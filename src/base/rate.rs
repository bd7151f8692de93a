//! How often something happens a second: the five-minute average of Dropwizard's `Meter`, which Cassandra tells of its tables.

use super::{Duration, Instant};

/// The average moves once in so long.
const TICK: Duration = Duration::from_secs(5);

/// Counts, and averages over five minutes in virtual time. It moves when it is looked at or counted: idle time costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rate {
    count: u64,
    /// Since the last tick.
    fresh: u32,
    last_tick: Option<Instant>,
    average: Option<f64>,
}

impl Rate {
    pub fn note(&mut self, now: Instant) {
        self.move_to(now);
        self.count += 1;
        self.fresh += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn per_second(mut self, now: Instant) -> f64 {
        self.move_to(now);
        self.average.unwrap_or(0.0)
    }

    fn move_to(&mut self, now: Instant) {
        let last = *self.last_tick.get_or_insert(now);
        let ticks = (now.since(last).as_micros() / TICK.as_micros()) as u32;
        if ticks == 0 {
            return;
        }
        self.last_tick = Some(last + TICK * ticks);
        // What is left of the average after a tick: exp(-5 s / 5 min).
        let kept = libm::exp(-1.0 / 60.0);
        let latest = f64::from(core::mem::take(&mut self.fresh)) / TICK.as_secs_f64();
        let average = self.average.map_or(latest, |it| latest + kept * (it - latest));
        self.average = Some(average * libm::pow(kept, f64::from(ticks - 1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_happens_and_fades_over_minutes() {
        let mut rate = Rate::default();
        let at = |seconds| Instant::ZERO + Duration::from_secs(seconds);
        assert_eq!(rate.per_second(at(100)), 0.0);
        (0..50).for_each(|_| rate.note(at(100)));
        assert_eq!(
            rate.per_second(at(104)),
            0.0,
            "an average of nothing before the first tick"
        );
        assert_eq!(rate.per_second(at(105)), 10.0);
        let fading = rate.per_second(at(105 + 300));
        assert!((fading - 10.0 / core::f64::consts::E).abs() < 1e-9, "{fading}");
        assert_eq!(rate.count(), 50);
    }
}
