//! The `system` keyspace: what a node tells clients of itself and of its peers, as rows of its own tables.
//!
//! Source of the columns: Cassandra 5.0, `SystemKeyspace.java`.

use core::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use uuid::Uuid;

use crate::base::Endpoint;
use crate::data::types::ordering::encode_component;
use crate::data::{
    Cell, ColumnName, CqlType, DecoratedKey, DeletionTime, EpochSeconds, Mutation, Partition, PartitionKey, Row, Value,
    WriteTimestamp,
};
use crate::schema::{KeyspaceMetadata, ReplicationParams, TableMetadata, TableParams, system_table};

/// The release whose behaviour this is.
pub const RELEASE_VERSION: &str = "5.0.7";
const CQL_VERSION: &str = "3.4.7";
const NATIVE_PROTOCOL_VERSION: &str = "5";
pub(super) const PARTITIONER: &str = "org.apache.cassandra.dht.Murmur3Partitioner";
/// `storage_port` of cassandra.yaml.
const STORAGE_PORT: i32 = 7000;

const SYSTEM: &str = "system";

const LOCAL: [&str; 3] = [
    "key text",
    "",
    "bootstrapped text, broadcast_address inet, broadcast_port int, cluster_name text, cql_version text, data_center text, \
     gossip_generation int, host_id uuid, listen_address inet, listen_port int, native_protocol_version text, \
     partitioner text, rack text, release_version text, rpc_address inet, rpc_port int, schema_version uuid, \
     tokens set<text>, truncated_at map<uuid, blob>",
];

const PEERS_V2: [&str; 3] = [
    "peer inet",
    "peer_port int",
    "data_center text, host_id uuid, native_address inet, native_port int, preferred_ip inet, preferred_port int, rack text, \
     release_version text, schema_version uuid, tokens set<text>",
];

const PEERS: [&str; 3] = [
    "peer inet",
    "",
    "data_center text, host_id uuid, preferred_ip inet, rack text, release_version text, rpc_address inet, \
     schema_version uuid, tokens set<text>",
];

static KEYSPACE: LazyLock<KeyspaceMetadata> = LazyLock::new(|| {
    let tables = [
        ("local", LOCAL, "information about the local node"),
        ("peers_v2", PEERS_V2, "information about known peers in the cluster"),
        ("peers", PEERS, "information about known peers in the cluster"),
    ];
    let tables = tables.map(|(name, columns, comment)| {
        let params = TableParams {
            comment: comment.into(),
            gc_grace_seconds: 0,
            ..TableParams::default()
        };
        let table = system_table(SYSTEM, name, columns, params);
        (table.name.clone(), Arc::new(table))
    });
    KeyspaceMetadata {
        name: SYSTEM.into(),
        replication: ReplicationParams::Local,
        durable_writes: true,
        tables: tables.into(),
        types: Default::default(),
    }
});

/// The keyspaces every node has beside the schema's own.
pub(super) fn builtin_keyspaces() -> [KeyspaceMetadata; 1] {
    [KEYSPACE.clone()]
}

/// One node as clients are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NodeFacts {
    pub endpoint: Endpoint,
    pub host_id: Uuid,
    pub datacenter: String,
    pub rack: String,
    pub tokens: Vec<String>,
    pub schema_version: Uuid,
    /// Where clients reach it.
    pub native: (Ipv4Addr, u16),
}

/// The row of `system.local`.
pub(super) fn local_row(facts: &NodeFacts, cluster_name: &str, generation: u32, at: WriteTimestamp) -> Mutation {
    let address = Value::Inet(IpAddr::V4(facts.endpoint.0));
    let text = |text: &str| Value::Text(text.to_string());
    let mut row = RowWriter::new("local", at);
    row.set("bootstrapped", text("COMPLETED"));
    row.set("broadcast_address", address.clone());
    row.set("broadcast_port", Value::Int(STORAGE_PORT));
    row.set("cluster_name", text(cluster_name));
    row.set("cql_version", text(CQL_VERSION));
    row.set("gossip_generation", Value::Int(generation as i32));
    row.set("listen_address", address.clone());
    row.set("listen_port", Value::Int(STORAGE_PORT));
    row.set("native_protocol_version", text(NATIVE_PROTOCOL_VERSION));
    row.set("partitioner", text(PARTITIONER));
    row.set("rpc_address", Value::Inet(IpAddr::V4(facts.native.0)));
    row.set("rpc_port", Value::Int(facts.native.1.into()));
    row.facts(facts);
    row.finish(Bytes::from_static(b"local"), [])
}

/// The rows of `system.peers_v2` and `system.peers` for a peer; with no facts, their removal.
pub(super) fn peer_rows(
    peer: Endpoint,
    facts: Option<&NodeFacts>,
    at: WriteTimestamp,
    now: EpochSeconds,
) -> [Mutation; 2] {
    let address = Value::Inet(IpAddr::V4(peer.0));
    let key = address.encode();
    ["peers_v2", "peers"].map(|name| {
        let mut row = RowWriter::new(name, at);
        match facts {
            None => row.row = Row::deleted(DeletionTime::new(at, now)),
            Some(facts) => {
                row.facts(facts);
                let native = Value::Inet(IpAddr::V4(facts.native.0));
                match name {
                    "peers" => row.set("rpc_address", native),
                    _ => {
                        row.set("native_address", native);
                        row.set("native_port", Value::Int(facts.native.1.into()));
                    }
                }
            }
        }
        let port = (name == "peers_v2").then(|| Some(Value::Int(STORAGE_PORT).encode()));
        row.finish(key.clone(), port)
    })
}

struct RowWriter {
    table: Arc<TableMetadata>,
    row: Row,
    at: WriteTimestamp,
}

impl RowWriter {
    fn new(table: &str, at: WriteTimestamp) -> RowWriter {
        let table = KEYSPACE
            .tables
            .get(table)
            .expect("only tables defined above are written")
            .clone();
        RowWriter {
            table,
            row: Row::inserted(at, None),
            at,
        }
    }

    fn set(&mut self, column: &str, value: Value) {
        self.row
            .add_cell(&ColumnName::new(column), Cell::live(self.at, value.encode()));
    }

    fn facts(&mut self, facts: &NodeFacts) {
        self.set("data_center", Value::Text(facts.datacenter.clone()));
        self.set("host_id", Value::Uuid(facts.host_id));
        self.set("rack", Value::Text(facts.rack.clone()));
        self.set("release_version", Value::Text(RELEASE_VERSION.into()));
        self.set("schema_version", Value::Uuid(facts.schema_version));
        let tokens = ColumnName::new("tokens");
        let before = DeletionTime::new(self.at.just_before(), EpochSeconds(0));
        self.row.add_complex_deletion(&tokens, before);
        for token in &facts.tokens {
            let path = Bytes::copy_from_slice(token.as_bytes());
            let mut order = Vec::new();
            encode_component(&CqlType::Text, Some(&path), false, &mut order);
            self.row
                .add_complex_cell(&tokens, order.into(), path, Cell::live(self.at, Bytes::new()));
        }
    }

    fn finish(self, key: Bytes, clustering: impl IntoIterator<Item = Option<Bytes>>) -> Mutation {
        let mut partition = Partition::empty(DecoratedKey::new(PartitionKey(key)));
        partition.add_row(self.table.comparator.clustering(clustering), self.row);
        Mutation::new(self.table.keyspace.clone(), self.table.id, partition)
    }
}
