//! Timestamps from text: the forms that Cassandra's list of formatters takes, with UTC where no zone is given.
//!
//! Zones are `Z`, offsets, and `UTC`, `GMT` or `UT` with or without an offset. Names that need a table of the world's zones
//! (`CET`, `Europe/Paris`) are not known here. Nor is `now`, which needs a clock: whoever has one replaces it.

use super::MarshalError;
use super::calendar::{days_from_civil, days_in_month};
use super::date::is_plain_number;
use super::scan::{Scan, in_calendar};

const MILLIS_PER_DAY: i64 = 86_400_000;
/// Java's offsets end at 18 hours.
const MAX_OFFSET_SECONDS: i64 = 18 * 3600;

/// Milliseconds since the Unix epoch.
pub fn parse_timestamp(text: &str) -> Result<i64, MarshalError> {
    if is_plain_number(text) {
        return text.parse().map_err(|_| MarshalError::NotALong {
            what: "date",
            text: text.to_owned(),
        });
    }
    date_and_time(text)
        .or_else(|| date_and_offset(text))
        .or_else(|| iso_date(text))
        .ok_or_else(|| MarshalError::NotATimestamp(text.to_owned()))
}

/// `y-M-d'T'H:m[:s[.f]]` or with a space, then nothing, an offset, or a space and a zone.
fn date_and_time(text: &str) -> Option<i64> {
    let mut scan = Scan::new(text);
    let year = year_of_era(scan.number(1, 18)?)?;
    scan.literal("-")?;
    let month = scan.number(1, 18)?;
    scan.literal("-")?;
    let day = scan.number(1, 18)?;
    let (month, day) = in_calendar(month, day)?;
    scan.literal("T").or_else(|| scan.literal(" "))?;
    let hour = scan.number(1, 18)?;
    scan.literal(":")?;
    let minute = scan.number(1, 18)?;
    let second = match scan.literal(":") {
        Some(()) => Some(scan.number(1, 18)?),
        None => None,
    };
    let millis = match scan.literal(".") {
        // A fraction of a minute is not read as seconds.
        Some(()) if second.is_none() => return None,
        Some(()) => milliseconds(scan.digits(0, 9)?),
        None => 0,
    };
    let second = second.unwrap_or(0);
    let end_of_day = hour == 24 && minute == 0 && second == 0 && millis == 0;
    if !(hour < 24 || end_of_day) || minute > 59 || second > 59 {
        return None;
    }
    let offset = if scan.at_end() {
        0
    } else {
        offset(&mut scan).or_else(|| zone(&mut scan))?
    };
    if !scan.at_end() {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second - offset;
    at(year, month, day, seconds * 1000 + millis)
}

/// `yyyy-MM-dd` with an offset or, after a space, a zone.
fn date_and_offset(text: &str) -> Option<i64> {
    let mut scan = Scan::new(text);
    let plus = scan.literal("+").is_some();
    let digits = scan.digits(4, 18)?;
    if plus != (digits.len() > 4) {
        return None;
    }
    let year = year_of_era(digits.parse().ok()?)?;
    let (month, day) = scan.month_and_day()?;
    let offset = offset(&mut scan).or_else(|| zone(&mut scan))?;
    if scan.at_end() {
        at(year, month, day, -offset * 1000)
    } else {
        None
    }
}

/// Java's `ISO_DATE`: `yyyy-MM-dd` with an optional offset; years before 1 can be written.
fn iso_date(text: &str) -> Option<i64> {
    let mut scan = Scan::new(text);
    let (year, month, day) = scan.iso_date()?;
    let offset = match scan.literal_ignoring_case("Z") {
        None if !scan.at_end() => long_offset(&mut scan)?,
        _ => 0,
    };
    if scan.at_end() {
        at(year, month, day, -offset * 1000)
    } else {
        None
    }
}

/// Years by era: from 1 on.
fn year_of_era(year: i64) -> Option<i64> {
    (1..=999_999_999).contains(&year).then_some(year)
}

/// The day is cut to the end of its month, so 2023-02-30 is 2023-02-28.
fn at(year: i64, month: u32, day: u32, millis_of_day: i64) -> Option<i64> {
    let days = days_from_civil(year, month, day.min(days_in_month(year, month)));
    days.checked_mul(MILLIS_PER_DAY)?.checked_add(millis_of_day)
}

fn milliseconds(fraction: &str) -> i64 {
    fraction
        .bytes()
        .chain(*b"000")
        .take(3)
        .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))
}

/// `Z`, `+hh`, `+hhmm` or `+hh:mm`.
fn offset(scan: &mut Scan) -> Option<i64> {
    if scan.literal("Z").is_some() {
        return Some(0);
    }
    let mut ahead = *scan;
    let sign = sign(&mut ahead)?;
    let hours = ahead.number(2, 2)?;
    let minutes = colon_number(&mut ahead).or_else(|| ahead.number(2, 2)).unwrap_or(0);
    *scan = ahead;
    seconds(sign, hours, minutes, 0)
}

/// `+hh:mm` with optional `:ss`.
fn long_offset(scan: &mut Scan) -> Option<i64> {
    let mut ahead = *scan;
    let sign = sign(&mut ahead)?;
    let hours = ahead.number(2, 2)?;
    let minutes = colon_number(&mut ahead)?;
    let second = colon_number(&mut ahead).unwrap_or(0);
    *scan = ahead;
    seconds(sign, hours, minutes, second)
}

/// A space and a zone: an offset, or `UTC`, `GMT` or `UT`, alone or with a long offset.
fn zone(scan: &mut Scan) -> Option<i64> {
    scan.literal(" ")?;
    let named = ["UTC", "UT", "GMT0", "GMT"]
        .into_iter()
        .any(|name| scan.literal(name).is_some());
    match named {
        true if scan.at_end() => Some(0),
        true => long_offset(scan),
        false => long_offset(scan).or_else(|| offset(scan)),
    }
}

/// A colon and two digits.
fn colon_number(scan: &mut Scan) -> Option<i64> {
    let mut ahead = *scan;
    ahead.literal(":")?;
    let number = ahead.number(2, 2)?;
    *scan = ahead;
    Some(number)
}

fn sign(scan: &mut Scan) -> Option<i64> {
    match scan.literal("+") {
        Some(()) => Some(1),
        None => scan.literal("-").map(|()| -1),
    }
}

fn seconds(sign: i64, hours: i64, minutes: i64, seconds: i64) -> Option<i64> {
    let offset = hours * 3600 + minutes * 60 + seconds;
    (minutes < 60 && seconds < 60 && offset <= MAX_OFFSET_SECONDS).then_some(sign * offset)
}
