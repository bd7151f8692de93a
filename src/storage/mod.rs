//! Storage: what stands between a mutation and bytes on a disk: commit log, memtables, SSTables.
//!
//! Knows one node's disk through the `Disk` port. Does not know of other nodes, of CQL, or of who asked.

pub mod commitlog;
pub mod compaction;
pub mod disk;
mod engine;
#[cfg(test)]
mod engine_properties;
mod error;
mod local;
mod memtable;
mod read;
mod source;
pub mod sstable;
mod summary;

pub use commitlog::{CommitLogConfig, CommitLogPosition, CommitLogSync};
pub use disk::{Disk, FileInfo, MemoryDisk, PowerLoss};
pub use engine::{Applied, Durability, Engine, Opened, StorageConfig};
pub use error::StorageError;
pub use read::{LocalRead, TombstoneThresholds};
pub use summary::{CommitLogSummary, StorageSummary, TableSummary};
