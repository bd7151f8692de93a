//! INSERT, UPDATE and DELETE: to mutations.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/statements/ModificationStatement`, `UpdateStatement`, `DeleteStatement`.

use std::sync::Arc;

use bytes::Bytes;

use super::attributes::Attributes;
use super::indexing;
use super::json_column::JsonColumn;
use super::keys::{Choices, bounded_slices, combinations, leading_choices, partition_key, prefix_slice};
use super::operation::{Operation, RowWriter};
use super::prefetched::Prefetched;
use super::restrictions::{Bounds, Restriction, Restrictions, Where, existing_column};
use super::term::{Receiver, TypedTerm};
use super::{Evaluation, PrepareContext};
use crate::base::SortedSet;
use crate::cql::QueryError;
use crate::cql::ast::{Condition, Delete, Insert, InsertJson, JsonValue, Term, Update, Using};
use crate::cql::functions::JsonDocument;
use crate::data::{DecoratedKey, DeletionTime, EpochSeconds, Mutation, Partition, Row, Slice, WriteTimestamp};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};

/// A modification without conditions.
#[derive(Clone, Debug)]
pub struct ModifyPlan {
    pub(super) table: Arc<TableMetadata>,
    pub(super) kind: Kind,
    pub(super) partition_keys: Choices,
    pub(super) rows: Rows,
    pub(super) operations: Vec<Operation>,
    pub(super) attributes: Attributes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Insert,
    Update,
    Delete,
}

impl core::fmt::Display for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Kind::Insert => "INSERT",
            Kind::Update => "UPDATE",
            Kind::Delete => "DELETE",
        })
    }
}

/// Which rows of each partition.
#[derive(Clone, Debug)]
pub(super) enum Rows {
    /// Every clustering column is given.
    Exact(Choices),
    /// Only the static row.
    Static,
    /// All that start with these values, within these bounds of the next column: for DELETE.
    Range { prefix: Choices, bounds: Option<Bounds> },
}

