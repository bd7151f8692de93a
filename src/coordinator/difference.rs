//! What one replica lacks of what all replicas together know: the content of a repair.

use crate::data::{ColumnData, ColumnName, ComplexData, DeletionTime, Partition, Row, Slice};

/// What `merged` has and `theirs` has not, of the rows in `known`: those that the replica was asked for and has answered about.
pub(super) fn missing(merged: &Partition, theirs: Option<&Partition>, known: &Slice) -> Option<Partition> {
    let nothing = Partition::empty(merged.key.clone());
    let theirs = theirs.unwrap_or(&nothing);
    let mut update = Partition::empty(merged.key.clone());
    if merged.deletion() != theirs.deletion() {
        update.delete(merged.deletion());
    }
    if let Some(row) = missing_of_row(merged.static_row(), theirs.static_row()) {
        update.add_static(row);
    }
    for range in merged.range_tombstones().within(known).iter() {
        let has_it = theirs.range_tombstones().within(&range.slice).iter().eq([range]);
        if !has_it {
            update.delete_range(range.slice.clone(), range.deletion);
        }
    }
    let no_row = Row::default();
    for (clustering, row) in merged.rows_in(known) {
        let their_row = theirs.row(clustering).unwrap_or(&no_row);
        if let Some(row) = missing_of_row(row, their_row) {
            update.add_row(clustering.clone(), row);
        }
    }
    (!update.is_empty()).then_some(update)
}

fn missing_of_row(merged: &Row, theirs: &Row) -> Option<Row> {
    if merged == theirs {
        return None;
    }
    let mut row = Row::default();
    if merged.deletion != theirs.deletion {
        row.deletion = merged.deletion;
    }
    if merged.liveness != theirs.liveness {
        row.liveness = merged.liveness;
    }
    for (name, data) in merged.columns() {
        missing_of_column(&mut row, name, data, theirs.column(name.as_str()));
    }
    (!row.is_empty()).then_some(row)
}

fn missing_of_column(row: &mut Row, name: &ColumnName, merged: &ColumnData, theirs: Option<&ColumnData>) {
    if Some(merged) == theirs {
        return;
    }
    let (ColumnData::Complex(merged), Some(ColumnData::Complex(theirs))) = (merged, theirs) else {
        return row.add_column(name, merged.clone());
    };
    let mut data = ComplexData {
        deletion: DeletionTime::LIVE,
        cells: merged.cells.clone(),
    };
    data.cells.retain(|order, cell| theirs.cells.get(order) != Some(cell));
    if merged.deletion != theirs.deletion {
        data.deletion = merged.deletion;
    }
    row.add_column(name, ColumnData::Complex(data));
}
