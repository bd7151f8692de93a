//! Order-preserving bytes of values: comparing them byte by byte gives the order of the values.
//!
//! This is Cassandra's byte-comparable encoding (`ByteComparable`, version OSS50), made for sequences: every component starts
//! with a byte below that says whether it has a value, and a sequence ends with one that says what ends there. The
//! encodings are no prefixes of each other once such a byte follows. They are not read back: values that compare equal
//! (1.0 and 1.00) may share one. Where Cassandra's encoding and comparison disagree, this follows the comparison: every NaN
//! is the same, and within a tuple a value without bytes is not null.

use super::compare::{halves, read_decimal};
use super::layout::{split_collection, split_tuple, split_vector};
use super::{CqlType, Decimal};
use crate::base::vint;

/// Ends a prefix: just before everything that starts with it.
pub const PREFIX_BEFORE: u8 = 0x20;
/// Ends a whole clustering, and the values within a value.
pub const TERMINATOR: u8 = 0x38;
/// Starts a component that is null; before all others, also when the order is reversed.
pub const NEXT_COMPONENT_NULL: u8 = 0x3e;
/// Starts, and is all of, a component without bytes, of a type where that is unlike its other values.
pub const NEXT_COMPONENT_EMPTY: u8 = 0x3f;
/// Starts a component that has a value.
pub const NEXT_COMPONENT: u8 = 0x40;
/// As [`NEXT_COMPONENT_EMPTY`], in a reversed order.
pub const NEXT_COMPONENT_EMPTY_REVERSED: u8 = 0x41;
/// Ends a prefix: just after everything that starts with it.
pub const PREFIX_AFTER: u8 = 0x60;

