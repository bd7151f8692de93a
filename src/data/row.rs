//! Rows: what one clustering holds, and how two versions of it merge.

use serde::{Deserialize, Serialize};

use super::{
    Cell, CellPath, ColumnData, ColumnName, ComplexData, DeletionTime, EpochSeconds, Expiry, PathOrder, Ttl,
    WriteTimestamp,
};

/// The row marker that INSERT writes: it keeps a row alive that has no live cell. UPDATE writes none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Liveness {
    pub timestamp: WriteTimestamp,
    pub expiry: Option<Expiry>,
}

impl Liveness {
    pub fn is_live(&self, now: EpochSeconds) -> bool {
        self.expiry.is_none_or(|expiry| now < expiry.at)
    }

    /// `LivenessInfo.supersedes`: the newer; on a tie the one that was never to live, then the expiring one, then the one that expires later, then the shorter-lived.
    fn supersedes(&self, other: &Liveness) -> bool {
        if self.timestamp != other.timestamp {
            return self.timestamp > other.timestamp;
        }
        let is_expired = |it: &Liveness| it.expiry.is_some_and(|expiry| expiry.ttl == Ttl::EXPIRED);
        if is_expired(self) != is_expired(other) {
            return is_expired(self);
        }
        let rank = |it: &Liveness| it.expiry.map(|expiry| (expiry.at, core::cmp::Reverse(expiry.ttl)));
        rank(self) > rank(other)
    }
}

/// One row: its marker, its deletion, and its columns. Always normal: holds nothing its own deletion deletes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    pub liveness: Option<Liveness>,
    pub deletion: DeletionTime,
    /// In name order, each once. Most rows have few columns: a sorted map would take several times the memory.
    columns: Vec<(ColumnName, ColumnData)>,
}

impl Default for Row {
    fn default() -> Row {
        Row {
            liveness: None,
            deletion: DeletionTime::LIVE,
            columns: Vec::new(),
        }
    }
}

impl Row {
    /// A row with the marker of an INSERT.
    pub fn inserted(timestamp: WriteTimestamp, expiry: Option<Expiry>) -> Row {
        Row {
            liveness: Some(Liveness { timestamp, expiry }),
            ..Row::default()
        }
    }

    pub fn deleted(deletion: DeletionTime) -> Row {
        Row {
            deletion,
            ..Row::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.liveness.is_none() && self.deletion.is_live() && self.columns.is_empty()
    }

    /// Whether a reader sees the row: its marker or any of its cells is live.
    pub fn is_live(&self, now: EpochSeconds) -> bool {
        self.liveness.is_some_and(|liveness| liveness.is_live(now))
            || self.columns.iter().any(|(_, data)| data.is_live(now))
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.columns.binary_search_by(|(mine, _)| mine.as_str().cmp(name))
    }

    pub fn column(&self, name: &str) -> Option<&ColumnData> {
        let place = self.place(name).ok()?;
        Some(&self.columns[place].1)
    }

    /// The cell of a simple column.
    pub fn cell(&self, name: &str) -> Option<&Cell> {
        match self.column(name) {
            Some(ColumnData::Simple(cell)) => Some(cell),
            _ => None,
        }
    }

    /// The columns that have anything, in name order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&ColumnName, &ColumnData)> {
        self.columns.iter().map(|(name, data)| (name, data))
    }

