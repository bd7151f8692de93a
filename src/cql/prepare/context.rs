//! What preparing needs to know beside the statement.

use std::sync::Arc;

use super::Markers;
use crate::cql::QueryError;
use crate::cql::ast::QualifiedName;
use crate::data::KeyspaceName;
use crate::schema::{Schema, SchemaError, TableMetadata};

/// The schema and the connection's state, as they are when the statement comes.
#[derive(Clone, Copy, Debug)]
pub struct PrepareContext<'a> {
    pub schema: &'a Schema,
    /// The keyspace the client USEs.
    pub keyspace: Option<&'a KeyspaceName>,
    /// Gathers the statement's bind markers.
    pub markers: &'a Markers,
}

impl<'a> PrepareContext<'a> {
    /// The keyspace a name is in: the one written, else the one in use.
    pub fn keyspace_of(&self, name: &QualifiedName) -> Result<KeyspaceName, QueryError> {
        let written = name.keyspace.as_deref().map(KeyspaceName::new);
        written.or_else(|| self.keyspace.cloned()).ok_or_else(|| {
            QueryError::invalid(
                "No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename",
            )
        })
    }

    /// The table that a SELECT or a modification names.
    pub fn table(&self, name: &QualifiedName) -> Result<&'a Arc<TableMetadata>, QueryError> {
        let keyspace = self.keyspace_of(name)?;
        let Some(found) = self.schema.keyspace(&keyspace) else {
            return Err(QueryError::invalid(format!("keyspace {keyspace} does not exist")));
        };
        let missing = || QueryError::invalid(format!("table {} does not exist", name.name));
        let table = found.tables.get(name.name.as_str()).ok_or_else(missing)?;
        self.markers.about(table);
        Ok(table)
    }
}

impl From<SchemaError> for QueryError {
    fn from(error: SchemaError) -> QueryError {
        match error {
            SchemaError::Invalid(message) => QueryError::invalid(message),
            SchemaError::Configuration(message) => QueryError::Configuration(message),
            SchemaError::Syntax(message) => QueryError::Syntax {
                message,
                position: None,
            },
            SchemaError::Server(message) => QueryError::Server(message),
            SchemaError::Unauthorized(message) => QueryError::Unauthorized(message),
            SchemaError::KeyspaceExists(ref keyspace) => QueryError::AlreadyExists {
                keyspace: KeyspaceName::new(keyspace),
                table: None,
                message: error.to_string(),
            },
            SchemaError::TableExists {
                ref keyspace,
                ref table,
            } => QueryError::AlreadyExists {
                keyspace: KeyspaceName::new(keyspace),
                table: Some(table.clone()),
                message: error.to_string(),
            },
        }
    }
}
