//! Hints from being taken to being delivered, with a host that answers as told.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::base::{Duration, Endpoint, HostId, Instant, UnixMicros, WallClock};
use crate::data::Mutation;
use crate::event::What;
use crate::message::replica::FailureReason;
use crate::message::{Outbox, Outgoing, Payload};
use crate::storage::{Disk, MemoryDisk, PowerLoss};

const CLOCK: WallClock = WallClock {
    epoch: UnixMicros(1_700_000_000_000_000),
    skew_micros: 0,
};
const GC_GRACE_SECONDS: u32 = 864_000;

fn host(n: u8) -> HostId {
    HostId(Uuid::from_u128(u128::from(n)))
}

fn mutation(key: u32) -> Mutation {
    record::tests::hint(&format!("key{key}"), 0).mutation
}

/// What a host does with a hint.
#[derive(Clone, Copy, PartialEq)]
enum Behaviour {
    Acknowledges,
    Fails,
    IsSilent,
}

struct Bench {
    now: Instant,
    disk: MemoryDisk,
    hints: Hints,
    out: Outbox,
    /// Hosts that are up, and what they do.
    up: BTreeMap<HostId, Behaviour>,
    /// Who got what, and when.
    delivered: Vec<(HostId, Mutation, Instant)>,
}

impl Bench {
    fn new() -> Bench {
        let disk = MemoryDisk::new();
        let hints = Hints::open(&mut disk.clone(), CLOCK, Instant::ZERO).unwrap();
        Bench {
            now: Instant::ZERO,
            disk,
            hints,
            out: Outbox::default(),
            up: BTreeMap::new(),
            delivered: Vec::new(),
        }
    }

    fn store(&mut self, n: u8, key: u32) {
        let target = (host(n), Endpoint::nth(n));
        self.hints.store(
            self.now,
            target,
            mutation(key),
            GC_GRACE_SECONDS,
            &mut self.disk,
            &mut self.out,
        );
    }

    fn restart(&mut self) {
        self.hints = Hints::open(&mut self.disk, CLOCK, self.now).unwrap();
    }

    fn run(&mut self, length: Duration) {
        let end = self.now + length;
        while let Some(due) = self.hints.next_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let up = &self.up;
            let live_endpoint = |host: HostId| {
                let n = host.0.as_u128() as u8;
                up.contains_key(&host).then_some(Endpoint::nth(n))
            };
            let targets = HintTargets {
                live_endpoint: &live_endpoint,
                other_nodes: 2,
            };
            self.hints
                .on_timeout(self.now, &targets, &mut self.disk, &mut self.out)
                .unwrap();
            while !self.out.messages.is_empty() {
                for Outgoing { id, payload, .. } in core::mem::take(&mut self.out.messages) {
                    let Payload::HintRequest(request) = payload else {
                        panic!("only hints are sent");
                    };
                    let answer = match up.get(&request.host) {
                        Some(Behaviour::Acknowledges) => {
                            self.delivered.push((request.host, request.mutation, self.now));
                            Payload::HintResponse
                        }
                        Some(Behaviour::Fails) => Payload::Failure(FailureReason::Unknown),
                        Some(Behaviour::IsSilent) | None => continue,
                    };
                    let (disk, out) = (&mut self.disk, &mut self.out);
                    self.hints
                        .on_response(self.now, id, &answer, &targets, disk, out)
                        .unwrap();
                }
            }
        }
        self.now = end;
    }

    fn delivered_to(&self, n: u8) -> Vec<Mutation> {
        let to = self.delivered.iter().filter(|(its, _, _)| *its == host(n));
        to.map(|(_, mutation, _)| mutation.clone()).collect()
    }

    fn files(&self) -> usize {
        self.disk.list().unwrap().len()
    }

    fn dropped(&self) -> u32 {
        let events = self.out.events.iter();
        let counts = events.map(|(_, what)| match what {
            What::HintsDropped { count, .. } => *count,
            _ => 0,
        });
        counts.sum()
    }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn hints_wait_for_their_host_and_are_gone_once_it_has_them() {
    let mut bench = Bench::new();
    bench.run(seconds(3));
    (0..40).for_each(|key| bench.store(2, key));
    assert_eq!(bench.files(), 0, "in memory at first");
    bench.run(seconds(60));
    assert_eq!((bench.files(), bench.delivered.len()), (1, 0));
    let summary = bench.hints.summaries().next().unwrap();
    assert_eq!((summary.host, summary.hints), (host(2), 40));
    assert!(summary.closed_files_millis.is_empty() && !summary.is_being_delivered);
    assert_eq!(summary.oldest.unwrap().0, CLOCK.epoch.0 + 3_000_000);

    let up_at = bench.now;
    bench.up.insert(host(2), Behaviour::Acknowledges);
    bench.run(seconds(30));
    let expected: Vec<Mutation> = (0..40).map(mutation).collect();
    assert_eq!(bench.delivered_to(2), expected);
    let waited = bench.delivered[0].2.since(up_at);
    assert!((seconds(10)..=seconds(20)).contains(&waited), "{waited:?}");
    assert_eq!(bench.files(), 0);
    assert_eq!(bench.hints.summaries().count(), 0);
    assert_eq!(bench.hints.next_timeout(), None);
    let replayed = What::HintReplayed { host: Endpoint::nth(2) };
    assert_eq!(bench.out.events.iter().filter(|(_, what)| *what == replayed).count(), 1);
}

