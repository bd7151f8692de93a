//! Dates and times of day from text.

use super::MarshalError;
use super::calendar::{days_from_civil, days_in_month};
use super::scan::Scan;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// Days since 1970-01-01 from `yyyy-mm-dd`, or from a plain number, which counts from day -2^31.
pub fn parse_date(text: &str) -> Result<i32, MarshalError> {
    if is_plain_number(text) {
        let raw: u32 = text.parse().map_err(|_| MarshalError::NotADay(text.to_owned()))?;
        return Ok(raw.wrapping_sub(1 << 31) as i32);
    }
    let not_a_date = || MarshalError::NotADate(text.to_owned());
    let mut scan = Scan::new(text);
    let (year, month, day) = scan.iso_date().filter(|_| scan.at_end()).ok_or_else(not_a_date)?;
    let days = days_from_civil(year, month, day);
    // Cassandra goes through milliseconds, so what they cannot hold is no date at all.
    if day > days_in_month(year, month) || days.checked_mul(MILLIS_PER_DAY).is_none() {
        return Err(not_a_date());
    }
    i32::try_from(days).map_err(|_| match days < 0 {
        true => MarshalError::DateOutOfRange {
            text: text.to_owned(),
            side: "less than min",
            limit: "-5877641-06-23T00:00Z",
        },
        false => MarshalError::DateOutOfRange {
            text: text.to_owned(),
            side: "greater than max",
            limit: "+5881580-07-11T00:00Z",
        },
    })
}

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Nanoseconds since midnight from `hh:mm:ss[.fffffffff]`, or from a plain number of them.
pub fn parse_time(text: &str) -> Result<i64, MarshalError> {
    if is_plain_number(text) {
        let nanos: Option<i64> = text.parse().ok().filter(|nanos| (0..NANOS_PER_DAY).contains(nanos));
        return nanos.ok_or_else(|| MarshalError::NotALong {
            what: "time",
            text: text.to_owned(),
        });
    }
    clock_time(text.trim_matches(|character| character <= ' ')).ok_or_else(|| MarshalError::NotATime(text.to_owned()))
}

fn clock_time(text: &str) -> Option<i64> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, rest) = rest.split_once(':')?;
    let (second, fraction) = match rest.split_once('.') {
        Some((second, fraction)) => (second, Some(fraction)),
        None => (rest, None),
    };
    let part = |text: &str, below: i64| java_int(text).map(i64::from).filter(|value| (0..below).contains(value));
    let seconds = part(hour, 24)? * 3600 + part(minute, 60)? * 60 + part(second, 60)?;
    let nanos = match fraction {
        None => 0,
        Some(digits) if digits.len() > 9 || !digits.starts_with(|first: char| first.is_ascii_digit()) => return None,
        Some(digits) => i64::from(java_int(&format!("{digits:0<9}"))?),
    };
    Some(seconds * NANOS_PER_SECOND + nanos)
}

/// What Java's `Integer.parseInt` takes: digits with an optional sign.
fn java_int(text: &str) -> Option<i32> {
    text.parse().ok()
}

/// Whether the text is digits with an optional minus sign.
pub fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
