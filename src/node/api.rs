//! What goes into a node and what comes out of it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::base::RequestId;
use crate::cql::ast::BatchKind;
use crate::cql::prepare::BoundValues;
use crate::cql::{QueryError, QueryResult, StatementId};
use crate::data::{ConsistencyLevel, KeyspaceName, WriteTimestamp};
use crate::event::Event;
use crate::message::Envelope;

use super::operator::{OperatorReply, OperatorRequest};

/// Something for a node to act on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// A timeout that the node asked for is due.
    Timeout,
    Message(Envelope),
    Client(ClientRequest),
    Operator(OperatorRequest),
}

/// A client's statement, with what its connection says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientRequest {
    pub id: RequestId,
    /// Its text; of a prepared statement or a batch, the form says it.
    pub query: String,
    pub form: Form,
    /// The keyspace the client USEs.
    pub keyspace: Option<KeyspaceName>,
    pub consistency: ConsistencyLevel,
    pub serial_consistency: ConsistencyLevel,
    /// Rows a page; `None` is everything in one.
    pub page_size: Option<u32>,
    pub paging_state: Option<Bytes>,
    /// The client's own timestamp for writes that name none.
    pub timestamp: Option<WriteTimestamp>,
}

/// What a client wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// Carry the text out, with these values for its markers.
    Query(BoundValues),
    /// Prepare the text for later.
    Prepare,
    /// Carry out what was prepared.
    Execute {
        statement: StatementId,
        values: BoundValues,
    },
    /// Carry out several modifications as one.
    Batch {
        kind: BatchKind,
        statements: Vec<(BatchPart, BoundValues)>,
    },
}

impl Default for Form {
    fn default() -> Form {
        Form::Query(BoundValues::default())
    }
}

/// One of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchPart {
    Text(String),
    Prepared(StatementId),
}

/// The answer to a client's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientReply {
    pub id: RequestId,
    pub result: Result<QueryResult, QueryError>,
    pub warnings: Vec<String>,
}

/// What a node wants done, or known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    Send(Envelope),
    Reply(ClientReply),
    Told(OperatorReply),
    /// The client's connection is closed: it gets no answer.
    Disconnected(RequestId),
    Event(Event),
}
