//! The engine against a plain map: writes, deletions, truncations, flushes and compactions at random, read back in all ways, with
//! the power going at any operation on the disk and any byte.
//!
//! More runs than the 256 of CI: `PROPTEST_CASES=10000 cargo test --lib storage::engine::properties`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::memtable::Memtable;
use super::super::read;
use super::super::source::TableSource;
use super::ties::Expiring;
use super::*;
use crate::base::{Random, Seed};
use crate::data::arbitrary::{Change, change, changes, collection, column, comparator, key, partition, slice};
use crate::data::{
    ColumnName, ColumnSelection, CqlType, EpochSeconds, KeyspaceName, PartitionRange, PartitionSelection, ReadCommand,
    ReadLimits, RowFilter, Slice, TableName,
};
use crate::schema::{ColumnKind, ColumnMetadata, TableParams};
use crate::storage::compaction::TombstoneOption;
use crate::storage::{CommitLogConfig, FileInfo, MemoryDisk, PowerLoss, TombstoneThresholds};

#[cfg(test)]
mod sources;

#[derive(Clone, Debug)]
enum Step {
    Write {
        table: u8,
        key: u8,
        changes: Vec<Change>,
    },
    Truncate(u8),
    PutLocal(u8, u32),
    RemoveLocal(u8),
    Sync,
    Flush(u8),
    Compact(u8),
    Rewrite(u8, Rewrite),
    /// What is due is done, up to so many times.
    Work(u8),
    Snapshot,
    Read(u8, Ask),
    /// The power goes now.
    Crash {
        torn: bool,
    },
    /// The power goes at the n-th operation on the disk from here.
    CrashAfter(u16),
    /// Time passes.
    Wait(u8),
}

/// How a read asks.
#[derive(Clone, Debug)]
struct Ask {
    key: Option<u8>,
    slices: Option<(Vec<i32>, Vec<i32>)>,
    reversed: bool,
    rows: u32,
}

fn ask() -> impl Strategy<Value = Ask> {
    let prefix = || prop::collection::vec(0..4i32, 1..=2);
    let row = prop::collection::vec(0..4i32, 2).prop_map(|it| (it.clone(), it));
    let slices = prop_oneof![row, (prefix(), prefix())];
    (
        prop::option::weighted(0.7, 0..4u8),
        prop::option::weighted(0.7, slices),
        any::<bool>(),
        1..20u32,
    )
        .prop_map(|(key, slices, reversed, rows)| Ask {
            key,
            slices,
            reversed,
            rows,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let rewrite = prop::sample::select(vec![
        Rewrite::GarbageCollect(TombstoneOption::Row),
        Rewrite::GarbageCollect(TombstoneOption::Cell),
        Rewrite::Upgrade,
        Rewrite::Scrub,
    ]);
    prop_oneof![
        12 => (0..3u8, 0..4u8, changes()).prop_map(|(table, key, changes)| Step::Write { table, key, changes }),
        1 => (0..3u8).prop_map(Step::Truncate),
        2 => (0..3u8, any::<u32>()).prop_map(|(name, value)| Step::PutLocal(name, value)),
        1 => (0..3u8).prop_map(Step::RemoveLocal),
        1 => Just(Step::Sync),
        4 => (0..3u8).prop_map(Step::Flush),
        1 => (0..3u8).prop_map(Step::Compact),
        1 => (0..3u8, rewrite).prop_map(|(table, it)| Step::Rewrite(table, it)),
        4 => (1..6u8).prop_map(Step::Work),
        1 => Just(Step::Snapshot),
        4 => (0..3u8, ask()).prop_map(|(table, ask)| Step::Read(table, ask)),
        1 => any::<bool>().prop_map(|torn| Step::Crash { torn }),
        2 => (0..40u16).prop_map(Step::CrashAfter),
        1 => any::<u8>().prop_map(Step::Wait),
    ]
}

/// A disk whose power goes after a number of operations that change something.
#[derive(Clone, Debug)]
struct Mortal {
    disk: MemoryDisk,
    left: Rc<Cell<Option<u16>>>,
}

impl Mortal {
    fn spend(&self) -> Result<(), StorageError> {
        match self.left.get() {
            Some(0) => Err(StorageError::Io {
                file: String::new(),
                why: "the power is gone".into(),
            }),
            left => {
                self.left.set(left.map(|it| it - 1));
                Ok(())
            }
        }
    }
}

impl Disk for Mortal {
    fn create(&mut self, file: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.create(file)
    }
    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.append(file, bytes)
    }
    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.disk.read_at(file, offset, into)
    }
    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.sync(file)
    }
    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.truncate(file, len)
    }
    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.rename(from, to)
    }
    fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.delete(file)
    }
    fn list(&self) -> Result<Vec<FileInfo>, StorageError> {
        self.disk.list()
    }
    fn len(&self, file: &str) -> Result<u64, StorageError> {
        self.disk.len(file)
    }
}

