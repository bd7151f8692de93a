//! Commit log: every change is appended here before a memtable takes it, so that a crash forgets none that was synced.
//!
//! Knows segments, positions and the records in them, not what a record's tables mean: replay needs no schema. A segment can go
//! once nothing in it is needed any more. The bytes of a segment are drawn in `format`.

mod format;
mod log;
mod record;
mod replay;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::Duration;

pub use log::CommitLog;
pub use record::Record;
pub use replay::{ReplayReport, ReplayedSegment, TornTail, replay};

/// When appended bytes are made safe from a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommitLogSync {
    /// Before `append` returns: what was acknowledged survives any crash.
    Batch,
    /// When the owner calls `sync`, once for all changes of a step and before it lets an answer out: as safe as `Batch`, fewer syncs.
    Group,
    /// This often, whatever was acknowledged meanwhile: a crash may lose it. Cassandra's default is `periodic`.
    Periodic(Duration),
}

impl CommitLogSync {
    /// cassandra.yaml `commitlog_sync: periodic` with `commitlog_sync_period`, 10 s.
    pub const CASSANDRA_DEFAULT: CommitLogSync = CommitLogSync::Periodic(Duration::from_secs(10));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitLogConfig {
    pub segment_bytes: u32,
    pub sync: CommitLogSync,
}

impl CommitLogConfig {
    /// cassandra.yaml `commitlog_segment_size`, 32 MiB.
    pub const SEGMENT_BYTES: u32 = 32 * 1024 * 1024;

    /// The largest record: half a segment, as cassandra.yaml `max_mutation_size` has it.
    pub fn max_record_bytes(&self) -> u32 {
        self.segment_bytes / 2
    }
}

impl Default for CommitLogConfig {
    /// Cassandra's sizes, but synced before anything is acknowledged: an acknowledged write must survive a crash here.
    fn default() -> CommitLogConfig {
        CommitLogConfig {
            segment_bytes: CommitLogConfig::SEGMENT_BYTES,
            sync: CommitLogSync::Batch,
        }
    }
}

/// The number of a segment. Goes up; none is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SegmentId(pub u64);

/// A place in the commit log: where a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommitLogPosition {
    pub segment: SegmentId,
    pub offset: u32,
}
