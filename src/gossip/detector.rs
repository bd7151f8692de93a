//! Phi-accrual failure detection: how surprising it is that a peer has been silent for so long.
//!
//! After Hayashibara's paper, with Cassandra's simplification: intervals are taken as exponentially distributed, so phi is the
//! silence divided by the mean interval, times 1 / ln 10. Source of the numbers: `FailureDetector.java`.

use crate::base::{Duration, Instant};

/// Intervals remembered of each peer. `FailureDetector.SAMPLE_SIZE`.
const SAMPLE_SIZE: usize = 1000;

/// Stands for the first interval, of which only the end is known: two gossip rounds.
const INITIAL_INTERVAL: Duration = Duration::from_secs(2);

/// Longer intervals are outages, not samples. `cassandra.fd_max_interval_ms`, 2 s.
const MAX_INTERVAL: Duration = Duration::from_secs(2);

/// cassandra.yaml `phi_convict_threshold`.
pub const PHI_CONVICT_THRESHOLD: f64 = 8.0;

/// Makes a ratio of times a power of ten: 1 / ln 10.
const PHI_FACTOR: f64 = core::f64::consts::LOG10_E;

/// Looking at peers less often than this means that this node stood still, not they. `MAX_LOCAL_PAUSE`, 5 s.
const MAX_LOCAL_PAUSE: Duration = Duration::from_secs(5);

/// When news of a peer came in, as the mean of the latest intervals.
#[derive(Clone, Debug)]
pub struct ArrivalWindow {
    last: Instant,
    intervals_micros: Vec<u32>,
    /// Where the next interval goes once the window is full.
    oldest: usize,
    sum_micros: u64,
}

impl ArrivalWindow {
    /// The first news of a peer.
    pub fn starting(now: Instant) -> ArrivalWindow {
        let initial = INITIAL_INTERVAL.as_micros() as u32;
        ArrivalWindow {
            last: now,
            intervals_micros: vec![initial],
            oldest: 0,
            sum_micros: u64::from(initial),
        }
    }

    /// More news.
    pub fn record(&mut self, now: Instant) {
        let interval = now.since(self.last);
        self.last = now;
        if interval > MAX_INTERVAL {
            return;
        }
        let interval = interval.as_micros() as u32;
        self.sum_micros += u64::from(interval);
        if self.intervals_micros.len() < SAMPLE_SIZE {
            self.intervals_micros.push(interval);
        } else {
            self.sum_micros -= u64::from(self.intervals_micros[self.oldest]);
            self.intervals_micros[self.oldest] = interval;
            self.oldest = (self.oldest + 1) % SAMPLE_SIZE;
        }
    }

    pub fn mean_micros(&self) -> f64 {
        self.sum_micros as f64 / self.intervals_micros.len() as f64
    }

    /// How unlikely the present silence is: 8 says one chance in 10^8 that the peer is well.
    pub fn phi(&self, now: Instant) -> f64 {
        // News at one and the same microsecond only: any silence is as good as none.
        if self.sum_micros == 0 {
            return 0.0;
        }
        PHI_FACTOR * now.since(self.last).as_micros() as f64 / self.mean_micros()
    }
}

/// Whether this node may judge others: not while it stood still itself.
#[derive(Clone, Debug)]
pub struct LocalPause {
    looked: Instant,
    noticed: Option<Instant>,
}

impl LocalPause {
    pub fn new(now: Instant) -> LocalPause {
        LocalPause {
            looked: now,
            noticed: None,
        }
    }

    /// To be called on each look at the peers. False: this node stood still, and the peers' news may just be queued up.
    pub fn may_judge(&mut self, now: Instant) -> bool {
        let since = now.since(self.looked);
        self.looked = now;
        if since > MAX_LOCAL_PAUSE {
            self.noticed = Some(now);
        }
        self.noticed.is_none_or(|noticed| now.since(noticed) >= MAX_LOCAL_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn eight_is_passed_after_18_mean_intervals() {
        let mut window = ArrivalWindow::starting(at(0));
        for second in 1..=2000 {
            window.record(at(second * 1000));
        }
        assert_eq!(window.mean_micros(), 1_000_000.0);
        assert!(window.phi(at(2_018_420)) < PHI_CONVICT_THRESHOLD);
        assert!(window.phi(at(2_018_421)) > PHI_CONVICT_THRESHOLD);
    }

    #[test]
    fn outages_are_no_samples_and_the_first_counts_two_seconds() {
        let mut window = ArrivalWindow::starting(at(0));
        assert_eq!(window.mean_micros(), 2_000_000.0);
        window.record(at(60_000));
        assert_eq!(window.mean_micros(), 2_000_000.0);
        window.record(at(61_000));
        assert_eq!(window.mean_micros(), 1_500_000.0);
        assert_eq!(window.phi(at(61_000)), 0.0);
    }

    #[test]
    fn old_samples_make_room() {
        let mut window = ArrivalWindow::starting(at(0));
        (1..=1000).for_each(|n| window.record(at(n * 2000)));
        (1..=1000).for_each(|n| window.record(at(2_000_000 + n * 500)));
        assert_eq!(window.mean_micros(), 500_000.0);
    }

    #[test]
    fn a_pause_suspends_judgement_for_as_long() {
        let mut pause = LocalPause::new(at(0));
        assert!(pause.may_judge(at(1000)));
        assert!(pause.may_judge(at(6000)));
        assert!(!pause.may_judge(at(11_001)));
        assert!(!pause.may_judge(at(16_000)));
        assert!(pause.may_judge(at(16_001)));
    }
}