/// What there is to be read.
#[derive(Clone, Debug, Default)]
struct Model {
    tables: BTreeMap<u8, Memtable>,
    locals: BTreeMap<String, u32>,
    truncated: BTreeMap<u8, WriteTimestamp>,
}

fn id(table: u8) -> TableId {
    TableId(uuid::Uuid::from_u128(u128::from(table) + 1))
}

fn name(n: u8) -> String {
    format!("name {n}")
}

const STRATEGIES: [&str; 3] = [
    "SizeTieredCompactionStrategy",
    "LeveledCompactionStrategy",
    "UnifiedCompactionStrategy",
];

/// The table that the arbitrary changes are for.
fn metadata(table: u8, gc_grace_seconds: u32) -> Arc<TableMetadata> {
    let of = |name: ColumnName, ty, kind, position, descending| ColumnMetadata {
        name,
        ty,
        kind,
        position,
        descending,
    };
    let map = CqlType::Map {
        key: Arc::new(CqlType::Blob),
        value: Arc::new(CqlType::Blob),
        frozen: false,
    };
    let mut columns = vec![
        of(ColumnName::new("k"), CqlType::Blob, ColumnKind::PartitionKey, 0, false),
        of(ColumnName::new("p"), CqlType::Int, ColumnKind::Clustering, 0, false),
        of(ColumnName::new("q"), CqlType::Int, ColumnKind::Clustering, 1, true),
        of(collection(), map, ColumnKind::Regular, 0, false),
    ];
    for n in 0..3 {
        columns.push(of(column(n), CqlType::Blob, ColumnKind::Static, 0, false));
        columns.push(of(column(n), CqlType::Blob, ColumnKind::Regular, 0, false));
    }
    let mut params = TableParams {
        gc_grace_seconds,
        ..TableParams::default()
    };
    params.compaction = [
        ("class", STRATEGIES[usize::from(table) % 3]),
        ("tombstone_compaction_interval", "0"),
    ]
    .map(|(k, v)| (k.to_string(), v.to_string()))
    .into();
    let table = TableMetadata::new(
        id(table),
        KeyspaceName::new("k"),
        TableName::new(&name(table).replace(' ', "_")),
        columns,
        params,
    );
    assert_eq!(table.comparator, comparator());
    Arc::new(table)
}

struct Bench {
    disk: Mortal,
    engine: Engine,
    tables: Vec<Arc<TableMetadata>>,
    config: StorageConfig,
    now: Instant,
    random: Random,
    stamp: Option<i64>,
    snapshots: u32,
    expiring: Expiring,
}

/// Later than anything expires: what has, has for good.
const BEGIN_SECONDS: i64 = 100;

impl Bench {
    fn new(sync: CommitLogSync, forgets: bool) -> Bench {
        let config = StorageConfig {
            commit_log: CommitLogConfig {
                segment_bytes: 4 * 1024,
                sync,
            },
            memtable_flush_bytes: 12 * 1024,
            commit_log_space_bytes: 16 * 1024,
            compaction_bytes_per_second: 1 << 20,
            flush_bytes_per_second: 1 << 20,
            ..StorageConfig::default()
        };
        let disk = Mortal {
            disk: MemoryDisk::new(),
            left: Rc::new(Cell::new(None)),
        };
        // What is forgotten is forgotten at once, or never.
        let grace = if forgets { 0 } else { 1_000_000 };
        let tables: Vec<_> = (0..3).map(|table| metadata(table, grace)).collect();
        let engine = open(&disk, config, &tables, Instant::ZERO).unwrap();
        Bench {
            disk,
            engine,
            tables,
            config,
            now: Instant::ZERO,
            random: Random::stream(Seed(1), "torn"),
            stamp: forgets.then_some(0),
            snapshots: 0,
            expiring: Expiring::default(),
        }
    }

    fn wall(&self) -> UnixMicros {
        wall(self.now)
    }

