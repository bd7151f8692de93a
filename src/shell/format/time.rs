//! Dates and times, and the raw numbers cqlsh shows for those that Python's calendar does not reach.

use crate::data::CqlDuration;
use crate::data::types::calendar::civil_from_days;

const MICROS_IN_SECOND: i64 = 1_000_000;
const SECONDS_IN_DAY: i64 = 86_400;
/// Python's `datetime.MINYEAR` and `MAXYEAR`.
const YEARS: core::ops::RangeInclusive<i64> = 1..=9999;

/// Milliseconds since the epoch.
pub fn timestamp(millis: i64) -> String {
    // Python divides first and rounds then, to even, which far from the epoch shows in the last digits.
    let seconds = millis as f64 / 1000.0;
    let whole = seconds.trunc();
    let micros = ((seconds - whole) * MICROS_IN_SECOND as f64).round_ties_even() as i64;
    let micros = (whole as i128) * i128::from(MICROS_IN_SECOND) + i128::from(micros);
    i64::try_from(micros).ok().and_then(Moment::at).map_or_else(
        || millis.to_string(),
        |moment| {
            let Moment { year, time, .. } = &moment;
            format!("{year}-{}{time}+0000", moment.month_and_day())
        },
    )
}

/// The same cut off after milliseconds, as COPY writes it.
pub fn timestamp_in_milliseconds(millis: i64) -> String {
    const MICROS: &str = "000+0000";
    let shown = timestamp(millis);
    match shown.len().checked_sub(MICROS.len()).and_then(|end| shown.get(..end)) {
        Some(before) if before.contains('.') => format!("{before}+0000"),
        _ => shown,
    }
}

/// Microseconds since the epoch as Python's `str` writes a moment. `None` outside its years.
pub fn python_moment(micros: i64) -> Option<String> {
    let moment = Moment::at(micros)?;
    let text = format!("{:04}-{}{}", moment.year, moment.month_and_day(), moment.time);
    Some(text.strip_suffix(".000000").unwrap_or(&text).to_owned())
}

struct Moment {
    year: i64,
    month: u32,
    day: u32,
    /// `hh:mm:ss.ffffff`
    time: String,
}

impl Moment {
    fn at(micros: i64) -> Option<Moment> {
        let seconds = micros.div_euclid(MICROS_IN_SECOND);
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_IN_DAY));
        let of_day = seconds.rem_euclid(SECONDS_IN_DAY);
        let fraction = micros.rem_euclid(MICROS_IN_SECOND);
        YEARS.contains(&year).then(|| Moment {
            year,
            month,
            day,
            time: format!("{}.{fraction:06}", clock(of_day)),
        })
    }

    fn month_and_day(&self) -> String {
        format!("{:02}-{:02} ", self.month, self.day)
    }
}

fn clock(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Days since the epoch.
pub fn date(days: i32) -> String {
    let (year, month, day) = civil_from_days(days.into());
    if YEARS.contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        days.to_string()
    }
}

/// Nanoseconds since midnight.
pub fn time(nanos: i64) -> String {
    const NANOS_IN_SECOND: i64 = 1_000_000_000;
    format!("{}.{:09}", clock(nanos / NANOS_IN_SECOND), nanos % NANOS_IN_SECOND)
}

pub fn duration(value: &CqlDuration) -> String {
    const NANOS: [(u64, &str); 6] = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
        (1, "ns"),
    ];
    let mut text = String::from(if value.is_negative() { "-" } else { "" });
    let mut append = |mut amount: u64, units: &[(u64, &str)]| {
        for (size, unit) in units {
            if amount >= *size {
                text += &format!("{}{unit}", amount / size);
                amount %= size;
            }
        }
    };
    append(value.months.unsigned_abs().into(), &[(12, "y"), (1, "mo")]);
    append(value.days.unsigned_abs().into(), &[(1, "d")]);
    append(value.nanoseconds.unsigned_abs(), &NANOS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        assert_eq!(timestamp(1_709_210_096_789), "2024-02-29 12:34:56.789000+0000");
        assert_eq!(timestamp(-86_400_000), "1969-12-31 00:00:00.000000+0000");
        assert_eq!(timestamp(-1), "1969-12-31 23:59:59.999000+0000");
        assert_eq!(timestamp(-30_610_224_000_000), "1000-01-01 00:00:00.000000+0000");
        assert_eq!(timestamp(i64::MAX), "9223372036854775807");
        assert_eq!(timestamp(i64::MIN), "-9223372036854775808");
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-735_525), "-735525");
        assert_eq!(date(i32::MIN), "-2147483648");
        assert_eq!(date(2_932_896), "9999-12-31");
        assert_eq!(time(86_399_999_999_999), "23:59:59.999999999");
    }

    #[test]
    fn durations() {
        let shown = |text| duration(&CqlDuration::parse(text).unwrap());
        assert_eq!(shown("1y2mo25d5h6m7s8ms9us10ns"), "1y2mo25d5h6m7s8ms9us10ns");
        assert_eq!(shown("89h4m48s"), "89h4m48s");
        assert_eq!(shown("0s"), "");
        assert_eq!(shown("-14mo"), "-1y2mo");
    }

    #[test]
    fn moments_of_traces() {
        let micros = 1_700_000_000_000_000;
        assert_eq!(python_moment(micros).unwrap(), "2023-11-14 22:13:20");
        assert_eq!(python_moment(micros + 1).unwrap(), "2023-11-14 22:13:20.000001");
    }
}
