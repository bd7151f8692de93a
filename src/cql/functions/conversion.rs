//! Conversions between times.

use bytes::Bytes;

use crate::base::UnixMicros;
use crate::cql::QueryError;
use crate::cql::prepare::Evaluation;
use crate::data::CqlType;

/// `CqlType::Date` counts days from this far below zero.
const DATE_EPOCH: i64 = 1 << 31;
const SECONDS_A_DAY: i64 = 24 * 60 * 60;
const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// The moment of evaluation, as a value of some type.
#[derive(Clone, Debug)]
pub struct Conversion {
    to: Target,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    Timestamp,
    Date,
    Time,
}

impl Conversion {
    /// `to_timestamp(t)`, `to_date(t)` and `to_unix_timestamp(t)`: each from what types, and to what type.
    pub fn named(name: &str) -> Option<(&'static [CqlType], CqlType)> {
        const TIMES: [CqlType; 3] = [CqlType::Timeuuid, CqlType::Timestamp, CqlType::Date];
        const BUT_DATE: [CqlType; 2] = [CqlType::Timeuuid, CqlType::Timestamp];
        const BUT_TIMESTAMP: [CqlType; 2] = [CqlType::Timeuuid, CqlType::Date];
        match name {
            "totimestamp" => Some((&BUT_TIMESTAMP, CqlType::Timestamp)),
            "todate" => Some((&BUT_DATE, CqlType::Date)),
            "tounixtimestamp" => Some((&TIMES, CqlType::Bigint)),
            _ => None,
        }
    }

    /// `currentTimestamp()` and its kin.
    pub fn of_now(name: &str) -> Option<(Conversion, CqlType)> {
        let (to, returns) = match name {
            "currenttimestamp" => (Target::Timestamp, CqlType::Timestamp),
            "currentdate" => (Target::Date, CqlType::Date),
            "currenttime" => (Target::Time, CqlType::Time),
            _ => return None,
        };
        Some((Conversion { to }, returns))
    }

    pub fn run(&self, at: &Evaluation<'_>) -> Bytes {
        let millis = at.now.millis();
        match self.to {
            Target::Timestamp => Bytes::copy_from_slice(&millis.to_be_bytes()),
            Target::Date => date(millis),
            Target::Time => Bytes::copy_from_slice(&(at.now.0.rem_euclid(MILLIS_A_DAY * 1000) * 1000).to_be_bytes()),
        }
    }
}

/// The day of a moment. Seconds are cut off downwards and days towards the epoch, as by Java's `Duration` in
/// `SimpleDateSerializer.timeInMillisToDay`.
fn date(millis: i64) -> Bytes {
    let days = millis.div_euclid(1_000) / SECONDS_A_DAY;
    Bytes::copy_from_slice(&((days + DATE_EPOCH) as u32).to_be_bytes())
}

/// The same moment as a value of another type.
pub fn between(from: &CqlType, to: &CqlType, value: &Bytes) -> Result<Bytes, QueryError> {
    let millis = millis_of(from, value)?;
    Ok(match to {
        CqlType::Date => date(millis),
        _ => Bytes::copy_from_slice(&millis.to_be_bytes()),
    })
}

/// The least and the greatest timeuuid of a millisecond, as far as they are ordered by time.
pub fn bound_of_timeuuids(millis: i64, greatest: bool) -> uuid::Uuid {
    /// From 1582-10-15 to 1970-01-01, in ticks of 100 ns.
    const TICKS_BEFORE_UNIX: i64 = 0x01b2_1dd2_1381_4000;
    let ticks = TICKS_BEFORE_UNIX.wrapping_add(millis.wrapping_mul(10_000)) + if greatest { 9_999 } else { 0 };
    let ticks = ticks as u64;
    let high = (ticks & 0xffff_ffff) << 32 | (ticks >> 32 & 0xffff) << 16 | 0x1000 | (ticks >> 48 & 0x0fff);
    let low = if greatest {
        0x7f7f_7f7f_7f7f_7f7f
    } else {
        0x8080_8080_8080_8080
    };
    uuid::Uuid::from_u64_pair(high, low)
}

pub fn millis_of(ty: &CqlType, value: &Bytes) -> Result<i64, QueryError> {
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