    /// All cells, those of collections too.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.columns.iter().flat_map(|(_, data)| data.cells())
    }

    /// Adds a cell to a simple column; an older one there is merged with.
    pub fn add_cell(&mut self, column: &ColumnName, cell: Cell) {
        self.add_column(column, ColumnData::Simple(cell));
    }

    pub fn add_complex_cell(&mut self, column: &ColumnName, order: PathOrder, path: CellPath, cell: Cell) {
        let mut data = ComplexData::empty();
        data.cells.insert(order, (path, cell));
        self.add_column(column, ColumnData::Complex(data));
    }

    pub fn add_complex_deletion(&mut self, column: &ColumnName, deletion: DeletionTime) {
        let data = ComplexData {
            deletion,
            ..ComplexData::empty()
        };
        self.add_column(column, ColumnData::Complex(data));
    }

    pub fn add_column(&mut self, column: &ColumnName, mut data: ColumnData) {
        if data.survives(&self.deletion) {
            self.merge_column(column.clone(), data);
        }
    }

    fn merge_column(&mut self, column: ColumnName, data: ColumnData) {
        match self.place(&column) {
            Ok(place) => self.columns[place].1.merge(data),
            Err(place) => self.columns.insert(place, (column, data)),
        }
    }

    /// Merges another version of this row in. Commutative, associative, idempotent.
    pub fn merge(&mut self, other: Row) {
        self.liveness = match (self.liveness, other.liveness) {
            (Some(mine), Some(theirs)) => Some(if theirs.supersedes(&mine) { theirs } else { mine }),
            (mine, theirs) => mine.or(theirs),
        };
        self.deletion = self.deletion.later(other.deletion);
        if self.columns.is_empty() {
            self.columns = other.columns;
        } else {
            for (name, data) in other.columns {
                self.merge_column(name, data);
            }
        }
        self.drop_deleted(self.deletion);
    }

    /// Drops what a deletion around the row (of its partition, or a range of it) deletes, the row's own deletion included.
    pub fn shadow(&mut self, deletion: &DeletionTime) {
        if deletion.is_live() {
            return;
        }
        if !self.deletion.supersedes(deletion) {
            self.deletion = DeletionTime::LIVE;
        }
        self.drop_deleted(*deletion);
    }

    fn drop_deleted(&mut self, deletion: DeletionTime) {
        if deletion.is_live() {
            return;
        }
        let deleted = |liveness: Liveness| deletion.deletes(liveness.timestamp);
        if self.liveness.is_some_and(deleted) {
            self.liveness = None;
        }
        self.columns.retain_mut(|(_, data)| data.survives(&deletion));
    }

    /// Drops the cells that a newer version of the row overwrites or deletes, `Rows.removeShadowedCells`: merging `newer` in afterwards
    /// gives what it would have given before.
    pub fn drop_superseded(&mut self, newer: &Row) {
        let loses = |mine: &Cell, theirs: &Cell| mine != theirs && mine.clone().reconcile(theirs.clone()) == *theirs;
        self.columns
            .retain_mut(|(name, data)| match (data, newer.column(name)) {
                (ColumnData::Simple(mine), Some(ColumnData::Simple(theirs))) => !loses(mine, theirs),
                (ColumnData::Complex(mine), Some(ColumnData::Complex(theirs))) => {
                    mine.shadow(&theirs.deletion);
                    let newest = |order: &PathOrder| theirs.cells.get(order).map(|(_, cell)| cell);
                    mine.cells
                        .retain(|order, (_, cell)| newest(order).is_none_or(|theirs| !loses(cell, theirs)));
                    !mine.is_empty()
                }
                _ => true,
            });
    }

    /// Changes the cells of simple columns in place.
    pub fn change_cells(&mut self, mut change: impl FnMut(&ColumnName, &mut Cell)) {
        for (name, data) in &mut self.columns {
            if let ColumnData::Simple(cell) = data {
                change(name, cell);
            }
        }
    }

    /// Drops the cells of a column that are no newer than this.
    pub fn drop_until(&mut self, column: &str, timestamp: WriteTimestamp) {
        let Ok(place) = self.place(column) else { return };
        let deletion = DeletionTime::new(timestamp, EpochSeconds(0));
        let data = &mut self.columns[place].1;
        let is_left = data.survives(&deletion);
        if !is_left {
            self.columns.remove(place);
        }
    }

    pub(super) fn retain_data(&mut self, mut keep: impl FnMut(&mut ColumnData) -> bool) {
        self.columns.retain_mut(|(_, data)| keep(data));
    }

    pub fn retain_columns(&mut self, keep: impl Fn(&ColumnName) -> bool) {
        self.columns.retain(|(name, _)| keep(name));
    }
}
