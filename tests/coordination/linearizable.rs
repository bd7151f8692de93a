//! Conditional updates and serial reads of one row behave as if they happened one after the other, each while it was under way.
//!
//! Each update reads a value and writes one that was never written before, so the updates that took effect form a chain; every
//! request has its place on it, and the places have to agree with the order in time.

use std::collections::{BTreeMap, BTreeSet};

use ringscope::base::{Duration, Instant};
use ringscope::coordinator::{CasRequest, CasResult};
use ringscope::data::ConsistencyLevel::{Quorum, Serial};
use ringscope::data::WriteTimestamp;
use ringscope::event::What;
use ringscope::message::paxos::Subject;

use super::cluster::{Happening, Network, TestCluster, Told};
use super::table::{key, read_one, update, value};

const ROUGH: Network = Network {
    loss: 0.03,
    duplication: 0.03,
    longest: Duration::from_millis(15),
};

/// Before the first update.
const NOTHING: i32 = 0;

/// A request that has its answer: it found `observed`, and left `left`.
struct Done {
    began: Instant,
    ended: Instant,
    observed: i32,
    left: i32,
}

#[derive(Default)]
struct History {
    /// For each value that anyone tried to write, the value it was to replace.
    replaces: BTreeMap<i32, i32>,
    done: Vec<Done>,
    applied: usize,
    refused: usize,
    read: usize,
    unknown: usize,
}

struct Client {
    began: Instant,
    observed: i32,
    attempted: i32,
}

fn run(seed: u64) -> (History, TestCluster) {
    let mut cluster = TestCluster::new(seed, 4, 3, ROUGH, |_| {});
    let table = cluster.table();
    let mut history = History::default();
    let mut clients: BTreeMap<u64, Client> = BTreeMap::new();
    let mut next_value = 1;
    for turn in 0..40 {
        let endpoints = cluster.endpoints();
        let at = *cluster.random.pick(&endpoints).unwrap();
        let client = Client {
            began: cluster.now,
            observed: NOTHING,
            attempted: NOTHING,
        };
        let request = if cluster.random.chance(0.3) {
            cluster.read(at, read_one(&table, 1, Serial))
        } else {
            let request = CasRequest {
                table: table.clone(),
                subject: Subject {
                    table: table.id,
                    key: key(1),
                },
                command: read_one(&table, 1, Quorum).command,
                serial: Serial,
                commit: Quorum,
                cause: None,
            };
            cluster.cas(at, request)
        };
        clients.insert(request, client);
        if cluster.random.chance(0.1) {
            let open: Vec<u64> = clients.keys().copied().collect();
            let gone = *cluster.random.pick(&open).unwrap();
            cluster.forget(gone);
        }
        let pause = cluster.random.duration(Duration::ZERO, Duration::from_millis(250));
        let until = if turn == 39 { Instant::MAX } else { cluster.now + pause };
        while let Some(happening) = cluster.next_until(until) {
            match happening {
                Happening::Evaluate(request, evaluation) => {
                    let observed = value(&table, &evaluation.current, 1).unwrap_or(NOTHING);
                    let client = clients.get_mut(&request).unwrap();
                    client.observed = observed;
                    if cluster.random.chance(0.2) {
                        cluster.decide(request, None);
                        continue;
                    }
                    client.attempted = next_value;
                    history.replaces.insert(next_value, observed);
                    let timestamp = WriteTimestamp::from(evaluation.ballot.micros());
                    let mutation = cluster.mutation(update(&table, 1, 1, next_value, timestamp));
                    next_value += 1;
                    cluster.decide(request, Some(mutation));
                }
                Happening::Told(request, told) => {
                    let client = clients.remove(&request).unwrap();
                    history.take(&table, client, cluster.now, told);
                }
            }
        }
    }
    // What was left behind is finished by a last read.
    let began = cluster.now;
    loop {
        let at = cluster.endpoints()[0];
        cluster.read(at, read_one(&table, 1, Serial));
        let Some(Happening::Told(_, Told::Found(found))) = cluster.next() else {
            panic!("a read has an answer");
        };
        if found.is_ok() {
            let client = Client {
                began,
                observed: NOTHING,
                attempted: NOTHING,
            };
            history.take(&table, client, cluster.now, Told::Found(found));
            break;
        }
    }
    (history, cluster)
}

impl History {
    fn take(&mut self, table: &ringscope::schema::TableMetadata, client: Client, ended: Instant, told: Told) {
        let (observed, left) = match told {
            Told::Cas(Ok(CasResult::Applied)) => {
                self.applied += 1;
                (client.observed, client.attempted)
            }
            Told::Cas(Ok(CasResult::Refused)) => {
                self.refused += 1;
                (client.observed, client.observed)
            }
            Told::Found(Ok(partitions)) => {
                self.read += 1;
                let found = value(table, &partitions, 1).unwrap_or(NOTHING);
                (found, found)
            }
            _ => {
                self.unknown += 1;
                return;
            }
        };
        self.done.push(Done {
            began: client.began,
            ended,
            observed,
            left,
        });
    }

    fn check(&self, seed: u64) {
        // Whatever anyone saw took effect, and so did all that it replaced.
        let mut effective: BTreeSet<i32> = self.done.iter().flat_map(|it| [it.observed, it.left]).collect();
        let mut open: Vec<i32> = effective.iter().copied().collect();
        while let Some(value) = open.pop() {
            if let Some(&before) = self.replaces.get(&value)
                && effective.insert(before)
            {
                open.push(before);
            }
        }
        let mut follows: BTreeMap<i32, i32> = BTreeMap::new();
        for &value in effective.iter().filter(|it| **it != NOTHING) {
            let before = self.replaces[&value];
            if let Some(other) = follows.insert(before, value) {
                panic!("seed {seed}: {other} and {value} both replaced {before}");
            }
        }
        let mut place = BTreeMap::from([(NOTHING, 0)]);
        let mut last = NOTHING;
        while let Some(&next) = follows.get(&last) {
            place.insert(next, place.len());
            last = next;
        }
        for earlier in &self.done {
            for later in self.done.iter().filter(|it| it.began > earlier.ended) {
                assert!(
                    place[&earlier.left] <= place[&later.observed],
                    "seed {seed}: {} was left before a request began that found {}",
                    earlier.left,
                    later.observed
                );
            }
        }
    }
}

#[test]
fn one_row_is_a_linearizable_register() {
    let (mut total, mut contentions, mut rejections) = (History::default(), 0, 0);
    for seed in 0..150 {
        let (history, cluster) = run(seed);
        history.check(seed);
        total.applied += history.applied;
        total.refused += history.refused;
        total.read += history.read;
        total.unknown += history.unknown;
        contentions += usize::from(cluster.has_seen(|what| matches!(what, What::PaxosContention { .. })));
        rejections += usize::from(cluster.has_seen(|what| matches!(what, What::PaxosRejected { .. })));
    }
    let History {
        applied,
        refused,
        read,
        unknown,
        ..
    } = total;
    assert!(
        applied > 1000 && refused > 300 && read > 800 && unknown > 20,
        "{applied} applied, {refused} refused, {read} read, {unknown} unknown: too little to prove anything"
    );
    assert!(
        contentions > 75 && rejections > 75,
        "{contentions} runs contended, {rejections} were rejected something"
    );
}
