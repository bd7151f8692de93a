//! `+ - * / %` and negation: between numbers, of moments and durations, and joining texts.
//!
//! Source of the rules: Cassandra 5.0, `cql3/functions/OperationFcts` and the `NumberType`s.

use bytes::Bytes;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

use super::number::{MAX_DIGITS, NUMERIC, convert, rescaled, to_big, to_decimal, to_double, to_long};
use super::overload::Signature;
use super::{Body, time};
use crate::cql::QueryError;
use crate::cql::ast::ArithmeticOperator;
use crate::data::{CqlType, Decimal, Value};

/// The meanings of an operator.
pub fn overloads(operator: ArithmeticOperator) -> Vec<Signature> {
    let mut all = Vec::new();
    for left in NUMERIC {
        for right in NUMERIC {
            let returns = result_type(&left, &right);
            all.push(Signature::new(
                vec![left.clone(), right],
                returns,
                Body::Arithmetic(operator),
            ));
        }
    }
    use ArithmeticOperator::{Minus, Plus};
    if matches!(operator, Plus | Minus) {
        for moment in [CqlType::Timestamp, CqlType::Date] {
            let parameters = vec![moment.clone(), CqlType::Duration];
            all.push(Signature::new(parameters, moment, Body::Arithmetic(operator)));
        }
    }
    if operator == Plus {
        for (left, right) in [
            (CqlType::Text, CqlType::Text),
            (CqlType::Ascii, CqlType::Ascii),
            (CqlType::Ascii, CqlType::Text),
            (CqlType::Text, CqlType::Ascii),
        ] {
            let returns = if left == right { left.clone() } else { CqlType::Text };
            all.push(Signature::new(vec![left, right], returns, Body::Arithmetic(operator)));
        }
    }
    all
}

pub fn negations() -> Vec<Signature> {
    let negation = |ty: CqlType| Signature::new(vec![ty.clone()], ty, Body::Negation);
    NUMERIC.into_iter().map(negation).collect()
}

/// The type of a result, in which the wider operand fits.
fn result_type(left: &CqlType, right: &CqlType) -> CqlType {
    use CqlType::{Bigint, Counter, Decimal, Double, Float, Varint};
    let either = |ty: &CqlType| left == ty || right == ty;
    let fraction = either(&Float) || either(&Double);
    if either(&Decimal) || either(&Varint) && fraction {
        return Decimal;
    }
    if either(&Varint) {
        return Varint;
    }
    let long = either(&Bigint) || either(&Counter);
    if either(&Double) || either(&Float) && long {
        return Double;
    }
    if either(&Float) {
        return Float;
    }
    if long {
        return Bigint;
    }
    let widest = NUMERIC.iter().rfind(|ty| either(ty));
    widest.unwrap_or(left).clone()
}

/// Carries an operation out; the types are those of its signature.
pub fn run(
    operator: ArithmeticOperator,
    types: &[CqlType],
    returns: &CqlType,
    left: &Bytes,
    right: &Bytes,
) -> Result<Option<Bytes>, QueryError> {
    let [left_type, right_type] = types else {
        return Err(QueryError::Server("an operation without two operands".into()));
    };
    let (left, right) = (left_type.decode(left)?, right_type.decode(right)?);
    if left == Value::Empty || right == Value::Empty {
        return Ok(None);
    }
    let failed = |why: &str| QueryError::FunctionFailure {
        message: format!("the operation '{left_type} {operator} {right_type}' failed: {why}"),
        function: operator.function().into(),
        argument_types: vec![left_type.to_string(), right_type.to_string()],
    };
    let value = match (&left, &right) {
        (Value::Text(a) | Value::Ascii(a), Value::Text(b) | Value::Ascii(b)) => {
            return Ok(Some(Bytes::from([a.as_str(), b.as_str()].concat())));
        }
        (Value::Timestamp(_) | Value::Date(_), Value::Duration(duration)) => {
            time::shift(&left, *duration, operator == ArithmeticOperator::Minus).map_err(|why| failed(&why))?
        }
        _ => compute(operator, &left, &right, returns).map_err(failed)?,
    };
    Ok(Some(value.encode()))
}

const DIVISION_BY_ZERO: &str = "/ by zero";
const NOT_FINITE: &str = "a number that is not finite";