/// Appends one component of a sequence. `None` is null.
///
/// The order of encodings is that of [`CqlType::compare`] or its reverse; the bytes must be a valid value for that.
pub fn encode_component(ty: &CqlType, value: Option<&[u8]>, reversed: bool, out: &mut Vec<u8>) {
    let Some(value) = value else {
        out.push(NEXT_COMPONENT_NULL);
        return;
    };
    if value.is_empty() && !empty_has_encoding(ty) {
        out.push(if reversed {
            NEXT_COMPONENT_EMPTY_REVERSED
        } else {
            NEXT_COMPONENT_EMPTY
        });
        return;
    }
    out.push(NEXT_COMPONENT);
    let start = out.len();
    if encode_value(ty, value, out).is_none() {
        // Not a value of the type: it still gets a place, so that nothing is lost.
        out.truncate(start);
        encode_bytes(value, out);
    }
    if reversed {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// Whether no bytes are encoded as bytes are, rather than by the byte that starts the component.
fn empty_has_encoding(ty: &CqlType) -> bool {
    ty.empty_is_a_value() || matches!(ty, CqlType::Inet | CqlType::Duration)
}

fn encode_value(ty: &CqlType, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match ty {
        CqlType::Ascii | CqlType::Blob | CqlType::Custom(_) | CqlType::Duration | CqlType::Inet | CqlType::Text => {
            encode_bytes(value, out)
        }
        CqlType::Empty => {}
        CqlType::Boolean => out.push(u8::from(value != [0])),
        CqlType::Date => out.extend_from_slice(value.first_chunk::<4>()?),
        CqlType::Time => out.extend_from_slice(value.first_chunk::<8>()?),
        CqlType::Tinyint | CqlType::Smallint | CqlType::Int | CqlType::Timestamp => {
            let (first, rest) = value.split_first()?;
            out.push(first ^ 0x80);
            out.extend_from_slice(rest);
        }
        CqlType::Bigint | CqlType::Counter => encode_integer(i64::from_be_bytes(value.try_into().ok()?), out),
        CqlType::Varint => encode_varint(value, out),
        CqlType::Decimal => encode_decimal(&read_decimal(value)?, out),
        CqlType::Float => {
            let float = f32::from_be_bytes(value.try_into().ok()?);
            encode_float(if float.is_nan() { f32::NAN } else { float }.to_be_bytes(), out);
        }
        CqlType::Double => {
            let float = f64::from_be_bytes(value.try_into().ok()?);
            encode_float(if float.is_nan() { f64::NAN } else { float }.to_be_bytes(), out);
        }
        CqlType::Uuid => {
            let (high, low) = halves(value.try_into().ok()?);
            let version = high >> 12 & 0xf;
            let high = match version {
                1 => reordered_time(high),
                _ => version << 60 | high >> 4 & 0x0fff_ffff_ffff_f000 | high & 0xfff,
            };
            out.extend(high.to_be_bytes());
            out.extend(low.to_be_bytes());
        }
        CqlType::Timeuuid => {
            let (high, low) = halves(value.try_into().ok()?);
            out.extend(reordered_time(high).to_be_bytes());
            out.extend(signed_node_bytes(low).to_be_bytes());
        }
        CqlType::List { element, .. } => encode_all(element, split_collection("list", value).ok()?, out),
        CqlType::Set { element, .. } => encode_all(element, split_collection("set", value).ok()?, out),
        CqlType::Map { key, value: values, .. } => {
            for pair in split_collection("map", value).ok()?.chunks_exact(2) {
                encode_component(key, Some(pair[0]), false, out);
                encode_component(values, Some(pair[1]), false, out);
            }
            out.push(TERMINATOR);
        }
        CqlType::Tuple(fields) => encode_fields(fields.iter(), value, out)?,
        CqlType::UserType(definition) => {
            encode_fields(definition.fields.iter().map(|(_, field)| field), value, out)?;
        }
        CqlType::Vector { element, dimension } => {
            encode_all(element, split_vector(element, *dimension, value).ok()?, out);
        }
    }
    Some(())
}

fn encode_all(element: &CqlType, parts: Vec<&[u8]>, out: &mut Vec<u8>) {
    for part in parts {
        encode_component(element, Some(part), false, out);
    }
    out.push(TERMINATOR);
}

/// Nulls at the end are left out, because a tuple that lacks the field is equal to one in which it is null.
fn encode_fields<'a>(types: impl ExactSizeIterator<Item = &'a CqlType>, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let values = split_tuple(types.len(), value).ok()?;
    let length = values.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    for (ty, value) in types.zip(&values[..length]) {
        encode_component(ty, *value, false, out);
    }
    out.push(TERMINATOR);
    Some(())
}

/// Bytes as they are, ended by 0x00. A run of zeros within them is 0x00, 0xfe for each further one, 0xff.
fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    const ESCAPE: u8 = 0x00;
    const ESCAPED_CONTINUES: u8 = 0xfe;
    const ESCAPED_DONE: u8 = 0xff;
    let mut in_zeros = false;
    for byte in bytes {
        match (*byte, in_zeros) {
            (0, true) => out.push(ESCAPED_CONTINUES),
            (0, false) => out.push(ESCAPE),
            (byte, true) => out.extend([ESCAPED_DONE, byte]),
            (byte, false) => out.push(byte),
        }
        in_zeros = *byte == 0;
    }
    out.push(if in_zeros { ESCAPED_CONTINUES } else { ESCAPE });
}

/// A sign bit, then one bit like it for each byte beyond the first, then the number; inverted when negative.
fn encode_integer(value: i64, out: &mut Vec<u8>) {
    let sign = value >> 63;
    let magnitude = (value ^ sign) as u64;
    let bits = 64 - (magnitude | 1).leading_zeros();
    let bytes = bits / 7 + 1;
    if bytes >= 9 {
        out.push(!(sign as u8));
        out.extend(((magnitude | 1 << 63) ^ sign as u64).to_be_bytes());
    } else {
        let mask = u64::from(!(0xff_u16 >> bytes) as u8);
        let encoded = (magnitude | mask << (8 * (bytes - 1))) ^ sign as u64;
        out.extend(&encoded.to_be_bytes()[8 - bytes as usize..]);
    }
}

