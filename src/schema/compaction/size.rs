//! Sizes and shares as Cassandra writes them: `100MiB`, `1 GB`, `10%`. Source: Cassandra 5.0, `FBUtilities.java`.

use super::options::java_float;

/// From 10^-30 to 10^30; the blank in the middle stands for no prefix.
const PREFIXES: &str = "qryzafpnum KMGTPEZYRQ";
const NO_PREFIX: i32 = 10;

/// A size in bytes, or what Java says of a text that is none: `FBUtilities.parseHumanReadable(text, null, "B")`.
pub fn parse_bytes(text: &str) -> Result<f64, String> {
    let Some(datum) = text.strip_suffix('B') else {
        return Err(format!("{text} does not end in unit B"));
    };
    let digits = number_length(datum);
    let Some(mut value) = java_float(&datum[..digits]) else {
        return Err("null".into());
    };
    let mut rest = &datum[digits..];
    let is_plain = !datum[..digits].contains(['e', 'E']);
    if let Some(power) = rest.strip_prefix("*2^").filter(|_| is_plain) {
        let length = integer_length(power);
        if let Ok(exponent) = power[..length].parse::<i32>() {
            value = libm::scalbn(value, exponent);
            rest = &power[length..];
        }
    }
    rest = rest.trim_start();
    if let Some(prefix) = rest.chars().next().and_then(|it| PREFIXES.find(it)) {
        let power = prefix as i32 - NO_PREFIX;
        rest = &rest[1..];
        match rest.strip_prefix('i') {
            Some(after) => {
                value = libm::scalbn(value, power * 10);
                rest = after;
            }
            None => value *= libm::exp(libm::log(1000.0) * f64::from(power)),
        }
    }
    if rest.is_empty() {
        return Ok(value);
    }
    let end = datum.chars().count();
    let at = end - rest.chars().count();
    Err(format!("Unexpected characters between pos {at} and {end} in {text}"))
}

/// A share, as a number or in percent, or what Java says: `FBUtilities.parsePercent`.
pub fn parse_share(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let (number, divisor) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text, 1.0),
    };
    match java_float(number) {
        Some(share) => Ok(share / divisor),
        None if number.is_empty() => Err("empty String".into()),
        None => Err(format!("For input string: \"{number}\"")),
    }
}

/// How much of a text is a number: `NaN`, an infinity, or digits with a fraction and an exponent.
fn number_length(text: &str) -> usize {
    for word in ["NaN", "Infinity", "+Infinity", "-Infinity"] {
        if text.starts_with(word) {
            return word.len();
        }
    }
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = integer_length(text);
    if end == 0 {
        return 0;
    }
    if text[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if let Some(exponent) = text[end..].strip_prefix(['e', 'E']) {
        let length = integer_length(exponent);
        if length > 0 {
            end += 1 + length;
        }
    }
    end
}

/// A sign, and digits.
fn integer_length(text: &str) -> usize {
    let sign = usize::from(text.starts_with(['+', '-']));
    match text[sign..].bytes().take_while(u8::is_ascii_digit).count() {
        0 => 0,
        digits => sign + digits,
    }
}

/// `FBUtilities.prettyPrintMemory`.
pub(super) fn pretty_bytes(bytes: i64) -> String {
    let power = bytes.unsigned_abs().max(1).ilog2() / 10;
    match power {
        0 => format!("{bytes}B"),
        _ => {
            let value = libm::scalbn(bytes as f64, -10 * power as i32);
            let prefix = PREFIXES.as_bytes()[NO_PREFIX as usize + power as usize] as char;
            format!("{value:.3}{prefix}iB")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_cassandra_reads_them() {
        assert_eq!(parse_bytes("100MiB"), Ok(104_857_600.0));
        assert_eq!(parse_bytes("1 GB").map(f64::round), Ok(1_000_000_000.0));
        assert_eq!(parse_bytes("1.5KiB"), Ok(1536.0));
        assert_eq!(parse_bytes("1*2^10B"), Ok(1024.0));
        assert_eq!(parse_bytes("64B"), Ok(64.0));
        assert_eq!(parse_bytes("64").unwrap_err(), "64 does not end in unit B");
        assert_eq!(parse_bytes("xB").unwrap_err(), "null");
        let unexpected = "Unexpected characters between pos 2 and 6 in 1MbytesB";
        assert_eq!(
            parse_bytes("1MbytesB").unwrap_err(),
            unexpected.replace("and 6", "and 7")
        );
    }

    #[test]
    fn shares_are_numbers_or_percentages() {
        assert_eq!(parse_share("25%"), Ok(0.25));
        assert_eq!(parse_share(" 0.5 "), Ok(0.5));
        assert_eq!(parse_share("half").unwrap_err(), "For input string: \"half\"");
    }

    #[test]
    fn sizes_are_written_with_a_prefix() {
        assert_eq!(pretty_bytes(1 << 20), "1.000MiB");
        assert_eq!(pretty_bytes(1_600), "1.562KiB");
        assert_eq!(pretty_bytes(17), "17B");
    }
}
