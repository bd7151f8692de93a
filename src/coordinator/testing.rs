//! A cluster to test operations against, and replicas that answer as told.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::{Cluster, Operation, ReplicaLayout};
use crate::base::{Endpoint, HostId, Instant};
use crate::data::{
    Cell, ClusteringComparator, ColumnName, ColumnSelection, CqlType, DecoratedKey, EpochSeconds, KeyspaceName,
    Mutation, Partition, PartitionKey, PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter, Slice, TableId,
    TableName, Token, WriteTimestamp,
};
use crate::event::What;
use crate::message::{Outbox, Outgoing, Payload};
use crate::ring::{Location, NodeState, Placement, RingNode, Topology};
use crate::schema::{ColumnKind, ColumnMetadata, ReplicationParams, TableMetadata, TableParams};

pub const NOW: EpochSeconds = EpochSeconds(1_000);

/// Nodes 127.0.0.1 and so on, datacentre by datacentre; the first coordinates.
pub struct TestCluster {
    topology: Topology,
    params: ReplicationParams,
    pub down: BTreeSet<Endpoint>,
}

impl TestCluster {
    /// So many nodes in one datacentre, with SimpleStrategy.
    pub fn simple(nodes: u8, factor: u32) -> TestCluster {
        TestCluster {
            topology: topology(&[("dc1", nodes)]),
            params: ReplicationParams::Simple { factor },
            down: BTreeSet::new(),
        }
    }

    /// Every node of each datacentre holds everything.
    pub fn datacenters(sizes: &[(&str, u8)]) -> TestCluster {
        TestCluster {
            topology: topology(sizes),
            params: ReplicationParams::NetworkTopology {
                factors: sizes
                    .iter()
                    .map(|(name, nodes)| (name.to_string(), u32::from(*nodes)))
                    .collect(),
            },
            down: BTreeSet::new(),
        }
    }

    pub fn joining(mut self, n: u8) -> TestCluster {
        let mut node = node("dc1", n);
        node.state = NodeState::Joining;
        node.tokens = vec![Token(50)];
        self.topology.insert(Endpoint::nth(n), node);
        self
    }

    pub fn down(mut self, nodes: impl IntoIterator<Item = u8>) -> TestCluster {
        self.down.extend(nodes.into_iter().map(Endpoint::nth));
        self
    }

    pub fn with<T>(&self, use_it: impl FnOnce(&Cluster<'_>) -> T) -> T {
        let local = Endpoint::nth(1);
        use_it(&Cluster {
            local,
            topology: &self.topology,
            placement: &Arc::new(Placement::new(&self.params, &self.topology, local)),
            is_alive: &|endpoint| !self.down.contains(&endpoint),
            takes_hints: &|_| true,
        })
    }

    pub fn layout(&self) -> ReplicaLayout {
        self.with(|cluster| cluster.layout(Token(0)))
    }
}

fn topology(sizes: &[(&str, u8)]) -> Topology {
    let mut topology = Topology::default();
    let mut number = 0;
    for (datacenter, nodes) in sizes {
        for _ in 0..*nodes {
            number += 1;
            topology.insert(Endpoint::nth(number), node(datacenter, number));
        }
    }
    topology
}

fn node(datacenter: &str, n: u8) -> RingNode {
    RingNode {
        host_id: HostId(Uuid::from_u128(n.into())),
        location: Location::new(datacenter, "rack1"),
        state: NodeState::Normal,
        tokens: vec![Token(i64::from(n) * 100)],
    }
}

/// `CREATE TABLE t (k int, c int, v text, PRIMARY KEY (k, c))`
pub fn table(change: impl FnOnce(&mut TableParams)) -> Arc<TableMetadata> {
    let mut params = TableParams::default();
    change(&mut params);
    let column = |name: &str, ty, kind| ColumnMetadata {
        name: ColumnName::new(name),
        ty,
        kind,
        position: 0,
        descending: false,
    };
    Arc::new(TableMetadata::new(
        TableId(Uuid::from_u128(1)),
        KeyspaceName::new("ks"),
        TableName::new("t"),
        [
            column("k", CqlType::Int, ColumnKind::PartitionKey),
            column("c", CqlType::Int, ColumnKind::Clustering),
            column("v", CqlType::Text, ColumnKind::Regular),
        ],
        params,
    ))
}

pub fn int(n: i32) -> Bytes {
    Bytes::copy_from_slice(&n.to_be_bytes())
}

pub fn key(n: i32) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(int(n)))
}

