//! Counting rows towards a read's limits: for replicas and for coordinators, which must agree.

use super::{ReadCommand, ReadLimits, Slice};

impl ReadCommand {
    /// Whether a partition that has nothing but a live static row counts: when whole partitions were asked for, or nothing
    /// but static columns.
    pub fn counts_static_alone(&self) -> bool {
        match self.slices.as_slice() {
            [] => true,
            [only] => *only == Slice::all() && !self.filter.has_row_conditions(),
            _ => false,
        }
    }
}

/// Counts the live rows that pass the filter, partition by partition.
#[derive(Clone, Copy, Debug)]
pub struct LimitCounter {
    limits: ReadLimits,
    rows: u32,
    partitions: u32,
    rows_in_partition: u32,
}

impl LimitCounter {
    pub fn new(limits: ReadLimits) -> LimitCounter {
        LimitCounter {
            limits,
            rows: 0,
            partitions: 0,
            rows_in_partition: 0,
        }
    }

    /// What is left of the limits for the partitions that follow.
    pub fn left(&self) -> ReadLimits {
        ReadLimits {
            rows: self.limits.rows.saturating_sub(self.rows),
            rows_per_partition: self.limits.rows_per_partition,
            partitions: self.limits.partitions.saturating_sub(self.partitions),
        }
    }

    pub fn begin_partition(&mut self) {
        self.rows_in_partition = 0;
    }

    pub fn count_row(&mut self) {
        debug_assert!(!self.is_partition_done(), "a row beyond the limits is counted");
        self.rows += 1;
        self.rows_in_partition += 1;
    }

    /// `static_counts`: the partition has a live static row that passes the filter, and one alone counts.
    pub fn end_partition(&mut self, static_counts: bool) {
        if self.rows_in_partition == 0 && static_counts && !self.is_done() {
            self.rows += 1;
            self.rows_in_partition = 1;
        }
        if self.rows_in_partition > 0 {
            self.partitions += 1;
        }
    }

    /// No more rows of this partition are wanted.
    pub fn is_partition_done(&self) -> bool {
        self.rows_in_partition >= self.limits.rows_per_partition || self.rows >= self.limits.rows
    }

    /// No more rows at all are wanted.
    pub fn is_done(&self) -> bool {
        self.rows >= self.limits.rows || self.partitions >= self.limits.partitions
    }

    pub fn rows(&self) -> u32 {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_partitions_and_lone_statics_count() {
        let mut counter = LimitCounter::new(ReadLimits {
            rows: 3,
            rows_per_partition: 2,
            partitions: 5,
        });
        counter.begin_partition();
        counter.count_row();
        assert!(!counter.is_partition_done());
        counter.count_row();
        assert!(counter.is_partition_done() && !counter.is_done());
        counter.end_partition(true);
        assert_eq!(counter.rows(), 2, "a static row beside others does not count");
        counter.begin_partition();
        counter.end_partition(true);
        assert!(counter.is_done());
    }
}
