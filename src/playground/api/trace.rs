//! The past, for diagrams: a statement's trace, and a stretch of the timeline.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Fate, StatementSummary};
use crate::base::{Endpoint, Instant, MessageId, RequestId};
use crate::event::{MessageKind, Verb};

/// Everything one statement led to, as a space-time diagram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceView {
    pub request: RequestId,
    pub statement: StatementSummary,
    /// The coordinator first, then the others by address.
    pub lanes: Vec<Endpoint>,
    pub from: Instant,
    pub to: Instant,
    pub rows: Vec<TraceRow>,
    pub arrows: Vec<Arrow>,
    pub unlisted_rows: u32,
    pub unlisted_arrows: u32,
}

/// A line of the trace table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRow {
    pub at: Instant,
    pub node: Endpoint,
    /// Cassandra's words.
    pub activity: String,
    /// On this node, since the request's first event there: Cassandra's `source_elapsed`.
    pub elapsed: Duration,
    /// The arrow this row is an end of: an index into `arrows`.
    pub arrow: Option<u32>,
}

/// A message on its way from lane to lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrow {
    pub from: Endpoint,
    pub to: Endpoint,
    pub id: MessageId,
    pub verb: Verb,
    pub kind: MessageKind,
    pub cause: Option<RequestId>,
    pub bytes: u32,
    pub sent_at: Instant,
    pub arrives_at: Instant,
    pub fate: Fate,
}

/// A stretch of the run, of which the most recent part is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineView {
    pub from: Instant,
    pub to: Instant,
    /// The remembered part begins here.
    pub known_from: Instant,
    pub lanes: Vec<Endpoint>,
    pub marks: Vec<Mark>,
    pub arrows: Vec<Arrow>,
    pub unlisted_marks: u32,
    pub unlisted_arrows: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub at: Instant,
    /// None: on the whole cluster.
    pub node: Option<Endpoint>,
    pub kind: MarkKind,
    pub text: String,
    pub cause: Option<RequestId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MarkKind {
    Statement,
    StatementDone,
    StatementFailed,
    Fault,
    NodeState,
    Opinion,
    Hint,
    Flush,
    Schema,
}
