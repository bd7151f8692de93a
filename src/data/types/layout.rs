//! How values made of values lie in bytes: collections, tuples and user types, vectors.
//!
//! These functions only find the parts; what the parts hold is for their own types to say. A count or length in the bytes is
//! never believed before it is compared with what is there.

use bytes::Bytes;

use super::{CqlType, MarshalError};
use crate::base::vint;

/// The elements of a list or set, or the keys and values of a map in turn.
pub fn split_collection<'a>(kind: &'static str, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>, MarshalError> {
    let too_short = || MarshalError::TooShort(kind.to_owned());
    let mut rest = bytes;
    let count = take_i32(&mut rest).ok_or_else(too_short)?;
    let count = usize::try_from(count).map_err(|_| MarshalError::NegativeCount(kind))?;
    let parts = if kind == "map" { count.saturating_mul(2) } else { count };
    // Every part has at least its length of four bytes.
    let mut elements = Vec::with_capacity(parts.min(rest.len() / 4));
    for _ in 0..parts {
        let length = take_i32(&mut rest).ok_or_else(too_short)?;
        let length = usize::try_from(length).map_err(|_| MarshalError::NullElement)?;
        elements.push(take(&mut rest, length).ok_or_else(too_short)?);
    }
    if rest.is_empty() {
        Ok(elements)
    } else {
        Err(MarshalError::Extraneous(kind))
    }
}

/// The elements of a list that is a result: those of `ttl(collection)` may be null.
pub fn split_nullable_list(bytes: &[u8]) -> Result<Vec<Option<&[u8]>>, MarshalError> {
    let too_short = || MarshalError::TooShort("list".to_owned());
    let mut rest = bytes;
    let count = take_i32(&mut rest).ok_or_else(too_short)?;
    let count = usize::try_from(count).map_err(|_| MarshalError::NegativeCount("list"))?;
    let mut elements = Vec::with_capacity(count.min(rest.len() / 4));
    for _ in 0..count {
        let length = take_i32(&mut rest).ok_or_else(too_short)?;
        elements.push(match usize::try_from(length) {
            Ok(length) => Some(take(&mut rest, length).ok_or_else(too_short)?),
            Err(_) => None,
        });
    }
    if rest.is_empty() {
        Ok(elements)
    } else {
        Err(MarshalError::Extraneous("list"))
    }
}

pub fn join_nullable_list(elements: &[Option<Bytes>]) -> Bytes {
    let mut out = (elements.len() as i32).to_be_bytes().to_vec();
    for element in elements {
        push_part(element.as_deref(), &mut out);
    }
    out.into()
}

/// `count` is of elements, or of pairs for a map; `parts` are the elements, or keys and values in turn.
pub fn join_collection<'a>(count: usize, parts: impl IntoIterator<Item = &'a [u8]>) -> Bytes {
    debug_assert!(
        i32::try_from(count).is_ok(),
        "more elements than a collection's count can say"
    );
    let mut out = (count as i32).to_be_bytes().to_vec();
    for part in parts {
        push_part(Some(part), &mut out);
    }
    out.into()
}

/// The fields of a tuple or user type. There may be fewer than the type has: it may have grown since.
pub fn split_tuple(fields: usize, bytes: &[u8]) -> Result<Vec<Option<&[u8]>>, MarshalError> {
    let mut rest = bytes;
    let mut values = Vec::with_capacity(fields.min(rest.len() / 4));
    for position in 0..fields {
        if rest.is_empty() {
            break;
        }
        let length = take_i32(&mut rest).ok_or(MarshalError::TupleFieldLength(position))?;
        values.push(match usize::try_from(length) {
            Ok(length) => Some(take(&mut rest, length).ok_or(MarshalError::TupleField(position))?),
            Err(_) => None,
        });
    }
    if rest.is_empty() {
        Ok(values)
    } else {
        Err(MarshalError::TooManyFields("tuple"))
    }
}

pub fn join_tuple<'a>(fields: impl IntoIterator<Item = Option<&'a [u8]>>) -> Bytes {
    let mut out = Vec::new();
    for field in fields {
        push_part(field, &mut out);
    }
    out.into()
}

/// The elements of a vector: side by side when all are of one length, each after its length otherwise.
pub fn split_vector<'a>(element: &CqlType, dimension: u32, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>, MarshalError> {
    if bytes.is_empty() {
        return Err(MarshalError::EmptyVector);
    }
    let name = || format!("vector<{element}, {dimension}>");
    // Every element has a byte at least, if only for its length.
    if bytes.len() < dimension as usize {
        return Err(MarshalError::TooShort(name()));
    }
    let mut rest = bytes;
    let mut elements = Vec::with_capacity(dimension as usize);
    for _ in 0..dimension {
        let length = match element.fixed_length() {
            Some(length) => Some(length),
            None => vint::read_unsigned(&mut rest).and_then(|length| usize::try_from(length).ok()),
        };
        let part = length.and_then(|length| take(&mut rest, length));
        elements.push(part.ok_or_else(|| MarshalError::TooShort(name()))?);
    }
    match rest.len() {
        0 => Ok(elements),
        extra => Err(MarshalError::VectorExtraneous { extra, vector: name() }),
    }
}

/// `fixed` says whether all elements have one length by their type.
pub fn join_vector<'a>(fixed: bool, elements: impl IntoIterator<Item = &'a [u8]>) -> Bytes {
    let mut out = Vec::new();
    for element in elements {
        if !fixed {
            vint::write_unsigned(element.len() as u64, &mut out);
        }
        out.extend_from_slice(element);
    }
    out.into()
}

fn push_part(part: Option<&[u8]>, out: &mut Vec<u8>) {
    match part {
        Some(part) => {
            debug_assert!(
                i32::try_from(part.len()).is_ok(),
                "a part longer than its length field can say"
            );
            out.extend((part.len() as i32).to_be_bytes());
            out.extend_from_slice(part);
        }
        None => out.extend((-1i32).to_be_bytes()),
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn take_i32(rest: &mut &[u8]) -> Option<i32> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(i32::from_be_bytes(*head))
}
