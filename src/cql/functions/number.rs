//! Numbers of CQL's types, taken from one to another as Java does.

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive, Zero};

use crate::data::{CqlType, Decimal, Value};

/// The types that can be computed with, from the narrowest to the widest.
pub const NUMERIC: [CqlType; 9] = [
    CqlType::Tinyint,
    CqlType::Smallint,
    CqlType::Int,
    CqlType::Bigint,
    CqlType::Counter,
    CqlType::Float,
    CqlType::Double,
    CqlType::Varint,
    CqlType::Decimal,
];

pub fn is_numeric(ty: &CqlType) -> bool {
    NUMERIC.contains(ty)
}

/// A whole number of at most 64 bits; others are cut or rounded towards zero.
pub fn to_long(value: &Value) -> Option<i64> {
    Some(match value {
        Value::Tinyint(it) => i64::from(*it),
        Value::Smallint(it) => i64::from(*it),
        Value::Int(it) => i64::from(*it),
        Value::Bigint(it) | Value::Counter(it) => *it,
        Value::Float(it) => *it as i64,
        Value::Double(it) => *it as i64,
        Value::Varint(it) => low_bits(it),
        Value::Decimal(it) => low_bits(&truncated(it)),
        _ => return None,
    })
}

pub fn to_double(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Float(it) => f64::from(*it),
        Value::Double(it) => *it,
        Value::Varint(it) => it.to_f64()?,
        Value::Decimal(it) => it.to_string().parse().ok()?,
        other => to_long(other)? as f64,
    })
}

pub fn to_big(value: &Value) -> Option<BigInt> {
    Some(match value {
        Value::Varint(it) => it.clone(),
        Value::Decimal(it) => truncated(it),
        Value::Float(it) => BigInt::from_f32(it.trunc())?,
        Value::Double(it) => BigInt::from_f64(it.trunc())?,
        other => BigInt::from(to_long(other)?),
    })
}

/// Infinity and what is no number are no decimal.
pub fn to_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Decimal(it) => Some(it.clone()),
        Value::Float(it) => Decimal::parse(&format!("{it:?}")),
        Value::Double(it) => Decimal::parse(&format!("{it:?}")),
        other => Some(Decimal {
            unscaled: to_big(other)?,
            scale: 0,
        }),
    }
}

/// The number as one of another type; `None` where it has none there.
pub fn convert(value: &Value, to: &CqlType) -> Option<Value> {
    // Java narrows a float to an int first, whose limits it stops at, and cuts that to the smaller types.
    let int = || match value {
        Value::Float(it) => Some(*it as i32),
        Value::Double(it) => Some(*it as i32),
        other => to_long(other).map(|it| it as i32),
    };
    Some(match to {
        CqlType::Tinyint => Value::Tinyint(int()? as i8),
        CqlType::Smallint => Value::Smallint(int()? as i16),
        CqlType::Int => Value::Int(int()?),
        CqlType::Bigint | CqlType::Counter => Value::Bigint(to_long(value)?),
        CqlType::Float => Value::Float(match value {
            Value::Float(it) => *it,
            Value::Decimal(it) => it.to_string().parse().ok()?,
            Value::Varint(it) => it.to_f32()?,
            Value::Double(it) => *it as f32,
            other => to_long(other)? as f32,
        }),
        CqlType::Double => Value::Double(to_double(value)?),
        CqlType::Varint => Value::Varint(to_big(value)?),
        CqlType::Decimal => Value::Decimal(to_decimal(value)?),
        _ => return None,
    })
}

fn low_bits(number: &BigInt) -> i64 {
    let bytes = number.to_signed_bytes_le();
    let fill = if number.sign() == num_bigint::Sign::Minus {
        0xff
    } else {
        0
    };
    let mut low = [fill; 8];
    for (to, from) in low.iter_mut().zip(bytes) {
        *to = from;
    }
    i64::from_le_bytes(low)
}

fn truncated(number: &Decimal) -> BigInt {
    rescaled(number, 0).unwrap_or_else(BigInt::zero)
}

/// The most digits a computation may make of a number: as many as Cassandra's `DecimalType` keeps.
pub const MAX_DIGITS: u32 = 10_000;

/// The unscaled number at another scale, towards zero. `None` if it would have too many digits.
pub fn rescaled(number: &Decimal, scale: i32) -> Option<BigInt> {
    let shift = i64::from(scale) - i64::from(number.scale);
    let power = u32::try_from(shift.unsigned_abs()).ok()?;
    if number.is_zero() {
        return Some(BigInt::zero());
    }
    if shift < 0 && i64::from(power) > number.precision() as i64 {
        return Some(BigInt::zero());
    }
    if power > MAX_DIGITS {
        return None;
    }
    let factor = BigInt::from(10).pow(power);
    Some(if shift < 0 {
        &number.unscaled / factor
    } else {
        &number.unscaled * factor
    })
}
