//! What a read makes of data past its time: expired cells become tombstones, tombstones past their grace go.

use super::{Cell, CellContent, ColumnData, ComplexData, DeletionTime, EpochSeconds, Expiry, RangeTombstones, Row};

/// The two times that a purge goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge {
    /// What expires by now is a tombstone.
    pub now: EpochSeconds,
    /// Deletions made before this are gone: `now` less the table's `gc_grace_seconds`.
    pub gc_before: EpochSeconds,
}

impl Purge {
    pub fn new(now: EpochSeconds, gc_grace_seconds: u32) -> Purge {
        let gc_before = EpochSeconds(now.0.saturating_sub(i64::from(gc_grace_seconds)));
        Purge { now, gc_before }
    }

    fn forgets(&self, deletion: &DeletionTime) -> bool {
        !deletion.is_live() && deletion.local_deletion_time < self.gc_before
    }

    fn has_expired(&self, expiry: &Expiry) -> bool {
        expiry.at <= self.now
    }

    /// False when the cell is gone.
    fn keeps_cell(&self, cell: &mut Cell) -> bool {
        if let CellContent::Expiring(_, expiry) = &cell.content
            && self.has_expired(expiry)
        {
            if expiry.at < self.gc_before {
                return false;
            }
            // As if deleted when it was written: that is what its time to live was counted from.
            let written = EpochSeconds(expiry.at.0.saturating_sub(i64::from(expiry.ttl.0)));
            cell.content = CellContent::Deleted(written);
        }
        !matches!(cell.content, CellContent::Deleted(at) if at < self.gc_before)
    }

    fn keeps_complex(&self, data: &mut ComplexData) -> bool {
        if self.forgets(&data.deletion) {
            data.deletion = DeletionTime::LIVE;
        }
        data.cells.retain(|_, (_, cell)| self.keeps_cell(cell));
        !data.is_empty()
    }
}

impl Row {
    /// False when nothing is left of the row.
    pub fn purge(&mut self, purge: &Purge) -> bool {
        let liveness_forgotten = |expiry: Expiry| purge.has_expired(&expiry) && expiry.at < purge.gc_before;
        if self.liveness.and_then(|it| it.expiry).is_some_and(liveness_forgotten) {
            self.liveness = None;
        }
        if purge.forgets(&self.deletion) {
            self.deletion = DeletionTime::LIVE;
        }
        self.retain_data(|data| match data {
            ColumnData::Simple(cell) => purge.keeps_cell(cell),
            ColumnData::Complex(data) => purge.keeps_complex(data),
        });
        !self.is_empty()
    }
}

impl RangeTombstones {
    pub fn purge(&mut self, purge: &Purge) {
        self.retain(|it| !purge.forgets(&it.deletion));
    }
}

impl DeletionTime {
    #[must_use]
    pub fn purged(self, purge: &Purge) -> DeletionTime {
        if purge.forgets(&self) { DeletionTime::LIVE } else { self }
    }
}
