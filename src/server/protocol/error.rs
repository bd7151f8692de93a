//! ERROR: Cassandra's codes, texts and fields.

use super::{Version, Writer};
use crate::cql::{QueryError, WriteType};
use crate::data::ConsistencyLevel;

/// An error that is not a statement's: the connection's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    Protocol(String),
    Overloaded(String),
    Server(String),
}

impl Refused {
    fn code(&self) -> i32 {
        match self {
            Refused::Server(_) => 0x0000,
            Refused::Protocol(_) => 0x000a,
            Refused::Overloaded(_) => 0x1001,
        }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.int(self.code());
        match self {
            Refused::Protocol(text) | Refused::Overloaded(text) | Refused::Server(text) => out.string(text),
        }
    }
}

/// A statement's error, as a version has it.
pub fn error_body(error: &QueryError, version: Version, out: &mut Writer) {
    // Versions before 5 have no code for an unknown outcome: it is a timeout to them.
    let code = match error {
        QueryError::CasWriteUnknown { .. } if version < Version::V5 => 0x1100,
        QueryError::ReadFailure { .. } if version < Version::V4 => 0x1200,
        QueryError::WriteFailure { .. } if version < Version::V4 => 0x1100,
        other => other.code(),
    };
    out.int(code.into());
    out.string(&error.to_string());
    let counts = |level: &ConsistencyLevel, first: &u32, second: &u32, out: &mut Writer| {
        out.short(level.code());
        out.int(*first as i32);
        out.int(*second as i32);
    };
    match error {
        QueryError::Unavailable {
            consistency,
            required,
            alive,
            ..
        } => counts(consistency, required, alive, out),
        QueryError::FunctionFailure {
            function,
            argument_types,
            ..
        } => {
            out.string("system");
            out.string(function);
            out.short(u16::try_from(argument_types.len()).unwrap_or(u16::MAX));
            argument_types.iter().for_each(|it| out.string(it));
        }
        QueryError::WriteTimeout {
            consistency,
            received,
            required,
            write_type,
        } => {
            counts(consistency, received, required, out);
            out.string(write_type.name());
            if *write_type == WriteType::Cas && version >= Version::V5 {
                // Rounds lost to others are not counted.
                out.short(0);
            }
        }
        QueryError::ReadTimeout {
            consistency,
            received,
            required,
            data_present,
        } => {
            counts(consistency, received, required, out);
            out.byte((*data_present).into());
        }
        QueryError::ReadFailure {
            consistency,
            received,
            required,
            failures,
            data_present,
            ..
        } => {
            counts(consistency, received, required, out);
            write_failures(failures, version, out);
            out.byte((*data_present).into());
        }
        QueryError::WriteFailure {
            consistency,
            received,
            required,
            failures,
            write_type,
            ..
        } => {
            counts(consistency, received, required, out);
            write_failures(failures, version, out);
            out.string(write_type.name());
        }
        QueryError::CasWriteUnknown {
            consistency,
            received,
            required,
        } => {
            counts(consistency, received, required, out);
            if version < Version::V5 {
                out.string(WriteType::Cas.name());
            }
        }
        QueryError::AlreadyExists { keyspace, table, .. } => {
            out.string(keyspace);
            out.string(table.as_deref().unwrap_or_default());
        }
        QueryError::Unprepared(id) => out.short_bytes(&id.0),
        _ => {}
    }
}

/// Which replicas failed, and from version 5 on why.
fn write_failures(failures: &[(core::net::Ipv4Addr, u16)], version: Version, out: &mut Writer) {
    if version < Version::V4 {
        return;
    }
    out.length(failures.len());
    if version < Version::V5 {
        return;
    }
    for (endpoint, code) in failures {
        out.byte(4);
        out.out.extend(endpoint.octets());
        out.short(*code);
    }
}
