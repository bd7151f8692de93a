//! An SSTable that goes up a level alone and overlaps nothing there stays as it is: only its statistics say another level.
//!
//! Source: Cassandra 5.0, `SingleSSTableLCSTask.java` and `MetadataSerializer.mutateLevel`.

use super::super::StorageError;
use super::super::compaction::{Choice, Split};
use super::super::disk::Disk;
use super::super::sstable::{Component, Version};
use super::Engine;
use super::table::Sstable;
use crate::base::UnixMicros;
use crate::data::TableId;

impl Engine {
    /// Carries a choice out if that takes no more than another level. An SSTable of a format that is only read is merged instead.
    pub(super) fn move_up(&mut self, id: TableId, choice: &Choice) -> Result<bool, StorageError> {
        let (Split::Untouched, [generation]) = (&choice.split, &choice.inputs[..]) else {
            return Ok(false);
        };
        let Some(sstable) = self
            .tables
            .get_mut(&id)
            .and_then(|table| table.sstables.get_mut(generation))
        else {
            return Ok(false);
        };
        if sstable.descriptor().version != Version::Nb {
            return Ok(false);
        }
        sstable.set_level(&mut *self.disk, choice.level, self.wall)?;
        self.compaction_checks.insert(id);
        Ok(true)
    }
}

impl Sstable {
    fn set_level(&mut self, disk: &mut dyn Disk, level: u32, now: UnixMicros) -> Result<(), StorageError> {
        let mut statistics = self.reader.info().statistics.clone();
        statistics.stats.level = level;
        let file = self.descriptor().file(Component::Statistics);
        let unfinished = format!("{file}.tmp");
        if disk.len(&unfinished).is_ok() {
            disk.delete(&unfinished)?;
        }
        disk.create(&unfinished)?;
        disk.append(&unfinished, &statistics.encode())?;
        disk.sync(&unfinished)?;
        disk.rename(&unfinished, &file)?;
        self.reader.set_statistics(statistics);
        self.view.level = level;
        // It counts as made now: the one behind it is next.
        self.view.created = now;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::data::{Cell, ColumnName, CqlType, DecoratedKey, KeyspaceName, Mutation, Partition, PartitionKey, Row};
    use crate::data::{TableName, WriteTimestamp};
    use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata, TableParams};
    use crate::storage::compaction::{CompactionKind, Generation};
    use crate::storage::{Durability, MemoryDisk, PowerLoss, StorageConfig};

    const TABLE: TableId = TableId(uuid::Uuid::from_u128(1));

    fn table() -> TableMetadata {
        let column = |name: &str, kind| ColumnMetadata {
            name: ColumnName::new(name),
            ty: CqlType::Blob,
            kind,
            position: 0,
            descending: false,
        };
        let columns = [column("k", ColumnKind::PartitionKey), column("v", ColumnKind::Regular)];
        let (keyspace, name) = (KeyspaceName::new("ks"), TableName::new("t"));
        TableMetadata::new(TABLE, keyspace, name, columns, TableParams::default())
    }

    fn open(disk: &MemoryDisk) -> Engine {
        let (mut engine, _) = Engine::open(Box::new(disk.clone()), StorageConfig::default()).unwrap();
        engine.register(&Arc::new(table())).unwrap();
        engine
    }

    #[test]
    fn another_level_is_all_that_changes_and_it_lasts() {
        let disk = MemoryDisk::new();
        let key = DecoratedKey::new(PartitionKey(Bytes::from_static(b"a")));
        let mut engine = open(&disk);
        let mut row = Row::default();
        row.add_cell(&ColumnName::new("v"), Cell::live(WriteTimestamp(1), &b"x"[..]));
        let mut partition = Partition::empty(key.clone());
        partition.add_row(table().comparator.clustering([]), row);
        let write = Mutation::new(KeyspaceName::new("ks"), TABLE, partition);
        engine.apply(write, Durability::Logged).unwrap();
        engine.flush(&[TABLE]).unwrap();
        let data = |disk: &MemoryDisk| {
            let files = disk.list().unwrap();
            let data = files.into_iter().find(|it| it.name.ends_with("-Data.db")).unwrap();
            (disk as &dyn Disk).read_all(&data.name).unwrap()
        };
        let (before, found) = (data(&disk), engine.partition(TABLE, &key).unwrap());
        let choice = Choice {
            kind: CompactionKind::Compaction,
            inputs: vec![Generation(1)],
            level: 3,
            split: Split::Untouched,
        };
        assert!(engine.move_up(TABLE, &choice).unwrap());
        disk.lose_power(PowerLoss::Clean);
        let engine = open(&disk);
        assert_eq!(engine.tables[&TABLE].sstables[&Generation(1)].view.level, 3);
        assert_eq!(data(&disk), before);
        assert_eq!(engine.partition(TABLE, &key).unwrap(), found);
        assert!(found.is_some());
    }
}
