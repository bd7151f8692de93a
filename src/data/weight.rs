//! How much memory data takes: for memtables, which are told apart by size.

use core::ops::{AddAssign, Sub};

use super::{ColumnData, Row};

/// What some data adds to a memtable, or takes away. Bytes are counted alike on every platform, so that whatever is decided by
/// them is too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub bytes: i64,
    pub rows: i64,
    /// Deleted cells, rows, collections, ranges and partitions.
    pub tombstones: i64,
}

impl Weight {
    /// A partition without rows: its key's place and what surrounds it.
    pub const PARTITION_BYTES: i64 = 256;
    const ROW_BYTES: i64 = 176;
    const COLUMN_BYTES: i64 = 80;
    const ELEMENT_BYTES: i64 = 144;
    pub const RANGE_TOMBSTONE_BYTES: i64 = 176;
}

impl AddAssign for Weight {
    fn add_assign(&mut self, more: Weight) {
        self.bytes += more.bytes;
        self.rows += more.rows;
        self.tombstones += more.tombstones;
    }
}

impl Sub for Weight {
    type Output = Weight;
    fn sub(self, less: Weight) -> Weight {
        Weight {
            bytes: self.bytes - less.bytes,
            rows: self.rows - less.rows,
            tombstones: self.tombstones - less.tombstones,
        }
    }
}

impl Row {
    /// What the row takes where it stands: nothing when it is empty.
    pub fn weight(&self) -> Weight {
        if self.is_empty() {
            return Weight::default();
        }
        let mut weight = Weight {
            bytes: Weight::ROW_BYTES,
            rows: 1,
            tombstones: i64::from(!self.deletion.is_live()),
        };
        for (_, data) in self.columns() {
            weight.bytes += Weight::COLUMN_BYTES;
            weight.tombstones += i64::from(!data.complex_deletion().is_live());
            for cell in data.cells() {
                weight.bytes += cell.heap_size() as i64;
                weight.tombstones += i64::from(cell.is_tombstone());
            }
            if let ColumnData::Complex(data) = data {
                let paths: usize = data
                    .cells
                    .iter()
                    .map(|(order, (path, _))| order.len() + path.len())
                    .sum();
                weight.bytes += Weight::ELEMENT_BYTES * data.cells.len() as i64 + paths as i64;
            }
        }
        weight
    }
}
