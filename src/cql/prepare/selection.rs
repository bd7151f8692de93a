//! What a SELECT shows of the rows it finds.

use bytes::Bytes;

use super::definition::not_yet;
use super::restrictions::existing_column;
use super::{Evaluation, PrepareContext};
use crate::cql::QueryError;
use crate::cql::ast::{CellMetadata, SelectedColumn, Selection, Selector};
use crate::cql::functions::{self, Call};
use crate::cql::result::ResultColumn;
use crate::data::{ColumnName, CqlType};
use crate::schema::TableMetadata;

/// The columns of a result, each an expression over a row's columns.
#[derive(Clone, Debug)]
pub struct Projection {
    pub columns: Vec<ResultColumn>,
    expressions: Vec<Expression>,
    /// The columns of the table that it needs.
    needed: Vec<ColumnName>,
}

/// An expression over one row.
#[derive(Clone, Debug)]
pub(in crate::cql) enum Expression {
    Column(ColumnName),
    Constant(Option<Bytes>),
    WriteTime(ColumnName),
    TimeToLive(ColumnName),
    Call(Call<Expression>),
    /// An aggregate: its state goes through all rows.
    Aggregate(functions::Aggregate, Option<Box<Expression>>),
}

/// What an expression reads of a row.
pub(super) trait RowValues {
    fn value(&self, column: &ColumnName) -> Option<Bytes>;
    fn write_time(&self, column: &ColumnName) -> Option<i64>;
    fn time_to_live(&self, column: &ColumnName) -> Option<i32>;
}

impl Projection {
    pub fn columns(&self) -> impl Iterator<Item = &ColumnName> {
        self.needed.iter()
    }

    pub fn is_aggregate(&self) -> bool {
        self.expressions
            .iter()
            .any(|it| matches!(it, Expression::Aggregate(..)))
    }

    /// One result row of one row.
    pub(super) fn project(
        &self,
        row: &impl RowValues,
        at: &mut Evaluation<'_>,
    ) -> Result<Vec<Option<Bytes>>, QueryError> {
        self.expressions.iter().map(|it| it.evaluate(row, at)).collect()
    }

    /// States for aggregation; see `accumulate` and `finish`.
    pub(super) fn states(&self) -> Vec<functions::State> {
        let state = |it: &Expression| match it {
            Expression::Aggregate(aggregate, _) => aggregate.start(),
            _ => functions::State::first_value(),
        };
        self.expressions.iter().map(state).collect()
    }

    pub(super) fn accumulate(
        &self,
        states: &mut [functions::State],
        row: &impl RowValues,
        at: &mut Evaluation<'_>,
    ) -> Result<(), QueryError> {
        for (state, expression) in states.iter_mut().zip(&self.expressions) {
            let value = match expression {
                Expression::Aggregate(_, None) => Some(Bytes::new()),
                Expression::Aggregate(_, Some(of)) => of.evaluate(row, at)?,
                other => other.evaluate(row, at)?,
            };
            state.add(value)?;
        }
        Ok(())
    }
}

impl Expression {
    fn evaluate(&self, row: &impl RowValues, at: &mut Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        Ok(match self {
            Expression::Column(name) => row.value(name),
            Expression::Constant(value) => value.clone(),
            Expression::WriteTime(name) => row.write_time(name).map(|it| Bytes::copy_from_slice(&it.to_be_bytes())),
            Expression::TimeToLive(name) => row
                .time_to_live(name)
                .map(|it| Bytes::copy_from_slice(&it.to_be_bytes())),
            Expression::Call(call) => {
                let arguments = call
                    .arguments
                    .iter()
                    .map(|it| it.evaluate(row, at))
                    .collect::<Result<Vec<_>, _>>()?;
                return call.run(&arguments, at);
            }
            Expression::Aggregate(..) => return Err(not_yet("An aggregate within an expression")),
        })
    }
}

