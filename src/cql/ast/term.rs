//! Values as they were written.

use core::fmt;

use super::{NativeType, QualifiedName, TypeName};
use crate::data::LiteralKind;

/// An expression whose value does not depend on a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    Literal(Literal),
    Null,
    Marker(BindMarker),
    /// `[a, b]`: a list or a vector.
    List(Vec<Term>),
    /// `{a, b}`, or `{}`, which may also be an empty map.
    Set(Vec<Term>),
    /// `{a: b}`
    Map(Vec<(Term, Term)>),
    /// `{field: b}`
    UserType(Vec<(String, Term)>),
    /// `(a, b)`. Of one element only it is the same as that element wherever the type asked for is no tuple.
    Tuple(Vec<Term>),
    Function {
        name: QualifiedName,
        arguments: Vec<Term>,
    },
    /// `CAST(a AS int)`
    Cast {
        term: Box<Term>,
        to: NativeType,
    },
    /// `(int) a`
    TypeHint {
        hint: TypeName,
        term: Box<Term>,
    },
    Arithmetic {
        left: Box<Term>,
        operator: ArithmeticOperator,
        right: Box<Term>,
    },
    Negation(Box<Term>),
}

/// A constant: what was written and of which kind that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    pub kind: LiteralKind,
    pub text: String,
}

/// A place for a value that comes with the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindMarker {
    /// From 0, in the order of the text.
    pub index: usize,
    /// None for `?`.
    pub name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticOperator {
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
}

impl ArithmeticOperator {
    pub const ALL: [ArithmeticOperator; 5] = [
        ArithmeticOperator::Plus,
        ArithmeticOperator::Minus,
        ArithmeticOperator::Times,
        ArithmeticOperator::Divide,
        ArithmeticOperator::Modulo,
    ];

    /// What Cassandra calls the function behind it.
    pub fn function(self) -> &'static str {
        match self {
            ArithmeticOperator::Plus => "_add",
            ArithmeticOperator::Minus => "_substract",
            ArithmeticOperator::Times => "_multiply",
            ArithmeticOperator::Divide => "_divide",
            ArithmeticOperator::Modulo => "_modulo",
        }
    }
}

impl fmt::Display for ArithmeticOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ArithmeticOperator::Plus => "+",
            ArithmeticOperator::Minus => "-",
            ArithmeticOperator::Times => "*",
            ArithmeticOperator::Divide => "/",
            ArithmeticOperator::Modulo => "%",
        })
    }
}

/// A constant as messages repeat it: strings in quotes.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            LiteralKind::String => write!(f, "'{}'", self.text),
            _ => f.write_str(&self.text),
        }
    }
}

/// A term as messages repeat it.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Literal(literal) => write!(f, "{literal}"),
            Term::Null => f.write_str("NULL"),
            Term::Marker(_) => f.write_str("?"),
            Term::List(elements) => write!(f, "[{}]", Separated(elements)),
            Term::Set(elements) => write!(f, "{{{}}}", Separated(elements)),
            Term::Map(entries) => {
                let entries: Vec<Entry<'_, Term>> = entries.iter().map(|(key, value)| Entry(key, value)).collect();
                write!(f, "{{{}}}", Separated(&entries))
            }
            Term::UserType(fields) => {
                let fields: Vec<Entry<'_, String>> = fields.iter().map(|(name, value)| Entry(name, value)).collect();
                write!(f, "{{{}}}", Separated(&fields))
            }
            Term::Tuple(elements) => write!(f, "({})", Separated(elements)),
            Term::Function { name, arguments } => write!(f, "{name}({})", Separated(arguments)),
            // What they are to Cassandra, functions, and so its messages have them.
            Term::Cast { term, to } => write!(f, "system.cast_as_{to}({term})"),
            Term::TypeHint { hint, term } => write!(f, "({hint}){term}"),
            Term::Arithmetic { left, operator, right } => {
                write!(f, "system.\"{}\"({left}, {right})", operator.function())
            }
            Term::Negation(term) => write!(f, "system.\"_negate\"({term})"),
        }
    }
}

/// Several things with commas between them.
pub(in crate::cql) struct Separated<'a, T>(pub &'a [T]);

impl<T: fmt::Display> fmt::Display for Separated<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{item}")?;
        }
        Ok(())
    }
}

struct Entry<'a, K>(&'a K, &'a Term);

impl<K: fmt::Display> fmt::Display for Entry<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.1)
    }
}
