//! Partitions: all that one key holds, or the part of it that a write or a read is about.

use serde::{Deserialize, Serialize};

use super::rows::Rows;
use super::{
    Clustering, ColumnName, DecoratedKey, DeletionTime, EpochSeconds, Purge, RangeTombstone, RangeTombstones, Row,
    Slice, Weight, WriteTimestamp,
};

/// One key's rows and deletions. A memtable's partition, an update to one, and a replica's answer are all this.
/// Always normal: holds nothing that one of its own deletions deletes, so that equal contents are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    pub key: DecoratedKey,
    deletion: DeletionTime,
    static_row: Row,
    rows: Rows,
    range_tombstones: RangeTombstones,
}

impl Partition {
    pub fn empty(key: DecoratedKey) -> Partition {
        Partition {
            key,
            deletion: DeletionTime::LIVE,
            static_row: Row::default(),
            rows: Rows::new(),
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

    /// The rows of a slice, found without looking at the others.
    pub fn rows_in<'a>(
        &'a self,
        slice: &Slice,
    ) -> impl DoubleEndedIterator<Item = (&'a Clustering, &'a Row)> + use<'a> {
        self.rows.between(slice.start.order(), slice.end.order())
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
        self.static_row.is_live(now) || self.rows.iter().any(|(_, row)| row.is_live(now))
    }

    /// The smallest timestamp of anything in it.
    pub fn oldest_timestamp(&self) -> Option<WriteTimestamp> {
        let of_deletion = |it: DeletionTime| (!it.is_live()).then_some(it.marked_for_delete_at);
        let rows = self.rows.iter().map(|(_, row)| row).chain([&self.static_row]);
        let of_rows = rows.flat_map(|row| {
            let complex = row.columns().map(|(_, data)| data.complex_deletion());
            let deletions = complex.chain([row.deletion]).filter_map(of_deletion);
            let cells = row.cells().map(|cell| cell.timestamp);
            deletions.chain(cells).chain(row.liveness.map(|it| it.timestamp))
        });
        let ranges = self
            .range_tombstones
            .iter()
            .map(|it| it.deletion)
            .chain([self.deletion]);
        of_rows.chain(ranges.filter_map(of_deletion)).min()
    }

    pub fn delete(&mut self, deletion: DeletionTime) {
        self.put_deletion(deletion);
    }

    pub fn delete_range(&mut self, slice: Slice, deletion: DeletionTime) {
        self.put_range_deletion(slice, deletion);
    }

    pub fn add_static(&mut self, row: Row) {
        self.put_static(row);
    }

    pub fn add_row(&mut self, clustering: Clustering, row: Row) {
        self.put_row(clustering, row);
    }

    /// Merges another version of this partition in. Commutative, associative, idempotent.
    pub fn merge(&mut self, other: Partition) {
        self.merge_weighed(other);
    }

    fn put_deletion(&mut self, deletion: DeletionTime) -> Weight {
        if !deletion.supersedes(&self.deletion) {
            return Weight::default();
        }
        let before = self.frame_weight();
        self.deletion = deletion;
        self.static_row.shadow(&deletion);
        self.range_tombstones.shadow(&deletion);
        let mut grown = self.frame_weight() - before;
        grown += self.shadow_rows(&Slice::all(), &deletion);
        grown
    }

    fn put_range_deletion(&mut self, slice: Slice, deletion: DeletionTime) -> Weight {
        if !deletion.supersedes(&self.deletion) || slice.is_empty() {
            return Weight::default();
        }
        let before = self.range_tombstones.weight();
        let mut grown = self.shadow_rows(&slice, &deletion);
        self.range_tombstones.add(RangeTombstone { slice, deletion });
        grown += self.range_tombstones.weight() - before;
        grown
    }

    fn put_static(&mut self, mut row: Row) -> Weight {
        row.shadow(&self.deletion);
        let before = self.frame_weight();
        self.static_row.merge(row);
        self.frame_weight() - before
    }

