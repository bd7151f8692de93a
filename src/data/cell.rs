//! Cells: one value of one column, and which of two wins.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{CounterContext, DeletionTime, EpochSeconds, Expiry, WriteTimestamp};

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CellContent {
    Live(Bytes),
    Expiring(Bytes, Expiry),
    /// A tombstone, made at this time.
    Deleted(EpochSeconds),
    Counter(CounterContext),
}

/// One written value of a column (or of one element of a collection).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cell {
    pub timestamp: WriteTimestamp,
    pub content: CellContent,
}

impl Cell {
    pub fn live(timestamp: WriteTimestamp, value: impl Into<Bytes>) -> Cell {
        Cell {
            timestamp,
            content: CellContent::Live(value.into()),
        }
    }

    pub fn expiring(timestamp: WriteTimestamp, value: impl Into<Bytes>, expiry: Expiry) -> Cell {
        Cell {
            timestamp,
            content: CellContent::Expiring(value.into(), expiry),
        }
    }

    pub fn tombstone(timestamp: WriteTimestamp, deleted: EpochSeconds) -> Cell {
        Cell {
            timestamp,
            content: CellContent::Deleted(deleted),
        }
    }

    pub fn counter(timestamp: WriteTimestamp, context: CounterContext) -> Cell {
        Cell {
            timestamp,
            content: CellContent::Counter(context),
        }
    }

    pub fn is_tombstone(&self) -> bool {
        matches!(self.content, CellContent::Deleted(_))
    }

    pub fn is_live(&self, now: EpochSeconds) -> bool {
        self.value(now).is_some()
    }

    /// The value as it is stored, unless it is deleted or has expired.
    pub fn value(&self, now: EpochSeconds) -> Option<&Bytes> {
        match &self.content {
            CellContent::Live(value) => Some(value),
            CellContent::Counter(context) => Some(context.as_bytes()),
            CellContent::Expiring(value, expiry) if now < expiry.at => Some(value),
            _ => None,
        }
    }

    /// The value as a statement sees it: of a counter, its total.
    pub fn shown(&self, now: EpochSeconds) -> Option<Bytes> {
        match &self.content {
            CellContent::Counter(context) => Some(Bytes::copy_from_slice(&context.total().to_be_bytes())),
            _ => self.value(now).cloned(),
        }
    }

    pub fn expiry(&self) -> Option<Expiry> {
        match &self.content {
            CellContent::Expiring(_, expiry) => Some(*expiry),
            _ => None,
        }
    }

    /// When it was deleted or will expire: `EpochSeconds::NEVER` for a cell that just lives.
    pub fn local_deletion_time(&self) -> EpochSeconds {
        match &self.content {
            CellContent::Live(_) | CellContent::Counter(_) => EpochSeconds::NEVER,
            CellContent::Expiring(_, expiry) => expiry.at,
            CellContent::Deleted(at) => *at,
        }
    }

    pub fn is_deleted_by(&self, deletion: &DeletionTime) -> bool {
        deletion.deletes(self.timestamp)
    }

    /// The winner of two cells of the same column: the newer, and on a tie the rule of `Cells.resolveRegular`, which does not
    /// depend on the order of the two: tombstone before expiring before live, then the later expiry, the shorter TTL, the larger value.
    /// Counters add up, shard by shard.
    #[must_use]
    pub fn reconcile(mut self, other: Cell) -> Cell {
        self.merge(other);
        self
    }

    /// `reconcile`, in place.
    pub fn merge(&mut self, other: Cell) {
        match (&mut self.content, &other.content) {
            (CellContent::Counter(mine), CellContent::Counter(theirs)) => {
                *mine = mine.merge(theirs);
                self.timestamp = self.timestamp.max(other.timestamp);
                return;
            }
            // A counter that was deleted stays deleted, whatever is newer. CASSANDRA-7346.
            (CellContent::Deleted(_), CellContent::Counter(_)) => return,
            (CellContent::Counter(_), _) => return *self = other,
            _ => {}
        }
        if !self.wins_over(&other) {
            *self = other;
        }
    }

    fn wins_over(&self, other: &Cell) -> bool {
        if self.timestamp != other.timestamp {
            return self.timestamp > other.timestamp;
        }
        let rank = |cell: &Cell| match cell.content {
            CellContent::Deleted(_) => 2,
            CellContent::Expiring(..) => 1,
            CellContent::Live(_) | CellContent::Counter(_) => 0,
        };
        if rank(self) != rank(other) {
            return rank(self) > rank(other);
        }
        if self.local_deletion_time() != other.local_deletion_time() {
            return self.local_deletion_time() > other.local_deletion_time();
        }
        match (&self.content, &other.content) {
            (CellContent::Expiring(_, a), CellContent::Expiring(_, b)) if a.ttl != b.ttl => a.ttl < b.ttl,
            _ => self.raw_value() >= other.raw_value(),
        }
    }

    fn raw_value(&self) -> &[u8] {
        match &self.content {
            CellContent::Live(value) | CellContent::Expiring(value, _) => value,
            CellContent::Counter(context) => context.as_bytes(),
            CellContent::Deleted(_) => &[],
        }
    }

    /// Bytes of memory beyond the cell itself.
    pub fn heap_size(&self) -> usize {
        self.raw_value().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Ttl;

    fn all() -> Vec<Cell> {
        let expiry = |ttl, at| Expiry {
            ttl: Ttl(ttl),
            at: EpochSeconds(at),
        };
        let mut cells = Vec::new();
        for time in [1, 2] {
            let time = WriteTimestamp(time);
            cells.extend([
                Cell::live(time, &b"a"[..]),
                Cell::live(time, &b"b"[..]),
                Cell::expiring(time, &b"a"[..], expiry(5, 10)),
                Cell::expiring(time, &b"z"[..], expiry(6, 10)),
                Cell::expiring(time, &b"a"[..], expiry(5, 11)),
                Cell::tombstone(time, EpochSeconds(3)),
                Cell::tombstone(time, EpochSeconds(4)),
            ]);
        }
        cells
    }

    #[test]
    fn reconcile_does_not_depend_on_order() {
        for a in all() {
            for b in all() {
                assert_eq!(a.clone().reconcile(b.clone()), b.clone().reconcile(a.clone()));
                for c in all() {
                    let left = a.clone().reconcile(b.clone()).reconcile(c.clone());
                    assert_eq!(left, a.clone().reconcile(b.clone().reconcile(c)));
                }
            }
        }
    }

    #[test]
    fn on_a_tie_the_tombstone_wins_then_the_larger_value() {
        let (time, deleted) = (WriteTimestamp(1), EpochSeconds(1));
        let tombstone = Cell::tombstone(time, deleted);
        assert_eq!(Cell::live(time, &b"zzz"[..]).reconcile(tombstone.clone()), tombstone);
        assert_eq!(
            Cell::live(time, &b"a"[..]).reconcile(Cell::live(time, &b"b"[..])),
            Cell::live(time, &b"b"[..])
        );
    }
}