fn compute(
    operator: ArithmeticOperator,
    left: &Value,
    right: &Value,
    returns: &CqlType,
) -> Result<Value, &'static str> {
    match returns {
        CqlType::Decimal => {
            let (a, b) = to_decimal(left).zip(to_decimal(right)).ok_or(NOT_FINITE)?;
            decimal(operator, &a, &b).map(Value::Decimal)
        }
        CqlType::Varint => {
            let (a, b) = to_big(left).zip(to_big(right)).ok_or(NOT_FINITE)?;
            big(operator, &a, &b).map(Value::Varint)
        }
        CqlType::Double => {
            let (a, b) = to_double(left).zip(to_double(right)).ok_or(NOT_FINITE)?;
            Ok(Value::Double(match operator {
                ArithmeticOperator::Plus => a + b,
                ArithmeticOperator::Minus => a - b,
                ArithmeticOperator::Times => a * b,
                ArithmeticOperator::Divide => a / b,
                ArithmeticOperator::Modulo => a % b,
            }))
        }
        CqlType::Float => {
            let float = |value| match convert(value, &CqlType::Float) {
                Some(Value::Float(it)) => Ok(it),
                _ => Err(NOT_FINITE),
            };
            let (a, b) = (float(left)?, float(right)?);
            Ok(Value::Float(match operator {
                ArithmeticOperator::Plus => a + b,
                ArithmeticOperator::Minus => a - b,
                ArithmeticOperator::Times => a * b,
                ArithmeticOperator::Divide => a / b,
                ArithmeticOperator::Modulo => a % b,
            }))
        }
        whole => {
            let (a, b) = to_long(left).zip(to_long(right)).ok_or(NOT_FINITE)?;
            let result = match operator {
                ArithmeticOperator::Plus => a.wrapping_add(b),
                ArithmeticOperator::Minus => a.wrapping_sub(b),
                ArithmeticOperator::Times => a.wrapping_mul(b),
                ArithmeticOperator::Divide | ArithmeticOperator::Modulo if b == 0 => return Err(DIVISION_BY_ZERO),
                ArithmeticOperator::Divide => a.wrapping_div(b),
                ArithmeticOperator::Modulo => a.wrapping_rem(b),
            };
            convert(&Value::Bigint(result), whole).ok_or(NOT_FINITE)
        }
    }
}

fn big(operator: ArithmeticOperator, a: &BigInt, b: &BigInt) -> Result<BigInt, &'static str> {
    Ok(match operator {
        ArithmeticOperator::Plus => a + b,
        ArithmeticOperator::Minus => a - b,
        ArithmeticOperator::Times => a * b,
        ArithmeticOperator::Divide | ArithmeticOperator::Modulo if b.is_zero() => {
            return Err("BigInteger divide by zero");
        }
        ArithmeticOperator::Divide => a / b,
        ArithmeticOperator::Modulo => a % b,
    })
}

const TOO_LONG: &str = "more digits than a decimal may have";

fn decimal(operator: ArithmeticOperator, a: &Decimal, b: &Decimal) -> Result<Decimal, &'static str> {
    let scale = a.scale.max(b.scale);
    let at_scale = || rescaled(a, scale).zip(rescaled(b, scale)).ok_or(TOO_LONG);
    let number = match operator {
        ArithmeticOperator::Plus => {
            let (a, b) = at_scale()?;
            Decimal { unscaled: a + b, scale }
        }
        ArithmeticOperator::Minus => {
            let (a, b) = at_scale()?;
            Decimal { unscaled: a - b, scale }
        }
        ArithmeticOperator::Times => Decimal {
            unscaled: &a.unscaled * &b.unscaled,
            scale: a.scale.checked_add(b.scale).ok_or(TOO_LONG)?,
        },
        ArithmeticOperator::Divide | ArithmeticOperator::Modulo if b.is_zero() => {
            return Err("BigInteger divide by zero");
        }
        ArithmeticOperator::Divide => return divide(a, b),
        ArithmeticOperator::Modulo => {
            let (a, b) = at_scale()?;
            Decimal { unscaled: a % b, scale }
        }
    };
    match number.precision() > MAX_DIGITS as usize {
        true => Err(TOO_LONG),
        false => Ok(number),
    }
}

/// `DecimalType.MIN_SCALE`: a quotient has at least this many digits after the point, and as many that count.
const MIN_QUOTIENT_SCALE: i64 = 32;
/// `DecimalType.MAX_SCALE`.
const MAX_QUOTIENT_SCALE: i64 = 1000;

