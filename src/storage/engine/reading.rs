//! Reads: which of a table's memtables and SSTables one has to look into.
//!
//! For one partition SSTables are taken from the newest on, so that those older than all that is asked for are never opened.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use super::super::StorageError;
use super::super::read::{self, FoundIn, LocalRead, MergedRows, SstablesRead};
use super::super::source::{PartitionSource, TableSource};
use super::super::sstable::{IndexEntry, SstableSource};
use super::counters::ReadFound;
use super::table::{Sstable, Table};
use super::{Engine, merge};
use crate::base::Arrange;
use crate::data::{
    ClusteringBound, DecoratedKey, DeletionTime, EpochSeconds, Partition, PartitionSelection, Purge, ReadCommand, Row,
    Slice, TableId, WriteTimestamp,
};
use crate::schema::{ColumnMetadata, TableMetadata};

type Parts<'a> = Vec<Box<dyn PartitionSource + 'a>>;

impl Engine {
    /// Carries out a read on what this node has.
    pub fn read(&self, command: &ReadCommand, table: &TableMetadata) -> Result<LocalRead, StorageError> {
        debug_assert_eq!(command.table, table.id, "a command is read with its own table");
        let Some(held) = self.tables.get(&command.table) else {
            return read::read_range(&[], command, table, self.config.tombstones);
        };
        let found = match &command.partitions {
            PartitionSelection::One(key) => {
                let mut sstables = SstablesRead::default();
                let parts = self.parts_for(held, command, table, key, &mut sstables)?;
                let mut found = read::read_partition(parts, key, command, table, self.config.tombstones)?;
                found.sstables = sstables;
                found
            }
            PartitionSelection::Range(range) => {
                let covers = |it: &&Sstable| !range.is_past_end(&it.view.first) && range.is_past_start(&it.view.last);
                let sources: Vec<SstableSource<'_>> = held
                    .sstables
                    .values()
                    .filter(covers)
                    .map(|it| it.reader.source(&*self.disk))
                    .collect();
                let memtables = held.memtables().map(|it| it as &dyn TableSource);
                let all: Vec<&dyn TableSource> = memtables
                    .chain(sources.iter().map(|it| it as &dyn TableSource))
                    .collect();
                let mut found = read::read_range(&all, command, table, self.config.tombstones)?;
                found.sstables.merged = sources.len() as u32;
                found.sstables.of = held.sstables.len() as u32;
                found
            }
        };
        let met = ReadFound {
            is_scan: matches!(command.partitions, PartitionSelection::Range(_)),
            sstables: found.sstables.merged,
            live: found.live_rows,
            tombstones: found.tombstones,
        };
        held.counters.note_read(self.now, met);
        Ok(found)
    }

    fn parts_for<'a>(
        &'a self,
        held: &'a Table,
        command: &ReadCommand,
        table: &TableMetadata,
        key: &DecoratedKey,
        told: &mut SstablesRead,
    ) -> Result<Parts<'a>, StorageError> {
        let mut parts: Parts<'a> = Vec::new();
        for memtable in held.memtables() {
            parts.extend(memtable.partition(key)?);
        }
        let mut newest_first: Vec<&Sstable> = held
            .sstables
            .values()
            .filter(|it| it.reader.info().may_cover(key))
            .collect();
        newest_first.arrange_by_key(|it| core::cmp::Reverse((it.view.max_timestamp, it.generation())));
        told.of = newest_first.len() as u32;
        let by_rows = is_by_rows(command, table);
        let mut deletion = parts
            .iter()
            .fold(DeletionTime::LIVE, |newest, it| newest.later(it.deletion()));
        for sstable in newest_first {
            // All that is left is older than this one.
            if sstable.view.max_timestamp < deletion.marked_for_delete_at {
                break;
            }
            // It has older cells only, and no deletion that another replica's answer would have beside the newer ones.
            if by_rows
                && !parts.is_empty()
                && sstable.reader.info().has_no_deletions()
                && has_newer(&parts, command, table, sstable.view.max_timestamp)?
            {
                continue;
            }
            if !may_hold_slices(sstable, command, table) {
                told.skipped += 1;
                continue;
            }
            if !sstable.reader.may_contain(key) {
                held.counters.note_filter(true);
                told.by_filter.push(sstable.generation().0);
                continue;
            }
            let Some(entry) = self.find(command.table, sstable, key, told)? else {
                held.counters.note_filter(false);
                continue;
            };
            let part = sstable.reader.partition_at(&*self.disk, key, entry)?;
            deletion = deletion.later(part.deletion());
            told.merged += 1;
            parts.push(Box::new(part));
        }
        Ok(parts)
    }

    fn find(
        &self,
        id: TableId,
        sstable: &Sstable,
        key: &DecoratedKey,
        told: &mut SstablesRead,
    ) -> Result<Option<IndexEntry>, StorageError> {
        let place = (id, sstable.generation().0, key.clone());
        let known = self.key_cache.get(&place);
        let cached = known.is_some();
        let found = match known {
            Some(entry) => Some(entry),
            None => sstable.reader.find(&*self.disk, key)?,
        };
        if let Some(entry) = &found {
            told.found.push(FoundIn {
                generation: sstable.generation().0,
                cached,
                blocks: entry.rows.as_ref().map_or(0, |it| it.blocks.len() as u32),
            });
            if !cached {
                self.key_cache.put(place, entry.clone());
            }
        }
        Ok(found)
    }

    /// A partition as it is stored, with everything that has expired or is past its grace: for looking at.
    pub fn partition(&self, id: TableId, key: &DecoratedKey) -> Result<Option<Partition>, StorageError> {
        let Some(table) = self.tables.get(&id) else {
            return Ok(None);
        };
        let mut parts: Parts<'_> = Vec::new();
        for memtable in table.memtables() {
            parts.extend(memtable.partition(key)?);
        }
        for sstable in table.sstables.values() {
            if let Some(entry) = sstable.reader.find(&*self.disk, key)? {
                parts.push(Box::new(sstable.reader.partition_at(&*self.disk, key, entry)?));
            }
        }
        let parts: Vec<&dyn PartitionSource> = parts.iter().map(|it| &**it).collect();
        let nothing = Purge::new(EpochSeconds(i64::MIN), 0);
        let partition = merge::merge_parts(key, &parts, &merge::Shadows::NONE, &nothing)?;
        Ok((!partition.is_empty()).then_some(partition))
    }
}