impl PrepareContext<'_> {
    pub(super) fn insert(&self, statement: &Insert) -> Result<ModifyPlan, QueryError> {
        let table = self.table(&statement.table)?;
        if table.is_counter() {
            return Err(QueryError::invalid(
                "INSERT statements are not allowed on counter tables, use UPDATE instead",
            ));
        }
        if statement.columns.len() != statement.values.len() {
            return Err(QueryError::invalid("Unmatched column names/values"));
        }
        let mut seen = SortedSet::new();
        if !statement.columns.iter().all(|name| seen.insert(name)) {
            return Err(QueryError::invalid("The column names contains duplicates"));
        }
        let term = |column: &ColumnMetadata, value: &Term| {
            let receiver = Receiver {
                name: column.name.to_string(),
                ty: column.ty.clone(),
            };
            self.term(value, &receiver, &table.keyspace)
        };
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (name, value) in statement.columns.iter().zip(&statement.values) {
            let column = existing_column(table, name)?;
            // What is wrong with a key is told last.
            if column.kind <= ColumnKind::Clustering {
                keys.push((column, value));
                continue;
            }
            let term = term(column, value)?;
            Operation::set(column, term.clone())?;
            values.push((column, term));
        }
        for (column, value) in keys {
            values.push((column, term(column, value)?));
        }
        self.inserted(table, values, &statement.using)
    }

    pub(super) fn insert_json(&self, statement: &InsertJson) -> Result<ModifyPlan, QueryError> {
        let table = self.table(&statement.table)?;
        if table.columns().any(|column| column.ty == crate::data::CqlType::Counter) {
            return Err(QueryError::invalid(
                "INSERT statements are not allowed on counter tables, use UPDATE instead",
            ));
        }
        let text = match &statement.json {
            JsonValue::Literal(text) => text,
            JsonValue::Marker(marker) => {
                let receiver = Receiver {
                    name: "[json]".to_string(),
                    ty: crate::data::CqlType::Text,
                };
                let document = self.markers.record(marker, &receiver);
                let values = JsonColumn::all(&document, table, statement.default_unset);
                return self.inserted(table, values, &statement.using);
            }
        };
        let columns = in_hash_order(table);
        let document = JsonDocument::parse(text, columns.iter().map(|column| (&column.name, &column.ty)))?;
        let mut values = Vec::new();
        let unset = |column: &&ColumnMetadata| document.get(&column.name).is_none() && statement.default_unset;
        let mut key = table.partition_key.iter().chain(&table.clustering);
        if let Some(column) = key.find(unset) {
            let name = &column.name;
            return Err(QueryError::invalid(format!("Invalid unset value for column {name}")));
        }
        for column in columns {
            let term = match document.get(&column.name) {
                Some(Some(value)) => TypedTerm::Constant(value.clone()),
                Some(None) => TypedTerm::Null,
                None if statement.default_unset => continue,
                None => TypedTerm::Null,
            };
            values.push((column, term));
        }
        self.inserted(table, values, &statement.using)
    }

    /// An INSERT of these columns and values.
    fn inserted(
        &self,
        table: &Arc<TableMetadata>,
        values: Vec<(&ColumnMetadata, TypedTerm)>,
        using: &Using,
    ) -> Result<ModifyPlan, QueryError> {
        let mut restrictions = Restrictions::default();
        let mut operations = Vec::new();
        for (column, term) in values {
            match column.kind {
                ColumnKind::PartitionKey | ColumnKind::Clustering => {
                    restrictions
                        .columns
                        .insert(column.name.clone(), Restriction::Equal(term));
                }
                _ => operations.push(Operation::set(column, term)?),
            }
        }
        let partition_keys = required_partition_key(table, &restrictions, Kind::Insert)?;
        let clustering = leading_choices(&table.clustering, &restrictions);
        let only_statics = !operations.is_empty() && operations.iter().all(|it| it.column.kind == ColumnKind::Static);
        let names_no_clustering = table.clustering.iter().all(|column| restrictions.of(column).is_none());
        let rows = if clustering.width() == table.clustering.len() {
            Rows::Exact(clustering)
        } else if only_statics && names_no_clustering {
            Rows::Static
        } else {
            return Err(missing_clustering(table, &restrictions));
        };
        Ok(ModifyPlan {
            table: table.clone(),
            kind: Kind::Insert,
            partition_keys,
            rows,
            operations,
            attributes: self.attributes(using.timestamp.as_ref(), using.time_to_live.as_ref(), table)?,
        })
    }

    pub(super) fn update(&self, statement: &Update) -> Result<ModifyPlan, QueryError> {
        let table = self.table(&statement.table)?;
        let mut operations = Vec::new();
        for assignment in &statement.assignments {
            let column = existing_column(table, &assignment.column)?;
            if column.kind <= ColumnKind::Clustering {
                return Err(QueryError::invalid(format!(
                    "PRIMARY KEY part {} found in SET part",
                    column.name
                )));
            }
            operations.push(self.assignment(column, &assignment.change, table, statement.condition.is_some())?);
        }
        let restrictions = self.restrictions(&statement.where_clause, table, Where::Changed(Kind::Update))?;
        let partition_keys = required_partition_key(table, &restrictions, Kind::Update)?;
        refuse_foreign_restrictions(table, &restrictions)?;
        let clustering = leading_choices(&table.clustering, &restrictions);
        let only_statics = operations.iter().all(|it| it.column.kind == ColumnKind::Static)
            && !is_about_rows(statement.condition.as_ref(), table);
        let names_no_clustering = table.clustering.iter().all(|column| restrictions.of(column).is_none());
        if only_statics && !names_no_clustering {
            return Err(only_static_columns(Kind::Update));
        }
        let rows = if only_statics && !table.clustering.is_empty() {
            Rows::Static
        } else if clustering.width() == table.clustering.len() {
            Rows::Exact(clustering)
        } else {
            return Err(update_without_row(table, &restrictions));
        };
        let using = &statement.using;
        Ok(ModifyPlan {
            table: table.clone(),
            kind: Kind::Update,
            partition_keys,
            rows,
            operations,
            attributes: self.attributes(using.timestamp.as_ref(), using.time_to_live.as_ref(), table)?,
        })
    }

    pub(super) fn delete(&self, statement: &Delete) -> Result<ModifyPlan, QueryError> {
        let table = self.table(&statement.table)?;
        let mut operations = Vec::new();
        for deletion in &statement.deletions {
            operations.push(self.deletion(deletion, table)?);
        }
        let restrictions = self.restrictions(&statement.where_clause, table, Where::Changed(Kind::Delete))?;
        let partition_keys = required_partition_key(table, &restrictions, Kind::Delete)?;
        refuse_foreign_restrictions(table, &restrictions)?;
        let prefix = leading_choices(&table.clustering, &restrictions);
        let bounds = match table
            .clustering
            .get(prefix.width())
            .and_then(|column| restrictions.of(column))
        {
            Some(Restriction::Slice(bounds)) => Some(bounds.clone()),
            _ => None,
        };
        check_clustering_prefix(table, &restrictions, prefix.width() + usize::from(bounds.is_some()))?;
        let only_statics = !operations.is_empty()
            && operations.iter().all(|it| it.column.kind == ColumnKind::Static)
            && !is_about_rows(statement.condition.as_ref(), table);
        if only_statics && table.clustering.iter().any(|column| restrictions.of(column).is_some()) {
            return Err(only_static_columns(Kind::Delete));
        }
        let rows = if only_statics && prefix.is_empty() && bounds.is_none() && !table.clustering.is_empty() {
            Rows::Static
        } else if prefix.width() == table.clustering.len() {
            Rows::Exact(prefix)
        } else {
            Rows::Range { prefix, bounds }
        };
        Ok(ModifyPlan {
            table: table.clone(),
            kind: Kind::Delete,
            partition_keys,
            rows,
            operations,
            attributes: self.attributes(statement.timestamp.as_ref(), None, table)?,
        })
    }
}

