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

pub(super) fn replace(before: &Arc<KeyspaceMetadata>, table: TableMetadata) -> Change {
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
    refuse_view(table)?;
    let mut keyspace = KeyspaceMetadata::clone(before);
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
        let column = ColumnMetadata {
            name: name.clone(),
            ty,
            kind,
            position: 0,
            descending: false,
        };
        if !is_static {
            add_to_views(&mut keyspace, table, &column);
        }
        columns.insert(name, column);
    }
    let (name, warnings) = (after.name.clone(), after.index_warnings());
    keyspace.tables.insert(name.clone(), Arc::new(after));
    Ok(Change {
        warnings,
        ..Change::of_table(before, keyspace, ChangeKind::Updated, &name)
    })
}

/// Views of all columns have new ones too.
fn add_to_views(keyspace: &mut KeyspaceMetadata, base: &TableMetadata, column: &ColumnMetadata) {
    let of_all = |it: &&Arc<TableMetadata>| it.view.as_ref().is_some_and(|view| view.includes_all_columns);
    let views: Vec<Arc<TableMetadata>> = keyspace.views_of(base.id).filter(of_all).cloned().collect();
    for view in views {
        let mut view = TableMetadata::clone(&view);
        view.regulars.insert(column.name.clone(), column.clone());
        keyspace.tables.insert(view.name.clone(), Arc::new(view));
    }
}

/// ALTER TABLE is not for views.
fn refuse_view(table: &TableMetadata) -> Result<(), SchemaError> {
    match table.view {
        None => Ok(()),
        Some(_) => Err(SchemaError::invalid(
            "Cannot use ALTER TABLE on a materialized view; use ALTER MATERIALIZED VIEW instead",
        )),
    }
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
    refuse_view(table)?;
    let params = table.params.with(&mut properties)?;
    properties.finish()?;
    if table.is_counter() && params.default_time_to_live > 0 {
        return Err(SchemaError::invalid(
            "Cannot set default_time_to_live on a table with counters",
        ));
    }
    if params.gc_grace_seconds == 0 && before.views_of(table.id).next().is_some() {
        return Err(SchemaError::invalid(
            "Cannot alter gc_grace_seconds of the base table of a materialized view to 0, since this value is used to TTL \
             undelivered updates. Setting gc_grace_seconds too low might cause undelivered updates to expire before being \
             replayed.",
        ));
    }
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
    if table.view.is_some() {
        return Err(SchemaError::invalid(
            "Cannot use DROP TABLE on a materialized view. Please use DROP MATERIALIZED VIEW instead.",
        ));
    }
    if before.views_of(table.id).next().is_some() {
        return Err(SchemaError::invalid(format!(
            "Cannot drop a table when materialized views still depend on it ({})",
            before.name
        )));
    }
    let mut after = KeyspaceMetadata::clone(before);
    after.tables.remove(table.name.as_str());
    Ok(Change::of_table(before, after, ChangeKind::Dropped, &table.name))
}