/// Rows of key `k` as (clustering, value, timestamp); no value is a tombstone.
pub fn partition(k: i32, rows: &[(i32, Option<&str>, i64)]) -> Partition {
    let comparator = ClusteringComparator::new(vec![(CqlType::Int, false)]);
    let mut partition = Partition::empty(key(k));
    for (c, value, timestamp) in rows {
        let timestamp = WriteTimestamp(*timestamp);
        let cell = match value {
            Some(value) => Cell::live(timestamp, value.as_bytes().to_vec()),
            None => Cell::tombstone(timestamp, NOW),
        };
        let mut row = Row::default();
        row.add_cell(&ColumnName::new("v"), cell);
        partition.add_row(comparator.clustering([Some(int(*c))]), row);
    }
    partition
}

/// The rows as (clustering, value), as a client sees them.
pub fn rows(partitions: &[Partition]) -> Vec<(i32, String)> {
    let number = |bytes: &Bytes| i32::from_be_bytes(bytes[..].try_into().unwrap());
    let rows = partitions.iter().flat_map(Partition::rows);
    rows.map(|(clustering, row)| {
        let value = row.cell("v").and_then(|cell| cell.value(NOW)).unwrap();
        let c = number(clustering.values()[0].as_ref().unwrap());
        (c, String::from_utf8(value.to_vec()).unwrap())
    })
    .collect()
}

pub fn mutation() -> Mutation {
    let table = table(|_| {});
    Mutation::new(table.keyspace.clone(), table.id, partition(1, &[(1, Some("new"), 5)]))
}

pub fn read_command(limits: ReadLimits) -> ReadCommand {
    ReadCommand {
        table: table(|_| {}).id,
        partitions: PartitionSelection::One(key(1)),
        slices: vec![Slice::all()],
        reversed: false,
        columns: ColumnSelection::All,
        filter: RowFilter::default(),
        limits,
        now: NOW,
    }
}

/// An operation under way, with what it has sent and not been answered.
pub struct Driver<O> {
    pub operation: O,
    pub out: Outbox,
    pub sent: Vec<Outgoing>,
    pub now: Instant,
}

impl<O: Operation> Driver<O> {
    pub fn start(start: impl FnOnce(Instant, &mut Outbox) -> O) -> Driver<O> {
        let mut out = Outbox::default();
        let now = Instant::from_micros(1_000_000);
        let operation = start(now, &mut out);
        let mut driver = Driver {
            operation,
            out,
            sent: Vec::new(),
            now,
        };
        driver.collect();
        driver
    }

    pub fn collect(&mut self) {
        self.sent.append(&mut self.out.messages);
    }

    /// To whom something was sent and not answered yet.
    pub fn asked(&self) -> Vec<u8> {
        self.sent.iter().map(|message| message.to.number()).collect()
    }

    /// What was sent first to a node and not answered yet.
    pub fn take(&mut self, n: u8) -> Outgoing {
        let position = self.sent.iter().position(|message| message.to.number() == n);
        self.sent
            .remove(position.unwrap_or_else(|| panic!("nothing was sent to node {n}")))
    }

    pub fn answer(&mut self, n: u8, payload: Payload) {
        let message = self.take(n);
        self.operation
            .on_response(self.now, message.to, message.id, payload, &mut self.out);
        self.collect();
    }

    pub fn answer_all(&mut self, nodes: impl IntoIterator<Item = u8>, payload: Payload) {
        for n in nodes {
            self.answer(n, payload.clone());
        }
    }

    /// Lets time pass up to the next timeout.
    pub fn wait(&mut self) {
        self.now = self.operation.next_timeout().expect("the operation waits for nothing");
        self.operation.on_timeout(self.now, &mut self.out);
        self.collect();
    }

    pub fn outcome(&mut self) -> Option<O::Outcome> {
        self.operation.take_outcome()
    }

    /// To whom messages of a kind were sent that are not answered.
    pub fn sent(&self, is_it: impl Fn(&Payload) -> bool) -> Vec<u8> {
        let sent = self.sent.iter().filter(|message| is_it(&message.payload));
        sent.map(|message| message.to.number()).collect()
    }

    pub fn saw(&self, is_it: impl Fn(&What) -> bool) -> bool {
        self.out.events.iter().any(|(_, what)| is_it(what))
    }
}
