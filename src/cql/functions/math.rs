//! Mathematical functions.
//!
//! Source of the rules: Cassandra 5.0, `cql3/functions/MathFcts` and the `NumberType`s.

use bytes::Bytes;
use num_bigint::Sign;

use super::arithmetic::divide_at;
use super::decimal_math;
use super::number::{convert, to_decimal, to_double};
use crate::cql::QueryError;
use crate::data::{CqlType, Decimal, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Abs,
    Exp,
    Log,
    Log10,
    Round,
}

impl Function {
    pub fn named(name: &str) -> Option<Function> {
        Some(match name {
            "abs" => Function::Abs,
            "exp" => Function::Exp,
            "log" => Function::Log,
            "log10" => Function::Log10,
            "round" => Function::Round,
            _ => return None,
        })
    }

    /// Results have the type of the argument.
    pub fn run(self, ty: &CqlType, value: &Bytes) -> Result<Option<Bytes>, QueryError> {
        let value = ty.decode(value)?;
        let result = match self {
            Function::Abs => Some(absolute(value)),
            Function::Round => round(value),
            Function::Exp | Function::Log | Function::Log10 => {
                if let (Value::Decimal(_) | Value::Varint(_), Some(number)) = (&value, to_decimal(&value)) {
                    let result = match self {
                        Function::Exp => decimal_math::exp(&number),
                        Function::Log => decimal_math::ln(&number),
                        _ => decimal_math::log10(&number),
                    };
                    let result =
                        result.map_err(|why| QueryError::Server(format!("java.lang.ArithmeticException: {why}")))?;
                    return Ok(convert(&Value::Decimal(result), ty).map(|value| value.encode()));
                }
                let result = to_double(&value).map(|number| match self {
                    Function::Exp => libm::exp(number),
                    Function::Log => libm::log(number),
                    _ => libm::log10(number),
                });
                result.and_then(|number| convert(&Value::Double(number), ty))
            }
        };
        Ok(result.map(|value| value.encode()))
    }
}

fn absolute(value: Value) -> Value {
    match value {
        Value::Tinyint(it) => Value::Tinyint(it.wrapping_abs()),
        Value::Smallint(it) => Value::Smallint(it.wrapping_abs()),
        Value::Int(it) => Value::Int(it.wrapping_abs()),
        Value::Bigint(it) | Value::Counter(it) => Value::Bigint(it.wrapping_abs()),
        Value::Float(it) => Value::Float(it.abs()),
        Value::Double(it) => Value::Double(it.abs()),
        Value::Varint(it) => Value::Varint(it.magnitude().clone().into()),
        Value::Decimal(it) => Value::Decimal(Decimal {
            unscaled: it.unscaled.magnitude().clone().into(),
            scale: it.scale,
        }),
        other => other,
    }
}

/// Halves go up for floats, as Java's `Math.round` has it, and away from zero for decimals.
fn round(value: Value) -> Option<Value> {
    Some(match value {
        Value::Float(it) => Value::Float(libm::floor(f64::from(it) + 0.5) as i32 as f32),
        Value::Double(it) => Value::Double(libm::floor(it + 0.5) as i64 as f64),
        Value::Decimal(it) => {
            let one = Decimal {
                unscaled: num_bigint::BigInt::from_biguint(Sign::Plus, 1u32.into()),
                scale: 0,
            };
            Value::Decimal(divide_at(&it, &one, 0).ok()?)
        }
        other => other,
    })
}
