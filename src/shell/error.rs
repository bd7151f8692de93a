//! Errors of the server as cqlsh words them: the driver's exception, and what it says.

use core::net::Ipv4Addr;

use crate::base::Endpoint;
use crate::cql::{QueryError, SourcePosition};
use crate::data::ConsistencyLevel;

/// The port clients connect to. cassandra.yaml `native_transport_port`.
pub const NATIVE_TRANSPORT_PORT: u16 = 9042;

/// The line cqlsh prints for an error.
pub fn error_line(error: &QueryError) -> String {
    let summary = || summary(error);
    match error {
        QueryError::Server(_) | QueryError::Overloaded(_) | QueryError::IsBootstrapping(_) => {
            format!("ServerError: {}", summary())
        }
        QueryError::Truncate(_) => format!("TruncateError: {}", summary()),
        QueryError::FunctionFailure { .. } => format!("FunctionFailure: {}", summary()),
        QueryError::Protocol(message) => format!("ProtocolException: {message}"),
        QueryError::Unavailable {
            consistency,
            required,
            alive,
            ..
        } => {
            let info = info(
                *consistency,
                &[("required_replicas", *required), ("alive_replicas", *alive)],
                None,
            );
            format!("Unavailable: {}{info}", summary())
        }
        QueryError::WriteTimeout {
            consistency,
            received,
            required,
            write_type,
        } => {
            let info = info(*consistency, &responses(*required, *received), Some(write_type.name()));
            format!("WriteTimeout: {}{info}", summary())
        }
        QueryError::ReadTimeout {
            consistency,
            received,
            required,
            ..
        } => {
            let info = info(*consistency, &responses(*required, *received), None);
            format!("ReadTimeout: {}{info}", summary())
        }
        QueryError::ReadFailure {
            consistency,
            received,
            required,
            failures,
            ..
        } => format!(
            "ReadFailure: {}{}",
            summary(),
            failed(*consistency, *required, *received, failures)
        ),
        QueryError::WriteFailure {
            consistency,
            received,
            required,
            failures,
            ..
        } => format!(
            "WriteFailure: {}{}",
            summary(),
            failed(*consistency, *required, *received, failures)
        ),
        // The driver has no class of its own for it.
        QueryError::CasWriteUnknown { .. } => format!("ErrorMessage: {}", summary()),
        QueryError::Syntax { message, .. } => format!("SyntaxException: {message}"),
        QueryError::Unauthorized(_) => format!("Unauthorized: {}", summary()),
        QueryError::Invalid { .. } => format!("InvalidRequest: {}", summary()),
        QueryError::Configuration(message) => format!("ConfigurationException: {message}"),
        QueryError::AlreadyExists { keyspace, table, .. } => match table {
            Some(table) => format!("AlreadyExists: Table '{keyspace}.{table}' already exists"),
            None => format!("AlreadyExists: Keyspace '{keyspace}' already exists"),
        },
        QueryError::Unprepared(_) => format!("PreparedQueryNotFound: {}", summary()),
    }
}

/// What an error says, without its class: all that DESCRIBE shows.
pub fn describe_error(error: &QueryError) -> String {
    match error {
        QueryError::Syntax { .. }
        | QueryError::Configuration(_)
        | QueryError::AlreadyExists { .. }
        | QueryError::Protocol(_) => String::new(),
        _ => error.to_string().trim_matches('"').to_owned(),
    }
}

/// Where in the statement it points.
pub fn position(error: &QueryError) -> Option<SourcePosition> {
    match error {
        QueryError::Syntax { position, .. } | QueryError::Invalid { position, .. } => *position,
        _ => None,
    }
}

/// The client gave up waiting.
pub fn timed_out(host: Endpoint) -> String {
    let host = format!("{host}:{NATIVE_TRANSPORT_PORT}");
    format!(
        "OperationTimedOut: errors={{'{host}': 'Client request timeout. See Session.execute[_async](timeout)'}}, last_host={host}"
    )
}

/// The coordinator died, or was dead.
pub fn disconnected(host: Endpoint) -> String {
    format!("ConnectionShutdown: Connection to {host}:{NATIVE_TRANSPORT_PORT} was closed")
}

fn summary(error: &QueryError) -> String {
    format!(
        "Error from server: code={:04x} [{}] message=\"{error}\"",
        error.code(),
        kind(error)
    )
}