#[test]
fn paused_hints_wait_until_they_are_resumed() {
    let mut bench = Bench::new();
    bench.store(2, 1);
    bench.up.insert(host(2), Behaviour::Acknowledges);
    bench.hints.set_paused(true);
    bench.run(seconds(100));
    assert_eq!(bench.delivered_to(2), []);
    bench.hints.set_paused(false);
    bench.run(seconds(30));
    assert_eq!(bench.delivered_to(2), [mutation(1)]);
    assert_eq!(bench.files(), 0);
}

#[test]
fn a_restarted_holder_has_what_it_had_flushed() {
    let mut bench = Bench::new();
    bench.store(2, 1);
    bench.run(seconds(15));
    bench.store(2, 2);
    bench.disk.lose_power(PowerLoss::Clean);
    bench.restart();
    bench.store(2, 3);
    bench.hints.flush(bench.now, &mut bench.disk).unwrap();
    bench.disk.lose_power(PowerLoss::Clean);
    bench.restart();
    bench.up.insert(host(2), Behaviour::Acknowledges);
    bench.run(seconds(30));
    assert_eq!(bench.delivered_to(2), [mutation(1), mutation(3)]);
}

#[test]
fn what_fails_is_tried_again_from_where_it_stopped() {
    for fault in [Behaviour::Fails, Behaviour::IsSilent] {
        let mut bench = Bench::new();
        (0..30).for_each(|key| bench.store(2, key));
        bench.up.insert(host(2), fault);
        bench.run(seconds(65));
        assert!(bench.delivered.is_empty());
        assert_eq!(bench.hints.summaries().next().unwrap().hints, 30);
        bench.up.insert(host(2), Behaviour::Acknowledges);
        bench.run(seconds(30));
        assert_eq!(bench.delivered_to(2).len(), 30);
        assert_eq!(bench.files(), 0);
    }
}

#[test]
fn sending_keeps_to_the_throttle() {
    let mut bench = Bench::new();
    (0..20_000).for_each(|key| bench.store(2, key));
    bench.run(seconds(11));
    let bytes = bench.hints.summaries().next().unwrap().bytes;
    bench.up.insert(host(2), Behaviour::Acknowledges);
    bench.run(seconds(60));
    assert_eq!(bench.delivered.len(), 20_000);
    let took = bench.delivered.last().unwrap().2.since(bench.delivered[0].2);
    // Two other nodes share the rate.
    let least = Duration::from_micros(bytes * 2_000_000 / THROTTLE_BYTES_PER_SECOND);
    assert!(
        (took.as_secs_f64() / least.as_secs_f64() - 1.0).abs() < 0.05,
        "{took:?} for {least:?}"
    );
}

#[test]
fn hints_older_than_gc_grace_are_dropped() {
    let mut bench = Bench::new();
    let target = (host(2), Endpoint::nth(2));
    bench
        .hints
        .store(bench.now, target, mutation(1), 60, &mut bench.disk, &mut bench.out);
    bench.store(2, 2);
    bench.run(seconds(100));
    bench.up.insert(host(2), Behaviour::Acknowledges);
    bench.run(seconds(30));
    assert_eq!(bench.delivered_to(2), [mutation(2)]);
    assert_eq!((bench.dropped(), bench.files()), (1, 0));
}

