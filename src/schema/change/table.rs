//! ALTER TABLE's options, and DROP TABLE.

use std::sync::Arc;

use super::new_table::take_id;
use super::{Change, ChangeContext, ChangeKind, TableRef};
use crate::data::ColumnName;
use crate::schema::params::Given;
use crate::schema::{KeyspaceMetadata, Properties, SchemaError, TableMetadata};

type Found<'a> = (&'a Arc<KeyspaceMetadata>, &'a Arc<TableMetadata>);

/// The table, or what to answer when there is none.
pub(super) fn find<'a>(
    reference: &TableRef,
    context: &ChangeContext<'a>,
) -> Result<Found<'a>, Result<Change, SchemaError>> {
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
    replace_within(before, KeyspaceMetadata::clone(before), table)
}

/// As `replace`, where the table's views change with it.
pub(super) fn replace_within(
    before: &Arc<KeyspaceMetadata>,
    mut after: KeyspaceMetadata,
    table: TableMetadata,
) -> Change {
    let name = table.name.clone();
    after.tables.insert(name.clone(), Arc::new(table));
    Change::of_table(before, after, ChangeKind::Updated, &name)
}

/// ALTER TABLE is not for views.
pub(super) fn refuse_view(table: &TableMetadata) -> Result<(), SchemaError> {
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
    // What cannot be read is told even of a table that is not there.
    Given::read(&mut properties.clone())?;
    let (before, table) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    refuse_view(table)?;
    let id = take_id(&mut properties)?;
    let params = table.params.with(&mut properties)?;
    properties.finish()?;
    if id.is_some() {
        return Err(SchemaError::configuration("Cannot alter table id."));
    }
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

/// `ALTER column DROP MASKED`. There are no masks without dynamic data masking, which is not enabled.
pub(super) fn drop_mask(
    reference: TableRef,
    column: ColumnName,
    if_exists: bool,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let (before, table) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    match table.column(&column) {
        None if !if_exists => Err(SchemaError::invalid(format!(
            "Column with name '{column}' doesn't exist on table '{}'",
            table.name
        ))),
        _ => Ok(Change::nothing(Some(before))),
    }
}

/// What no table takes.
pub(super) fn refuse(
    reference: TableRef,
    refusal: &'static str,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    match find(&reference, context) {
        Ok(_) => Err(SchemaError::invalid(refusal)),
        Err(answer) => answer,
    }
}
