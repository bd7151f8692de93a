//! What an operator asks of the engine beside flushes: compactions, rewrites, checks and settings.

use super::super::StorageError;
use super::super::compaction::{Choice, CompactionKind, Generation, TombstoneOption};
use super::super::summary::{Histogram, SstableSummary, TableSummary, TableWork};
use super::table::Table;
use super::{CompactionProgress, CompactionRecord, Engine};
use crate::data::{DecoratedKey, PartitionRange, TableId};

/// Rewrites of SSTables one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Rewrite {
    /// `nodetool garbagecollect`.
    GarbageCollect(TombstoneOption),
    /// `nodetool upgradesstables -a`: those of the current version too, and there are no others.
    Upgrade,
    /// `nodetool scrub`.
    Scrub,
}

/// `nodetool compactionstats`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CompactionStats {
    /// By table, those with any.
    pub pending: Vec<(TableId, u32)>,
    pub completed: u64,
    pub aborted: u64,
    pub bytes_compacted: u64,
    pub sstables_dropped: u64,
    pub bytes_per_second: u64,
    pub active: Vec<CompactionProgress>,
}

impl Engine {
    /// All SSTables of a table merged, as its strategy does when asked to.
    pub fn compact(&mut self, id: TableId) -> Result<(), StorageError> {
        self.finish_compaction()?;
        let choices = self
            .tables
            .get(&id)
            .and_then(|table| table.with_strategy(self.wall, |strategy, view| strategy.choose_all(view)));
        choices
            .unwrap_or_default()
            .into_iter()
            .try_for_each(|choice| self.compact_now(id, choice))
    }

    /// Each SSTable of a table written anew.
    pub fn rewrite(&mut self, id: TableId, rewrite: Rewrite) -> Result<(), StorageError> {
        self.finish_compaction()?;
        let kind = match rewrite {
            Rewrite::GarbageCollect(option) => CompactionKind::GarbageCollect(option),
            Rewrite::Upgrade => CompactionKind::Upgrade,
            Rewrite::Scrub => CompactionKind::Scrub,
        };
        let choices = self.tables.get(&id).and_then(|table| {
            table.with_strategy(self.wall, |strategy, view| {
                view.sstables
                    .iter()
                    .map(|it| strategy.rewrite(kind, it))
                    .collect::<Vec<Choice>>()
            })
        });
        choices
            .unwrap_or_default()
            .into_iter()
            .try_for_each(|choice| self.compact_now(id, choice))
    }

    /// Reads all there is of a table, everything held against its checksums. The first error is that of the file it names.
    pub fn verify(&self, id: TableId) -> Result<(), StorageError> {
        let Some(table) = self.tables.get(&id) else {
            return Ok(());
        };
        for sstable in table.sstables.values() {
            let mut scanner = sstable.reader.scanner(&PartitionRange::full());
            while let Some(partition) = scanner.next(&sstable.reader, &*self.disk)? {
                partition.load()?;
            }
        }
        Ok(())
    }

    /// The SSTables that may hold a key, by the names of their data's files.
    pub fn sstables_of(&self, id: TableId, key: &DecoratedKey) -> Result<Vec<String>, StorageError> {
        let mut found = Vec::new();
        for sstable in self
            .tables
            .get(&id)
            .into_iter()
            .flat_map(|table| table.sstables.values())
        {
            if sstable.reader.find(&*self.disk, key)?.is_some() {
                found.push(sstable.descriptor().file(super::super::sstable::Component::Data));
            }
        }
        Ok(found)
    }

    pub fn compaction_thresholds(&self, id: TableId) -> (u32, u32) {
        let common = self.tables.get(&id).map(Table::common_options);
        common.map_or((4, 32), |it| (it.min_threshold as u32, it.max_threshold as u32))
    }

    /// Until the next start.
    pub fn set_compaction_thresholds(&mut self, id: TableId, min: u32, max: u32) {
        if let Some(table) = self.tables.get_mut(&id) {
            table.thresholds = Some((min, max));
            self.compaction_checks.insert(id);
        }
    }

    pub fn is_auto_compaction_on(&self, id: TableId) -> bool {
        !self.auto_compaction_off
            && self
                .tables
                .get(&id)
                .is_none_or(|table| !table.auto_compaction_off && table.common_options().enabled)
    }

    pub fn set_auto_compaction(&mut self, id: TableId, on: bool) {
        if let Some(table) = self.tables.get_mut(&id) {
            table.auto_compaction_off = !on;
            self.compaction_checks.insert(id);
        }
    }

    pub fn set_compaction_bytes_per_second(&mut self, bytes: u64) {
        self.config.compaction_bytes_per_second = bytes;
    }

    pub fn compaction_stats(&self) -> CompactionStats {
        let pending = |(id, table): (&TableId, &Table)| {
            let pending = table.with_strategy(self.wall, |strategy, view| strategy.pending(view))?;
            (pending > 0).then_some((*id, pending))
        };
        CompactionStats {
            pending: self.tables.iter().filter_map(pending).collect(),
            completed: self.compactions_completed,
            aborted: self.compactions_aborted,
            bytes_compacted: self.bytes_compacted,
            sstables_dropped: self.sstables_dropped,
            bytes_per_second: self.config.compaction_bytes_per_second,
            active: self.compaction.iter().map(super::Compaction::progress).collect(),
        }
    }

    /// The newest last.
    pub fn compaction_history(&self) -> impl DoubleEndedIterator<Item = &CompactionRecord> {
        self.compaction_history.iter()
    }

    /// Entries of the key cache, its hits, and how often it was asked.
    pub fn key_cache_counts(&self) -> (u64, u64, u64) {
        self.key_cache.counts()
    }

    pub fn invalidate_key_cache(&mut self) {
        self.key_cache.clear();
    }

    /// SSTables that each of a table's last reads looked into.
    pub fn sstables_of_reads(&self, id: TableId) -> Vec<u32> {
        self.tables
            .get(&id)
            .map_or_else(Vec::new, |it| it.counters.sstables_of_reads())
    }

    /// How large the partitions of a table's SSTables are, and how many cells they have.
    pub fn partition_histograms(&self, id: TableId) -> [Histogram; 2] {
        let sstables = self
            .tables
            .get(&id)
            .into_iter()
            .flat_map(|table| table.sstables.values());
        let mut merged = [Histogram::default(), Histogram::default()];
        for sstable in sstables {
            let stats = sstable.reader.info().stats();
            for (merged, one) in merged
                .iter_mut()
                .zip([&stats.partition_sizes, &stats.cells_per_partition])
            {
                merged.add(one.buckets(), one.min(), one.max());
            }
        }
        merged
    }

    pub fn sstables(&self, id: TableId) -> Vec<SstableSummary> {
        self.tables
            .get(&id)
            .map_or_else(Vec::new, |table| table.summary(id, self.wall).sstables)
    }

    /// What reads and writes of a table came to since the process started, and of late.
    pub fn table_work(&self, id: TableId) -> TableWork {
        let table = self.tables.get(&id);
        table.map(|it| it.counters.work(self.now)).unwrap_or_default()
    }

    pub fn table_summary(&self, id: TableId) -> TableSummary {
        match self.tables.get(&id) {
            Some(table) => table.summary(id, self.wall),
            None => Table::default().summary(id, self.wall),
        }
    }

    /// The generations of a table's SSTables.
    pub fn generations(&self, id: TableId) -> Vec<Generation> {
        self.tables
            .get(&id)
            .map_or_else(Vec::new, |table| table.sstables.keys().copied().collect())
    }
}
