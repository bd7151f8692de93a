//! Storage: what stands between a mutation and bytes on a disk: commit log, memtables, SSTables.
//!
//! Knows one node's disk through the `Disk` port. Does not know of other nodes, of CQL, or of who asked.

pub mod commitlog;
pub mod compaction;
pub mod disk;
mod config;
mod engine;
mod error;
mod memtable;
mod read;
pub mod source;
pub mod sstable;
mod summary;

pub use commitlog::{CommitLogConfig, CommitLogPosition, CommitLogSync};
pub use config::StorageConfig;
pub use disk::{Disk, FileInfo, MemoryDisk, PackedDisk, PowerLoss};
pub use engine::{
    Applied, CompactionLook, CompactionProgress, CompactionRecord, CompactionStats, Durability, Engine, Extent, Found,
    Opened, Rewrite, SnapshotInfo, Source, SstableLook, Thing, Verdict,
};
pub use error::StorageError;
pub use read::{LocalRead, SstablesRead, TombstoneThresholds};
pub use summary::{
    CommitLogSummary, CountersSummary, Histogram, SegmentSummary, SstableSummary, StorageSummary, TableSummary,
    TableWork,
};
