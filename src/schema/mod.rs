//! Schema: keyspaces, tables, columns and types, their options and checks, and the text DESCRIBE prints.
//!
//! Knows what a valid schema is and how it is written into `system_schema`. Does not know how a change travels
//! (`node` sends it), nor the statement it came from (`cql` parses that).

mod keyspace;
mod table;

pub use keyspace::{KeyspaceMetadata, ReplicationParams, Schema};
pub use table::{ColumnKind, ColumnMetadata, TableMetadata, TableParams};