    fn command(&self, table: u8, ask: &Ask) -> ReadCommand {
        let slices = match &ask.slices {
            Some((from, to)) => vec![slice(from, to)],
            None => vec![Slice::all()],
        };
        ReadCommand {
            table: id(table),
            partitions: match ask.key {
                Some(n) => PartitionSelection::One(key(n)),
                None => PartitionSelection::Range(PartitionRange::full()),
            },
            slices: slices.into_iter().filter(|it| !it.is_empty()).collect(),
            reversed: ask.reversed,
            columns: ColumnSelection::All,
            filter: RowFilter::default(),
            limits: ReadLimits::rows(ask.rows),
            now: EpochSeconds(self.wall().seconds()),
        }
    }

    /// The engine answers as the model does.
    fn agrees(&self, model: &Model, table: u8, ask: &Ask) -> Result<(), TestCaseError> {
        let (command, metadata) = (self.command(table, ask), &self.tables[usize::from(table)]);
        let found = self.engine.read(&command, metadata).unwrap();
        let nothing = Memtable::default();
        let source: &dyn TableSource = model.tables.get(&table).unwrap_or(&nothing);
        let expected = read::read_range(&[source], &command, metadata, TombstoneThresholds::default()).unwrap();
        let (found, expected) = (
            self.expiring.without_tied_seconds(table, found.partitions),
            self.expiring.without_tied_seconds(table, expected.partitions),
        );
        prop_assert_eq!(found, expected, "{:?} of table {}", ask, table);
        Ok(())
    }

    fn agrees_in_all(&self, model: &Model) -> Result<(), TestCaseError> {
        for table in 0..3 {
            let all = Ask {
                key: None,
                slices: None,
                reversed: false,
                rows: u32::MAX,
            };
            self.agrees(model, table, &all)?;
            prop_assert_eq!(
                self.engine.truncated_at(id(table)),
                model.truncated.get(&table).copied()
            );
        }
        for n in 0..3 {
            let found: Option<u32> = self.engine.local(&name(n)).unwrap();
            prop_assert_eq!(found, model.locals.get(&name(n)).copied());
        }
        Ok(())
    }

    /// The power goes; what is left is one of `possible`.
    fn crash(&mut self, torn: bool, possible: &[Model]) -> Result<Model, TestCaseError> {
        let loss = if torn {
            PowerLoss::Torn(&mut self.random)
        } else {
            PowerLoss::Clean
        };
        self.disk.disk.lose_power(loss);
        // It may go again while the node starts.
        for left in [self.disk.left.get().filter(|left| *left > 0).map(|it| it % 8), None] {
            self.disk.left.set(left);
            match open(&self.disk, self.config, &self.tables, self.now) {
                Ok(engine) => {
                    self.engine = engine;
                    break;
                }
                Err(error) => {
                    prop_assert!(left.is_some(), "no start after a crash: {}", error);
                    self.disk.disk.lose_power(PowerLoss::Clean);
                }
            }
        }
        self.disk.left.set(None);
        let mut why = None;
        for model in possible.iter().rev() {
            match self.agrees_in_all(model) {
                Ok(()) => return Ok(model.clone()),
                Err(error) => drop(why.get_or_insert(error)),
            }
        }
        Err(why.unwrap_or_else(|| TestCaseError::fail("nothing is possible")))
    }

