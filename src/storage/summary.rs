//! What the engine tells of its state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sstable::EstimatedHistogram;
use crate::data::{TableId, Token};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StorageSummary {
    pub tables: Vec<TableSummary>,
    pub commit_log: CommitLogSummary,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableSummary {
    pub table: TableId,
    pub memtable_bytes: u64,
    pub memtable_partitions: u64,
    pub memtable_rows: u64,
    pub memtable_tombstones: u64,
    /// A memtable is being flushed.
    pub is_flushing: bool,
    pub sstables: Vec<SstableSummary>,
    pub counters: CountersSummary,
}

/// One SSTable, by what its statistics say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SstableSummary {
    pub generation: u64,
    pub level: u32,
    /// Of all its files, and of its data before compression.
    pub bytes: u64,
    pub uncompressed_bytes: u64,
    pub data_bytes: u64,
    pub filter_bytes: u64,
    pub keys: u64,
    pub rows: u64,
    pub first: Token,
    pub last: Token,
    pub min_timestamp: i64,
    pub max_timestamp: i64,
    pub droppable_tombstone_ratio: f64,
    /// Smallest, largest and mean size of its partitions.
    pub partition_bytes: [i64; 3],
    pub is_compacting: bool,
}

/// Since the process started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CountersSummary {
    pub reads: u64,
    pub writes: u64,
    pub memtable_switches: u64,
    /// SSTables looked into over all reads.
    pub sstables_read: u64,
    pub filter_false_positives: u64,
    pub filter_true_negatives: u64,
    /// Bytes written by flushes and by compactions: write amplification is their sum by the first.
    pub flushed_bytes: u64,
    pub compacted_bytes: u64,
    /// Of the last reads: mean and largest number of live rows and of tombstones; nothing when there were none.
    pub live_rows: Option<(f64, u32)>,
    pub tombstones: Option<(f64, u32)>,
}

/// Counts of reads and writes with their rates a second, and what the last reads met.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableWork {
    pub reads: (u64, f64),
    pub scans: (u64, f64),
    pub writes: (u64, f64),
    pub live_rows: Histogram,
    pub tombstones: Histogram,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitLogSummary {
    pub segments: u32,
    pub bytes: u64,
    /// Appended but not yet safe from a crash.
    pub unsynced_bytes: u64,
}

/// A file of the commit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentSummary {
    pub file: String,
    pub bytes: u32,
    /// It takes the records.
    pub is_active: bool,
    /// Tables with data here that no SSTable has yet.
    pub dirty: Vec<TableId>,
    /// Values of the node's own whose newest version is here.
    pub own_values: u64,
}

/// How often which values were seen, in buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// The largest value of a bucket, and how many it has: those with any.
    buckets: BTreeMap<i64, i64>,
    pub min: i64,
    pub max: i64,
}

/// `DecayingEstimatedHistogramReservoir.DEFAULT_BUCKET_COUNT`.
const BUCKETS: usize = 164;

impl Histogram {
    /// Each value counts as the largest of its bucket, and nothing as one.
    pub fn of(values: impl Iterator<Item = i64>) -> Histogram {
        let mut all = EstimatedHistogram::with_buckets(BUCKETS);
        values.for_each(|it| all.add(it));
        let mut histogram = Histogram::default();
        histogram.add(all.buckets(), all.min(), all.max());
        histogram
    }

    pub(super) fn add(&mut self, buckets: impl Iterator<Item = (i64, i64)>, min: i64, max: i64) {
        self.min = if self.buckets.is_empty() {
            min
        } else {
            min.min(self.min)
        };
        self.max = max.max(self.max);
        for (limit, count) in buckets.filter(|(_, count)| *count > 0) {
            *self.buckets.entry(limit).or_default() += count;
        }
    }

    /// The value that so large a share of all is not above. `EstimatedHistogram.percentile`.
    pub fn percentile(&self, share: f64) -> i64 {
        let all: i64 = self.buckets.values().sum();
        let wanted = (all as f64 * share).ceil() as i64;
        let mut seen = 0;
        let mut reached = self.buckets.iter().filter(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        reached.next().map_or(0, |(limit, _)| *limit)
    }
}
