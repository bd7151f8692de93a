//! How an engine is set up.

use serde::{Deserialize, Serialize};

use super::commitlog::CommitLogConfig;
use super::read::TombstoneThresholds;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageConfig {
    pub commit_log: CommitLogConfig,
    pub tombstones: TombstoneThresholds,
    /// The largest memtable is flushed when all of them hold more.
    pub memtable_flush_bytes: u64,
    /// The tables of the oldest segment are flushed when the commit log is larger. cassandra.yaml `commitlog_total_space`.
    pub commit_log_space_bytes: u64,
    /// cassandra.yaml `compaction_throughput`; 0: no limit.
    pub compaction_bytes_per_second: u64,
    /// How fast a flush writes; 0: at once.
    pub flush_bytes_per_second: u64,
}

impl StorageConfig {
    /// Cassandra takes a quarter of its heap for memtables and flushes at a third to a half of that. A dozen nodes share one tab here.
    pub const MEMTABLE_FLUSH_BYTES: u64 = 16 << 20;
    /// Cassandra allows 8 GiB, or a quarter of the disk.
    pub const COMMIT_LOG_SPACE_BYTES: u64 = 64 << 20;
    /// cassandra.yaml `compaction_throughput`, 64 MiB/s.
    pub const COMPACTION_BYTES_PER_SECOND: u64 = 64 << 20;
    /// Cassandra sets no limit: about what a plain disk takes.
    pub const FLUSH_BYTES_PER_SECOND: u64 = 256 << 20;
}

impl Default for StorageConfig {
    fn default() -> StorageConfig {
        StorageConfig {
            commit_log: CommitLogConfig::default(),
            tombstones: TombstoneThresholds::default(),
            memtable_flush_bytes: StorageConfig::MEMTABLE_FLUSH_BYTES,
            commit_log_space_bytes: StorageConfig::COMMIT_LOG_SPACE_BYTES,
            compaction_bytes_per_second: StorageConfig::COMPACTION_BYTES_PER_SECOND,
            flush_bytes_per_second: StorageConfig::FLUSH_BYTES_PER_SECOND,
        }
    }
}
