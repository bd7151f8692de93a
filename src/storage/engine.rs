//! The engine: one node's data, from the commit log up.
//!
//! Limits of this version: memtables are never flushed, so a node's data has to fit in memory, and a segment of the commit log is
//! deleted only when all it holds was truncated or dropped. Starting a node replays its whole commit log.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StorageError;
use super::commitlog::{
    self, CommitLog, CommitLogConfig, CommitLogPosition, CommitLogSync, Record, ReplayReport, SegmentId,
};
use super::disk::Disk;
use super::local::LocalState;
use super::memtable::Memtable;
use super::read::{self, LocalRead, TombstoneThresholds};
use super::source::TableSource;
use super::summary::{CommitLogSummary, StorageSummary, TableSummary};
use crate::base::{Instant, codec};
use crate::data::{DecoratedKey, Mutation, Partition, ReadCommand, TableId, WriteTimestamp};
use crate::schema::TableMetadata;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageConfig {
    pub commit_log: CommitLogConfig,
    pub tombstones: TombstoneThresholds,
}

/// Whether a change goes through the commit log: a keyspace's `durable_writes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Logged,
    /// A crash forgets it.
    MemoryOnly,
}

/// What applying a mutation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Where the commit log has it; `None` when it was not to be logged.
    pub position: Option<CommitLogPosition>,
}

/// What `Engine::open` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub replayed: ReplayReport,
    /// There was nothing on the disk: the node starts for the first time.
    pub fresh: bool,
}

#[derive(Debug)]
pub struct Engine {
    disk: Box<dyn Disk>,
    commit_log: CommitLog,
    memtables: BTreeMap<TableId, Memtable>,
    local: LocalState,
    truncations: BTreeMap<TableId, Truncation>,
    config: StorageConfig,
}

#[derive(Clone, Copy, Debug)]
struct Truncation {
    at: WriteTimestamp,
    segment: SegmentId,
}

impl Engine {
    /// Opens what is on the disk and replays the commit log. Needs no schema: that is among what is replayed.
    pub fn open(mut disk: Box<dyn Disk>, config: StorageConfig) -> Result<(Engine, Opened), StorageError> {
        let mut memtables: BTreeMap<TableId, Memtable> = BTreeMap::new();
        let mut local = LocalState::default();
        let mut truncations = BTreeMap::new();
        let mut dirty: BTreeMap<(TableId, SegmentId), CommitLogPosition> = BTreeMap::new();
        let replayed = commitlog::replay(&mut *disk, |position, record| match record {
            Record::Mutation(mutation) => {
                for (table, update) in mutation.into_owned().into_updates() {
                    dirty.insert((table, position.segment), position);
                    memtables.entry(table).or_default().apply(update);
                }
            }
            Record::Local { name, value } => {
                local.put(&name, value.map(Cow::into_owned), position.segment);
            }
            Record::Truncated { table, at } => {
                memtables.remove(&table);
                dirty.retain(|(dirty, _), _| *dirty != table);
                let segment = position.segment;
                truncations.insert(table, Truncation { at, segment });
            }
        })?;
        let mut commit_log = CommitLog::new(config.commit_log, &replayed);
        for ((table, _), position) in dirty {
            commit_log.mark_dirty(position, table);
        }
        let kept = local.segments().chain(truncations.values().map(|it| it.segment));
        kept.for_each(|segment| commit_log.move_local(None, Some(segment)));
        let opened = Opened {
            fresh: replayed.segments.is_empty(),
            replayed,
        };
        let engine = Engine {
            disk,
            commit_log,
            memtables,
            local,
            truncations,
            config,
        };
        Ok((engine, opened))
    }

    /// Commit log first, then memtables. After an error nothing of the mutation is applied.
    pub fn apply(&mut self, mutation: Mutation, durability: Durability) -> Result<Applied, StorageError> {
        let position = match durability {
            Durability::MemoryOnly => None,
            Durability::Logged => {
                let record = Record::Mutation(Cow::Borrowed(&mutation));
                let position = self.commit_log.append(&mut *self.disk, &record)?;
                for (table, _) in mutation.updates() {
                    self.commit_log.mark_dirty(position, *table);
                }
                Some(position)
            }
        };
        for (table, update) in mutation.into_updates() {
            self.memtables.entry(table).or_default().apply(update);
        }
        Ok(Applied { position })
    }

