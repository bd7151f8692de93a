//! CREATE, ALTER and DROP MATERIALIZED VIEW.
//!
//! Source of the checks and their order: Cassandra 5.0, `CreateViewStatement`, `AlterViewStatement`, `DropViewStatement`.

use std::sync::Arc;

use super::{Change, ChangeContext, ChangeKind, TableRef};
use crate::base::Arrange;
use crate::data::{ColumnName, CqlType, KeyspaceName, TableId, TableName};
use crate::schema::{
    ColumnKind, ColumnMetadata, KeyspaceMetadata, Properties, SchemaError, TableMetadata, TableParams, ViewMetadata,
};

/// `View.USAGE_WARNING`
const USAGE_WARNING: &str = "Materialized views are experimental and are not recommended for production use.";

/// A view as its statement describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewView {
    pub keyspace: KeyspaceName,
    pub name: TableName,
    pub if_not_exists: bool,
    pub base: TableName,
    /// Empty is `*`. What is no plain column has its complaint.
    pub selection: Vec<Result<ColumnName, SchemaError>>,
    pub where_clause: Result<ViewWhere, SchemaError>,
    pub partition: Vec<ColumnName>,
    pub clustering: Vec<ColumnName>,
    /// CLUSTERING ORDER BY: a column and whether it is descending.
    pub clustering_order: Vec<(ColumnName, bool)>,
    pub properties: Properties,
}

/// A view's WHERE.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewWhere {
    pub text: String,
    /// The columns that have a relation, IS NOT NULL among them.
    pub restricted: Vec<ColumnName>,
    /// Those beyond IS NOT NULL.
    pub compared: Vec<ColumnName>,
}

impl NewView {
    pub(super) fn create(self, context: &ChangeContext<'_>) -> Result<Change, SchemaError> {
        let mut change = self.change(context)?;
        change.warnings.push(USAGE_WARNING.into());
        Ok(change)
    }

    fn change(mut self, context: &ChangeContext<'_>) -> Result<Change, SchemaError> {
        let name = self.name.clone();
        let before = super::existing_keyspace(context, &self.keyspace)?;
        let base = before.tables.get(self.base.as_str()).filter(|it| it.view.is_none());
        let base = base.ok_or_else(|| SchemaError::invalid(format!("Base table '{}' doesn't exist", self.base)))?;
        match before.tables.get(name.as_str()) {
            None => {}
            Some(table) if table.view.is_none() => {
                return Err(SchemaError::invalid(format!(
                    "Cannot create materialized view '{name}' - a table with the same name already exists"
                )));
            }
            Some(_) if self.if_not_exists => return Ok(Change::nothing(Some(before))),
            Some(_) => {
                return Err(SchemaError::TableExists {
                    keyspace: self.keyspace.to_string(),
                    table: name.to_string(),
                });
            }
        }
        if base.is_counter() {
            return Err(SchemaError::invalid(
                "Materialized views are not supported on counter tables",
            ));
        }
        if base.params.gc_grace_seconds == 0 {
            return Err(SchemaError::invalid(format!(
                "Cannot create materialized view '{name}' for base table '{}' with gc_grace_seconds of 0, since this value is \
                 used to TTL undelivered updates. Setting gc_grace_seconds too low might cause undelivered updates to expire \
                 before being replayed.",
                self.base
            )));
        }
        let selected = self.selected(base)?;
        self.check_primary_key(base, &selected)?;
        let restrictions = core::mem::replace(&mut self.where_clause, Ok(ViewWhere::default()))?;
        self.check_restrictions(base, &restrictions)?;
        let id = super::new_table::take_id(&mut self.properties)?.unwrap_or(context.new_table_id);
        let params = TableParams::of_new_table(&mut self.properties)?;
        core::mem::take(&mut self.properties).finish()?;
        if params.default_time_to_live != 0 {
            return Err(SchemaError::invalid(
                "Cannot set default_time_to_live for a materialized view. Data in a materialized view always expire at the \
                 same time than the corresponding data in the parent table.",
            ));
        }
        let columns = selected.iter().map(|column| self.column(column));
        let mut view = TableMetadata::new(TableId(id), self.keyspace.clone(), name.clone(), columns, params);
        let is_new_in_key = |column: &&ColumnName| {
            base.column(column.as_str())
                .is_some_and(|it| it.kind > ColumnKind::Clustering)
        };
        view.view = Some(Arc::new(ViewMetadata {
            base_id: base.id,
            base: base.name.clone(),
            includes_all_columns: self.selection.is_empty(),
            where_clause: restrictions.text,
            base_column_in_key: self
                .partition
                .iter()
                .chain(&self.clustering)
                .find(is_new_in_key)
                .cloned(),
        }));
        let mut after = KeyspaceMetadata::clone(before);
        after.tables.insert(name.clone(), Arc::new(view));
        Ok(Change::of_table(before, after, ChangeKind::Created, &name))
    }

