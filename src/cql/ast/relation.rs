//! WHERE: which rows.

use core::fmt;

use super::{BindMarker, QualifiedName, Separated, Term};
use crate::data::identifier::maybe_quote;

/// All of its relations and expressions must hold. Empty if there is no WHERE.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhereClause {
    pub relations: Vec<Relation>,
    pub expressions: Vec<IndexExpression>,
}

/// `expr(index, term)`: for an index to make sense of.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexExpression {
    pub index: QualifiedName,
    pub value: Term,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Relation {
    /// `a = 1`, `a CONTAINS 1`
    Column {
        column: String,
        operator: Operator,
        value: Term,
    },
    /// `a['key'] = 1`
    Element {
        column: String,
        key: Term,
        operator: Operator,
        value: Term,
    },
    /// `a IN (1, 2)`
    ColumnIn { column: String, values: InValues },
    /// `a IS NOT NULL`
    IsNotNull { column: String },
    /// `token(a, b) > 1`
    Token {
        columns: Vec<String>,
        operator: Operator,
        value: Term,
    },
    /// `(a, b) > (1, 2)`
    Columns {
        columns: Vec<String>,
        operator: Operator,
        value: TupleValue,
    },
    /// `(a, b) IN ((1, 2), (3, 4))`
    ColumnsIn { columns: Vec<String>, values: InTuples },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    ContainsKey,
    Like,
}

/// What a column is to be in.
#[derive(Clone, Debug, PartialEq)]
pub enum InValues {
    Listed(Vec<Term>),
    Marker(BindMarker),
}

/// What a tuple of columns is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum TupleValue {
    Literal(Vec<Term>),
    Marker(BindMarker),
}

/// What a tuple of columns is to be in.
#[derive(Clone, Debug, PartialEq)]
pub enum InTuples {
    Listed(Vec<Vec<Term>>),
    /// `IN (?, ?)`: each marker stands for a tuple.
    Markers(Vec<BindMarker>),
    /// `IN ?`: the marker stands for them all.
    Marker(BindMarker),
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Contains => "CONTAINS",
            Operator::ContainsKey => "CONTAINS KEY",
            Operator::Like => "LIKE",
        })
    }
}

impl Relation {
    /// The columns it is about.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Relation::Column { column, .. }
            | Relation::Element { column, .. }
            | Relation::ColumnIn { column, .. }
            | Relation::IsNotNull { column } => vec![column],
            Relation::Token { columns, .. }
            | Relation::Columns { columns, .. }
            | Relation::ColumnsIn { columns, .. } => columns.iter().map(String::as_str).collect(),
        }
    }

    /// As it would be written again: its display, with names in quotes where they need them.
    pub fn to_cql(&self) -> String {
        let quoted = |name: &String| maybe_quote(name).into_owned();
        let mut relation = self.clone();
        match &mut relation {
            Relation::Column { column, .. }
            | Relation::Element { column, .. }
            | Relation::ColumnIn { column, .. }
            | Relation::IsNotNull { column } => *column = quoted(column),
            Relation::Token { columns, .. }
            | Relation::Columns { columns, .. }
            | Relation::ColumnsIn { columns, .. } => {
                columns.iter_mut().for_each(|column| *column = quoted(column));
            }
        }
        relation.to_string()
    }
}

/// A relation on several columns as messages repeat it.
impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Relation::Column {
                column,
                operator,
                value,
            } => write!(f, "{column} {operator} {value}"),
            Relation::Element {
                column,
                key,
                operator,
                value,
            } => write!(f, "{column}[{key}] {operator} {value}"),
            Relation::ColumnIn { column, values } => match values {
                InValues::Listed(values) => write!(f, "{column} IN ({})", Separated(values)),
                InValues::Marker(_) => write!(f, "{column} IN ?"),
            },
            Relation::IsNotNull { column } => write!(f, "{column} IS NOT NULL"),
            Relation::Token {
                columns,
                operator,
                value,
            } => write!(f, "token({}) {operator} {value}", Separated(columns)),
            Relation::Columns {
                columns,
                operator,
                value,
            } => match value {
                TupleValue::Literal(values) => {
                    write!(f, "({}) {operator} ({})", quoted(columns), Separated(values))
                }
                TupleValue::Marker(_) => write!(f, "({}) {operator} ?", quoted(columns)),
            },
            Relation::ColumnsIn { columns, values } => match values {
                InTuples::Listed(tuples) => {
                    let tuples: Vec<String> = tuples.iter().map(|it| format!("({})", Separated(it))).collect();
                    write!(f, "({}) IN ({})", quoted(columns), Separated(&tuples))
                }
                InTuples::Markers(markers) => {
                    let markers = vec!["?"; markers.len()];
                    write!(f, "({}) IN ({})", quoted(columns), Separated(&markers))
                }
                InTuples::Marker(_) => write!(f, "({}) IN ?", quoted(columns)),
            },
        }
    }
}

/// Names of columns as they would be written.
fn quoted(columns: &[String]) -> String {
    let names: Vec<_> = columns.iter().map(|it| maybe_quote(it)).collect();
    names.join(", ")
}
