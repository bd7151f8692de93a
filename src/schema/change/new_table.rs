//! CREATE TABLE.
//!
//! Source of the checks and their order: Cassandra 5.0, `CreateTableStatement.java`.

use std::sync::Arc;

use uuid::Uuid;

use super::{Change, ChangeContext, ChangeKind, existing_keyspace, is_plain_name, listed};
use crate::base::{SortedMap, SortedSet};
use crate::data::{ColumnName, CqlType, KeyspaceName, TableId, TableName};
use crate::schema::compact;
use crate::schema::{
    ColumnKind, ColumnMetadata, KeyspaceMetadata, Properties, SchemaError, TableMetadata, TableParams,
};

/// A table as its statement describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTable {
    pub keyspace: KeyspaceName,
    pub name: TableName,
    pub if_not_exists: bool,
    pub columns: Vec<NewColumn>,
    /// Every PRIMARY KEY that is written, wherever; exactly one is right.
    pub primary_keys: Vec<PrimaryKey>,
    /// CLUSTERING ORDER BY: a column and whether it is descending.
    pub clustering_order: Vec<(ColumnName, bool)>,
    pub properties: Properties,
    /// WITH COMPACT STORAGE
    pub compact: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewColumn {
    pub name: ColumnName,
    pub ty: CqlType,
    pub is_static: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryKey {
    pub partition: Vec<ColumnName>,
    pub clustering: Vec<ColumnName>,
}

impl NewTable {
    pub(super) fn create(mut self, context: &ChangeContext<'_>) -> Result<Change, SchemaError> {
        let key = self.single_primary_key()?;
        self.check_duplicate_columns()?;
        let before = existing_keyspace(context, &self.keyspace)?;
        if before.tables.contains_key(self.name.as_str()) {
            return match self.if_not_exists {
                true => Ok(Change::nothing(Some(before))),
                false => Err(SchemaError::TableExists {
                    keyspace: self.keyspace.to_string(),
                    table: self.name.to_string(),
                }),
            };
        }
        let id = take_id(&mut self.properties)?.unwrap_or(context.new_table_id);
        let params = TableParams::of_new_table(&mut self.properties)?;
        core::mem::take(&mut self.properties).finish()?;
        self.check_nested_collections()?;
        let columns = self.columns(&key)?;
        self.check_counters(&key, &params)?;
        self.check_name()?;
        let mut table = TableMetadata::new(TableId(id), self.keyspace.clone(), self.name.clone(), columns, params);
        table.compact = self.compact;
        if self.compact {
            compact::check(&table)?;
        }
        let mut after = KeyspaceMetadata::clone(before);
        after.tables.insert(self.name.clone(), Arc::new(table));
        Ok(Change::of_table(before, after, ChangeKind::Created, &self.name))
    }

    fn single_primary_key(&mut self) -> Result<PrimaryKey, SchemaError> {
        let wrong = |what: &str| {
            Err(SchemaError::invalid(format!(
                "{what} for table '{}' (exactly one required)",
                self.name
            )))
        };
        match self.primary_keys.len() {
            0 => wrong("No PRIMARY KEY specifed"),
            1 => Ok(self.primary_keys.remove(0)),
            _ => wrong("Multiple PRIMARY KEY specified"),
        }
    }

    fn check_duplicate_columns(&self) -> Result<(), SchemaError> {
        let mut seen = SortedSet::new();
        match self.columns.iter().find(|column| !seen.insert(&column.name)) {
            None => Ok(()),
            Some(NewColumn { name, .. }) => Err(SchemaError::invalid(format!(
                "Duplicate column '{name}' declaration for table '{}'",
                self.name
            ))),
        }
    }

    fn check_nested_collections(&self) -> Result<(), SchemaError> {
        let has_nested = |column: &NewColumn| match &column.ty {
            CqlType::UserType(it) => !it.frozen && it.fields.iter().any(|(_, field)| field.is_multi_cell()),
            _ => false,
        };
        match self.columns.iter().any(has_nested) {
            false => Ok(()),
            true => Err(SchemaError::invalid(
                "Non-frozen UDTs with nested non-frozen collections are not supported",
            )),
        }
    }

    fn columns(&self, key: &PrimaryKey) -> Result<Vec<ColumnMetadata>, SchemaError> {
        let all: SortedMap<&ColumnName, &NewColumn> =
            self.columns.iter().map(|column| (&column.name, column)).collect();
        let mut in_key = SortedSet::new();
        for name in key.partition.iter().chain(&key.clustering) {
            if !in_key.insert(name) {
                let text = format!(
                    "Duplicate column '{name}' in PRIMARY KEY clause for table '{}'",
                    self.name
                );
                return Err(SchemaError::invalid(text));
            }
        }
        for name in key.partition.iter().chain(&key.clustering) {
            self.check_key_column(name, all.get(name).copied())?;
        }
        let descending = self.check_clustering_order(&key.clustering)?;
        if !self.compact && key.clustering.is_empty() && self.columns.iter().any(|column| column.is_static) {
            return Err(SchemaError::invalid(
                "Static columns are only useful (and thus allowed) if the table has at least one clustering column",
            ));
        }
        let place = |column: &NewColumn| {
            let position = |names: &[ColumnName]| names.iter().position(|it| *it == column.name).map(|at| at as u16);
            let (kind, position) = match (position(&key.partition), position(&key.clustering)) {
                (Some(at), _) => (ColumnKind::PartitionKey, at),
                (_, Some(at)) => (ColumnKind::Clustering, at),
                _ if column.is_static => (ColumnKind::Static, 0),
                _ => (ColumnKind::Regular, 0),
            };
            ColumnMetadata {
                name: column.name.clone(),
                // A key column is one value however its type is written.
                ty: if kind <= ColumnKind::Clustering {
                    column.ty.freeze()
                } else {
                    column.ty.clone()
                },
                kind,
                position,
                descending: descending.contains(&column.name),
            }
        };
        Ok(self.columns.iter().map(place).collect())
    }

    fn check_key_column(&self, name: &ColumnName, column: Option<&NewColumn>) -> Result<(), SchemaError> {
        let Some(column) = column else {
            let text = format!(
                "Unknown column '{name}' referenced in PRIMARY KEY for table '{}'",
                self.name
            );
            return Err(SchemaError::invalid(text));
        };
        let ty = &column.ty;
        if column.is_static {
            return Err(SchemaError::invalid(format!(
                "Static column '{name}' cannot be part of the PRIMARY KEY"
            )));
        }
        if *ty == CqlType::Counter {
            return Err(SchemaError::invalid(format!(
                "counter type is not supported for PRIMARY KEY column '{name}'"
            )));
        }
        if ty.any_type(&|it| *it == CqlType::Duration) {
            return Err(SchemaError::invalid(format!(
                "duration type is not supported for PRIMARY KEY column '{name}'"
            )));
        }
        if ty.is_multi_cell() {
            let kind = if ty.is_collection() {
                "collection"
            } else {
                "user-defined"
            };
            // A user type is called by its whole name, which is quoted as if it were one identifier.
            let shown = match ty {
                CqlType::UserType(it) => format!("\"{}.{}\"", it.keyspace, it.name),
                other => other.to_string(),
            };
            let text = format!("Invalid non-frozen {kind} type {shown} for PRIMARY KEY column '{name}'");
            return Err(SchemaError::invalid(text));
        }
        Ok(())
    }

    /// The columns that are to be in descending order.
    fn check_clustering_order(&self, clustering: &[ColumnName]) -> Result<SortedSet<ColumnName>, SchemaError> {
        let names = || self.clustering_order.iter().map(|(name, _)| name);
        let others: Vec<&ColumnName> = names().filter(|name| !clustering.contains(name)).collect();
        if !others.is_empty() {
            let others = listed(others);
            return Err(SchemaError::invalid(format!(
                "Only clustering key columns can be defined in CLUSTERING ORDER directive: {others} are not clustering columns"
            )));
        }
        for (name, expected) in names().zip(clustering) {
            if name == expected {
                continue;
            }
            if names().any(|it| it == expected) {
                return Err(SchemaError::invalid(format!(
                    "The order of columns in the CLUSTERING ORDER directive must match that of the clustering columns \
                     ({expected} must appear before {name})"
                )));
            }
            return Err(SchemaError::invalid(format!(
                "Missing CLUSTERING ORDER for column {expected}"
            )));
        }
        Ok(self
            .clustering_order
            .iter()
            .filter(|(_, descending)| *descending)
            .map(|(name, _)| name.clone())
            .collect())
    }

    fn check_counters(&self, key: &PrimaryKey, params: &TableParams) -> Result<(), SchemaError> {
        let rest = || {
            self.columns
                .iter()
                .filter(|it| !key.partition.contains(&it.name) && !key.clustering.contains(&it.name))
        };
        let counters = rest().filter(|column| column.ty == CqlType::Counter).count();
        if counters > 0 && counters < rest().count() {
            return Err(SchemaError::invalid(
                "Cannot mix counter and non counter columns in the same table",
            ));
        }
        if counters > 0 && params.default_time_to_live > 0 {
            return Err(SchemaError::invalid(
                "Cannot set default_time_to_live on a table with counters",
            ));
        }
        Ok(())
    }

    fn check_name(&self) -> Result<(), SchemaError> {
        if is_plain_name(&self.name) {
            return Ok(());
        }
        let (keyspace, name) = (&self.keyspace, &self.name);
        Err(SchemaError::configuration(format!(
            "{keyspace}.{name}: Table name must not be empty or not contain non-alphanumeric-underscore characters (got \"{name}\")"
        )))
    }
}

/// `WITH id = '...'`: the identity of a table made again from its description.
pub(super) fn take_id(properties: &mut Properties) -> Result<Option<Uuid>, SchemaError> {
    let Some(text) = properties.take_text("id")? else {
        return Ok(None);
    };
    Uuid::parse_str(&text)
        .map(Some)
        .map_err(|_| SchemaError::configuration("Invalid table id"))
}