/// Whether rows are asked for each by its whole clustering.
fn is_by_rows(command: &ReadCommand, table: &TableMetadata) -> bool {
    let columns = table.comparator.len();
    let is_row = |it: &Slice| it.start.prefix().len() == columns && it.start.prefix() == it.end.prefix();
    !command.slices.is_empty() && command.slices.iter().all(is_row)
}

/// Whether an SSTable may have rows of the slices, or anything that hides some. It is asked for with the smallest and largest
/// clustering it has.
fn may_hold_slices(sstable: &Sstable, command: &ReadCommand, table: &TableMetadata) -> bool {
    let info = sstable.reader.info();
    if !info.has_no_deletions() || !table.statics.is_empty() || table.comparator.is_empty() {
        return true;
    }
    let covered = &info.stats().covered;
    let bound = |values: &crate::data::ClusteringValues, after: bool| -> ClusteringBound {
        let values = values.iter().cloned();
        if after {
            table.comparator.after(values)
        } else {
            table.comparator.before(values)
        }
    };
    let covered = Slice {
        start: bound(&covered.min, false),
        end: bound(&covered.max, true),
    };
    command
        .slices
        .iter()
        .any(|slice| slice.intersection(&covered).is_some())
}

/// Whether every row asked for was found whole and newer than `timestamp`: whatever is older cannot change it.
fn has_newer(
    parts: &[Box<dyn PartitionSource + '_>],
    command: &ReadCommand,
    table: &TableMetadata,
    timestamp: WriteTimestamp,
) -> Result<bool, StorageError> {
    if !table.statics.is_empty() {
        return Ok(false);
    }
    for slice in &command.slices {
        let mut rows = MergedRows::new(parts.iter().map(|part| part.rows(slice, false)), false);
        let Some(row) = rows.next().transpose()?.map(|(_, row)| row) else {
            return Ok(false);
        };
        if !is_whole(&row, table, timestamp) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A replica answers with all columns, so all of them have to be there.
fn is_whole(row: &Row, table: &TableMetadata, timestamp: WriteTimestamp) -> bool {
    let is_newer = |column: &ColumnMetadata| row.cell(&column.name).is_some_and(|cell| cell.timestamp > timestamp);
    row.deletion.deletes(timestamp)
        || (row.liveness.is_some_and(|it| it.timestamp > timestamp) && table.regulars.values().all(is_newer))
}

/// Which SSTable of which table, and a key in it.
type Place = (TableId, u64, DecoratedKey);

/// Index entries that were found last. Cassandra's key cache is of 5% of the heap, at most 100 MiB; this one counts entries.
#[derive(Debug, Default)]
pub(super) struct KeyCache(RefCell<Entries>);

#[derive(Debug, Default)]
struct Entries {
    found: BTreeMap<Place, IndexEntry>,
    /// Oldest first.
    order: VecDeque<Place>,
    hits: u64,
    requests: u64,
}

impl KeyCache {
    const ENTRIES: usize = 4_096;

    fn get(&self, place: &Place) -> Option<IndexEntry> {
        let entries = &mut *self.0.borrow_mut();
        entries.requests += 1;
        let found = entries.found.get(place).cloned();
        entries.hits += u64::from(found.is_some());
        found
    }

    fn put(&self, place: Place, entry: IndexEntry) {
        let entries = &mut *self.0.borrow_mut();
        if entries.order.len() == KeyCache::ENTRIES
            && let Some(oldest) = entries.order.pop_front()
        {
            entries.found.remove(&oldest);
        }
        if entries.found.insert(place.clone(), entry).is_none() {
            entries.order.push_back(place);
        }
    }

    /// Generations start anew for no table, but entries of one that is gone are of no use.
    pub fn forget_table(&self, table: TableId) {
        let entries = &mut *self.0.borrow_mut();
        entries.found.retain(|(id, ..), _| *id != table);
        entries.order.retain(|(id, ..)| *id != table);
    }

    pub fn clear(&self) {
        let entries = &mut *self.0.borrow_mut();
        entries.found.clear();
        entries.order.clear();
    }

    /// Entries, hits and requests.
    pub fn counts(&self) -> (u64, u64, u64) {
        let entries = self.0.borrow();
        (entries.found.len() as u64, entries.hits, entries.requests)
    }
}
