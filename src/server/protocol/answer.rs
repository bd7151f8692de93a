//! What the server answers, and what it tells without being asked.

use core::net::{IpAddr, SocketAddr};

use uuid::Uuid;

use super::error::Refused;
use super::metadata::{Detail, metadata_id, write_markers, write_no_metadata, write_rows_metadata};
use super::{Compression, Flags, Header, Opcode, ProtocolError, Version, Writer, error_body};
use crate::cql::{PreparedStatement, QueryError, QueryResult, Rows};
use crate::schema::change::SchemaChange;

/// What registered clients are told.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent {
    /// `NEW_NODE`, `REMOVED_NODE`
    Topology {
        change: &'static str,
        node: SocketAddr,
    },
    /// `UP`, `DOWN`
    Status {
        change: &'static str,
        node: SocketAddr,
    },
    Schema(SchemaChange),
}

impl ServerEvent {
    /// What a client registers for to be told.
    pub fn kind(&self) -> &'static str {
        match self {
            ServerEvent::Topology { .. } => "TOPOLOGY_CHANGE",
            ServerEvent::Status { .. } => "STATUS_CHANGE",
            ServerEvent::Schema(_) => "SCHEMA_CHANGE",
        }
    }
}

#[derive(Clone, Debug)]
pub enum Answer {
    Ready,
    Supported(Vec<(&'static str, Vec<String>)>),
    AuthSuccess,
    Refused(Refused),
    Event(ServerEvent),
    Result {
        result: Box<Result<QueryResult, QueryError>>,
        warnings: Vec<String>,
        tracing: Option<Uuid>,
        /// The client has the columns already.
        skip_metadata: bool,
        /// What a client of version 5 takes them to be.
        known_metadata: Option<[u8; 16]>,
    },
}

impl Answer {
    fn opcode(&self) -> Opcode {
        match self {
            Answer::Ready => Opcode::Ready,
            Answer::Supported(_) => Opcode::Supported,
            Answer::AuthSuccess => Opcode::AuthSuccess,
            Answer::Refused(_) => Opcode::Error,
            Answer::Event(_) => Opcode::Event,
            Answer::Result { result, .. } if result.is_err() => Opcode::Error,
            Answer::Result { .. } => Opcode::Result,
        }
    }

    /// The whole message. `compression` is for its body, which only versions up to 4 compress.
    pub fn encode(
        &self,
        version: Version,
        stream: i16,
        compression: Option<Compression>,
    ) -> Result<Vec<u8>, ProtocolError> {
        let mut flags = Flags::default();
        if version == Version::V6 {
            flags.set(Flags::USE_BETA);
        }
        let mut body = Writer::default();
        if let Answer::Result { warnings, tracing, .. } = self {
            if let Some(id) = tracing {
                flags.set(Flags::TRACING);
                body.out.extend(id.as_bytes());
            }
            if !warnings.is_empty() && version >= Version::V4 {
                flags.set(Flags::WARNING);
                body.string_list(warnings);
            }
        }
        self.write(version, &mut body);
        let mut body = body.out;
        if let Some(compression) = compression {
            body = compression.compress_body(&body)?;
            flags.set(Flags::COMPRESSED);
        }
        let header = Header {
            version,
            flags,
            stream,
            opcode: self.opcode(),
            length: u32::try_from(body.len()).map_err(|_| ProtocolError::new("An answer beyond 4 GiB"))?,
        };
        let mut out = Vec::with_capacity(super::HEADER_BYTES + body.len());
        header.write(&mut out);
        out.extend(body);
        Ok(out)
    }

    fn write(&self, version: Version, out: &mut Writer) {
        match self {
            Answer::Ready => {}
            Answer::AuthSuccess => out.bytes(None),
            Answer::Supported(options) => {
                out.short(options.len() as u16);
                for (name, values) in options {
                    out.string(name);
                    out.string_list(values);
                }
            }
            Answer::Refused(error) => error.write(out),
            Answer::Event(event) => write_event(event, out),
            Answer::Result {
                result,
                skip_metadata,
                known_metadata,
                ..
            } => match &**result {
                Err(error) => error_body(error, version, out),
                Ok(QueryResult::Void) => out.int(1),
                Ok(QueryResult::Rows(rows)) => {
                    out.int(2);
                    write_rows(rows, *skip_metadata, known_metadata.as_ref(), version, out);
                }
                Ok(QueryResult::SetKeyspace(keyspace)) => {
                    out.int(3);
                    out.string(keyspace);
                }
                Ok(QueryResult::Prepared(prepared)) => {
                    out.int(4);
                    write_prepared(prepared, version, out);
                }
                Ok(QueryResult::SchemaChange(change)) => {
                    out.int(5);
                    write_schema_change(change, out);
                }
            },
        }
    }
}

fn write_rows(rows: &Rows, skip: bool, known: Option<&[u8; 16]>, version: Version, out: &mut Writer) {
    let id = known.map(|known| (known, metadata_id(&rows.columns)));
    let detail = match &id {
        Some((known, id)) if *known != id => Detail::Changed(id),
        _ if skip => Detail::CountOnly,
        _ => Detail::Full,
    };
    write_rows_metadata(&rows.columns, rows.paging_state.as_deref(), detail, version, out);
    out.length(rows.rows.len());
    for value in rows.rows.iter().flatten() {
        out.bytes(value.as_deref());
    }
}

fn write_prepared(prepared: &PreparedStatement, version: Version, out: &mut Writer) {
    out.short_bytes(&prepared.id.0);
    let columns = prepared.columns.as_deref();
    if version >= Version::V5 {
        out.short_bytes(&metadata_id(columns.unwrap_or_default()));
    }
    write_markers(&prepared.markers, &prepared.partition_key, version, out);
    match columns {
        Some(columns) => write_rows_metadata(columns, None, Detail::Full, version, out),
        None => write_no_metadata(out),
    }
}

fn write_event(event: &ServerEvent, out: &mut Writer) {
    out.string(event.kind());
    match event {
        ServerEvent::Topology { change, node } | ServerEvent::Status { change, node } => {
            out.string(change);
            let address: IpAddr = node.ip();
            out.inet(address, node.port());
        }
        ServerEvent::Schema(change) => write_schema_change(change, out),
    }
}

fn write_schema_change(change: &SchemaChange, out: &mut Writer) {
    out.string(change.kind.name());
    out.string(change.target.name());
    out.string(&change.keyspace);
    if let Some(name) = &change.name {
        out.string(name);
    }
}
