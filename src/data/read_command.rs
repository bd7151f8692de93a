//! Read commands: what a coordinator asks a replica for.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Analyzer, ColumnName, CqlType, DecoratedKey, EpochSeconds, PartitionRange, Similarity, Slice, TableId};
use crate::base::SortedSet;

/// A read of one partition or of a range of them, as each replica carries it out on its own data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadCommand {
    pub table: TableId,
    pub partitions: PartitionSelection,
    /// Rows wanted, in the table's order and without overlap. Empty: no row at all (a read of static columns only).
    pub slices: Vec<Slice>,
    /// Rows are taken from the end of each partition.
    pub reversed: bool,
    pub columns: ColumnSelection,
    /// ALLOW FILTERING: only rows for which all of these hold. Replicas apply them; the coordinator does again after merging.
    pub filter: RowFilter,
    pub limits: ReadLimits,
    /// The coordinator's clock when the read began: what has expired by then is gone.
    pub now: EpochSeconds,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartitionSelection {
    One(DecoratedKey),
    Range(PartitionRange),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnSelection {
    All,
    Only(SortedSet<ColumnName>),
}

impl ColumnSelection {
    pub fn includes(&self, column: &str) -> bool {
        match self {
            ColumnSelection::All => true,
            ColumnSelection::Only(columns) => columns.contains(column),
        }
    }
}

/// How much is enough, counted in rows that are live and pass the filter. A partition with only a live static row counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLimits {
    pub rows: u32,
    pub rows_per_partition: u32,
    /// Stop after this many partitions (SELECT DISTINCT counts these).
    pub partitions: u32,
}

impl ReadLimits {
    pub const NONE: ReadLimits = ReadLimits {
        rows: u32::MAX,
        rows_per_partition: u32::MAX,
        partitions: u32::MAX,
    };

    pub fn rows(rows: u32) -> ReadLimits {
        ReadLimits {
            rows,
            ..ReadLimits::NONE
        }
    }
}

/// Conditions that all have to hold of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFilter {
    pub conditions: Vec<ColumnCondition>,
    /// How replicas find rows of a range without looking at all of them.
    pub search: Option<Box<IndexSearch>>,
    /// ANN OF: only the rows that are the nearest are wanted, so many from each replica.
    pub nearest: Option<Box<Nearest>>,
}

/// A look-up in an index of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexSearch {
    pub index: String,
    /// The conditions of the filter, by position, that the index finds rows for; all are on its column.
    pub conditions: Vec<u16>,
    /// No other replica is asked: what fails any condition here need not be told of.
    pub is_alone: bool,
}

/// What rows are measured against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest {
    pub column: FilteredColumn,
    pub vector: Bytes,
    pub similarity: Similarity,
    pub count: u32,
}

/// A condition on one column, checked with the column's type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnCondition {
    pub column: FilteredColumn,
    pub ty: CqlType,
    pub operator: Operator,
    /// Serialised with `ty`; for IN a frozen list of it; for CONTAINS the element; for map[key] = value see `key`.
    pub value: Bytes,
    /// The key of `map[key] = value`.
    pub key: Option<Bytes>,
    /// What texts are made of before they are compared with `value`, which has gone through it.
    pub analyzer: Analyzer,
}

/// Where a filtered value is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilteredColumn {
    /// The n-th component of the partition key.
    PartitionKey(u16),
    /// The n-th clustering column.
    Clustering(u16),
    Static(ColumnName),
    Regular(ColumnName),
    /// The row's marker, which has to live: other cells do not keep a row of some views alive.
    Marker,
}

/// CQL's comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operator {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    In,
    Contains,
    ContainsKey,
    Like,
}
