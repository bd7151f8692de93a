//! Index.db: where each partition lies in the data, and, for a wide one, where each stretch of its rows does.

use bytes::Bytes;

use super::clustering::Place;
use super::data_file::DataCursor;
use super::input::{Input, Slab};
use super::output;
use super::shape::Shape;
use crate::base::vint;
use crate::data::DeletionTime;
use crate::storage::StorageError;

/// A stretch of a partition's rows and markers.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexBlock {
    pub first: Place,
    pub last: Place,
    /// From the start of the partition.
    pub offset: u64,
    pub width: u64,
    /// The deletion of a range that goes on after the block.
    pub open: Option<DeletionTime>,
}

/// The index of a partition's rows: only partitions of two blocks and more have one.
#[derive(Clone, Debug, PartialEq)]
pub struct RowIndex {
    /// Bytes before the first row: key, deletion and static row.
    pub header_length: u64,
    pub deletion: DeletionTime,
    pub blocks: Vec<IndexBlock>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IndexEntry {
    /// Where the partition begins in the data.
    pub position: u64,
    pub rows: Option<RowIndex>,
}

/// Widths are written as differences to this. `IndexInfo.Serializer.WIDTH_BASE`.
const WIDTH_BASE: i64 = 64 * 1024;

impl IndexBlock {
    pub fn write(&self, shape: &Shape, out: &mut Vec<u8>) {
        shape.write_place(&self.first, out);
        shape.write_place(&self.last, out);
        vint::write_unsigned(self.offset, out);
        vint::write(self.width as i64 - WIDTH_BASE, out);
        out.push(u8::from(self.open.is_some()));
        if let Some(open) = self.open {
            shape.write_whole_deletion(open, out);
        }
    }

    fn read(shape: &Shape, input: &mut dyn Input) -> Result<IndexBlock, StorageError> {
        let first = shape.read_place(input)?;
        let last = shape.read_place(input)?;
        let offset = input.vint()?;
        let width = input.signed_vint()?.saturating_add(WIDTH_BASE);
        let open = match input.boolean()? {
            true => Some(shape.read_whole_deletion(input)?),
            false => None,
        };
        let Ok(width) = u64::try_from(width) else {
            return Err(input.corrupt("an index block of negative width"));
        };
        Ok(IndexBlock {
            first,
            last,
            offset,
            width,
            open,
        })
    }
}

impl IndexEntry {
    pub fn write(&self, key: &[u8], shape: &Shape, out: &mut Vec<u8>) {
        output::with_short_length(key, out);
        vint::write_unsigned(self.position, out);
        let Some(rows) = &self.rows else {
            vint::write_unsigned(0, out);
            return;
        };
        let mut promoted = Vec::new();
        vint::write_unsigned(rows.header_length, &mut promoted);
        shape.write_whole_deletion(rows.deletion, &mut promoted);
        vint::write_unsigned(rows.blocks.len() as u64, &mut promoted);
        let start = promoted.len();
        let mut offsets = Vec::with_capacity(rows.blocks.len());
        for block in &rows.blocks {
            offsets.push((promoted.len() - start) as u32);
            block.write(shape, &mut promoted);
        }
        offsets
            .into_iter()
            .for_each(|offset| output::u32(offset, &mut promoted));
        vint::write_unsigned(promoted.len() as u64, out);
        out.extend(promoted);
    }
}

/// An entry of which only the key has been looked at.
#[derive(Debug)]
pub struct RawEntry {
    pub key: Bytes,
    pub position: u64,
    promoted: Bytes,
    promoted_at: u64,
}

impl RawEntry {
    /// Of a partition whose rows are not indexed.
    pub fn bare(key: Bytes, position: u64) -> RawEntry {
        RawEntry {
            key,
            position,
            promoted: Bytes::new(),
            promoted_at: 0,
        }
    }

    /// Reads the entry that begins at `at` in the file.
    pub fn read(input: &mut dyn Input, at: u64) -> Result<RawEntry, StorageError> {
        let key = input.with_short_length()?;
        let position = input.vint()?;
        let promoted = input.with_vint_length()?;
        Ok(RawEntry {
            promoted_at: at + 2 + key.len() as u64,
            key,
            position,
            promoted,
        })
    }

    /// Passes over an entry; tells whether it is of this key.
    pub fn is_of(key: &[u8], cursor: &mut DataCursor<'_>) -> Result<bool, StorageError> {
        let length = cursor.u16()?;
        let is_same = usize::from(length) == key.len() && cursor.is_next(key)?;
        cursor.skip(length.into())?;
        cursor.vint()?;
        let promoted = cursor.vint()?;
        cursor.skip(promoted)?;
        Ok(is_same)
    }

    pub fn entry(&self, shape: &Shape, file: &str) -> Result<IndexEntry, StorageError> {
        let rows = match self.promoted.is_empty() {
            true => None,
            false => Some(self.row_index(shape, file)?),
        };
        Ok(IndexEntry {
            position: self.position,
            rows,
        })
    }

    fn row_index(&self, shape: &Shape, file: &str) -> Result<RowIndex, StorageError> {
        let mut input = Slab::part(file, self.promoted.clone(), self.promoted_at);
        let header_length = input.vint()?;
        let deletion = shape.read_whole_deletion(&mut input)?;
        let count = input.vint_len()?;
        let start = input.position();
        let mut blocks: Vec<IndexBlock> = Vec::new();
        let mut starts = Vec::new();
        for _ in 0..count {
            starts.push((input.position() - start) as u32);
            let block = IndexBlock::read(shape, &mut input)?;
            let follows = match blocks.last() {
                None => block.offset == header_length,
                Some(last) => {
                    last.offset.checked_add(last.width) == Some(block.offset)
                        && last.last.order() <= block.first.order()
                }
            };
            if !follows || block.first.order() > block.last.order() {
                return Err(input.corrupt("the blocks of a partition are out of order"));
            }
            blocks.push(block);
        }
        for start in starts {
            if input.u32()? != start {
                return Err(input.corrupt("an offset of a block that is not there"));
            }
        }
        input.finish()?;
        if blocks.is_empty() {
            return Err(input.corrupt("an index of no blocks"));
        }
        Ok(RowIndex {
            header_length,
            deletion,
            blocks,
        })
    }
}