impl PrepareContext<'_> {
    pub(super) fn projection(&self, selection: &Selection, table: &TableMetadata) -> Result<Projection, QueryError> {
        let mut projection = Projection {
            columns: Vec::new(),
            expressions: Vec::new(),
            needed: Vec::new(),
        };
        let result_column = |name: &str, ty: CqlType| ResultColumn {
            keyspace: table.keyspace.clone(),
            table: table.name.to_string(),
            name: ColumnName::new(name),
            ty,
        };
        match selection {
            Selection::All => {
                for column in table.columns() {
                    projection.columns.push(result_column(&column.name, column.ty.clone()));
                    projection.expressions.push(Expression::Column(column.name.clone()));
                    projection.needed.push(column.name.clone());
                }
            }
            Selection::Columns(selected) => {
                for SelectedColumn { selector, alias } in selected {
                    let (expression, ty) = self.selector(selector, table, &mut projection.needed)?;
                    let name = alias.clone().unwrap_or_else(|| selector_name(selector));
                    projection.columns.push(result_column(&name, ty));
                    projection.expressions.push(expression);
                }
            }
        }
        Ok(projection)
    }

    /// An expression and its type; adds the columns it needs.
    fn selector(
        &self,
        selector: &Selector,
        table: &TableMetadata,
        needed: &mut Vec<ColumnName>,
    ) -> Result<(Expression, CqlType), QueryError> {
        match selector {
            Selector::Column(name) => {
                let column = existing_column(table, name)?;
                needed.push(column.name.clone());
                Ok((Expression::Column(column.name.clone()), column.ty.clone()))
            }
            Selector::CountRows => Ok((
                Expression::Aggregate(functions::Aggregate::count(), None),
                CqlType::Bigint,
            )),
            Selector::Metadata { which, of } => {
                let Selector::Column(name) = &**of else {
                    return Err(not_yet("writetime and ttl of a part of a column"));
                };
                let column = existing_column(table, name)?;
                let function = match which {
                    CellMetadata::TimeToLive => "ttl",
                    CellMetadata::WriteTime => "writetime",
                    CellMetadata::MaxWriteTime => "maxwritetime",
                };
                if column.kind <= crate::schema::ColumnKind::Clustering {
                    return Err(QueryError::invalid(format!(
                        "Cannot use selection function {function} on PRIMARY KEY part {name}"
                    )));
                }
                if column.ty.is_multi_cell() {
                    return Err(not_yet("writetime and ttl of collections"));
                }
                needed.push(column.name.clone());
                Ok(match which {
                    CellMetadata::TimeToLive => (Expression::TimeToLive(column.name.clone()), CqlType::Int),
                    _ => (Expression::WriteTime(column.name.clone()), CqlType::Bigint),
                })
            }
            Selector::Literal(_) | Selector::Null => Err(QueryError::invalid(format!(
                "Cannot infer type for term {} in selection clause (try using a cast to force a type)",
                selector_text(selector)
            ))),
            Selector::TypeHint { hint, selector } => {
                let ty = self.resolve_type(hint, &table.keyspace)?;
                match &**selector {
                    Selector::Literal(literal) => {
                        let receiver = super::term::Receiver {
                            name: format!("({hint}){literal}"),
                            ty: ty.clone(),
                        };
                        let term = self.term(
                            &crate::cql::ast::Term::Literal(literal.clone()),
                            &receiver,
                            &table.keyspace,
                        )?;
                        let super::TypedTerm::Constant(value) = term else {
                            return Err(not_yet("This selector"));
                        };
                        Ok((Expression::Constant(Some(value)), ty))
                    }
                    Selector::Null => Ok((Expression::Constant(None), ty)),
                    _ => self.selector(selector, table, needed),
                }
            }
            Selector::Function { name, arguments } => {
                let mut prepared = Vec::new();
                let mut types = Vec::new();
                for argument in arguments {
                    let (expression, ty) = self.selector(argument, table, needed)?;
                    prepared.push(expression);
                    types.push(ty);
                }
                functions::prepare_selector(name, prepared, &types, table)
            }
            _ => Err(not_yet("This kind of selector")),
        }
    }
}

/// The name of a result column that has no alias.
fn selector_name(selector: &Selector) -> String {
    match selector {
        Selector::CountRows => "count".to_string(),
        other => named(other),
    }
}

fn named(selector: &Selector) -> String {
    match selector {
        Selector::Column(name) => name.clone(),
        Selector::CountRows => "count(*)".to_string(),
        Selector::Metadata { which, of } => {
            let function = match which {
                CellMetadata::TimeToLive => "ttl",
                CellMetadata::WriteTime => "writetime",
                CellMetadata::MaxWriteTime => "maxwritetime",
            };
            format!("{function}({})", named(of))
        }
        Selector::Function { name, arguments } => {
            let arguments: Vec<String> = arguments.iter().map(named).collect();
            let keyspace = name.keyspace.as_deref().unwrap_or("system");
            format!("{keyspace}.{}({})", name.name, arguments.join(", "))
        }
        other => selector_text(other),
    }
}

fn selector_text(selector: &Selector) -> String {
    match selector {
        Selector::Literal(literal) => literal.to_string(),
        Selector::Null => "NULL".to_string(),
        Selector::TypeHint { hint, selector } => format!("({hint}){}", selector_text(selector)),
        Selector::Column(name) => name.clone(),
        _ => "?".to_string(),
    }
}
