//! Floating point numbers: five significant digits, or so cqlsh intends.

/// `digits`: cqlsh's `float_precision` or `double_precision`.
pub fn float(value: f64, digits: i32) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    general(value, precision(value, digits))
}

/// Where the notation is going to be positional, the digits before the point are not to count.
fn precision(value: f64, digits: i32) -> usize {
    let size = value.abs();
    if size <= f64::EPSILON {
        return digits.max(1) as usize;
    }
    let exponent = libm::log10(size) as i32;
    let precision = if (-4..digits).contains(&exponent) {
        digits + exponent + 1
    } else {
        digits
    };
    precision.max(1) as usize
}

/// C's `%.*g`.
fn general(value: f64, precision: usize) -> String {
    let scientific = format!("{value:.*e}", precision - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= precision as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_trailing_zeros(mantissa), exponent.abs());
    }
    let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
    without_trailing_zeros(&format!("{value:.decimals$}")).to_owned()
}

fn without_trailing_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From what cqlsh printed of a real cluster.
    #[test]
    fn as_cqlsh_prints_them() {
        for (value, text) in [
            (0.1, "0.1"),
            (1e15, "1e+15"),
            (1_234_567_890.123_456, "1.2346e+09"),
            (1e-5, "1e-05"),
            (0.000_123_456_78, "0.000123"),
            (99_999.95, "99999.95"),
            (999_999.5, "1e+06"),
            (3.333_333_333_333_333_5, "3.33333"),
            (-0.0, "-0"),
            (0.0, "0"),
            (1e-10, "1e-10"),
            (1.797_693_134_862_315_7e308, "1.7977e+308"),
            (5e-324, "4.9407e-324"),
            (9_007_199_254_740_993.0, "9.0072e+15"),
            (f64::from(0.1f32), "0.1"),
            (f64::from(99_999.5f32), "99999.5"),
            (f64::from(16_777_217f32), "1.6777e+07"),
            (-2.5, "-2.5"),
            (100.0, "100"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(float(value, 5), text);
        }
    }
}
