//! SizeTieredCompactionStrategy: SSTables of about one size are merged once there are enough of them.

use super::tombstones::worth_rewriting;
use super::{Choice, CompactionKind, CompactionOptions, SstableView, TableView};
use crate::base::{Arrange, UnixMicros};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizeTiered {
    /// Below this, all are of one size.
    pub min_sstable_bytes: u64,
    /// An SSTable belongs to a bucket from this share of its average size ...
    pub bucket_low: f64,
    /// ... to this.
    pub bucket_high: f64,
}

impl Default for SizeTiered {
    /// `SizeTieredCompactionStrategyOptions`.
    fn default() -> SizeTiered {
        SizeTiered {
            min_sstable_bytes: 50 << 20,
            bucket_low: 0.5,
            bucket_high: 1.5,
        }
    }
}

impl SizeTiered {
    pub fn from_options(options: &CompactionOptions<'_>) -> SizeTiered {
        let default = SizeTiered::default();
        SizeTiered {
            min_sstable_bytes: options.number("min_sstable_size", default.min_sstable_bytes),
            bucket_low: options.number("bucket_low", default.bucket_low),
            bucket_high: options.number("bucket_high", default.bucket_high),
        }
    }

    pub(super) fn choose(&self, view: &TableView<'_>, now: UnixMicros) -> Option<Choice> {
        let candidates: Vec<&SstableView> = view.sstables.iter().collect();
        let bucket = self.most_interesting(&candidates, view);
        if !bucket.is_empty() {
            let inputs = bucket.iter().map(|it| it.generation);
            return Some(Choice::new(CompactionKind::Compaction, inputs));
        }
        let droppable = candidates.into_iter().filter(|it| worth_rewriting(it, view, now));
        let largest = droppable.max_by_key(|it| (it.bytes, it.generation))?;
        Some(Choice::new(CompactionKind::Compaction, [largest.generation]))
    }

    /// The bucket to merge, if one has enough in it. Cassandra takes the one read most; reads are not counted by SSTable here, so
    /// as with its system tables all are read alike, and it is the first one, of the smallest.
    pub(super) fn most_interesting<'a>(
        &self,
        candidates: &[&'a SstableView],
        view: &TableView<'_>,
    ) -> Vec<&'a SstableView> {
        let (min, max) = (view.common.min_threshold, view.common.max_threshold);
        let fitting = self.buckets(candidates).into_iter().map(|mut bucket| {
            bucket.truncate(max);
            bucket
        });
        fitting
            .into_iter()
            .find(|bucket| bucket.len() >= min)
            .unwrap_or_default()
    }

    /// Groups by size, the smallest first.
    pub(super) fn buckets<'a>(&self, sstables: &[&'a SstableView]) -> Vec<Vec<&'a SstableView>> {
        let mut sorted = sstables.to_vec();
        sorted.arrange_by_key(|it| (it.bytes, it.generation));
        let mut buckets: Vec<(u64, Vec<&SstableView>)> = Vec::new();
        for sstable in sorted {
            let size = sstable.bytes;
            let fits = |average: u64| {
                let near =
                    size as f64 > average as f64 * self.bucket_low && (size as f64) < average as f64 * self.bucket_high;
                near || (size < self.min_sstable_bytes && average < self.min_sstable_bytes)
            };
            match buckets.iter_mut().find(|(average, _)| fits(*average)) {
                Some((average, bucket)) => {
                    let count = bucket.len() as u64;
                    *average = (count * *average + size) / (count + 1);
                    bucket.push(sstable);
                }
                None => buckets.push((size, vec![sstable])),
            }
        }
        buckets.into_iter().map(|(_, bucket)| bucket).collect()
    }

    pub(super) fn pending(&self, view: &TableView<'_>) -> u32 {
        let candidates: Vec<&SstableView> = view.sstables.iter().collect();
        let enough = |bucket: &Vec<&SstableView>| bucket.len() >= view.common.min_threshold;
        let buckets = self.buckets(&candidates).into_iter().filter(enough);
        buckets
            .map(|it| it.len().div_ceil(view.common.max_threshold) as u32)
            .sum()
    }
}
