//! What a SELECT shows of the rows it finds, row by row or group by group.

use bytes::Bytes;

use super::expression::{Expression, RowValues, Scope};
use super::selector_text::selector_text;
use super::stamps::{StampKind, Stamps};
use super::type_name::native_type;
use super::{Evaluation, PrepareContext};
use crate::base::SortedMap;
use crate::cql::QueryError;
use crate::cql::ast::{QualifiedName, SelectedColumn, Selection, Selector, TypeName};
use crate::cql::functions::{self, Aggregate, State};
use crate::cql::result::ResultColumn;
use crate::data::{ColumnName, CqlType};
use crate::schema::TableMetadata;

/// The columns of a result, each an expression over a row's columns.
#[derive(Clone, Debug)]
pub struct Projection {
    pub columns: Vec<ResultColumn>,
    /// With SELECT JSON: what is in the one column that is shown.
    within_json: Option<Vec<ResultColumn>>,
    expressions: Vec<Expression>,
    /// The columns of the table that it needs.
    needed: Vec<ColumnName>,
    /// The aggregates within the expressions, by number.
    aggregates: Vec<(Aggregate, Option<Expression>)>,
    /// What is the same for all rows of a group.
    group_by: Vec<Expression>,
}

/// The rows of a group, as far as they have been seen.
#[derive(Clone, Debug)]
pub(super) struct Group {
    key: Vec<Option<Bytes>>,
    first: FirstRow,
    states: Vec<State>,
}

/// The first row of a group: what a column shows that is no aggregate. Beside it stand the aggregates' results.
#[derive(Clone, Debug, Default)]
struct FirstRow {
    cells: SortedMap<ColumnName, Captured>,
    results: Vec<Option<Bytes>>,
}

#[derive(Clone, Debug)]
struct Captured {
    value: Option<Bytes>,
    write_times: Stamps,
    times_to_live: Stamps,
}

impl RowValues for FirstRow {
    fn value(&self, column: &ColumnName) -> Option<Bytes> {
        self.cells.get(column)?.value.clone()
    }

    fn stamps(&self, column: &ColumnName, kind: StampKind) -> Stamps {
        let stamps = self.cells.get(column).map(|captured| match kind {
            StampKind::WriteTime => captured.write_times.clone(),
            StampKind::TimeToLive => captured.times_to_live.clone(),
        });
        stamps.unwrap_or(Stamps::None)
    }

    fn aggregate(&self, number: usize) -> Option<Bytes> {
        self.results.get(number).cloned().flatten()
    }
}

impl Projection {
    pub fn columns(&self) -> impl Iterator<Item = &ColumnName> {
        self.needed.iter()
    }

    /// Whether rows are shown in groups, of which all together may be one.
    pub fn is_grouped(&self) -> bool {
        !self.aggregates.is_empty() || !self.group_by.is_empty()
    }

    pub fn has_group_by(&self) -> bool {
        !self.group_by.is_empty()
    }

    /// Groups rows by these expressions, which need these columns.
    pub(super) fn group_by(&mut self, expressions: Vec<Expression>, needed: Vec<ColumnName>) {
        self.group_by = expressions;
        self.needed.extend(needed);
    }

    /// One result row of one row.
    pub(super) fn project(
        &self,
        row: &impl RowValues,
        at: &mut Evaluation<'_>,
    ) -> Result<Vec<Option<Bytes>>, QueryError> {
        let values = self.expressions.iter().map(|it| it.evaluate(row, at));
        let values = values.collect::<Result<Vec<_>, QueryError>>()?;
        let Some(columns) = &self.within_json else {
            return Ok(values);
        };
        let columns = columns.iter().zip(&values);
        let document = functions::to_json(columns.map(|(column, value)| (column.name.as_str(), &column.ty, value)))?;
        Ok(vec![Some(document)])
    }

    /// The same, each row as a document.
    pub(super) fn into_json(mut self, table: &TableMetadata) -> Projection {
        let document = ResultColumn {
            keyspace: table.keyspace.clone(),
            table: table.name.to_string(),
            name: ColumnName::new("[json]"),
            ty: CqlType::Text,
        };
        self.within_json = Some(core::mem::replace(&mut self.columns, vec![document]));
        self
    }

    /// A group without rows.
    pub(super) fn empty_group(&self) -> Group {
        Group {
            key: Vec::new(),
            first: FirstRow::default(),
            states: self.aggregates.iter().map(|(aggregate, _)| aggregate.start()).collect(),
        }
    }

    pub(super) fn key(&self, row: &impl RowValues, at: &mut Evaluation<'_>) -> Result<Vec<Option<Bytes>>, QueryError> {
        self.group_by.iter().map(|it| it.evaluate(row, at)).collect()
    }

