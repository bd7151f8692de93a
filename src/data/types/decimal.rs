//! Decimal numbers of any precision.

use core::cmp::Ordering;
use core::fmt;

use num_bigint::{BigInt, BigUint, Sign};

/// `unscaled` × 10^-`scale`. Equality is of the form: 1.0 and 1.00 are different values that compare equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    pub unscaled: BigInt,
    pub scale: i32,
}

impl Decimal {
    /// Reads digits with an optional sign, point and exponent, as Java's `BigDecimal` does.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(position) => (&text[..position], exponent(&text[position + 1..])?),
            None => (text, 0),
        };
        let (negative, unsigned) = match mantissa.strip_prefix(['-', '+']) {
            Some(unsigned) => (mantissa.starts_with('-'), unsigned),
            None => (false, mantissa),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        let magnitude = BigUint::parse_bytes(digits.as_bytes(), 10)?;
        let sign = if negative { Sign::Minus } else { Sign::Plus };
        Some(Decimal {
            unscaled: BigInt::from_biguint(sign, magnitude),
            scale: i32::try_from(scale).ok()?,
        })
    }

    /// How many digits the unscaled number has; 1 for zero.
    pub fn precision(&self) -> usize {
        self.unscaled.magnitude().to_string().len()
    }

    pub fn is_zero(&self) -> bool {
        self.unscaled.sign() == Sign::NoSign
    }
}

/// An exponent with an optional sign; Java's ends at ten digits and at 32 bits.
fn exponent(text: &str) -> Option<i64> {
    let exponent: i32 = text.parse().ok()?;
    Some(exponent.into())
}

/// By value: numbers that differ only in trailing zeros are equal.
pub fn compare(left: &Decimal, right: &Decimal) -> Ordering {
    let by_sign = left.unscaled.sign().cmp(&right.unscaled.sign());
    if by_sign != Ordering::Equal || left.is_zero() {
        return by_sign;
    }
    let by_magnitude = compare_magnitudes(left, right);
    if left.unscaled.sign() == Sign::Minus {
        by_magnitude.reverse()
    } else {
        by_magnitude
    }
}

// Scales can differ by billions: the powers of ten decide first, and only numbers of the same power are brought to one scale,
// which costs no more digits than they have.
fn compare_magnitudes(left: &Decimal, right: &Decimal) -> Ordering {
    let left_digits = left.unscaled.magnitude().to_string();
    let right_digits = right.unscaled.magnitude().to_string();
    let left_power = left_digits.len() as i64 - i64::from(left.scale);
    let right_power = right_digits.len() as i64 - i64::from(right.scale);
    let left_digits = left_digits.trim_end_matches('0');
    let right_digits = right_digits.trim_end_matches('0');
    left_power.cmp(&right_power).then_with(|| left_digits.cmp(right_digits))
}

/// As Java's `BigDecimal.toString` and Python's `Decimal` write it: with an exponent for large powers of ten.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.unscaled.magnitude().to_string();
        if self.unscaled.sign() == Sign::Minus {
            f.write_str("-")?;
        }
        let scale = i64::from(self.scale);
        let power = digits.len() as i64 - 1 - scale;
        if scale == 0 {
            return f.write_str(&digits);
        }
        if scale > 0 && power >= -6 {
            return match digits.len().checked_sub(self.scale as usize) {
                Some(point) if point > 0 => write!(f, "{}.{}", &digits[..point], &digits[point..]),
                _ => write!(f, "0.{digits:0>width$}", width = self.scale as usize),
            };
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{first}{point}{rest}E{power:+}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_java_writes_them() {
        for text in [
            "0", "0.00", "1.10", "-5E+3", "1E-30", "1.0E-10", "123.456", "0.000001", "1E-7", "-0.5", "0E-7", "0E+3",
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Decimal::parse("+1e10").unwrap().to_string(), "1E+10");
        assert_eq!(Decimal::parse("5.").unwrap().to_string(), "5");
        assert_eq!(Decimal::parse("-0.0").unwrap().to_string(), "0.0");
        assert_eq!(Decimal::parse("1e2147483647").unwrap().to_string(), "1E+2147483647");
    }

    #[test]
    fn not_decimals() {
        for text in [
            "",
            "-",
            ".",
            "NaN",
            "1e",
            "e5",
            "1.2.3",
            "1_000",
            "1e2147483649",
            "1e99999999999",
            "--1",
            "1e+-5",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ordered_by_value() {
        let ascending = [
            "-1e2147483647",
            "-10",
            "-9.99",
            "-0.5",
            "0",
            "1e-2147483647",
            "1.0",
            "9.99",
            "10",
            "1e99",
        ];
        let values: Vec<Decimal> = ascending.iter().map(|text| Decimal::parse(text).unwrap()).collect();
        for (i, left) in values.iter().enumerate() {
            for (j, right) in values.iter().enumerate() {
                assert_eq!(compare(left, right), i.cmp(&j), "{left} {right}");
            }
        }
        let equal = |left, right| compare(&Decimal::parse(left).unwrap(), &Decimal::parse(right).unwrap());
        assert_eq!(equal("1.0", "1.000"), Ordering::Equal);
        assert_eq!(equal("100", "1e2"), Ordering::Equal);
        assert_eq!(equal("0", "0e50"), Ordering::Equal);
    }
}
