//! Data: values and their types, tokens, keys, cells, rows, tombstones, partitions, mutations, and how they merge.
//!
//! Pure values. Does not know where they are kept, who asked for them, nor which tables exist (`schema` knows).

mod analyzer;
#[cfg(test)]
pub(crate) mod arbitrary;
mod cell;
mod clustering;
mod column;
pub mod composite;
mod consistency;
mod counter;
mod data_size;
mod digest;
pub mod identifier;
mod key;
mod limit_counter;
#[cfg(test)]
mod merge_properties;
pub mod murmur3;
mod mutation;
mod name;
mod ordered_bytes;
mod partition;
pub mod partitioner;
mod purge;
mod range_tombstone;
mod read_command;
mod row;
mod row_filter;
mod rows;
mod similarity;
mod timestamp;
pub mod token;
pub mod types;
mod weight;

pub use analyzer::Analyzer;
pub use cell::{Cell, CellContent};
pub use clustering::{Clustering, ClusteringBound, ClusteringComparator, ClusteringValues, Slice};
pub use column::{CellPath, ColumnData, ComplexData, PathOrder};
pub use consistency::{ConsistencyLevel, UnknownConsistencyLevel};
pub use counter::{ClockAndCount, CounterContext, InvalidCounterContext};
pub use digest::digest;
pub use key::{DecoratedKey, PartitionBound, PartitionKey, PartitionRange};
pub use limit_counter::LimitCounter;
pub use mutation::Mutation;
pub use name::{ColumnName, KeyspaceName, TableId, TableName};
pub use partition::Partition;
pub use partitioner::{Partitioner, PartitionerToken, token_of};
pub use purge::Purge;
pub use range_tombstone::{RangeTombstone, RangeTombstones};
pub use read_command::{
    ColumnCondition, ColumnSelection, FilteredColumn, IndexSearch, Nearest, Operator, PartitionSelection, ReadCommand,
    ReadLimits, RowFilter,
};
pub use row::{Liveness, Row};
pub use similarity::{Similarity, floats};
pub use timestamp::{DeletionTime, EpochSeconds, Expiry, Ttl, WriteTimestamp};
pub use token::Token;
pub use types::{CqlDuration, CqlType, Decimal, LiteralKind, MarshalError, UserType, Value};
pub use weight::Weight;