/// The driver's names for the protocol's error codes.
fn kind(error: &QueryError) -> &'static str {
    match error {
        QueryError::Server(_) => "Server error",
        QueryError::Protocol(_) => "Protocol error",
        QueryError::Unavailable { .. } => "Unavailable exception",
        QueryError::Overloaded(_) => "Coordinator node overloaded",
        QueryError::IsBootstrapping(_) => "Coordinator node is bootstrapping",
        QueryError::Truncate(_) => "Error during truncate",
        QueryError::WriteTimeout { .. } | QueryError::ReadTimeout { .. } => {
            "Coordinator node timed out waiting for replica nodes' responses"
        }
        QueryError::ReadFailure { .. } => "Replica(s) failed to execute read",
        QueryError::WriteFailure { .. } => "Replica(s) failed to execute write",
        QueryError::FunctionFailure { .. } => "User Defined Function failure",
        QueryError::CasWriteUnknown { .. } => "Unknown",
        QueryError::Syntax { .. } => "Syntax error in CQL query",
        QueryError::Unauthorized(_) => "Unauthorized",
        QueryError::Invalid { .. } => "Invalid query",
        QueryError::Configuration(_) => "Query invalid because of configuration issue",
        QueryError::AlreadyExists { .. } => "Item already exists",
        QueryError::Unprepared(_) => "Unprepared",
    }
}

fn responses(required: u32, received: u32) -> [(&'static str, u32); 2] {
    [("required_responses", required), ("received_responses", received)]
}

fn failed(consistency: ConsistencyLevel, required: u32, received: u32, failures: &[(Ipv4Addr, u16)]) -> String {
    let counts = [
        ("required_responses", required),
        ("received_responses", received),
        ("failures", failures.len() as u32),
    ];
    let code = |(node, code): &(Ipv4Addr, u16)| format!("'{node}': '{code:#06x}'");
    let codes: Vec<String> = failures.iter().map(code).collect();
    let text = info(consistency, &counts, None);
    let text = text.strip_suffix('}').unwrap_or(&text);
    format!("{text}, 'error_code_map': {{{}}}}}", codes.join(", "))
}

/// The fields of an error as Python writes a dictionary.
fn info(consistency: ConsistencyLevel, counts: &[(&str, u32)], write_type: Option<&str>) -> String {
    let mut text = format!(" info={{'consistency': '{consistency}'");
    for (name, count) in counts {
        text += &format!(", '{name}': {count}");
    }
    if let Some(write_type) = write_type {
        text += &format!(", 'write_type': '{write_type}'");
    }
    text + "}"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cql::WriteType;
    use crate::data::KeyspaceName;

    #[test]
    fn lines_as_cqlsh_prints_them() {
        assert_eq!(
            error_line(&QueryError::invalid("Undefined column name x")),
            "InvalidRequest: Error from server: code=2200 [Invalid query] message=\"Undefined column name x\""
        );
        let unavailable = QueryError::Unavailable {
            message: "Cannot achieve consistency level TWO".into(),
            consistency: ConsistencyLevel::Two,
            required: 2,
            alive: 1,
        };
        assert_eq!(
            error_line(&unavailable),
            "Unavailable: Error from server: code=1000 [Unavailable exception] message=\"Cannot achieve consistency \
             level TWO\" info={'consistency': 'TWO', 'required_replicas': 2, 'alive_replicas': 1}"
        );
        let exists = |table: Option<&str>| QueryError::AlreadyExists {
            keyspace: KeyspaceName::new("k"),
            table: table.map(Into::into),
            message: String::new(),
        };
        assert_eq!(error_line(&exists(None)), "AlreadyExists: Keyspace 'k' already exists");
        assert_eq!(
            error_line(&exists(Some("t"))),
            "AlreadyExists: Table 'k.t' already exists"
        );
    }

    #[test]
    fn timeouts_name_their_fields() {
        let timeout = QueryError::WriteTimeout {
            consistency: ConsistencyLevel::Quorum,
            received: 1,
            required: 2,
            write_type: WriteType::Simple,
        };
        let line = error_line(&timeout);
        assert!(line.starts_with("WriteTimeout: Error from server: code=1100 ["));
        assert!(line.ends_with(
            " info={'consistency': 'QUORUM', 'required_responses': 2, 'received_responses': 1, 'write_type': 'SIMPLE'}"
        ));
    }
}
