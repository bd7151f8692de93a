//! The histograms of Statistics.db.

use std::collections::BTreeMap;

use super::header::MAX_DELETION_TIME;
use super::input::Input;
use super::output;
use crate::storage::StorageError;

/// Counts by size, in buckets that grow by a fifth each. `EstimatedHistogram`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstimatedHistogram {
    offsets: Vec<i64>,
    /// One more than offsets: the last is for what is greater than all.
    buckets: Vec<i64>,
}

/// More buckets than any real histogram has.
const MAX_BUCKETS: u32 = 4096;

impl EstimatedHistogram {
    /// Of partition sizes: up to 3.5 TB.
    pub fn of_partition_sizes() -> EstimatedHistogram {
        EstimatedHistogram::with_buckets(155)
    }

    /// Of cells a partition: up to 4 billion.
    pub fn of_cell_counts() -> EstimatedHistogram {
        EstimatedHistogram::with_buckets(118)
    }

    pub fn with_buckets(count: usize) -> EstimatedHistogram {
        let mut offsets = vec![1i64];
        while offsets.len() < count {
            let last = offsets[offsets.len() - 1];
            let next = libm::floor(last as f64 * 1.2 + 0.5) as i64;
            offsets.push(next.max(last + 1));
        }
        EstimatedHistogram {
            buckets: vec![0; count + 1],
            offsets,
        }
    }

    pub fn add(&mut self, value: i64) {
        self.add_many(value, 1);
    }

    pub fn add_many(&mut self, value: i64, count: i64) {
        let bucket = self.offsets.partition_point(|offset| *offset < value);
        self.buckets[bucket] += count;
    }

    /// The largest value each bucket stands for, and its count; nothing beyond the largest.
    pub fn buckets(&self) -> impl Iterator<Item = (i64, i64)> {
        self.offsets.iter().copied().zip(self.buckets.iter().copied())
    }

    pub fn count(&self) -> i64 {
        self.buckets.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }

    pub fn percentile(&self, share: f64) -> i64 {
        let wanted = libm::ceil(self.count() as f64 * share) as i64;
        let mut seen = 0i64;
        let found = self.buckets().find(|(_, count)| {
            seen = seen.saturating_add(*count);
            seen >= wanted
        });
        found.filter(|_| wanted > 0).map_or(0, |(offset, _)| offset)
    }

    pub fn min(&self) -> i64 {
        match self.buckets.iter().position(|count| *count > 0) {
            Some(0) | None => 0,
            Some(at) => 1 + self.offsets[at - 1],
        }
    }

    pub fn max(&self) -> i64 {
        let largest = self.buckets().filter(|(_, count)| *count > 0).last();
        match self.buckets.last() {
            Some(beyond) if *beyond > 0 => i64::MAX,
            _ => largest.map_or(0, |(offset, _)| offset),
        }
    }

    /// The mean, rounded up.
    pub fn mean(&self) -> i64 {
        let (count, sum) = self.buckets().fold((0i64, 0i64), |(count, sum), (offset, more)| {
            (
                count.saturating_add(more),
                sum.saturating_add(offset.saturating_mul(more)),
            )
        });
        match count {
            0 => 0,
            _ => libm::ceil(sum as f64 / count as f64) as i64,
        }
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        output::u32(self.buckets.len() as u32, out);
        for (at, count) in self.buckets.iter().enumerate() {
            output::i64(self.offsets[at.saturating_sub(1)], out);
            output::i64(*count, out);
        }
    }

    pub fn decode(input: &mut dyn Input) -> Result<EstimatedHistogram, StorageError> {
        let count = input.u32()?;
        if !(2..=MAX_BUCKETS).contains(&count) {
            return Err(input.corrupt(&format!("a histogram of {count} buckets")));
        }
        let (mut offsets, mut buckets) = (Vec::new(), Vec::new());
        for at in 0..count {
            let offset = input.i64()?;
            if at > 0 {
                offsets.push(offset);
            }
            buckets.push(input.i64()?);
        }
        // What is beyond the largest bucket is forgotten, so that means and percentiles can be told.
        if let Some(beyond) = buckets.last_mut() {
            *beyond = 0;
        }
        Ok(EstimatedHistogram { offsets, buckets })
    }
}

/// How many tombstones are there by the time they can be dropped: at most a hundred points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TombstoneHistogram(Vec<(i64, i64)>);

impl TombstoneHistogram {
    /// Seconds since the epoch and the tombstones about there.
    pub fn points(&self) -> &[(i64, i64)] {
        &self.0
    }

    /// About how many can be dropped at a time.
    pub fn sum(&self, until: i64) -> f64 {
        let mut sum = 0.0;
        let mut previous: Option<(i64, i64)> = None;
        for (point, count) in &self.0 {
            if *point > until {
                let Some((before, count_before)) = previous else {
                    return 0.0;
                };
                let (count, count_before) = (*count as f64, count_before as f64);
                let weight = (until - before) as f64 / (point - before) as f64;
                let here = count_before + (count - count_before) * weight;
                return sum - count_before + (count_before + here) * weight / 2.0 + count_before / 2.0;
            }
            sum += *count as f64;
            previous = Some((*point, *count));
        }
        sum
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        output::u32(self.0.len() as u32, out);
        output::u32(self.0.len() as u32, out);
        for (point, count) in &self.0 {
            output::f64(*point as f64, out);
            output::i64(*count, out);
        }
    }

