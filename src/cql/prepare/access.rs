//! Roles, users, identities and permissions, on a cluster that asks nobody who they are: what is wrong with the statement is
//! said first, and then that an anonymous client may not do this.
//!
//! Source of the rules and texts: Cassandra 5.0, `auth/RoleOptions`, `service/ClientState.ensureNotAnonymous`.

use crate::cql::QueryError;
use crate::cql::ast::{AccessStatement, RoleOptions};

/// Without a password authenticator there is nobody to be.
const ANONYMOUS: &str = "You have to be logged in and not anonymous to perform this request";

const ROLE_MANAGER: &str = "org.apache.cassandra.auth.CassandraRoleManager";

/// Why a statement is refused.
pub(super) fn refusal(statement: &AccessStatement) -> QueryError {
    let complaint = match statement {
        AccessStatement::CreateRole { name, options, .. } => unsupported(options).or_else(|| {
            let empty = || QueryError::invalid("Role name can't be an empty string");
            name.is_empty().then(empty)
        }),
        AccessStatement::AlterRole { options, .. } => unsupported(options).or_else(|| {
            let empty = || QueryError::invalid("ALTER [ROLE|USER] can't be empty");
            (*options == RoleOptions::default()).then(empty)
        }),
        _ => None,
    };
    complaint.unwrap_or_else(|| QueryError::Unauthorized(ANONYMOUS.into()))
}

/// Without a password authenticator a role is or is not a superuser, may or may not log in, and has nothing else.
fn unsupported(options: &RoleOptions) -> Option<QueryError> {
    let given = [
        ("PASSWORD", options.password.is_some()),
        ("HASHED_PASSWORD", options.hashed_password.is_some()),
        ("OPTIONS", options.custom.is_some()),
    ];
    let (name, _) = given.into_iter().find(|(_, is_given)| *is_given)?;
    Some(QueryError::invalid(format!("{ROLE_MANAGER} doesn't support {name}")))
}
