//! ALTER TABLE: columns added, dropped and renamed.
//!
//! Source of the checks and texts: Cassandra 5.0, `AlterTableStatement.java`.

use std::sync::Arc;

use super::table::{find, refuse_view, replace, replace_within};
use super::{Change, ChangeContext, NewColumn, TableRef};
use crate::data::{ColumnName, CqlType, WriteTimestamp};
use crate::schema::{ColumnKind, ColumnMetadata, DroppedColumn, KeyspaceMetadata, SchemaError, TableMetadata};

pub(super) fn add(
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
    for column in columns {
        if after.column(&column.name).is_some() {
            if if_not_exists {
                continue;
            }
            return Err(SchemaError::invalid(format!(
                "Column with name '{}' already exists",
                column.name
            )));
        }
        check_added(table, &column)?;
        let NewColumn { name, ty, is_static } = column;
        let (kind, columns) = match is_static {
            true => (ColumnKind::Static, &mut after.statics),
            false => (ColumnKind::Regular, &mut after.regulars),
        };
        let column = ColumnMetadata {
            name,
            ty,
            kind,
            position: 0,
            descending: false,
        };
        if !is_static {
            add_to_views(&mut keyspace, table, &column);
        }
        columns.insert(column.name.clone(), column);
    }
    check_counters(table, &after)?;
    let warnings = after.index_warnings();
    Ok(Change {
        warnings,
        ..replace_within(before, keyspace, after)
    })
}

/// Views of all columns have new ones too.
fn add_to_views(keyspace: &mut KeyspaceMetadata, base: &TableMetadata, column: &ColumnMetadata) {
    change_views(keyspace, base, |view| {
        if view.view.as_ref().is_some_and(|view| view.includes_all_columns) {
            view.regulars.insert(column.name.clone(), column.clone());
        }
    });
}

fn change_views(keyspace: &mut KeyspaceMetadata, base: &TableMetadata, change: impl Fn(&mut TableMetadata)) {
    let views: Vec<Arc<TableMetadata>> = keyspace.views_of(base.id).cloned().collect();
    for view in views {
        let mut changed = TableMetadata::clone(&view);
        change(&mut changed);
        keyspace.tables.insert(changed.name.clone(), Arc::new(changed));
    }
}

fn check_added(table: &TableMetadata, column: &NewColumn) -> Result<(), SchemaError> {
    let NewColumn { name, ty, is_static } = column;
    if table.compact {
        return Err(SchemaError::invalid("Cannot add new column to a COMPACT STORAGE table"));
    }
    if *is_static && table.clustering.is_empty() {
        return Err(SchemaError::invalid(
            "Static columns are only useful (and thus allowed) if the table has at least one clustering column",
        ));
    }
    if let CqlType::UserType(user_type) = ty
        && !user_type.frozen
        && user_type.fields.iter().any(|(_, field)| field.is_multi_cell())
    {
        return Err(SchemaError::invalid(format!(
            "Non-frozen UDTs with nested non-frozen collections are not supported for column {name}"
        )));
    }
    let Some(dropped) = table.dropped.get(name) else {
        return Ok(());
    };
    if !ty.is_laid_out_like(&dropped.ty) {
        return Err(SchemaError::invalid(format!(
            "Cannot add a column '{name}' of type {ty}, incompatible with previously dropped column '{name}' of type {}",
            dropped.ty
        )));
    }
    let kind = if *is_static {
        ColumnKind::Static
    } else {
        ColumnKind::Regular
    };
    if dropped.kind != kind {
        let named = |kind| {
            if kind == ColumnKind::Static {
                "STATIC"
            } else {
                "REGULAR"
            }
        };
        return Err(SchemaError::invalid(format!(
            "Cannot re-add previously dropped column '{name}' of kind {}, incompatible with previous kind {}",
            named(kind),
            named(dropped.kind)
        )));
    }
    if table.is_counter() {
        return Err(SchemaError::invalid(format!(
            "Cannot re-add previously dropped counter column {name}"
        )));
    }
    Ok(())
}

/// A counter table has counters beside its key, and no other table has any.
fn check_counters(before: &TableMetadata, after: &TableMetadata) -> Result<(), SchemaError> {
    let is_counter = before.is_counter();
    let mut columns = after.statics.values().chain(after.regulars.values());
    let Some(column) = columns.find(|column| (column.ty == CqlType::Counter) != is_counter) else {
        return Ok(());
    };
    let table = format!("{}.{}", before.keyspace, before.name);
    Err(SchemaError::configuration(match is_counter {
        true => format!(
            "{table}: Cannot have a non counter column (\"{}\") in a counter table",
            column.name
        ),
        false => format!(
            "{table}: Cannot have a counter column (\"{}\") in a non counter table",
            column.name
        ),
    }))
}

