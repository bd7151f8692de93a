//! The entries that a write makes.

use bytes::Bytes;

use crate::data::composite::split_key;
use crate::data::{
    Cell, CellContent, Clustering, ColumnData, Expiry, KeyspaceName, Mutation, Partition, Row, TableId, WriteTimestamp,
};
use crate::schema::{ColumnKind, IndexTable, Place, Schema, TableMetadata};

/// What is to be applied before a mutation, for the indexes of its tables.
pub fn entries_of(mutation: &Mutation, schema: &Schema) -> Vec<Mutation> {
    let mut entries = Vec::new();
    for (id, update) in mutation.updates() {
        let indexes = schema.indexes(*id);
        if let (false, Some(table)) = (indexes.is_empty(), schema.table_by_id(*id)) {
            let of_index = |index| of_update(update, table, index);
            entries.extend(indexes.iter().flat_map(|it| of_index(it)));
        }
    }
    entries
}

/// The entries of one index for one update of its table.
pub(super) fn of_update(update: &Partition, table: &TableMetadata, index: &IndexTable) -> Vec<Mutation> {
    let mut writer = Writer {
        index,
        update,
        keyspace: &table.keyspace,
        mutations: Vec::new(),
    };
    if !index.keeps_entries() {
        return Vec::new();
    }
    match index.column.kind {
        ColumnKind::PartitionKey => {
            let rows = update.rows().filter_map(|(_, row)| last_written(row));
            let newest = rows.chain(last_written(update.static_row())).max();
            let components = split_key(&update.key.key.0, table.partition_key.len());
            let term = components.and_then(|all| all.get(usize::from(index.column.position)).cloned());
            if let (Some(at), Some(term)) = (newest, term) {
                writer.add(&index.analyzed(&term), None, None, at, None);
            }
        }
        ColumnKind::Clustering => {
            for (clustering, row) in update.rows() {
                let term = clustering.values().get(usize::from(index.column.position));
                if let (Some(at), Some(Some(term))) = (last_written(row), term) {
                    writer.add(&index.analyzed(term), Some(clustering), None, at, None);
                }
            }
        }
        ColumnKind::Static => writer.row(None, update.static_row()),
        ColumnKind::Regular => {
            for (clustering, row) in update.rows() {
                writer.row(Some(clustering), row);
            }
        }
    }
    writer.mutations
}

/// When the newest of what keeps a row alive was written; nothing if it only deletes. That some of it may expire is left to who
/// reads the row: other writes may keep it alive.
fn last_written(row: &Row) -> Option<WriteTimestamp> {
    let cells = row
        .cells()
        .filter(|cell| !cell.is_tombstone())
        .map(|cell| cell.timestamp);
    cells.chain(row.liveness.map(|it| it.timestamp)).max()
}

struct Writer<'a> {
    index: &'a IndexTable,
    update: &'a Partition,
    keyspace: &'a KeyspaceName,
    mutations: Vec<Mutation>,
}

impl Writer<'_> {
    fn row(&mut self, clustering: Option<&Clustering>, row: &Row) {
        match row.column(&self.index.column.name) {
            None => {}
            Some(ColumnData::Simple(cell)) => {
                if let Some(value) = written(cell) {
                    let term = self.index.analyzed(value);
                    self.add(&term, clustering, None, cell.timestamp, cell.expiry());
                }
            }
            Some(ColumnData::Complex(data)) => {
                for (path, cell) in data.cells.values() {
                    if let Some(value) = written(cell) {
                        let term = self.index.element_term(path, value);
                        self.add(&term, clustering, Some(path.clone()), cell.timestamp, cell.expiry());
                    }
                }
            }
        }
    }

    fn add(
        &mut self,
        term: &Bytes,
        clustering: Option<&Clustering>,
        path: Option<Bytes>,
        timestamp: WriteTimestamp,
        expiry: Option<Expiry>,
    ) {
        let place = Place {
            key: self.update.key.clone(),
            row: clustering.map(|it| it.values().to_vec()),
            path,
        };
        let row = Row::inserted(timestamp, expiry);
        add_row(&mut self.mutations, self.index, self.keyspace, term, &place, row);
    }
}

/// Adds a row of an index's table to the mutations, one for each of its partitions.
pub(super) fn add_row(
    mutations: &mut Vec<Mutation>,
    index: &IndexTable,
    keyspace: &KeyspaceName,
    term: &[u8],
    place: &Place,
    row: Row,
) {
    let key = index.key(term);
    let mut entry = Partition::empty(key.clone());
    entry.add_row(index.entry(term, place), row);
    let id: TableId = index.table.id;
    match mutations.iter_mut().find(|it| it.key == key) {
        Some(mutation) => mutation.add(id, entry),
        None => mutations.push(Mutation::new(keyspace.clone(), id, entry)),
    }
}

/// The value of a cell that is no tombstone, expired or not.
fn written(cell: &Cell) -> Option<&Bytes> {
    match &cell.content {
        CellContent::Live(value) | CellContent::Expiring(value, _) => Some(value),
        CellContent::Counter(_) | CellContent::Deleted(_) => None,
    }
}
