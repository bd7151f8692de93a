//! What is wrong with a change of schema.

/// A change that cannot be made; each kind is a class of error at the edge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Cassandra's InvalidRequest, 0x2200.
    #[error("{0}")]
    Invalid(String),
    /// ConfigurationException, 0x2300.
    #[error("{0}")]
    Configuration(String),
    /// SyntaxException, 0x2000: Cassandra counts a wrong property among the errors of syntax.
    #[error("{0}")]
    Syntax(String),
    /// What Cassandra did not foresee: its ServerError, 0x0000.
    #[error("{0}")]
    Server(String),
    /// Unauthorized, 0x2100.
    #[error("{0}")]
    Unauthorized(String),
    /// AlreadyExists, 0x2400.
    #[error("Cannot add already existing keyspace \"{0}\"")]
    KeyspaceExists(String),
    #[error("Cannot add already existing table \"{table}\" to keyspace \"{keyspace}\"")]
    TableExists { keyspace: String, table: String },
}

impl SchemaError {
    pub(super) fn invalid(text: impl Into<String>) -> SchemaError {
        SchemaError::Invalid(text.into())
    }

    pub(super) fn configuration(text: impl Into<String>) -> SchemaError {
        SchemaError::Configuration(text.into())
    }
}
