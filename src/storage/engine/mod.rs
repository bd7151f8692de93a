//! The engine: one node's data, from the commit log through memtables to SSTables.
//!
//! Flushes and compactions are work that is done a stretch at a time in virtual time: `next_timeout` says when there is some,
//! `on_timeout` does it. A table is flushed and read from SSTables once its definition was told with `use_schema`; the schema's own tables
//! are known from the start.

mod compact;
mod counters;
mod flush;
mod inspect;
mod local;
mod maintenance;
mod merge;
mod open;
#[cfg(test)]
mod properties;
mod provenance;
#[cfg(test)]
mod ties;
mod reading;
mod snapshots;
mod split;
mod table;
#[cfg(test)]
mod tests;
mod transaction;
mod truncate;
mod uplevel;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StorageError;
use super::commitlog::{CommitLog, CommitLogPosition, CommitLogSync, Record, ReplayReport, SegmentId};
use super::config::StorageConfig;
use super::disk::Disk;
use super::disk::watched::Failure;
use super::summary::{CommitLogSummary, StorageSummary};
use crate::base::{Instant, Recent, SortedMap, SortedSet, UnixMicros, codec};
use crate::data::{Mutation, TableId, WriteTimestamp};
use crate::event::What;
use crate::schema::TableMetadata;

pub use compact::{CompactionProgress, CompactionRecord};
pub use inspect::{CompactionLook, SstableLook};
pub use maintenance::{CompactionStats, Rewrite};
pub use provenance::{Extent, Found, Source, Thing, Verdict};
pub use snapshots::SnapshotInfo;

use compact::Compaction;
use flush::Flush;
use local::LocalState;
use reading::KeyCache;
use table::Table;

/// Whether a change goes through the commit log: a keyspace's `durable_writes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Logged,
    /// A crash forgets it, unless it was flushed by then.
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
    disk_failure: Failure,
    commit_log: CommitLog,
    tables: SortedMap<TableId, Table>,
    /// What `next_timeout` looks for in all tables; nothing after one of them changed.
    waiting: Cell<Option<Waiting>>,
    local: LocalState,
    truncations: SortedMap<TableId, Truncation>,
    config: StorageConfig,
    /// Of memtables that take writes.
    memtable_bytes: i64,
    /// The first is under way, the others wait.
    flushes: VecDeque<Flush>,
    compaction: Option<Compaction>,
    /// Tables whose SSTables changed since they were last looked at.
    compaction_checks: SortedSet<TableId>,
    next_check: Instant,
    auto_compaction_off: bool,
    compactions_completed: u64,
    compactions_aborted: u64,
    bytes_compacted: u64,
    sstables_dropped: u64,
    compaction_history: Recent<CompactionRecord>,
    key_cache: KeyCache,
    transactions: u64,
    /// What happened since it was last asked for.
    events: Vec<What>,
    /// The time of the last call that told it.
    now: Instant,
    wall: UnixMicros,
}

/// What tables wait for, taken together: asked after every step, and hardly ever another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Waiting {
    flush_by_age: Option<Instant>,
    has_sstables: bool,
}

