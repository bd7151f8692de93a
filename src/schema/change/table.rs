//! ALTER TABLE and DROP TABLE.

use std::sync::Arc;

use super::{Change, ChangeContext, ChangeKind, NewColumn, TableRef};
use crate::data::CqlType;
use crate::schema::{ColumnKind, ColumnMetadata, KeyspaceMetadata, Properties, SchemaError, TableMetadata};

type Found<'a> = (&'a Arc<KeyspaceMetadata>, &'a Arc<TableMetadata>);

/// The table, or what to answer when there is none.
fn find<'a>(reference: &TableRef, context: &ChangeContext<'a>) -> Result<Found<'a>, Result<Change, SchemaError>> {
    let keyspace = context.schema.keyspace(&reference.keyspace);
    match keyspace.and_then(|it| it.tables.get(reference.table.as_str()).map(|table| (it, table))) {
        Some(found) => Ok(found),
        None if reference.if_exists => Err(Ok(Change::nothing(keyspace))),
        None => {
            let text = format!("Table '{}.{}' doesn't exist", reference.keyspace, reference.table);
            Err(Err(SchemaError::Invalid(text)))
        }
    }
}

fn replace(before: &Arc<KeyspaceMetadata>, table: TableMetadata) -> Change {
    let (name, mut after) = (table.name.clone(), KeyspaceMetadata::clone(before));
    after.tables.insert(name.clone(), Arc::new(table));
    Change::of_table(before, after, ChangeKind::Updated, &name)
}

pub(super) fn add_columns(
    reference: TableRef,
    if_not_exists: bool,
    columns: Vec<NewColumn>,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let (before, table) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let mut after = TableMetadata::clone(table);
    let has_counters = table.is_counter();
    for NewColumn { name, ty, is_static } in columns {
        if after.column(&name).is_some() {
            if if_not_exists {
                continue;
            }
            return Err(SchemaError::invalid(format!(
                "Column with name '{name}' already exists"
            )));
        }
        if is_static && table.clustering.is_empty() {
            return Err(SchemaError::invalid(
                "Static columns are only useful (and thus allowed) if the table has at least one clustering column",
            ));
        }
        if ty == CqlType::Counter && !has_counters {
            let text = format!(
                "{}.{}: Cannot have a counter column (\"{name}\") in a non counter table",
                table.keyspace, table.name
            );
            return Err(SchemaError::configuration(text));
        }
        if ty != CqlType::Counter && has_counters {
            let text = format!(
                "{}.{}: Cannot have a non counter column (\"{name}\") in a counter table",
                table.keyspace, table.name
            );
            return Err(SchemaError::configuration(text));
        }
        let (kind, columns) = match is_static {
            true => (ColumnKind::Static, &mut after.statics),
            false => (ColumnKind::Regular, &mut after.regulars),
        };
        columns.insert(
            name.clone(),
            ColumnMetadata {
                name,
                ty,
                kind,
                position: 0,
                descending: false,
            },
        );
    }
    Ok(replace(before, after))
}

pub(super) fn alter_options(
    reference: TableRef,
    mut properties: Properties,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let (before, table) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let params = table.params.with(&mut properties)?;
    properties.finish()?;
    Ok(replace(
        before,
        TableMetadata {
            params,
            ..TableMetadata::clone(table)
        },
    ))
}

pub(super) fn drop(reference: TableRef, context: &ChangeContext<'_>) -> Result<Change, SchemaError> {
    let (before, table) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let mut after = KeyspaceMetadata::clone(before);
    after.tables.remove(table.name.as_str());
    Ok(Change::of_table(before, after, ChangeKind::Dropped, &table.name))
}
