//! Relations on several clustering columns at once: `(a, b) > (1, 2)`, `(a, b) IN (...)`.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/MultiColumnRelation`.

use std::sync::Arc;

use super::PrepareContext;
use super::restrictions::{Bounds, Restriction, Restrictions, existing_column, merge};
use super::term::{Receiver, TypedTerm};
use crate::cql::QueryError;
use crate::cql::ast::{BindMarker, InTuples, Operator, Relation, Separated, Term, TupleValue};
use crate::data::CqlType;
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
        let terms = match value {
            TupleValue::Literal(values) => self.tuple(values, &columns, table)?,
            TupleValue::Marker(marker) => self.tuple_marker(marker, &columns),
        };
        if operator == Operator::Equal {
            return equal_tuple(columns, terms, all);
        }
        match (Bounds::of(operator, terms), columns.first()) {
            (Some(bounds), Some(first)) => {
                let as_tuple = true;
                merge(first, Restriction::Slice(Bounds { as_tuple, ..bounds }), all)
            }
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
        let tuples = match values {
            InTuples::Listed(tuples) => tuples
                .iter()
                .map(|values| self.tuple(values, &columns, table))
                .collect::<Result<Vec<_>, _>>()?,
            InTuples::Markers(markers) => markers.iter().map(|it| self.tuple_marker(it, &columns)).collect(),
            InTuples::Marker(marker) => vec![self.each_tuple(marker, &columns)],
        };
        // One tuple in a list is as good as `=`.
        if let ([only], InTuples::Listed(_)) = (tuples.as_slice(), values) {
            return equal_tuple(columns, only.clone(), all);
        }
        let width = columns.len();
        match columns.first() {
            Some(first) => merge(first, Restriction::TupleIn { width, tuples }, all),
            None => Ok(()),
        }
    }

    /// A marker for one tuple, as a term for each of its components.
    fn tuple_marker(&self, marker: &BindMarker, columns: &[&ColumnMetadata]) -> Vec<TypedTerm> {
        let receiver = tuple_receiver(columns);
        let of = Box::new(self.markers.record(marker, &receiver));
        let component = |at| TypedTerm::Component {
            of: of.clone(),
            at,
            count: columns.len(),
        };
        (0..columns.len()).map(component).collect()
    }

    /// A marker for a list of tuples, as a term for each component of them all.
    fn each_tuple(&self, marker: &BindMarker, columns: &[&ColumnMetadata]) -> Vec<TypedTerm> {
        let one = tuple_receiver(columns);
        let receiver = Receiver {
            name: format!("in{}", one.name),
            ty: CqlType::List {
                element: Arc::new(one.ty),
                frozen: false,
            },
        };
        let of = Box::new(self.markers.record(marker, &receiver));
        let component = |at| TypedTerm::Each {
            of: of.clone(),
            component: Some((at, columns.len())),
        };
        (0..columns.len()).map(component).collect()
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

fn equal_tuple(columns: Vec<&ColumnMetadata>, terms: Vec<TypedTerm>, all: &mut Restrictions) -> Result<(), QueryError> {
    for (column, term) in columns.into_iter().zip(terms) {
        let term = match term {
            TypedTerm::Null => {
                let fault = QueryError::invalid(format!("Invalid null value for column {}", column.name));
                TypedTerm::Fault(Box::new(fault))
            }
            term => term,
        };
        merge(column, Restriction::Equal(term), all)?;
    }
    Ok(())
}

fn tuple_receiver(columns: &[&ColumnMetadata]) -> Receiver {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    Receiver {
        name: format!("({})", names.join(",")),
        ty: CqlType::Tuple(columns.iter().map(|column| column.ty.clone()).collect()),
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
