//! Sources: where a read finds a partition. Memtables and SSTables are, behind the same trait.

use super::StorageError;
use crate::data::{Clustering, DecoratedKey, DeletionTime, Partition, PartitionRange, RangeTombstones, Row, Slice};

/// Rows of one partition in the order asked for.
pub type RowStream<'a> = Box<dyn Iterator<Item = Result<(Clustering, Row), StorageError>> + 'a>;

/// One source's part of one partition, read no further than it is asked to.
pub trait PartitionSource {
    fn deletion(&self) -> DeletionTime;

    fn static_row(&self) -> &Row;

    /// The deletions of ranges, cut to the slice.
    fn range_tombstones(&self, slice: &Slice) -> Result<RangeTombstones, StorageError>;

    fn rows<'a>(&'a self, slice: &Slice, reversed: bool) -> RowStream<'a>;
}

/// Partitions in token order, each with its key.
pub type PartitionStream<'a> =
    Box<dyn Iterator<Item = Result<(DecoratedKey, Box<dyn PartitionSource + 'a>), StorageError>> + 'a>;

/// Something that holds partitions of one table in token order.
pub trait TableSource {
    fn partition(&self, key: &DecoratedKey) -> Result<Option<Box<dyn PartitionSource + '_>>, StorageError>;

    /// The partitions of a range, in order, each looked at when it is asked for.
    fn partitions<'a>(&'a self, range: &PartitionRange) -> PartitionStream<'a>;
}

impl PartitionSource for &Partition {
    fn deletion(&self) -> DeletionTime {
        Partition::deletion(self)
    }

    fn static_row(&self) -> &Row {
        Partition::static_row(self)
    }

    fn range_tombstones(&self, slice: &Slice) -> Result<RangeTombstones, StorageError> {
        Ok(Partition::range_tombstones(self).within(slice))
    }

    fn rows<'a>(&'a self, slice: &Slice, reversed: bool) -> RowStream<'a> {
        let owned = |(clustering, row): (&Clustering, &Row)| Ok((clustering.clone(), row.clone()));
        let rows = self.rows_in(slice);
        if reversed {
            Box::new(rows.rev().map(owned))
        } else {
            Box::new(rows.map(owned))
        }
    }
}