impl ModifyPlan {
    pub fn table(&self) -> &Arc<TableMetadata> {
        &self.table
    }

    /// The partitions it changes.
    pub fn keys(&self, at: &mut Evaluation<'_>) -> Result<Vec<DecoratedKey>, QueryError> {
        let values = combinations(&self.partition_keys, &self.table.partition_key, at)?;
        values.iter().map(|values| partition_key(values)).collect()
    }

    /// One mutation a partition; `timestamp` is for a statement that names none, `found` is what `reads` asked for.
    pub fn mutations(
        &self,
        at: &mut Evaluation<'_>,
        timestamp: WriteTimestamp,
        found: &Prefetched,
    ) -> Result<Vec<Mutation>, QueryError> {
        let timestamp = self.attributes.timestamp(timestamp, at)?;
        let keys = self.keys(at)?;
        // Whatever is wrong with the rows is told before what is wrong with their values, and even of no partition.
        let places = self.places(at)?;
        let mut mutations = Vec::new();
        for key in keys {
            let update = self.update(key, &places, timestamp, found, at)?;
            mutations.push(Mutation::new(self.table.keyspace.clone(), self.table.id, update));
        }
        Ok(mutations)
    }

    /// What is wrong with it whatever it writes. `ModificationStatement.validate`.
    pub fn validate(&self) -> Result<(), QueryError> {
        let refused = |what: &str| {
            Err(QueryError::invalid(format!(
                "Cannot provide custom {what} for counter updates"
            )))
        };
        match self.table.is_counter() {
            true if self.attributes.has_timestamp() => refused("timestamp"),
            true if self.attributes.has_time_to_live() => refused("TTL"),
            _ if self.table.view.is_some() => Err(QueryError::invalid("Cannot directly modify a materialized view")),
            _ => Ok(()),
        }
    }

