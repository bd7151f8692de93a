//! CREATE, ALTER and DROP: from the statement to a change of schema, with names and types resolved.

use super::PrepareContext;
use crate::cql::QueryError;
use crate::cql::ast::{
    self, AlterTableAction, AlterTypeAction, ColumnDefinition, Direction, QualifiedName, SchemaStatement, TypeName,
};
use crate::data::{ColumnName, KeyspaceName, TableName, WriteTimestamp};
use crate::schema::IndexedPart;
use crate::schema::change::{ChangeRequest, NewColumn, NewIndex, NewTable, PrimaryKey, TableRef, TypeAlteration};

/// As in a node that was set up with Cassandra's defaults. `ColumnMask.DISABLED_ERROR_MESSAGE`
const MASKING_IS_OFF: &str = "Cannot mask columns because dynamic data masking is not enabled. You can enable it with the \
     dynamic_data_masking_enabled property on cassandra.yaml";

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
                let field = |(name, ty): &(String, TypeName)| {
                    check_field(ty)?;
                    Ok((name.clone(), self.resolve_type(ty, &keyspace)?))
                };
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
            SchemaStatement::AlterType(it) => self.alter_type(it)?,
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
            compact: statement.options.compact_storage,
            keyspace,
        })
    }

    fn new_columns(&self, columns: &[ColumnDefinition], keyspace: &KeyspaceName) -> Result<Vec<NewColumn>, QueryError> {
        let new_column = |column: &ColumnDefinition| {
            if column.mask.is_some() {
                return Err(QueryError::invalid(MASKING_IS_OFF));
            }
            let ty = self.resolve_type(&column.type_name, keyspace)?;
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
            AlterTableAction::AlterColumnType { .. } => Ok(ChangeRequest::RefusedTableChange {
                table,
                refusal: "Altering column types is no longer supported",
            }),
            AlterTableAction::DropCompactStorage => Ok(ChangeRequest::RefusedTableChange {
                table,
                refusal: "Cannot DROP COMPACT STORAGE on table without COMPACT STORAGE",
            }),
            AlterTableAction::DropColumns {
                if_exists,
                columns,
                timestamp,
            } => Ok(ChangeRequest::DropColumns {
                table,
                if_exists: *if_exists,
                names: names(columns),
                timestamp: timestamp.map(WriteTimestamp),
            }),
            AlterTableAction::RenameColumns { renames, .. } => {
                let rename = |(old, new): &(String, String)| (ColumnName::new(old), ColumnName::new(new));
                Ok(ChangeRequest::RenameColumns {
                    table,
                    renames: renames.iter().map(rename).collect(),
                })
            }
            AlterTableAction::MaskColumn { mask: Some(_), .. } => Err(QueryError::invalid(MASKING_IS_OFF)),
            AlterTableAction::MaskColumn {
                column,
                if_exists,
                mask: None,
            } => Ok(ChangeRequest::DropMask {
                table,
                column: ColumnName::new(column),
                if_exists: *if_exists,
            }),
        }
    }

    fn alter_type(&self, statement: &ast::AlterType) -> Result<ChangeRequest, QueryError> {
        let keyspace = self.keyspace_of(&statement.name)?;
        let exists = self
            .schema
            .keyspace(&keyspace)
            .is_some_and(|it| it.types.contains_key(&statement.name.name));
        let alteration = match &statement.action {
            // Its type may be one that does not exist either: that this one does not is the better complaint.
            AlterTypeAction::AlterFieldType { .. } => TypeAlteration::Retype,
            AlterTypeAction::AddField { .. } if !exists => TypeAlteration::Retype,
            AlterTypeAction::AddField {
                if_not_exists,
                field,
                type_name,
            } => {
                check_field(type_name)?;
                TypeAlteration::Add {
                    field: field.clone(),
                    ty: self.resolve_type(type_name, &keyspace)?,
                    written: qualified(type_name, &keyspace).to_string(),
                    if_not_exists: *if_not_exists,
                }
            }
            AlterTypeAction::RenameFields { if_exists, renames } => TypeAlteration::Rename {
                renames: renames.clone(),
                if_exists: *if_exists,
            },
        };
        Ok(ChangeRequest::AlterType {
            keyspace,
            name: statement.name.name.clone(),
            if_exists: statement.if_exists,
            alteration,
        })
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

/// A type with its user types called by their whole names, as messages have it once they were looked up.
fn qualified(ty: &TypeName, keyspace: &KeyspaceName) -> TypeName {
    let inner = |ty: &TypeName| Box::new(qualified(ty, keyspace));
    match ty {
        TypeName::List(element) => TypeName::List(inner(element)),
        TypeName::Set(element) => TypeName::Set(inner(element)),
        TypeName::Map(key, value) => TypeName::Map(inner(key), inner(value)),
        TypeName::Tuple(fields) => TypeName::Tuple(fields.iter().map(|it| qualified(it, keyspace)).collect()),
        TypeName::Vector { element, dimension } => TypeName::Vector {
            element: inner(element),
            dimension: *dimension,
        },
        TypeName::Frozen(ty) => TypeName::Frozen(inner(ty)),
        TypeName::UserType(name) => TypeName::UserType(QualifiedName {
            keyspace: Some(keyspace.to_string()),
            name: name.name.clone(),
        }),
        other => other.clone(),
    }
}

/// A field's type as it is written: whether one that is not frozen exists is not asked.
fn check_field(ty: &TypeName) -> Result<(), QueryError> {
    match ty {
        TypeName::UserType(_) => Err(QueryError::invalid("A user type cannot contain non-frozen UDTs")),
        TypeName::Native(ast::NativeType::Counter) => Err(QueryError::invalid("A user type cannot contain counters")),
        _ => Ok(()),
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