impl Waiting {
    fn of(tables: &SortedMap<TableId, Table>) -> Waiting {
        Waiting {
            flush_by_age: tables.values().filter_map(Table::flush_due).min(),
            has_sstables: tables.values().any(|table| !table.sstables.is_empty()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Truncation {
    at: WriteTimestamp,
    /// SSTables of lower generations were truncated.
    below: u64,
    segment: SegmentId,
}

impl Engine {
    /// Tells of tables: their memtables can be flushed and their SSTables read from now on. One that is not told again is not
    /// forgotten: `drop_table` does that.
    pub fn use_schema<'a>(
        &mut self,
        tables: impl IntoIterator<Item = &'a Arc<TableMetadata>>,
    ) -> Result<(), StorageError> {
        tables.into_iter().try_for_each(|table| self.register(table))
    }

    /// Tells the time, before anything is done at it.
    pub fn set_time(&mut self, now: Instant, wall: UnixMicros) {
        (self.now, self.wall) = (now, wall);
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
        for (id, update) in mutation.into_updates() {
            let table = self.tables.entry(id).or_default();
            if table.memtable.is_empty() {
                table.memtable_since = self.now;
                self.waiting.set(None);
            }
            self.memtable_bytes += table.memtable.apply(update);
            table.counters.writes.note(self.now);
        }
        self.request_flushes_by_size();
        Ok(Applied { position })
    }

    /// Puts rows in place of all that a table has, in memory: of one that is made up as it is read.
    pub fn replace(&mut self, table: TableId, rows: Vec<Mutation>) {
        self.waiting.set(None);
        let table = self.tables.entry(table).or_default();
        self.memtable_bytes -= table.memtable.weight().bytes;
        table.memtable = Default::default();
        for (_, update) in rows.into_iter().flat_map(Mutation::into_updates) {
            self.memtable_bytes += table.memtable.apply(update);
        }
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
        if let Some(oldest) = self.commit_log.oldest().filter(|_| self.local.has_many_removed()) {
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

    /// Does what is due: the periodic sync, a stretch of a flush, a stretch of a compaction.
    pub fn on_timeout(&mut self, now: Instant, wall: UnixMicros) -> Result<(), StorageError> {
        self.set_time(now, wall);
        self.commit_log.maintain(&mut *self.disk, now)?;
        self.request_flushes_by_age();
        self.on_flush_due()?;
        if self.next_check <= now {
            self.next_check = now + compact::CHECK_INTERVAL;
            let with_sstables = self.tables.iter().filter(|(_, table)| !table.sstables.is_empty());
            self.compaction_checks.extend(with_sstables.map(|(id, _)| *id));
        }
        self.on_compaction_due()
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        let flush = self.flushes.front().map(|it| it.due);
        let compaction = match &self.compaction {
            Some(compaction) => Some(compaction.due),
            None => (!self.compaction_checks.is_empty()).then_some(self.now),
        };
        let waiting = self.waiting();
        // What expires makes work too.
        let check = waiting.has_sstables.then_some(self.next_check);
        [
            self.commit_log.next_timeout(),
            flush,
            compaction,
            check,
            waiting.flush_by_age,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn waiting(&self) -> Waiting {
        let waiting = self.waiting.get().unwrap_or_else(|| Waiting::of(&self.tables));
        debug_assert_eq!(waiting, Waiting::of(&self.tables), "a table changed unnoticed");
        self.waiting.set(Some(waiting));
        waiting
    }

    /// What happened since this was last called: flushes, compactions.
    pub fn take_events(&mut self) -> Vec<What> {
        core::mem::take(&mut self.events)
    }

    /// The tables that have data here, known to the schema or not.
    pub fn tables(&self) -> impl Iterator<Item = TableId> {
        self.tables
            .iter()
            .filter(|(_, table)| !table.is_empty())
            .map(|(id, _)| *id)
    }

    /// The first failure of the disk since this was last called, whoever met it. What is corrupt is a failure too.
    pub fn take_disk_failure(&self) -> Option<StorageError> {
        self.disk_failure.take()
    }

    /// For subsystems with files of their own, such as hints. Their names must not start with `CommitLog-` nor have a `/`.
    pub fn disk(&mut self) -> &mut dyn Disk {
        &mut *self.disk
    }

    fn next_transaction(&mut self) -> u64 {
        self.transactions += 1;
        self.transactions
    }

    pub fn summary(&self) -> StorageSummary {
        StorageSummary {
            tables: self
                .tables
                .iter()
                .filter(|(_, it)| !it.is_empty())
                .map(|(id, it)| it.summary(*id, self.wall))
                .collect(),
            commit_log: CommitLogSummary {
                segments: self.commit_log.segment_count() as u32,
                bytes: self.commit_log.bytes(),
                unsynced_bytes: self.commit_log.unsynced_bytes(),
            },
        }
    }
}
