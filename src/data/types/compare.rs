//! The order of a type's values.

use core::cmp::Ordering;

use num_bigint::BigInt;

use super::layout::{split_collection, split_tuple, split_vector};
use super::ordering::{reordered_time, signed_node_bytes};
use super::{CqlType, Decimal, decimal};

impl CqlType {
    /// Compares two values of this type, as clustering columns, sets, maps and filters order them. A value without bytes
    /// comes before all others. Bytes that are no values of the type have some order too.
    pub fn compare(&self, left: &[u8], right: &[u8]) -> Ordering {
        let absent = left.is_empty().cmp(&right.is_empty()).reverse();
        if absent != Ordering::Equal || left.is_empty() {
            return absent;
        }
        self.compare_present(left, right).unwrap_or_else(|| left.cmp(right))
    }

    /// The order of two values that have bytes; nothing if they are not values of the type.
    fn compare_present(&self, left: &[u8], right: &[u8]) -> Option<Ordering> {
        Some(match self {
            CqlType::Ascii
            | CqlType::Blob
            | CqlType::Custom(_)
            | CqlType::Date
            | CqlType::Duration
            | CqlType::Inet
            | CqlType::Text
            | CqlType::Time => left.cmp(right),
            CqlType::Empty => Ordering::Equal,
            CqlType::Boolean => (left != [0]).cmp(&(right != [0])),
            // The sign is in the first byte; the rest has the same order with any sign.
            CqlType::Tinyint
            | CqlType::Smallint
            | CqlType::Int
            | CqlType::Bigint
            | CqlType::Counter
            | CqlType::Timestamp => (left[0] as i8).cmp(&(right[0] as i8)).then_with(|| left.cmp(right)),
            CqlType::Varint => BigInt::from_signed_bytes_be(left).cmp(&BigInt::from_signed_bytes_be(right)),
            CqlType::Decimal => decimal::compare(&read_decimal(left)?, &read_decimal(right)?),
            CqlType::Float => {
                let read = |bytes: &[u8]| bytes.try_into().ok().map(f32::from_be_bytes).map(f64::from);
                compare_floats(read(left)?, read(right)?)
            }
            CqlType::Double => {
                let read = |bytes: &[u8]| bytes.try_into().ok().map(f64::from_be_bytes);
                compare_floats(read(left)?, read(right)?)
            }
            CqlType::Uuid => compare_uuids(left.try_into().ok()?, right.try_into().ok()?),
            CqlType::Timeuuid => {
                let key = |bytes: &[u8]| {
                    let (high, low) = halves(bytes.try_into().ok()?);
                    Some((reordered_time(high), signed_node_bytes(low)))
                };
                key(left)?.cmp(&key(right)?)
            }
            CqlType::List { element, .. } => element.compare_all(
                &split_collection("list", left).ok()?,
                &split_collection("list", right).ok()?,
            ),
            CqlType::Set { element, .. } => element.compare_all(
                &split_collection("set", left).ok()?,
                &split_collection("set", right).ok()?,
            ),
            CqlType::Map { key, value, .. } => {
                let (left, right) = (
                    split_collection("map", left).ok()?,
                    split_collection("map", right).ok()?,
                );
                let types = [key, value].into_iter().cycle();
                let parts = types.zip(left.iter().zip(&right));
                first_difference(parts.map(|(ty, (left, right))| ty.compare(left, right)))
                    .then(left.len().cmp(&right.len()))
            }
            CqlType::Tuple(fields) => compare_fields(fields.iter(), left, right)?,
            CqlType::UserType(definition) => {
                compare_fields(definition.fields.iter().map(|(_, field)| field), left, right)?
            }
            CqlType::Vector { element, dimension } => element.compare_all(
                &split_vector(element, *dimension, left).ok()?,
                &split_vector(element, *dimension, right).ok()?,
            ),
        })
    }

    fn compare_all(&self, left: &[&[u8]], right: &[&[u8]]) -> Ordering {
        first_difference(left.iter().zip(right).map(|(left, right)| self.compare(left, right)))
            .then(left.len().cmp(&right.len()))
    }
}

fn first_difference(mut parts: impl Iterator<Item = Ordering>) -> Ordering {
    parts.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Field by field, null first; fields that one value does not have yet are null.
fn compare_fields<'a>(
    types: impl ExactSizeIterator<Item = &'a CqlType>,
    left: &[u8],
    right: &[u8],
) -> Option<Ordering> {
    let (left, right) = (
        split_tuple(types.len(), left).ok()?,
        split_tuple(types.len(), right).ok()?,
    );
    let orders = types.enumerate().map(|(position, ty)| {
        let left = left.get(position).copied().flatten();
        let right = right.get(position).copied().flatten();
        match (left, right) {
            (Some(left), Some(right)) => ty.compare(left, right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        }
    });
    Some(first_difference(orders))
}

pub(super) fn read_decimal(bytes: &[u8]) -> Option<Decimal> {
    let (scale, unscaled) = bytes.split_first_chunk()?;
    Some(Decimal {
        unscaled: BigInt::from_signed_bytes_be(unscaled),
        scale: i32::from_be_bytes(*scale),
    })
}

/// Java's order: -0.0 before 0.0, and NaN, of which there is one, after everything.
fn compare_floats(left: f64, right: f64) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (false, false) => left.total_cmp(&right),
        (left, right) => left.cmp(&right),
    }
}

/// By version first; version 1 then by time; the rest as unsigned bytes, unlike timeuuid's.
fn compare_uuids(left: [u8; 16], right: [u8; 16]) -> Ordering {
    let key = |bytes| {
        let (high, low) = halves(bytes);
        let version = high >> 12 & 0xf;
        (version, if version == 1 { reordered_time(high) } else { high }, low)
    };
    key(left).cmp(&key(right))
}

pub(super) fn halves(bytes: [u8; 16]) -> (u64, u64) {
    let bits = u128::from_be_bytes(bytes);
    ((bits >> 64) as u64, bits as u64)
}