    fn carry_out(&mut self, step: &Step, next: &mut Model) -> Result<(), StorageError> {
        match step {
            Step::Write { table, key, changes } => {
                let changes: Vec<Change> = match &mut self.stamp {
                    Some(stamp) => {
                        *stamp += 1;
                        changes.iter().map(|it| it.clone().at(*stamp)).collect()
                    }
                    None => changes.clone(),
                };
                let update = partition(*key, &changes);
                self.expiring.note(*table, &update);
                next.tables.entry(*table).or_default().apply(update.clone());
                let mutation = Mutation::new(KeyspaceName::new("k"), id(*table), update);
                self.engine.apply(mutation, Durability::Logged).map(drop)
            }
            Step::Truncate(table) => {
                next.tables.remove(table);
                next.truncated.insert(*table, WriteTimestamp(7));
                self.engine.truncate(id(*table), WriteTimestamp(7))
            }
            Step::PutLocal(n, value) => {
                next.locals.insert(name(*n), *value);
                self.engine.put_local(&name(*n), value)
            }
            Step::RemoveLocal(n) => {
                next.locals.remove(&name(*n));
                self.engine.remove_local(&name(*n))
            }
            Step::Sync => self.engine.sync(),
            Step::Flush(table) => self.engine.flush(&[id(*table)]),
            Step::Compact(table) => self.engine.compact(id(*table)),
            Step::Rewrite(table, it) => self.engine.rewrite(id(*table), *it),
            Step::Work(times) => {
                for _ in 0..*times {
                    if let Some(due) = self.engine.next_timeout() {
                        self.now = self.now.max(due);
                        self.engine.on_timeout(self.now, wall(self.now))?;
                    }
                }
                Ok(())
            }
            Step::Snapshot => {
                self.snapshots += 1;
                let ids: Vec<TableId> = self.tables.iter().map(|it| it.id).collect();
                self.engine.snapshot(&format!("s{}", self.snapshots), &ids, true)
            }
            Step::Wait(seconds) => {
                self.now += crate::base::Duration::from_secs((*seconds).into());
                self.engine.set_time(self.now, wall(self.now));
                Ok(())
            }
            Step::Read(..) | Step::Crash { .. } | Step::CrashAfter(_) => Ok(()),
        }
    }
}

fn wall(now: Instant) -> UnixMicros {
    UnixMicros(BEGIN_SECONDS * 1_000_000 + now.as_micros() as i64)
}

fn open(
    disk: &Mortal,
    config: StorageConfig,
    tables: &[Arc<TableMetadata>],
    now: Instant,
) -> Result<Engine, StorageError> {
    let (mut engine, _) = Engine::open(Box::new(disk.clone()), config)?;
    engine.set_time(now, wall(now));
    engine.use_schema(tables)?;
    Ok(engine)
}

/// Runs the steps and checks the engine after each.
fn check(sync: CommitLogSync, forgets: bool, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut bench = Bench::new(sync, forgets);
    // Every state since the last sync that a crash may leave; the last one has everything.
    let mut possible = vec![Model::default()];
    for step in steps {
        let held = possible.last().unwrap().clone();
        match step {
            Step::Read(table, ask) => bench.agrees(&held, *table, ask)?,
            Step::CrashAfter(left) if sync == CommitLogSync::Batch => bench.disk.left.set(Some(*left)),
            Step::CrashAfter(_) => {}
            Step::Crash { torn } => possible = vec![bench.crash(*torn, &possible)?],
            step => {
                let mut next = held.clone();
                match bench.carry_out(step, &mut next) {
                    Ok(()) => {
                        let is_safe = sync == CommitLogSync::Batch || matches!(step, Step::Sync | Step::Truncate(_));
                        if is_safe {
                            possible.clear();
                        }
                        possible.push(next);
                    }
                    Err(error) => {
                        prop_assert_eq!(bench.disk.left.get(), Some(0), "{:?}: {}", step, error);
                        possible.push(next);
                        possible = vec![bench.crash(true, &possible)?];
                    }
                }
            }
        }
        bench.agrees_in_all(possible.last().unwrap())?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn batch_loses_nothing(steps in prop::collection::vec(step(), 1..60)) {
        check(CommitLogSync::Batch, false, &steps)?;
    }

    /// Tombstones are purged as soon as they may be: nothing they delete comes back.
    #[test]
    fn nothing_deleted_comes_back(steps in prop::collection::vec(step(), 1..60)) {
        check(CommitLogSync::Batch, true, &steps)?;
    }

    #[test]
    fn group_loses_nothing_that_was_synced(steps in prop::collection::vec(step(), 1..60)) {
        check(CommitLogSync::Group, false, &steps)?;
    }

    /// One write, flushed and compacted, with the power going at each of its operations in turn.
    #[test]
    fn a_crash_at_every_operation(
        first in prop::collection::vec(change(), 1..12),
        second in prop::collection::vec(change(), 1..12),
        begin in 0..20u16,
    ) {
        for left in (begin..120).step_by(20) {
            let steps = [
                Step::Write { table: 0, key: 1, changes: first.clone() },
                Step::CrashAfter(left),
                Step::Flush(0),
                Step::Write { table: 0, key: 1, changes: second.clone() },
                Step::Flush(0),
                Step::Compact(0),
                Step::Truncate(0),
                Step::Write { table: 0, key: 2, changes: second.clone() },
                Step::Flush(0),
            ];
            check(CommitLogSync::Batch, false, &steps)?;
        }
    }
}