    /// Carries out a read on what this node has.
    pub fn read(&self, command: &ReadCommand, table: &TableMetadata) -> Result<LocalRead, StorageError> {
        debug_assert_eq!(command.table, table.id, "a command is read with its own table");
        let sources: Vec<&dyn TableSource> = self
            .memtables
            .get(&command.table)
            .map(|memtable| memtable as &dyn TableSource)
            .into_iter()
            .collect();
        read::read(&sources, command, table, self.config.tombstones)
    }

    /// A partition as it is stored, with everything that has expired or is past its grace: for looking at.
    pub fn partition(&self, table: TableId, key: &DecoratedKey) -> Option<Partition> {
        self.memtables.get(&table)?.get(key).cloned()
    }

    /// Removes all of a table that was written before now. `at` is the coordinator's time of it, which hints are held against.
    pub fn truncate(&mut self, table: TableId, at: WriteTimestamp) -> Result<(), StorageError> {
        let before = self.commit_log.position();
        let record = Record::Truncated { table, at };
        let segment = self.commit_log.append(&mut *self.disk, &record)?.segment;
        // Data that comes back after it was truncated is worse than a sync, whatever the mode.
        self.commit_log.sync(&mut *self.disk)?;
        self.memtables.remove(&table);
        let old = self.truncations.insert(table, Truncation { at, segment });
        self.commit_log.move_local(old.map(|it| it.segment), Some(segment));
        self.commit_log.discard(&mut *self.disk, table, before)?;
        Ok(())
    }

    /// Removes all of a table that is no more. Its id is never used again, so nothing written for it counts any more.
    pub fn drop_table(&mut self, table: TableId) -> Result<(), StorageError> {
        self.truncate(table, WriteTimestamp(i64::MAX))
    }

    /// When the table was last truncated: hints written up to then are not for it.
    pub fn truncated_at(&self, table: TableId) -> Option<WriteTimestamp> {
        self.truncations.get(&table).map(|it| it.at)
    }

