//! Partitions: all that one key holds, or the part of it that a write or a read is about.

use core::ops::Bound::Excluded;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Clustering, DecoratedKey, DeletionTime, EpochSeconds, Purge, RangeTombstone, RangeTombstones, Row, Slice};

/// One key's rows and deletions. A memtable's partition, an update to one, and a replica's answer are all this.
/// Always normal: holds nothing that one of its own deletions deletes, so that equal contents are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    pub key: DecoratedKey,
    deletion: DeletionTime,
    static_row: Row,
    rows: BTreeMap<Clustering, Row>,
    range_tombstones: RangeTombstones,
}

impl Partition {
    pub fn empty(key: DecoratedKey) -> Partition {
        Partition {
            key,
            deletion: DeletionTime::LIVE,
            static_row: Row::default(),
            rows: BTreeMap::new(),
            range_tombstones: RangeTombstones::default(),
        }
    }

    /// Puts together what was read from several places. The rows, each once, hold nothing that the deletions delete.
    pub fn assemble(
        key: DecoratedKey,
        deletion: DeletionTime,
        static_row: Row,
        rows: Vec<(Clustering, Row)>,
        range_tombstones: RangeTombstones,
    ) -> Partition {
        let partition = Partition {
            key,
            deletion,
            static_row,
            rows: rows.into_iter().collect(),
            range_tombstones,
        };
        debug_assert!(partition.is_normal(), "a partition holds what it deletes itself");
        partition
    }

    fn is_normal(&self) -> bool {
        let stays = |row: &Row, deletion: DeletionTime| {
            let mut shadowed = row.clone();
            shadowed.shadow(&deletion);
            shadowed == *row
        };
        let covering = |clustering| self.deletion.later(self.range_tombstones.covering(clustering));
        stays(&self.static_row, self.deletion)
            && self
                .rows
                .iter()
                .all(|(clustering, row)| !row.is_empty() && stays(row, covering(clustering)))
    }

    pub fn deletion(&self) -> DeletionTime {
        self.deletion
    }

    pub fn static_row(&self) -> &Row {
        &self.static_row
    }

    pub fn range_tombstones(&self) -> &RangeTombstones {
        &self.range_tombstones
    }

    pub fn rows(&self) -> impl DoubleEndedIterator<Item = (&Clustering, &Row)> + ExactSizeIterator {
        self.rows.iter()
    }

    /// The rows of a slice.
    pub fn rows_in<'a>(
        &'a self,
        slice: &Slice,
    ) -> impl DoubleEndedIterator<Item = (&'a Clustering, &'a Row)> + use<'a> {
        let bounds = (Excluded(slice.start.order()), Excluded(slice.end.order()));
        // A sorted map does not take a range that ends before it starts.
        let range = (!slice.is_empty()).then(|| self.rows.range::<[u8], _>(bounds));
        range.into_iter().flatten()
    }

    pub fn row(&self, clustering: &Clustering) -> Option<&Row> {
        self.rows.get(clustering)
    }

    pub fn is_empty(&self) -> bool {
        self.deletion.is_live()
            && self.static_row.is_empty()
            && self.rows.is_empty()
            && self.range_tombstones.is_empty()
    }

    /// Whether a reader sees anything of it.
    pub fn is_live(&self, now: EpochSeconds) -> bool {
        self.static_row.is_live(now) || self.rows.values().any(|row| row.is_live(now))
    }

    pub fn delete(&mut self, deletion: DeletionTime) {
        self.deletion = self.deletion.later(deletion);
        let deletion = self.deletion;
        self.static_row.shadow(&deletion);
        self.range_tombstones.shadow(&deletion);
        self.shadow_rows(&Slice::all(), &deletion);
    }

    pub fn delete_range(&mut self, slice: Slice, deletion: DeletionTime) {
        if self.deletion.supersedes(&deletion) || self.deletion == deletion {
            return;
        }
        self.shadow_rows(&slice, &deletion);
        self.range_tombstones.add(RangeTombstone { slice, deletion });
    }

    pub fn add_static(&mut self, mut row: Row) {
        row.shadow(&self.deletion);
        self.static_row.merge(row);
    }

    pub fn add_row(&mut self, clustering: Clustering, mut row: Row) {
        row.shadow(&self.deletion.later(self.range_tombstones.covering(&clustering)));
        if row.is_empty() {
            return;
        }
        match self.rows.get_mut(&clustering) {
            Some(mine) => mine.merge(row),
            None => drop(self.rows.insert(clustering, row)),
        }
    }

    /// Merges another version of this partition in. Commutative, associative, idempotent.
    pub fn merge(&mut self, other: Partition) {
        debug_assert_eq!(self.key, other.key, "partitions of different keys do not merge");
        if !other.deletion.is_live() {
            self.delete(other.deletion);
        }
        for tombstone in other.range_tombstones.iter() {
            self.delete_range(tombstone.slice.clone(), tombstone.deletion);
        }
        if !other.static_row.is_empty() {
            self.add_static(other.static_row);
        }
        for (clustering, row) in other.rows {
            self.add_row(clustering, row);
        }
    }

    fn shadow_rows(&mut self, slice: &Slice, deletion: &DeletionTime) {
        self.rows.retain(|clustering, row| {
            if slice.contains(clustering) {
                row.shadow(deletion);
            }
            !row.is_empty()
        });
    }

    pub fn retain_rows(&mut self, mut keep: impl FnMut(&Clustering, &Row) -> bool) {
        self.rows.retain(|clustering, row| keep(clustering, row));
    }

    pub fn clear_static(&mut self) {
        self.static_row = Row::default();
    }

    /// Drops columns a reader did not ask for.
    pub fn retain_columns(&mut self, keep: impl Fn(&super::ColumnName) -> bool) {
        self.static_row.retain_columns(&keep);
        self.rows.values_mut().for_each(|row| row.retain_columns(&keep));
    }

    /// The rows and deletions that lie in any of the slices; the partition's deletion and static row stay.
    pub fn within(&self, slices: &[Slice]) -> Partition {
        let mut part = Partition::empty(self.key.clone());
        part.deletion = self.deletion;
        part.static_row = self.static_row.clone();
        for slice in slices {
            part.range_tombstones.merge(self.range_tombstones.within(slice));
            let rows = self.rows.iter().filter(|(clustering, _)| slice.contains(clustering));
            part.rows
                .extend(rows.map(|(clustering, row)| (clustering.clone(), row.clone())));
        }
        part
    }

    /// Turns what has expired into tombstones, and forgets those past their grace.
    pub fn purge(&mut self, purge: &Purge) {
        self.deletion = self.deletion.purged(purge);
        self.static_row.purge(purge);
        self.range_tombstones.purge(purge);
        self.rows.retain(|_, row| row.purge(purge));
    }

    /// About how many bytes of memory it takes.
    pub fn heap_size(&self) -> usize {
        const OVERHEAD: usize = 128;
        OVERHEAD
            + self.key.key.0.len()
            + self.static_row.heap_size()
            + self.rows.values().map(Row::heap_size).sum::<usize>()
    }
}
