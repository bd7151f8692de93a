//! A replica's answers, and what it reports of them.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::*;
use crate::base::HostId;
use crate::base::SortedMap;
use crate::data::{
    Cell, ColumnName, ColumnSelection, CqlType, DecoratedKey, EpochSeconds, KeyspaceName, Mutation, Partition,
    PartitionKey, PartitionRange, PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter, Slice, TableId,
    TableName, WriteTimestamp, digest,
};
use crate::message::replica::{HintRequest, MutationRequest, ReadRequest, ReadResponse, TruncateRequest};
use crate::schema::{ColumnKind, ColumnMetadata, KeyspaceMetadata, ReplicationParams, TableMetadata, TableParams};
use crate::storage::{MemoryDisk, StorageConfig, TombstoneThresholds};

const PLAIN: TableId = TableId(Uuid::from_u128(1));
const CLUSTERED: TableId = TableId(Uuid::from_u128(2));
const UNKNOWN: TableId = TableId(Uuid::from_u128(3));
const CAUSE: Option<RequestId> = Some(RequestId(9));

fn table(id: TableId, name: &str, columns: &[(&str, ColumnKind)]) -> (TableName, Arc<TableMetadata>) {
    let column = |(name, kind): &(&str, ColumnKind)| ColumnMetadata {
        name: ColumnName::new(name),
        ty: CqlType::Int,
        kind: *kind,
        position: 0,
        descending: false,
    };
    let (keyspace, name) = (KeyspaceName::new("ks"), TableName::new(name));
    let columns = columns.iter().map(column);
    let table = TableMetadata::new(id, keyspace, name.clone(), columns, TableParams::default());
    (name, Arc::new(table))
}

fn schema(durable_writes: bool) -> Schema {
    let (key, row, value) = (
        ("k", ColumnKind::PartitionKey),
        ("c", ColumnKind::Clustering),
        ("v", ColumnKind::Regular),
    );
    let tables = [
        table(PLAIN, "plain", &[key, value]),
        table(CLUSTERED, "clustered", &[key, row, value]),
    ];
    let keyspace = KeyspaceMetadata {
        name: KeyspaceName::new("ks"),
        replication: ReplicationParams::Simple { factor: 3 },
        durable_writes,
        tables: tables.into_iter().collect(),
        types: SortedMap::new(),
    };
    Schema::new([keyspace], Uuid::nil())
}

fn int(n: i32) -> Bytes {
    Bytes::copy_from_slice(&n.to_be_bytes())
}

fn key(n: i32) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(int(n)))
}

fn row(value: i32, time: i64) -> Row {
    let mut row = Row::inserted(WriteTimestamp(time), None);
    row.add_cell(&ColumnName::new("v"), Cell::live(WriteTimestamp(time), int(value)));
    row
}

fn write(schema: &Schema, id: TableId, n: i32, time: i64) -> Mutation {
    let clustering = match schema.table_by_id(id) {
        Some(table) => table
            .comparator
            .clustering(table.clustering.iter().map(|_| Some(int(0)))),
        None => schema.table_by_id(PLAIN).unwrap().comparator.clustering([]),
    };
    let mut update = Partition::empty(key(n));
    update.add_row(clustering, row(n, time));
    Mutation::new(KeyspaceName::new("ks"), id, update)
}

struct Node {
    engine: Engine,
    schema: Schema,
    outbox: Outbox,
}

impl Node {
    fn new(schema: Schema, config: StorageConfig) -> Node {
        let (engine, _) = Engine::open(Box::new(MemoryDisk::new()), config).unwrap();
        Node {
            engine,
            schema,
            outbox: Outbox::default(),
        }
    }

    fn answer(&mut self, payload: Payload) -> Payload {
        let mut replica = Replica {
            engine: &mut self.engine,
            schema: &self.schema,
            outbox: &mut self.outbox,
            cause: CAUSE,
            now: EpochSeconds(0),
            views: &Views::default(),
            view_updates: &mut Vec::new(),
        };
        replica.answer(&payload).unwrap()
    }

    fn write(&mut self, mutation: Mutation) -> Payload {
        self.answer(Payload::MutationRequest(MutationRequest { mutation }))
    }

    fn read(&mut self, partitions: PartitionSelection, table: TableId, digest_only: bool) -> Payload {
        let command = ReadCommand {
            table,
            partitions,
            slices: vec![Slice::all()],
            reversed: false,
            columns: ColumnSelection::All,
            filter: RowFilter::default(),
            limits: ReadLimits::NONE,
            now: EpochSeconds(0),
        };
        self.answer(Payload::ReadRequest(ReadRequest { command, digest_only }))
    }

    fn events(&mut self) -> Vec<What> {
        let events = core::mem::take(&mut self.outbox.events);
        assert!(events.iter().all(|(cause, _)| *cause == CAUSE));
        events.into_iter().map(|(_, what)| what).collect()
    }
}

