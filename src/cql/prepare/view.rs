//! CREATE MATERIALIZED VIEW: its names and its WHERE; and that WHERE again, as the filter of what a view shows.

use super::definition::not_yet;
use super::restrictions::{Bounds, Restriction, Restrictions};
use super::term::TypedTerm;
use super::{Evaluation, Markers, PrepareContext};
use crate::base::UnixMicros;
use crate::cql::QueryError;
use crate::cql::ast::{self, Direction, Relation, SelectedColumn, Selection, Selector, Statement, WhereClause};
use crate::cql::parse;
use crate::data::types::layout::join_collection;
use crate::data::{
    Analyzer, ColumnCondition, ColumnName, FilteredColumn, KeyspaceName, Operator, RowFilter, TableName,
};
use crate::schema::change::{NewView, ViewWhere};
use crate::schema::{ColumnKind, ColumnMetadata, Schema, SchemaError, TableMetadata};

impl PrepareContext<'_> {
    pub(super) fn new_view(&self, statement: &ast::CreateView) -> Result<NewView, QueryError> {
        let keyspace = self.keyspace_of(&statement.name)?;
        let of_base = self.keyspace_of(&statement.base)?;
        if keyspace != of_base {
            return Err(QueryError::invalid(
                "Cannot create a materialized view on a table in a separate keyspace",
            ));
        }
        if statement.options.compact_storage {
            return Err(not_yet("COMPACT STORAGE"));
        }
        let names = |names: &[String]| names.iter().map(|name| ColumnName::new(name)).collect();
        let selection = match &statement.selection {
            Selection::All => Vec::new(),
            Selection::Columns(columns) => columns.iter().map(selected).collect(),
        };
        let base = self.schema.table(&keyspace, &statement.base.name);
        let where_clause = match base {
            Some(base) => self.view_where(&statement.where_clause, base),
            // The complaint will be that there is no base table.
            None => Ok(ViewWhere::default()),
        };
        let order = statement.options.clustering_order.iter();
        Ok(NewView {
            name: TableName::new(&statement.name.name),
            if_not_exists: statement.if_not_exists,
            base: TableName::new(&statement.base.name),
            selection,
            where_clause,
            partition: names(&statement.primary_key.partition_key),
            clustering: names(&statement.primary_key.clustering),
            clustering_order: order
                .map(|(name, it)| (ColumnName::new(name), *it == Direction::Descending))
                .collect(),
            properties: statement.options.properties.clone(),
            keyspace,
        })
    }

    fn view_where(&self, clause: &WhereClause, base: &TableMetadata) -> Result<ViewWhere, SchemaError> {
        let invalid = |text: &str| Err(SchemaError::Invalid(text.into()));
        if clause.relations.iter().any(|it| matches!(it, Relation::Token { .. })) {
            return invalid("Cannot use token relation when defining a materialized view");
        }
        if !clause.expressions.is_empty() {
            return invalid("WHERE clause for materialized view cannot contain custom index expressions");
        }
        let mut found = ViewWhere {
            text: clause
                .relations
                .iter()
                .map(Relation::to_cql)
                .collect::<Vec<_>>()
                .join(" AND "),
            ..ViewWhere::default()
        };
        for relation in &clause.relations {
            if let Relation::IsNotNull { column } = relation {
                if base.column(column).is_none() {
                    return Err(SchemaError::Invalid(format!(
                        "Undefined column name {column} in table {}.{}",
                        base.keyspace, base.name
                    )));
                }
                found.restricted.push(ColumnName::new(column));
            }
        }
        let restrictions = self.compared(clause, base);
        let restrictions = restrictions.map_err(|error| SchemaError::Invalid(error.to_string()))?;
        for relation in &clause.relations {
            for column in relation.columns() {
                let column = ColumnName::new(column);
                if restrictions.columns.contains_key(column.as_str()) && !found.compared.contains(&column) {
                    found.restricted.push(column.clone());
                    found.compared.push(column);
                }
            }
        }
        // Of several columns compared as one, the first stands for all of them.
        for (column, restriction) in &restrictions.columns {
            let width = match restriction {
                Restriction::Slice(bounds) => bounds.width(),
                Restriction::TupleIn { width, .. } => *width,
                _ => 1,
            };
            let first = base.clustering.iter().position(|it| it.name == *column);
            for it in base.clustering.iter().skip(first.unwrap_or(usize::MAX)).take(width) {
                found.restricted.push(it.name.clone());
            }
        }
        Ok(found)
    }

    fn compared(&self, clause: &WhereClause, base: &TableMetadata) -> Result<Restrictions, QueryError> {
        let is_comparison = |it: &&Relation| !matches!(it, Relation::IsNotNull { .. });
        let clause = WhereClause {
            relations: clause.relations.iter().filter(is_comparison).cloned().collect(),
            expressions: Vec::new(),
        };
        self.restrictions(&clause, base)
    }
}