    fn put_row(&mut self, clustering: Clustering, mut row: Row) -> Weight {
        row.shadow(&self.deletion.later(self.range_tombstones.covering(&clustering)));
        if row.is_empty() {
            return Weight::default();
        }
        let place = self.rows.get_or_insert(clustering);
        if place.is_empty() {
            *place = row;
            return place.weight();
        }
        let before = place.weight();
        place.merge(row);
        place.weight() - before
    }

    /// `merge`, and by how much that made it grow.
    pub fn merge_weighed(&mut self, other: Partition) -> Weight {
        debug_assert_eq!(self.key, other.key, "partitions of different keys do not merge");
        let mut grown = self.put_deletion(other.deletion);
        for RangeTombstone { slice, deletion } in other.range_tombstones {
            grown += self.put_range_deletion(slice, deletion);
        }
        if !other.static_row.is_empty() {
            grown += self.put_static(other.static_row);
        }
        for (clustering, row) in other.rows.into_pairs() {
            grown += self.put_row(clustering, row);
        }
        grown
    }

    fn shadow_rows(&mut self, slice: &Slice, deletion: &DeletionTime) -> Weight {
        let mut grown = Weight::default();
        self.rows.change_between(slice.start.order(), slice.end.order(), |row| {
            let before = row.weight();
            row.shadow(deletion);
            grown += row.weight() - before;
        });
        grown
    }

    pub fn retain_rows(&mut self, mut keep: impl FnMut(&Clustering, &Row) -> bool) {
        self.rows.retain(|clustering, row| keep(clustering, row));
    }

    /// Changes rows in place, the static one (which has no clustering) among them. What they hold must stay as new as it was.
    pub fn change_rows(&mut self, mut change: impl FnMut(Option<&Clustering>, &mut Row)) {
        change(None, &mut self.static_row);
        self.rows.retain(|clustering, row| {
            change(Some(clustering), row);
            true
        });
    }

    pub fn clear_static(&mut self) {
        self.static_row = Row::default();
    }

    /// Drops columns a reader did not ask for, and the rows of which nothing is left.
    pub fn retain_columns(&mut self, keep: impl Fn(&ColumnName) -> bool) {
        self.static_row.retain_columns(&keep);
        self.rows.retain(|_, row| {
            row.retain_columns(&keep);
            !row.is_empty()
        });
    }

    /// The rows and deletions that lie in any of the slices; the partition's deletion and static row stay.
    pub fn within(&self, slices: &[Slice]) -> Partition {
        let mut range_tombstones = RangeTombstones::default();
        for slice in slices {
            range_tombstones.merge(self.range_tombstones.within(slice));
        }
        let rows = slices.iter().flat_map(|slice| self.rows_in(slice));
        Partition {
            key: self.key.clone(),
            deletion: self.deletion,
            static_row: self.static_row.clone(),
            rows: rows
                .map(|(clustering, row)| (clustering.clone(), row.clone()))
                .collect(),
            range_tombstones,
        }
    }

    /// Turns what has expired into tombstones, and forgets those past their grace.
    pub fn purge(&mut self, purge: &Purge) {
        self.deletion = self.deletion.purged(purge);
        self.static_row.purge(purge);
        self.range_tombstones.purge(purge);
        self.rows.retain(|_, row| row.purge(purge));
    }

    /// How much memory it takes.
    pub fn weight(&self) -> Weight {
        let mut weight = self.frame_weight();
        weight.bytes += Weight::PARTITION_BYTES + self.key.key.0.len() as i64;
        self.rows.iter().for_each(|(_, row)| weight += row.weight());
        weight
    }

    /// All but the rows and the key.
    fn frame_weight(&self) -> Weight {
        let mut weight = self.static_row.weight();
        weight.rows = 0;
        weight += self.range_tombstones.weight();
        weight.tombstones += i64::from(!self.deletion.is_live());
        weight
    }
}
