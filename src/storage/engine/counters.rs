//! What a table's reads, writes, flushes and compactions amount to since the process started.

use std::cell::RefCell;

use super::super::summary::CountersSummary;
use crate::base::Recent;

/// How many of the last reads the histograms are made of.
const KEPT_READS: usize = 1_024;

#[derive(Debug)]
pub struct TableCounters {
    pub writes: u64,
    pub memtable_switches: u64,
    /// Bytes of SSTables that flushes made, and compactions.
    pub flushed_bytes: u64,
    pub compacted_bytes: u64,
    /// Reads borrow the engine.
    reads: RefCell<Reads>,
}

#[derive(Debug)]
struct Reads {
    count: u64,
    sstables: u64,
    filter_false_positives: u64,
    filter_true_negatives: u64,
    /// Of the last reads: SSTables, live rows and tombstones.
    last: Recent<(u32, u32, u32)>,
}

impl Default for TableCounters {
    fn default() -> TableCounters {
        let reads = Reads {
            count: 0,
            sstables: 0,
            filter_false_positives: 0,
            filter_true_negatives: 0,
            last: Recent::new(KEPT_READS),
        };
        TableCounters {
            writes: 0,
            memtable_switches: 0,
            flushed_bytes: 0,
            compacted_bytes: 0,
            reads: RefCell::new(reads),
        }
    }
}

impl TableCounters {
    pub fn note_read(&self, sstables: u32, live: u32, tombstones: u32) {
        let mut reads = self.reads.borrow_mut();
        reads.count += 1;
        reads.sstables += u64::from(sstables);
        reads.last.push((sstables, live, tombstones));
    }

    pub fn note_filter(&self, skipped: bool) {
        let mut reads = self.reads.borrow_mut();
        match skipped {
            true => reads.filter_true_negatives += 1,
            false => reads.filter_false_positives += 1,
        }
    }

    /// SSTables that each of the last reads looked into.
    pub fn sstables_of_reads(&self) -> Vec<u32> {
        self.reads
            .borrow()
            .last
            .iter()
            .map(|(sstables, ..)| *sstables)
            .collect()
    }

    pub fn summary(&self) -> CountersSummary {
        let reads = self.reads.borrow();
        let over = |of: fn(&(u32, u32, u32)) -> u32| {
            let largest = reads.last.iter().map(of).max()?;
            let sum: u64 = reads.last.iter().map(|it| u64::from(of(it))).sum();
            Some((sum as f64 / reads.last.len() as f64, largest))
        };
        CountersSummary {
            reads: reads.count,
            writes: self.writes,
            memtable_switches: self.memtable_switches,
            sstables_read: reads.sstables,
            filter_false_positives: reads.filter_false_positives,
            filter_true_negatives: reads.filter_true_negatives,
            flushed_bytes: self.flushed_bytes,
            compacted_bytes: self.compacted_bytes,
            live_rows: over(|it| it.1),
            tombstones: over(|it| it.2),
        }
    }
}
