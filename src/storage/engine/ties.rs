//! The one thing that two histories of the same writes may tell differently: the second of a deletion that ties with a cell that
//! has expired.

use std::collections::BTreeSet;

use crate::data::{
    Cell, CellContent, CellPath, Clustering, ColumnData, ColumnName, DecoratedKey, EpochSeconds, Partition, Row,
    WriteTimestamp,
};

/// Where cells were written that expire: table, partition, row (none is the static one), column, element, timestamp. One that has
/// expired is a tombstone to the compaction that finds it so; with a tombstone of the same timestamp beside it, it depends on when
/// they meet whose second the deletion keeps, as in Cassandra: for how long it is kept, not what it deletes.
#[derive(Clone, Debug, Default)]
pub struct Expiring(BTreeSet<Place>);

type Place = (
    u8,
    DecoratedKey,
    Option<Clustering>,
    ColumnName,
    Option<CellPath>,
    WriteTimestamp,
);

impl Expiring {
    pub fn note(&mut self, table: u8, partition: &Partition) {
        let rows = partition.rows().map(|(clustering, row)| (Some(clustering), row));
        for (clustering, row) in rows.chain([(None, partition.static_row())]) {
            for (column, data) in row.columns() {
                let cells: Vec<(Option<&CellPath>, &Cell)> = match data {
                    ColumnData::Simple(cell) => vec![(None, cell)],
                    ColumnData::Complex(data) => data.cells.values().map(|(path, cell)| (Some(path), cell)).collect(),
                };
                for (path, cell) in cells.into_iter().filter(|(_, cell)| cell.expiry().is_some()) {
                    let (row, path) = (clustering.cloned(), path.cloned());
                    let key = partition.key.clone();
                    self.0.insert((table, key, row, column.clone(), path, cell.timestamp));
                }
            }
        }
    }

    /// The same partitions, with no second where such a tie may have been.
    pub fn without_tied_seconds(&self, table: u8, mut partitions: Vec<Partition>) -> Vec<Partition> {
        for partition in &mut partitions {
            let key = partition.key.clone();
            partition.change_rows(|clustering, row| {
                let mut replaced = Row::deleted(row.deletion);
                replaced.liveness = row.liveness;
                let before = core::mem::replace(row, replaced);
                for (column, data) in before.columns() {
                    let tied = |path: Option<&CellPath>, cell: &Cell| {
                        let row = clustering.cloned();
                        let place = (table, key.clone(), row, column.clone(), path.cloned(), cell.timestamp);
                        cell.is_tombstone() && self.0.contains(&place)
                    };
                    let mut data = data.clone();
                    match &mut data {
                        ColumnData::Simple(cell) if tied(None, cell) => {
                            cell.content = CellContent::Deleted(EpochSeconds(0))
                        }
                        ColumnData::Simple(_) => {}
                        ColumnData::Complex(data) => {
                            for (path, cell) in data.cells.values_mut() {
                                if tied(Some(path), cell) {
                                    cell.content = CellContent::Deleted(EpochSeconds(0));
                                }
                            }
                        }
                    }
                    row.add_column(column, data);
                }
            });
        }
        partitions
    }
}
