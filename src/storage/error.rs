//! What can go wrong between a mutation and the disk.

/// An error of the storage engine. The disk's own errors are among them, so that a caller matches on one enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    #[error("no space left on the disk: {needed} bytes wanted, {free} free")]
    NoSpace { needed: u64, free: u64 },
    #[error("there is no file {file}")]
    NotFound { file: String },
    #[error("there is a file {file} already")]
    AlreadyExists { file: String },
    /// Bytes that were safely on the disk are not what was written.
    #[error("{file} is corrupt at byte {offset}: {what}")]
    Corrupt { file: String, offset: u64, what: String },
    #[error("a mutation of {bytes} bytes is too large: the commit log takes at most {limit}")]
    MutationTooLarge { bytes: u64, limit: u64 },
    /// After a failed sync nobody knows what the disk holds. Cassandra's `commit_failure_policy: stop`.
    #[error("the commit log stopped after an error: {why}")]
    CommitLogStopped { why: String },
    /// More tombstones than a read may meet: cassandra.yaml `tombstone_failure_threshold`.
    #[error("the read met more than {limit} tombstones")]
    TooManyTombstones { limit: u32 },
    /// An error of the platform under the disk.
    #[error("the disk failed on {file}: {why}")]
    Io { file: String, why: String },
}
