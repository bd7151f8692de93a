//! Schema: keyspaces, tables, columns and types, their options and checks, and the text DESCRIBE prints.
//!
//! Knows what a valid schema is and how it is written into `system_schema`. Does not know how a change travels
//! (`node` sends it), nor the statement it came from (`cql` parses that).

pub mod change;
mod compact;
mod compaction;
mod compression;
mod builtin;
mod caching;
mod describe;
mod error;
mod index;
mod index_table;
mod keyspace;
mod load;
mod params;
mod properties;
mod replication;
mod rows;
mod speculation;
mod system_schema;
mod table;
mod view;
#[cfg(test)]
mod tests;

pub use builtin::{
    SYSTEM, SYSTEM_VIEWS, SYSTEM_VIRTUAL_SCHEMA, described_system_keyspaces, is_system_keyspace, is_virtual_keyspace,
    local_keyspaces, replicated_system_keyspaces,
};
pub use compaction::{parse_bytes, parse_share};
pub use describe::{describe_index, describe_keyspace, describe_table, describe_type, describe_view};
pub use error::SchemaError;
pub use index::{IndexClass, IndexMetadata, IndexedPart};
pub use index_table::{IndexTable, Place, entry_term, token_value};
pub use keyspace::{KeyspaceMetadata, ReplicationParams, Schema};
pub use load::{SchemaRowError, load_schema};
pub use properties::{Properties, PropertyValue};
pub use replication::ClusterShape;
pub use rows::{change_mutation, replication_options};
pub use system_schema::{SYSTEM_SCHEMA, system_schema, system_table};
pub use table::{ColumnKind, ColumnMetadata, DroppedColumn, TableMetadata, TableParams};
pub use view::ViewMetadata;
