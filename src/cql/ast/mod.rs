//! Statements as they were written: plain data, names not looked up, terms not typed.
//!
//! Names are folded to lower case where they were not quoted. Whether a table, column or function exists, and whether a value
//! fits, is for `prepare` to say.

pub mod access;
pub mod modification;
pub mod relation;
pub mod schema;
pub mod select;
pub mod selection;
pub mod term;
pub mod type_name;

use core::fmt;

pub use access::*;
pub use modification::*;
pub use relation::*;
pub use schema::*;
pub use select::*;
pub use selection::*;
pub(in crate::cql) use term::Separated;
pub use term::*;
pub use type_name::*;

use crate::data::identifier::maybe_quote;

/// One statement of CQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    Select(Select),
    Modification(Modification),
    Batch(Batch),
    /// The keyspace to use from now on.
    Use(String),
    Truncate(QualifiedName),
    Schema(SchemaStatement),
    Access(AccessStatement),
    Describe(Describe),
}

/// A name of a table, view, index, type, function or aggregate, with its keyspace if one was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QualifiedName {
    pub keyspace: Option<String>,
    pub name: String,
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(keyspace) = &self.keyspace {
            write!(f, "{}.", maybe_quote(keyspace))?;
        }
        f.write_str(&maybe_quote(&self.name))
    }
}

/// What DESCRIBE is to show, as the server answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Describe {
    pub what: DescribeWhat,
    /// WITH INTERNALS: dropped columns, identifiers and all other properties, too.
    pub with_internals: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescribeWhat {
    Cluster,
    /// All keyspaces, those of the system too if `full`.
    Schema {
        full: bool,
    },
    Keyspaces,
    /// The keyspace in use if it is not named; without what it contains if `only`.
    Keyspace {
        name: Option<String>,
        only: bool,
    },
    Tables,
    Table(QualifiedName),
    Index(QualifiedName),
    View(QualifiedName),
    Types,
    Type(QualifiedName),
    Functions,
    Function(QualifiedName),
    Aggregates,
    Aggregate(QualifiedName),
    /// A keyspace, table, index or view, whichever has the name.
    Any(QualifiedName),
}
