//! What is known of an SSTable without reading its rows: what flush, compaction and reads decide by.

use super::descriptor::Descriptor;
use super::statistics::{Statistics, StatsMetadata};
use crate::data::{DecoratedKey, EpochSeconds, Token, WriteTimestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct SstableInfo {
    pub descriptor: Descriptor,
    pub first: DecoratedKey,
    pub last: DecoratedKey,
    /// Bytes of data when not compressed.
    pub data_length: u64,
    /// Bytes of Data.db.
    pub data_file_length: u64,
    /// Bytes of all components.
    pub file_lengths: u64,
    /// Memory of the bloom filter.
    pub filter_bytes: u64,
    pub statistics: Statistics,
}

impl SstableInfo {
    pub fn stats(&self) -> &StatsMetadata {
        &self.statistics.stats
    }

    pub fn level(&self) -> u32 {
        self.stats().level
    }

    pub fn min_token(&self) -> Token {
        self.first.token
    }

    pub fn max_token(&self) -> Token {
        self.last.token
    }

    pub fn min_timestamp(&self) -> WriteTimestamp {
        WriteTimestamp(self.stats().min_timestamp)
    }

    pub fn max_timestamp(&self) -> WriteTimestamp {
        WriteTimestamp(self.stats().max_timestamp)
    }

    /// `NEVER` when nothing in it is deleted or expires.
    pub fn min_local_deletion_time(&self) -> EpochSeconds {
        EpochSeconds(self.stats().min_local_deletion_time)
    }

    /// By this time all in it is gone; `NEVER` when something lives for ever.
    pub fn max_local_deletion_time(&self) -> EpochSeconds {
        EpochSeconds(self.stats().max_local_deletion_time)
    }

    /// The share of cells that are tombstones which can be dropped now. `getEstimatedDroppableTombstoneRatio`.
    pub fn droppable_tombstone_ratio(&self, gc_before: EpochSeconds) -> f64 {
        let stats = self.stats();
        let columns = stats
            .cells_per_partition
            .mean()
            .saturating_mul(stats.cells_per_partition.count());
        if columns <= 0 {
            return 0.0;
        }
        stats.tombstones.sum(gc_before.0) / columns as f64
    }

    /// Whether nothing in it is deleted, expires or hides anything.
    pub fn has_no_deletions(&self) -> bool {
        self.stats().min_local_deletion_time == i64::MAX
    }

    /// How many partitions it has, about.
    pub fn estimated_keys(&self) -> u64 {
        self.stats().partition_sizes.count().max(0) as u64
    }

    /// Whether it may hold a key, by its first and last one.
    pub fn may_cover(&self, key: &DecoratedKey) -> bool {
        self.first <= *key && *key <= self.last
    }
}
