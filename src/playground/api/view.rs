//! A partition as each replica holds it, laid side by side.

use serde::{Deserialize, Serialize};

use super::PartitionRef;
use crate::base::Endpoint;
use crate::data::Token;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicaView {
    pub partition: PartitionRef,
    /// What is wrong with the question, when there is no answer: no such table, a key that does not parse.
    pub error: Option<String>,
    pub token: Option<Token>,
    /// The columns of the table shown: its replicas in the ring's order.
    pub replicas: Vec<Endpoint>,
    /// Replicas whose process is down: what their disk holds is not known. Shown as dashes.
    pub unreachable: Vec<Endpoint>,
    pub rows: Vec<ReplicaRow>,
    pub unlisted_rows: u32,
    /// Every replica holds the same.
    pub agree: bool,
}

/// One row of the partition, or the partition's own deletion (`clustering` is then "partition").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaRow {
    /// As CQL literals; empty when the table has no clustering columns; "static" for the static row.
    pub clustering: String,
    pub cells: Vec<ReplicaCell>,
}

/// One cell across the replicas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaCell {
    /// A column's name, with the element's key for a collection; "(row)" for a row's own liveness or deletion.
    pub column: String,
    /// One a replica, in the order of `ReplicaView::replicas`; `None` for an unreachable one.
    pub states: Vec<Option<CellState>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CellState {
    /// Another replica has it, this one does not.
    Missing,
    Live {
        /// As a CQL literal.
        value: String,
        /// Microseconds.
        timestamp: i64,
        /// Seconds since the epoch when it expires.
        expires_at: Option<i64>,
        /// Another replica holds something newer.
        stale: bool,
    },
    Deleted {
        timestamp: i64,
        stale: bool,
    },
}
