//! What shells show, and what completes their input.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{PartitionRef, ShellId};
use crate::base::{Endpoint, Instant, RequestId};
use crate::cql::SourcePosition;
use crate::data::{ConsistencyLevel, Token};
use crate::event::Outcome;

/// What is new in one shell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShellUpdate {
    pub shell: ShellId,
    pub entries: Vec<ShellEntry>,
    /// "cqlsh> ", "cqlsh:my_keyspace> ", or "   ... " in the middle of a statement.
    pub prompt: String,
    pub coordinator: Endpoint,
    pub consistency: ConsistencyLevel,
    pub serial_consistency: ConsistencyLevel,
    /// A statement runs or waits.
    pub busy: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ShellEntry {
    /// What was typed, with the prompt it was typed at. A replay shows it too.
    Input { prompt: String, text: String },
    /// cqlsh's output, byte for byte.
    Output(String),
    /// cqlsh's error text, and where in the statement's text it points.
    Error {
        text: String,
        position: Option<SourcePosition>,
    },
    /// COPY has written a file: for the person, to keep where they like.
    File { name: String, text: String },
    /// Stands under a statement's result.
    Summary(StatementSummary),
    /// The results of so many statements came faster than frames were asked for, and are left out.
    Skipped(u64),
    /// CLEAR.
    Clear,
}

/// A statement and how it went, or goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementSummary {
    pub shell: ShellId,
    pub request: RequestId,
    pub statement: String,
    pub coordinator: Endpoint,
    pub consistency: ConsistencyLevel,
    pub started: Instant,
    /// Virtual time from sending to the answer; `None` while it runs.
    pub took: Option<Duration>,
    pub outcome: Option<Outcome>,
    /// The token and replicas of the partition it touched; none for a scan.
    pub token: Option<Token>,
    pub replicas: Vec<Endpoint>,
    pub partition: Option<PartitionRef>,
    /// Replicas that have answered.
    pub answered: Vec<Endpoint>,
    /// How many answers it waits for, when known.
    pub required: Option<u32>,
    pub messages: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    pub id: u32,
    /// Where the word that is completed begins, in characters; it ends at the cursor.
    pub from: u32,
    pub candidates: Vec<Candidate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub text: String,
    pub kind: CandidateKind,
    /// A column's type, a table's keyspace; may be empty.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CandidateKind {
    Column,
    Table,
    Keyspace,
    Type,
    Function,
    Keyword,
    ShellCommand,
    ConsistencyLevel,
}
