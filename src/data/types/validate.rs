//! Whether bytes are a value of a type.

use super::layout::{split_collection, split_tuple, split_vector};
use super::{CqlType, MarshalError, UserType};
use crate::base::vint;

impl CqlType {
    /// Whether the bytes are a value of this type, or what is wrong with them in Cassandra's words. Types for whom Cassandra
    /// permits a value without bytes accept that.
    pub fn validate(&self, bytes: &[u8]) -> Result<(), MarshalError> {
        let actual = bytes.len();
        let length = |fits: bool, expected| match fits {
            true => Ok(()),
            false => Err(MarshalError::WrongLength { expected, actual }),
        };
        match self {
            CqlType::Ascii => match bytes.iter().find(|byte| !byte.is_ascii()) {
                Some(byte) => Err(MarshalError::NotAscii(*byte as i8)),
                None => Ok(()),
            },
            // Stricter than Cassandra, which takes surrogates and a two-byte zero as Java's serialisation writes them.
            CqlType::Text => core::str::from_utf8(bytes).map(drop).map_err(|_| MarshalError::NotUtf8),
            CqlType::Blob | CqlType::Varint | CqlType::Custom(_) => Ok(()),
            CqlType::Boolean => length(actual <= 1, "1 or 0 byte value"),
            CqlType::Tinyint => length(actual == 1, "1 byte for a tinyint"),
            CqlType::Smallint => length(actual == 2, "2 bytes for a smallint"),
            CqlType::Int => length(matches!(actual, 0 | 4), "4 or 0 byte int"),
            CqlType::Bigint | CqlType::Counter => length(matches!(actual, 0 | 8), "8 or 0 byte long"),
            CqlType::Float => length(matches!(actual, 0 | 4), "4 or 0 byte value for a float"),
            CqlType::Double => length(matches!(actual, 0 | 8), "8 or 0 byte value for a double"),
            CqlType::Decimal => length(actual == 0 || actual >= 4, "0 or at least 4 bytes"),
            CqlType::Date => length(actual == 4, "4 byte long for date"),
            CqlType::Time => length(actual == 8, "8 byte long for time"),
            CqlType::Timestamp => length(matches!(actual, 0 | 8), "8 or 0 byte long for date"),
            CqlType::Duration => validate_duration(bytes),
            CqlType::Inet => match actual {
                0 | 4 | 16 => Ok(()),
                _ => Err(MarshalError::InetLength(hex(bytes))),
            },
            CqlType::Uuid | CqlType::Timeuuid if !matches!(actual, 0 | 16) => Err(MarshalError::UuidLength(actual)),
            CqlType::Uuid => Ok(()),
            CqlType::Timeuuid => match bytes.get(6) {
                // Cassandra looks at byte 6 and reports byte 0.
                Some(version) if version & 0xf0 != 0x10 => Err(MarshalError::TimeuuidVersion(bytes[0] >> 4)),
                _ => Ok(()),
            },
            CqlType::Empty => match actual {
                0 => Ok(()),
                _ => Err(MarshalError::NotEmpty),
            },
            CqlType::List { element, .. } => split_collection("list", bytes)?
                .into_iter()
                .try_for_each(|part| element.validate(part)),
            CqlType::Set { element, .. } => split_collection("set", bytes)?
                .into_iter()
                .try_for_each(|part| element.validate(part)),
            CqlType::Map { key, value, .. } => split_collection("map", bytes)?.chunks_exact(2).try_for_each(|pair| {
                key.validate(pair[0])?;
                value.validate(pair[1])
            }),
            CqlType::Tuple(fields) => {
                let values = split_tuple(fields.len(), bytes)?;
                fields.iter().zip(values).try_for_each(|(field, value)| match value {
                    Some(value) => field.validate(value),
                    None => Ok(()),
                })
            }
            CqlType::UserType(definition) => validate_fields(definition, bytes),
            CqlType::Vector { element, dimension } => split_vector(element, *dimension, bytes)?
                .into_iter()
                .try_for_each(|part| element.validate(part)),
        }
    }
}

fn validate_duration(bytes: &[u8]) -> Result<(), MarshalError> {
    let too_short = MarshalError::WrongLength {
        expected: "at least 3 bytes for a duration",
        actual: bytes.len(),
    };
    let mut rest = bytes;
    let parts = (vint::read(&mut rest), vint::read(&mut rest), vint::read(&mut rest));
    let (Some(months), Some(days), Some(nanoseconds)) = parts else {
        return Err(too_short);
    };
    for (part, value) in [("months", months), ("days", days)] {
        if i32::try_from(value).is_err() {
            return Err(MarshalError::DurationPart { part, value });
        }
    }
    let same_sign = (months >= 0 && days >= 0 && nanoseconds >= 0) || (months <= 0 && days <= 0 && nanoseconds <= 0);
    if same_sign {
        Ok(())
    } else {
        Err(MarshalError::DurationSigns {
            months,
            days,
            nanoseconds,
        })
    }
}

fn validate_fields(definition: &UserType, bytes: &[u8]) -> Result<(), MarshalError> {
    let name = |position: usize| definition.fields[position].0.clone();
    let values = split_tuple(definition.fields.len(), bytes).map_err(|error| match error {
        MarshalError::TupleFieldLength(position) => MarshalError::UserTypeFieldLength(position, name(position)),
        MarshalError::TupleField(position) => MarshalError::UserTypeField(position, name(position)),
        MarshalError::TooManyFields(_) => MarshalError::TooManyFields("UDT"),
        other => other,
    })?;
    for (position, ((name, field), value)) in definition.fields.iter().zip(values).enumerate() {
        if let Some(Err(cause)) = value.map(|value| field.validate(value)) {
            return Err(MarshalError::InvalidField {
                position,
                name: name.clone(),
                cause: Box::new(cause),
            });
        }
    }
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
