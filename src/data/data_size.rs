//! How large a change is, as Cassandra counts it for its limits on batches: times and values, no overhead of memory.
//!
//! Source: Cassandra 5.0, the `dataSize` methods of `PartitionUpdate`, `Row`, `Cell`, `LivenessInfo`, `DeletionTime`.

use super::{Clustering, ColumnData, Mutation, Partition, Row};

const TIMESTAMP: usize = 8;
const TIME_TO_LIVE: usize = 4;
const LOCAL_TIME: usize = 8;
const DELETION: usize = 12;
/// Whether it is shadowable, one byte.
const ROW_DELETION: usize = DELETION + 1;

impl Mutation {
    pub fn data_size(&self) -> usize {
        self.updates().iter().map(|(_, update)| partition_size(update)).sum()
    }
}

fn partition_size(partition: &Partition) -> usize {
    let rows = partition
        .rows()
        .map(|(clustering, row)| clustering_size(clustering) + row_size(row));
    let mut ranges = partition.range_tombstones().iter().peekable();
    let list = if ranges.peek().is_some() { 4 } else { 0 };
    let bound = |values: &[Option<bytes::Bytes>]| values.iter().flatten().map(|value| value.len()).sum::<usize>();
    let ranges = ranges.map(|range| {
        let slice = &range.slice;
        bound(slice.start.prefix()) + bound(slice.end.prefix()) + TIMESTAMP + 4
    });
    rows.sum::<usize>() + row_size(partition.static_row()) + TIMESTAMP + list + ranges.sum::<usize>()
}

fn clustering_size(clustering: &Clustering) -> usize {
    clustering.values().iter().flatten().map(|value| value.len()).sum()
}

fn row_size(row: &Row) -> usize {
    let expires = row.liveness.is_some_and(|marker| marker.expiry.is_some());
    let marker = TIMESTAMP + if expires { TIME_TO_LIVE + LOCAL_TIME } else { 0 };
    let columns = row.columns().map(|(_, data)| match data {
        ColumnData::Simple(cell) => cell_size(cell),
        ColumnData::Complex(data) => {
            let cells = data.cells.values().map(|(path, cell)| path.len() + cell_size(cell));
            DELETION + cells.sum::<usize>()
        }
    });
    marker + ROW_DELETION + columns.sum::<usize>()
}

fn cell_size(cell: &super::Cell) -> usize {
    TIMESTAMP + TIME_TO_LIVE + LOCAL_TIME + cell.heap_size()
}
