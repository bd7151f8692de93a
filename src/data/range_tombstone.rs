//! Range tombstones: deletions of all rows between two bounds of a partition.

use serde::{Deserialize, Serialize};

use super::{Clustering, ClusteringBound, DeletionTime, Slice, Weight};

/// Deletes the rows of a slice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RangeTombstone {
    pub slice: Slice,
    pub deletion: DeletionTime,
}

/// The range tombstones of one partition: sorted, never overlapping; where two were put over one another the newer shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RangeTombstones(Vec<RangeTombstone>);

impl RangeTombstones {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &RangeTombstone> {
        self.0.iter()
    }

    /// How many markers Cassandra would write them as: a start and an end each, one for both where two touch.
    pub fn marker_count(&self) -> u32 {
        let touching = self
            .0
            .windows(2)
            .filter(|two| two[0].slice.end == two[1].slice.start)
            .count();
        (2 * self.0.len() - touching) as u32
    }

    /// The deletion over a row.
    pub fn covering(&self, row: &Clustering) -> DeletionTime {
        let next = self.0.partition_point(|it| it.slice.end.compare(row).is_lt());
        match self.0.get(next) {
            Some(it) if it.slice.contains(row) => it.deletion,
            _ => DeletionTime::LIVE,
        }
    }

    /// Puts one more over those here: it is cut where a newer one lies, and cuts the older ones.
    pub fn add(&mut self, added: RangeTombstone) {
        if added.slice.is_empty() || added.deletion.is_live() {
            return;
        }
        // Those it overlaps or touches; the others stay where they are.
        let first = self.0.partition_point(|it| it.slice.end < added.slice.start);
        let end = self.0.partition_point(|it| it.slice.start <= added.slice.end);
        let near: Vec<RangeTombstone> = self.0[first..end].to_vec();
        let mut result: Vec<RangeTombstone> = Vec::with_capacity(2 * near.len() + 1);
        let mut rest_start = Some(added.slice.start.clone());
        for old in near {
            let Some(overlap) = old.slice.intersection(&added.slice) else {
                if old.slice.start >= added.slice.end {
                    push_piece(&mut result, rest_start.take(), &added.slice.end, added.deletion);
                }
                push(&mut result, old);
                continue;
            };
            push_piece(&mut result, Some(old.slice.start.clone()), &overlap.start, old.deletion);
            push_piece(&mut result, rest_start.take(), &overlap.start, added.deletion);
            push_piece(
                &mut result,
                Some(overlap.start),
                &overlap.end,
                old.deletion.later(added.deletion),
            );
            push_piece(&mut result, Some(overlap.end.clone()), &old.slice.end, old.deletion);
            rest_start = Some(overlap.end);
        }
        push_piece(&mut result, rest_start, &added.slice.end, added.deletion);
        self.0.splice(first..end, result);
        debug_assert!(
            self.0.windows(2).all(|two| two[0].slice.end <= two[1].slice.start),
            "range tombstones overlap"
        );
    }

    pub fn merge(&mut self, other: RangeTombstones) {
        other.0.into_iter().for_each(|it| self.add(it));
    }

    /// Drops those that a deletion of the whole partition makes needless.
    pub fn shadow(&mut self, deletion: &DeletionTime) {
        if !deletion.is_live() {
            self.0.retain(|it| it.deletion.supersedes(deletion));
        }
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&RangeTombstone) -> bool) {
        self.0.retain(keep);
    }

    pub fn weight(&self) -> Weight {
        let count = self.0.len() as i64;
        Weight {
            bytes: Weight::RANGE_TOMBSTONE_BYTES * count,
            rows: 0,
            tombstones: count,
        }
    }

    /// What of them lies within a slice.
    pub fn within(&self, slice: &Slice) -> RangeTombstones {
        let cut = |it: &RangeTombstone| {
            it.slice.intersection(slice).map(|slice| RangeTombstone {
                slice,
                deletion: it.deletion,
            })
        };
        let first = self.0.partition_point(|it| it.slice.end <= slice.start);
        let near = self.0[first..].iter().take_while(|it| it.slice.start < slice.end);
        RangeTombstones(near.filter_map(cut).collect())
    }
}

impl IntoIterator for RangeTombstones {
    type Item = RangeTombstone;
    type IntoIter = std::vec::IntoIter<RangeTombstone>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn push_piece(
    out: &mut Vec<RangeTombstone>,
    start: Option<ClusteringBound>,
    end: &ClusteringBound,
    deletion: DeletionTime,
) {
    let Some(start) = start else { return };
    let slice = Slice {
        start,
        end: end.clone(),
    };
    if !slice.is_empty() {
        push(out, RangeTombstone { slice, deletion });
    }
}

/// Appends, joining with the one before when they touch and delete the same.
fn push(out: &mut Vec<RangeTombstone>, next: RangeTombstone) {
    match out.last_mut() {
        Some(last) if last.slice.end == next.slice.start && last.deletion == next.deletion => {
            last.slice.end = next.slice.end
        }
        _ => out.push(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ClusteringComparator, CqlType, EpochSeconds, WriteTimestamp};
    use proptest::prelude::*;

    fn comparator() -> ClusteringComparator {
        ClusteringComparator::new(vec![(CqlType::Int, false)])
    }

    fn value(n: i32) -> Option<bytes::Bytes> {
        Some(bytes::Bytes::copy_from_slice(&n.to_be_bytes()))
    }

    fn tombstone(from: i32, to: i32, time: i64) -> RangeTombstone {
        let it = comparator();
        let slice = Slice {
            start: it.before([value(from)]),
            end: it.after([value(to)]),
        };
        RangeTombstone {
            slice,
            deletion: DeletionTime::new(WriteTimestamp(time), EpochSeconds(time)),
        }
    }

    proptest! {
        #[test]
        fn every_row_has_the_newest_deletion_put_over_it(all in prop::collection::vec((0..20i32, 0..20i32, 0..5i64), 0..12)) {
            let mut list = RangeTombstones::default();
            all.iter().for_each(|(from, to, time)| list.add(tombstone(*from, *to, *time)));
            for row in 0..20 {
                let newest = all.iter().filter(|(from, to, _)| (*from..=*to).contains(&row)).map(|it| it.2).max();
                let found = list.covering(&comparator().clustering([value(row)]));
                prop_assert_eq!(newest, (!found.is_live()).then_some(found.marked_for_delete_at.0));
            }
            let mut backwards = RangeTombstones::default();
            all.iter().rev().for_each(|(from, to, time)| backwards.add(tombstone(*from, *to, *time)));
            prop_assert_eq!(list, backwards);
        }
    }
}
