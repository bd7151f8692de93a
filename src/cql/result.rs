//! What a statement comes to: rows, nothing, a change of schema, or Cassandra's error.

use core::net::Ipv4Addr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::StatementId;
use crate::data::{ColumnName, ConsistencyLevel, CqlType, KeyspaceName};
use crate::schema::change::SchemaChange;

/// A statement's answer, as the native protocol's RESULT has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryResult {
    Void,
    Rows(Rows),
    SetKeyspace(KeyspaceName),
    SchemaChange(SchemaChange),
    Prepared(Box<PreparedStatement>),
}

/// What a client is told of a statement it prepared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedStatement {
    pub id: StatementId,
    /// What each bind marker is called, and of which type it is.
    pub markers: Vec<ResultColumn>,
    /// Which marker gives each column of the partition key; empty unless all are given by one.
    pub partition_key: Vec<u16>,
    /// The columns of its rows, if it is one that always has the same.
    pub columns: Option<Vec<ResultColumn>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub columns: Vec<ResultColumn>,
    /// A value a column; `None` is null.
    pub rows: Vec<Vec<Option<Bytes>>>,
    /// Where the next page begins, when there is more.
    pub paging_state: Option<Bytes>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultColumn {
    pub keyspace: KeyspaceName,
    pub table: String,
    pub name: ColumnName,
    pub ty: CqlType,
}

/// An error as a client sees it: Cassandra's code, text and fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum QueryError {
    #[error("{0}")]
    Server(String),
    #[error("{0}")]
    Protocol(String),
    #[error("{message}")]
    Unavailable {
        message: String,
        consistency: ConsistencyLevel,
        required: u32,
        alive: u32,
    },
    #[error("{0}")]
    Overloaded(String),
    #[error("{0}")]
    IsBootstrapping(String),
    #[error("{0}")]
    Truncate(String),
    #[error("Operation timed out - received only {received} responses.")]
    WriteTimeout {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
        write_type: WriteType,
    },
    #[error("Operation timed out - received only {received} responses.")]
    ReadTimeout {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
        data_present: bool,
    },
    #[error("Operation failed - received {received} responses and {} failures: {reasons}", failures.len())]
    ReadFailure {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
        /// Each replica that failed, and why: the code of `RequestFailureReason`.
        failures: Vec<(Ipv4Addr, u16)>,
        reasons: String,
        data_present: bool,
    },
    #[error("Operation failed - received {received} responses and {} failures: {reasons}", failures.len())]
    WriteFailure {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
        /// Each replica that failed, and why: the code of `RequestFailureReason`.
        failures: Vec<(Ipv4Addr, u16)>,
        reasons: String,
        write_type: WriteType,
    },
    #[error("CAS operation result is unknown - proposal accepted by {received} but not a quorum.")]
    CasWriteUnknown {
        consistency: ConsistencyLevel,
        received: u32,
        required: u32,
    },
    /// A function or an operation failed of the values it was given.
    #[error("{message}")]
    FunctionFailure {
        message: String,
        /// In `system`.
        function: String,
        argument_types: Vec<String>,
    },
    /// Line from 1, column from 0, as Cassandra counts; both are part of `message`.
    #[error("{message}")]
    Syntax {
        message: String,
        position: Option<SourcePosition>,
    },
    #[error("{0}")]
    Unauthorized(String),
    #[error("{message}")]
    Invalid {
        message: String,
        position: Option<SourcePosition>,
    },
    #[error("{0}")]
    Configuration(String),
    #[error("{message}")]
    AlreadyExists {
        keyspace: KeyspaceName,
        table: Option<String>,
        message: String,
    },
    #[error(
        "Prepared query with ID {0} not found (either the query was not prepared on this host (maybe the host has been \
         restarted?) or you have prepared too many queries and it has been evicted from the internal cache)"
    )]
    Unprepared(StatementId),
}

/// Where in the statement the trouble is, for the page's underline. Line from 1, column from 0, both in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePosition {
    pub line: u32,
    pub column: u32,
    pub length: u32,
}

impl QueryError {
    pub fn invalid(message: impl Into<String>) -> QueryError {
        QueryError::Invalid {
            message: message.into(),
            position: None,
        }
    }

    /// The native protocol's error code.
    pub fn code(&self) -> u16 {
        match self {
            QueryError::Server(_) => 0x0000,
            QueryError::Protocol(_) => 0x000a,
            QueryError::Unavailable { .. } => 0x1000,
            QueryError::Overloaded(_) => 0x1001,
            QueryError::IsBootstrapping(_) => 0x1002,
            QueryError::Truncate(_) => 0x1003,
            QueryError::WriteTimeout { .. } => 0x1100,
            QueryError::ReadTimeout { .. } => 0x1200,
            QueryError::ReadFailure { .. } => 0x1300,
            QueryError::FunctionFailure { .. } => 0x1400,
            QueryError::WriteFailure { .. } => 0x1500,
            QueryError::CasWriteUnknown { .. } => 0x1700,
            QueryError::Syntax { .. } => 0x2000,
            QueryError::Unauthorized(_) => 0x2100,
            QueryError::Invalid { .. } => 0x2200,
            QueryError::Configuration(_) => 0x2300,
            QueryError::AlreadyExists { .. } => 0x2400,
            QueryError::Unprepared(_) => 0x2500,
        }
    }
}

/// What kind of write it was, as timeouts report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WriteType {
    Simple,
    Batch,
    UnloggedBatch,
    Counter,
    BatchLog,
    Cas,
}

impl WriteType {
    pub const fn name(self) -> &'static str {
        match self {
            WriteType::Simple => "SIMPLE",
            WriteType::Batch => "BATCH",
            WriteType::UnloggedBatch => "UNLOGGED_BATCH",
            WriteType::Counter => "COUNTER",
            WriteType::BatchLog => "BATCH_LOG",
            WriteType::Cas => "CAS",
        }
    }
}
