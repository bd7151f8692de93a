//! The engine's promises, one by one.

use bytes::Bytes;

use super::*;
use crate::data::{
    Cell, ColumnName, ColumnSelection, DecoratedKey, EpochSeconds, KeyspaceName, Partition, PartitionKey,
    PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter, Slice, TableName,
};
use crate::schema::TableParams;
use crate::storage::{MemoryDisk, PowerLoss};

const TABLE: TableId = TableId(uuid::Uuid::from_u128(1));

fn key(text: &'static str) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(Bytes::from_static(text.as_bytes())))
}

fn write(text: &'static str, time: i64) -> Mutation {
    let mut row = Row::default();
    row.add_cell(&ColumnName::new("v"), Cell::live(WriteTimestamp(time), text.as_bytes()));
    let mut partition = Partition::empty(key(text));
    partition.add_static(row);
    Mutation::new(KeyspaceName::new("k"), TABLE, partition)
}

fn open(disk: &MemoryDisk) -> Engine {
    Engine::open(Box::new(disk.clone()), StorageConfig::default())
        .unwrap()
        .0
}

#[test]
fn writes_locals_and_truncations_survive_a_crash() {
    let disk = MemoryDisk::new();
    let mut engine = open(&disk);
    engine.apply(write("a", 1), Durability::Logged).unwrap();
    engine.put_local("host_id", &7u32).unwrap();
    engine.truncate(TABLE, WriteTimestamp(5)).unwrap();
    engine.apply(write("b", 1), Durability::Logged).unwrap();
    engine.apply(write("c", 1), Durability::MemoryOnly).unwrap();
    drop(engine);
    disk.lose_power(PowerLoss::Clean);
    let engine = open(&disk);
    assert!(engine.partition(TABLE, &key("a")).unwrap().is_none());
    assert!(engine.partition(TABLE, &key("b")).unwrap().is_some());
    assert!(engine.partition(TABLE, &key("c")).unwrap().is_none());
    assert_eq!(engine.local("host_id"), Ok(Some(7u32)));
    assert_eq!(engine.truncated_at(TABLE), Some(WriteTimestamp(5)));
}

#[test]
fn a_read_finds_what_was_written() {
    let mut engine = open(&MemoryDisk::new());
    engine.apply(write("a", 1), Durability::Logged).unwrap();
    let (keyspace, name) = (KeyspaceName::new("k"), TableName::new("t"));
    let table = TableMetadata::new(TABLE, keyspace, name, [], TableParams::default());
    let command = ReadCommand {
        table: TABLE,
        partitions: PartitionSelection::One(key("a")),
        slices: vec![Slice::all()],
        reversed: false,
        columns: ColumnSelection::All,
        filter: RowFilter::default(),
        limits: ReadLimits::NONE,
        now: EpochSeconds(0),
    };
    let found = engine.read(&command, &table).unwrap();
    assert_eq!(found.partitions, [engine.partition(TABLE, &key("a")).unwrap().unwrap()]);
    assert_eq!((found.live_rows, found.tombstones), (1, 0));
}
