//! Values from the constants of a statement.

use core::fmt;

/// The kinds of constant that CQL's grammar knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    String,
    Integer,
    Float,
    Boolean,
    Hex,
    Uuid,
    Duration,
}

/// As error messages name the kind.
impl fmt::Display for LiteralKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LiteralKind::String => "STRING",
            LiteralKind::Integer => "INTEGER",
            LiteralKind::Float => "FLOAT",
            LiteralKind::Boolean => "BOOLEAN",
            LiteralKind::Hex => "HEX",
            LiteralKind::Uuid => "UUID",
            LiteralKind::Duration => "DURATION",
        })
    }
}
