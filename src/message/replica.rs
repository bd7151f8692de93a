//! What a coordinator asks of replicas, and their answers.

use serde::{Deserialize, Serialize};

use crate::base::HostId;
use crate::data::{ConsistencyLevel, Mutation, Partition, ReadCommand, TableId, WriteTimestamp};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MutationRequest {
    pub mutation: Mutation,
}

/// Increments for a leader to add up, and how surely they are to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterRequest {
    pub mutation: Mutation,
    pub consistency: ConsistencyLevel,
}

/// A write that its replica missed, kept since `created` by the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintRequest {
    /// Whom the hint is for: a node that took over another's address must not take its hints.
    pub host: HostId,
    pub created: WriteTimestamp,
    pub mutation: Mutation,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRequest {
    pub command: ReadCommand,
    /// Answer with a digest of the data instead of the data.
    pub digest_only: bool,
}

/// MD5 over the merged content of a read.
pub type DataDigest = [u8; 16];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadResponse {
    /// Partitions in token order, tombstones included, cut off at the command's limits.
    Data(Vec<Partition>),
    Digest(DataDigest),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruncateRequest {
    pub table: TableId,
    /// What was written up to here goes.
    pub truncated_at: WriteTimestamp,
}

/// Cassandra's `RequestFailureReason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FailureReason {
    Unknown,
    ReadTooManyTombstones,
    Timeout,
    IncompatibleSchema,
}

impl FailureReason {
    /// The code in the native protocol's Read_failure and Write_failure.
    pub fn code(self) -> u16 {
        match self {
            FailureReason::Unknown => 0,
            FailureReason::ReadTooManyTombstones => 1,
            FailureReason::Timeout => 2,
            FailureReason::IncompatibleSchema => 3,
        }
    }
}
