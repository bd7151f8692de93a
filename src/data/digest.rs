//! The digest of a read: equal content gives equal digests, so that replicas can be compared without sending the data.

use md5::{Digest as _, Md5};

use super::{Cell, CellContent, ColumnData, DeletionTime, Liveness, Partition, RangeTombstone, Row};

/// MD5 over partitions in order. Every part is preceded by its length or a tag, so that no two contents give the same bytes;
/// clusterings are taken by their order, under which equal ones have equal bytes.
pub fn digest(partitions: &[Partition]) -> [u8; 16] {
    let mut out = Writer(Md5::new());
    for partition in partitions {
        out.bytes(&partition.key.key.0);
        out.deletion(&partition.deletion());
        out.row(partition.static_row());
        for range in partition.range_tombstones().iter() {
            out.range(range);
        }
        for (clustering, row) in partition.rows() {
            out.tag(TAG_ROW);
            out.bytes(clustering.order());
            out.row(row);
        }
        out.tag(TAG_END);
    }
    out.0.finalize().into()
}

const TAG_ROW: u8 = 1;
const TAG_RANGE: u8 = 2;
const TAG_END: u8 = 0;

struct Writer(Md5);

impl Writer {
    fn tag(&mut self, tag: u8) {
        self.0.update([tag]);
    }

    fn number(&mut self, number: i64) {
        self.0.update(number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as i64);
        self.0.update(bytes);
    }

    fn deletion(&mut self, deletion: &DeletionTime) {
        self.number(deletion.marked_for_delete_at.0);
        self.number(deletion.local_deletion_time.0);
    }

    fn range(&mut self, range: &RangeTombstone) {
        self.tag(TAG_RANGE);
        self.bytes(range.slice.start.order());
        self.bytes(range.slice.end.order());
        self.deletion(&range.deletion);
    }

    fn row(&mut self, row: &Row) {
        self.liveness(row.liveness.as_ref());
        self.deletion(&row.deletion);
        self.number(row.columns().len() as i64);
        for (name, data) in row.columns() {
            self.bytes(name.as_bytes());
            match data {
                ColumnData::Simple(cell) => self.cell(cell),
                ColumnData::Complex(data) => {
                    self.tag(3);
                    self.deletion(&data.deletion);
                    self.number(data.cells.len() as i64);
                    for (order, (_, cell)) in &data.cells {
                        self.bytes(order);
                        self.cell(cell);
                    }
                }
            }
        }
    }

    fn liveness(&mut self, liveness: Option<&Liveness>) {
        match liveness {
            None => self.tag(0),
            Some(it) => {
                self.tag(if it.expiry.is_some() { 2 } else { 1 });
                self.number(it.timestamp.0);
                if let Some(expiry) = it.expiry {
                    self.number(i64::from(expiry.ttl.0));
                    self.number(expiry.at.0);
                }
            }
        }
    }

    fn cell(&mut self, cell: &Cell) {
        match &cell.content {
            CellContent::Deleted(at) => {
                self.tag(0);
                self.number(at.0);
            }
            CellContent::Live(value) => {
                self.tag(1);
                self.bytes(value);
            }
            CellContent::Counter(context) => {
                self.tag(3);
                self.bytes(context.as_bytes());
            }
            CellContent::Expiring(value, expiry) => {
                self.tag(2);
                self.bytes(value);
                self.number(i64::from(expiry.ttl.0));
                self.number(expiry.at.0);
            }
        }
        self.number(cell.timestamp.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ColumnName, DecoratedKey, EpochSeconds, PartitionKey, WriteTimestamp};

    fn partition(key: &'static [u8], build: impl FnOnce(&mut Row)) -> Partition {
        let mut row = Row::default();
        build(&mut row);
        let mut partition = Partition::empty(DecoratedKey::new(PartitionKey(bytes::Bytes::from_static(key))));
        partition.add_static(row);
        partition
    }

    #[test]
    fn every_difference_shows() {
        let column = ColumnName::new("c");
        let with = |cell: Cell| partition(b"k", |row| row.add_cell(&column, cell));
        let time = WriteTimestamp(1);
        let all = [
            vec![],
            vec![partition(b"k", |_| {})],
            vec![partition(b"l", |_| {})],
            vec![partition(b"k", |_| {}), partition(b"l", |_| {})],
            vec![with(Cell::live(time, &b"v"[..]))],
            vec![with(Cell::live(time, &b"w"[..]))],
            vec![with(Cell::live(WriteTimestamp(2), &b"v"[..]))],
            vec![with(Cell::tombstone(time, EpochSeconds(1)))],
            vec![with(Cell::tombstone(time, EpochSeconds(2)))],
            vec![partition(b"k", |row| {
                row.deletion = DeletionTime::new(time, EpochSeconds(1))
            })],
            vec![partition(b"k", |row| {
                row.liveness = Some(Liveness {
                    timestamp: time,
                    expiry: None,
                });
            })],
        ];
        for (n, one) in all.iter().enumerate() {
            for (m, other) in all.iter().enumerate() {
                assert_eq!(digest(one) == digest(other), n == m, "{one:?} and {other:?}");
            }
        }
    }
}
