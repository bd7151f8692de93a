//! Between bytes and [`Value`]s.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use num_bigint::BigInt;
use uuid::Uuid;

use super::layout::{
    join_collection, join_tuple, join_vector, split_collection, split_nullable_list, split_tuple, split_vector,
};
use super::{CqlDuration, CqlType, Decimal, MarshalError, Value};
use crate::base::vint;

/// What a date's four bytes hold for 1970-01-01, so that dates compare as unsigned numbers.
const EPOCH_DAY: u32 = 1 << 31;

impl CqlType {
    /// The value that the bytes hold. Whatever `validate` accepts, this decodes.
    pub fn decode(&self, bytes: &[u8]) -> Result<Value, MarshalError> {
        self.validate(bytes)?;
        self.decode_valid(bytes)
    }

    /// A value as CQL writes it; bytes that are none of the type in hexadecimal.
    pub fn shown(&self, bytes: &[u8]) -> String {
        self.decode(bytes).map(|it| it.to_string()).unwrap_or_else(|_| {
            bytes
                .iter()
                .fold("0x".to_string(), |text, byte| format!("{text}{byte:02x}"))
        })
    }

    fn decode_valid(&self, bytes: &[u8]) -> Result<Value, MarshalError> {
        let may_be_empty = self.empty_is_a_value() || matches!(self, CqlType::Tuple(_) | CqlType::UserType(_));
        if bytes.is_empty() && !may_be_empty {
            return Ok(Value::Empty);
        }
        Ok(match self {
            CqlType::Ascii => Value::Ascii(text(bytes)?),
            CqlType::Text => Value::Text(text(bytes)?),
            CqlType::Blob | CqlType::Custom(_) => Value::Blob(Bytes::copy_from_slice(bytes)),
            CqlType::Boolean => Value::Boolean(bytes != [0]),
            CqlType::Tinyint => Value::Tinyint(i8::from_be_bytes(fixed(bytes)?)),
            CqlType::Smallint => Value::Smallint(i16::from_be_bytes(fixed(bytes)?)),
            CqlType::Int => Value::Int(i32::from_be_bytes(fixed(bytes)?)),
            CqlType::Bigint => Value::Bigint(i64::from_be_bytes(fixed(bytes)?)),
            CqlType::Counter => Value::Counter(i64::from_be_bytes(fixed(bytes)?)),
            CqlType::Varint => Value::Varint(BigInt::from_signed_bytes_be(bytes)),
            CqlType::Float => Value::Float(f32::from_be_bytes(fixed(bytes)?)),
            CqlType::Double => Value::Double(f64::from_be_bytes(fixed(bytes)?)),
            CqlType::Decimal => {
                let (scale, unscaled) = bytes.split_at(4.min(bytes.len()));
                Value::Decimal(Decimal {
                    unscaled: BigInt::from_signed_bytes_be(unscaled),
                    scale: i32::from_be_bytes(fixed(scale)?),
                })
            }
            CqlType::Date => Value::Date(u32::from_be_bytes(fixed(bytes)?).wrapping_sub(EPOCH_DAY) as i32),
            CqlType::Time => Value::Time(i64::from_be_bytes(fixed(bytes)?)),
            CqlType::Timestamp => Value::Timestamp(i64::from_be_bytes(fixed(bytes)?)),
            CqlType::Duration => {
                let mut rest = bytes;
                let mut next = || vint::read(&mut rest).unwrap_or(0);
                Value::Duration(CqlDuration {
                    months: next() as i32,
                    days: next() as i32,
                    nanoseconds: next(),
                })
            }
            CqlType::Inet => Value::Inet(match bytes.len() {
                4 => IpAddr::V4(Ipv4Addr::from(fixed::<4>(bytes)?)),
                _ => IpAddr::V6(Ipv6Addr::from(fixed::<16>(bytes)?)),
            }),
            CqlType::Uuid => Value::Uuid(Uuid::from_bytes(fixed(bytes)?)),
            CqlType::Timeuuid => Value::Timeuuid(Uuid::from_bytes(fixed(bytes)?)),
            CqlType::Empty => Value::Empty,
            CqlType::List { element, .. } => {
                let decoded = |part: Option<&[u8]>| part.map_or(Ok(Value::Empty), |part| element.decode(part));
                let elements = split_nullable_list(bytes)?.into_iter().map(decoded);
                Value::List(elements.collect::<Result<_, _>>()?)
            }
            CqlType::Set { element, .. } => Value::Set(element.decode_all(split_collection("set", bytes)?)?),
            CqlType::Map { key, value, .. } => Value::Map(
                split_collection("map", bytes)?
                    .chunks_exact(2)
                    .map(|pair| Ok((key.decode_valid(pair[0])?, value.decode_valid(pair[1])?)))
                    .collect::<Result<_, MarshalError>>()?,
            ),
            CqlType::Tuple(fields) => Value::Tuple(decode_fields(fields.iter(), bytes)?),
            CqlType::UserType(definition) => {
                Value::UserType(decode_fields(definition.fields.iter().map(|(_, field)| field), bytes)?)
            }
            CqlType::Vector { element, dimension } => {
                Value::Vector(element.decode_all(split_vector(element, *dimension, bytes)?)?)
            }
        })
    }

