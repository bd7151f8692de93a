//! One table's data: the memtable that takes writes, the one being flushed, and the SSTables.

use std::sync::Arc;

use super::super::StorageError;
use super::super::commitlog::CommitLogPosition;
use super::super::compaction::{
    CommonOptions, CompactionOptions, Generation, History, SstableView, Strategy, TableView,
};
use super::super::disk::Disk;
use super::super::memtable::Memtable;
use super::super::sstable::{Descriptor, SstableReader};
use super::super::summary::{SstableSummary, TableSummary};
use super::counters::TableCounters;
use crate::base::{Duration, Instant, SortedMap, SortedSet, UnixMicros};
use crate::data::{EpochSeconds, TableId, WriteTimestamp};
use crate::schema::TableMetadata;

#[derive(Debug)]
pub struct Sstable {
    pub reader: SstableReader,
    pub view: SstableView,
}

impl Sstable {
    pub fn open(
        disk: &dyn Disk,
        descriptor: Descriptor,
        generation: Generation,
        table: &TableMetadata,
        created: UnixMicros,
    ) -> Result<Sstable, StorageError> {
        let reader = SstableReader::open(disk, descriptor, table)?;
        let info = reader.info();
        let stats = info.stats();
        let cells = stats
            .cells_per_partition
            .mean()
            .saturating_mul(stats.cells_per_partition.count());
        let tombstones = stats.tombstones.points().iter();
        let view = SstableView {
            generation,
            bytes: info.data_file_length,
            level: info.level(),
            first: info.first.clone(),
            last: info.last.clone(),
            min_timestamp: info.min_timestamp(),
            max_timestamp: info.max_timestamp(),
            max_local_deletion_time: info.max_local_deletion_time(),
            created,
            keys: info.estimated_keys(),
            cells: cells.max(0) as u64,
            tombstones: tombstones
                .map(|(at, count)| (EpochSeconds(*at), *count as u32))
                .collect(),
        };
        Ok(Sstable { reader, view })
    }

    pub fn descriptor(&self) -> &Descriptor {
        &self.reader.info().descriptor
    }

    pub fn generation(&self) -> Generation {
        self.view.generation
    }
}

#[derive(Debug, Default)]
pub struct Table {
    /// Not known until the schema is: till then nothing is flushed and no SSTable read.
    pub metadata: Option<Arc<TableMetadata>>,
    pub memtable: Memtable,
    pub flushing: Option<Memtable>,
    /// What the commit log has of it up to here is in `flushing` or flushed.
    pub flushed_upto: Option<CommitLogPosition>,
    /// By generation.
    pub sstables: SortedMap<Generation, Sstable>,
    /// Found on the disk, and not opened yet.
    pub unopened: SortedMap<Generation, Descriptor>,
    pub last_generation: u64,
    pub compacting: SortedSet<Generation>,
    /// Those that could not be read: compactions leave them alone.
    pub suspect: SortedSet<Generation>,
    pub history: History,
    /// When the memtable took its first write.
    pub memtable_since: Instant,
    /// `nodetool setcompactionthreshold`, until the next start.
    pub thresholds: Option<(u32, u32)>,
    /// `nodetool disableautocompaction`.
    pub auto_compaction_off: bool,
    pub counters: TableCounters,
}

impl Table {
    pub fn next_generation(&mut self) -> Generation {
        self.last_generation += 1;
        Generation(self.last_generation)
    }

    pub fn memtables(&self) -> impl Iterator<Item = &Memtable> {
        [&self.memtable].into_iter().chain(&self.flushing)
    }

    pub fn is_empty(&self) -> bool {
        self.memtables().all(Memtable::is_empty) && self.sstables.is_empty() && self.unopened.is_empty()
    }

    pub fn oldest_in_memory(&self) -> Option<WriteTimestamp> {
        self.memtables().filter_map(Memtable::oldest_timestamp).min()
    }

    pub fn common_options(&self) -> CommonOptions {
        let options = self.metadata.as_ref().map(|it| &it.params.compaction);
        let none = crate::base::SortedMap::new();
        let mut common = CommonOptions::from_options(&CompactionOptions(options.unwrap_or(&none)));
        if let Some((min, max)) = self.thresholds {
            (common.min_threshold, common.max_threshold) = (min as usize, max as usize);
        }
        common
    }

    /// When the memtable is to be flushed for its age: the option `memtable_flush_period_in_ms`.
    pub fn flush_due(&self) -> Option<Instant> {
        let period = self.metadata.as_ref()?.params.memtable_flush_period_in_ms;
        let has_period = period > 0 && !self.memtable.is_empty() && self.flushing.is_none();
        has_period.then(|| self.memtable_since + Duration::from_millis(period.into()))
    }

    pub fn summary(&self, id: TableId, wall: UnixMicros) -> TableSummary {
        let weight = self.memtable.weight();
        let grace = self.metadata.as_ref().map_or(0, |it| it.params.gc_grace_seconds);
        let gc_before = EpochSeconds(wall.seconds() - i64::from(grace));
        TableSummary {
            table: id,
            memtable_bytes: weight.bytes as u64,
            memtable_partitions: self.memtable.partition_count() as u64,
            memtable_rows: weight.rows as u64,
            memtable_tombstones: weight.tombstones as u64,
            is_flushing: self.flushing.is_some(),
            sstables: self
                .sstables
                .values()
                .map(|it| self.summary_of(it, gc_before))
                .collect(),
            counters: self.counters.summary(),
        }
    }

    pub fn summary_of(&self, sstable: &Sstable, gc_before: EpochSeconds) -> SstableSummary {
        let info = sstable.reader.info();
        let sizes = &info.stats().partition_sizes;
        SstableSummary {
            generation: sstable.generation().0,
            level: info.level(),
            bytes: info.file_lengths,
            uncompressed_bytes: info.data_length,
            data_bytes: info.data_file_length,
            filter_bytes: info.filter_bytes,
            keys: info.estimated_keys(),
            rows: info.stats().rows.max(0) as u64,
            first: info.first.token,
            last: info.last.token,
            min_timestamp: info.stats().min_timestamp,
            max_timestamp: info.stats().max_timestamp,
            droppable_tombstone_ratio: info.droppable_tombstone_ratio(gc_before),
            partition_bytes: [sizes.min(), sizes.max(), sizes.mean()],
            is_compacting: self.compacting.contains(&sstable.generation()),
        }
    }

    /// What of the table is there to be compacted, shown to its strategy.
    pub fn with_strategy<T>(&self, wall: UnixMicros, see: impl FnOnce(&Strategy, &TableView<'_>) -> T) -> Option<T> {
        let metadata = self.metadata.as_ref()?;
        let all: Vec<SstableView> = self.sstables.values().map(|it| it.view.clone()).collect();
        let is_free =
            |it: &&SstableView| !self.compacting.contains(&it.generation) && !self.suspect.contains(&it.generation);
        let free: Vec<SstableView> = all.iter().filter(is_free).cloned().collect();
        let common = self.common_options();
        let view = TableView {
            sstables: &free,
            all: &all,
            oldest_in_memory: self.oldest_in_memory(),
            gc_before: EpochSeconds(wall.seconds() - i64::from(metadata.params.gc_grace_seconds)),
            common: &common,
            history: &self.history,
        };
        let strategy = Strategy::from_options(&CompactionOptions(&metadata.params.compaction));
        Some(see(&strategy, &view))
    }
}
