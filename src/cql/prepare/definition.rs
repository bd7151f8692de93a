//! CREATE, ALTER and DROP: from the statement to a change of schema, with names and types resolved.

use super::PrepareContext;
use crate::cql::QueryError;
use crate::cql::ast::{self, AlterTableAction, ColumnDefinition, Direction, QualifiedName, SchemaStatement};
use crate::data::{ColumnName, KeyspaceName, TableName};
use crate::schema::IndexedPart;
use crate::schema::change::{ChangeRequest, NewColumn, NewIndex, NewTable, PrimaryKey, TableRef};

impl PrepareContext<'_> {
    pub(super) fn change(&self, statement: &SchemaStatement) -> Result<Option<ChangeRequest>, QueryError> {
        Ok(Some(match statement {
            SchemaStatement::CreateKeyspace(it) => ChangeRequest::CreateKeyspace {
                name: KeyspaceName::new(&it.name),
                if_not_exists: it.if_not_exists,
                properties: it.properties.clone(),
            },
            SchemaStatement::AlterKeyspace(it) => ChangeRequest::AlterKeyspace {
                name: KeyspaceName::new(&it.name),
                if_exists: it.if_exists,
                properties: it.properties.clone(),
            },
            SchemaStatement::DropKeyspace { name, if_exists } => ChangeRequest::DropKeyspace {
                name: KeyspaceName::new(name),
                if_exists: *if_exists,
            },
            SchemaStatement::CreateTable(it) => ChangeRequest::CreateTable(self.new_table(it)?),
            SchemaStatement::AlterTable(it) => self.alter_table(it)?,
            SchemaStatement::DropTable { name, if_exists } => ChangeRequest::DropTable {
                table: self.table_ref(name, *if_exists)?,
            },
            SchemaStatement::CreateType(it) => {
                let keyspace = self.keyspace_of(&it.name)?;
                self.require_keyspace(&keyspace)?;
                let field = |(name, ty): &(String, _)| Ok((name.clone(), self.resolve_type(ty, &keyspace)?));
                let fields = it.fields.iter().map(field).collect::<Result<_, QueryError>>()?;
                let (name, if_not_exists) = (it.name.name.clone(), it.if_not_exists);
                ChangeRequest::CreateType {
                    keyspace,
                    name,
                    if_not_exists,
                    fields,
                }
            }
            SchemaStatement::DropType { name, if_exists } => {
                let (keyspace, if_exists) = (self.keyspace_of(name)?, *if_exists);
                ChangeRequest::DropType {
                    keyspace,
                    name: name.name.clone(),
                    if_exists,
                }
            }
            SchemaStatement::AlterType(_) => return Err(not_yet("ALTER TYPE")),
            SchemaStatement::CreateIndex(it) => ChangeRequest::CreateIndex(NewIndex {
                keyspace: self.keyspace_of(&it.table)?,
                table: TableName::new(&it.table.name),
                name: it.name.clone(),
                if_not_exists: it.if_not_exists,
                custom: it.custom,
                targets: it
                    .targets
                    .iter()
                    .map(|it| (indexed_part(it.part), ColumnName::new(&it.column)))
                    .collect(),
                class: it.using.clone(),
                properties: it.properties.clone(),
            }),
            SchemaStatement::DropIndex { name, if_exists } => ChangeRequest::DropIndex {
                keyspace: self.keyspace_of(name)?,
                name: name.name.clone(),
                if_exists: *if_exists,
            },
            SchemaStatement::CreateView(it) => ChangeRequest::CreateView(Box::new(self.new_view(it)?)),
            SchemaStatement::AlterView(it) => ChangeRequest::AlterView {
                view: self.table_ref(&it.name, it.if_exists)?,
                properties: it.properties.clone(),
            },
            SchemaStatement::DropView { name, if_exists } => ChangeRequest::DropView {
                view: self.table_ref(name, *if_exists)?,
            },
            SchemaStatement::CreateFunction(_)
            | SchemaStatement::DropFunction(_)
            | SchemaStatement::CreateAggregate(_)
            | SchemaStatement::DropAggregate(_) => {
                self.user_function(statement)?;
                return Ok(None);
            }
            SchemaStatement::CreateTrigger(_) | SchemaStatement::DropTrigger(_) => return Err(not_yet("Triggers")),
        }))
    }

    fn new_table(&self, statement: &ast::CreateTable) -> Result<NewTable, QueryError> {
        let keyspace = self.keyspace_of(&statement.name)?;
        // Types are looked up in the keyspace: that it is missing is the better complaint.
        if !crate::schema::change::is_local_system_keyspace(&keyspace) {
            self.require_keyspace(&keyspace)?;
        }
        if statement.options.compact_storage {
            return Err(not_yet("COMPACT STORAGE"));
        }
        let in_column = statement
            .columns
            .iter()
            .filter(|column| column.is_primary_key)
            .map(|column| PrimaryKey {
                partition: vec![ColumnName::new(&column.name)],
                clustering: Vec::new(),
            });
        let written = statement.primary_keys.iter().map(|key| PrimaryKey {
            partition: names(&key.partition_key),
            clustering: names(&key.clustering),
        });
        let order = statement.options.clustering_order.iter();
        Ok(NewTable {
            name: TableName::new(&statement.name.name),
            if_not_exists: statement.if_not_exists,
            columns: self.new_columns(&statement.columns, &keyspace)?,
            primary_keys: in_column.chain(written).collect(),
            clustering_order: order
                .map(|(name, it)| (ColumnName::new(name), *it == Direction::Descending))
                .collect(),
            properties: statement.options.properties.clone(),
            keyspace,
        })
    }

    fn new_columns(&self, columns: &[ColumnDefinition], keyspace: &KeyspaceName) -> Result<Vec<NewColumn>, QueryError> {
        let new_column = |column: &ColumnDefinition| {
            if column.mask.is_some() {
                return Err(not_yet("Dynamic data masking"));
            }
            let ty = self.resolve_type(&column.type_name, keyspace)?;
            if let crate::data::CqlType::UserType(user_type) = &ty
                && !user_type.frozen
                && user_type.fields.iter().any(|(_, field)| field.is_multi_cell())
            {
                return Err(QueryError::invalid(
                    "Non-frozen UDTs with nested non-frozen collections are not supported",
                ));
            }
            Ok(NewColumn {
                name: ColumnName::new(&column.name),
                ty,
                is_static: column.is_static,
            })
        };
        columns.iter().map(new_column).collect()
    }

    fn alter_table(&self, statement: &ast::AlterTable) -> Result<ChangeRequest, QueryError> {
        let table = self.table_ref(&statement.name, statement.if_exists)?;
        match &statement.action {
            AlterTableAction::AddColumns { if_not_exists, columns } => {
                let columns = self.new_columns(columns, &table.keyspace)?;
                Ok(ChangeRequest::AddColumns {
                    table,
                    if_not_exists: *if_not_exists,
                    columns,
                })
            }
            AlterTableAction::With(it) => Ok(ChangeRequest::AlterTableOptions {
                table,
                properties: it.clone(),
            }),
            AlterTableAction::AlterColumnType { .. } => {
                Err(QueryError::invalid("Altering column types is no longer supported"))
            }
            AlterTableAction::DropCompactStorage => Err(QueryError::invalid(
                "Cannot DROP COMPACT STORAGE on table without COMPACT STORAGE",
            )),
            AlterTableAction::DropColumns { .. } => Err(not_yet("Dropping columns")),
            AlterTableAction::RenameColumns { .. } => Err(not_yet("Renaming columns")),
            AlterTableAction::MaskColumn { .. } => Err(not_yet("Dynamic data masking")),
        }
    }

    fn table_ref(&self, name: &QualifiedName, if_exists: bool) -> Result<TableRef, QueryError> {
        Ok(TableRef {
            keyspace: self.keyspace_of(name)?,
            table: TableName::new(&name.name),
            if_exists,
        })
    }

    pub(super) fn require_keyspace(&self, keyspace: &KeyspaceName) -> Result<(), QueryError> {
        match self.schema.keyspace(keyspace) {
            Some(_) => Ok(()),
            None => Err(QueryError::invalid(format!("Keyspace '{keyspace}' doesn't exist"))),
        }
    }
}

/// Refuses plainly what Cassandra has and Ringscope does not have yet.
pub(in crate::cql) fn not_yet(feature: &str) -> QueryError {
    QueryError::invalid(format!("{feature}: Ringscope does not support this yet"))
}

fn indexed_part(part: ast::IndexedPart) -> IndexedPart {
    match part {
        ast::IndexedPart::Simple => IndexedPart::Simple,
        ast::IndexedPart::Values => IndexedPart::Values,
        ast::IndexedPart::Keys => IndexedPart::Keys,
        ast::IndexedPart::Entries => IndexedPart::Entries,
        ast::IndexedPart::Full => IndexedPart::Full,
    }
}

fn names(names: &[String]) -> Vec<ColumnName> {
    names.iter().map(|name| ColumnName::new(name)).collect()
}
