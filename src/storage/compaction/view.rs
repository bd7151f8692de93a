//! What a strategy sees of a table.

use super::{CommonOptions, Generation, History};
use crate::base::UnixMicros;
use crate::data::{DecoratedKey, EpochSeconds, WriteTimestamp};

/// An SSTable as its statistics tell of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SstableView {
    pub generation: Generation,
    /// Of the rows, as they lie on the disk.
    pub bytes: u64,
    pub level: u32,
    pub first: DecoratedKey,
    pub last: DecoratedKey,
    pub min_timestamp: WriteTimestamp,
    pub max_timestamp: WriteTimestamp,
    /// When the last of it is deleted or expires: `NEVER` if anything just lives.
    pub max_local_deletion_time: EpochSeconds,
    pub created: UnixMicros,
    /// Partitions.
    pub keys: u64,
    pub cells: u64,
    /// Deletions and expiries: at which second how many, in order.
    pub tombstones: Vec<(EpochSeconds, u32)>,
}

impl SstableView {
    pub fn overlaps(&self, other: &SstableView) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// As `overlaps`, with whole tokens: levels are told apart by these.
    pub(super) fn shares_tokens(&self, other: &SstableView) -> bool {
        self.first.token <= other.last.token && other.first.token <= self.last.token
    }
}

/// A table at one moment.
#[derive(Clone, Copy, Debug)]
pub struct TableView<'a> {
    /// Those that may be compacted, in ascending order of generation.
    pub sstables: &'a [SstableView],
    /// All, those among them that are being compacted.
    pub all: &'a [SstableView],
    /// The oldest write in a memtable.
    pub oldest_in_memory: Option<WriteTimestamp>,
    /// Deletions before this may be forgotten.
    pub gc_before: EpochSeconds,
    pub common: &'a CommonOptions,
    pub history: &'a History,
}

impl<'a> TableView<'a> {
    /// The SSTables outside `these` that overlap any of them.
    pub fn overlapping(&self, these: &[&SstableView]) -> Vec<&'a SstableView> {
        let is_one = |it: &SstableView| these.iter().any(|one| one.generation == it.generation);
        let overlaps = |it: &&SstableView| !is_one(it) && these.iter().any(|one| one.overlaps(it));
        self.all.iter().filter(overlaps).collect()
    }
}

pub(super) fn total_bytes<'a>(sstables: impl IntoIterator<Item = &'a &'a SstableView>) -> u64 {
    sstables.into_iter().map(|it| it.bytes).sum()
}
