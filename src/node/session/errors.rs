//! The coordinator's failures as clients see them.

use core::net::Ipv4Addr;

use crate::coordinator::{Failures, Reasons, RequestError, WriteKind};
use crate::cql::{QueryError, WriteType};
use crate::message::replica::FailureReason;
use crate::storage::StorageError;

impl From<RequestError> for QueryError {
    fn from(error: RequestError) -> QueryError {
        let message = error.to_string();
        match error {
            RequestError::Unavailable {
                consistency,
                required,
                alive,
                ..
            } => QueryError::Unavailable {
                message,
                consistency,
                required,
                alive,
            },
            RequestError::WriteTimeout {
                consistency,
                received,
                required,
                kind,
            } => QueryError::WriteTimeout {
                consistency,
                received,
                required,
                write_type: write_type(kind),
            },
            RequestError::ReadTimeout {
                consistency,
                received,
                required,
                data_present,
            } => QueryError::ReadTimeout {
                consistency,
                received,
                required,
                data_present,
            },
            RequestError::WriteFailure {
                consistency,
                received,
                required,
                failures,
                kind,
            } => QueryError::WriteFailure {
                consistency,
                received,
                required,
                reasons: Reasons(&failures).to_string(),
                failures: by_address(&failures),
                write_type: write_type(kind),
            },
            RequestError::ReadFailure {
                consistency,
                received,
                required,
                failures,
                data_present,
            } => QueryError::ReadFailure {
                consistency,
                received,
                required,
                reasons: Reasons(&failures).to_string(),
                failures: by_address(&failures),
                data_present,
            },
            RequestError::CasWriteUnknown {
                consistency,
                received,
                required,
            } => QueryError::CasWriteUnknown {
                consistency,
                received,
                required,
            },
            RequestError::Truncate(_) => QueryError::Truncate(message),
        }
    }
}

/// The failures with the codes that the protocol has for their reasons.
fn by_address(failures: &Failures) -> Vec<(Ipv4Addr, u16)> {
    let code = |reason: FailureReason| match reason {
        FailureReason::Unknown => 0,
        FailureReason::ReadTooManyTombstones => 1,
        FailureReason::Timeout => 2,
        FailureReason::IncompatibleSchema => 3,
    };
    failures.iter().map(|(node, reason)| (node.0, code(*reason))).collect()
}

fn write_type(kind: WriteKind) -> WriteType {
    match kind {
        WriteKind::Simple => WriteType::Simple,
        WriteKind::UnloggedBatch => WriteType::UnloggedBatch,
        WriteKind::Batch => WriteType::Batch,
        WriteKind::BatchLog => WriteType::BatchLog,
        WriteKind::Counter => WriteType::Counter,
        WriteKind::Cas => WriteType::Cas,
    }
}

/// A disk that fails while a statement is about this node's own tables.
pub(super) fn storage_error(error: StorageError) -> QueryError {
    QueryError::Server(error.to_string())
}
