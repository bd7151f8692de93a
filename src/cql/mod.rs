//! CQL: from text to a checked plan, and from rows to a result.
//!
//! Knows the language and the schema. Does not know where rows live or how many replicas hold them: a plan is a value
//! that `node::session` carries out.

mod advice;
pub mod ast;
mod error;
mod functions;
mod keyword;
mod lexer;
mod parser;
pub mod prepare;
mod result;
mod split;
mod statement_id;
mod token;

pub use error::{Position, SyntaxError};
pub use functions::text;
pub use keyword::{Keyword, KeywordClass};
pub use parser::{MAX_CHAINED_OPERATORS, MAX_NESTING, Parsed, parse, parse_after};
pub use result::{PreparedStatement, QueryError, QueryResult, ResultColumn, Rows, SourcePosition, WriteType};
pub use split::{InvalidCharacter, Split, split};
pub use statement_id::StatementId;