    fn selected<'a>(&self, base: &'a TableMetadata) -> Result<Vec<&'a ColumnMetadata>, SchemaError> {
        let mut selected: Vec<&ColumnMetadata> = match self.selection.is_empty() {
            true => base.columns().collect(),
            false => Vec::new(),
        };
        for column in &self.selection {
            let column = column.clone()?;
            let undefined = || {
                SchemaError::invalid(format!(
                    "Undefined column name {column} in table {}.{}",
                    base.keyspace, base.name
                ))
            };
            let column = base.column(&column).ok_or_else(undefined)?;
            if !selected.iter().any(|it| it.name == column.name) {
                selected.push(column);
            }
        }
        match selected.iter().find(|it| it.kind == ColumnKind::Static) {
            None => Ok(selected),
            Some(column) => Err(SchemaError::invalid(format!(
                "Cannot include static column '{}' in materialized view '{}'",
                column.name, self.name
            ))),
        }
    }

    fn check_primary_key(&self, base: &TableMetadata, selected: &[&ColumnMetadata]) -> Result<(), SchemaError> {
        let refuse = |text: String| Err(SchemaError::Invalid(text));
        let view = &self.name;
        let mut seen: Vec<&ColumnName> = Vec::new();
        for name in self.partition.iter().chain(&self.clustering) {
            let Some(column) = selected.iter().find(|it| it.name == *name) else {
                return refuse(format!(
                    "Unknown column '{name}' referenced in PRIMARY KEY for materialized view '{view}'"
                ));
            };
            if seen.contains(&name) {
                return refuse(format!(
                    "Duplicate column '{name}' in PRIMARY KEY clause for materialized view '{view}'"
                ));
            }
            seen.push(name);
            let ty = &column.ty;
            if ty.is_multi_cell() {
                let kind = match ty.is_collection() {
                    true => "collection",
                    false => "user-defined",
                };
                return refuse(format!(
                    "Invalid non-frozen {kind} type '{}' for PRIMARY KEY column '{name}'",
                    ty.class_name(false)
                ));
            }
            if ty.any_type(&|it| *it == CqlType::Duration) {
                return refuse(format!(
                    "duration type is not supported for PRIMARY KEY column '{name}'"
                ));
            }
        }
        let ordered = self.clustering_order.iter().map(|(name, _)| name);
        if !self.clustering_order.is_empty() && !ordered.eq(&self.clustering) {
            return refuse("Clustering key columns must exactly match columns in CLUSTERING ORDER BY directive".into());
        }
        let base_key = base.partition_key.iter().chain(&base.clustering);
        let missing: Vec<&str> = base_key
            .filter(|it| !seen.contains(&&it.name))
            .map(|it| it.name.as_str())
            .collect();
        if !missing.is_empty() {
            return refuse(format!(
                "Cannot create materialized view '{view}' without primary key columns {} from base table '{}'",
                missing.join(", "),
                self.base
            ));
        }
        let is_regular = |it: &&&ColumnName| {
            base.column(it.as_str())
                .is_some_and(|it| it.kind == ColumnKind::Regular)
        };
        let others: Vec<&str> = in_hash_order(&seen)
            .into_iter()
            .filter(|it| is_regular(&it))
            .map(|it| it.as_str())
            .collect();
        if others.len() > 1 {
            return refuse(format!(
                "Cannot include more than one non-primary key column in materialized view primary key (got {})",
                others.join(", ")
            ));
        }
        Ok(())
    }

    fn check_restrictions(&self, base: &TableMetadata, restrictions: &ViewWhere) -> Result<(), SchemaError> {
        let key: Vec<&ColumnName> = self.partition.iter().chain(&self.clustering).collect();
        let free: Vec<&str> = in_hash_order(&key)
            .into_iter()
            .filter(|name| !restrictions.restricted.contains(name))
            .map(ColumnName::as_str)
            .collect();
        if !free.is_empty() {
            return Err(SchemaError::invalid(format!(
                "Primary key columns {} must be restricted with 'IS NOT NULL' or otherwise",
                free.join(", ")
            )));
        }
        let is_in_key = |it: &&ColumnName| base.column(it).is_some_and(|it| it.kind <= ColumnKind::Clustering);
        let compared: Vec<&str> = restrictions
            .compared
            .iter()
            .filter(|it| !is_in_key(it))
            .map(ColumnName::as_str)
            .collect();
        match compared.is_empty() {
            true => Ok(()),
            false => Err(SchemaError::invalid(format!(
                "Non-primary key columns can only be restricted with 'IS NOT NULL' (got: {} restricted illegally)",
                compared.join(",")
            ))),
        }
    }

    fn column(&self, column: &ColumnMetadata) -> ColumnMetadata {
        let position = |names: &[ColumnName]| names.iter().position(|it| *it == column.name).map(|at| at as u16);
        let (kind, position) = match (position(&self.partition), position(&self.clustering)) {
            (Some(at), _) => (ColumnKind::PartitionKey, at),
            (_, Some(at)) => (ColumnKind::Clustering, at),
            _ => (ColumnKind::Regular, 0),
        };
        let ordered = self.clustering_order.iter().find(|(name, _)| *name == column.name);
        ColumnMetadata {
            name: column.name.clone(),
            ty: column.ty.clone(),
            kind,
            position,
            // Without an order of its own it has the base table's.
            descending: kind == ColumnKind::Clustering
                && ordered.map_or(column.descending, |(_, descending)| *descending),
        }
    }
}

