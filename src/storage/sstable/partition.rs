//! One partition of an SSTable, read no further than it is asked to.

use super::data_file::DataCursor;
use super::index::{IndexEntry, RowIndex};
use super::input::Input;
use super::reader::SstableReader;
use super::unfiltered::{Raw, Unfiltered};
use crate::data::{
    Clustering, ClusteringBound, DecoratedKey, DeletionTime, Partition, RangeTombstone, RangeTombstones, Row, Slice,
};
use crate::storage::source::{PartitionSource, RowStream};
use crate::storage::{Disk, StorageError};

#[derive(Debug)]
pub struct SstablePartition<'a> {
    reader: &'a SstableReader,
    disk: &'a dyn Disk,
    pub key: DecoratedKey,
    deletion: DeletionTime,
    static_row: Row,
    /// Where the partition begins in the data, and where its first row does.
    start: u64,
    rows_start: u64,
    index: Option<RowIndex>,
}

/// A stretch of a partition to read: from where, and which range deletion is open there.
struct Stretch {
    from: u64,
    to: Option<u64>,
    open: Option<DeletionTime>,
}

impl<'a> SstablePartition<'a> {
    /// Reads what comes before the rows. `key`: as the index has it.
    pub fn open(
        reader: &'a SstableReader,
        disk: &'a dyn Disk,
        key: DecoratedKey,
        entry: IndexEntry,
    ) -> Result<SstablePartition<'a>, StorageError> {
        let mut cursor = reader.data().cursor(disk, entry.position);
        if cursor.with_short_length()? != key.key.0 {
            return Err(reader.index_corrupt(entry.position, "the data has another key there"));
        }
        let shape = reader.shape();
        let deletion = shape.read_whole_deletion(&mut cursor)?;
        let static_row = match shape.header.has_static() {
            true => shape.read_static_row(reader.data().name(), &mut cursor)?,
            false => Row::default(),
        };
        let rows_start = cursor.position();
        if let Some(index) = &entry.rows
            && (index.deletion != deletion || entry.position + index.header_length != rows_start)
        {
            return Err(reader.index_corrupt(entry.position, "the data has another partition there"));
        }
        Ok(SstablePartition {
            reader,
            disk,
            key,
            deletion,
            static_row,
            start: entry.position,
            rows_start,
            index: entry.rows,
        })
    }

    /// All of it, in memory.
    pub fn load(&self) -> Result<Partition, StorageError> {
        let mut partition = Partition::empty(self.key.clone());
        partition.delete(self.deletion);
        partition.add_static(self.static_row.clone());
        for tombstone in self.range_tombstones(&Slice::all())? {
            partition.delete_range(tombstone.slice, tombstone.deletion);
        }
        for found in self.rows(&Slice::all(), false) {
            let (clustering, row) = found?;
            partition.add_row(clustering, row);
        }
        Ok(partition)
    }

    pub fn key(&self) -> &DecoratedKey {
        &self.key
    }

    /// Where it begins in the data.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Where its first row or marker begins in the data.
    pub fn rows_start(&self) -> u64 {
        self.rows_start
    }

    pub fn row_index(&self) -> Option<&RowIndex> {
        self.index.as_ref()
    }

    /// Its rows and markers as they lie in the data, each with its place there.
    pub fn unfiltered(&self) -> Unfiltereds<'a> {
        self.unfiltered_at(self.rows_start)
    }

    pub fn unfiltered_at(&self, position: u64) -> Unfiltereds<'a> {
        Unfiltereds {
            reader: self.reader,
            cursor: self.cursor(position),
            is_done: false,
        }
    }

    pub fn index_corrupt(&self, what: &str) -> StorageError {
        self.reader.index_corrupt(self.start, what)
    }

    fn cursor(&self, at: u64) -> DataCursor<'a> {
        self.reader.data().cursor(self.disk, at)
    }

    /// Where to begin for the rows after `bound`; nothing when there are none.
    fn stretch_from(&self, bound: &ClusteringBound) -> Option<Stretch> {
        let Some(index) = &self.index else {
            return Some(Stretch {
                from: self.rows_start,
                to: None,
                open: None,
            });
        };
        let at = index.blocks.partition_point(|block| block.last.order() < bound.order());
        Some(Stretch {
            from: self.start + index.blocks.get(at)?.offset,
            to: None,
            open: at.checked_sub(1).and_then(|before| index.blocks[before].open),
        })
    }

    /// The blocks of a slice, last one first; all of the partition when it has no index.
    fn stretches_reversed(&self, slice: &Slice) -> Vec<Stretch> {
        let Some(index) = &self.index else {
            return self.stretch_from(&slice.start).into_iter().collect();
        };
        let first = index
            .blocks
            .partition_point(|block| block.last.order() < slice.start.order());
        let end = index
            .blocks
            .partition_point(|block| block.first.order() < slice.end.order());
        let stretch = |at: usize| {
            let block = &index.blocks[at];
            Stretch {
                from: self.start + block.offset,
                to: Some(self.start + block.offset + block.width),
                open: None,
            }
        };
        (first..end.max(first)).rev().map(stretch).collect()
    }

    fn rows_of(&self, stretch: &Stretch, slice: &Slice) -> Rows<'a> {
        Rows {
            reader: self.reader,
            cursor: self.cursor(stretch.from),
            end: stretch.to,
            slice: slice.clone(),
            is_done: false,
        }
    }
}

