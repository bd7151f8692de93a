//! Values from the constants of a statement.

use core::fmt;
use core::net::IpAddr;

use bytes::Bytes;
use num_bigint::BigInt;
use uuid::Uuid;

use super::date::{parse_date, parse_time};
use super::inet::parse_inet;
use super::layout::join_tuple;
use super::timestamp::parse_timestamp;
use super::{CqlDuration, CqlType, Decimal, MarshalError, Value};

/// The kinds of constant that CQL's grammar knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    String,
    Integer,
    Float,
    Boolean,
    Hex,
    Uuid,
    Duration,
}

/// As error messages name the kind.
impl fmt::Display for LiteralKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LiteralKind::String => "STRING",
            LiteralKind::Integer => "INTEGER",
            LiteralKind::Float => "FLOAT",
            LiteralKind::Boolean => "BOOLEAN",
            LiteralKind::Hex => "HEX",
            LiteralKind::Uuid => "UUID",
            LiteralKind::Duration => "DURATION",
        })
    }
}

/// How well something fits a type; an overloaded function is chosen by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assignment {
    No,
    Weak,
    Exact,
}

impl LiteralKind {
    /// The narrowest type that holds the constant, which is the type it has when nothing else says one.
    ///
    /// Fails for a number beyond a double, as Cassandra does while it parses the statement.
    pub fn preferred_type(self, text: &str) -> Result<CqlType, MarshalError> {
        Ok(match self {
            LiteralKind::String if text.is_ascii() => CqlType::Ascii,
            LiteralKind::String => CqlType::Text,
            LiteralKind::Integer if text.parse::<i32>().is_ok() => CqlType::Int,
            LiteralKind::Integer if text.parse::<i64>().is_ok() => CqlType::Bigint,
            LiteralKind::Integer => CqlType::Varint,
            LiteralKind::Float => preferred_float(text)?,
            LiteralKind::Boolean => CqlType::Boolean,
            // A byte, where a blob was surely meant; which is why 0x05 is taken for a tinyint.
            LiteralKind::Hex => CqlType::Tinyint,
            LiteralKind::Uuid => match Uuid::try_parse(text) {
                Ok(uuid) if uuid.get_version_num() == 1 => CqlType::Timeuuid,
                _ => CqlType::Uuid,
            },
            LiteralKind::Duration => CqlType::Duration,
        })
    }
}

fn preferred_float(text: &str) -> Result<CqlType, MarshalError> {
    let Some(exact) = Decimal::parse(text) else {
        return Ok(CqlType::Double);
    };
    let double = parse_double(text)
        .filter(|double| double.is_finite())
        .ok_or(MarshalError::InfiniteConstant)?;
    let nearest = Decimal::parse(&format!("{double:e}"));
    match nearest.is_some_and(|nearest| super::decimal::compare(&nearest, &exact).is_eq()) {
        true => Ok(CqlType::Double),
        false => Ok(CqlType::Decimal),
    }
}

impl CqlType {
    /// Whether a constant of this kind may stand for a value of this type.
    pub fn accepts(&self, kind: LiteralKind) -> bool {
        match self {
            CqlType::List { .. }
            | CqlType::Set { .. }
            | CqlType::Map { .. }
            | CqlType::UserType(_)
            | CqlType::Vector { .. } => false,
            // Cassandra does not look at the kind for types outside its list of native ones.
            CqlType::Tuple(_) | CqlType::Custom(_) => true,
            CqlType::Ascii | CqlType::Text | CqlType::Inet => kind == LiteralKind::String,
            CqlType::Date | CqlType::Time | CqlType::Timestamp => {
                matches!(kind, LiteralKind::String | LiteralKind::Integer)
            }
            CqlType::Bigint | CqlType::Counter | CqlType::Int | CqlType::Smallint | CqlType::Varint => {
                kind == LiteralKind::Integer
            }
            CqlType::Tinyint => matches!(kind, LiteralKind::Integer | LiteralKind::Hex),
            CqlType::Decimal | CqlType::Double | CqlType::Float => {
                matches!(kind, LiteralKind::Integer | LiteralKind::Float)
            }
            CqlType::Duration => matches!(kind, LiteralKind::Integer | LiteralKind::Duration),
            CqlType::Uuid | CqlType::Timeuuid => kind == LiteralKind::Uuid,
            CqlType::Boolean => kind == LiteralKind::Boolean,
            CqlType::Blob => kind == LiteralKind::Hex,
            CqlType::Empty => false,
        }
    }

