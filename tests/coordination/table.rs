//! The one table of these tests, and values for it.

use std::sync::Arc;

use bytes::Bytes;
use ringscope::base::SortedMap;
use ringscope::base::UnixMicros;
use ringscope::coordinator::ReadRequest;
use ringscope::data::*;
use ringscope::schema::*;
use uuid::Uuid;

/// When all nodes' clocks start, and all reads take place.
pub const EPOCH: UnixMicros = UnixMicros(1_000_000 * 1_000_000);
pub const NOW: EpochSeconds = EpochSeconds(1_000_000);

/// `CREATE TABLE ks.t (k int, c int, v int, s int STATIC, PRIMARY KEY (k, c))`
pub fn schema(params: ReplicationParams, change: impl Fn(&mut TableParams)) -> Schema {
    let mut table_params = TableParams::default();
    change(&mut table_params);
    let column = |name: &str, kind| ColumnMetadata {
        name: ColumnName::new(name),
        ty: CqlType::Int,
        kind,
        position: 0,
        descending: false,
    };
    let keyspace = KeyspaceName::new("ks");
    let table = TableMetadata::new(
        TableId(Uuid::from_u128(7)),
        keyspace.clone(),
        TableName::new("t"),
        [
            column("k", ColumnKind::PartitionKey),
            column("c", ColumnKind::Clustering),
            column("v", ColumnKind::Regular),
            column("s", ColumnKind::Static),
        ],
        table_params,
    );
    let keyspace = KeyspaceMetadata {
        name: keyspace,
        replication: params,
        durable_writes: true,
        tables: [(table.name.clone(), Arc::new(table))].into_iter().collect(),
        types: SortedMap::new(),
    };
    Schema::new([keyspace], Uuid::nil())
}

pub fn int(n: i32) -> Bytes {
    Bytes::copy_from_slice(&n.to_be_bytes())
}

pub fn number(bytes: &Bytes) -> i32 {
    i32::from_be_bytes(bytes[..].try_into().unwrap())
}

pub fn key(n: i32) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(int(n)))
}

pub fn clustering(table: &TableMetadata, n: i32) -> Clustering {
    table.comparator.clustering([Some(int(n))])
}

/// One row with one cell.
pub fn update(table: &TableMetadata, k: i32, c: i32, v: i32, timestamp: WriteTimestamp) -> Partition {
    let mut row = Row::default();
    row.add_cell(&ColumnName::new("v"), Cell::live(timestamp, int(v)));
    let mut partition = Partition::empty(key(k));
    partition.add_row(clustering(table, c), row);
    partition
}

/// The value of a row, as a client sees it.
pub fn value(table: &TableMetadata, partitions: &[Partition], c: i32) -> Option<i32> {
    let row = partitions.first()?.row(&clustering(table, c))?;
    row.cell("v")?.value(NOW).map(number)
}

pub fn read_one(table: &Arc<TableMetadata>, k: i32, consistency: ConsistencyLevel) -> ReadRequest {
    ReadRequest {
        table: table.clone(),
        command: command(table, PartitionSelection::One(key(k))),
        consistency,
        cause: None,
    }
}

pub fn command(table: &TableMetadata, partitions: PartitionSelection) -> ReadCommand {
    ReadCommand {
        table: table.id,
        partitions,
        slices: vec![Slice::all()],
        reversed: false,
        columns: ColumnSelection::All,
        filter: RowFilter::default(),
        limits: ReadLimits::NONE,
        now: NOW,
    }
}
