//! The `system` keyspace: what a node tells clients of itself and of its peers, as rows of its own tables.
//!
//! Source of the columns: Cassandra 5.0, `SystemKeyspace.java`.

use core::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::base::Endpoint;
use crate::data::types::ordering::encode_component;
use crate::data::{
    Cell, ColumnName, CqlType, DecoratedKey, DeletionTime, EpochSeconds, Expiry, Mutation, Partition, PartitionKey,
    Row, Token, Value, WriteTimestamp,
};
use crate::schema::{
    ColumnKind, KeyspaceMetadata, SYSTEM, SYSTEM_VIRTUAL_SCHEMA, TableMetadata, change_mutation,
    described_system_keyspaces, is_virtual_keyspace, local_keyspaces,
};
use crate::storage::{Durability, Engine, StorageError};

/// The release whose behaviour this is.
pub const RELEASE_VERSION: &str = "5.0.7";
const CQL_VERSION: &str = "3.4.7";
const NATIVE_PROTOCOL_VERSION: &str = "5";
pub(super) const PARTITIONER: &str = "org.apache.cassandra.dht.Murmur3Partitioner";
/// `storage_port` of cassandra.yaml.
pub(super) const STORAGE_PORT: i32 = 7000;

/// Writes what is the same on every node: the rows of `system_schema` for the keyspaces that no user made, and those of
/// `system_virtual_schema`. Their timestamp is the oldest, so that a change of theirs stays.
pub(super) fn write_builtin_rows(engine: &mut Engine, now: EpochSeconds) -> Result<(), StorageError> {
    for keyspace in described_system_keyspaces() {
        if let Some(rows) = change_mutation(None, Some(keyspace), BUILTIN_TIMESTAMP, now) {
            engine.apply(rows, Durability::MemoryOnly)?;
        }
    }
    for keyspace in local_keyspaces().iter().filter(|it| is_virtual_keyspace(&it.name)) {
        for row in virtual_schema_rows(keyspace) {
            engine.apply(row, Durability::MemoryOnly)?;
        }
    }
    Ok(())
}

const BUILTIN_TIMESTAMP: WriteTimestamp = WriteTimestamp(0);

/// A virtual keyspace's rows of `system_virtual_schema`.
fn virtual_schema_rows(keyspace: &KeyspaceMetadata) -> Vec<Mutation> {
    let text = |text: &str| Value::Text(text.to_string());
    let key = text(&keyspace.name).encode();
    let writer = |table| RowWriter::of(SYSTEM_VIRTUAL_SCHEMA, table, BUILTIN_TIMESTAMP);
    let mut rows = vec![writer("keyspaces").finish(key.clone(), [])];
    for table in keyspace.tables.values() {
        let table_name = Some(text(&table.name).encode());
        let mut row = writer("tables");
        row.set("comment", text(&table.params.comment));
        rows.push(row.finish(key.clone(), [table_name.clone()]));
        for column in table.columns() {
            let mut row = writer("columns");
            let (kind, position) = match column.kind {
                ColumnKind::PartitionKey => ("partition_key", i32::from(column.position)),
                ColumnKind::Clustering => ("clustering", i32::from(column.position)),
                ColumnKind::Static => ("static", -1),
                ColumnKind::Regular => ("regular", -1),
            };
            let order = if column.kind == ColumnKind::Clustering {
                "asc"
            } else {
                "none"
            };
            row.set("clustering_order", text(order));
            row.set("column_name_bytes", Value::Blob(column.name.as_bytes().to_vec().into()));
            row.set("kind", text(kind));
            row.set("position", Value::Int(position));
            row.set("type", text(&column.ty.to_string()));
            let name = Some(text(&column.name).encode());
            rows.push(row.finish(key.clone(), [table_name.clone(), name]));
        }
    }
    rows
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

/// The key of a partition of a virtual table: those are in the order of their keys.
pub(super) fn in_key_order(key: &DecoratedKey) -> DecoratedKey {
    DecoratedKey {
        token: Token(0),
        key: key.key.clone(),
    }
}

pub(super) struct RowWriter {
    table: Arc<TableMetadata>,
    row: Row,
    at: WriteTimestamp,
    expiry: Option<Expiry>,
}

impl RowWriter {
    fn new(table: &str, at: WriteTimestamp) -> RowWriter {
        RowWriter::of(SYSTEM, table, at)
    }

    pub(super) fn of(keyspace: &str, table: &str, at: WriteTimestamp) -> RowWriter {
        let keyspace = local_keyspaces().iter().find(|it| it.name.as_str() == keyspace);
        let table = keyspace
            .and_then(|it| it.tables.get(table))
            .expect("only tables that every node has are written")
            .clone();
        RowWriter {
            table,
            row: Row::inserted(at, None),
            at,
            expiry: None,
        }
    }

    /// A row that goes by itself; before anything is set.
    pub(super) fn expiring(mut self, expiry: Expiry) -> RowWriter {
        self.row = Row::inserted(self.at, Some(expiry));
        self.expiry = Some(expiry);
        self
    }

    fn cell(&self, value: Bytes) -> Cell {
        match self.expiry {
            Some(expiry) => Cell::expiring(self.at, value, expiry),
            None => Cell::live(self.at, value),
        }
    }

    pub(super) fn set(&mut self, column: &str, value: Value) {
        let cell = self.cell(value.encode());
        self.row.add_cell(&ColumnName::new(column), cell);
    }

    /// An element of a map or set, whose keys are of this type.
    pub(super) fn add(&mut self, column: &str, keys: &CqlType, key: Bytes, value: Bytes) {
        let mut order = Vec::new();
        encode_component(keys, Some(&key), false, &mut order);
        let cell = self.cell(value);
        self.row
            .add_complex_cell(&ColumnName::new(column), order.into(), key, cell);
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
            let token = Bytes::copy_from_slice(token.as_bytes());
            self.add("tokens", &CqlType::Text, token, Bytes::new());
        }
    }

    pub(super) fn finish(self, key: Bytes, clustering: impl IntoIterator<Item = Option<Bytes>>) -> Mutation {
        let key = DecoratedKey::new(PartitionKey(key));
        let mut partition = Partition::empty(match is_virtual_keyspace(&self.table.keyspace) {
            true => in_key_order(&key),
            false => key,
        });
        partition.add_row(self.table.comparator.clustering(clustering), self.row);
        Mutation::new(self.table.keyspace.clone(), self.table.id, partition)
    }
}
