//! Where what a read gives of a partition comes from: every version that a memtable or an SSTable has, and what became of it.
//!
//! Judged by the rules that reads merge with, source by source, so that a loser can say to whom it lost.

use serde::{Deserialize, Serialize};

use super::super::StorageError;
use super::super::source::{PartitionSource, TableSource};
use super::{Engine, merge};
use crate::base::Arrange;
use crate::data::{
    Cell, CellContent, CellPath, Clustering, ColumnData, ColumnName, DecoratedKey, DeletionTime, EpochSeconds,
    Liveness, Partition, PathOrder, Purge, Row, TableId, WriteTimestamp,
};
use crate::schema::TableMetadata;

/// A place that keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    Memtable,
    /// The memtable that is being flushed.
    Flushing,
    /// By its generation.
    Sstable(u64),
}

/// What a deletion is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extent {
    Partition,
    Range,
    Row,
    Collection,
}

/// What a read makes of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It is what the read gives.
    Live,
    /// It is the newest, and says that there is nothing.
    Tombstone,
    /// It is the newest, and its time is over.
    Expired,
    /// A counter: all versions add up.
    Counted,
    /// Another source has a newer version, or one that wins the tie.
    Older { than: Source },
    /// A deletion of more than the cell hides it.
    Hidden { by: Extent, of: Source },
    /// Its column was dropped since.
    Dropped,
}

impl Verdict {
    /// Whether it is the newest version of its cell.
    pub fn is_newest(self) -> bool {
        matches!(
            self,
            Verdict::Live | Verdict::Tombstone | Verdict::Expired | Verdict::Counted
        )
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// That the row is there.
    Marker(Liveness),
    Cell {
        column: ColumnName,
        /// Of an element of a collection: its order and its path.
        element: Option<(PathOrder, CellPath)>,
        cell: Cell,
    },
}

/// One version of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// `None`: of the static row.
    pub row: Option<Clustering>,
    pub thing: Thing,
    pub source: Source,
    pub verdict: Verdict,
}

/// A deletion around cells, wherever it is kept.
#[derive(Clone, Copy)]
struct Hiding {
    deletion: DeletionTime,
    by: Extent,
    of: Source,
}

impl Hiding {
    fn later(one: Option<Hiding>, deletion: DeletionTime, by: Extent, of: Source) -> Option<Hiding> {
        match one {
            _ if deletion.is_live() => one,
            Some(one) if !deletion.supersedes(&one.deletion) => Some(one),
            _ => Some(Hiding { deletion, by, of }),
        }
    }

    fn verdict(hiding: Option<Hiding>, timestamp: WriteTimestamp) -> Option<Verdict> {
        let Hiding { by, of, .. } = hiding.filter(|it| it.deletion.deletes(timestamp))?;
        Some(Verdict::Hidden { by, of })
    }
}

impl Engine {
    /// All versions of a partition's rows and cells, those of one cell beside each other.
    pub fn provenance(&self, id: TableId, key: &DecoratedKey) -> Result<Vec<Found>, StorageError> {
        let Some(metadata) = self.tables.get(&id).and_then(|table| table.metadata.clone()) else {
            return Ok(Vec::new());
        };
        let held = self.held(id, key)?;
        let now = EpochSeconds(self.wall.seconds());
        let whole = held.iter().fold(None, |newest, (source, partition)| {
            Hiding::later(newest, partition.deletion(), Extent::Partition, *source)
        });
        let statics: Vec<(Source, &Row)> = held.iter().map(|(source, it)| (*source, it.static_row())).collect();
        let mut found = Vec::new();
        judge_row(&metadata, None, &statics, whole, now, &mut found);
        let mut rows: Vec<&Clustering> = held.iter().flat_map(|(_, it)| it.rows().map(|(row, _)| row)).collect();
        rows.arrange();
        rows.dedup();
        for clustering in rows {
            let versions = held
                .iter()
                .filter_map(|(source, it)| Some((*source, it.row(clustering)?)));
            let around = held.iter().fold(whole, |newest, (source, it)| {
                Hiding::later(
                    newest,
                    it.range_tombstones().covering(clustering),
                    Extent::Range,
                    *source,
                )
            });
            let versions: Vec<(Source, &Row)> = versions.collect();
            judge_row(&metadata, Some(clustering), &versions, around, now, &mut found);
        }
        Ok(found)
    }

    /// What each source has of a partition, as it is stored.
    fn held(&self, id: TableId, key: &DecoratedKey) -> Result<Vec<(Source, Partition)>, StorageError> {
        let mut held = Vec::new();
        let nothing = Purge::new(EpochSeconds(i64::MIN), 0);
        let mut add = |source: Source, part: &dyn PartitionSource| {
            let partition = merge::merge_parts(key, &[part], &merge::Shadows::NONE, &nothing)?;
            held.push((source, partition));
            Ok::<(), StorageError>(())
        };
        let Some(table) = self.tables.get(&id) else {
            return Ok(held);
        };
        for (source, memtable) in [Source::Memtable, Source::Flushing].into_iter().zip(table.memtables()) {
            if let Some(part) = memtable.partition(key)? {
                add(source, &*part)?;
            }
        }
        for (generation, sstable) in &table.sstables {
            if let Some(entry) = sstable.reader.find(&*self.disk, key)? {
                let part = sstable.reader.partition_at(&*self.disk, key, entry)?;
                add(Source::Sstable(generation.0), &part)?;
            }
        }
        Ok(held)
    }
}

