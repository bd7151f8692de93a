//! What a row holds for one column: a cell, or the cells of a collection.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Cell, DeletionTime, EpochSeconds};

/// What tells the elements of a collection apart: a list's timeuuid, a set's element, a map's key, a field's number in a user type.
pub type CellPath = Bytes;

/// A cell path as bytes that compare as the paths do (`ordering::encode_component` of the path's type).
pub type PathOrder = Bytes;

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

impl ComplexData {
    pub fn empty() -> ComplexData {
        ComplexData {
            deletion: DeletionTime::LIVE,
            cells: BTreeMap::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.deletion.is_live() && self.cells.is_empty()
    }

    fn merge(&mut self, other: ComplexData) {
        self.deletion = self.deletion.later(other.deletion);
        for (order, (path, cell)) in other.cells {
            match self.cells.get_mut(&order) {
                Some((_, mine)) => mine.merge(cell),
                None => drop(self.cells.insert(order, (path, cell))),
            }
        }
        self.drop_deleted(self.deletion);
    }

    /// Drops what `deletion` deletes, the own deletion included if `deletion` says as much.
    pub(super) fn shadow(&mut self, deletion: &DeletionTime) {
        if !self.deletion.supersedes(deletion) {
            self.deletion = DeletionTime::LIVE;
        }
        self.drop_deleted(*deletion);
    }

    fn drop_deleted(&mut self, deletion: DeletionTime) {
        if !deletion.is_live() {
            self.cells.retain(|_, (_, cell)| !cell.is_deleted_by(&deletion));
        }
    }
}

impl ColumnData {
    /// Merges another version in. Commutative, associative, idempotent.
    pub(super) fn merge(&mut self, other: ColumnData) {
        match (self, other) {
            (ColumnData::Simple(mine), ColumnData::Simple(theirs)) => mine.merge(theirs),
            (ColumnData::Complex(mine), ColumnData::Complex(theirs)) => mine.merge(theirs),
            // A column that was dropped and added again is never of the other kind; should it be, the order must not matter.
            (mine @ ColumnData::Simple(_), theirs @ ColumnData::Complex(_)) => *mine = theirs,
            (ColumnData::Complex(_), ColumnData::Simple(_)) => {}
        }
    }

    /// Drops what `deletion` deletes; false when nothing is left.
    pub(super) fn survives(&mut self, deletion: &DeletionTime) -> bool {
        match self {
            ColumnData::Simple(cell) => !cell.is_deleted_by(deletion),
            ColumnData::Complex(data) => {
                if !deletion.is_live() {
                    data.shadow(deletion);
                }
                !data.is_empty()
            }
        }
    }

    pub fn is_live(&self, now: EpochSeconds) -> bool {
        self.cells().any(|cell| cell.is_live(now))
    }

    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        let (simple, complex) = match self {
            ColumnData::Simple(cell) => (Some(cell), None),
            ColumnData::Complex(data) => (None, Some(data.cells.values().map(|(_, cell)| cell))),
        };
        simple.into_iter().chain(complex.into_iter().flatten())
    }

    /// The deletion of a whole collection.
    pub fn complex_deletion(&self) -> DeletionTime {
        match self {
            ColumnData::Simple(_) => DeletionTime::LIVE,
            ColumnData::Complex(data) => data.deletion,
        }
    }
}
