//! `exp`, `log` and `log10` of decimals, to as many digits as the argument has and at least 32.
//!
//! Source of the precision and of the special cases: Cassandra 5.0, `db/marshal/DecimalType`, and the library it calls.
//! Numbers are whole multiples of 10^-digits, with more digits than the result has.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::number::MAX_DIGITS;
use crate::data::Decimal;

/// `DecimalType.MIN_SIGNIFICANT_DIGITS`
const MIN_DIGITS: u32 = 32;

/// What rounding on the way may take.
const GUARD_DIGITS: u32 = 12;

fn digits_for(number: &Decimal) -> u32 {
    (number.precision() as u32).clamp(MIN_DIGITS, MAX_DIGITS)
}

fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// The number rounded to so many digits, half to even. Shorter ones stay as they are.
fn rounded(number: Decimal, digits: u32) -> Decimal {
    let excess = (number.precision() as u32).saturating_sub(digits);
    if excess == 0 {
        return number;
    }
    let unit = power_of_ten(excess);
    let (mut quotient, rest) = number.unscaled.abs().div_rem(&unit);
    let twice = rest * 2;
    if twice > unit || twice == unit && quotient.is_odd() {
        quotient += 1;
    }
    if number.unscaled.is_negative() {
        quotient = -quotient;
    }
    let scale = number.scale - excess as i32;
    // 99.9 to two digits is 1.0E+2.
    rounded(
        Decimal {
            unscaled: quotient,
            scale,
        },
        digits,
    )
}

/// The number in units of 10^-digits, towards zero; `None` if that is out of all bounds.
fn fixed(number: &Decimal, digits: u32) -> Option<BigInt> {
    let shift = i64::from(digits) - i64::from(number.scale);
    let power = u32::try_from(shift.unsigned_abs()).ok()?;
    if shift < 0 {
        return match i64::from(power) > number.precision() as i64 {
            true => Some(BigInt::zero()),
            false => Some(&number.unscaled / power_of_ten(power)),
        };
    }
    (power <= 4 * MAX_DIGITS).then(|| &number.unscaled * power_of_ten(power))
}

/// 2·artanh(numerator / denominator), which is the logarithm of (denominator + numerator) / (denominator - numerator).
fn twice_artanh(numerator: &BigInt, denominator: &BigInt, one: &BigInt) -> BigInt {
    let ratio = numerator * one / denominator;
    let square = &ratio * &ratio / one;
    let (mut sum, mut power, mut odd) = (ratio.clone(), ratio, 1u32);
    while !power.is_zero() {
        power = power * &square / one;
        odd += 2;
        sum += &power / odd;
    }
    sum * 2
}

fn ln_2(one: &BigInt) -> BigInt {
    twice_artanh(&BigInt::one(), &BigInt::from(3), one)
}

fn ln_10(one: &BigInt) -> BigInt {
    // 10 = 2^3 · 5/4
    ln_2(one) * 3 + twice_artanh(&BigInt::one(), &BigInt::from(9), one)
}

pub fn exp(number: &Decimal) -> Result<Decimal, &'static str> {
    if number.is_zero() {
        return Ok(Decimal {
            unscaled: BigInt::one(),
            scale: 0,
        });
    }
    let digits = digits_for(number);
    let magnitude = number.precision() as i64 - i64::from(number.scale);
    // Java's powers have exponents of 32 bits, and so has a scale.
    if magnitude > 10 {
        return Err("Overflow");
    }
    let working = digits + GUARD_DIGITS + magnitude.max(0) as u32;
    let one = power_of_ten(working);
    let argument = fixed(number, working).ok_or("Overflow")?;
    // e^x = 10^k · e^(x - k ln 10)
    let ln_10 = ln_10(&one);
    let (power, rest) = argument.div_mod_floor(&ln_10);
    let power = power.to_i32().ok_or("Overflow")?;
    // Halving the rest some times makes the series short; squaring as often undoes it.
    let halvings = 16;
    let small = rest >> halvings;
    let (mut sum, mut term, mut n) = (one.clone(), one.clone(), 0u32);
    while !term.is_zero() {
        n += 1;
        term = term * &small / &one / n;
        sum += &term;
    }
    for _ in 0..halvings {
        sum = &sum * &sum / &one;
    }
    let scale = (working as i32).checked_sub(power).ok_or("Underflow")?;
    Ok(rounded(Decimal { unscaled: sum, scale }, digits))
}

pub fn ln(number: &Decimal) -> Result<Decimal, &'static str> {
    if number.unscaled.sign() != Sign::Plus {
        return Err("Natural log of number zero or less");
    }
    Ok(ln_to(number, digits_for(number)))
}

