//! Single-SSTable compactions: is enough of an SSTable droppable to rewrite it on its own?

use super::expired::fully_expired;
use super::{SstableView, TableView};
use crate::base::{Arrange, UnixMicros};
use crate::data::EpochSeconds;

/// `AbstractCompactionStrategy.worthDroppingTombstones`.
pub fn worth_rewriting(sstable: &SstableView, view: &TableView<'_>, now: UnixMicros) -> bool {
    let common = view.common;
    if !common.tombstone_compactions {
        return false;
    }
    // What is estimated to be droppable may turn out not to be: an interval keeps that from going round and round.
    let interval = common.tombstone_compaction_interval_seconds.saturating_mul(1_000_000);
    if now.0 < sstable.created.0.saturating_add(interval) {
        return false;
    }
    let ratio = droppable_ratio(sstable, view.gc_before);
    if ratio <= common.tombstone_threshold {
        return false;
    }
    if common.unchecked_tombstone_compaction {
        return true;
    }
    let overlaps = view.overlapping(&[sstable]);
    if overlaps.is_empty() || !fully_expired(&[sstable], &overlaps, view).is_empty() {
        return true;
    }
    free_share(sstable, &overlaps) * ratio > common.tombstone_threshold
}

/// The share of an SSTable's cells that may be forgotten.
pub fn droppable_ratio(sstable: &SstableView, gc_before: EpochSeconds) -> f64 {
    if sstable.cells == 0 {
        return 0.0;
    }
    count_before(&sstable.tombstones, gc_before) / sstable.cells as f64
}

/// How many of a histogram's points lie up to a moment: those between two of its points in proportion. `DataHolder.sum`.
fn count_before(points: &[(EpochSeconds, u32)], moment: EpochSeconds) -> f64 {
    let next = points.partition_point(|(point, _)| *point <= moment);
    let before: f64 = points[..next.saturating_sub(1)]
        .iter()
        .map(|(_, count)| f64::from(*count))
        .sum();
    match (next.checked_sub(1).map(|at| points[at]), points.get(next)) {
        (None, _) => 0.0,
        (Some((_, count)), None) => before + f64::from(count),
        (Some((point, count)), Some((next_point, next_count))) => {
            let weight = (moment.0.saturating_sub(point.0)) as f64 / (next_point.0.saturating_sub(point.0)) as f64;
            let (count, next_count) = (f64::from(count), f64::from(*next_count));
            let there = count + (next_count - count) * weight;
            before + count - count / 2.0 + (count + there) * weight / 2.0
        }
    }
}

/// The share of an SSTable's tokens that no other covers, as if its keys were spread evenly over them. Cassandra counts the
/// samples of its summary.
fn free_share(sstable: &SstableView, overlaps: &[&SstableView]) -> f64 {
    let (first, last) = (i128::from(sstable.first.token.0), i128::from(sstable.last.token.0));
    let mut covered: Vec<(i128, i128)> = overlaps
        .iter()
        .map(|it| (first.max(it.first.token.0.into()), last.min(it.last.token.0.into())))
        .filter(|(from, to)| from <= to)
        .collect();
    covered.arrange();
    let (mut taken, mut end) = (0i128, first - 1);
    for (from, to) in covered {
        let from = from.max(end + 1);
        if to >= from {
            taken += to - from + 1;
            end = to;
        }
    }
    1.0 - taken as f64 / (last - first + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_summed_in_proportion() {
        let at = EpochSeconds;
        let points = [(at(10), 4), (at(20), 8)];
        assert_eq!(count_before(&points, at(9)), 0.0);
        assert_eq!(count_before(&points, at(10)), 2.0);
        assert_eq!(count_before(&points, at(20)), 12.0);
        assert_eq!(count_before(&points, at(99)), 12.0);
        assert_eq!(count_before(&[], at(1)), 0.0);
    }
}
