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
use super::source::TableSource;
use crate::data::{Partition, ReadCommand};
use crate::schema::TableMetadata;

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

/// Carries out a command on a table's sources.
pub(super) fn read(
    sources: &[&dyn TableSource],
    command: &ReadCommand,
    table: &TableMetadata,
    thresholds: TombstoneThresholds,
) -> Result<LocalRead, StorageError> {
    reader::Reader::new(sources, command, table, thresholds).run()
}
