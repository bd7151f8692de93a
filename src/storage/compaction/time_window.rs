//! TimeWindowCompactionStrategy: SSTables of one window of time are merged with one another only, so that they expire as one.

use super::expired::split_expired;
use super::size_tiered::SizeTiered;
use super::tombstones::worth_rewriting;
use super::{Choice, CompactionKind, CompactionOptions, SstableView, TableView};
use crate::base::{Arrange, SortedMap, UnixMicros};
use crate::data::WriteTimestamp;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeWindow {
    pub window_seconds: i64,
    /// In what unit writes are stamped.
    pub timestamps_a_second: i64,
    pub expired_check_seconds: i64,
    pub tiered: SizeTiered,
}

impl TimeWindow {
    pub fn from_options(options: &CompactionOptions<'_>) -> TimeWindow {
        let unit = match options.text("compaction_window_unit") {
            Some("MINUTES") => 60,
            Some("HOURS") => 3_600,
            _ => 86_400,
        };
        let timestamps_a_second = match options.text("timestamp_resolution") {
            Some("SECONDS") => 1,
            Some("MILLISECONDS") => 1_000,
            Some("NANOSECONDS") => 1_000_000_000,
            _ => 1_000_000,
        };
        TimeWindow {
            window_seconds: unit * options.number::<i64>("compaction_window_size", 1).max(1),
            timestamps_a_second,
            expired_check_seconds: options.number("expired_sstable_check_frequency_seconds", 600),
            tiered: SizeTiered::from_options(options),
        }
    }

    /// The start of the window that a timestamp lies in, in seconds.
    fn window_of(&self, timestamp: WriteTimestamp) -> i64 {
        let seconds = timestamp.0 / self.timestamps_a_second;
        seconds - seconds % self.window_seconds
    }

    pub(super) fn windows<'a>(&self, sstables: &[&'a SstableView]) -> SortedMap<i64, Vec<&'a SstableView>> {
        let mut windows: SortedMap<i64, Vec<&SstableView>> = SortedMap::new();
        for sstable in sstables {
            windows
                .entry(self.window_of(sstable.max_timestamp))
                .or_default()
                .push(*sstable);
        }
        windows
    }

    /// The newest window that was seen, with this view.
    pub fn highest_window_ms(&self, view: &TableView<'_>) -> i64 {
        let newest = view
            .all
            .iter()
            .map(|it| self.window_of(it.max_timestamp))
            .max()
            .unwrap_or(0);
        view.history.highest_window_ms.max(newest.saturating_mul(1_000))
    }

    pub(super) fn choose(&self, view: &TableView<'_>, now: UnixMicros) -> Option<Choice> {
        let (expired, living) = split_expired(view, now, self.expired_check_seconds);
        let mut inputs = self.pick_from_windows(&living, view).0;
        if inputs.is_empty() {
            let droppable = living.into_iter().filter(|it| worth_rewriting(it, view, now));
            inputs.extend(droppable.min_by_key(|it| (it.bytes, it.generation)));
        }
        inputs.extend(expired);
        let chosen = inputs.iter().map(|it| it.generation);
        (!inputs.is_empty()).then(|| Choice::new(CompactionKind::Compaction, chosen))
    }

    /// The newest window with enough in it: the current one is tiered by size, of the others everything is merged. And how much
    /// there is to do.
    fn pick_from_windows<'a>(&self, sstables: &[&'a SstableView], view: &TableView<'_>) -> (Vec<&'a SstableView>, u32) {
        let (min, max) = (view.common.min_threshold, view.common.max_threshold);
        let newest = self.highest_window_ms(view);
        let (mut chosen, mut pending) = (Vec::new(), 0);
        for (window, bucket) in self.windows(sstables).into_iter().rev() {
            let is_current = window.saturating_mul(1_000) >= newest;
            let found = if is_current && bucket.len() >= min {
                self.tiered.most_interesting(&bucket, view)
            } else if !is_current && bucket.len() >= 2 {
                let mut smallest = bucket.clone();
                smallest.arrange_by_key(|it| (it.bytes, it.generation));
                smallest.truncate(max);
                smallest
            } else {
                Vec::new()
            };
            if !found.is_empty() {
                let remaining = bucket.len().saturating_sub(max);
                pending += 1 + if remaining > min {
                    remaining.div_ceil(max) as u32
                } else {
                    0
                };
                if chosen.is_empty() {
                    chosen = found;
                }
            }
        }
        (chosen, pending)
    }

    pub(super) fn pending(&self, view: &TableView<'_>) -> u32 {
        let candidates: Vec<&SstableView> = view.sstables.iter().collect();
        self.pick_from_windows(&candidates, view).1
    }
}
