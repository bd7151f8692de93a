//! CQL types: how values are written as bytes, read back, checked, compared, and made from the constants of a statement.
//!
//! The byte forms are those of the native protocol (v3 and later), which are also those of the cells on disk. Knows nothing
//! of tables, columns or statements. Source of the rules: Apache Cassandra 5.0, packages `db.marshal` and `serializers`.

pub mod calendar;
mod class_name;
mod codec;
mod compare;
mod compatible;
mod cql_type;
mod date;
mod decimal;
mod duration;
mod error;
mod inet;
pub mod layout;
mod literal;
mod native;
pub mod ordering;
mod parse;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod recorded;
mod scan;
mod show;
mod timestamp;
mod validate;
mod value;

pub use cql_type::{CqlType, UserType};
pub use decimal::Decimal;
pub use duration::CqlDuration;
pub use error::MarshalError;
pub use literal::{Assignment, LiteralKind};
pub use value::Value;
