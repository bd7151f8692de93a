//! USING TIMESTAMP and USING TTL.

use super::term::{Receiver, TypedTerm};
use super::{Evaluation, PrepareContext};
use crate::cql::QueryError;
use crate::cql::ast::Term;
use crate::data::{CqlType, EpochSeconds, Expiry, Ttl, WriteTimestamp};
use crate::schema::TableMetadata;

/// What a modification says of its time and lifetime.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    timestamp: Option<TypedTerm>,
    time_to_live: Option<TypedTerm>,
}

impl PrepareContext<'_> {
    pub(super) fn attributes(
        &self,
        timestamp: Option<&Term>,
        time_to_live: Option<&Term>,
        table: &TableMetadata,
    ) -> Result<Attributes, QueryError> {
        let prepare = |name: &str, ty, term: Option<&Term>| {
            let receiver = Receiver {
                name: name.to_string(),
                ty,
            };
            term.map(|term| self.term(term, &receiver, &table.keyspace)).transpose()
        };
        Ok(Attributes {
            timestamp: prepare("[timestamp]", CqlType::Bigint, timestamp)?,
            time_to_live: prepare("[ttl]", CqlType::Int, time_to_live)?,
        })
    }
}

impl Attributes {
    pub fn has_timestamp(&self) -> bool {
        self.timestamp.is_some()
    }

    pub fn has_time_to_live(&self) -> bool {
        self.time_to_live.is_some()
    }

    pub fn timestamp(&self, default: WriteTimestamp, at: &mut Evaluation<'_>) -> Result<WriteTimestamp, QueryError> {
        let Some(term) = self.timestamp.as_ref().filter(|term| !term.is_unset(at)) else {
            return Ok(default);
        };
        let value = term
            .evaluate(at)?
            .ok_or_else(|| QueryError::invalid("Invalid null value of timestamp"))?;
        let bytes = <[u8; 8]>::try_from(&*value).map_err(|_| QueryError::invalid("Invalid timestamp value"))?;
        match WriteTimestamp(i64::from_be_bytes(bytes)) {
            WriteTimestamp::NONE => Err(QueryError::invalid(format!(
                "Out of bound timestamp, must be in [{}, {}]",
                i64::MIN + 1,
                i64::MAX
            ))),
            timestamp => Ok(timestamp),
        }
    }

    /// When what is written expires: by the statement, or by the table's default. 0 is never.
    pub fn expiry(&self, table: &TableMetadata, at: &mut Evaluation<'_>) -> Result<Option<Expiry>, QueryError> {
        let given = self.time_to_live.as_ref().filter(|term| !term.is_unset(at));
        let written = match given {
            None => None,
            Some(term) => term.evaluate(at)?,
        };
        let seconds = match (written, given) {
            (Some(value), _) => {
                let bytes = <[u8; 4]>::try_from(&*value).map_err(|_| QueryError::invalid("Invalid TTL value"))?;
                i32::from_be_bytes(bytes)
            }
            (None, Some(_)) => 0,
            (None, None) => table.params.default_time_to_live as i32,
        };
        if seconds < 0 {
            return Err(QueryError::invalid(format!(
                "A TTL must be greater or equal to 0, but was {seconds}"
            )));
        }
        if seconds as u32 > Ttl::MAX_SECONDS {
            return Err(QueryError::invalid(format!(
                "ttl is too large. requested ({seconds}) maximum ({})",
                Ttl::MAX_SECONDS
            )));
        }
        let now = EpochSeconds::from(at.now);
        Ok((seconds > 0).then(|| Expiry::starting(now, Ttl(seconds as u32))))
    }
}
