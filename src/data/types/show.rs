//! Values as CQL literals.

use core::fmt;

use super::Value;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Empty => f.write_str("''"),
            Value::Ascii(text) | Value::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Value::Bigint(it) | Value::Counter(it) => write!(f, "{it}"),
            Value::Blob(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Value::Boolean(it) => write!(f, "{it}"),
            Value::Date(days) => {
                let (year, month, day) = super::calendar::civil_from_days(i64::from(*days));
                write!(f, "'{year:04}-{month:02}-{day:02}'")
            }
            Value::Decimal(it) => write!(f, "{it}"),
            Value::Double(it) => write!(f, "{it}"),
            Value::Duration(it) => write!(f, "{it}"),
            Value::Float(it) => write!(f, "{it}"),
            Value::Inet(it) => write!(f, "'{it}'"),
            Value::Int(it) => write!(f, "{it}"),
            Value::Smallint(it) => write!(f, "{it}"),
            Value::Time(nanos) => {
                let seconds = nanos / 1_000_000_000;
                let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
                write!(
                    f,
                    "'{hours:02}:{minutes:02}:{:02}.{:09}'",
                    seconds % 60,
                    nanos % 1_000_000_000
                )
            }
            Value::Timestamp(millis) => {
                let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
                let (year, month, day) = super::calendar::civil_from_days(days);
                let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
                write!(
                    f,
                    "'{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}.{:03}+0000'",
                    rest % 1000
                )
            }
            Value::Timeuuid(it) | Value::Uuid(it) => write!(f, "{it}"),
            Value::Tinyint(it) => write!(f, "{it}"),
            Value::Varint(it) => write!(f, "{it}"),
            Value::List(items) | Value::Vector(items) => joined(f, '[', items.iter(), ']'),
            Value::Set(items) => joined(f, '{', items.iter(), '}'),
            Value::Map(entries) => joined(f, '{', entries.iter().map(|(key, value)| Pair(key, value)), '}'),
            Value::Tuple(fields) | Value::UserType(fields) => joined(f, '(', fields.iter().map(OrNull), ')'),
        }
    }
}

struct Pair<'a>(&'a Value, &'a Value);

impl fmt::Display for Pair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.1)
    }
}

struct OrNull<'a>(&'a Option<Value>);

impl fmt::Display for OrNull<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("null"),
        }
    }
}

fn joined<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    open: char,
    items: impl Iterator<Item = T>,
    close: char,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (at, item) in items.enumerate() {
        let separator = if at == 0 { "" } else { ", " };
        write!(f, "{separator}{item}")?;
    }
    write!(f, "{close}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_cql_writes_them() {
        let map = Value::Map(vec![(
            Value::Text("it's".into()),
            Value::List(vec![Value::Int(1), Value::Int(2)]),
        )]);
        assert_eq!(map.to_string(), "{'it''s': [1, 2]}");
        assert_eq!(Value::Timestamp(-1).to_string(), "'1969-12-31 23:59:59.999+0000'");
        assert_eq!(
            Value::Tuple(vec![Some(Value::Boolean(true)), None]).to_string(),
            "(true, null)"
        );
    }
}
