//! Fully expired SSTables: all in them is past its grace, and they shadow nothing. They go without being read.

use super::{SstableView, TableView};
use crate::data::WriteTimestamp;

/// Those of `compacting` that can be dropped whole. `CompactionController.getFullyExpiredSSTables`.
pub fn fully_expired<'a>(
    compacting: &[&'a SstableView],
    overlapping: &[&SstableView],
    view: &TableView<'_>,
) -> Vec<&'a SstableView> {
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
