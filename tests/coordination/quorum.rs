//! A read sees every write that was acknowledged before it, when their levels overlap; and one at a quorum never less than
//! such a read before it.

use std::collections::BTreeMap;

use ringscope::base::{Duration, Instant};
use ringscope::coordinator::{WriteKind, WriteRequest};
use ringscope::data::ConsistencyLevel::{self, All, One, Quorum};
use ringscope::data::WriteTimestamp;
use ringscope::event::What;

use super::cluster::{Happening, Network, TestCluster, Told};
use super::table::{read_one, update, value};

const ROUGH: Network = Network {
    loss: 0.05,
    duplication: 0.05,
    longest: Duration::from_millis(400),
};

/// Requests of clients in one run.
const TURNS: i32 = 100;

/// One client request: the value written, or the value a read found, and when.
enum Asked {
    Write { key: i32, value: i32 },
    Read { key: i32, began: Instant },
}

struct Run {
    acknowledged: usize,
    found: usize,
    cluster: TestCluster,
}

/// Clients write rising values and read them, some at once.
fn run(seed: u64, write_level: ConsistencyLevel, read_level: ConsistencyLevel) -> Run {
    let mut cluster = TestCluster::new(seed, 5, 3, ROUGH, |params| params.speculative_retry = "100ms".into());
    let table = cluster.table();
    let mut asked = BTreeMap::new();
    // For each key, what a read that begins at some time has to find at the least.
    let mut least: BTreeMap<i32, Vec<(Instant, i32)>> = BTreeMap::new();
    let (mut acknowledged, mut found) = (0, 0);
    for turn in 1..=TURNS {
        let endpoints = cluster.endpoints();
        let at = *cluster.random.pick(&endpoints).unwrap();
        let key = cluster.random.below(2) as i32;
        if cluster.random.chance(0.4) {
            let request = WriteRequest {
                mutation: cluster.mutation(update(&table, key, 1, turn, WriteTimestamp(turn.into()))),
                consistency: write_level,
                kind: WriteKind::Simple,
                cause: None,
            };
            asked.insert(cluster.write(at, request), Asked::Write { key, value: turn });
        } else {
            let began = cluster.now;
            asked.insert(
                cluster.read(at, read_one(&table, key, read_level)),
                Asked::Read { key, began },
            );
        }
        let pause = cluster.random.duration(Duration::ZERO, Duration::from_millis(150));
        let until = if turn == TURNS {
            Instant::MAX
        } else {
            cluster.now + pause
        };
        while let Some(happening) = cluster.next_until(until) {
            let Happening::Told(request, told) = happening else {
                panic!("nothing is conditional here");
            };
            match (&asked[&request], told) {
                (Asked::Write { key, value }, Told::Written(Ok(()))) => {
                    acknowledged += 1;
                    least.entry(*key).or_default().push((cluster.now, *value));
                }
                (Asked::Read { key, began }, Told::Found(Ok(partitions))) => {
                    found += 1;
                    let newest = value(&table, &partitions, 1).unwrap_or(0);
                    let known = least.get(key).into_iter().flatten().filter(|(at, _)| at < began);
                    let expected = known.map(|(_, value)| *value).max().unwrap_or(0);
                    assert!(
                        newest >= expected,
                        "seed {seed}: read {newest}, but {expected} was known when it began"
                    );
                    if read_level != One {
                        least.entry(*key).or_default().push((cluster.now, newest));
                    }
                }
                _ => {}
            }
        }
    }
    Run {
        acknowledged,
        found,
        cluster,
    }
}

#[test]
fn overlapping_levels_lose_nothing_acknowledged() {
    for (write_level, read_level) in [(Quorum, Quorum), (All, One), (One, All)] {
        let (mut acknowledged, mut found, mut repairs, mut retries) = (0, 0, 0, 0);
        for seed in 0..60 {
            let run = run(seed, write_level, read_level);
            acknowledged += run.acknowledged;
            found += run.found;
            repairs += usize::from(run.cluster.has_seen(|what| matches!(what, What::ReadRepairSent { .. })));
            retries += usize::from(
                run.cluster
                    .has_seen(|what| matches!(what, What::SpeculativeRetry { .. })),
            );
        }
        assert!(
            acknowledged > 500 && found > 300,
            "{acknowledged} writes and {found} reads prove little"
        );
        assert!(
            read_level == One || repairs > 30,
            "only {repairs} runs repaired anything"
        );
        assert!(read_level == All || retries > 30, "only {retries} runs retried");
    }
}
