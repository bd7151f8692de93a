//! Rows: what one clustering holds, and how two versions of it merge.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Cell, ColumnName, DeletionTime, EpochSeconds, Expiry, WriteTimestamp};

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

    /// `LivenessInfo.supersedes`: the newer; on a tie the expiring one, then the one that expires later.
    fn supersedes(&self, other: &Liveness) -> bool {
        if self.timestamp != other.timestamp {
            return self.timestamp > other.timestamp;
        }
        let rank = |it: &Liveness| it.expiry.map(|expiry| (expiry.at, core::cmp::Reverse(expiry.ttl)));
        rank(self) > rank(other)
    }
}

/// What tells the elements of a collection apart: a list's timeuuid, a set's element, a map's key, a field's number in a user type.
pub type CellPath = Bytes;

/// What a row holds for one column.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ColumnData {
    Simple(Cell),
    Complex(ComplexData),
}

/// A collection or user type that is not frozen: a cell an element, and a deletion for what was there before.
/// `cells` is ordered by the path's order under the column's type: the key of each entry is its order-preserving encoding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ComplexData {
    pub deletion: DeletionTime,
    pub cells: BTreeMap<PathOrder, (CellPath, Cell)>,
}

/// A cell path as bytes that compare as the paths do (`ordering::encode_component` of the path's type).
pub type PathOrder = Bytes;

impl ComplexData {
    pub fn empty() -> ComplexData {
        ComplexData {
            deletion: DeletionTime::LIVE,
            cells: BTreeMap::new(),
        }
    }

    fn merge(&mut self, other: ComplexData) {
        self.deletion = self.deletion.later(other.deletion);
        for (order, (path, cell)) in other.cells {
            match self.cells.remove(&order) {
                Some((_, mine)) => self.cells.insert(order, (path, mine.reconcile(cell))),
                None => self.cells.insert(order, (path, cell)),
            };
        }
        let deletion = self.deletion;
        self.cells.retain(|_, (_, cell)| !cell.is_deleted_by(&deletion));
    }

    fn shadow(&mut self, deletion: &DeletionTime) {
        if !self.deletion.supersedes(deletion) {
            self.deletion = DeletionTime::LIVE;
        }
        self.cells.retain(|_, (_, cell)| !cell.is_deleted_by(deletion));
    }

    pub fn is_empty(&self) -> bool {
        self.deletion.is_live() && self.cells.is_empty()
    }
}

impl ColumnData {
    fn merge(&mut self, other: ColumnData) {
        match (self, other) {
            (ColumnData::Simple(mine), ColumnData::Simple(theirs)) => *mine = mine.clone().reconcile(theirs),
            (ColumnData::Complex(mine), ColumnData::Complex(theirs)) => mine.merge(theirs),
            // A column dropped and added again under another type: the schema in force decides when it is read.
            (mine, theirs) => {
                if theirs.newest() > mine.newest() {
                    *mine = theirs;
                }
            }
        }
    }

    fn newest(&self) -> WriteTimestamp {
        match self {
            ColumnData::Simple(cell) => cell.timestamp,
            ColumnData::Complex(data) => data
                .cells
                .values()
                .map(|(_, cell)| cell.timestamp)
                .fold(data.deletion.marked_for_delete_at, Ord::max),
        }
    }

    /// Drops what `deletion` deletes; false when nothing is left.
    fn survives(&mut self, deletion: &DeletionTime) -> bool {
        match self {
            ColumnData::Simple(cell) => !cell.is_deleted_by(deletion),
            ColumnData::Complex(data) => {
                data.shadow(deletion);
                !data.is_empty()
            }
        }
    }

    pub fn is_live(&self, now: EpochSeconds) -> bool {
        match self {
            ColumnData::Simple(cell) => cell.is_live(now),
            ColumnData::Complex(data) => data.cells.values().any(|(_, cell)| cell.is_live(now)),
        }
    }

    pub fn cells(&self) -> Box<dyn Iterator<Item = &Cell> + '_> {
        match self {
            ColumnData::Simple(cell) => Box::new(core::iter::once(cell)),
            ColumnData::Complex(data) => Box::new(data.cells.values().map(|(_, cell)| cell)),
        }
    }
}

