//! Compactions that are over, as rows of `system.compaction_history`: they outlive the node's process, and fade after a week.
//!
//! Source: Cassandra 5.0, `SystemKeyspace.updateCompactionHistory`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::core::Running;
use super::schema_sync::read_all;
use super::system_tables::RowWriter;
use crate::base::{Arrange, SortedMap};
use crate::data::{ColumnData, CqlType, DecoratedKey, EpochSeconds, Expiry, Row, Ttl, Value, WriteTimestamp};
use crate::schema::{SYSTEM, TableMetadata, local_keyspaces};
use crate::storage::{CompactionRecord, Durability, StorageError};

const TABLE: &str = "compaction_history";
/// The one property that Cassandra notes.
const COMPACTION_TYPE: &str = "compaction_type";

/// A row of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCompaction {
    pub id: Uuid,
    pub keyspace: String,
    pub table: String,
    /// Milliseconds of the Unix epoch.
    pub at: i64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How many partitions were merged from so many SSTables.
    pub merged: SortedMap<u32, u64>,
    pub kind: String,
}

impl Running {
    /// Writes down what was completed since this was last called.
    #[inline(never)]
    pub(super) fn note_compactions(&mut self) -> Result<(), StorageError> {
        let noted = self.compactions_noted;
        let new = self.engine.compaction_history().rev();
        let new: Vec<CompactionRecord> = new.take_while(|it| it.number > noted).cloned().collect();
        for record in new.into_iter().rev() {
            self.compactions_noted = record.number;
            let Some(table) = self.schema.table_by_id(record.table) else {
                continue;
            };
            // Of its own compactions the table would never come to rest.
            if table.keyspace.as_str() == SYSTEM && table.name.as_str() == TABLE {
                continue;
            }
            let id = self.time_uuids.next(record.at, &mut self.random);
            let at = WriteTimestamp(record.at.0);
            let ttl = Ttl(history_table().params.default_time_to_live);
            let expiry = Expiry::starting(EpochSeconds(record.at.seconds()), ttl);
            let mut row = RowWriter::of(SYSTEM, TABLE, at).expiring(expiry);
            row.set("bytes_in", Value::Bigint(record.bytes_in as i64));
            row.set("bytes_out", Value::Bigint(record.bytes_out as i64));
            row.set("columnfamily_name", Value::Text(table.name.to_string()));
            row.set("compacted_at", Value::Timestamp(record.at.millis()));
            let kind = Value::Text(record.kind.name().to_owned());
            let properties = vec![(Value::Text(COMPACTION_TYPE.to_owned()), kind)];
            row.set("compaction_properties", Value::Map(properties));
            row.set("keyspace_name", Value::Text(table.keyspace.to_string()));
            for (sstables, partitions) in &record.merged {
                let partitions = Value::Bigint(*partitions as i64).encode();
                row.add(
                    "rows_merged",
                    &CqlType::Int,
                    Value::Int(*sstables as i32).encode(),
                    partitions,
                );
            }
            let row = row.finish(Value::Timeuuid(id).encode(), []);
            self.engine.apply(row, Durability::Logged)?;
        }
        Ok(())
    }

    /// The newest first.
    #[inline(never)]
    pub(super) fn past_compactions(&self) -> Result<Vec<PastCompaction>, StorageError> {
        let now = self.epoch_seconds();
        let found = read_all(&self.engine, history_table(), now)?;
        let rows = found.iter().flat_map(|it| it.rows().map(|(_, row)| (&it.key, row)));
        let mut all: Vec<PastCompaction> = rows
            .filter(|(_, row)| row.is_live(now))
            .filter_map(|(key, row)| past_compaction(key, row, now))
            .collect();
        all.arrange_by(|one, other| (other.at, other.id).cmp(&(one.at, one.id)));
        Ok(all)
    }
}

fn history_table() -> &'static TableMetadata {
    let system = local_keyspaces().iter().find(|it| it.name.as_str() == SYSTEM);
    let table = system.and_then(|it| it.tables.get(TABLE));
    table.expect("every node has the table of its compactions")
}

/// `None` for a row that someone has written who does not know what belongs into it.
fn past_compaction(key: &DecoratedKey, row: &Row, now: EpochSeconds) -> Option<PastCompaction> {
    let value = |column: &str, ty: &CqlType| ty.decode(row.cell(column)?.value(now)?).ok();
    let text = |column: &str| match value(column, &CqlType::Text)? {
        Value::Text(text) => Some(text),
        _ => None,
    };
    let number = |column: &str| match value(column, &CqlType::Bigint)? {
        Value::Bigint(number) => u64::try_from(number).ok(),
        _ => None,
    };
    let properties = CqlType::map(CqlType::Text, CqlType::Text);
    let kind = match value("compaction_properties", &properties)? {
        Value::Map(entries) => entries.into_iter().find_map(|entry| match entry {
            (Value::Text(name), Value::Text(kind)) if name == COMPACTION_TYPE => Some(kind),
            _ => None,
        }),
        _ => None,
    };
    let merged = match row.column("rows_merged")? {
        ColumnData::Complex(data) => data.cells.values(),
        ColumnData::Simple(_) => return None,
    };
    let merged = merged.filter_map(|(sstables, cell)| {
        let sstables: [u8; 4] = sstables.as_ref().try_into().ok()?;
        let partitions: [u8; 8] = cell.value(now)?.as_ref().try_into().ok()?;
        Some((u32::from_be_bytes(sstables), u64::from_be_bytes(partitions)))
    });
    Some(PastCompaction {
        id: Uuid::from_slice(&key.key.0).ok()?,
        keyspace: text("keyspace_name")?,
        table: text("columnfamily_name")?,
        at: match value("compacted_at", &CqlType::Timestamp)? {
            Value::Timestamp(at) => at,
            _ => return None,
        },
        bytes_in: number("bytes_in")?,
        bytes_out: number("bytes_out")?,
        merged: merged.collect(),
        kind: kind.unwrap_or_default(),
    })
}
