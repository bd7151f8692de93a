//! How a request can fail, with the fields of Cassandra's errors. `node` gives them their codes.

use core::fmt;
use std::sync::Arc;

use crate::base::{Endpoint, RequestId, SortedMap};
use crate::data::ConsistencyLevel;
use crate::event::What;
use crate::message::Outbox;
use crate::message::replica::FailureReason;

/// Which replicas failed, and of what; told in the order of their addresses, as Cassandra's map has them.
pub type Failures = SortedMap<Endpoint, FailureReason>;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("{}", shortage.text(*consistency))]
    Unavailable {
        consistency: ConsistencyLevel,
        required: u32,
        alive: u32,
        shortage: Shortage,
    },
    #[error("Operation timed out - received only {received} responses.")]
    WriteTimeout {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
        kind: WriteKind,
    },
    #[error("Operation timed out - received only {received} responses.")]
    ReadTimeout {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
        data_present: bool,
    },
    #[error("Operation failed - received {received} responses and {} failures: {}", failures.len(), Reasons(failures))]
    WriteFailure {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
        failures: Failures,
        kind: WriteKind,
    },
    #[error("Operation failed - received {received} responses and {} failures: {}", failures.len(), Reasons(failures))]
    ReadFailure {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
        failures: Failures,
        data_present: bool,
    },
    #[error("CAS operation result is unknown - proposal accepted by {received} but not a quorum.")]
    CasWriteUnknown {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
    },
    #[error("Error during truncate: {0}")]
    Truncate(String),
}

impl RequestError {
    /// Leaves word of it among the events.
    pub fn report(&self, cause: Option<RequestId>, out: &mut Outbox) {
        let what = match *self {
            RequestError::Unavailable { required, alive, .. } => What::ReplicasUnavailable { required, alive },
            RequestError::WriteTimeout { received, required, .. }
            | RequestError::ReadTimeout { received, required, .. } => What::RequestTimedOut { received, required },
            _ => return,
        };
        out.event(cause, what);
    }
}

/// Cassandra's `WriteType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteKind {
    Simple,
    UnloggedBatch,
    /// The writes of a logged batch.
    Batch,
    /// Having a logged batch kept.
    BatchLog,
    Counter,
    Cas,
}

/// What an unavailable level is short of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortage {
    OfReplicas,
    /// No node can keep a batch; so many are wanted.
    OfBatchKeepers(u32),
    /// At EACH_QUORUM.
    InDatacenter(Arc<str>),
    /// More than one range of the key moves, this many replicas taking part: Paxos is not safe then.
    RangeMovements(u32),
}

impl Shortage {
    fn text(&self, level: ConsistencyLevel) -> String {
        match self {
            Shortage::OfReplicas => format!("Cannot achieve consistency level {level}"),
            Shortage::OfBatchKeepers(wanted) => format!(
                "Cannot achieve consistency level {level} for batchlog in local DC, required:{wanted}, available:0"
            ),
            Shortage::InDatacenter(datacenter) => {
                format!("Cannot achieve consistency level {level} in DC {datacenter}")
            }
            Shortage::RangeMovements(count) => {
                format!("Cannot perform LWT operation as there is more than one ({count}) pending range movement")
            }
        }
    }
}

/// `UNKNOWN from /127.0.0.2:7000, TIMEOUT from /127.0.0.3:7000`
pub struct Reasons<'a>(pub &'a Failures);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (endpoint, reason)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{} from /{endpoint}:{STORAGE_PORT}", reason_name(*reason))?;
        }
        Ok(())
    }
}

/// Cassandra names nodes with the port they listen on for each other.
const STORAGE_PORT: u16 = 7000;

fn reason_name(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::Unknown => "UNKNOWN",
        FailureReason::ReadTooManyTombstones => "READ_TOO_MANY_TOMBSTONES",
        FailureReason::Timeout => "TIMEOUT",
        FailureReason::IncompatibleSchema => "INCOMPATIBLE_SCHEMA",
    }
}