/// Half up, at the scale that Cassandra chooses, without trailing zeros.
fn divide(a: &Decimal, b: &Decimal) -> Result<Decimal, &'static str> {
    let digits_before_point = |it: &Decimal| it.precision() as i64 - i64::from(it.scale);
    let first_digit = digits_before_point(a) - digits_before_point(b);
    let scales = [
        MIN_QUOTIENT_SCALE - first_digit,
        i64::from(a.scale),
        i64::from(b.scale),
        MIN_QUOTIENT_SCALE,
    ];
    let scale = scales.into_iter().fold(0, i64::max).min(MAX_QUOTIENT_SCALE);
    divide_at(a, b, scale as i32).map(stripped)
}

/// The quotient with this many digits after the point, rounded half up.
pub fn divide_at(a: &Decimal, b: &Decimal, scale: i32) -> Result<Decimal, &'static str> {
    // a / b = (ua / ub) * 10^(sb - sa); the numerator is scaled so that the quotient comes out at `scale`.
    let shift = i64::from(scale) + i64::from(b.scale) - i64::from(a.scale);
    let power = u32::try_from(shift.unsigned_abs())
        .ok()
        .filter(|it| *it <= MAX_DIGITS)
        .ok_or(TOO_LONG)?;
    let factor = BigInt::from(10).pow(power);
    let (numerator, denominator) = match shift < 0 {
        true => (a.unscaled.clone(), &b.unscaled * factor),
        false => (&a.unscaled * factor, b.unscaled.clone()),
    };
    let (quotient, rest) = numerator.abs().div_rem(&denominator.abs());
    let rounded = if rest * 2 >= denominator.abs() {
        quotient + 1
    } else {
        quotient
    };
    let is_negative = numerator.is_negative() != denominator.is_negative();
    Ok(Decimal {
        unscaled: if is_negative { -rounded } else { rounded },
        scale,
    })
}

fn stripped(mut number: Decimal) -> Decimal {
    if number.is_zero() {
        number.scale = 0;
        return number;
    }
    let ten = BigInt::from(10);
    loop {
        let (quotient, rest) = number.unscaled.div_rem(&ten);
        if !rest.is_zero() {
            return number;
        }
        number.unscaled = quotient;
        number.scale -= 1;
    }
}

/// The number with the other sign.
pub fn negate(ty: &CqlType, value: &Bytes) -> Result<Option<Bytes>, QueryError> {
    let negated = match ty.decode(value)? {
        Value::Tinyint(it) => Value::Tinyint(it.wrapping_neg()),
        Value::Smallint(it) => Value::Smallint(it.wrapping_neg()),
        Value::Int(it) => Value::Int(it.wrapping_neg()),
        Value::Bigint(it) | Value::Counter(it) => Value::Bigint(it.wrapping_neg()),
        Value::Float(it) => Value::Float(-it),
        Value::Double(it) => Value::Double(-it),
        Value::Varint(it) => Value::Varint(-it),
        Value::Decimal(it) => Value::Decimal(Decimal {
            unscaled: -it.unscaled,
            scale: it.scale,
        }),
        _ => return Ok(None),
    };
    Ok(Some(negated.encode()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotient(a: &str, b: &str) -> String {
        divide(&Decimal::parse(a).unwrap(), &Decimal::parse(b).unwrap())
            .unwrap()
            .to_string()
    }

    #[test]
    fn decimal_quotients_have_cassandras_scale() {
        assert_eq!(quotient("1.25", "3"), "0.41666666666666666666666666666667");
        assert_eq!(quotient("100", "8.0"), "12.5");
        assert_eq!(quotient("-7", "2"), "-3.5");
        assert_eq!(quotient("0", "7"), "0");
    }

    #[test]
    fn results_are_as_wide_as_the_wider_operand() {
        assert_eq!(result_type(&CqlType::Tinyint, &CqlType::Int), CqlType::Int);
        assert_eq!(result_type(&CqlType::Float, &CqlType::Bigint), CqlType::Double);
        assert_eq!(result_type(&CqlType::Counter, &CqlType::Counter), CqlType::Bigint);
        assert_eq!(result_type(&CqlType::Varint, &CqlType::Float), CqlType::Decimal);
    }

    #[test]
    fn whole_numbers_wrap_and_refuse_zero() {
        let int = |n: i32| Bytes::copy_from_slice(&n.to_be_bytes());
        let types = [CqlType::Int, CqlType::Int];
        let run = |operator, a, b| run(operator, &types, &CqlType::Int, &int(a), &int(b));
        assert_eq!(run(ArithmeticOperator::Plus, i32::MAX, 1), Ok(Some(int(i32::MIN))));
        assert_eq!(run(ArithmeticOperator::Divide, i32::MIN, -1), Ok(Some(int(i32::MIN))));
        assert!(run(ArithmeticOperator::Modulo, 1, 0).is_err());
    }
}
