//! Durations: months, days and nanoseconds, kept apart because none has a fixed number of the next.

use core::fmt;

use super::MarshalError;
use super::scan::Scan;

/// The three parts have the same sign, or are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CqlDuration {
    pub months: i32,
    pub days: i32,
    pub nanoseconds: i64,
}

const NANOS_PER_MICRO: i64 = 1_000;
const NANOS_PER_MILLI: i64 = 1_000 * NANOS_PER_MICRO;
const NANOS_PER_SECOND: i64 = 1_000 * NANOS_PER_MILLI;
const NANOS_PER_MINUTE: i64 = 60 * NANOS_PER_SECOND;
const NANOS_PER_HOUR: i64 = 60 * NANOS_PER_MINUTE;
const DAYS_PER_WEEK: i64 = 7;
const MONTHS_PER_YEAR: i64 = 12;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Years,
    Months,
    Weeks,
    Days,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Years => "years",
            Unit::Months => "months",
            Unit::Weeks => "weeks",
            Unit::Days => "days",
            Unit::Hours => "hours",
            Unit::Minutes => "minutes",
            Unit::Seconds => "seconds",
            Unit::Milliseconds => "milliseconds",
            Unit::Microseconds => "microseconds",
            Unit::Nanoseconds => "nanoseconds",
        }
    }
}

/// Longer symbols first: `ms` and `mo` are not `m`.
const SYMBOLS: [(&str, Unit); 11] = [
    ("mo", Unit::Months),
    ("ms", Unit::Milliseconds),
    ("us", Unit::Microseconds),
    ("µs", Unit::Microseconds),
    ("ns", Unit::Nanoseconds),
    ("y", Unit::Years),
    ("w", Unit::Weeks),
    ("d", Unit::Days),
    ("h", Unit::Hours),
    ("s", Unit::Seconds),
    ("m", Unit::Minutes),
];

impl CqlDuration {
    /// Reads `1y2mo3w`, ISO 8601's `P1Y2M3DT4H5M6S` and `P3W`, and `P0001-02-03T04:05:06`; all may have a minus sign.
    pub fn parse(text: &str) -> Result<Self, MarshalError> {
        let (negative, source) = match text.strip_prefix('-') {
            Some(source) => (true, source),
            None => (false, text),
        };
        let mut builder = Builder::default();
        let known = match source.strip_prefix('P') {
            Some(_) if source.ends_with('W') => builder.iso_weeks(source)?,
            Some(_) if source.contains('-') => builder.iso_alternative(source)?,
            Some(_) => builder.iso(source)?,
            None => builder.standard(source)?,
        };
        let Builder {
            months,
            days,
            nanoseconds,
            ..
        } = builder;
        match (known, negative) {
            (None, _) => Err(MarshalError::NotADuration(source.to_owned())),
            (Some(()), false) => Ok(CqlDuration {
                months,
                days,
                nanoseconds,
            }),
            (Some(()), true) => Ok(CqlDuration {
                months: -months,
                days: -days,
                nanoseconds: -nanoseconds,
            }),
        }
    }

    pub fn is_negative(&self) -> bool {
        self.months < 0 || self.days < 0 || self.nanoseconds < 0
    }
}

/// Sums up parts that must come in falling order of their units. Its readers answer `None` for text of another form.
#[derive(Default)]
struct Builder {
    months: i32,
    days: i32,
    nanoseconds: i64,
    last: Option<Unit>,
}

impl Builder {
    fn standard(&mut self, source: &str) -> Result<Option<()>, MarshalError> {
        let mut scan = Scan::new(source);
        if scan.at_end() {
            return Ok(None);
        }
        while !scan.at_end() {
            let Some(number) = scan.digits(1, usize::MAX) else {
                return Ok(None);
            };
            let symbol = SYMBOLS
                .into_iter()
                .find(|(symbol, _)| scan.literal_ignoring_case(symbol).is_some());
            let Some((_, unit)) = symbol else { return Ok(None) };
            self.add(number, unit, source)?;
        }
        Ok(Some(()))
    }

    fn iso(&mut self, source: &str) -> Result<Option<()>, MarshalError> {
        let mut scan = Scan::new(source);
        let mut parts = Vec::new();
        let mut part = |scan: &mut Scan, symbol, unit| {
            let mut ahead = *scan;
            if let Some(number) = ahead.digits(1, usize::MAX)
                && ahead.literal(symbol).is_some()
            {
                *scan = ahead;
                parts.push((number.to_owned(), unit));
            }
        };
        if scan.literal("P").is_none() {
            return Ok(None);
        }
        part(&mut scan, "Y", Unit::Years);
        part(&mut scan, "M", Unit::Months);
        part(&mut scan, "D", Unit::Days);
        if scan.literal("T").is_some() {
            part(&mut scan, "H", Unit::Hours);
            part(&mut scan, "M", Unit::Minutes);
            part(&mut scan, "S", Unit::Seconds);
        }
        if !scan.at_end() {
            return Ok(None);
        }
        for (number, unit) in parts {
            self.add(&number, unit, source)?;
        }
        Ok(Some(()))
    }

