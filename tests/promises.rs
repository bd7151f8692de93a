//! Counters, logged batches and materialized views under faults. A seed that once failed is kept here.

use ringscope::base::Seed;
use ringscope::sim::faults::FaultSet;
use ringscope::sim::promises::{self, Seen};

const SEEDS: core::ops::Range<u64> = 0..6;

#[test]
fn without_faults_every_increment_counts_once_and_views_follow() {
    for seed in [Seed(1), Seed(2)] {
        let judged = promises::run(seed, &FaultSet::none());
        assert_eq!(judged.violations, [""; 0], "seed {}", seed.0);
        assert!(judged.acknowledged > 300 && judged.seen.timeouts == 0, "{judged:?}");
    }
}

#[test]
fn under_faults_promises_are_kept() {
    let mut seen = Seen::default();
    let mut broken = Vec::new();
    for seed in SEEDS {
        let judged = promises::run(Seed(seed), &FaultSet::all());
        broken.extend(judged.violations.into_iter().map(|it| format!("seed {seed}: {it}")));
        seen.increments_led += judged.seen.increments_led;
        seen.batches_kept += judged.seen.batches_kept;
        seen.timeouts += judged.seen.timeouts;
        seen.crashes += judged.seen.crashes;
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let nothing_is_zero = [seen.increments_led, seen.batches_kept, seen.timeouts, seen.crashes];
    assert!(nothing_is_zero.iter().all(|times| *times > 0), "{seen:?}");
}
