//! Clusters under faults: what clients were promised holds, and a seed is the whole story.

use ringscope::base::Seed;
use ringscope::data::ConsistencyLevel;
use ringscope::sim::campaign::{self, Flushes, Summary};
use ringscope::sim::checker::Violation;
use ringscope::sim::faults::FaultSet;
use ringscope::sim::gate;
use ringscope::sim::index_campaign::{self, Outcome};
use ringscope::sim::workload::Load;

/// Seeds that CI runs besides those that once failed.
const SEEDS: core::ops::Range<u64> = 0..20;

/// Seeds of clusters whose memtables are flushed all the time.
const FLUSHING_SEEDS: core::ops::Range<u64> = 3..4;

/// Seeds of clusters with indexes.
const INDEX_SEEDS: core::ops::Range<u64> = 0..6;

fn report(summary: &Summary) -> String {
    let failures = summary.failures.iter().flat_map(|failure| {
        let seed = failure.seed.0;
        failure.violations.iter().map(move |it| format!("seed {seed}: {it}\n"))
    });
    failures.collect()
}

#[test]
fn what_was_acknowledged_survives_faults_and_replicas_converge() {
    let summary = campaign::run(SEEDS, &FaultSet::all(), Flushes::Never);
    assert!(summary.failures.is_empty(), "{}", report(&summary));
    assert_eq!(summary.sightings.never_seen(), [""; 0], "{summary:?}");
    assert!(summary.acknowledged > 100 * summary.seeds as usize, "{summary:?}");
}

/// With memtables that hold next to nothing: SSTables and compactions are part of every crash, cut and loss.
#[test]
fn what_was_acknowledged_survives_on_sstables_too() {
    let summary = campaign::run(FLUSHING_SEEDS, &FaultSet::all(), Flushes::Often);
    assert!(summary.failures.is_empty(), "{}", report(&summary));
    let seen = &summary.sightings;
    assert!(
        seen.crashes > 0 && seen.flushes > 100 && seen.compactions > 10,
        "{summary:?}"
    );
}

#[test]
fn the_same_seed_is_the_same_history() {
    let faults = FaultSet::all();
    let once = campaign::run_seed(Seed(7), &faults);
    assert_eq!(once, campaign::run_seed(Seed(7), &faults));
    assert_ne!(once.history, campaign::run_seed(Seed(9), &faults).history);
}

#[test]
fn without_faults_nearly_all_is_acknowledged() {
    let outcome = campaign::run_seed(Seed(1), &FaultSet::none());
    assert_eq!(outcome.violations, []);
    let sightings = outcome.sightings;
    assert_eq!((sightings.crashes, sightings.dropped, sightings.unavailable), (0, 0, 0));
}

/// The checkers see what is there to be seen: at ONE, reads may miss what was acknowledged.
#[test]
fn at_one_some_reads_are_stale() {
    let load = Load {
        consistency: ConsistencyLevel::One,
        ..Load::CAMPAIGN
    };
    let outcomes = (0..4).map(|seed| campaign::run_load(Seed(seed), &FaultSet::all(), load, Flushes::Never));
    let violations: Vec<_> = outcomes.flat_map(|outcome| outcome.violations).collect();
    assert!(violations.len() > 10, "{violations:?}");
    let stale = |it: &Violation| matches!(it, Violation::Stale { .. });
    assert!(violations.iter().all(stale), "{violations:?}");
}

#[test]
fn indexes_find_what_a_look_at_every_row_finds() {
    let mut all = Outcome::default();
    for seed in INDEX_SEEDS {
        all.add(index_campaign::run_seed(Seed(seed), &FaultSet::all()));
    }
    assert_eq!(all.violations, [""; 0]);
    // It has happened: rows were found, by indexes, and replicas differed.
    assert!(
        all.rows > 1_000 && all.index_reads > 1_000 && all.unheard > 10,
        "{all:?}"
    );
    assert!(all.acknowledged > all.statements / 2, "{all:?}");
}

#[test]
fn the_gates_histories_are_as_recorded() {
    let hashes = gate::WORKLOADS.map(|workload| format!("{} {}\n", workload.name, (workload.script)().run()));
    // A change that is meant to change histories brings the new ones: `ringscope gate > tests/gate.txt`.
    assert_eq!(hashes.concat(), include_str!("gate.txt"));
}