    /// What it changes in each partition.
    fn places(&self, at: &mut Evaluation<'_>) -> Result<Places, QueryError> {
        let clustering = &self.table.clustering;
        match &self.rows {
            Rows::Static => Ok(Places::Static),
            Rows::Exact(choices) => combinations(choices, clustering, at).map(Places::Rows),
            Rows::Range { .. } if !self.operations.is_empty() => Err(QueryError::invalid(
                "Range deletions are not supported for specific columns",
            )),
            Rows::Range { prefix, bounds } => {
                let mut slices = Vec::new();
                for prefix in combinations(prefix, clustering, at)? {
                    match bounds {
                        Some(bounds) => slices.extend(bounded_slices(&self.table, &prefix, bounds, at)?),
                        None if prefix.is_empty() => return Ok(Places::Whole),
                        None => slices.push(prefix_slice(&self.table, &prefix)),
                    }
                }
                Ok(Places::Slices(slices))
            }
        }
    }

    fn update(
        &self,
        key: DecoratedKey,
        places: &Places,
        timestamp: WriteTimestamp,
        found: &Prefetched,
        at: &mut Evaluation<'_>,
    ) -> Result<Partition, QueryError> {
        let mut update = Partition::empty(key.clone());
        // Of no rows nothing is evaluated.
        if places.are_none() {
            return Ok(update);
        }
        let now = EpochSeconds::from(at.now);
        let deletion = DeletionTime::new(timestamp, now);
        let expiry = self.attributes.expiry(&self.table, at)?;
        let mut writer = RowWriter {
            timestamp,
            now,
            expiry,
            found: found.row(self.table.id, &key, None),
            at,
        };
        let is_static = |it: &&Operation| it.column.kind == ColumnKind::Static;
        let mut static_row = Row::default();
        for operation in self.operations.iter().filter(is_static) {
            operation.write(&mut static_row, &mut writer)?;
        }
        if !static_row.is_empty() {
            update.add_static(static_row);
        }
        match places {
            Places::Static => {}
            Places::Rows(rows) => {
                for values in rows {
                    let clustering = self.table.comparator.clustering(values.iter().cloned().map(Some));
                    writer.found = found.row(self.table.id, &key, Some(&clustering));
                    let mut row = match (self.kind, self.operations.is_empty()) {
                        (Kind::Insert, _) if !self.table.compact => Row::inserted(timestamp, expiry),
                        (Kind::Delete, true) => Row::deleted(deletion),
                        _ => Row::default(),
                    };
                    for operation in self.operations.iter().filter(|it| !is_static(it)) {
                        operation.write(&mut row, &mut writer)?;
                    }
                    // A table without clustering columns has one row a partition: deleting it is deleting the partition.
                    if self.kind == Kind::Delete && self.operations.is_empty() && values.is_empty() {
                        update.delete(deletion);
                    } else if !row.is_empty() {
                        update.add_row(clustering, row);
                    }
                }
            }
            Places::Slices(slices) => slices
                .iter()
                .for_each(|slice| update.delete_range(slice.clone(), deletion)),
            Places::Whole => update.delete(deletion),
        }
        Ok(update)
    }
}

/// What a modification changes in each of its partitions, evaluated.
enum Places {
    Static,
    /// The values of their clustering columns.
    Rows(Vec<Vec<Bytes>>),
    Slices(Vec<Slice>),
    /// All of the partition.
    Whole,
}

impl Places {
    fn are_none(&self) -> bool {
        match self {
            Places::Rows(rows) => rows.is_empty(),
            Places::Slices(slices) => slices.is_empty(),
            Places::Static | Places::Whole => false,
        }
    }
}

/// The choices for all columns of the partition key, which a modification has to name.
fn required_partition_key(
    table: &TableMetadata,
    restrictions: &Restrictions,
    kind: Kind,
) -> Result<Choices, QueryError> {
    if restrictions.token.is_some() {
        return Err(QueryError::invalid(format!(
            "The token function cannot be used in WHERE clauses for {kind} statements"
        )));
    }
    let missing = |column: &&ColumnMetadata| restrictions.of(column).is_none();
    let missing: Vec<&str> = table
        .partition_key
        .iter()
        .filter(missing)
        .map(|column| column.name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(QueryError::invalid(format!(
            "Some partition key parts are missing: {}",
            missing.join(", ")
        )));
    }
    let choices = leading_choices(&table.partition_key, restrictions);
    for column in table.partition_key.iter().skip(choices.width()) {
        if let Some(Restriction::Slice(_) | Restriction::Contains { .. }) = restrictions.of(column) {
            return Err(QueryError::invalid(format!(
                "Only EQ and IN relation are supported on the partition key (unless you use the token() function) for \
                 {kind} statements"
            )));
        }
    }
    Ok(choices)
}

