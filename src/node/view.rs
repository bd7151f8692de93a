//! What a node shows of itself: its own view, which may differ from its peers'.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::inspect::{Inspect, Inspected};
use crate::base::{Endpoint, HostId, Instant};
use crate::data::{DecoratedKey, TableId, Token};
use crate::schema::KeyspaceMetadata;

/// What a host wants shown. Looking changes nothing: it is no part of a run's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewRequest {
    /// One partition in full, to hold replicas side by side.
    pub partition: Option<(TableId, DecoratedKey)>,
    /// Per-table detail, for a node's inspector.
    pub detail: bool,
    /// The schema as the node knows it.
    pub schema: bool,
    /// What an inspector of one node's storage asks; the other nodes leave it.
    pub inspect: Option<Inspect>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeView {
    pub endpoint: Endpoint,
    pub host_id: HostId,
    pub datacenter: String,
    pub rack: String,
    pub tokens: Vec<Token>,
    /// "NORMAL", "JOINING", "LEAVING", ... as `nodetool netstats` calls the mode.
    pub mode: String,
    pub generation: u32,
    pub schema_version: Uuid,
    /// Empty unless asked for.
    pub keyspaces: Vec<KeyspaceMetadata>,
    /// This node's opinion of every node it knows, itself included.
    pub peers: Vec<PeerView>,
    pub tables: Vec<TableView>,
    pub commit_log: CommitLogView,
    pub hints: Vec<HintView>,
    /// Coordinated requests and replica work under way.
    pub pending_requests: u32,
    pub partition: Option<PartitionView>,
    pub inspected: Option<Inspected>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerView {
    pub endpoint: Endpoint,
    pub alive: bool,
    /// "NORMAL", "LEFT", "shutdown", ...
    pub status: String,
    pub phi: f64,
    pub generation: u32,
    pub heartbeat: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableView {
    pub keyspace: String,
    pub table: String,
    pub memtable_bytes: u64,
    pub memtable_partitions: u64,
    pub memtable_rows: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitLogView {
    pub segments: u32,
    pub bytes: u64,
    /// Appended but not yet safe from a crash.
    pub unsynced_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintView {
    pub target: Endpoint,
    pub count: u32,
    pub bytes: u64,
    pub oldest: Option<Instant>,
}

/// One replica's content of a partition, tombstones and all, with values as CQL literals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionView {
    pub key: String,
    pub deletion: Option<DeletionView>,
    pub rows: Vec<RowView>,
    /// Deleted ranges: from, to, when.
    pub ranges: Vec<(String, String, DeletionView)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionView {
    pub timestamp: i64,
    pub at_seconds: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowView {
    /// The clustering, as CQL literals; "static" for the static row; empty when the table has no clustering columns.
    pub clustering: String,
    pub liveness: Option<i64>,
    pub deletion: Option<DeletionView>,
    pub cells: Vec<CellView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellView {
    pub column: String,
    /// For an element of a collection: its key.
    pub path: Option<String>,
    /// `None` for a tombstone.
    pub value: Option<String>,
    pub timestamp: i64,
    /// Seconds since the epoch when it expires.
    pub expires_at: Option<i64>,
}
