//! The filter of a SELECT: its conditions evaluated, and how the rows that meet them are to be found.

use bytes::Bytes;

use super::Evaluation;
use super::restrictions::{Restriction, Restrictions};
use super::select::{Condition, SelectPlan};
use super::term::TypedTerm;
use crate::cql::QueryError;
use crate::data::types::layout::join_collection;
use crate::data::{Analyzer, ColumnCondition, CqlType, FilteredColumn, IndexSearch, Nearest, Operator, RowFilter};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};

/// The most rows that ANN OF may ask for: `cassandra.sai.vector_search.max_top_k`.
const MAX_TOP_K: u32 = 1000;

/// What goes for ANN OF alone. Answers with what the client is to be told.
pub(super) fn check_top_k(plan: &SelectPlan, limit: u32, page_size: Option<u32>) -> Result<Vec<String>, QueryError> {
    if plan.nearest.is_none() {
        return Ok(Vec::new());
    }
    if plan.limit.is_none() {
        return Err(QueryError::invalid(
            "Top-K queries must have a limit specified and the limit must be less than the query page size",
        ));
    }
    if plan.per_partition_limit.is_some() {
        return Err(QueryError::invalid("Top-K queries do not support per-partition limits"));
    }
    if limit > MAX_TOP_K {
        return Err(QueryError::invalid(format!(
            "Use of ANN OF in an ORDER BY clause requires a LIMIT that is not greater than {MAX_TOP_K}. LIMIT was {limit}"
        )));
    }
    let too_small = page_size.filter(|size| *size < limit);
    let warning = |size: u32| {
        format!(
            "Top-K queries do not support paging and the page size is set to {size}, which is less than LIMIT {limit}. The page \
             size has been set to {limit} to match the LIMIT."
        )
    };
    Ok(too_small.map(warning).into_iter().collect())
}

fn filtered_column(column: &ColumnMetadata) -> FilteredColumn {
    match column.kind {
        ColumnKind::PartitionKey => FilteredColumn::PartitionKey(column.position),
        ColumnKind::Clustering => FilteredColumn::Clustering(column.position),
        ColumnKind::Static => FilteredColumn::Static(column.name.clone()),
        ColumnKind::Regular => FilteredColumn::Regular(column.name.clone()),
    }
}

pub(super) fn filter(plan: &SelectPlan, limit: u32, at: &mut Evaluation<'_>) -> Result<RowFilter, QueryError> {
    let mut filter = RowFilter::default();
    if let Some(search) = &plan.search {
        filter.search = Some(Box::new(IndexSearch {
            index: search.index.clone(),
            conditions: search.conditions.clone(),
            is_alone: false,
        }));
    }
    if let Some(to) = &plan.nearest {
        let unsupported = || QueryError::invalid(format!("Unsupported null value for column {}", to.column.name));
        filter.nearest = Some(Box::new(Nearest {
            column: filtered_column(&to.column),
            vector: to.vector.evaluate(at)?.ok_or_else(unsupported)?,
            similarity: to.similarity,
            count: limit,
        }));
    }
    for condition in &plan.conditions {
        let name = &condition.column.name;
        let mut values = Vec::new();
        for term in &condition.values {
            for value in term.evaluate_each(at)? {
                match value {
                    Some(value) => values.push(value),
                    // Of several values a null is one that no row has.
                    None if condition.operator == Operator::In => {}
                    None => {
                        let what = format!("Unsupported null value for column {name}");
                        return Err(QueryError::invalid(what));
                    }
                }
            }
        }
        let value = match condition.operator {
            Operator::In => join_collection(values.len(), values.iter().map(|it| &**it)),
            _ => Bytes::from(condition.analyzer.apply(&values[0]).into_owned()),
        };
        let column = filtered_column(&condition.column);
        let ty = condition.column.ty.clone();
        filter.conditions.push(ColumnCondition {
            column,
            ty,
            operator: condition.operator,
            analyzer: condition.analyzer,
            value,
            key: match &condition.key {
                None => None,
                Some(term) => Some(
                    term.evaluate(at)?
                        .ok_or_else(|| QueryError::invalid(format!("Invalid null map key for column {name}")))?,
                ),
            },
        });
    }
    if plan.table.needs_markers() {
        filter.conditions.push(ColumnCondition {
            column: FilteredColumn::Marker,
            ty: CqlType::Boolean,
            operator: Operator::Eq,
            value: Bytes::new(),
            key: None,
            analyzer: Analyzer::default(),
        });
    }
    Ok(filter)
}

const MULTI_COLUMN_FILTER: &str = "Multi-column slice restrictions cannot be used for filtering.";

/// Conditions on static and regular columns.
pub(super) fn other_conditions(
    table: &TableMetadata,
    restrictions: &Restrictions,
) -> Result<Vec<Condition>, QueryError> {
    let mut conditions = Vec::new();
    for column in table.statics.values().chain(table.regulars.values()) {
        conditions.extend(conditions_of(core::slice::from_ref(column), restrictions)?);
    }
    Ok(conditions)
}

pub(super) fn conditions_of(
    columns: &[ColumnMetadata],
    restrictions: &Restrictions,
) -> Result<Vec<Condition>, QueryError> {
    let mut conditions = Vec::new();
    for column in columns {
        let mut add = |operator, values: Vec<TypedTerm>| {
            conditions.push(Condition {
                column: column.clone(),
                operator,
                values,
                key: None,
                analyzer: Analyzer::default(),
            });
        };
        match restrictions.of(column) {
            None => {}
            Some(Restriction::Equal(term)) => add(Operator::Eq, vec![term.clone()]),
            Some(Restriction::In(terms)) => add(Operator::In, terms.clone()),
            Some(Restriction::TupleIn { .. }) => {
                let fault = QueryError::invalid("Multicolumn IN filters are not supported");
                add(Operator::Eq, vec![TypedTerm::Fault(Box::new(fault))]);
            }
            Some(Restriction::Slice(bounds)) => {
                if [&bounds.lower, &bounds.upper]
                    .iter()
                    .any(|bound| bound.as_ref().is_some_and(|it| it.0.len() > 1))
                {
                    let fault = QueryError::invalid(MULTI_COLUMN_FILTER);
                    add(Operator::Eq, vec![TypedTerm::Fault(Box::new(fault))]);
                    continue;
                }
                if let Some((terms, inclusive)) = &bounds.lower {
                    add(if *inclusive { Operator::GtEq } else { Operator::Gt }, terms.clone());
                }
                if let Some((terms, inclusive)) = &bounds.upper {
                    add(if *inclusive { Operator::LtEq } else { Operator::Lt }, terms.clone());
                }
            }
            Some(Restriction::Contains { values, keys, entries }) => {
                values
                    .iter()
                    .for_each(|term| add(Operator::Contains, vec![term.clone()]));
                keys.iter()
                    .for_each(|term| add(Operator::ContainsKey, vec![term.clone()]));
                for (key, value) in entries {
                    conditions.push(Condition {
                        column: column.clone(),
                        operator: Operator::Eq,
                        values: vec![value.clone()],
                        key: Some(key.clone()),
                        analyzer: Analyzer::default(),
                    });
                }
            }
        }
    }
    Ok(conditions)
}