    fn decode_all(&self, parts: Vec<&[u8]>) -> Result<Vec<Value>, MarshalError> {
        parts.into_iter().map(|part| self.decode_valid(part)).collect()
    }
}

fn decode_fields<'a>(
    types: impl ExactSizeIterator<Item = &'a CqlType>,
    bytes: &[u8],
) -> Result<Vec<Option<Value>>, MarshalError> {
    let values = split_tuple(types.len(), bytes)?;
    types
        .zip(values)
        .map(|(ty, value)| value.map(|value| ty.decode_valid(value)).transpose())
        .collect()
}

fn text(bytes: &[u8]) -> Result<String, MarshalError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| MarshalError::NotUtf8)
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], MarshalError> {
    bytes.try_into().map_err(|_| MarshalError::WrongLength {
        expected: "another length",
        actual: bytes.len(),
    })
}

impl Value {
    /// The bytes of the value, as stored and sent. Gives back what `decode` read, for any type and value of it.
    pub fn encode(&self) -> Bytes {
        match self {
            Value::Empty => Bytes::new(),
            Value::Ascii(text) | Value::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
            Value::Blob(bytes) => bytes.clone(),
            Value::Boolean(value) => Bytes::from_static(if *value { &[1] } else { &[0] }),
            Value::Tinyint(value) => Bytes::copy_from_slice(&value.to_be_bytes()),
            Value::Smallint(value) => Bytes::copy_from_slice(&value.to_be_bytes()),
            Value::Int(value) => Bytes::copy_from_slice(&value.to_be_bytes()),
            Value::Bigint(value) | Value::Counter(value) | Value::Time(value) | Value::Timestamp(value) => {
                Bytes::copy_from_slice(&value.to_be_bytes())
            }
            Value::Varint(value) => value.to_signed_bytes_be().into(),
            Value::Float(value) => Bytes::copy_from_slice(&value.to_be_bytes()),
            Value::Double(value) => Bytes::copy_from_slice(&value.to_be_bytes()),
            Value::Decimal(value) => {
                let mut out = value.scale.to_be_bytes().to_vec();
                out.extend(value.unscaled.to_signed_bytes_be());
                out.into()
            }
            Value::Date(days) => Bytes::copy_from_slice(&(*days as u32).wrapping_add(EPOCH_DAY).to_be_bytes()),
            Value::Duration(duration) => {
                let mut out = Vec::new();
                vint::write(duration.months.into(), &mut out);
                vint::write(duration.days.into(), &mut out);
                vint::write(duration.nanoseconds, &mut out);
                out.into()
            }
            Value::Inet(IpAddr::V4(address)) => Bytes::copy_from_slice(&address.octets()),
            Value::Inet(IpAddr::V6(address)) => Bytes::copy_from_slice(&address.octets()),
            Value::Uuid(uuid) | Value::Timeuuid(uuid) => Bytes::copy_from_slice(uuid.as_bytes()),
            Value::List(elements) | Value::Set(elements) => {
                let parts: Vec<Bytes> = elements.iter().map(Value::encode).collect();
                join_collection(parts.len(), parts.iter().map(Bytes::as_ref))
            }
            Value::Map(entries) => {
                let parts: Vec<Bytes> = entries
                    .iter()
                    .flat_map(|(key, value)| [key.encode(), value.encode()])
                    .collect();
                join_collection(entries.len(), parts.iter().map(Bytes::as_ref))
            }
            Value::Tuple(fields) | Value::UserType(fields) => {
                let parts: Vec<Option<Bytes>> = fields.iter().map(|field| field.as_ref().map(Value::encode)).collect();
                join_tuple(parts.iter().map(|part| part.as_deref()))
            }
            Value::Vector(elements) => {
                let parts: Vec<Bytes> = elements.iter().map(Value::encode).collect();
                join_vector(
                    elements.iter().all(Value::has_fixed_length),
                    parts.iter().map(Bytes::as_ref),
                )
            }
        }
    }

    /// Whether all values of this one's type have the same number of bytes; see [`CqlType::fixed_length`].
    fn has_fixed_length(&self) -> bool {
        match self {
            Value::Boolean(_)
            | Value::Float(_)
            | Value::Int(_)
            | Value::Bigint(_)
            | Value::Double(_)
            | Value::Timestamp(_)
            | Value::Timeuuid(_)
            | Value::Uuid(_) => true,
            Value::Vector(elements) => elements.iter().all(Value::has_fixed_length),
            _ => false,
        }
    }
}