fn partitions(payload: Payload) -> Vec<Partition> {
    match payload {
        Payload::ReadResponse(ReadResponse::Data(partitions)) => partitions,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_write_is_logged_then_kept_and_read_as_data_or_digest() {
    let schema = schema(true);
    let mut node = Node::new(schema.clone(), StorageConfig::default());
    assert_eq!(node.write(write(&schema, PLAIN, 1, 5)), Payload::MutationResponse);
    let table = TableName::new("plain");
    assert_eq!(
        node.events(),
        [What::CommitLogAppended, What::MemtableWritten { table: table.clone() }]
    );
    let found = partitions(node.read(PartitionSelection::One(key(1)), PLAIN, false));
    assert_eq!(found.len(), 1);
    let read = What::RowsRead { live: 1, tombstones: 0 };
    let expected = [
        What::SinglePartitionRead { table },
        What::SstablesAcquired,
        What::MemtableMerged,
        read,
    ];
    assert_eq!(node.events(), expected);
    let answer = node.read(PartitionSelection::One(key(1)), PLAIN, true);
    assert_eq!(answer, Payload::ReadResponse(ReadResponse::Digest(digest(&found))));
}

#[test]
fn slices_and_ranges_are_traced_as_such() {
    let schema = schema(true);
    let mut node = Node::new(schema.clone(), StorageConfig::default());
    node.write(write(&schema, CLUSTERED, 1, 5));
    node.events();
    node.read(PartitionSelection::One(key(1)), CLUSTERED, false);
    let merged = What::SourcesMerged { sstables: 0 };
    assert!(node.events().contains(&merged));
    node.read(PartitionSelection::One(key(2)), CLUSTERED, false);
    assert!(!node.events().contains(&merged), "nothing to merge");
    let range = PartitionRange::full();
    node.read(PartitionSelection::Range(range.clone()), CLUSTERED, false);
    let (table, range) = (TableName::new("clustered"), Box::new(range));
    assert_eq!(
        node.events()[0],
        What::RangeRead {
            table,
            sstables: 0,
            range
        }
    );
}

#[test]
fn what_is_not_durable_is_not_logged() {
    let schema = schema(false);
    let mut node = Node::new(schema.clone(), StorageConfig::default());
    node.write(write(&schema, PLAIN, 1, 5));
    assert_eq!(
        node.events(),
        [What::MemtableWritten {
            table: TableName::new("plain")
        }]
    );
    assert_eq!(node.engine.summary().commit_log.segments, 0);
}

#[test]
fn an_unknown_table_is_an_incompatible_schema() {
    let schema = schema(true);
    let mut node = Node::new(schema.clone(), StorageConfig::default());
    let incompatible = Payload::Failure(FailureReason::IncompatibleSchema);
    assert_eq!(node.write(write(&schema, UNKNOWN, 1, 5)), incompatible);
    assert_eq!(node.read(PartitionSelection::One(key(1)), UNKNOWN, false), incompatible);
    let truncate = TruncateRequest {
        table: UNKNOWN,
        truncated_at: WriteTimestamp(1),
    };
    assert_eq!(node.answer(Payload::TruncateRequest(truncate)), incompatible);
    let mutation = write(&schema, UNKNOWN, 1, 5);
    let hint = HintRequest {
        host: HostId(Uuid::nil()),
        created: WriteTimestamp(5),
        mutation,
    };
    assert_eq!(
        node.answer(Payload::HintRequest(hint.clone())),
        incompatible,
        "it may be a new one"
    );
    node.engine.drop_table(UNKNOWN).unwrap();
    assert_eq!(
        node.answer(Payload::HintRequest(hint)),
        Payload::HintResponse,
        "it was dropped"
    );
}

#[test]
fn a_hint_from_before_a_truncation_is_taken_and_forgotten() {
    let schema = schema(true);
    let mut node = Node::new(schema.clone(), StorageConfig::default());
    node.write(write(&schema, PLAIN, 1, 5));
    let truncate = TruncateRequest {
        table: PLAIN,
        truncated_at: WriteTimestamp(10),
    };
    assert_eq!(
        node.answer(Payload::TruncateRequest(truncate)),
        Payload::TruncateResponse
    );
    assert_eq!(
        node.events().pop(),
        Some(What::Truncated {
            table: TableName::new("plain")
        })
    );
    for (created, rows) in [(10, 0), (11, 1)] {
        let mut mutation = write(&schema, PLAIN, 1, 5);
        mutation.add(CLUSTERED, write(&schema, CLUSTERED, 1, 5).into_updates().remove(0).1);
        let hint = HintRequest {
            host: HostId(Uuid::nil()),
            created: WriteTimestamp(created),
            mutation,
        };
        assert_eq!(node.answer(Payload::HintRequest(hint)), Payload::HintResponse);
        let found = partitions(node.read(PartitionSelection::One(key(1)), PLAIN, false));
        assert_eq!(found.len(), rows, "created at {created}");
        let other = partitions(node.read(PartitionSelection::One(key(1)), CLUSTERED, false));
        assert_eq!(other.len(), 1, "the other table was not truncated");
    }
}

#[test]
fn too_many_tombstones_fail_with_their_reason() {
    let schema = schema(true);
    let config = StorageConfig {
        tombstones: TombstoneThresholds { warn: 0, fail: 1 },
        ..StorageConfig::default()
    };
    let mut node = Node::new(schema.clone(), config);
    let comparator = &schema.table_by_id(CLUSTERED).unwrap().comparator;
    let mut update = Partition::empty(key(1));
    for n in 0..2 {
        let mut row = Row::default();
        row.add_cell(
            &ColumnName::new("v"),
            Cell::tombstone(WriteTimestamp(1), EpochSeconds(0)),
        );
        update.add_row(comparator.clustering([Some(int(n))]), row);
    }
    node.write(Mutation::new(KeyspaceName::new("ks"), CLUSTERED, update));
    let answer = node.read(PartitionSelection::One(key(1)), CLUSTERED, false);
    assert_eq!(answer, Payload::Failure(FailureReason::ReadTooManyTombstones));
}

#[test]
fn what_is_no_request_to_a_replica_gets_no_answer() {
    let mut node = Node::new(schema(true), StorageConfig::default());
    let mut replica = Replica {
        engine: &mut node.engine,
        schema: &node.schema,
        outbox: &mut node.outbox,
        cause: None,
        now: EpochSeconds(0),
        views: &Views::default(),
        view_updates: &mut Vec::new(),
    };
    assert_eq!(replica.answer(&Payload::EchoRequest), None);
}