    /// Keeps a value of the node's own under a name, through restarts.
    pub fn put_local<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), StorageError> {
        self.set_local(name, Some(codec::encode(value)))
    }

    /// A value of the node's own. One that does not decode is corruption.
    pub fn local<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StorageError> {
        let decoded = self.local.get(name).map(codec::decode).transpose();
        decoded.map_err(|error| StorageError::Corrupt {
            file: format!("the local value {name}"),
            offset: 0,
            what: error.to_string(),
        })
    }

    /// Names of the node's own values that start with `prefix`, in order.
    pub fn local_names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.local.names_with_prefix(prefix)
    }

    pub fn remove_local(&mut self, name: &str) -> Result<(), StorageError> {
        if self.local.get(name).is_none() {
            return Ok(());
        }
        self.set_local(name, None)?;
        if let Some(oldest) = self.commit_log.oldest() {
            for segment in self.local.forget_removed(oldest) {
                self.commit_log.move_local(Some(segment), None);
            }
        }
        Ok(())
    }

    fn set_local(&mut self, name: &str, bytes: Option<Vec<u8>>) -> Result<(), StorageError> {
        let record = Record::Local {
            name: Cow::Borrowed(name),
            value: bytes.as_deref().map(Cow::Borrowed),
        };
        let segment = self.commit_log.append(&mut *self.disk, &record)?.segment;
        let old = self.local.put(name, bytes, segment);
        self.commit_log.move_local(old, Some(segment));
        Ok(())
    }

    /// Makes all that was applied safe from a crash. With `CommitLogSync::Group` a node calls this before its answers go out.
    pub fn sync(&mut self) -> Result<(), StorageError> {
        self.commit_log.sync(&mut *self.disk)
    }

    /// Whether the owner has to call `sync` before it lets an answer out.
    pub fn syncs_in_groups(&self) -> bool {
        self.config.commit_log.sync == CommitLogSync::Group
    }

    /// Does what is due: the periodic sync.
    pub fn on_timeout(&mut self, now: Instant) -> Result<(), StorageError> {
        self.commit_log.maintain(&mut *self.disk, now)
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        self.commit_log.next_timeout()
    }

    /// The tables that have data here, known to the schema or not.
    pub fn tables(&self) -> impl Iterator<Item = TableId> {
        self.memtables.keys().copied()
    }

    /// For subsystems with files of their own, such as hints. Their names must not start with `CommitLog-`.
    pub fn disk(&mut self) -> &mut dyn Disk {
        &mut *self.disk
    }

    pub fn summary(&self) -> StorageSummary {
        let table = |(id, memtable): (&TableId, &Memtable)| TableSummary {
            table: *id,
            memtable_bytes: memtable.weight().bytes as u64,
            memtable_partitions: memtable.partition_count() as u64,
            memtable_rows: memtable.weight().rows as u64,
            memtable_tombstones: memtable.weight().tombstones as u64,
        };
        StorageSummary {
            tables: self.memtables.iter().map(table).collect(),
            commit_log: CommitLogSummary {
                segments: self.commit_log.segment_count() as u32,
                bytes: self.commit_log.bytes(),
                unsynced_bytes: self.commit_log.unsynced_bytes(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::data::{
        Cell, ColumnName, ColumnSelection, EpochSeconds, KeyspaceName, PartitionKey, PartitionSelection, ReadLimits,
        Row, RowFilter, Slice, TableName,
    };
    use crate::schema::TableParams;
    use crate::storage::{MemoryDisk, PowerLoss};

    const TABLE: TableId = TableId(uuid::Uuid::from_u128(1));

    fn key(text: &'static str) -> DecoratedKey {
        DecoratedKey::new(PartitionKey(Bytes::from_static(text.as_bytes())))
    }

    fn write(text: &'static str, time: i64) -> Mutation {
        let mut row = Row::default();
        row.add_cell(&ColumnName::new("v"), Cell::live(WriteTimestamp(time), text.as_bytes()));
        let mut partition = Partition::empty(key(text));
        partition.add_static(row);
        Mutation::new(KeyspaceName::new("k"), TABLE, partition)
    }

    fn open(disk: &MemoryDisk) -> Engine {
        Engine::open(Box::new(disk.clone()), StorageConfig::default())
            .unwrap()
            .0
    }

    #[test]
    fn writes_locals_and_truncations_survive_a_crash() {
        let disk = MemoryDisk::new();
        let mut engine = open(&disk);
        engine.apply(write("a", 1), Durability::Logged).unwrap();
        engine.put_local("host_id", &7u32).unwrap();
        engine.truncate(TABLE, WriteTimestamp(5)).unwrap();
        engine.apply(write("b", 1), Durability::Logged).unwrap();
        engine.apply(write("c", 1), Durability::MemoryOnly).unwrap();
        drop(engine);
        disk.lose_power(PowerLoss::Clean);
        let engine = open(&disk);
        assert!(engine.partition(TABLE, &key("a")).is_none());
        assert!(engine.partition(TABLE, &key("b")).is_some());
        assert!(engine.partition(TABLE, &key("c")).is_none());
        assert_eq!(engine.local("host_id"), Ok(Some(7u32)));
        assert_eq!(engine.truncated_at(TABLE), Some(WriteTimestamp(5)));
    }

    #[test]
    fn a_read_finds_what_was_written() {
        let mut engine = open(&MemoryDisk::new());
        engine.apply(write("a", 1), Durability::Logged).unwrap();
        let (keyspace, name) = (KeyspaceName::new("k"), TableName::new("t"));
        let table = TableMetadata::new(TABLE, keyspace, name, [], TableParams::default());
        let command = ReadCommand {
            table: TABLE,
            partitions: PartitionSelection::One(key("a")),
            slices: vec![Slice::all()],
            reversed: false,
            columns: ColumnSelection::All,
            filter: RowFilter::default(),
            limits: ReadLimits::NONE,
            now: EpochSeconds(0),
        };
        let found = engine.read(&command, &table).unwrap();
        assert_eq!(found.partitions, [engine.partition(TABLE, &key("a")).unwrap()]);
        assert_eq!((found.live_rows, found.tombstones), (1, 0));
    }
}