#[test]
fn hints_are_taken_within_the_window_only() {
    let mut bench = Bench::new();
    let now = bench.now;
    assert!(bench.hints.takes(now, host(2), None));
    assert!(bench.hints.takes(now, host(2), Some(MAX_HINT_WINDOW)));
    assert!(!bench.hints.takes(now, host(2), Some(MAX_HINT_WINDOW + seconds(1))));
    // The oldest hint counts too: a host that is up for moments only must not gather hints for ever.
    bench.store(2, 1);
    bench.run(MAX_HINT_WINDOW + seconds(1));
    assert!(!bench.hints.takes(bench.now, host(2), Some(seconds(5))));
    assert!(bench.hints.takes(bench.now, host(3), Some(seconds(5))));
    bench.hints.set_enabled(false);
    assert!(!bench.hints.takes(bench.now, host(3), None));
}

#[test]
fn nothing_is_kept_for_a_host_that_left() {
    let mut bench = Bench::new();
    bench.store(2, 1);
    bench.run(seconds(11));
    bench.store(2, 2);
    bench.store(3, 3);
    bench
        .hints
        .forget(host(2), Endpoint::nth(2), &mut bench.disk, &mut bench.out)
        .unwrap();
    assert_eq!(bench.dropped(), 2);
    assert_eq!(bench.files(), 0);
    assert_eq!(bench.hints.summaries().map(|it| it.host).collect::<Vec<_>>(), [host(3)]);
}

#[test]
fn every_host_has_its_turn() {
    let mut bench = Bench::new();
    for n in 2..=5 {
        (0..100).for_each(|key| bench.store(n, key));
        bench.up.insert(host(n), Behaviour::Acknowledges);
    }
    bench.up.insert(host(2), Behaviour::IsSilent);
    bench.run(seconds(60));
    for n in 3..=5 {
        assert_eq!(bench.delivered_to(n).len(), 100);
    }
    assert_eq!(bench.hints.summaries().count(), 1);
}

#[test]
fn a_corrupt_file_gives_what_can_be_read() {
    let mut bench = Bench::new();
    (0..10).for_each(|key| bench.store(2, key));
    bench.run(seconds(11));
    let file = bench.disk.list().unwrap().remove(0);
    bench.disk.flip_bit(&file.name, file.len / 2, 3);
    bench.up.insert(host(2), Behaviour::Acknowledges);
    bench.run(seconds(40));
    let delivered = bench.delivered_to(2);
    assert!((1..10).contains(&delivered.len()));
    assert_eq!(bench.dropped() as usize + delivered.len(), 10);
    assert_eq!(bench.files(), 0);
}

#[test]
fn a_full_disk_loses_hints_and_says_so() {
    let mut bench = Bench::new();
    bench.disk = MemoryDisk::with_capacity(100);
    (0..10).for_each(|key| bench.store(2, key));
    bench.run(seconds(11));
    assert_eq!(bench.dropped(), 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the hosts do and however often the holder starts anew: in the end each has every hint that was flushed.
    #[test]
    fn every_hint_arrives(steps in prop::collection::vec((0u8..6, 2u8..5, 1u64..25), 1..25)) {
        let mut bench = Bench::new();
        let mut expected: BTreeMap<u8, Vec<Mutation>> = BTreeMap::new();
        let mut key = 0;
        for (step, n, length) in steps {
            match step {
                0 => drop(bench.up.remove(&host(n))),
                1 => drop(bench.up.insert(host(n), Behaviour::IsSilent)),
                2 => drop(bench.up.insert(host(n), Behaviour::Acknowledges)),
                3 => {
                    bench.hints.flush(bench.now, &mut bench.disk).unwrap();
                    bench.disk.lose_power(PowerLoss::Clean);
                    bench.restart();
                }
                _ => for _ in 0..20 {
                    key += 1;
                    bench.store(n, key);
                    expected.entry(n).or_default().push(mutation(key));
                },
            }
            bench.run(seconds(length));
        }
        bench.up = (2..5).map(|n| (host(n), Behaviour::Acknowledges)).collect();
        bench.run(seconds(60));
        for (n, expected) in expected {
            let delivered = bench.delivered_to(n);
            prop_assert!(expected.iter().all(|it| delivered.contains(it)));
        }
        prop_assert_eq!(bench.files(), 0);
        prop_assert_eq!(bench.hints.next_timeout(), None);
    }
}
