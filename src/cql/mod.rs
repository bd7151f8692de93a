//! CQL: from text to a checked plan, and from rows to a result.
//!
//! Knows the language and the schema. Does not know where rows live or how many replicas hold them: a plan is a value
//! that `node::session` carries out.

mod result;

pub use result::{QueryError, QueryResult, ResultColumn, Rows, SourcePosition, WriteType};
