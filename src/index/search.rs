//! Rows found by an index.

use bytes::Bytes;

use super::entries::add_row;
use super::nearest;
use crate::base::SortedMap;
use crate::data::{
    Clustering, ClusteringBound, ColumnCondition, ColumnData, ColumnSelection, DecoratedKey, DeletionTime, IndexSearch,
    LimitCounter, Mutation, Operator, Partition, PartitionBound, PartitionRange, PartitionSelection, ReadCommand,
    ReadLimits, Row, RowFilter, Slice, WriteTimestamp,
};
use crate::schema::{IndexTable, Place, Schema, TableMetadata, entry_term, token_value};
use crate::storage::{Durability, Engine, LocalRead, StorageError};

/// Entries read at a time.
const ENTRIES: u32 = 256;

/// What a search came to.
#[derive(Debug)]
pub enum Found {
    /// The command asks for no search, or for rows that are found as fast by their key.
    NotAsked,
    /// The node does not have the index (yet, or any more).
    NoIndex,
    /// Nothing can be measured against the vector asked for.
    Refused,
    Rows(LocalRead),
}

/// Carries out a read of a range by an index, if it asks for that.
pub fn find(
    engine: &mut Engine,
    schema: &Schema,
    table: &TableMetadata,
    command: &ReadCommand,
) -> Result<Found, StorageError> {
    let PartitionSelection::Range(range) = &command.partitions else {
        return Ok(Found::NotAsked);
    };
    if let Some(nearest) = &command.filter.nearest {
        return nearest::find(engine, schema, table, command, nearest);
    }
    let Some(search) = &command.filter.search else {
        return Ok(Found::NotAsked);
    };
    let indexes = schema.indexes(table.id);
    let Some(index) = indexes.iter().find(|it| it.index.name == search.index) else {
        return Ok(Found::NoIndex);
    };
    let mut reader = Reader {
        engine,
        index,
        table,
        command,
        search,
        counter: LimitCounter::new(command.limits),
        found: LocalRead {
            partitions: Vec::new(),
            live_rows: 0,
            tombstones: 0,
            tombstone_warning: false,
            sstables: Default::default(),
        },
        stale: Vec::new(),
    };
    reader.run(range)?;
    let Reader { found, stale, .. } = reader;
    for mutation in stale {
        engine.apply(mutation, Durability::MemoryOnly)?;
    }
    Ok(Found::Rows(found))
}

/// An entry: what it is of, where it leads, when it was written.
struct Hit {
    term: Bytes,
    place: Place,
    written: WriteTimestamp,
}

struct Reader<'a> {
    engine: &'a Engine,
    index: &'a IndexTable,
    table: &'a TableMetadata,
    command: &'a ReadCommand,
    search: &'a IndexSearch,
    counter: LimitCounter,
    found: LocalRead,
    stale: Vec<Mutation>,
}

