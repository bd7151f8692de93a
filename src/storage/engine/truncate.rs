//! Truncation: all of a table goes, and a record of it stays.

use super::super::StorageError;
use super::super::commitlog::Record;
use super::super::sstable::Descriptor;
use super::{Engine, Truncation, transaction};
use crate::data::{TableId, WriteTimestamp};

/// When a table that is no more was truncated.
pub(super) const DROPPED: WriteTimestamp = WriteTimestamp(i64::MAX);

impl Engine {
    /// Removes all of a table that was written before now. `at` is the coordinator's time of it, which hints are held against.
    ///
    /// The record in the commit log is the moment: what is deleted after it is deleted on the next start if a crash comes between.
    pub fn truncate(&mut self, id: TableId, at: WriteTimestamp) -> Result<(), StorageError> {
        let before = self.commit_log.position();
        let below = self
            .tables
            .get(&id)
            .map_or(0, |it| it.last_generation)
            .max(self.truncated_below(id))
            + 1;
        let record = Record::Truncated { table: id, at, below };
        let segment = self.commit_log.append(&mut *self.disk, &record)?.segment;
        // Data that comes back after it was truncated is worse than a sync, whatever the mode.
        self.commit_log.sync(&mut *self.disk)?;
        let truncation = Truncation { at, below, segment };
        let old = self.truncations.insert(id, truncation);
        self.commit_log.move_local(old.map(|it| it.segment), Some(segment));
        self.abort_flush(id)?;
        self.abort_compaction(id)?;
        self.key_cache.forget_table(id);
        self.waiting.set(None);
        if let Some(table) = self.tables.get_mut(&id) {
            self.memtable_bytes -= table.memtable.weight().bytes;
            table.memtable = Default::default();
            table.flushing = None;
            table.flushed_upto = None;
            table.history = Default::default();
            table.last_generation = below - 1;
            let unopened = core::mem::take(&mut table.unopened);
            let sstables = core::mem::take(&mut table.sstables);
            let gone = sstables
                .values()
                .map(|it| it.descriptor().clone())
                .chain(unopened.into_values());
            let gone: Vec<Descriptor> = gone.collect();
            transaction::delete_files(&mut *self.disk, &gone)?;
        }
        let deleted = self.commit_log.discard(&mut *self.disk, id, before)?;
        self.note_deleted_segments(deleted);
        Ok(())
    }

    fn truncated_below(&self, id: TableId) -> u64 {
        self.truncations.get(&id).map_or(0, |it| it.below.saturating_sub(1))
    }

    /// Removes all of a table that is no more. Its id is never used again, so nothing written for it counts any more.
    pub fn drop_table(&mut self, table: TableId) -> Result<(), StorageError> {
        self.truncate(table, DROPPED)?;
        self.tables.remove(&table);
        self.compaction_checks.remove(&table);
        Ok(())
    }
}