    /// How well the constant fits: exactly when this is the type it has by itself.
    pub fn literal_assignment(&self, kind: LiteralKind, text: &str) -> Assignment {
        match self.accepts(kind) {
            false => Assignment::No,
            true if kind.preferred_type(text).as_ref() == Ok(self) => Assignment::Exact,
            true => Assignment::Weak,
        }
    }

    /// The bytes of a constant of a kind that the type accepts. `text` is the constant without quotes, `0x` included.
    pub fn from_literal(&self, kind: LiteralKind, text: &str) -> Result<Bytes, MarshalError> {
        let bytes = match kind {
            LiteralKind::Hex => from_hex(
                text.strip_prefix("0x")
                    .or_else(|| text.strip_prefix("0X"))
                    .unwrap_or(text),
            )?,
            _ => self.from_string(text)?,
        };
        self.validate(&bytes)?;
        Ok(bytes)
    }

    /// The bytes of a value written as text, in the forms that Cassandra's string constants have. An empty text makes a value
    /// without bytes where the type permits one.
    pub fn from_string(&self, text: &str) -> Result<Bytes, MarshalError> {
        let unmakeable = |what| MarshalError::Unmakeable {
            what,
            text: text.to_owned(),
        };
        let empty_means_no_bytes = !matches!(self, CqlType::Boolean | CqlType::Date | CqlType::Time);
        if text.is_empty() && empty_means_no_bytes {
            return Ok(Bytes::new());
        }
        let value = match self {
            CqlType::Ascii if !text.is_ascii() => return Err(MarshalError::NotAsciiText),
            CqlType::Ascii => Value::Ascii(text.to_owned()),
            CqlType::Text => Value::Text(text.to_owned()),
            CqlType::Tinyint => Value::Tinyint(text.parse().map_err(|_| unmakeable("byte"))?),
            CqlType::Smallint => Value::Smallint(text.parse().map_err(|_| unmakeable("short"))?),
            CqlType::Int => Value::Int(text.parse().map_err(|_| unmakeable("int"))?),
            CqlType::Bigint | CqlType::Counter => Value::Bigint(text.parse().map_err(|_| unmakeable("long"))?),
            CqlType::Varint => Value::Varint(parse_varint(text).ok_or_else(|| MarshalError::UnmakeableNumber {
                what: "int",
                text: text.to_owned(),
            })?),
            CqlType::Decimal => Value::Decimal(Decimal::parse(text).ok_or_else(|| MarshalError::UnmakeableNumber {
                what: "BigDecimal",
                text: text.to_owned(),
            })?),
            CqlType::Float => Value::Float(parse_float(text).ok_or_else(|| unmakeable("float"))?),
            CqlType::Double => Value::Double(parse_double(text).ok_or_else(|| unmakeable("double"))?),
            CqlType::Boolean if text.is_empty() || text.eq_ignore_ascii_case("false") => Value::Boolean(false),
            CqlType::Boolean if text.eq_ignore_ascii_case("true") => Value::Boolean(true),
            CqlType::Boolean => return Err(unmakeable("boolean")),
            CqlType::Date => Value::Date(parse_date(text)?),
            CqlType::Time => Value::Time(parse_time(text)?),
            CqlType::Timestamp => Value::Timestamp(parse_timestamp(text)?),
            CqlType::Duration => Value::Duration(CqlDuration::parse(text)?),
            CqlType::Inet => {
                let address: IpAddr = parse_inet(text).ok_or_else(|| unmakeable("inet address"))?;
                Value::Inet(address)
            }
            CqlType::Uuid => Value::Uuid(parse_uuid(text).ok_or_else(|| unmakeable("UUID"))?),
            CqlType::Timeuuid => {
                let uuid = parse_uuid(text).ok_or_else(|| MarshalError::NotTimeuuid(text.to_owned()))?;
                match uuid.get_version_num() {
                    1 => Value::Timeuuid(uuid),
                    _ => return Err(MarshalError::NotVersionOne),
                }
            }
            CqlType::Tuple(fields) => return self.tuple_from_string(fields, text),
            CqlType::UserType(definition) => {
                let fields: Vec<CqlType> = definition.fields.iter().map(|(_, field)| field.clone()).collect();
                return self.tuple_from_string(&fields, text);
            }
            CqlType::Empty => return Err(MarshalError::NotEmptyText(text.to_owned())),
            CqlType::Blob
            | CqlType::Custom(_)
            | CqlType::List { .. }
            | CqlType::Set { .. }
            | CqlType::Map { .. }
            | CqlType::Vector { .. } => return from_hex(text),
        };
        Ok(value.encode())
    }

