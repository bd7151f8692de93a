//! CREATE MATERIALIZED VIEW: its names and its WHERE; and that WHERE again, as the filter of what a view shows.

use super::definition::not_yet;
use super::filter::conditions_of;
use super::keys::{leading_choices, slices_of};
use super::restrictions::{Restriction, Restrictions, Where};
use super::{Evaluation, Markers, PrepareContext};
use crate::base::UnixMicros;
use crate::cql::QueryError;
use crate::cql::ast::{self, Direction, Relation, SelectedColumn, Selection, Selector, Statement, WhereClause};
use crate::cql::parse;
use crate::data::types::layout::join_collection;
use crate::data::{
    Analyzer, ColumnCondition, ColumnName, FilteredColumn, KeyspaceName, Operator, RowFilter, Slice, TableName,
};
use crate::schema::change::{NewView, ViewWhere};
use crate::schema::{ColumnKind, ColumnMetadata, Schema, SchemaError, TableMetadata};

impl PrepareContext<'_> {
    pub(super) fn new_view(&self, statement: &ast::CreateView) -> Result<NewView, QueryError> {
        let keyspace = self.keyspace_of(&statement.name)?;
        let of_base = self.keyspace_of(&statement.base)?;
        if keyspace != of_base {
            return Err(QueryError::invalid(
                "Cannot create a materialized view on a table in a different keyspace",
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
        let invalid = |error: QueryError| SchemaError::Invalid(error.to_string());
        let restrictions = restrictions.map_err(invalid)?;
        // Cassandra would make a view that fails every write of its base table.
        filter_of(&restrictions, base).map_err(invalid)?;
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
        self.restrictions(&clause, base, Where::Filtered)
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

/// Which rows of its base table a view shows: those within the slices that meet the conditions, all on columns of the base's key.
pub fn view_filter(
    where_clause: &str,
    base: &TableMetadata,
    schema: &Schema,
) -> Result<(Vec<Slice>, RowFilter), QueryError> {
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
    filter_of(&restrictions, base)
}

fn filter_of(restrictions: &Restrictions, base: &TableMetadata) -> Result<(Vec<Slice>, RowFilter), QueryError> {
    let mut no_uuids = |_| uuid::Uuid::nil();
    let mut at = Evaluation {
        now: UnixMicros(0),
        uuids: &mut no_uuids,
        values: &[],
    };
    let prefix = leading_choices(&base.clustering, restrictions);
    let bounds = base.clustering.get(prefix.width()).and_then(|it| restrictions.of(it));
    let bounds = match bounds {
        Some(Restriction::Slice(bounds)) => Some(bounds),
        _ => None,
    };
    let slices = slices_of(base, &prefix, bounds, &mut at)?;
    let rest = &base.clustering[prefix.width() + usize::from(bounds.is_some())..];
    let mut filter = RowFilter::default();
    for columns in [&base.partition_key, rest] {
        for condition in conditions_of(columns, restrictions)? {
            let mut values = Vec::new();
            for term in &condition.values {
                let null =
                    || QueryError::invalid(format!("Unsupported null value for column {}", condition.column.name));
                values.push(term.evaluate(&mut at)?.ok_or_else(null)?);
            }
            let value = match condition.operator {
                Operator::In => join_collection(values.len(), values.iter().map(|it| &**it)),
                _ => values.remove(0),
            };
            filter.conditions.push(ColumnCondition {
                column: place(&condition.column),
                ty: condition.column.ty.clone(),
                operator: condition.operator,
                value,
                key: None,
                analyzer: Analyzer::default(),
            });
        }
    }
    Ok((slices, filter))
}

fn place(column: &ColumnMetadata) -> FilteredColumn {
    match column.kind {
        ColumnKind::PartitionKey => FilteredColumn::PartitionKey(column.position),
        ColumnKind::Clustering => FilteredColumn::Clustering(column.position),
        ColumnKind::Static => FilteredColumn::Static(column.name.clone()),
        ColumnKind::Regular => FilteredColumn::Regular(column.name.clone()),
    }
}