/// One row: its marker, its deletion, and its columns in name order. Always normal: holds nothing its own deletion deletes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    pub liveness: Option<Liveness>,
    pub deletion: DeletionTime,
    columns: BTreeMap<ColumnName, ColumnData>,
}

impl Default for Row {
    fn default() -> Row {
        Row {
            liveness: None,
            deletion: DeletionTime::LIVE,
            columns: BTreeMap::new(),
        }
    }
}

impl Row {
    pub fn deleted(deletion: DeletionTime) -> Row {
        Row {
            deletion,
            ..Row::default()
        }
    }

    /// A row that an INSERT marks as there.
    pub fn inserted(timestamp: WriteTimestamp, expiry: Option<Expiry>) -> Row {
        Row {
            liveness: Some(Liveness { timestamp, expiry }),
            ..Row::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.liveness.is_none() && self.deletion.is_live() && self.columns.is_empty()
    }

    /// Whether a reader sees the row: its marker or any of its cells is live.
    pub fn is_live(&self, now: EpochSeconds) -> bool {
        self.liveness.is_some_and(|liveness| liveness.is_live(now))
            || self.columns.values().any(|data| data.is_live(now))
    }

    pub fn column(&self, name: &str) -> Option<&ColumnData> {
        self.columns.get(name)
    }

    /// The cell of a simple column.
    pub fn cell(&self, name: &str) -> Option<&Cell> {
        match self.columns.get(name) {
            Some(ColumnData::Simple(cell)) => Some(cell),
            _ => None,
        }
    }

    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&ColumnName, &ColumnData)> {
        self.columns.iter()
    }

    /// All cells, those of collections too.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.columns.values().flat_map(ColumnData::cells)
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
        self.add_column(
            column,
            ColumnData::Complex(ComplexData {
                deletion,
                ..ComplexData::empty()
            }),
        );
    }

    pub fn add_column(&mut self, column: &ColumnName, mut data: ColumnData) {
        if !data.survives(&self.deletion) {
            return;
        }
        match self.columns.get_mut(column.as_str()) {
            Some(mine) => mine.merge(data),
            None => drop(self.columns.insert(column.clone(), data)),
        }
    }

    /// Merges another version of this row in. Commutative, associative, idempotent.
    pub fn merge(&mut self, other: Row) {
        self.liveness = match (self.liveness, other.liveness) {
            (Some(mine), Some(theirs)) => Some(if theirs.supersedes(&mine) { theirs } else { mine }),
            (mine, theirs) => mine.or(theirs),
        };
        self.deletion = self.deletion.later(other.deletion);
        for (name, data) in other.columns {
            match self.columns.get_mut(name.as_str()) {
                Some(mine) => mine.merge(data),
                None => drop(self.columns.insert(name, data)),
            }
        }
        let deletion = self.deletion;
        self.drop_shadowed(&deletion);
    }

    /// Drops what a deletion around the row (of its partition, or a range of it) deletes, the row's own deletion included.
    pub fn shadow(&mut self, deletion: &DeletionTime) {
        if deletion.is_live() {
            return;
        }
        if !self.deletion.supersedes(deletion) {
            self.deletion = DeletionTime::LIVE;
        }
        self.drop_shadowed(deletion);
    }

    fn drop_shadowed(&mut self, deletion: &DeletionTime) {
        if deletion.is_live() {
            return;
        }
        if self
            .liveness
            .is_some_and(|liveness| deletion.deletes(liveness.timestamp))
        {
            self.liveness = None;
        }
        self.columns.retain(|_, data| data.survives(deletion));
    }

    pub(super) fn retain_data(&mut self, mut keep: impl FnMut(&mut ColumnData) -> bool) {
        self.columns.retain(|_, data| keep(data));
    }

    pub fn retain_columns(&mut self, keep: impl Fn(&ColumnName) -> bool) {
        self.columns.retain(|name, _| keep(name));
    }

    /// About how many bytes the row takes: for memtable accounting.
    pub fn heap_size(&self) -> usize {
        const OVERHEAD: usize = 64;
        self.columns
            .values()
            .flat_map(ColumnData::cells)
            .map(|cell| OVERHEAD + cell.heap_size())
            .sum::<usize>()
            + OVERHEAD
    }
}
