//! Looking into a node: its own view of itself and of the others. Changes nothing.

use super::core::{Node, Running};
use super::view::{
    CellView, CommitLogView, DeletionView, HintView, NodeView, PartitionView, PeerView, RowView, TableView, ViewRequest,
};
use crate::base::{Endpoint, HostId, Instant};
use crate::data::composite::split_key;
use crate::data::{
    Cell, Clustering, ClusteringBound, ColumnData, CqlType, DecoratedKey, DeletionTime, Partition, Row, TableId,
};
use crate::gossip::Gossiper;
use crate::ring::Topology;
use crate::schema::{ColumnMetadata, KeyspaceMetadata, Schema, TableMetadata};

impl Node {
    pub fn view(&self, request: &ViewRequest) -> NodeView {
        match self.running() {
            Ok(running) => running.view(request),
            Err(_) => NodeView {
                endpoint: self.config().endpoint,
                host_id: HostId(uuid::Uuid::nil()),
                datacenter: self.config().datacenter.clone(),
                rack: self.config().rack.clone(),
                tokens: Vec::new(),
                mode: "FAILED".into(),
                generation: 0,
                schema_version: uuid::Uuid::nil(),
                keyspaces: Vec::new(),
                peers: Vec::new(),
                tables: Vec::new(),
                commit_log: CommitLogView::default(),
                hints: Vec::new(),
                pending_requests: 0,
                partition: None,
                inspected: None,
            },
        }
    }
}

/// For an operator's tools. `None` from a node that could not start.
impl Node {
    pub fn gossiper(&self) -> Option<&Gossiper> {
        self.running().ok().map(|running| &running.gossiper)
    }

    pub fn topology(&self) -> Option<&Topology> {
        self.running().ok().map(|running| running.ring.topology())
    }

    pub fn schema(&self) -> Option<&Schema> {
        self.running().ok().map(|running| &*running.schema)
    }

    pub fn endpoint(&self) -> Endpoint {
        self.config().endpoint
    }

    pub fn cluster_name(&self) -> &str {
        &self.config().cluster_name
    }
}

impl Running {
    fn view(&self, request: &ViewRequest) -> NodeView {
        let storage = self.engine.summary();
        let tables = storage.tables.iter().filter(|_| request.detail).filter_map(|it| {
            let table = self.schema.table_by_id(it.table)?;
            Some(TableView {
                keyspace: table.keyspace.to_string(),
                table: table.name.to_string(),
                memtable_bytes: it.memtable_bytes,
                memtable_partitions: it.memtable_partitions,
                memtable_rows: it.memtable_rows,
            })
        });
        let epoch = self.config.clock.at(Instant::ZERO);
        let hints = self.hints.summaries().filter_map(|it| {
            Some(HintView {
                target: self.ring.topology().endpoint_of(it.host)?,
                count: it.hints,
                bytes: it.bytes,
                oldest: it
                    .oldest
                    .map(|at| Instant::from_micros(at.0.saturating_sub(epoch.0).max(0) as u64)),
            })
        });
        let keyspaces = self.schema.keyspaces().filter(|_| request.schema);
        NodeView {
            endpoint: self.endpoint(),
            host_id: self.host_id,
            datacenter: self.config.datacenter.clone(),
            rack: self.config.rack.clone(),
            tokens: self.tokens.clone(),
            mode: self.bootstrap.mode().into(),
            generation: self.generation,
            schema_version: self.schema.version(),
            keyspaces: keyspaces.map(|it| KeyspaceMetadata::clone(it)).collect(),
            peers: self
                .gossiper
                .endpoint_states()
                .map(|(peer, state)| self.peer(peer, state))
                .collect(),
            tables: tables.collect(),
            commit_log: CommitLogView {
                segments: storage.commit_log.segments,
                bytes: storage.commit_log.bytes,
                unsynced_bytes: storage.commit_log.unsynced_bytes,
            },
            hints: hints.collect(),
            pending_requests: self.operations.len() as u32,
            partition: request
                .partition
                .as_ref()
                .and_then(|(table, key)| self.partition(*table, key)),
            inspected: request
                .inspect
                .as_ref()
                .and_then(|question| self.inspect(question, request.partition.as_ref())),
        }
    }

    fn peer(&self, endpoint: Endpoint, state: &crate::message::gossip::EndpointState) -> PeerView {
        PeerView {
            endpoint,
            alive: self.gossiper.is_alive(endpoint),
            status: self
                .gossiper
                .status(endpoint)
                .map_or("", |status| status.word())
                .to_string(),
            phi: self.gossiper.phi(endpoint).unwrap_or_default(),
            generation: state.generation.0,
            heartbeat: state.heartbeat.0,
        }
    }