/// A version of a cell that is yet to be judged.
struct Candidate<'a> {
    source: Source,
    column: &'a ColumnName,
    element: Option<(&'a PathOrder, &'a CellPath)>,
    cell: &'a Cell,
}

fn judge_row(
    table: &TableMetadata,
    clustering: Option<&Clustering>,
    versions: &[(Source, &Row)],
    around: Option<Hiding>,
    now: EpochSeconds,
    found: &mut Vec<Found>,
) {
    let hiding = versions.iter().fold(around, |newest, (source, row)| {
        Hiding::later(newest, row.deletion, Extent::Row, *source)
    });
    let add = |found: &mut Vec<Found>, thing, source, verdict| {
        let row = clustering.cloned();
        found.push(Found {
            row,
            thing,
            source,
            verdict,
        });
    };
    for (source, marker, verdict) in markers(versions, hiding, now) {
        add(found, Thing::Marker(marker), source, verdict);
    }
    let mut cells: Vec<Candidate<'_>> = Vec::new();
    for (source, row) in versions {
        for (column, data) in row.columns() {
            let of = |element, cell| Candidate {
                source: *source,
                column,
                element,
                cell,
            };
            match data {
                ColumnData::Simple(cell) => cells.push(of(None, cell)),
                ColumnData::Complex(data) => {
                    let elements = data.cells.iter();
                    cells.extend(elements.map(|(order, (path, cell))| of(Some((order, path)), cell)));
                }
            }
        }
    }
    cells.arrange_by(|one, other| place(one).cmp(&place(other)));
    for of_one in cells.chunk_by(|one, other| place(one) == place(other)) {
        let column = of_one[0].column;
        let hiding = versions
            .iter()
            .fold(hiding, |newest, (source, row)| match row.column(column) {
                Some(data) => Hiding::later(newest, data.complex_deletion(), Extent::Collection, *source),
                None => newest,
            });
        let verdicts = judge(of_one, hiding, table, now);
        for (candidate, verdict) in of_one.iter().zip(verdicts) {
            let thing = Thing::Cell {
                column: column.clone(),
                element: candidate.element.map(|(order, path)| (order.clone(), path.clone())),
                cell: candidate.cell.clone(),
            };
            add(found, thing, candidate.source, verdict);
        }
    }
}

/// Cells with one place are versions of one.
fn place<'a>(of: &Candidate<'a>) -> (&'a ColumnName, Option<&'a PathOrder>) {
    (of.column, of.element.map(|(order, _)| order))
}

fn markers(versions: &[(Source, &Row)], hiding: Option<Hiding>, now: EpochSeconds) -> Vec<(Source, Liveness, Verdict)> {
    let all = versions
        .iter()
        .filter_map(|(source, row)| Some((*source, row.liveness?)));
    let all: Vec<(Source, Liveness)> = all.collect();
    let hidden = |marker: &Liveness| Hiding::verdict(hiding, marker.timestamp);
    let mut best: Option<(Source, Liveness)> = None;
    for (source, marker) in all.iter().filter(|(_, marker)| hidden(marker).is_none()) {
        let mut row = Row::inserted(marker.timestamp, marker.expiry);
        if let Some((_, before)) = best {
            row.merge(Row::inserted(before.timestamp, before.expiry));
        }
        if best.is_none_or(|(_, before)| row.liveness != Some(before)) {
            best = Some((*source, *marker));
        }
    }
    let verdict = |marker: &Liveness| match (hidden(marker), best) {
        (Some(hidden), _) => hidden,
        (None, Some((than, newest))) if newest != *marker => Verdict::Older { than },
        _ if marker.is_live(now) => Verdict::Live,
        _ => Verdict::Expired,
    };
    all.iter()
        .map(|(source, marker)| (*source, *marker, verdict(marker)))
        .collect()
}

fn judge(versions: &[Candidate<'_>], hiding: Option<Hiding>, table: &TableMetadata, now: EpochSeconds) -> Vec<Verdict> {
    let dropped = table.dropped.get(versions[0].column).map(|it| it.dropped_at);
    let lost = |cell: &Cell| {
        let is_dropped = dropped.is_some_and(|at| cell.timestamp <= at);
        let hidden = Hiding::verdict(hiding, cell.timestamp);
        hidden.or(is_dropped.then_some(Verdict::Dropped))
    };
    let mut merged: Option<Cell> = None;
    for version in versions.iter().filter(|it| lost(it.cell).is_none()) {
        merged = Some(match merged {
            Some(before) => before.reconcile(version.cell.clone()),
            None => version.cell.clone(),
        });
    }
    let winner = versions
        .iter()
        .find(|it| lost(it.cell).is_none() && Some(it.cell) == merged.as_ref());
    let verdict = |version: &Candidate<'_>| {
        if let Some(lost) = lost(version.cell) {
            return lost;
        }
        let newest = merged.as_ref().unwrap_or(version.cell);
        match (&version.cell.content, &newest.content) {
            (CellContent::Counter(_), CellContent::Counter(_)) => Verdict::Counted,
            _ if version.cell != newest => Verdict::Older {
                than: winner.map_or(version.source, |it| it.source),
            },
            (CellContent::Deleted(_), _) => Verdict::Tombstone,
            _ if version.cell.is_live(now) => Verdict::Live,
            _ => Verdict::Expired,
        }
    };
    versions.iter().map(verdict).collect()
}
