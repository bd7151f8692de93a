//! How long a proposer waits before it tries again. Cassandra's `ContentionStrategy`.

use crate::base::{Duration, Random};

/// What `p95(rw)` in Cassandra's default counts as at the least: its lower bound, and far above what a run here takes.
const BASE: Duration = Duration::from_millis(10);

/// The upper bound of Cassandra's default `paxos_contention_max_wait`.
const MAX: Duration = Duration::from_millis(100);

/// Longer from attempt to attempt, and random, so that two proposers do not meet again. `10ms <= p95(rw)*1.8^attempts <= 100ms`
/// with waits near its end the likelier ones, as `qexp(1.5)` has them.
pub(super) fn wait(attempts: u32, random: &mut Random) -> Duration {
    let mut longest = BASE;
    for _ in 0..attempts {
        longest = (longest * 9 / 5).min(MAX);
    }
    let unit = random.unit();
    let short_of_it = longest.as_micros() as f64 * unit * unit.sqrt();
    longest - Duration::from_micros(short_of_it as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn waits_grow_to_a_limit() {
        let mut random = Random::stream(Seed(1), "contention");
        for attempts in 1..20 {
            let wait = wait(attempts, &mut random);
            assert!(wait <= MAX && (attempts > 1 || wait <= BASE * 9 / 5), "{wait:?}");
        }
    }
}
