//! SELECT.

use super::{QualifiedName, SelectedColumn, Selector, Term, WhereClause};

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub json: bool,
    pub distinct: bool,
    pub selection: Selection,
    pub from: QualifiedName,
    pub where_clause: WhereClause,
    pub group_by: Vec<Selector>,
    pub order_by: Vec<Ordering>,
    pub per_partition_limit: Option<Term>,
    pub limit: Option<Term>,
    pub allow_filtering: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// `*`
    All,
    Columns(Vec<SelectedColumn>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ordering {
    pub column: String,
    /// `ANN OF term`: by distance from this vector.
    pub nearest_to: Option<Term>,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}
