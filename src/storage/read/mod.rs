//! Reads of a node's own data: what a replica would answer.
//!
//! Sources are merged row by row and only as far as the limits want. Tombstones are part of the answer, since only the coordinator
//! sees whether they shadow what another replica has. All columns are: whether a row lives depends on every one of them.

mod merge;
mod reader;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::StorageError;
use super::source::{PartitionSource, TableSource};
use crate::data::{DecoratedKey, Partition, ReadCommand};
use crate::schema::TableMetadata;
pub(super) use merge::MergedRows;

/// What a read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalRead {
    /// In token order, deletions included, cut off where the limits were reached.
    pub partitions: Vec<Partition>,
    /// Rows seen that are live, static ones among them, whether or not they pass the filter.
    pub live_rows: u32,
    /// Dead cells, deleted rows and ends of deleted ranges seen.
    pub tombstones: u32,
    /// The tombstones are more than `TombstoneThresholds::warn`.
    pub tombstone_warning: bool,
    pub sstables: SstablesRead,
}

/// What a read did with the SSTables of its table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SstablesRead {
    pub of: u32,
    pub merged: u32,
    /// For one partition, which were merged, the newest first.
    pub found: Vec<FoundIn>,
    /// Left out because nothing of the slices is in them.
    pub skipped: u32,
    /// Left out by their bloom filters.
    pub by_filter: Vec<u64>,
}

/// An SSTable that has a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundIn {
    pub generation: u64,
    /// The key cache knew where.
    pub cached: bool,
    /// Blocks of the partition's own index, if it is wide enough to have one.
    pub blocks: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TombstoneThresholds {
    pub warn: u32,
    pub fail: u32,
}

impl Default for TombstoneThresholds {
    /// cassandra.yaml `tombstone_warn_threshold` and `tombstone_failure_threshold`.
    fn default() -> TombstoneThresholds {
        TombstoneThresholds {
            warn: 1_000,
            fail: 100_000,
        }
    }
}

/// Carries out a command for a range of partitions, or for one, on a table's sources.
pub(super) fn read_range(
    sources: &[&dyn TableSource],
    command: &ReadCommand,
    table: &TableMetadata,
    thresholds: TombstoneThresholds,
) -> Result<LocalRead, StorageError> {
    reader::Reader::new(command, table, thresholds).run(sources)
}

/// Carries out a command for one partition on what the sources hold of it.
pub(super) fn read_partition(
    parts: Vec<Box<dyn PartitionSource + '_>>,
    key: &DecoratedKey,
    command: &ReadCommand,
    table: &TableMetadata,
    thresholds: TombstoneThresholds,
) -> Result<LocalRead, StorageError> {
    reader::Reader::new(command, table, thresholds).run_one(key, &parts)
}
