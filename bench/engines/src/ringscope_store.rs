//! This project's engine: a partition a row, as a table of keys and values is.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant as RealInstant;

use bytes::Bytes;
use ringscope::base::{Duration, Instant, UnixMicros};
use ringscope::data::{
    Cell, ColumnName, ColumnSelection, CqlType, DecoratedKey, EpochSeconds, KeyspaceName, Mutation, Partition,
    PartitionBound, PartitionKey, PartitionRange, PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter, Slice,
    TableId, TableName, WriteTimestamp,
};
use ringscope::schema::{ColumnKind, ColumnMetadata, TableMetadata, TableParams};
use ringscope::server::FileDisk;
use ringscope::storage::{CommitLogSync, Durability, Engine, StorageConfig};

use crate::{Failure, Store};

const TABLE: TableId = TableId(uuid::Uuid::from_u128(1));
/// Time passes between operations only: what is due is done then.
const LOOK_EVERY: u32 = 64;
const NOW: EpochSeconds = EpochSeconds(1_700_000_000);

pub struct RingscopeStore {
    engine: Engine,
    table: Arc<TableMetadata>,
    value: ColumnName,
    began: RealInstant,
    timestamp: i64,
}

pub fn open(folder: &Path) -> Result<RingscopeStore, Failure> {
    let mut config = StorageConfig::default();
    config.commit_log.sync = CommitLogSync::Periodic(Duration::from_secs(3600));
    // As much as the others take, and no throttle: they have none.
    config.memtable_flush_bytes = 64 << 20;
    config.compaction_bytes_per_second = 0;
    config.flush_bytes_per_second = 0;
    let (mut engine, _) = Engine::open(Box::new(FileDisk::open(folder)?), config)?;
    let column = |name: &str, ty, kind| ColumnMetadata {
        name: ColumnName::new(name),
        ty,
        kind,
        position: 0,
        descending: false,
    };
    let columns = [
        column("key", CqlType::Bigint, ColumnKind::PartitionKey),
        column("value", CqlType::Blob, ColumnKind::Regular),
    ];
    let (keyspace, name) = (KeyspaceName::new("bench"), TableName::new("rows"));
    let mut params = TableParams::default();
    // Blocks of 4 KiB, as fjall and RocksDB have them; Cassandra's default is 16.
    params.compression.insert("chunk_length_in_kb".into(), "4".into());
    let table = Arc::new(TableMetadata::new(TABLE, keyspace, name, columns, params));
    engine.use_schema([&table])?;
    Ok(RingscopeStore {
        engine,
        table,
        value: ColumnName::new("value"),
        began: RealInstant::now(),
        timestamp: 0,
    })
}

fn decorated(key: u64) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(Bytes::copy_from_slice(&key.to_be_bytes())))
}

impl RingscopeStore {
    fn now(&self) -> Instant {
        Instant::from_micros(self.began.elapsed().as_micros() as u64)
    }

    fn work(&mut self) -> Result<bool, Failure> {
        let now = self.now();
        let is_due = self.engine.next_timeout().is_some_and(|due| due <= now);
        if is_due {
            let wall = UnixMicros(1_700_000_000_000_000 + now.as_micros() as i64);
            self.engine.on_timeout(now, wall)?;
            self.engine.take_events();
        }
        Ok(is_due)
    }

    fn read(&self, partitions: PartitionSelection, limits: ReadLimits) -> Result<Vec<Partition>, Failure> {
        let command = ReadCommand {
            table: TABLE,
            partitions,
            slices: vec![Slice::all()],
            reversed: false,
            columns: ColumnSelection::All,
            filter: RowFilter::default(),
            limits,
            now: NOW,
        };
        Ok(self.engine.read(&command, &self.table)?.partitions)
    }
}

impl Store for RingscopeStore {
    fn put(&mut self, key: u64, value: &[u8]) -> Result<(), Failure> {
        self.timestamp += 1;
        let timestamp = WriteTimestamp(self.timestamp);
        let mut row = Row::inserted(timestamp, None);
        row.add_cell(&self.value, Cell::live(timestamp, Bytes::copy_from_slice(value)));
        let mut partition = Partition::empty(decorated(key));
        partition.add_row(self.table.comparator.clustering([]), row);
        let mutation = Mutation::new(self.table.keyspace.clone(), TABLE, partition);
        self.engine.apply(mutation, Durability::Logged)?;
        if self.timestamp as u32 % LOOK_EVERY == 0 {
            self.work()?;
        }
        Ok(())
    }

    fn get(&mut self, key: u64) -> Result<Option<Vec<u8>>, Failure> {
        let found = self.read(PartitionSelection::One(decorated(key)), ReadLimits::NONE)?;
        let row = found.first().and_then(|partition| partition.rows().next());
        let cell = row.and_then(|(_, row)| row.cell("value"));
        Ok(cell.and_then(|cell| cell.value(NOW)).map(|value| value.to_vec()))
    }

    fn scan(&mut self, key: u64, rows: usize) -> Result<usize, Failure> {
        let range = PartitionRange {
            start: PartitionBound::BeforeKey(decorated(key)),
            ..PartitionRange::full()
        };
        let found = self.read(PartitionSelection::Range(range), ReadLimits::rows(rows as u32))?;
        Ok(found.len())
    }

    fn sync(&mut self) -> Result<(), Failure> {
        Ok(self.engine.sync()?)
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.engine.flush(&[TABLE])?;
        while self.work()? {}
        self.engine.compact(TABLE)?;
        while self.work()? {}
        Ok(())
    }
}
