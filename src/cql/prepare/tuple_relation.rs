//! Relations on several clustering columns at once: `(a, b) > (1, 2)`, `(a, b) IN (...)`.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/MultiColumnRelation`.

use super::PrepareContext;
use super::restrictions::{Bounds, Restriction, Restrictions, existing_column, merge, null_in_condition};
use super::term::{Receiver, TypedTerm};
use crate::cql::QueryError;
use crate::cql::ast::{InTuples, Operator, Relation, Separated, Term, TupleValue};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};

impl PrepareContext<'_> {
    pub(super) fn tuple_relation(
        &self,
        columns: &[String],
        operator: Operator,
        value: &TupleValue,
        relation: &Relation,
        table: &TableMetadata,
        all: &mut Restrictions,
    ) -> Result<(), QueryError> {
        let columns = tuple_columns(columns, relation, table)?;
        let TupleValue::Literal(values) = value else {
            return Err(QueryError::invalid("Invalid amount of bind variables"));
        };
        let terms = self.tuple(values, &columns, table)?;
        if operator == Operator::Equal {
            for (column, term) in columns.into_iter().zip(terms) {
                if matches!(term, TypedTerm::Null) {
                    return Err(QueryError::invalid(format!(
                        "Invalid null value for column {}",
                        column.name
                    )));
                }
                merge(column, Restriction::Equal(term), all)?;
            }
            return Ok(());
        }
        for (column, term) in columns.iter().zip(&terms) {
            if matches!(term, TypedTerm::Null) {
                return Err(null_in_condition(&column.name));
            }
        }
        match (Bounds::of(operator, terms), columns.first()) {
            (Some(bounds), Some(first)) => merge(first, Restriction::Slice(bounds), all),
            _ => Err(QueryError::invalid(format!(
                "Unsupported \"{operator}\" relation: {relation}"
            ))),
        }
    }

    pub(super) fn tuple_in(
        &self,
        columns: &[String],
        values: &InTuples,
        relation: &Relation,
        table: &TableMetadata,
        all: &mut Restrictions,
    ) -> Result<(), QueryError> {
        let columns = tuple_columns(columns, relation, table)?;
        let InTuples::Listed(tuples) = values else {
            return Err(QueryError::invalid("Invalid amount of bind variables"));
        };
        let tuples = tuples
            .iter()
            .map(|values| self.tuple(values, &columns, table))
            .collect::<Result<Vec<_>, _>>()?;
        for tuple in &tuples {
            for (column, term) in columns.iter().zip(tuple) {
                if matches!(term, TypedTerm::Null) {
                    return Err(QueryError::invalid(format!(
                        "Invalid null value in condition for column {}",
                        column.name
                    )));
                }
            }
        }
        let width = columns.len();
        match columns.first() {
            Some(first) => merge(first, Restriction::TupleIn { width, tuples }, all),
            None => Ok(()),
        }
    }

    fn tuple(
        &self,
        values: &[Term],
        columns: &[&ColumnMetadata],
        table: &TableMetadata,
    ) -> Result<Vec<TypedTerm>, QueryError> {
        if values.len() != columns.len() {
            return Err(QueryError::invalid(format!(
                "Expected {} elements in value tuple, but got {}: ({})",
                columns.len(),
                values.len(),
                Separated(values)
            )));
        }
        let term = |(value, column): (&Term, &&ColumnMetadata)| {
            let receiver = Receiver {
                name: column.name.to_string(),
                ty: column.ty.clone(),
            };
            self.term(value, &receiver, &table.keyspace)
        };
        values.iter().zip(columns).map(term).collect()
    }
}

/// The columns of a relation, which have to be clustering columns that follow each other.
fn tuple_columns<'a>(
    names: &[String],
    relation: &Relation,
    table: &'a TableMetadata,
) -> Result<Vec<&'a ColumnMetadata>, QueryError> {
    let mut columns: Vec<&ColumnMetadata> = Vec::new();
    for name in names {
        let column = existing_column(table, name)?;
        if column.kind != ColumnKind::Clustering {
            return Err(QueryError::invalid(format!(
                "Multi-column relations can only be applied to clustering columns but was applied to: {name}"
            )));
        }
        if columns.iter().any(|it| it.name == column.name) {
            return Err(QueryError::invalid(format!(
                "Column \"{name}\" appeared twice in a relation: {relation}"
            )));
        }
        if columns.last().is_some_and(|last| last.position + 1 != column.position) {
            return Err(QueryError::invalid(format!(
                "Clustering columns must appear in the PRIMARY KEY order in multi-column relations: {relation}"
            )));
        }
        columns.push(column);
    }
    Ok(columns)
}
