//! What is wrong with the bytes or the text of a value, in Cassandra's words.

/// The text of Cassandra's `MarshalException`, which clients see as an invalid request (code 2200).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MarshalError(pub String);