    /// `whole`: points and counts are whole numbers, of 64 and 32 bits.
    pub fn decode(input: &mut dyn Input, whole: bool) -> Result<TombstoneHistogram, StorageError> {
        input.u32()?;
        let count = input.u32()?;
        let mut points: Vec<(i64, i64)> = Vec::new();
        for _ in 0..count {
            let point = if whole { input.i64()? } else { input.f64()? as i64 };
            let count = if whole { input.i32()?.into() } else { input.i64()? };
            if points.last().is_some_and(|(last, _)| *last >= point) {
                return Err(input.corrupt("a histogram out of order"));
            }
            points.push((point, count));
        }
        Ok(TombstoneHistogram(points))
    }
}

/// `SSTable.TOMBSTONE_HISTOGRAM_BIN_SIZE`.
const MAX_POINTS: usize = 100;
/// `SSTable.TOMBSTONE_HISTOGRAM_SPOOL_SIZE`, as a power of two.
const SPOOL_CELLS: u32 = 1 << 17;
/// `cassandra.streaminghistogram.roundseconds`.
const ROUND_SECONDS: i64 = 60;

/// Collects a [`TombstoneHistogram`]. `StreamingTombstoneHistogramBuilder`.
#[derive(Clone, Debug, Default)]
pub struct TombstoneHistogramBuilder {
    points: BTreeMap<i64, i64>,
    /// By the cell of Cassandra's hash table, whose order is that in which the points are merged.
    spool: BTreeMap<u32, (i64, i64)>,
}

impl TombstoneHistogramBuilder {
    pub fn add(&mut self, at: i64) {
        let point = round_up(at);
        if !self.spool(point) {
            self.flush();
            self.spool(point);
        }
    }

    fn spool(&mut self, point: i64) -> bool {
        const PRIME: i64 = 948_701_839;
        const ATTEMPTS: u32 = 100;
        if self.spool.len() > SPOOL_CELLS as usize {
            return false;
        }
        let cell = (SPOOL_CELLS - 1) & point.wrapping_mul(PRIME) as u32;
        for attempt in 0..ATTEMPTS {
            let (mine, count) = self
                .spool
                .entry((cell + attempt) % (2 * SPOOL_CELLS))
                .or_insert((point, 0));
            if *mine == point {
                *count += 1;
                return true;
            }
        }
        false
    }

    fn flush(&mut self) {
        for (_, (point, count)) in core::mem::take(&mut self.spool) {
            *self.points.entry(point).or_insert(0) += count;
            if self.points.len() > MAX_POINTS {
                self.merge_nearest();
            }
        }
    }

    fn merge_nearest(&mut self) {
        let pairs = self.points.keys().zip(self.points.keys().skip(1));
        let Some((first, second)) = pairs.map(|(a, b)| (*a, *b)).min_by_key(|(a, b)| b - a) else {
            return;
        };
        let counts = (self.points.remove(&first), self.points.remove(&second));
        let (Some(first_count), Some(second_count)) = counts else {
            return;
        };
        let count = first_count + second_count;
        let weighed = (first.wrapping_mul(first_count)).wrapping_add(second.wrapping_mul(second_count));
        let middle = if weighed < 0 { i64::MAX } else { weighed } / count;
        let point = round_up(middle.max(first + 1).min(second));
        *self.points.entry(point).or_insert(0) += count;
    }

    pub fn build(mut self) -> TombstoneHistogram {
        self.flush();
        let capped = |count: i64| count.min(i32::MAX.into());
        TombstoneHistogram(
            self.points
                .into_iter()
                .map(|(point, count)| (point, capped(count)))
                .collect(),
        )
    }
}

fn round_up(at: i64) -> i64 {
    let at = at.clamp(0, MAX_DELETION_TIME);
    match at % ROUND_SECONDS {
        0 => at,
        over => (at + ROUND_SECONDS - over).min(MAX_DELETION_TIME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_grow_by_a_fifth() {
        let mut histogram = EstimatedHistogram::of_partition_sizes();
        assert_eq!(
            histogram.offsets[..14],
            [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 24]
        );
        assert_eq!(histogram.offsets.last(), Some(&3_520_571_548_412));
        [38, 38, 36, 29, 31].into_iter().for_each(|size| histogram.add(size));
        assert_eq!((histogram.min(), histogram.max()), (25, 42));
        assert_eq!(histogram.percentile(0.5), 42);
    }

    #[test]
    fn tombstones_are_merged_to_a_hundred_points() {
        let mut builder = TombstoneHistogramBuilder::default();
        (0..5000).for_each(|n| builder.add(1_700_000_000 + n * 97));
        let histogram = builder.build();
        assert_eq!(histogram.points().len(), MAX_POINTS);
        assert_eq!(histogram.points().iter().map(|(_, count)| count).sum::<i64>(), 5000);
        assert_eq!(histogram.sum(1_600_000_000), 0.0);
        assert_eq!(histogram.sum(1_800_000_000), 5000.0);
    }
}
