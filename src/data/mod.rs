//! Data: values and their types, tokens, keys, cells, rows, tombstones, partitions, mutations, and how they merge.
//!
//! Pure values. Does not know where they are kept, who asked for them, nor which tables exist (`schema` knows).

pub mod composite;
mod murmur3;
pub mod partitioner;
pub mod token;
pub mod types;

pub use partitioner::{Partitioner, PartitionerToken, token_of};
pub use token::Token;
pub use types::{CqlDuration, CqlType, Decimal, LiteralKind, MarshalError, UserType, Value};
