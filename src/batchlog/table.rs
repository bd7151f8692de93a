//! `system.batches`: where a node keeps batches, a row each.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use uuid::Uuid;

use crate::base::codec;
use crate::data::types::ordering::encode_component;
use crate::data::{
    Cell, ColumnData, ColumnName, CqlType, DecoratedKey, DeletionTime, EpochSeconds, Mutation, Partition, PartitionKey,
    Row, Value, WriteTimestamp,
};
use crate::message::batch::StoreBatch;
use crate::schema::{SYSTEM, TableMetadata, local_keyspaces};

const MUTATIONS: &str = "mutations";

/// `MessagingService.VERSION_50`
const VERSION: i32 = 15;

static BATCHES: LazyLock<Arc<TableMetadata>> = LazyLock::new(|| {
    let system = local_keyspaces().iter().find(|keyspace| *keyspace.name == *SYSTEM);
    let batches = system.and_then(|keyspace| keyspace.tables.get("batches"));
    batches.expect("system.batches is a table of every node").clone()
});

/// The table.
pub fn batches_table() -> &'static Arc<TableMetadata> {
    &BATCHES
}

/// The row that keeps a batch.
pub fn stored(batch: &StoreBatch) -> Mutation {
    let mutations = ColumnName::new(MUTATIONS);
    let mut row = Row::inserted(batch.created, None);
    row.add_cell(
        &ColumnName::new("version"),
        Cell::live(batch.created, Value::Int(VERSION).encode()),
    );
    for (number, mutation) in batch.mutations.iter().enumerate() {
        let path = element_path(batch.id, number);
        let mut order = Vec::new();
        encode_component(&CqlType::Timeuuid, Some(&path), false, &mut order);
        let cell = Cell::live(batch.created, codec::encode(mutation));
        row.add_complex_cell(&mutations, order.into(), path, cell);
    }
    let mut partition = Partition::empty(key_of(batch.id));
    partition.add_row(BATCHES.comparator.clustering([]), row);
    Mutation::new(BATCHES.keyspace.clone(), BATCHES.id, partition)
}

/// What drops a batch.
pub fn removal(id: Uuid, at: WriteTimestamp, now: EpochSeconds) -> Mutation {
    let mut partition = Partition::empty(key_of(id));
    partition.delete(DeletionTime::new(at, now));
    Mutation::new(BATCHES.keyspace.clone(), BATCHES.id, partition)
}

/// The batch that a partition of the table keeps; `None` if it is dropped, or cannot be understood.
pub fn kept_batch(partition: &Partition, now: EpochSeconds) -> Option<StoreBatch> {
    let id = Uuid::from_slice(&partition.key.key.0).ok()?;
    let (_, row) = partition.rows().find(|(_, row)| row.is_live(now))?;
    let created = row.cell("version")?.timestamp;
    let mutations = match row.column(MUTATIONS) {
        Some(ColumnData::Complex(data)) => data
            .cells
            .values()
            .filter_map(|(_, cell)| cell.value(now))
            .map(|bytes| codec::decode(bytes).ok())
            .collect::<Option<Vec<Mutation>>>()?,
        _ => Vec::new(),
    };
    Some(StoreBatch { id, created, mutations })
}

fn key_of(id: Uuid) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(Bytes::copy_from_slice(id.as_bytes())))
}

/// The place of a mutation in the list: the batch's own id with a number, so that keeping it twice changes nothing.
fn element_path(id: Uuid, number: usize) -> Bytes {
    let (high, low) = id.as_u64_pair();
    let low = (low & 0xffff_ffff_0000_0000) | (number as u64 & 0xffff_ffff);
    Bytes::copy_from_slice(Uuid::from_u64_pair(high, low).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{KeyspaceName, TableId};

    #[test]
    fn a_batch_is_kept_until_it_is_dropped() {
        let write = |key: &'static [u8]| {
            let partition = Partition::empty(DecoratedKey::new(PartitionKey(Bytes::from_static(key))));
            Mutation::new(KeyspaceName::new("ks"), TableId(Uuid::from_u128(1)), partition)
        };
        let batch = StoreBatch {
            id: Uuid::from_u128(0x1111_2222_3333_1444_8555_6666_7777_8888),
            created: WriteTimestamp(1_000_000),
            mutations: vec![write(b"a"), write(b"b"), write(b"c")],
        };
        let now = EpochSeconds(2);
        let (_, mut kept) = stored(&batch).into_updates().remove(0);
        assert_eq!(kept_batch(&kept, now), Some(batch.clone()));
        let (_, dropped) = removal(batch.id, WriteTimestamp(2_000_000), now)
            .into_updates()
            .remove(0);
        kept.merge(dropped);
        assert_eq!(kept_batch(&kept, now), None);
    }
}