/// The logarithm of a positive number to so many digits.
fn ln_to(number: &Decimal, digits: u32) -> Decimal {
    let precision = number.precision() as i64;
    // The number is mantissa · 10^exponent, with a mantissa from 1 up to 10, or that of 0.5 for what is just below 1.
    let mut exponent = precision - 1 - i64::from(number.scale);
    if exponent == -1 {
        exponent = 0;
    }
    let mantissa = Decimal {
        unscaled: number.unscaled.clone(),
        scale: (i64::from(number.scale) + exponent) as i32,
    };
    // Near 1 the logarithm is small, and starts with as many zeros as the number's distance from 1.
    let working = digits + GUARD_DIGITS + 2 * precision.min(i64::from(MAX_DIGITS)) as u32;
    let one = power_of_ten(working);
    let mut value = fixed(&mantissa, working).unwrap_or_else(|| one.clone());
    if value == one && exponent == 0 {
        return Decimal {
            unscaled: BigInt::zero(),
            scale: 0,
        };
    }
    let mut doublings = 0i32;
    while &value * 3 > &one * 4 {
        value /= 2;
        doublings += 1;
    }
    while &value * 3 < &one * 2 {
        value *= 2;
        doublings -= 1;
    }
    let mut sum = twice_artanh(&(&value - &one), &(&value + &one), &one);
    if doublings != 0 {
        sum += ln_2(&one) * doublings;
    }
    if exponent != 0 {
        sum += ln_10(&one) * exponent;
    }
    rounded(
        Decimal {
            unscaled: sum,
            scale: working as i32,
        },
        digits,
    )
}

pub fn log10(number: &Decimal) -> Result<Decimal, &'static str> {
    if number.unscaled.sign() != Sign::Plus {
        return Err("Log10 of number zero or less");
    }
    let digits = digits_for(number);
    let inner = digits + 2;
    let ten = Decimal {
        unscaled: BigInt::from(10),
        scale: 0,
    };
    let (dividend, divisor) = (ln_to(number, inner), ln_to(&ten, inner));
    Ok(rounded(divided(&dividend, &divisor, inner), digits))
}

/// A quotient to so many digits; an exact one at the difference of the scales if it fits there, as `BigDecimal.divide` has it.
fn divided(dividend: &Decimal, divisor: &Decimal, digits: u32) -> Decimal {
    let preferred = dividend.scale - divisor.scale;
    if dividend.is_zero() {
        return Decimal {
            unscaled: BigInt::zero(),
            scale: preferred,
        };
    }
    let more = digits + divisor.precision() as u32 + 3;
    let (mut quotient, rest) = (&dividend.unscaled * power_of_ten(more)).div_rem(&divisor.unscaled);
    let mut scale = preferred + more as i32;
    if !rest.is_zero() {
        // Anything beyond the last digit decides a tie.
        let beyond = if quotient.is_negative() { -1 } else { 1 };
        quotient = quotient * 10 + beyond;
        return rounded(
            Decimal {
                unscaled: quotient,
                scale: scale + 1,
            },
            digits,
        );
    }
    let ten = BigInt::from(10);
    while scale > preferred && (&quotient % &ten).is_zero() {
        quotient /= &ten;
        scale -= 1;
    }
    rounded(
        Decimal {
            unscaled: quotient,
            scale,
        },
        digits,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(function: impl Fn(&Decimal) -> Result<Decimal, &'static str>, text: &str) -> String {
        function(&Decimal::parse(text).unwrap()).unwrap().to_string()
    }

    #[test]
    fn as_cassandra_answers() {
        assert_eq!(run(exp, "-3.75"), "0.023517745856009108236151185100433");
        assert_eq!(run(log10, "1000"), "3.0000000000000000000000000000000");
        assert_eq!(run(exp, "0.00"), "1");
        assert_eq!(run(exp, "1"), "2.7182818284590452353602874713527");
        assert_eq!(run(ln, "1.00"), "0");
        assert_eq!(run(ln, "2"), "0.69314718055994530941723212145818");
        assert_eq!(run(ln, "1e-20"), "-46.051701859880913680359829093687");
        assert_eq!(run(ln, "0.9999999999"), "-1.0000000000500000000033333333336E-10");
    }

    #[test]
    fn what_has_no_logarithm_says_so() {
        let zero = Decimal::parse("0").unwrap();
        assert_eq!(ln(&zero), Err("Natural log of number zero or less"));
        assert_eq!(log10(&zero), Err("Log10 of number zero or less"));
    }
}