    fn partition(&self, table: TableId, key: &DecoratedKey) -> Option<PartitionView> {
        let table = self.schema.table_by_id(table)?;
        let found = self.engine.partition(table.id, key).ok()??;
        Some(partition_view(table, &found))
    }
}

pub(super) fn partition_view(table: &TableMetadata, partition: &Partition) -> PartitionView {
    let mut rows = Vec::new();
    if !partition.static_row().is_empty() {
        rows.push(row_view(table, "static".into(), partition.static_row()));
    }
    for (clustering, row) in partition.rows() {
        rows.push(row_view(table, clustering_text(table, clustering), row));
    }
    let ranges = partition.range_tombstones().iter().filter_map(|it| {
        let (start, end) = (
            bound(&table.clustering, &it.slice.start),
            bound(&table.clustering, &it.slice.end),
        );
        Some((start, end, deletion(it.deletion)?))
    });
    PartitionView {
        key: key_text(table, &partition.key),
        deletion: deletion(partition.deletion()),
        rows,
        ranges: ranges.collect(),
    }
}

/// The values of a partition key as CQL literals.
pub(super) fn key_text(table: &TableMetadata, key: &DecoratedKey) -> String {
    let values = split_key(&key.key.0, table.partition_key.len()).unwrap_or_default();
    let texts = table.partition_key.iter().zip(&values);
    let texts = texts.map(|(column, value)| column.ty.shown(value));
    texts.collect::<Vec<_>>().join(", ")
}

pub(super) fn clustering_text(table: &TableMetadata, clustering: &Clustering) -> String {
    let values = table.clustering.iter().zip(clustering.values());
    let values = values.map(|(column, value)| value.as_ref().map_or("null".into(), |value| column.ty.shown(value)));
    values.collect::<Vec<_>>().join(", ")
}

fn row_view(table: &TableMetadata, clustering: String, row: &Row) -> RowView {
    let mut cells = Vec::new();
    for (name, data) in row.columns() {
        let ty = table.column(name).map_or(CqlType::Blob, |column| column.ty.clone());
        match data {
            ColumnData::Simple(cell) => cells.push(cell_view(name, None, &ty, cell)),
            ColumnData::Complex(complex) => {
                let (path_type, value_type) = element_types(&ty);
                for (path, cell) in complex.cells.values() {
                    cells.push(cell_view(name, Some(path_type.shown(path)), &value_type, cell));
                }
            }
        }
    }
    RowView {
        clustering,
        liveness: row.liveness.map(|liveness| liveness.timestamp.0),
        deletion: deletion(row.deletion),
        cells,
    }
}

/// The types of the paths and of the values in a collection's cells.
pub(super) fn element_types(ty: &CqlType) -> (CqlType, CqlType) {
    match ty {
        CqlType::Map { key, value, .. } => ((**key).clone(), (**value).clone()),
        CqlType::Set { element, .. } => ((**element).clone(), CqlType::Empty),
        CqlType::List { element, .. } => (CqlType::Timeuuid, (**element).clone()),
        _ => (CqlType::Smallint, CqlType::Blob),
    }
}

fn cell_view(column: &str, path: Option<String>, ty: &CqlType, cell: &Cell) -> CellView {
    let value = match &cell.content {
        crate::data::CellContent::Live(value) | crate::data::CellContent::Expiring(value, _) => Some(ty.shown(value)),
        crate::data::CellContent::Counter(context) => Some(context.total().to_string()),
        crate::data::CellContent::Deleted(_) => None,
    };
    CellView {
        column: column.to_string(),
        path,
        value,
        timestamp: cell.timestamp.0,
        expires_at: cell.expiry().map(|expiry| expiry.at.0),
    }
}

fn bound(clustering: &[ColumnMetadata], bound: &ClusteringBound) -> String {
    let values = clustering.iter().zip(bound.prefix());
    let values = values.map(|(column, value)| value.as_ref().map_or("null".into(), |value| column.ty.shown(value)));
    let side = if bound.is_after() { "after" } else { "before" };
    match values.collect::<Vec<_>>().join(", ") {
        prefix if prefix.is_empty() => side.replace("before", "start").replace("after", "end"),
        prefix => format!("{side} {prefix}"),
    }
}

fn deletion(deletion: DeletionTime) -> Option<DeletionView> {
    (!deletion.is_live()).then_some(DeletionView {
        timestamp: deletion.marked_for_delete_at.0,
        at_seconds: deletion.local_deletion_time.0,
    })
}