    /// The group that begins with this row.
    pub(super) fn open(
        &self,
        key: Vec<Option<Bytes>>,
        row: &impl RowValues,
        at: &mut Evaluation<'_>,
    ) -> Result<Group, QueryError> {
        let captured = |name: &ColumnName| {
            let captured = Captured {
                value: row.value(name),
                write_times: row.stamps(name, StampKind::WriteTime),
                times_to_live: row.stamps(name, StampKind::TimeToLive),
            };
            (name.clone(), captured)
        };
        let mut group = self.empty_group();
        group.key = key;
        group.first.cells = self.needed.iter().map(captured).collect();
        self.add(&mut group, row, at)?;
        Ok(group)
    }

    pub(super) fn add(
        &self,
        group: &mut Group,
        row: &impl RowValues,
        at: &mut Evaluation<'_>,
    ) -> Result<(), QueryError> {
        for (state, (_, argument)) in group.states.iter_mut().zip(&self.aggregates) {
            state.add(match argument {
                None => Some(Bytes::new()),
                Some(argument) => argument.evaluate(row, at)?,
            })?;
        }
        Ok(())
    }

    /// The result row of a group whose rows are through.
    pub(super) fn close(&self, mut group: Group, at: &mut Evaluation<'_>) -> Result<Vec<Option<Bytes>>, QueryError> {
        group.first.results = group.states.into_iter().map(State::finish).collect();
        self.project(&group.first, at)
    }
}

impl Group {
    pub fn has_key(&self, key: &[Option<Bytes>]) -> bool {
        self.key == key
    }
}

impl PrepareContext<'_> {
    pub(super) fn projection(&self, selection: &Selection, table: &TableMetadata) -> Result<Projection, QueryError> {
        let mut columns = Vec::new();
        let mut expressions = Vec::new();
        let mut scope = Scope::of_rows(table);
        let result_column = |name: &str, ty: CqlType| ResultColumn {
            keyspace: table.keyspace.clone(),
            table: table.name.to_string(),
            name: ColumnName::new(name),
            ty,
        };
        match selection {
            Selection::All => {
                for column in table.columns() {
                    columns.push(result_column(&column.name, column.ty.clone()));
                    expressions.push(Expression::Column(column.name.clone()));
                    scope.needed.push(column.name.clone());
                }
            }
            Selection::Columns(selected) => {
                for SelectedColumn { selector, alias } in selected {
                    if matches!(selector, Selector::Parenthesized(inner) if inner.len() == 1) {
                        return Err(QueryError::invalid(format!(
                            "Cannot infer type for term {} in selection clause (try using a cast to force a type)",
                            selector_text(selector)
                        )));
                    }
                    self.selectable(selector, table)?;
                    let (expression, ty) = self.expression(selector, None, &mut scope)?;
                    let name = match alias {
                        Some(alias) => alias.clone(),
                        None => selector_text(&self.named(selector, table)),
                    };
                    columns.push(result_column(&name, ty));
                    expressions.push(expression);
                }
            }
        }
        Ok(Projection {
            columns,
            within_json: None,
            expressions,
            needed: scope.needed,
            aggregates: scope.aggregates,
            group_by: Vec::new(),
        })
    }

    /// A selector as its column is called: without casts to the type that something has already, and with whole names of user types.
    fn named(&self, selector: &Selector, table: &TableMetadata) -> Selector {
        let boxed = |of: &Selector| Box::new(self.named(of, table));
        let all = |of: &[Selector]| of.iter().map(|it| self.named(it, table)).collect::<Vec<_>>();
        match selector {
            Selector::Cast { selector: of, to } => match self.selectable(of, table) {
                Ok(Some(ty)) if ty == native_type(*to) => self.named(of, table),
                _ => Selector::Cast {
                    selector: boxed(of),
                    to: *to,
                },
            },
            Selector::TypeHint { hint, selector: of } => Selector::TypeHint {
                hint: match hint {
                    TypeName::UserType(name) => TypeName::UserType(QualifiedName {
                        keyspace: Some(table.keyspace.to_string()),
                        name: name.name.clone(),
                    }),
                    other => other.clone(),
                },
                selector: boxed(of),
            },
            Selector::Function { name, arguments } => Selector::Function {
                name: name.clone(),
                arguments: all(arguments),
            },
            Selector::Parenthesized(of) => Selector::Parenthesized(all(of)),
            Selector::List(of) => Selector::List(all(of)),
            Selector::Set(of) => Selector::Set(all(of)),
            Selector::Arithmetic { left, operator, right } => Selector::Arithmetic {
                left: boxed(left),
                operator: *operator,
                right: boxed(right),
            },
            Selector::Negation(of) => Selector::Negation(boxed(of)),
            other => other.clone(),
        }
    }
}
