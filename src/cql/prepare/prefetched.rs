//! Rows that were read before they are written: lists whose elements are told by index or value.
//!
//! Source: Cassandra 5.0, `ModificationStatement.readRequiredLists`.

use crate::base::{Arrange, SortedSet};
use std::sync::Arc;

use super::keys::combinations;
use super::modify::{ModifyPlan, Rows};
use super::operation::Operation;
use super::{BatchPlan, Evaluation};
use crate::cql::QueryError;
use crate::data::{
    Clustering, ColumnName, ColumnSelection, DecoratedKey, EpochSeconds, Partition, PartitionSelection, ReadCommand,
    ReadLimits, Row, RowFilter, Slice, TableId,
};
use crate::schema::TableMetadata;

/// A read that a write needs, and the table it is of.
pub type RequiredRead = (Arc<TableMetadata>, ReadCommand);

/// What was found, by table and partition.
#[derive(Clone, Debug, Default)]
pub struct Prefetched(Vec<(TableId, Partition)>);

impl Prefetched {
    pub fn add(&mut self, table: TableId, partition: Partition) {
        self.0.push((table, partition));
    }

    /// The row of a clustering; the static row without one.
    pub(super) fn row(&self, table: TableId, key: &DecoratedKey, clustering: Option<&Clustering>) -> Option<&Row> {
        // Of one partition several statements of a batch may have read different rows.
        let mut partitions = self.0.iter().filter(|(id, it)| *id == table && it.key == *key);
        partitions.find_map(|(_, partition)| match clustering {
            Some(clustering) => partition.row(clustering),
            None => Some(partition.static_row()).filter(|row| !row.is_empty()),
        })
    }
}

impl ModifyPlan {
    /// What has to be read before it can be written; mostly nothing.
    pub fn reads(&self, at: &mut Evaluation<'_>) -> Result<Vec<RequiredRead>, QueryError> {
        let required = self.operations.iter().filter(|it| it.requires_read());
        let columns: SortedSet<ColumnName> = required.map(|it: &Operation| it.column.name.clone()).collect();
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        let slices = match &self.rows {
            Rows::Exact(choices) if !self.table.clustering.is_empty() => {
                let comparator = &self.table.comparator;
                let rows = combinations(choices, &self.table.clustering, at)?.into_iter();
                let mut slices: Vec<Slice> = rows
                    .map(|values| Slice {
                        start: comparator.before(values.iter().cloned().map(Some)),
                        end: comparator.after(values.into_iter().map(Some)),
                    })
                    .collect();
                slices.arrange_by(|a, b| a.start.cmp(&b.start));
                slices.dedup();
                slices
            }
            _ => vec![Slice::all()],
        };
        let limits = match &self.rows {
            Rows::Static => ReadLimits::rows(1),
            _ => ReadLimits::NONE,
        };
        let now = EpochSeconds::from(at.now);
        let command = |key: DecoratedKey| ReadCommand {
            table: self.table.id,
            partitions: PartitionSelection::One(key),
            slices: slices.clone(),
            reversed: false,
            columns: ColumnSelection::Only(columns.clone()),
            filter: RowFilter::default(),
            limits,
            now,
        };
        let keys = self.keys(at)?;
        Ok(keys.into_iter().map(|key| (self.table.clone(), command(key))).collect())
    }
}

impl BatchPlan {
    /// What its statements have to read before they can be written.
    pub fn reads(&self, at: &mut Evaluation<'_>) -> Result<Vec<RequiredRead>, QueryError> {
        let mut reads = Vec::new();
        for statement in self.statements() {
            reads.extend(statement.reads(at)?);
        }
        Ok(reads)
    }
}