fn selected(column: &SelectedColumn) -> Result<ColumnName, SchemaError> {
    if column.alias.is_some() {
        let text = super::selector_text::selector_text(&column.selector);
        let alias = column.alias.as_deref().unwrap_or_default();
        return Err(SchemaError::Invalid(format!(
            "Cannot use aliases when defining a materialized view (got {text} AS {alias})"
        )));
    }
    match &column.selector {
        Selector::Column(name) => Ok(ColumnName::new(name)),
        other => Err(SchemaError::Invalid(format!(
            "Can only select columns by name when defining a materialized view (got {})",
            super::selector_text::selector_text(other)
        ))),
    }
}

/// The filter that a view's WHERE makes of the base table's rows: conditions on columns of the base table's key.
pub fn view_filter(where_clause: &str, base: &TableMetadata, schema: &Schema) -> Result<RowFilter, QueryError> {
    let text = format!("SELECT * FROM base WHERE {where_clause}");
    let Statement::Select(select) = parse(&text)?.statement else {
        return Err(QueryError::Server(format!(
            "a view's WHERE that is none: {where_clause}"
        )));
    };
    let markers = Markers::default();
    let keyspace = KeyspaceName::new(&base.keyspace);
    let context = PrepareContext {
        schema,
        keyspace: Some(&keyspace),
        markers: &markers,
    };
    let restrictions = context.compared(&select.where_clause, base)?;
    let mut no_uuids = |_| uuid::Uuid::nil();
    let mut at = Evaluation {
        now: UnixMicros(0),
        uuids: &mut no_uuids,
        values: &[],
    };
    let mut filter = RowFilter::default();
    for (name, restriction) in &restrictions.columns {
        let Some(column) = base.column(name) else { continue };
        for (operator, terms) in comparisons(restriction)? {
            let mut values = Vec::new();
            for term in terms {
                let value = term.evaluate(&mut at)?;
                values.push(
                    value.ok_or_else(|| QueryError::invalid(format!("Unsupported null value for column {name}")))?,
                );
            }
            let value = match operator {
                Operator::In => join_collection(values.len(), values.iter().map(|it| &**it)),
                _ => values.remove(0),
            };
            filter.conditions.push(ColumnCondition {
                column: place(column),
                ty: column.ty.clone(),
                operator,
                value,
                key: None,
                analyzer: Analyzer::default(),
            });
        }
    }
    Ok(filter)
}

type Comparison<'a> = (Operator, Vec<&'a TypedTerm>);

fn comparisons(restriction: &Restriction) -> Result<Vec<Comparison<'_>>, QueryError> {
    match restriction {
        Restriction::Equal(term) => Ok(vec![(Operator::Eq, vec![term])]),
        Restriction::In(terms) => Ok(vec![(Operator::In, terms.iter().collect())]),
        Restriction::Slice(bounds) if bounds.width() == 1 => Ok(slice(bounds)),
        _ => Err(not_yet(
            "Multi-column relations and CONTAINS in the WHERE of a materialized view",
        )),
    }
}

fn slice(bounds: &Bounds) -> Vec<Comparison<'_>> {
    let mut found = Vec::new();
    if let Some((terms, inclusive)) = &bounds.lower {
        let operator = if *inclusive { Operator::GtEq } else { Operator::Gt };
        found.push((operator, terms.iter().collect()));
    }
    if let Some((terms, inclusive)) = &bounds.upper {
        let operator = if *inclusive { Operator::LtEq } else { Operator::Lt };
        found.push((operator, terms.iter().collect()));
    }
    found
}

fn place(column: &ColumnMetadata) -> FilteredColumn {
    match column.kind {
        ColumnKind::PartitionKey => FilteredColumn::PartitionKey(column.position),
        ColumnKind::Clustering => FilteredColumn::Clustering(column.position),
        ColumnKind::Static => FilteredColumn::Static(column.name.clone()),
        ColumnKind::Regular => FilteredColumn::Regular(column.name.clone()),
    }
}