pub(super) fn drop(
    reference: TableRef,
    if_exists: bool,
    names: Vec<ColumnName>,
    timestamp: Option<WriteTimestamp>,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let (before, table) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    refuse_view(table)?;
    let timestamp = timestamp.unwrap_or(context.timestamp);
    let mut after = TableMetadata::clone(table);
    for name in names {
        let Some(column) = table.column(&name) else {
            if if_exists {
                continue;
            }
            return Err(SchemaError::invalid(format!(
                "Column {name} was not found in table '{}.{}'",
                table.keyspace, table.name
            )));
        };
        if column.kind <= ColumnKind::Clustering {
            return Err(SchemaError::invalid(format!("Cannot drop PRIMARY KEY column {name}")));
        }
        if column.ty.is_multi_cell() && matches!(column.ty, CqlType::UserType(_)) {
            return Err(SchemaError::invalid(format!(
                "Cannot drop non-frozen column {name} of user type {}",
                column.ty
            )));
        }
        if let Some(indexes) = dependent_indexes(table, &name) {
            return Err(SchemaError::invalid(format!(
                "Cannot drop column {name} because it has dependent secondary indexes ({indexes})"
            )));
        }
        if before.views_of(table.id).next().is_some() {
            return Err(SchemaError::invalid(format!(
                "Cannot drop column {name} on base table {} with materialized views",
                table.name
            )));
        }
        let dropped = DroppedColumn {
            ty: column.ty.with_tuples(),
            kind: column.kind,
            dropped_at: WriteTimestamp(timestamp.0.div_euclid(1000).saturating_mul(1000)),
        };
        after.statics.remove(&name);
        after.regulars.remove(&name);
        after.dropped.insert(name, dropped);
    }
    Ok(replace(before, after))
}

pub(super) fn rename(
    reference: TableRef,
    renames: Vec<(ColumnName, ColumnName)>,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let (before, table) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    refuse_view(table)?;
    let mut keyspace = KeyspaceMetadata::clone(before);
    let mut columns: Vec<ColumnMetadata> = table.columns().cloned().collect();
    for (old, new) in renames {
        // Even with IF EXISTS: Cassandra looks for the column in a manner that does not take no for an answer.
        let Some(column) = table.column(&old) else {
            return Err(SchemaError::invalid(format!(
                "Undefined column name {old} in table {}.{}",
                table.keyspace, table.name
            )));
        };
        if column.kind > ColumnKind::Clustering {
            return Err(SchemaError::invalid(format!(
                "Cannot rename non PRIMARY KEY column {old}"
            )));
        }
        if table.column(&new).is_some() {
            return Err(SchemaError::invalid(format!(
                "Cannot rename column {old} to {new} in table '{}.{}'; another column with that name already exists",
                table.keyspace, table.name
            )));
        }
        if let Some(indexes) = dependent_indexes(table, &old) {
            return Err(SchemaError::invalid(format!(
                "Can't rename column {old} because it has dependent secondary indexes ({indexes})"
            )));
        }
        change_views(&mut keyspace, table, |view| rename_in_view(view, &old, &new));
        if let Some(column) = columns.iter_mut().find(|it| it.name == old) {
            column.name = new;
        }
    }
    Ok(replace_within(before, keyspace, table.with_columns(columns)))
}

/// The names of a column's indexes, if it has any.
fn dependent_indexes(table: &TableMetadata, column: &ColumnName) -> Option<String> {
    let names: Vec<&str> = table.indexes_of(column.as_str()).map(|it| it.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn rename_in_view(view: &mut TableMetadata, old: &ColumnName, new: &ColumnName) {
    let mut columns: Vec<ColumnMetadata> = view.columns().cloned().collect();
    for column in columns.iter_mut().filter(|it| it.name == *old) {
        column.name = new.clone();
    }
    let mut renamed = view.with_columns(columns);
    if let Some(definition) = renamed.view.as_mut().map(Arc::make_mut) {
        definition.where_clause = rename_in_relations(&definition.where_clause, &old.to_string(), &new.to_string());
    }
    *view = renamed;
}

/// The relations with one name for another wherever it stands as a word of its own, which inside of a string it does not.
fn rename_in_relations(relations: &str, old: &str, new: &str) -> String {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '"';
    let mut renamed = String::new();
    for (index, part) in relations.split('\'').enumerate() {
        if index > 0 {
            renamed.push('\'');
        }
        if index % 2 == 1 {
            renamed += part;
            continue;
        }
        let mut rest = part;
        while let Some(start) = rest.find(is_of_word) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|letter| !is_of_word(letter)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            renamed += before;
            renamed += if word == old { new } else { word };
            rest = after;
        }
        renamed += rest;
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_renamed_where_it_is_a_word() {
        let relations = "k IS NOT NULL AND kk > 0 AND t = 'k is k' AND \"k\" = 1";
        let renamed = "c IS NOT NULL AND kk > 0 AND t = 'k is k' AND \"k\" = 1";
        assert_eq!(rename_in_relations(relations, "k", "c"), renamed);
    }
}
