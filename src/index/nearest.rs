//! The rows nearest to a vector: every row of a range is measured, so that none is missed.
//!
//! Cassandra walks a graph (HNSW, by the jvector library) that may miss some; this is exact, and takes time by the number of rows.

use super::search::{Found, find as find_by_index};
use super::vectors::is_measurable;
use crate::base::{Arrange, SortedMap};
use crate::data::{
    Clustering, ColumnData, DecoratedKey, FilteredColumn, Nearest, Partition, PartitionBound, PartitionSelection,
    ReadCommand, ReadLimits, Row, RowFilter, Slice, floats,
};
use crate::schema::{Schema, TableMetadata};
use crate::storage::{Engine, LocalRead, StorageError};

/// Partitions measured at a time.
const PAGE: u32 = 256;

/// A row and how near it is.
struct Scored {
    score: f32,
    key: DecoratedKey,
    row: Clustering,
}

pub fn find(
    engine: &mut Engine,
    schema: &Schema,
    table: &TableMetadata,
    command: &ReadCommand,
    nearest: &Nearest,
) -> Result<Found, StorageError> {
    if !is_measurable(nearest.similarity, &floats(&nearest.vector)) {
        return Ok(Found::Refused);
    }
    let mut ranking = Ranking {
        command,
        nearest,
        vector: floats(&nearest.vector),
        best: Vec::new(),
    };
    let mut all = ReadCommand {
        filter: RowFilter {
            nearest: None,
            ..command.filter.clone()
        },
        limits: ReadLimits::NONE,
        ..command.clone()
    };
    if command.filter.search.is_some() {
        match find_by_index(engine, schema, table, &all)? {
            Found::Rows(found) => found.partitions.iter().for_each(|it| ranking.rank(it)),
            other => return Ok(other),
        }
    } else {
        all.limits.partitions = PAGE;
        loop {
            let found = engine.read(&all, table)?.partitions;
            found.iter().for_each(|it| ranking.rank(it));
            let (PartitionSelection::Range(range), Some(last)) = (&mut all.partitions, found.last()) else {
                break;
            };
            range.start = PartitionBound::AfterKey(last.key.clone());
        }
    }
    ranking.read(engine, table).map(Found::Rows)
}

struct Ranking<'a> {
    command: &'a ReadCommand,
    nearest: &'a Nearest,
    vector: Vec<f32>,
    best: Vec<Scored>,
}

impl Ranking<'_> {
    /// Takes rows that come after those before in the order of their keys.
    fn rank(&mut self, partition: &Partition) {
        let (filter, now) = (&self.command.filter, self.command.now);
        if !filter.accepts_static(partition.static_row(), now) {
            return;
        }
        for (at, row) in partition.rows() {
            let passes = row.is_live(now) && filter.accepts_clustering(at) && filter.accepts_row(row, now);
            let score = self.score(partition.static_row(), row);
            if let (true, Some(score)) = (passes, score) {
                let (key, row) = (partition.key.clone(), at.clone());
                self.best.push(Scored { score, key, row });
            }
        }
        if self.best.len() > 4 * self.nearest.count as usize {
            self.keep_best();
        }
    }

    fn score(&self, static_row: &Row, row: &Row) -> Option<f32> {
        let data = match &self.nearest.column {
            FilteredColumn::Static(name) => static_row.column(name),
            FilteredColumn::Regular(name) => row.column(name),
            FilteredColumn::PartitionKey(_) | FilteredColumn::Clustering(_) | FilteredColumn::Marker => None,
        };
        let Some(ColumnData::Simple(cell)) = data else {
            return None;
        };
        let value = floats(cell.value(self.command.now)?);
        (value.len() == self.vector.len()).then(|| self.nearest.similarity.of(&value, &self.vector))
    }

    /// Of rows that are equally near the first by key are kept.
    fn keep_best(&mut self) {
        self.best.arrange_by(|a, b| b.score.total_cmp(&a.score));
        self.best.truncate(self.nearest.count as usize);
    }

    fn read(mut self, engine: &Engine, table: &TableMetadata) -> Result<LocalRead, StorageError> {
        self.keep_best();
        let mut rows: SortedMap<DecoratedKey, Vec<Clustering>> = SortedMap::new();
        for it in self.best {
            rows.entry(it.key).or_default().push(it.row);
        }
        let mut all = LocalRead {
            partitions: Vec::new(),
            live_rows: 0,
            tombstones: 0,
            tombstone_warning: false,
            sstables: Default::default(),
        };
        for (key, mut rows) in rows {
            rows.arrange();
            let slice = |row: &Clustering| Slice {
                start: table.comparator.before_row(row),
                end: table.comparator.after_row(row),
            };
            let command = ReadCommand {
                partitions: PartitionSelection::One(key),
                slices: rows.iter().map(slice).collect(),
                filter: RowFilter::default(),
                limits: ReadLimits::NONE,
                ..self.command.clone()
            };
            let found = engine.read(&command, table)?;
            all.live_rows += found.live_rows;
            all.tombstones += found.tombstones;
            all.tombstone_warning |= found.tombstone_warning;
            all.partitions.extend(found.partitions);
        }
        Ok(all)
    }
}
