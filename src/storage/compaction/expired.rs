//! Fully expired SSTables: all in them is past its grace, and they shadow nothing. They go without being read.

use super::{SstableView, TableView};
use crate::base::UnixMicros;
use crate::data::WriteTimestamp;

/// Those of `compacting` that can be dropped whole. `CompactionController.getFullyExpiredSSTables`.
pub fn fully_expired<'a>(
    compacting: &[&'a SstableView],
    overlapping: &[&SstableView],
    view: &TableView<'_>,
) -> Vec<&'a SstableView> {
    if view.common.only_purge_repaired_tombstones {
        return Vec::new();
    }
    let is_expired = |it: &SstableView| it.max_local_deletion_time < view.gc_before;
    let living = overlapping.iter().chain(compacting).filter(|it| !is_expired(it));
    let oldest_living = living
        .map(|it| it.min_timestamp)
        .chain(view.oldest_in_memory)
        .min()
        .unwrap_or(WriteTimestamp(i64::MAX));
    let expired = compacting
        .iter()
        .filter(|it| is_expired(it) && it.max_timestamp < oldest_living);
    expired.copied().collect()
}

/// The SSTables that a strategy picks from: those that may go whole, looked for no more often than `every_seconds`, and the others.
pub(super) fn split_expired<'a>(
    view: &'a TableView<'_>,
    now: UnixMicros,
    every_seconds: i64,
) -> (Vec<&'a SstableView>, Vec<&'a SstableView>) {
    let all: Vec<&SstableView> = view.sstables.iter().collect();
    if !view.history.is_expired_check_due(now, every_seconds) {
        return (Vec::new(), all);
    }
    let expired = fully_expired(&all, &view.overlapping(&all), view);
    let is_expired = |it: &&SstableView| expired.iter().any(|one| one.generation == it.generation);
    let living = all.into_iter().filter(|it| !is_expired(it)).collect();
    (expired, living)
}