/// The columns as Java's hash map of their names has them: of several mistakes in a document the first in this order is told.
fn in_hash_order(table: &TableMetadata) -> Vec<&ColumnMetadata> {
    let mut columns: Vec<&ColumnMetadata> = table.columns().collect();
    let buckets = (columns.len() * 4 / 3 + 1).next_power_of_two().max(16) as u32;
    columns.sort_by_key(|column| {
        let bytes = column.name.as_bytes().iter().rev();
        let hash = bytes.fold(1u32, |hash, byte| {
            let signed = i32::from(*byte as i8) as u32;
            hash.wrapping_mul(31).wrapping_add(signed)
        });
        (hash ^ (hash >> 16)) & (buckets - 1)
    });
    columns
}

/// Whether a condition looks at a column that each row has for itself.
fn is_about_rows(condition: Option<&Condition>, table: &TableMetadata) -> bool {
    match condition {
        Some(Condition::Columns(columns)) => columns.iter().any(|it| {
            let column = table.column(&it.column);
            column.is_some_and(|column| column.kind == ColumnKind::Regular)
        }),
        _ => false,
    }
}

fn only_static_columns(kind: Kind) -> QueryError {
    QueryError::invalid(format!(
        "Invalid restrictions on clustering columns since the {kind} statement modifies only static columns"
    ))
}

pub(super) fn clustering_is_missing(table: &TableMetadata) -> QueryError {
    missing_clustering(table, &Restrictions::default())
}

fn missing_clustering(table: &TableMetadata, restrictions: &Restrictions) -> QueryError {
    let missing = table
        .clustering
        .iter()
        .filter(|column| restrictions.of(column).is_none());
    let missing: Vec<&str> = missing.map(|column| column.name.as_str()).collect();
    QueryError::invalid(format!("Some clustering keys are missing: {}", missing.join(", ")))
}

fn update_without_row(table: &TableMetadata, restrictions: &Restrictions) -> QueryError {
    let slice = table
        .clustering
        .iter()
        .find(|it| matches!(restrictions.of(it), Some(Restriction::Slice(_))));
    match slice {
        Some(_) => {
            QueryError::invalid("Slice restrictions are not supported on the clustering columns in UPDATE statements")
        }
        None => missing_clustering(table, restrictions),
    }
}

/// Every restricted clustering column must be within the first `used`.
fn check_clustering_prefix(table: &TableMetadata, restrictions: &Restrictions, used: usize) -> Result<(), QueryError> {
    for (at, column) in table.clustering.iter().enumerate().skip(used) {
        if restrictions.of(column).is_some() {
            indexing::refuse_skipped_clustering(table, restrictions)?;
            return Err(QueryError::invalid(format!(
                "Clustering column \"{}\" cannot be restricted (preceding column \"{}\" is restricted by a non-EQ relation)",
                column.name,
                table.clustering[at - 1].name
            )));
        }
    }
    Ok(())
}

fn refuse_foreign_restrictions(table: &TableMetadata, restrictions: &Restrictions) -> Result<(), QueryError> {
    let is_key = |name: &str| {
        table
            .column(name)
            .is_some_and(|column| column.kind <= ColumnKind::Clustering)
    };
    let others: Vec<&str> = restrictions
        .columns
        .keys()
        .map(|it| it.as_str())
        .filter(|it| !is_key(it))
        .collect();
    match others.is_empty() {
        true => Ok(()),
        false => Err(QueryError::invalid(format!(
            "Non PRIMARY KEY columns found in where clause: {} ",
            others.join(", ")
        ))),
    }
}
