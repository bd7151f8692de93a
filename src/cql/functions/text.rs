//! Values as the server itself writes them as text: `CAST(... AS text)` and `to_json`.
//!
//! Source of the forms: Cassandra 5.0, `AbstractType.getString` and `toJSONString` of each type.

use core::net::IpAddr;

use crate::data::types::calendar::civil_from_days;
use crate::data::{CqlType, Value};

const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// A scalar value as text; collections and blobs have another form that nothing asks for.
pub fn plain(value: &Value) -> Option<String> {
    Some(match value {
        Value::Ascii(it) | Value::Text(it) => it.clone(),
        Value::Tinyint(it) => it.to_string(),
        Value::Smallint(it) => it.to_string(),
        Value::Int(it) => it.to_string(),
        Value::Bigint(it) | Value::Counter(it) => it.to_string(),
        Value::Varint(it) => it.to_string(),
        Value::Decimal(it) => it.to_string(),
        Value::Float(it) => java_number(f64::from(it.abs()), it.is_sign_negative(), format!("{:e}", it.abs())),
        Value::Double(it) => java_double(*it),
        Value::Boolean(it) => it.to_string(),
        Value::Uuid(it) | Value::Timeuuid(it) => it.to_string(),
        Value::Inet(it) => host_address(*it),
        Value::Date(it) => date(i64::from(*it)),
        Value::Time(it) => time(*it),
        Value::Timestamp(it) => {
            let (day, time) = moment(*it);
            format!("{day}T{time}Z")
        }
        Value::Duration(it) => it.to_string(),
        _ => return None,
    })
}

/// A value as JSON; the type says what the names of a user type's fields are.
pub fn json(ty: &CqlType, value: &Value) -> String {
    match (ty, value) {
        (_, Value::Empty) => "\"\"".to_string(),
        (_, Value::Float(it)) if !it.is_finite() => "null".to_string(),
        (_, Value::Double(it)) if !it.is_finite() => "null".to_string(),
        (_, Value::Ascii(it) | Value::Text(it)) => quoted(it),
        (_, Value::Blob(bytes)) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\"0x{digits}\"")
        }
        (_, Value::Timestamp(it)) => {
            let (day, time) = moment(*it);
            format!("\"{day} {time}Z\"")
        }
        (CqlType::List { element, .. } | CqlType::Set { element, .. }, Value::List(items) | Value::Set(items)) => {
            list(items.iter().map(|item| json(element, item)))
        }
        (CqlType::Vector { element, .. }, Value::Vector(items)) => list(items.iter().map(|item| json(element, item))),
        (CqlType::Map { key, value: ty, .. }, Value::Map(entries)) => {
            let entry = |(name, value): &(Value, Value)| {
                let name = json(key, name);
                let name = if name.starts_with('"') { name } else { quoted(&name) };
                format!("{name}: {}", json(ty, value))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        (CqlType::Tuple(types), Value::Tuple(fields)) => {
            list(types.iter().enumerate().map(|(at, ty)| or_null(ty, fields.get(at))))
        }
        (CqlType::UserType(user_type), Value::UserType(fields)) => {
            // One written before its type grew lacks the last fields.
            let field = user_type
                .fields
                .iter()
                .enumerate()
                .map(|(at, (name, ty))| format!("{}: {}", quoted(&json_name(name)), or_null(ty, fields.get(at))));
            format!("{{{}}}", field.collect::<Vec<_>>().join(", "))
        }
        (
            _,
            Value::Tinyint(_)
            | Value::Smallint(_)
            | Value::Int(_)
            | Value::Bigint(_)
            | Value::Counter(_)
            | Value::Varint(_)
            | Value::Decimal(_)
            | Value::Float(_)
            | Value::Double(_)
            | Value::Boolean(_),
        ) => plain(value).unwrap_or_default(),
        _ => quoted(&plain(value).unwrap_or_default()),
    }
}

/// The name of a column or field: in quotes of its own if it has capitals.
pub fn json_name(name: &str) -> String {
    match name.to_lowercase() == name {
        true => name.to_string(),
        false => format!("\"{name}\""),
    }
}

/// A double as Java's `toString` has it.
pub fn java_double(number: f64) -> String {
    java_number(number.abs(), number.is_sign_negative(), format!("{:e}", number.abs()))
}

fn or_null(ty: &CqlType, value: Option<&Option<Value>>) -> String {
    let value = value.and_then(Option::as_ref);
    value.map_or("null".to_string(), |value| json(ty, value))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// A JSON string, escaped as Jackson does.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// As Java's `InetAddress.getHostAddress`: all eight groups, none shortened.
fn host_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => address.segments().map(|group| format!("{group:x}")).join(":"),
    }
}

fn date(days: i64) -> String {
    let (year, month, day) = civil_from_days(days);
    format!("{year:04}-{month:02}-{day:02}")
}

fn time(nanos: i64) -> String {
    let seconds = nanos / 1_000_000_000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}.{:09}",
        seconds % 60,
        nanos % 1_000_000_000
    )
}

/// The day and the time of it, to the millisecond, in UTC.
fn moment(millis: i64) -> (String, String) {
    let rest = millis.rem_euclid(MILLIS_A_DAY);
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    let time = format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", rest % 1000);
    (date(millis.div_euclid(MILLIS_A_DAY)), time)
}

/// A floating-point number as Java's `toString` has it: plain from 0.001 up to ten million, else with an exponent.
/// `shortest` is Rust's shortest form with an exponent, which has the same digits.
fn java_number(magnitude: f64, is_negative: bool, shortest: String) -> String {
    if magnitude.is_nan() {
        return "NaN".to_string();
    }
    let sign = if is_negative { "-" } else { "" };
    if magnitude.is_infinite() {
        return format!("{sign}Infinity");
    }
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if magnitude == 0.0 {
        return format!("{sign}0.0");
    }
    if !(1e-3..1e7).contains(&magnitude) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}E{exponent}");
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    match digits.len() > whole {
        true => format!("{sign}{}.{}", &digits[..whole], &digits[whole..]),
        false => format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_java_writes_them() {
        for (number, text) in [
            (2.5, "2.5"),
            (-42.0, "-42.0"),
            (0.001, "0.001"),
            (1e7, "1.0E7"),
            (123456.789, "123456.789"),
            (1.5e-10, "1.5E-10"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(plain(&Value::Double(number)).as_deref(), Some(text));
        }
        assert_eq!(plain(&Value::Float(0.1)).as_deref(), Some("0.1"));
    }

    #[test]
    fn json_forms() {
        let ty = CqlType::map(CqlType::Int, CqlType::Text);
        let value = Value::Map(vec![(Value::Int(1), Value::Text("a\"\n".into()))]);
        assert_eq!(json(&ty, &value), r#"{"1": "a\"\n"}"#);
        assert_eq!(
            json(&CqlType::Timestamp, &Value::Timestamp(1)),
            "\"1970-01-01 00:00:00.001Z\""
        );
        assert_eq!(json(&CqlType::Double, &Value::Double(f64::NAN)), "null");
    }
}
