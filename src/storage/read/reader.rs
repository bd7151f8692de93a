//! One read, partition by partition.

use super::merge::MergedRows;
use super::{LocalRead, SstablesRead, TombstoneThresholds};
use crate::data::{
    Clustering, DecoratedKey, DeletionTime, LimitCounter, Partition, PartitionSelection, Purge, RangeTombstones,
    ReadCommand, Row, Slice,
};
use crate::schema::TableMetadata;
use crate::storage::StorageError;
use crate::storage::source::{PartitionSource, PartitionStream, TableSource};

type Parts<'a> = Vec<Box<dyn PartitionSource + 'a>>;

/// Keyspaces whose reads may meet any number of tombstones: a node that cannot read its own schema does not start.
const WITHOUT_THRESHOLDS: [&str; 2] = ["system", "system_schema"];

pub struct Reader<'a> {
    command: &'a ReadCommand,
    table: &'a TableMetadata,
    thresholds: TombstoneThresholds,
    purge: Purge,
    counter: LimitCounter,
    found: LocalRead,
}

impl<'a> Reader<'a> {
    pub fn new(command: &'a ReadCommand, table: &'a TableMetadata, thresholds: TombstoneThresholds) -> Reader<'a> {
        let thresholds = if WITHOUT_THRESHOLDS.contains(&table.keyspace.as_str()) {
            TombstoneThresholds {
                warn: u32::MAX,
                fail: u32::MAX,
            }
        } else {
            thresholds
        };
        Reader {
            command,
            table,
            thresholds,
            purge: Purge::new(command.now, table.params.gc_grace_seconds),
            counter: LimitCounter::new(command.limits),
            found: LocalRead {
                partitions: Vec::new(),
                live_rows: 0,
                tombstones: 0,
                tombstone_warning: false,
                sstables: SstablesRead::default(),
            },
        }
    }

    pub fn run(mut self, sources: &[&dyn TableSource]) -> Result<LocalRead, StorageError> {
        match &self.command.partitions {
            PartitionSelection::One(key) => self.find_partition(sources, key)?,
            PartitionSelection::Range(range) => {
                let mut merged = MergedPartitions::new(sources.iter().map(|source| source.partitions(range)));
                while !self.counter.is_done()
                    && let Some((key, parts)) = merged.next()?
                {
                    if self.accepts_key(&key) {
                        self.partition(&key, &parts)?;
                    }
                }
            }
        }
        Ok(self.finish())
    }

    pub fn run_one(
        mut self,
        key: &DecoratedKey,
        parts: &[Box<dyn PartitionSource + '_>],
    ) -> Result<LocalRead, StorageError> {
        if self.accepts_key(key) {
            self.partition(key, parts)?;
        }
        Ok(self.finish())
    }

    fn finish(mut self) -> LocalRead {
        self.found.tombstone_warning = self.found.tombstones > self.thresholds.warn;
        self.found
    }

    fn accepts_key(&self, key: &DecoratedKey) -> bool {
        let columns = self.table.partition_key.len();
        self.command.filter.accepts_key(&key.key, columns)
    }

    fn find_partition(&mut self, sources: &[&dyn TableSource], key: &DecoratedKey) -> Result<(), StorageError> {
        if !self.accepts_key(key) {
            return Ok(());
        }
        let mut parts = Vec::with_capacity(sources.len());
        for source in sources {
            parts.extend(source.partition(key)?);
        }
        self.partition(key, &parts)
    }

    fn partition(&mut self, key: &DecoratedKey, parts: &[Box<dyn PartitionSource + '_>]) -> Result<(), StorageError> {
        let command = self.command;
        let deletion = parts
            .iter()
            .fold(DeletionTime::LIVE, |newest, part| newest.later(part.deletion()));
        let static_row = self.static_row(parts, &deletion)?;
        let static_passes = command.filter.accepts_static(&static_row, command.now);
        let has_live_static = static_passes && static_row.is_live(command.now);

        self.counter.begin_partition();
        let mut rows = Vec::new();
        let mut deleted_ranges = RangeTombstones::default();
        let mut slices: Vec<&Slice> = command.slices.iter().collect();
        if command.reversed {
            slices.reverse();
        }
        for slice in slices {
            if self.counter.is_partition_done() {
                break;
            }
            let mut ranges = RangeTombstones::default();
            for part in parts {
                ranges.merge(part.range_tombstones(slice)?);
            }
            ranges.shadow(&deletion);
            self.rows(parts, slice, &deletion, &ranges, static_passes, &mut rows)?;
            if self.counter.is_partition_done() {
                ranges = self.cut(&ranges, rows.last().map(|(clustering, _)| clustering), slice);
            }
            ranges.purge(&self.purge);
            deleted_ranges.merge(ranges);
        }
        self.counter
            .end_partition(has_live_static && command.counts_static_alone());
        self.count_tombstones(deleted_ranges.marker_count())?;
        let partition = Partition::assemble(
            key.clone(),
            deletion.purged(&self.purge),
            static_row,
            rows,
            deleted_ranges,
        );
        if !partition.is_empty() {
            self.found.partitions.push(partition);
        }
        Ok(())
    }

    fn static_row(
        &mut self,
        parts: &[Box<dyn PartitionSource + '_>],
        deletion: &DeletionTime,
    ) -> Result<Row, StorageError> {
        let mut row = Row::default();
        for part in parts {
            let mut other = part.static_row().clone();
            other.shadow(deletion);
            row.merge(other);
        }
        self.table.hide_dropped(&mut row);
        row.purge(&self.purge);
        self.count(&row)?;
        Ok(row)
    }

    fn rows(
        &mut self,
        parts: &[Box<dyn PartitionSource + '_>],
        slice: &Slice,
        deletion: &DeletionTime,
        ranges: &RangeTombstones,
        static_passes: bool,
        out: &mut Vec<(Clustering, Row)>,
    ) -> Result<(), StorageError> {
        let reversed = self.command.reversed;
        let now = self.command.now;
        let filter = &self.command.filter;
        for found in MergedRows::new(parts.iter().map(|part| part.rows(slice, reversed)), reversed) {
            let (clustering, mut row) = found?;
            if !filter.accepts_clustering(&clustering) {
                continue;
            }
            row.shadow(&deletion.later(ranges.covering(&clustering)));
            self.table.hide_dropped(&mut row);
            if !row.purge(&self.purge) {
                continue;
            }
            self.count(&row)?;
            // A row that fails on its values stays: another replica may have values with which the merged row passes, or the
            // one here may be what makes another's fail. It only does not count.
            let counts = row.is_live(now) && static_passes && filter.accepts_row(&row, now);
            out.push((clustering, row));
            if counts {
                self.counter.count_row();
                if self.counter.is_partition_done() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// What of a slice's deleted ranges lies no further than the last row that was read.
    fn cut(&self, ranges: &RangeTombstones, last: Option<&Clustering>, slice: &Slice) -> RangeTombstones {
        let Some(last) = last else {
            return RangeTombstones::default();
        };
        if ranges.is_empty() {
            return RangeTombstones::default();
        }
        let comparator = &self.table.comparator;
        let read = if self.command.reversed {
            Slice {
                start: comparator.before_row(last),
                end: slice.end.clone(),
            }
        } else {
            Slice {
                start: slice.start.clone(),
                end: comparator.after_row(last),
            }
        };
        ranges.within(&read)
    }

    fn count(&mut self, row: &Row) -> Result<(), StorageError> {
        let now = self.command.now;
        let dead_cells = row.cells().filter(|cell| !cell.is_live(now)).count() as u32;
        if row.is_live(now) {
            self.found.live_rows += 1;
        } else if dead_cells == 0 && !row.is_empty() {
            return self.count_tombstones(1);
        }
        self.count_tombstones(dead_cells)
    }

    fn count_tombstones(&mut self, more: u32) -> Result<(), StorageError> {
        self.found.tombstones += more;
        if self.found.tombstones > self.thresholds.fail {
            let limit = self.thresholds.fail;
            return Err(StorageError::TooManyTombstones { limit });
        }
        Ok(())
    }
}

/// The partitions of several sources in order, what they hold of each together.
struct MergedPartitions<'a> {
    sources: Vec<Merging<'a>>,
}

/// One source, and its next partition once it was looked for.
struct Merging<'a> {
    head: Option<(DecoratedKey, Box<dyn PartitionSource + 'a>)>,
    rest: PartitionStream<'a>,
}

impl<'a> MergedPartitions<'a> {
    fn new(streams: impl IntoIterator<Item = PartitionStream<'a>>) -> MergedPartitions<'a> {
        let merging = |rest| Merging { head: None, rest };
        MergedPartitions {
            sources: streams.into_iter().map(merging).collect(),
        }
    }

    fn next(&mut self) -> Result<Option<(DecoratedKey, Parts<'a>)>, StorageError> {
        let mut position = 0;
        while let Some(source) = self.sources.get_mut(position) {
            if source.head.is_none() {
                source.head = source.rest.next().transpose()?;
            }
            match source.head {
                Some(_) => position += 1,
                None => drop(self.sources.remove(position)),
            }
        }
        let keys = self.sources.iter().flat_map(|it| &it.head).map(|(key, _)| key);
        let Some(first) = keys.min().cloned() else {
            return Ok(None);
        };
        let of_first = |it: &mut Merging<'a>| it.head.take_if(|(key, _)| *key == first).map(|(_, part)| part);
        let parts = self.sources.iter_mut().filter_map(of_first).collect();
        Ok(Some((first, parts)))
    }
}
