//! Moments moved by durations, and rounded down to them.
//!
//! Source of the rules: Cassandra 5.0, `cql3/Duration` and `cql3/functions/TimeFcts`.

use crate::data::types::calendar::{civil_from_days, days_from_civil, days_in_month};
use crate::data::{CqlDuration, Value};

const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1000;
/// 400 years have 146,097 days and 4,800 months.
const MILLIS_AN_AVERAGE_MONTH: i64 = 146_097 * MILLIS_A_DAY / 4_800;
const NANOS_A_MILLI: i64 = 1_000_000;

/// A timestamp or date plus a duration, or minus it.
pub fn shift(moment: &Value, duration: CqlDuration, backwards: bool) -> Result<Value, String> {
    let sign = if backwards { -1 } else { 1 };
    let months = sign * i64::from(duration.months);
    let days = sign * i64::from(duration.days);
    let nanos = sign.wrapping_mul(duration.nanoseconds);
    match moment {
        Value::Date(_) if nanos != 0 => Err(format!("The duration must have a day precision. Was: {duration}")),
        Value::Date(day) => {
            let moved = add_months(i64::from(*day), months) + days;
            i32::try_from(moved)
                .map(Value::Date)
                .map_err(|_| "the date is out of range".to_string())
        }
        Value::Timestamp(millis) => {
            let day = add_months(millis.div_euclid(MILLIS_A_DAY), months).wrapping_add(days);
            let rest = millis.rem_euclid(MILLIS_A_DAY) + nanos / NANOS_A_MILLI;
            Ok(Value::Timestamp(day.wrapping_mul(MILLIS_A_DAY).wrapping_add(rest)))
        }
        _ => Err("no moment".to_string()),
    }
}

/// The same day of another month, or that month's last if it is shorter.
fn add_months(day: i64, months: i64) -> i64 {
    if months == 0 {
        return day;
    }
    let (year, month, of_month) = civil_from_days(day);
    let count = year * 12 + i64::from(month) - 1 + months;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) as u32 + 1);
    days_from_civil(year, month, of_month.min(days_in_month(year, month)))
}

/// The start of the interval of this length that a moment (in milliseconds) is in, counted from `start`.
pub fn floor(millis: i64, duration: CqlDuration, start: i64) -> Result<i64, String> {
    if duration.is_negative() {
        return Err("Negative durations are not supported by the floor function".into());
    }
    if start > millis {
        return Err("The floor function starting time is greater than the provided time".into());
    }
    if duration.nanoseconds % NANOS_A_MILLI != 0 {
        return Err(format!(
            "The floor cannot be computed for the {duration} duration as precision is below 1 millisecond"
        ));
    }
    if duration.months == 0 {
        let length = i64::from(duration.days) * MILLIS_A_DAY + duration.nanoseconds / NANOS_A_MILLI;
        return match length {
            0 => Ok(millis),
            length => Ok(start + (millis - start) / length * length),
        };
    }
    // With months the intervals differ in length: estimate how many have passed, which is off by few, then settle.
    let nth = |n: i64| -> Result<i64, String> {
        let times = |part: i64| {
            part.checked_mul(n)
                .ok_or_else(|| "the floor is out of range".to_string())
        };
        let duration = CqlDuration {
            months: i32::try_from(times(i64::from(duration.months))?).map_err(|it| it.to_string())?,
            days: i32::try_from(times(i64::from(duration.days))?).map_err(|it| it.to_string())?,
            nanoseconds: times(duration.nanoseconds)?,
        };
        match shift(&Value::Timestamp(start), duration, false)? {
            Value::Timestamp(millis) => Ok(millis),
            _ => Err("no moment".to_string()),
        }
    };
    let length = i64::from(duration.months) * MILLIS_AN_AVERAGE_MONTH
        + i64::from(duration.days) * MILLIS_A_DAY
        + duration.nanoseconds / NANOS_A_MILLI;
    let mut n = (millis - start) / length;
    while n > 0 && nth(n)? > millis {
        n -= 1;
    }
    while nth(n + 1)? <= millis {
        n += 1;
    }
    nth(n)
}

/// The start of the interval that a time of day (in nanoseconds) is in.
pub fn floor_time(nanos: i64, duration: CqlDuration) -> Result<i64, String> {
    if duration.is_negative() {
        return Err("Negative durations are not supported by the floor function".into());
    }
    if duration.months != 0 || duration.days != 0 || duration.nanoseconds > MILLIS_A_DAY * NANOS_A_MILLI {
        return Err(format!(
            "For time values, the floor can only be computed for durations smaller that a day, but was: {duration}"
        ));
    }
    match duration.nanoseconds {
        0 => Ok(nanos),
        length => Ok(nanos / length * length),
    }
}

/// The start of the interval that a day is in, counted from `start`.
pub fn floor_date(day: i32, duration: CqlDuration, start: i32) -> Result<i32, String> {
    if duration.nanoseconds != 0 {
        return Err(format!(
            "The floor on date values cannot be computed for the {duration} duration as precision is below 1 day"
        ));
    }
    let millis = floor(i64::from(day) * MILLIS_A_DAY, duration, i64::from(start) * MILLIS_A_DAY)?;
    i32::try_from(millis.div_euclid(MILLIS_A_DAY)).map_err(|it| it.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_keep_the_day_where_there_is_one() {
        let duration = CqlDuration::parse("1mo").unwrap();
        let day = days_from_civil(2024, 1, 31) as i32;
        let moved = shift(&Value::Date(day), duration, false);
        assert_eq!(moved, Ok(Value::Date(days_from_civil(2024, 2, 29) as i32)));
        let back = shift(&Value::Date(day), CqlDuration::parse("11mo").unwrap(), true);
        assert_eq!(back, Ok(Value::Date(days_from_civil(2023, 2, 28) as i32)));
    }

    #[test]
    fn floors() {
        let at = |text: &str| days_from_civil(2024, 2, 29) * MILLIS_A_DAY + text.parse::<i64>().unwrap();
        let millis = at("47655678");
        let floor = |text| floor(millis, CqlDuration::parse(text).unwrap(), 0);
        assert_eq!(floor("1h"), Ok(at("46800000")));
        assert_eq!(floor("1mo"), Ok(days_from_civil(2024, 2, 1) * MILLIS_A_DAY));
        assert!(floor("-1h").is_err());
    }
}