    /// Fields with colons between them, `@` for null, `\` before a colon or at sign that is meant itself.
    fn tuple_from_string(&self, fields: &[CqlType], text: &str) -> Result<Bytes, MarshalError> {
        let parts = split_unescaped(text);
        if parts.len() > fields.len() {
            let (expected, actual) = (fields.len(), parts.len());
            return Err(MarshalError::TooManyElements {
                tuple: self.to_string(),
                expected,
                actual,
            });
        }
        let values: Vec<Option<Bytes>> = fields
            .iter()
            .zip(parts)
            .map(|(field, part)| match part {
                "@" => Ok(None),
                part => field
                    .from_string(&part.replace("\\:", ":").replace("\\@", "@"))
                    .map(Some),
            })
            .collect::<Result<_, MarshalError>>()?;
        Ok(join_tuple(values.iter().map(|value| value.as_deref())))
    }
}

/// The parts between colons that have no backslash before them.
fn split_unescaped(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (position, _) in text.match_indices(':') {
        if !text[..position].ends_with('\\') {
            parts.push(&text[start..position]);
            start = position + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

pub(super) fn from_hex(digits: &str) -> Result<Bytes, MarshalError> {
    let not_hex = || MarshalError::NotHex(digits.to_owned());
    let nibbles: Vec<u8> = digits
        .chars()
        .map(|digit| digit.to_digit(16).map(|nibble| nibble as u8))
        .collect::<Option<_>>()
        .ok_or_else(not_hex)?;
    if nibbles.len() % 2 == 1 {
        return Err(not_hex());
    }
    Ok(nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn parse_varint(text: &str) -> Option<BigInt> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    BigInt::parse_bytes(text.as_bytes(), 10)
}

fn parse_float(text: &str) -> Option<f32> {
    java_number(text)?
        .parse()
        .ok()
        .map(|value: f32| if value.is_nan() { f32::NAN } else { value })
}

fn parse_double(text: &str) -> Option<f64> {
    java_number(text)?
        .parse()
        .ok()
        .map(|value: f64| if value.is_nan() { f64::NAN } else { value })
}

/// What Java's parser takes that Rust's does too, less what only Rust's does (`inf`, `nan`). Hexadecimal floats are left out.
fn java_number(text: &str) -> Option<&str> {
    let trimmed = text.trim_matches(|character| character <= ' ');
    let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if matches!(unsigned, "NaN" | "Infinity") {
        return Some(trimmed);
    }
    let plain = trimmed.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(trimmed);
    plain
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        .then_some(plain)
}

/// 32 digits in groups of 8, 4, 4, 4 and 12, as the only form.
fn parse_uuid(text: &str) -> Option<Uuid> {
    let hyphenated = text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4;
    Uuid::try_parse(text).ok().filter(|_| hyphenated)
}
