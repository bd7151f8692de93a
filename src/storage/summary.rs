//! What the engine tells of its state.

use crate::data::TableId;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageSummary {
    pub tables: Vec<TableSummary>,
    pub commit_log: CommitLogSummary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSummary {
    pub table: TableId,
    pub memtable_bytes: u64,
    pub memtable_partitions: u64,
    pub memtable_rows: u64,
    pub memtable_tombstones: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitLogSummary {
    pub segments: u32,
    pub bytes: u64,
    /// Appended but not yet safe from a crash.
    pub unsynced_bytes: u64,
}
