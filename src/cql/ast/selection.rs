//! What a SELECT asks to see.

use super::{ArithmeticOperator, BindMarker, Literal, NativeType, QualifiedName, Term, TypeName};

/// One column of a result, before names are looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectedColumn {
    pub selector: Selector,
    pub alias: Option<String>,
}

/// An expression over a row, or over all rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    Column(String),
    Literal(Literal),
    Null,
    Marker(BindMarker),
    /// `count(*)`
    CountRows,
    /// `writetime(a)`, `maxwritetime(a)` or `ttl(a)`, where `a` is a column or part of one.
    Metadata {
        which: CellMetadata,
        of: Box<Selector>,
    },
    /// `CAST(a AS int)`
    Cast {
        selector: Box<Selector>,
        to: NativeType,
    },
    Function {
        name: QualifiedName,
        arguments: Vec<Selector>,
    },
    /// `a.field`
    Field {
        of: Box<Selector>,
        field: String,
    },
    /// `a[key]`
    Element {
        of: Box<Selector>,
        key: Term,
    },
    /// `a[from..to]`
    Slice {
        of: Box<Selector>,
        from: Option<Term>,
        to: Option<Term>,
    },
    /// `(int) a`
    TypeHint {
        hint: TypeName,
        selector: Box<Selector>,
    },
    /// `(a, b)`: a tuple, or with one element that element.
    Parenthesized(Vec<Selector>),
    /// `[a, b]`: a list or a vector.
    List(Vec<Selector>),
    /// `{a, b}`, or `{}`, which may also be an empty map.
    Set(Vec<Selector>),
    /// `{a: b}`: a map or a user type.
    MapOrUserType(Vec<(Selector, Selector)>),
    Arithmetic {
        left: Box<Selector>,
        operator: ArithmeticOperator,
        right: Box<Selector>,
    },
    Negation(Box<Selector>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellMetadata {
    WriteTime,
    MaxWriteTime,
    TimeToLive,
}

impl Selector {
    /// Whether it is made of any such column.
    pub fn selects(&self, is_wanted: &impl Fn(&str) -> bool) -> bool {
        match self {
            Selector::Column(name) => is_wanted(name),
            Selector::Literal(_) | Selector::Null | Selector::Marker(_) | Selector::CountRows => false,
            Selector::Metadata { of, .. }
            | Selector::Field { of, .. }
            | Selector::Element { of, .. }
            | Selector::Slice { of, .. }
            | Selector::Cast { selector: of, .. }
            | Selector::TypeHint { selector: of, .. }
            | Selector::Negation(of) => of.selects(is_wanted),
            Selector::Function { arguments: all, .. }
            | Selector::Parenthesized(all)
            | Selector::List(all)
            | Selector::Set(all) => all.iter().any(|it| it.selects(is_wanted)),
            // Cassandra asks for a value without such a column (`Selectable.WithMapOrUdt.selectColumns`).
            Selector::MapOrUserType(entries) => entries.iter().any(|(_, value)| !value.selects(is_wanted)),
            Selector::Arithmetic { left, right, .. } => left.selects(is_wanted) || right.selects(is_wanted),
        }
    }
}
