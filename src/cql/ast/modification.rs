//! INSERT, UPDATE, DELETE and BATCH.

use serde::{Deserialize, Serialize};

use super::{BindMarker, InValues, Operator, QualifiedName, Term, WhereClause};

#[derive(Clone, Debug, PartialEq)]
pub enum Modification {
    Insert(Insert),
    InsertJson(InsertJson),
    Update(Update),
    Delete(Delete),
}

/// USING: each an integer or a marker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Using {
    pub timestamp: Option<Term>,
    pub time_to_live: Option<Term>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    pub table: QualifiedName,
    pub columns: Vec<String>,
    /// As many as were written, which need not be as many as there are columns.
    pub values: Vec<Term>,
    pub if_not_exists: bool,
    pub using: Using,
}

#[derive(Clone, Debug, PartialEq)]
pub struct InsertJson {
    pub table: QualifiedName,
    pub json: JsonValue,
    /// DEFAULT UNSET: columns that the document does not name stay as they are, rather than become null.
    pub default_unset: bool,
    pub if_not_exists: bool,
    pub using: Using,
}

#[derive(Clone, Debug, PartialEq)]
pub enum JsonValue {
    Literal(String),
    Marker(BindMarker),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    pub table: QualifiedName,
    pub using: Using,
    pub assignments: Vec<Assignment>,
    pub where_clause: WhereClause,
    pub condition: Option<Condition>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    pub column: String,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `a = 1`
    Set(Term),
    /// `a[key] = 1`
    SetElement { key: Term, value: Term },
    /// `a.field = 1`
    SetField { field: String, value: Term },
    /// `a = a + 1` or `a += 1`
    Add(Term),
    /// `a = a - 1` or `a -= 1`
    Subtract(Term),
    /// `a = [1] + a`
    Prepend(Term),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub table: QualifiedName,
    /// Empty: whole rows.
    pub deletions: Vec<Deletion>,
    pub timestamp: Option<Term>,
    pub where_clause: WhereClause,
    pub condition: Option<Condition>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Deletion {
    Column(String),
    Element { column: String, key: Term },
    Field { column: String, field: String },
}

/// What must hold for an UPDATE or DELETE to be applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Exists,
    Columns(Vec<ColumnCondition>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ColumnCondition {
    pub column: String,
    pub part: ColumnPart,
    pub test: ConditionTest,
}

/// Which part of a column a condition looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnPart {
    Whole,
    Element(Term),
    Field(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum ConditionTest {
    Compare { operator: Operator, value: Term },
    In(InValues),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub kind: BatchKind,
    pub using: Using,
    pub statements: Vec<Modification>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchKind {
    Logged,
    Unlogged,
    Counter,
}