/// Names as Java's `HashSet` of column identifiers gives them, for texts that list them so.
fn in_hash_order<'a>(names: &[&'a ColumnName]) -> Vec<&'a ColumnName> {
    let mut buckets = 16;
    while names.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    let hash = |name: &ColumnName| {
        let bytes = name.as_bytes().iter().rev();
        let hash = bytes.fold(1i32, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(i32::from(*byte as i8))
        });
        (hash ^ ((hash as u32) >> 16) as i32) as usize & (buckets - 1)
    };
    let mut ordered = names.to_vec();
    ordered.arrange_by_key(|name| hash(name));
    ordered
}

type Found<'a> = (&'a Arc<KeyspaceMetadata>, &'a Arc<TableMetadata>);

/// The view, or what to answer when there is none.
fn find<'a>(reference: &TableRef, context: &ChangeContext<'a>) -> Result<Found<'a>, Result<Change, SchemaError>> {
    let keyspace = context.schema.keyspace(&reference.keyspace);
    let found = keyspace.and_then(|it| it.tables.get(reference.table.as_str()).map(|table| (it, table)));
    match found {
        Some((keyspace, table)) if table.view.is_some() => Ok((keyspace, table)),
        _ if reference.if_exists => Err(Ok(Change::nothing(keyspace))),
        _ => Err(Err(SchemaError::invalid(format!(
            "Materialized view '{}.{}' doesn't exist",
            reference.keyspace, reference.table
        )))),
    }
}

pub(super) fn alter(
    reference: TableRef,
    mut properties: Properties,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let (before, view) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let params = view.params.with(&mut properties)?;
    properties.finish()?;
    if params.gc_grace_seconds == 0 {
        return Err(SchemaError::invalid(
            "Cannot alter gc_grace_seconds of a materialized view to 0, since this value is used to TTL undelivered updates. \
             Setting gc_grace_seconds too low might cause undelivered updates to expire before being replayed.",
        ));
    }
    if params.default_time_to_live > 0 {
        return Err(SchemaError::invalid(
            "Forbidden default_time_to_live detected for a materialized view. Data in a materialized view always expire at the \
             same time than the corresponding data in the parent table. default_time_to_live must be set to zero, see \
             CASSANDRA-12868 for more information",
        ));
    }
    let mut after = KeyspaceMetadata::clone(before);
    let altered = TableMetadata {
        params,
        ..TableMetadata::clone(view)
    };
    after.tables.insert(view.name.clone(), Arc::new(altered));
    Ok(Change::of_table(before, after, ChangeKind::Updated, &view.name))
}

pub(super) fn drop(reference: TableRef, context: &ChangeContext<'_>) -> Result<Change, SchemaError> {
    let (before, view) = match find(&reference, context) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let mut after = KeyspaceMetadata::clone(before);
    after.tables.remove(view.name.as_str());
    Ok(Change::of_table(before, after, ChangeKind::Dropped, &view.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_a_hash_set_of_identifiers_lists_them() {
        let names = |text: &str| text.split(' ').map(ColumnName::new).collect::<Vec<_>>();
        for (given, listed) in [
            ("game player year", "game player year"),
            ("points note game player year", "game player year note points"),
        ] {
            let (given, listed) = (names(given), names(listed));
            let found = in_hash_order(&given.iter().collect::<Vec<_>>());
            let known = |it: &&&ColumnName| ["game", "player", "year"].contains(&it.as_str());
            let others = |all: &[&ColumnName]| {
                all.iter()
                    .filter(|it| !known(it))
                    .map(|it| it.to_string())
                    .collect::<Vec<_>>()
            };
            let listed: Vec<&ColumnName> = listed.iter().collect();
            assert_eq!(others(&found), others(&listed));
        }
    }
}