    fn iso_weeks(&mut self, source: &str) -> Result<Option<()>, MarshalError> {
        let weeks = source.strip_prefix('P').and_then(|rest| rest.strip_suffix('W'));
        match weeks {
            Some(weeks) if !weeks.is_empty() && weeks.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.add(weeks, Unit::Weeks, source)?;
                Ok(Some(()))
            }
            _ => Ok(None),
        }
    }

    fn iso_alternative(&mut self, source: &str) -> Result<Option<()>, MarshalError> {
        const PARTS: [(&str, usize, Unit); 6] = [
            ("P", 4, Unit::Years),
            ("-", 2, Unit::Months),
            ("-", 2, Unit::Days),
            ("T", 2, Unit::Hours),
            (":", 2, Unit::Minutes),
            (":", 2, Unit::Seconds),
        ];
        let mut scan = Scan::new(source);
        let mut numbers = Vec::new();
        for (separator, width, unit) in PARTS {
            match scan.literal(separator).and_then(|()| scan.digits(width, width)) {
                Some(number) => numbers.push((number, unit)),
                None => return Ok(None),
            }
        }
        if !scan.at_end() {
            return Ok(None);
        }
        for (number, unit) in numbers {
            self.add(number, unit, source)?;
        }
        Ok(Some(()))
    }

    fn add(&mut self, number: &str, unit: Unit, source: &str) -> Result<(), MarshalError> {
        // Cassandra answers a number beyond 64 bits with Java's own error; this is the nearest of its own.
        let number: i64 = number
            .parse()
            .map_err(|_| MarshalError::NotADuration(source.to_owned()))?;
        match self.last {
            Some(last) if last == unit => return Err(MarshalError::DurationUnitTwice(unit.name())),
            Some(last) if last > unit => {
                return Err(MarshalError::DurationUnitOrder {
                    later: last.name(),
                    earlier: unit.name(),
                });
            }
            _ => self.last = Some(unit),
        }
        match unit {
            Unit::Years => add_to(&mut self.months, number, MONTHS_PER_YEAR, "months"),
            Unit::Months => add_to(&mut self.months, number, 1, "months"),
            Unit::Weeks => add_to(&mut self.days, number, DAYS_PER_WEEK, "days"),
            Unit::Days => add_to(&mut self.days, number, 1, "days"),
            Unit::Hours => self.add_nanoseconds(number, NANOS_PER_HOUR),
            Unit::Minutes => self.add_nanoseconds(number, NANOS_PER_MINUTE),
            Unit::Seconds => self.add_nanoseconds(number, NANOS_PER_SECOND),
            Unit::Milliseconds => self.add_nanoseconds(number, NANOS_PER_MILLI),
            Unit::Microseconds => self.add_nanoseconds(number, NANOS_PER_MICRO),
            Unit::Nanoseconds => self.add_nanoseconds(number, 1),
        }
    }

    fn add_nanoseconds(&mut self, number: i64, each: i64) -> Result<(), MarshalError> {
        let sum = number
            .checked_mul(each)
            .and_then(|nanoseconds| self.nanoseconds.checked_add(nanoseconds));
        self.nanoseconds = sum.ok_or(MarshalError::DurationTooLong("nanoseconds"))?;
        Ok(())
    }
}

fn add_to(total: &mut i32, number: i64, each: i64, name: &'static str) -> Result<(), MarshalError> {
    let sum = number
        .checked_mul(each)
        .and_then(|units| units.checked_add(i64::from(*total)));
    *total = sum
        .and_then(|sum| i32::try_from(sum).ok())
        .ok_or(MarshalError::DurationTooLong(name))?;
    Ok(())
}

/// As Cassandra and cqlsh write it: `1y2mo3d4h5m6s7ms8us9ns`; nothing for a zero duration.
impl fmt::Display for CqlDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative() {
            f.write_str("-")?;
        }
        let months = u64::from(self.months.unsigned_abs());
        write_units(f, months, &[(MONTHS_PER_YEAR, "y"), (1, "mo")])?;
        write_units(f, u64::from(self.days.unsigned_abs()), &[(1, "d")])?;
        write_units(
            f,
            self.nanoseconds.unsigned_abs(),
            &[
                (NANOS_PER_HOUR, "h"),
                (NANOS_PER_MINUTE, "m"),
                (NANOS_PER_SECOND, "s"),
                (NANOS_PER_MILLI, "ms"),
                (NANOS_PER_MICRO, "us"),
                (1, "ns"),
            ],
        )
    }
}

fn write_units(f: &mut fmt::Formatter<'_>, mut rest: u64, units: &[(i64, &str)]) -> fmt::Result {
    for (size, symbol) in units {
        let size = size.unsigned_abs();
        if rest >= size {
            write!(f, "{}{symbol}", rest / size)?;
            rest %= size;
        }
    }
    Ok(())
}
