//! Building: entries for what was there before its index was.

use super::entries::of_update;
use crate::data::{
    ColumnSelection, EpochSeconds, PartitionBound, PartitionRange, PartitionSelection, ReadCommand, ReadLimits,
    RowFilter, Slice, TableId, WriteTimestamp,
};
use crate::schema::{IndexTable, Schema, TableMetadata};
use crate::storage::{Durability, Engine, StorageError};

/// Partitions read at a time.
const PAGE: u32 = 256;

/// The name under which a node keeps that an index is complete.
fn built(index: TableId) -> String {
    format!("index/{index}")
}

/// Builds the indexes that are not complete, as far as this node knows: all that are new, after a crash those it was about, and
/// after any restart those of tables of which a restart forgets writes.
pub fn build_missing(
    engine: &mut Engine,
    schema: &Schema,
    now: EpochSeconds,
    starts: bool,
) -> Result<(), StorageError> {
    for (id, index) in schema.all_indexes() {
        let Some(table) = schema.table_by_id(id) else { continue };
        let durable = schema.keyspace(&table.keyspace).is_some_and(|it| it.durable_writes);
        let is_complete = engine.local::<bool>(&built(index.table.id))? == Some(true);
        if !is_complete || (starts && !durable) {
            build(engine, table, index, durable, now)?;
        }
    }
    Ok(())
}

/// Makes the entries of everything that this node has of a table.
fn build(
    engine: &mut Engine,
    table: &TableMetadata,
    index: &IndexTable,
    durable: bool,
    now: EpochSeconds,
) -> Result<(), StorageError> {
    let durability = if durable {
        Durability::Logged
    } else {
        Durability::MemoryOnly
    };
    let mut range = PartitionRange::full();
    loop {
        let command = ReadCommand {
            table: table.id,
            partitions: PartitionSelection::Range(range.clone()),
            slices: vec![Slice::all()],
            reversed: false,
            columns: ColumnSelection::All,
            filter: RowFilter::default(),
            limits: ReadLimits {
                partitions: PAGE,
                ..ReadLimits::NONE
            },
            now,
        };
        let found = engine.read(&command, table)?.partitions;
        let Some(last) = found.last().map(|it| it.key.clone()) else {
            break;
        };
        for partition in &found {
            for entries in of_update(partition, table, index) {
                engine.apply(entries, durability)?;
            }
        }
        range.start = PartitionBound::AfterKey(last);
    }
    engine.put_local(&built(index.table.id), &true)
}

/// Removes an index that is no more.
pub fn forget(engine: &mut Engine, index: TableId) -> Result<(), StorageError> {
    engine.truncate(index, WriteTimestamp(0))?;
    engine.remove_local(&built(index))
}