impl Reader<'_> {
    fn run(&mut self, range: &PartitionRange) -> Result<(), StorageError> {
        let conditions: Vec<&ColumnCondition> = self.command.filter.searched().collect();
        match conditions.as_slice() {
            [] => Ok(()),
            [only] if !is_bound(only.operator) => self.by_term(&term_of(only), range),
            bounds => self.by_range(bounds, range),
        }
    }

    /// Entries of one term lie in the order of the base table's partitions: they are read no further than they are needed.
    fn by_term(&mut self, term: &Bytes, range: &PartitionRange) -> Result<(), StorageError> {
        let bound = |at: &PartitionBound| self.place_bound(term, at);
        let mut slice = Slice {
            start: bound(&range.start),
            end: bound(&range.end),
        };
        let mut waiting: Vec<Hit> = Vec::new();
        loop {
            let hits = self.hits(self.index.key(term), &slice, ENTRIES, Some(term))?;
            let is_last = hits.len() < ENTRIES as usize;
            if let Some(last) = hits.last() {
                let entry = self.index.entry(term, &last.place);
                slice.start = self.index.table.comparator.after_row(&entry);
            }
            waiting.extend(hits);
            // Of the last partition there may be more entries to come.
            let unfinished = match waiting.last().map(|it| it.place.key.clone()) {
                Some(last) if !is_last => waiting.partition_point(|it| it.place.key != last),
                _ => waiting.len(),
            };
            let rest = waiting.split_off(unfinished);
            for (key, hits) in by_key(core::mem::replace(&mut waiting, rest)) {
                if self.counter.is_done() {
                    return Ok(());
                }
                self.partition(&key, hits)?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Entries of a range of terms lie in the order of the terms: all are read.
    fn by_range(&mut self, bounds: &[&ColumnCondition], range: &PartitionRange) -> Result<(), StorageError> {
        let comparator = &self.index.table.comparator;
        let mut slice = Slice::all();
        for bound in bounds {
            let value = || [Some(bound.value.clone())];
            match bound.operator {
                Operator::Gt => slice.start = slice.start.max(comparator.after(value())),
                Operator::GtEq => slice.start = slice.start.max(comparator.before(value())),
                Operator::Lt => slice.end = slice.end.min(comparator.before(value())),
                _ => slice.end = slice.end.min(comparator.after(value())),
            }
        }
        if slice.is_empty() {
            return Ok(());
        }
        let hits = self.hits(self.index.key(&[]), &slice, u32::MAX, None)?;
        let within = hits.into_iter().filter(|it| range.contains(&it.place.key));
        for (key, hits) in by_key(within) {
            if self.counter.is_done() {
                break;
            }
            self.partition(&key, hits)?;
        }
        Ok(())
    }

    fn place_bound(&self, term: &[u8], at: &PartitionBound) -> ClusteringBound {
        let mut values = self.index.prefix(term);
        values.push(Some(token_value(at.token())));
        if let PartitionBound::BeforeKey(key) | PartitionBound::AfterKey(key) = at {
            values.push(Some(key.key.0.clone()));
        }
        let comparator = &self.index.table.comparator;
        match at {
            PartitionBound::BeforeToken(_) | PartitionBound::BeforeKey(_) => comparator.before(values),
            PartitionBound::AfterToken(_) | PartitionBound::AfterKey(_) => comparator.after(values),
        }
    }

    /// Live entries of a partition of the index's table; `term` is what they are of, unless they say so themselves.
    fn hits(
        &self,
        key: DecoratedKey,
        slice: &Slice,
        limit: u32,
        term: Option<&Bytes>,
    ) -> Result<Vec<Hit>, StorageError> {
        let command = ReadCommand {
            table: self.index.table.id,
            partitions: PartitionSelection::One(key),
            slices: vec![slice.clone()],
            reversed: false,
            columns: ColumnSelection::All,
            filter: RowFilter::default(),
            limits: ReadLimits::rows(limit),
            now: self.command.now,
        };
        let read = self.engine.read(&command, &self.index.table)?;
        let rows = read.partitions.iter().flat_map(Partition::rows);
        let hit = |(entry, row): (&Clustering, &Row)| {
            let written = row.liveness.filter(|it| it.is_live(self.command.now))?.timestamp;
            let own = entry.values().first().cloned().flatten();
            Some(Hit {
                term: term.cloned().or(own)?,
                place: self.index.place(entry)?,
                written,
            })
        };
        Ok(rows.filter_map(hit).collect())
    }

    /// Reads what entries of one partition lead to.
    fn partition(&mut self, key: &DecoratedKey, hits: Vec<Hit>) -> Result<(), StorageError> {
        let filter = &self.command.filter;
        if !filter.accepts_key(&key.key, self.table.partition_key.len()) {
            return Ok(());
        }
        let by_row = self.by_row(hits);
        let comparator = &self.table.comparator;
        let slices = match self.index.finds_rows {
            false => self.command.slices.clone(),
            true => {
                let is_wanted = |row: &&Clustering| self.command.slices.iter().any(|slice| slice.contains(row));
                let slice = |row: &Clustering| Slice {
                    start: comparator.before_row(row),
                    end: comparator.after_row(row),
                };
                by_row.keys().flatten().filter(is_wanted).map(slice).collect()
            }
        };
        if slices.is_empty() {
            return Ok(());
        }
        let command = ReadCommand {
            partitions: PartitionSelection::One(key.clone()),
            slices,
            filter: RowFilter {
                search: None,
                ..filter.clone()
            },
            limits: self.counter.left(),
            ..self.command.clone()
        };
        let read = self.engine.read(&command, self.table)?;
        self.found.live_rows += read.live_rows;
        self.found.tombstones += read.tombstones;
        self.found.tombstone_warning |= read.tombstone_warning;
        self.found.sstables.merged = self.found.sstables.merged.max(read.sstables.merged);
        if let Some(partition) = read.partitions.into_iter().next() {
            self.take(partition, by_row);
        }
        Ok(())
    }

    fn by_row(&self, hits: Vec<Hit>) -> SortedMap<Option<Clustering>, Vec<Hit>> {
        let mut by_row: SortedMap<Option<Clustering>, Vec<Hit>> = SortedMap::new();
        for hit in hits {
            let values = hit.place.row.as_ref();
            let row = values.map(|values| self.table.comparator.clustering(values.iter().cloned()));
            by_row.entry(row).or_default().push(hit);
        }
        by_row
    }

    /// Takes what the entries led to, without rows that are no longer what they say.
    fn take(&mut self, mut partition: Partition, hits: SortedMap<Option<Clustering>, Vec<Hit>>) {
        let (filter, now, columns) = (&self.command.filter, self.command.now, self.table.partition_key.len());
        let static_row = partition.static_row().clone();
        let key = partition.key.key.clone();
        let finds = |row: Option<(&Clustering, &Row)>| filter.finds(&key, columns, &static_row, row, now);
        for (at, hits) in &hits {
            let row = match at {
                None => Some(&static_row),
                Some(at) => partition.row(at),
            };
            let is_found = match at {
                None => finds(None),
                Some(at) => row.is_some_and(|row| finds(Some((at, row)))),
            };
            if !is_found {
                let is_over = |hit: &&Hit| self.is_overwritten(hit, &partition, at.as_ref(), row);
                let overwritten: Vec<&Hit> = hits.iter().filter(is_over).collect();
                for hit in overwritten {
                    let deletion = DeletionTime::new(hit.written, now);
                    let (index, keyspace) = (self.index, &self.table.keyspace);
                    let row = Row::deleted(deletion);
                    add_row(&mut self.stale, index, keyspace, &hit.term, &hit.place, row);
                }
            }
        }
        let static_passes = filter.accepts_static(&static_row, now);
        let passes = |row: &Row| static_passes && filter.accepts_row(row, now);
        // With other replicas to merge with, a row that fails here may pass there.
        let alone = self.search.is_alone;
        if self.index.finds_rows {
            partition.retain_rows(|at, row| finds(Some((at, row))) && (!alone || passes(row)));
            if partition.rows().len() == 0 {
                return;
            }
        } else if !finds(None) {
            return;
        }
        self.count(&partition);
        self.found.partitions.push(partition);
    }

    /// Whether something was written after an entry that its value can never win over again: then the entry is of no more use.
    /// Where there is nothing of the kind the entry stays: what it leads to may be on its way.
    fn is_overwritten(&self, hit: &Hit, partition: &Partition, at: Option<&Clustering>, row: Option<&Row>) -> bool {
        let covering = at.map_or(DeletionTime::LIVE, |at| partition.range_tombstones().covering(at));
        let of_row = row.map_or(DeletionTime::LIVE, |it| it.deletion);
        let deletion = partition.deletion().later(covering).later(of_row);
        if deletion.deletes(hit.written) {
            return true;
        }
        match (row.and_then(|row| row.column(&self.index.column.name)), &hit.place.path) {
            (Some(ColumnData::Simple(cell)), None) => cell.timestamp >= hit.written,
            (Some(ColumnData::Complex(data)), Some(path)) => {
                let mut cells = data.cells.values();
                let cell = cells.find(|(mine, _)| mine == path);
                data.deletion.deletes(hit.written) || cell.is_some_and(|(_, cell)| cell.timestamp >= hit.written)
            }
            _ => false,
        }
    }

    fn count(&mut self, partition: &Partition) {
        let (filter, now) = (&self.command.filter, self.command.now);
        let static_row = partition.static_row();
        let static_passes = filter.accepts_static(static_row, now);
        self.counter.begin_partition();
        for (_, row) in partition.rows() {
            if self.counter.is_partition_done() {
                break;
            }
            if static_passes && row.is_live(now) && filter.accepts_row(row, now) {
                self.counter.count_row();
            }
        }
        let counts_static = static_passes && static_row.is_live(now) && self.command.counts_static_alone();
        self.counter.end_partition(counts_static);
    }
}

fn by_key(hits: impl IntoIterator<Item = Hit>) -> SortedMap<DecoratedKey, Vec<Hit>> {
    let mut by_key: SortedMap<DecoratedKey, Vec<Hit>> = SortedMap::new();
    for hit in hits {
        by_key.entry(hit.place.key.clone()).or_default().push(hit);
    }
    by_key
}

fn is_bound(operator: Operator) -> bool {
    matches!(operator, Operator::Gt | Operator::GtEq | Operator::Lt | Operator::LtEq)
}

fn term_of(condition: &ColumnCondition) -> Bytes {
    match &condition.key {
        Some(key) => entry_term(key, &condition.value),
        None => condition.value.clone(),
    }
}
