//! What a table's reads, writes, flushes and compactions amount to since the process started.

use std::cell::RefCell;

use super::super::summary::{CountersSummary, Histogram, TableWork};
use crate::base::{Instant, Rate, Recent};

/// How many of the last reads the histograms are made of.
const KEPT_READS: usize = 1_024;

#[derive(Debug)]
pub struct TableCounters {
    pub writes: Rate,
    pub memtable_switches: u64,
    /// Bytes of SSTables that flushes made, and compactions.
    pub flushed_bytes: u64,
    pub compacted_bytes: u64,
    /// Reads borrow the engine.
    reads: RefCell<Reads>,
}

#[derive(Debug)]
struct Reads {
    /// Of one partition each, and of ranges of them.
    single: Rate,
    scans: Rate,
    sstables: u64,
    filter_false_positives: u64,
    filter_true_negatives: u64,
    last: Recent<ReadFound>,
}

/// What a read met.
#[derive(Clone, Copy, Debug)]
pub struct ReadFound {
    pub is_scan: bool,
    pub sstables: u32,
    pub live: u32,
    pub tombstones: u32,
}

impl Default for TableCounters {
    fn default() -> TableCounters {
        let reads = Reads {
            single: Rate::default(),
            scans: Rate::default(),
            sstables: 0,
            filter_false_positives: 0,
            filter_true_negatives: 0,
            last: Recent::new(KEPT_READS),
        };
        TableCounters {
            writes: Rate::default(),
            memtable_switches: 0,
            flushed_bytes: 0,
            compacted_bytes: 0,
            reads: RefCell::new(reads),
        }
    }
}

impl TableCounters {
    pub fn note_read(&self, now: Instant, found: ReadFound) {
        let mut reads = self.reads.borrow_mut();
        match found.is_scan {
            true => reads.scans.note(now),
            false => {
                reads.single.note(now);
                reads.sstables += u64::from(found.sstables);
            }
        }
        reads.last.push(found);
    }

    pub fn note_filter(&self, skipped: bool) {
        let mut reads = self.reads.borrow_mut();
        match skipped {
            true => reads.filter_true_negatives += 1,
            false => reads.filter_false_positives += 1,
        }
    }

    /// SSTables that each of the last reads of one partition looked into.
    pub fn sstables_of_reads(&self) -> Vec<u32> {
        let reads = self.reads.borrow();
        let single = reads.last.iter().filter(|it| !it.is_scan);
        single.map(|it| it.sstables).collect()
    }

    pub fn work(&self, now: Instant) -> TableWork {
        let reads = self.reads.borrow();
        let told = |rate: &Rate| (rate.count(), rate.per_second(now));
        TableWork {
            reads: told(&reads.single),
            scans: told(&reads.scans),
            writes: told(&self.writes),
            live_rows: Histogram::of(reads.last.iter().map(|it| it.live.into())),
            tombstones: Histogram::of(reads.last.iter().map(|it| it.tombstones.into())),
        }
    }

    pub fn summary(&self) -> CountersSummary {
        let reads = self.reads.borrow();
        let over = |of: fn(&ReadFound) -> u32| {
            let largest = reads.last.iter().map(of).max()?;
            let sum: u64 = reads.last.iter().map(|it| u64::from(of(it))).sum();
            Some((sum as f64 / reads.last.len() as f64, largest))
        };
        CountersSummary {
            reads: reads.single.count(),
            writes: self.writes.count(),
            memtable_switches: self.memtable_switches,
            sstables_read: reads.sstables,
            filter_false_positives: reads.filter_false_positives,
            filter_true_negatives: reads.filter_true_negatives,
            flushed_bytes: self.flushed_bytes,
            compacted_bytes: self.compacted_bytes,
            live_rows: over(|it| it.live),
            tombstones: over(|it| it.tombstones),
        }
    }
}
