//! Conversions between times.

use bytes::Bytes;

use crate::base::UnixMicros;
use crate::cql::QueryError;
use crate::cql::prepare::Evaluation;
use crate::data::CqlType;

/// `CqlType::Date` counts days from this far below zero.
const DATE_EPOCH: i64 = 1 << 31;
const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// Between moments in their different types, by way of milliseconds since the epoch.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// `None`: from the moment of evaluation.
    from: Option<CqlType>,
    to: Target,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    Timestamp,
    Date,
    UnixTimestamp,
    Time,
}

impl Conversion {
    /// `toTimestamp(t)`, `toDate(t)`, `toUnixTimestamp(t)` and their old names.
    pub fn named(name: &str, argument: &CqlType) -> Option<(Conversion, CqlType)> {
        let (to, returns) = match name {
            "totimestamp" | "dateof" => (Target::Timestamp, CqlType::Timestamp),
            "todate" => (Target::Date, CqlType::Date),
            "tounixtimestamp" | "unixtimestampof" => (Target::UnixTimestamp, CqlType::Bigint),
            _ => return None,
        };
        let from =
            matches!(argument, CqlType::Timeuuid | CqlType::Timestamp | CqlType::Date).then(|| argument.clone())?;
        Some((Conversion { from: Some(from), to }, returns))
    }

    /// `currentTimestamp()` and its kin.
    pub fn of_now(name: &str) -> Option<(Conversion, CqlType)> {
        let (to, returns) = match name {
            "currenttimestamp" => (Target::Timestamp, CqlType::Timestamp),
            "currentdate" => (Target::Date, CqlType::Date),
            "currenttime" => (Target::Time, CqlType::Time),
            _ => return None,
        };
        Some((Conversion { from: None, to }, returns))
    }

    pub fn run(&self, argument: Option<Bytes>, at: &mut Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        let (millis, nanos_of_day) = match (&self.from, argument) {
            (None, _) => (at.now.millis(), at.now.0.rem_euclid(MILLIS_A_DAY * 1000) * 1000),
            (Some(_), None) => return Ok(None),
            (Some(ty), Some(value)) if value.is_empty() => {
                let _ = ty;
                return Ok(None);
            }
            (Some(ty), Some(value)) => (millis_of(ty, &value)?, 0),
        };
        let bytes = |value: &[u8]| Ok(Some(Bytes::copy_from_slice(value)));
        match self.to {
            Target::Timestamp | Target::UnixTimestamp => bytes(&millis.to_be_bytes()),
            Target::Date => bytes(&((millis.div_euclid(MILLIS_A_DAY) + DATE_EPOCH) as u32).to_be_bytes()),
            Target::Time => bytes(&nanos_of_day.to_be_bytes()),
        }
    }
}

fn millis_of(ty: &CqlType, value: &Bytes) -> Result<i64, QueryError> {
    let wrong = || QueryError::Server(format!("a {ty} of {} bytes", value.len()));
    match ty {
        CqlType::Timestamp => Ok(i64::from_be_bytes((**value).try_into().map_err(|_| wrong())?)),
        CqlType::Date => {
            let days = u32::from_be_bytes((**value).try_into().map_err(|_| wrong())?);
            Ok((i64::from(days) - DATE_EPOCH) * MILLIS_A_DAY)
        }
        _ => {
            let uuid = uuid::Uuid::from_slice(value).map_err(|_| wrong())?;
            let (seconds, nanos) = uuid.get_timestamp().ok_or_else(wrong)?.to_unix();
            Ok(UnixMicros(seconds as i64 * 1_000_000 + i64::from(nanos / 1000)).millis())
        }
    }
}