/// The rows and markers of a partition, and where each begins in the data.
pub struct Unfiltereds<'a> {
    reader: &'a SstableReader,
    cursor: DataCursor<'a>,
    is_done: bool,
}

impl Unfiltereds<'_> {
    /// Where it goes on; at the end, where the partition ends.
    pub fn position(&self) -> u64 {
        self.cursor.position()
    }

    fn read(&mut self) -> Result<Option<(u64, Unfiltered)>, StorageError> {
        let position = self.cursor.position();
        let shape = self.reader.shape();
        Ok(match shape.read_raw(&mut self.cursor)? {
            Raw::End => None,
            Raw::Marker(marker) => Some((position, Unfiltered::Marker(marker))),
            Raw::Row(raw) => {
                let row = shape.read_row(self.reader.data().name(), &raw)?;
                Some((position, Unfiltered::Row(raw.clustering, row)))
            }
        })
    }
}

impl Iterator for Unfiltereds<'_> {
    type Item = Result<(u64, Unfiltered), StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let found = self.read().transpose();
        self.is_done = !matches!(found, Some(Ok(_)));
        found
    }
}

/// Rows of a slice from one place on, markers left out.
struct Rows<'a> {
    reader: &'a SstableReader,
    cursor: DataCursor<'a>,
    end: Option<u64>,
    slice: Slice,
    is_done: bool,
}

impl Rows<'_> {
    fn read(&mut self) -> Result<Option<(Clustering, Row)>, StorageError> {
        let shape = self.reader.shape();
        while self.end.is_none_or(|end| self.cursor.position() < end) {
            let raw = shape.read_raw(&mut self.cursor)?;
            if raw.order().is_none_or(|order| order >= self.slice.end.order()) {
                break;
            }
            if let Raw::Row(raw) = raw
                && self.slice.start.compare(&raw.clustering).is_lt()
            {
                let row = shape.read_row(self.reader.data().name(), &raw)?;
                // Nothing is left of it when its columns were dropped.
                if !row.is_empty() {
                    return Ok(Some((raw.clustering, row)));
                }
            }
        }
        Ok(None)
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<(Clustering, Row), StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let found = self.read().transpose();
        self.is_done = !matches!(found, Some(Ok(_)));
        found
    }
}

/// Blocks from the last to the first, the rows of each turned round.
struct ReversedRows<'a> {
    partition: &'a SstablePartition<'a>,
    slice: Slice,
    stretches: std::vec::IntoIter<Stretch>,
    block: Vec<(Clustering, Row)>,
}

impl Iterator for ReversedRows<'_> {
    type Item = Result<(Clustering, Row), StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.block.is_empty() {
            let stretch = self.stretches.next()?;
            match self.partition.rows_of(&stretch, &self.slice).collect() {
                Ok(rows) => self.block = rows,
                Err(error) => {
                    self.stretches = Vec::new().into_iter();
                    return Some(Err(error));
                }
            }
        }
        self.block.pop().map(Ok)
    }
}

impl PartitionSource for SstablePartition<'_> {
    fn deletion(&self) -> DeletionTime {
        self.deletion
    }

    fn static_row(&self) -> &Row {
        &self.static_row
    }

    fn range_tombstones(&self, slice: &Slice) -> Result<RangeTombstones, StorageError> {
        let mut found = RangeTombstones::default();
        if self.reader.info().has_no_deletions() {
            return Ok(found);
        }
        let Some(stretch) = self.stretch_from(&slice.start) else {
            return Ok(found);
        };
        let shape = self.reader.shape();
        let mut cursor = self.cursor(stretch.from);
        let mut open = stretch.open.map(|deletion| (slice.start.clone(), deletion));
        let mut add = |start: ClusteringBound, end: &ClusteringBound, deletion: DeletionTime| {
            let whole = Slice {
                start,
                end: end.clone(),
            };
            if let Some(slice) = whole.intersection(slice) {
                found.add(RangeTombstone { slice, deletion });
            }
        };
        loop {
            let raw = shape.read_raw(&mut cursor)?;
            if raw.order().is_none_or(|order| order >= slice.end.order()) {
                match (open, raw) {
                    (None, _) => return Ok(found),
                    (Some(_), Raw::End) => return Err(cursor.corrupt("a range deletion does not end")),
                    (Some((start, deletion)), _) => add(start, &slice.end, deletion),
                }
                return Ok(found);
            }
            if let Raw::Marker(marker) = raw {
                match (open.take(), marker.closes) {
                    (None, None) => {}
                    (Some((start, deletion)), Some(closes)) if deletion == closes => {
                        add(start, &marker.bound, deletion);
                    }
                    _ => return Err(cursor.corrupt("the end of another range deletion than the one that is open")),
                }
                open = marker.opens.map(|deletion| (marker.bound, deletion));
            }
        }
    }

    fn rows<'b>(&'b self, slice: &Slice, reversed: bool) -> RowStream<'b> {
        if reversed {
            return Box::new(ReversedRows {
                partition: self,
                slice: slice.clone(),
                stretches: self.stretches_reversed(slice).into_iter(),
                block: Vec::new(),
            });
        }
        match self.stretch_from(&slice.start) {
            Some(stretch) => Box::new(self.rows_of(&stretch, slice)),
            None => Box::new(core::iter::empty()),
        }
    }
}
