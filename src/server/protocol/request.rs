//! What clients ask.

use bytes::Bytes;

use super::{Header, Opcode, ProtocolError, Reader, Version};
use crate::cql::StatementId;
use crate::cql::ast::BatchKind;
use crate::cql::prepare::{BoundValue, BoundValues};
use crate::data::ConsistencyLevel;
use crate::node::BatchPart;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Startup(Vec<(String, String)>),
    Options,
    AuthResponse(Option<Bytes>),
    Register(Vec<String>),
    Query {
        text: String,
        options: Options,
    },
    Prepare {
        text: String,
        keyspace: Option<String>,
    },
    Execute {
        statement: StatementId,
        /// What the client takes the columns of the result to be.
        result_metadata: Option<[u8; 16]>,
        options: Options,
    },
    Batch {
        kind: BatchKind,
        parts: Vec<(BatchPart, BoundValues)>,
        options: Options,
    },
}

/// How a statement is to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub consistency: ConsistencyLevel,
    pub serial_consistency: ConsistencyLevel,
    pub values: BoundValues,
    pub skip_metadata: bool,
    pub page_size: Option<u32>,
    pub paging_state: Option<Bytes>,
    pub timestamp: Option<i64>,
    pub keyspace: Option<String>,
}

const VALUES: u32 = 0x01;
const SKIP_METADATA: u32 = 0x02;
const PAGE_SIZE: u32 = 0x04;
const PAGING_STATE: u32 = 0x08;
const SERIAL_CONSISTENCY: u32 = 0x10;
const TIMESTAMP: u32 = 0x20;
const NAMES_FOR_VALUES: u32 = 0x40;
const KEYSPACE: u32 = 0x80;
const NOW_IN_SECONDS: u32 = 0x100;

impl Request {
    /// What errors call it.
    pub fn name(&self) -> &'static str {
        match self {
            Request::Startup(_) => "STARTUP",
            Request::Options => "OPTIONS",
            Request::AuthResponse(_) => "AUTH_RESPONSE",
            Request::Register(_) => "REGISTER",
            Request::Query { .. } => "QUERY",
            Request::Prepare { .. } => "PREPARE",
            Request::Execute { .. } => "EXECUTE",
            Request::Batch { .. } => "BATCH",
        }
    }

    /// Reads a body that the custom payload, if there is one, was taken off.
    pub fn read(header: &Header, body: &mut Reader) -> Result<Request, ProtocolError> {
        let version = header.version;
        Ok(match header.opcode {
            Opcode::Startup => Request::Startup(body.string_map()?),
            Opcode::Options => Request::Options,
            Opcode::AuthResponse => Request::AuthResponse(body.bytes()?),
            Opcode::Register => Request::Register(body.string_list()?),
            Opcode::Query => Request::Query {
                text: body.long_string()?,
                options: Options::read(body, version)?,
            },
            Opcode::Prepare => {
                let text = body.long_string()?;
                // Some clients send version 5 without the flags.
                let flags = if version >= Version::V5 && body.left() > 0 {
                    body.int()?
                } else {
                    0
                };
                let keyspace = (flags & 1 != 0).then(|| body.string()).transpose()?;
                Request::Prepare { text, keyspace }
            }
            Opcode::Execute => Request::Execute {
                statement: statement_id(&body.short_bytes()?)?,
                result_metadata: match version >= Version::V5 {
                    true => <[u8; 16]>::try_from(&*body.short_bytes()?).ok(),
                    false => None,
                },
                options: Options::read(body, version)?,
            },
            Opcode::Batch => read_batch(body, version)?,
            other => return Err(ProtocolError(format!("Unknown opcode {}", other as u8))),
        })
    }
}

fn read_batch(body: &mut Reader, version: Version) -> Result<Request, ProtocolError> {
    let kind = match body.byte()? {
        0 => BatchKind::Logged,
        1 => BatchKind::Unlogged,
        2 => BatchKind::Counter,
        other => return Err(ProtocolError(format!("Invalid BATCH message type {other}"))),
    };
    let count = body.short()?;
    let mut parts = Vec::new();
    for _ in 0..count {
        let part = match body.byte()? {
            0 => BatchPart::Text(body.long_string()?),
            1 => BatchPart::Prepared(statement_id(&body.short_bytes()?)?),
            _ => {
                return Err(ProtocolError::new(
                    "Invalid query kind in BATCH messages. Must be 0 or 1 but got a different one",
                ));
            }
        };
        let given = body.short()?;
        let values = (0..given).map(|_| value(body)).collect::<Result<_, _>>()?;
        parts.push((part, BoundValues { names: None, values }));
    }
    let options = Options::read(body, version)?;
    Ok(Request::Batch { kind, parts, options })
}

fn statement_id(bytes: &[u8]) -> Result<StatementId, ProtocolError> {
    let id = <[u8; 16]>::try_from(bytes);
    id.map(StatementId)
        .map_err(|_| ProtocolError(format!("A statement's id of {} bytes, where it has 16", bytes.len())))
}

fn value(body: &mut Reader) -> Result<BoundValue, ProtocolError> {
    let length = body.int()?;
    match length {
        -1 => Ok(BoundValue::Null),
        -2 => Ok(BoundValue::Unset),
        length if length < 0 => Err(ProtocolError(format!("Invalid ByteBuf length {length}"))),
        length => body.sized(length as usize).map(BoundValue::Value),
    }
}

fn consistency(body: &mut Reader) -> Result<ConsistencyLevel, ProtocolError> {
    let code = body.short()?;
    let found = ConsistencyLevel::ALL_LEVELS.into_iter().find(|it| it.code() == code);
    found.ok_or_else(|| ProtocolError(format!("Unknown code {code} for a consistency level")))
}

impl Options {
    fn read(body: &mut Reader, version: Version) -> Result<Options, ProtocolError> {
        let consistency = consistency(body)?;
        // A batch of version 3 from before flags were added ends here.
        let flags = match version >= Version::V5 {
            true => body.int()? as u32,
            false => body.byte()?.into(),
        };
        let has = |flag: u32| flags & flag != 0;
        let mut values = BoundValues::default();
        if has(VALUES) {
            let count = body.short()?;
            let mut names = Vec::new();
            for _ in 0..count {
                if has(NAMES_FOR_VALUES) {
                    names.push(body.string()?);
                }
                values.values.push(value(body)?);
            }
            values.names = has(NAMES_FOR_VALUES).then_some(names);
        }
        let page_size = has(PAGE_SIZE).then(|| body.int()).transpose()?;
        let paging_state = if has(PAGING_STATE) { body.bytes()? } else { None };
        let serial_consistency = match has(SERIAL_CONSISTENCY) {
            true => self::consistency(body)?,
            false => ConsistencyLevel::Serial,
        };
        let timestamp = has(TIMESTAMP).then(|| body.long()).transpose()?;
        if timestamp == Some(i64::MIN) {
            return Err(ProtocolError(format!(
                "Out of bound timestamp, must be in [{}, {}] (got {})",
                i64::MIN + 1,
                i64::MAX,
                i64::MIN
            )));
        }
        let keyspace = has(KEYSPACE).then(|| body.string()).transpose()?;
        if has(NOW_IN_SECONDS) {
            // The cluster's clock is the one that counts.
            body.int()?;
        }
        Ok(Options {
            consistency,
            serial_consistency,
            values,
            skip_metadata: has(SKIP_METADATA),
            page_size: page_size.and_then(|it| u32::try_from(it).ok()).filter(|it| *it > 0),
            paging_state,
            timestamp,
            keyspace,
        })
    }
}
