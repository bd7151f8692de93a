//! The engine against a plain map, through writes, truncations and crashes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::base::{Random, Seed};
use crate::data::arbitrary::{Change, changes, key, partition};
use crate::data::{KeyspaceName, Mutation, Partition, TableId, WriteTimestamp};

#[derive(Clone, Debug)]
enum Step {
    Write {
        table: u8,
        key: u8,
        changes: Vec<Change>,
        logged: bool,
    },
    Truncate(u8),
    Drop(u8),
    PutLocal(u8, u32),
    RemoveLocal(u8),
    Sync,
    Crash {
        torn: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..3u8, 0..3u8, changes(), prop::bool::weighted(0.9))
            .prop_map(|(table, key, changes, logged)| Step::Write { table, key, changes, logged }),
        1 => (0..3u8).prop_map(Step::Truncate),
        1 => (0..3u8).prop_map(Step::Drop),
        3 => (0..3u8, any::<u32>()).prop_map(|(name, value)| Step::PutLocal(name, value)),
        2 => (0..3u8).prop_map(Step::RemoveLocal),
        2 => Just(Step::Sync),
        2 => any::<bool>().prop_map(|torn| Step::Crash { torn }),
    ]
}

/// What a crash must leave.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    partitions: BTreeMap<(u8, u8), Partition>,
    locals: BTreeMap<String, u32>,
    truncated: BTreeMap<u8, WriteTimestamp>,
}

impl Model {
    fn write(&mut self, table: u8, n: u8, update: &Partition) {
        let held = self.partitions.entry((table, n));
        held.or_insert_with(|| Partition::empty(key(n))).merge(update.clone());
    }

    fn truncate(&mut self, table: u8, at: WriteTimestamp) {
        self.partitions.retain(|(held, _), _| *held != table);
        self.truncated.insert(table, at);
    }
}

fn id(table: u8) -> TableId {
    TableId(uuid::Uuid::from_u128(u128::from(table) + 1))
}

fn name(n: u8) -> String {
    format!("name {n}")
}

fn found(engine: &Engine) -> Model {
    let places = (0..3).flat_map(|table| (0..3).map(move |n| (table, n)));
    Model {
        partitions: places
            .filter_map(|(table, n)| Some(((table, n), engine.partition(id(table), &key(n))?)))
            .collect(),
        locals: (0..3)
            .filter_map(|n| Some((name(n), engine.local(&name(n)).unwrap()?)))
            .collect(),
        truncated: (0..3)
            .filter_map(|table| Some((table, engine.truncated_at(id(table))?)))
            .collect(),
    }
}

/// Runs the steps and checks the engine after each.
fn check(sync: CommitLogSync, steps: &[Step]) -> Result<(), TestCaseError> {
    let config = StorageConfig {
        commit_log: CommitLogConfig {
            segment_bytes: 8 * 1024,
            sync,
        },
        ..StorageConfig::default()
    };
    let disk = MemoryDisk::new();
    let open = || Engine::open(Box::new(disk.clone()), config).map(|(engine, _)| engine);
    let mut random = Random::stream(Seed(1), "torn");
    let mut engine = open().unwrap();
    // `logged`: every state since the last sync that a crash may leave; the last one has everything. `held`: what is in memory.
    let mut logged = vec![Model::default()];
    let mut held = Model::default();
    for step in steps {
        let mut next = logged.last().unwrap().clone();
        let mut is_synced = sync == CommitLogSync::Batch;
        match step {
            Step::Write {
                table,
                key,
                changes,
                logged,
            } => {
                let update = partition(*key, changes);
                let mutation = Mutation::new(KeyspaceName::new("k"), id(*table), update.clone());
                let durability = if *logged {
                    Durability::Logged
                } else {
                    Durability::MemoryOnly
                };
                engine.apply(mutation, durability).unwrap();
                held.write(*table, *key, &update);
                if *logged {
                    next.write(*table, *key, &update);
                }
            }
            Step::Truncate(table) | Step::Drop(table) => {
                let at = if matches!(step, Step::Drop(_)) {
                    engine.drop_table(id(*table)).unwrap();
                    WriteTimestamp(i64::MAX)
                } else {
                    engine.truncate(id(*table), WriteTimestamp(7)).unwrap();
                    WriteTimestamp(7)
                };
                held.truncate(*table, at);
                next.truncate(*table, at);
                is_synced = true;
            }
            Step::PutLocal(n, value) => {
                engine.put_local(&name(*n), value).unwrap();
                held.locals.insert(name(*n), *value);
                next.locals.insert(name(*n), *value);
            }
            Step::RemoveLocal(n) => {
                engine.remove_local(&name(*n)).unwrap();
                held.locals.remove(&name(*n));
                next.locals.remove(&name(*n));
            }
            Step::Sync => {
                engine.sync().unwrap();
                is_synced = true;
            }
            Step::Crash { torn } => {
                drop(engine);
                disk.lose_power(if *torn {
                    PowerLoss::Torn(&mut random)
                } else {
                    PowerLoss::Clean
                });
                engine = open().unwrap();
                let left = found(&engine);
                prop_assert!(logged.contains(&left), "found {:?}, expected one of {:?}", left, logged);
                logged = vec![left.clone()];
                held = left;
                continue;
            }
        }
        if is_synced {
            logged.clear();
        }
        logged.push(next);
        prop_assert_eq!(&found(&engine), &held);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn batch_loses_nothing(steps in prop::collection::vec(step(), 1..60)) {
        check(CommitLogSync::Batch, &steps)?;
    }

    #[test]
    fn group_loses_nothing_that_was_synced(steps in prop::collection::vec(step(), 1..60)) {
        check(CommitLogSync::Group, &steps)?;
    }
}