/// A varint of more significant bytes than this is written with its length.
const SHORT_VARINT_BYTES: usize = 6;

fn encode_varint(value: &[u8], out: &mut Vec<u8>) {
    let negative = value[0] >= 0x80;
    let sign = if negative { 0xff } else { 0 };
    let leading = value
        .iter()
        .take_while(|byte| **byte == sign)
        .count()
        .min(value.len() - 1);
    let significant = &value[leading..];
    if significant.len() <= SHORT_VARINT_BYTES {
        let start = if negative { -1 } else { 0 };
        encode_integer(
            significant
                .iter()
                .fold(start, |number, byte| number << 8 | i64::from(*byte)),
            out,
        );
        return;
    }
    out.push(!sign);
    let start = out.len();
    vint::write_unsigned((significant.len() - SHORT_VARINT_BYTES - 1) as u64, out);
    out[start..].iter_mut().for_each(|byte| *byte ^= sign);
    out.extend_from_slice(significant);
}

/// Sign and exponent, then the digits of a number between 0 and 1 two by two, ended by 0x00. Negative numbers have a negative
/// first pair, rounded down, and from there on count up.
fn encode_decimal(value: &Decimal, out: &mut Vec<u8>) {
    if value.is_zero() {
        out.push(0x80);
        return;
    }
    let negative = value.unscaled.sign() == num_bigint::Sign::Minus;
    let mut digits = value.unscaled.magnitude().to_string();
    let power = digits.len() as i64 - i64::from(value.scale);
    // An even power of ten, so that it counts pairs of digits.
    let pairs_before_point = power.div_euclid(2) + power.rem_euclid(2);
    if power.rem_euclid(2) == 1 {
        digits.insert(0, '0');
    }
    if digits.len() % 2 == 1 {
        digits.push('0');
    }
    let exponent = if negative {
        -pairs_before_point
    } else {
        pairs_before_point
    };
    let exponent_bytes = 8 - (exponent.unsigned_abs().leading_zeros() / 8) as usize;
    debug_assert!(exponent_bytes <= 4, "an exponent comes from a 32-bit scale");
    let signed_length = if exponent < 0 {
        -(exponent_bytes as i8)
    } else {
        exponent_bytes as i8
    };
    out.push((0x40 + signed_length) as u8 | if negative { 0 } else { 0x80 });
    out.extend(&exponent.to_be_bytes()[8 - exponent_bytes..]);

    let mut pairs: Vec<i16> = digits
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| i16::from(pair[0] - b'0') * 10 + i16::from(pair[1] - b'0'))
        .collect();
    let length = pairs.iter().rposition(|pair| *pair != 0).map_or(0, |last| last + 1);
    pairs.truncate(length);
    if negative {
        complement(&mut pairs);
    }
    out.extend(pairs.into_iter().map(|pair| (0x80 + pair) as u8));
    out.push(0);
}

/// Makes the digits of -x of those of x: the first pair negative, the others counting up from it. The last is not zero.
fn complement(pairs: &mut [i16]) {
    if let [first, rest @ ..] = pairs {
        *first = -*first;
        if let Some((last, middle)) = rest.split_last_mut() {
            *first -= 1;
            middle.iter_mut().for_each(|pair| *pair = 99 - *pair);
            *last = 100 - *last;
        }
    }
}

fn encode_float<const N: usize>(mut bits: [u8; N], out: &mut Vec<u8>) {
    if bits[0] >= 0x80 {
        bits.iter_mut().for_each(|byte| *byte = !*byte);
    } else {
        bits[0] |= 0x80;
    }
    out.extend(bits);
}

/// The first half of a version 1 UUID with its timestamp's most significant bits first.
pub(super) fn reordered_time(high: u64) -> u64 {
    high << 48 | high << 16 & 0xffff_0000_0000 | high >> 32
}

/// The second half of a timeuuid so that it compares as eight signed bytes, which is how timeuuids do.
pub(super) fn signed_node_bytes(low: u64) -> u64 {
    low ^ 0x8080_8080_8080_8080
}
