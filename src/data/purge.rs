//! What a read or a compaction makes of data past its time: expired cells become tombstones, tombstones past their grace go.

use super::{
    Cell, CellContent, ColumnData, ComplexData, DeletionTime, EpochSeconds, Expiry, Liveness, RangeTombstones, Row,
    WriteTimestamp,
};

/// The times that a purge goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge {
    /// What expires by now is a tombstone.
    pub now: EpochSeconds,
    /// Deletions made before this are gone: `now` less the table's `gc_grace_seconds`.
    pub gc_before: EpochSeconds,
    /// ... unless they were stamped at this or later: then something they delete may be where the purge does not see it.
    pub stamped_before: Option<WriteTimestamp>,
}

impl Purge {
    pub fn new(now: EpochSeconds, gc_grace_seconds: u32) -> Purge {
        let gc_before = EpochSeconds(now.0.saturating_sub(i64::from(gc_grace_seconds)));
        Purge {
            now,
            gc_before,
            stamped_before: None,
        }
    }

    /// What was stamped at `limit` or later is kept.
    #[must_use]
    pub fn stamped_before(self, limit: WriteTimestamp) -> Purge {
        Purge {
            stamped_before: Some(limit),
            ..self
        }
    }

    fn may_forget(&self, stamped: WriteTimestamp, deleted: EpochSeconds) -> bool {
        deleted < self.gc_before && self.stamped_before.is_none_or(|limit| stamped < limit)
    }

    fn forgets(&self, deletion: &DeletionTime) -> bool {
        !deletion.is_live() && self.may_forget(deletion.marked_for_delete_at, deletion.local_deletion_time)
    }

    fn has_expired(&self, expiry: &Expiry) -> bool {
        expiry.at <= self.now
    }

    /// False when the cell is gone.
    fn keeps_cell(&self, cell: &mut Cell) -> bool {
        if let CellContent::Expiring(_, expiry) = &cell.content
            && self.has_expired(expiry)
        {
            if self.may_forget(cell.timestamp, expiry.at) {
                return false;
            }
            // As if deleted when it was written: that is what its time to live was counted from.
            let written = EpochSeconds(expiry.at.0.saturating_sub(i64::from(expiry.ttl.0)));
            cell.content = CellContent::Deleted(written);
        }
        !matches!(cell.content, CellContent::Deleted(at) if self.may_forget(cell.timestamp, at))
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
        let is_forgotten = |it: Liveness| {
            it.expiry
                .is_some_and(|expiry| purge.has_expired(&expiry) && purge.may_forget(it.timestamp, expiry.at))
        };
        if self.liveness.is_some_and(is_forgotten) {
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
