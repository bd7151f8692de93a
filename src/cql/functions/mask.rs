//! Functions that hide a value or a part of it.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/functions/masking`, and `getMaskedValue` of each type.

use core::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use md5::{Digest, Md5};
use num_bigint::BigInt;

use super::Body;
use super::conversion::bound_of_timeuuids;
use super::factory::{Parameter, infer};
use super::overload::{Argument, Signature};
use crate::cql::QueryError;
use crate::data::types::CqlDuration;
use crate::data::types::layout::{join_collection, join_tuple, join_vector};
use crate::data::{CqlType, Decimal, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    Null,
    Default,
    Replace,
    /// All but so many characters at both ends.
    Inner,
    /// Only so many characters at both ends.
    Outer,
    Hash,
}

impl Mask {
    fn named(name: &str) -> Option<(Mask, &'static [Parameter])> {
        use Parameter::*;
        Some(match name {
            "mask_null" => (Mask::Null, &[Any]),
            "mask_default" => (Mask::Default, &[Any]),
            "mask_replace" => (Mask::Replace, &[AnyOrReceiver, SameAsFirst]),
            "mask_inner" => (Mask::Inner, &[Text, Int, Int, OptionalText]),
            "mask_outer" => (Mask::Outer, &[Text, Int, Int, OptionalText]),
            "mask_hash" => (Mask::Hash, &[Any, OptionalText]),
            _ => return None,
        })
    }

    /// Of null there is a mask, too.
    pub fn run(self, name: &str, ty: &CqlType, arguments: &[Option<Bytes>]) -> Result<Option<Bytes>, QueryError> {
        let argument = |at: usize| arguments.get(at).and_then(Option::as_ref);
        Ok(match self {
            Mask::Null => None,
            Mask::Default => Some(masked(ty)),
            Mask::Replace => argument(1).cloned(),
            Mask::Hash => {
                let digest = hash_of(argument(1))?;
                argument(0).map(|value| digest(value))
            }
            Mask::Inner | Mask::Outer => {
                let padding = match argument(3) {
                    None => u16::from(b'*'),
                    Some(bytes) => padding(name, bytes)?,
                };
                let Some(value) = argument(0) else { return Ok(None) };
                let number = |at| argument(at).and_then(|it| <[u8; 4]>::try_from(&**it).ok());
                let kept = |at| number(at).map_or(0, i32::from_be_bytes);
                Some(self.partly(value, kept(1), kept(2), padding))
            }
        })
    }

    /// Characters are Java's, of which those beyond the first plane make two.
    fn partly(self, value: &Bytes, begin: i32, end: i32, padding: u16) -> Bytes {
        let mut units: Vec<u16> = String::from_utf8_lossy(value).encode_utf16().collect();
        let last = (units.len() as i32 - 1).wrapping_sub(end);
        for (at, unit) in (0..).zip(units.iter_mut()) {
            if (at >= begin && at <= last) == (self == Mask::Inner) {
                *unit = padding;
            }
        }
        // Half a pair is written as a question mark.
        let characters = char::decode_utf16(units).map(|it| it.unwrap_or('?'));
        Bytes::from(characters.collect::<String>())
    }
}

fn padding(name: &str, bytes: &Bytes) -> Result<u16, QueryError> {
    let text = String::from_utf8_lossy(bytes);
    let units: Vec<u16> = text.encode_utf16().collect();
    match units.as_slice() {
        [only] => Ok(*only),
        several => Err(QueryError::invalid(format!(
            "The padding argument for function {name} should be single-character, but '{text}' has {} characters.",
            several.len()
        ))),
    }
}

/// The digest of this name, as Java's `MessageDigest` knows them.
fn hash_of(algorithm: Option<&Bytes>) -> Result<fn(&[u8]) -> Bytes, QueryError> {
    fn digest<D: Digest>(value: &[u8]) -> Bytes {
        Bytes::copy_from_slice(&D::digest(value))
    }
    let name = algorithm.map_or("SHA-256".into(), |bytes| String::from_utf8_lossy(bytes));
    Ok(match name.to_ascii_uppercase().as_str() {
        "MD5" => digest::<Md5>,
        "SHA" | "SHA1" | "SHA-1" => digest::<sha1::Sha1>,
        "SHA-224" => digest::<sha2::Sha224>,
        "SHA-256" => digest::<sha2::Sha256>,
        "SHA-384" => digest::<sha2::Sha384>,
        "SHA-512" => digest::<sha2::Sha512>,
        "SHA-512/224" => digest::<sha2::Sha512_224>,
        "SHA-512/256" => digest::<sha2::Sha512_256>,
        _ => return Err(QueryError::invalid(format!("Hash algorithm not found: {name}"))),
    })
}

/// What stands for any value of a type.
fn masked(ty: &CqlType) -> Bytes {
    let value = match ty {
        CqlType::Ascii | CqlType::Text => return Bytes::from_static(b"****"),
        CqlType::Blob | CqlType::Empty | CqlType::Custom(_) => return Bytes::new(),
        CqlType::Bigint | CqlType::Counter => Value::Bigint(0),
        CqlType::Boolean => Value::Boolean(false),
        CqlType::Date => Value::Date(0),
        CqlType::Decimal => Value::Decimal(Decimal {
            unscaled: BigInt::ZERO,
            scale: 0,
        }),
        CqlType::Double => Value::Double(0.0),
        CqlType::Duration => Value::Duration(CqlDuration {
            months: 0,
            days: 0,
            nanoseconds: 0,
        }),
        CqlType::Float => Value::Float(0.0),
        CqlType::Inet => Value::Inet(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        CqlType::Int => Value::Int(0),
        CqlType::Smallint => Value::Smallint(0),
        CqlType::Time => Value::Time(0),
        CqlType::Timestamp => Value::Timestamp(0),
        CqlType::Timeuuid => Value::Timeuuid(bound_of_timeuuids(0, false)),
        CqlType::Tinyint => Value::Tinyint(0),
        CqlType::Uuid => Value::Uuid(uuid::Uuid::nil()),
        CqlType::Varint => Value::Varint(BigInt::ZERO),
        CqlType::List { .. } | CqlType::Set { .. } | CqlType::Map { .. } => return join_collection(0, []),
        CqlType::Tuple(_) | CqlType::UserType(_) => {
            let fields: Vec<Bytes> = ty.inner_types().into_iter().map(masked).collect();
            return join_tuple(fields.iter().map(|field| Some(&**field)));
        }
        CqlType::Vector { element, dimension } => {
            let one = masked(element);
            let all = core::iter::repeat_n(&*one, *dimension as usize);
            return join_vector(element.is_fixed_length(), all);
        }
    };
    value.encode()
}

/// The masking function of this name for these arguments; `None` if there is none of this name.
pub fn overload(
    full: &str,
    name: &str,
    arguments: &[Argument],
    receiver: Option<&CqlType>,
) -> Result<Option<Signature>, QueryError> {
    let Some((mask, parameters)) = Mask::named(name) else {
        return Ok(None);
    };
    let mut types = infer(full, parameters, arguments, receiver)?;
    let ty = types[0].clone();
    let returns = if mask == Mask::Hash { CqlType::Blob } else { ty };
    // The padding and the algorithm are texts, whichever kind of text they are written as.
    for (ty, parameter) in types.iter_mut().zip(parameters) {
        match parameter {
            Parameter::OptionalText => *ty = CqlType::Text,
            Parameter::Int => *ty = CqlType::Int,
            _ => {}
        }
    }
    Ok(Some(Signature::new(types, returns, Body::Mask(mask))))
}
