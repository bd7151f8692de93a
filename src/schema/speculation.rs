//! When a coordinator asks one more replica: the options `speculative_retry` and `additional_write_policy`.
//!
//! Source: Cassandra 5.0, `SpeculativeRetryPolicy.java` and its implementations, whose texts name the first option even where the other
//! is meant.

use super::SchemaError;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Policy {
    Always,
    Never,
    Percentile(f64),
    /// Milliseconds.
    Fixed(i32),
}

impl Policy {
    fn kind(self) -> &'static str {
        match self {
            Policy::Always => "ALWAYS",
            Policy::Never => "NEVER",
            Policy::Percentile(_) => "PERCENTILE",
            Policy::Fixed(_) => "FIXED",
        }
    }

    fn text(self) -> String {
        match self {
            Policy::Always | Policy::Never => self.kind().into(),
            Policy::Percentile(percentile) => format!("{}p", four_digits(percentile)),
            Policy::Fixed(millis) => format!("{millis}ms"),
        }
    }
}

/// A policy in its canonical form: `99p`, `50ms`, `ALWAYS`, `NEVER`, `MIN(99p,50ms)`.
pub(super) fn read(text: &str) -> Result<String, SchemaError> {
    if let Some(policy) = simple(text)? {
        return Ok(policy.text());
    }
    let Some((function, one, other)) = hybrid(text) else {
        return Err(invalid(text));
    };
    let of = |text: &str| match simple(text) {
        Ok(Some(policy)) => Ok(policy),
        _ => Err(()),
    };
    let (Ok(one), Ok(other)) = (of(one), of(other)) else {
        return Err(invalid(text));
    };
    if one.kind() == other.kind() {
        return Err(SchemaError::Configuration(format!(
            "Invalid value {text} for option 'speculative_retry': MIN()/MAX() arguments should be of different types, but both \
             are of type {}",
            one.kind()
        )));
    }
    let (percentile, fixed) = match one {
        Policy::Percentile(_) => (one, other),
        _ => (other, one),
    };
    Ok(format!("{function}({},{})", percentile.text(), fixed.text()))
}

fn invalid(text: &str) -> SchemaError {
    SchemaError::Configuration(format!("Invalid value {text} for option 'speculative_retry'"))
}

fn simple(text: &str) -> Result<Option<Policy>, SchemaError> {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "always" => return Ok(Some(Policy::Always)),
        "never" | "none" => return Ok(Some(Policy::Never)),
        _ => {}
    }
    let is_number = |digits: &&str| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let number = |digits: &str| digits.parse::<f64>().map_err(|_| invalid(text));
    let percentile = lower.strip_suffix("percentile").or_else(|| lower.strip_suffix('p'));
    if let Some(digits) = percentile.filter(is_number) {
        let percentile = number(digits)?;
        if percentile <= 0.0 || percentile >= 100.0 {
            return Err(SchemaError::Configuration(format!(
                "Invalid value {text} for PERCENTILE option 'speculative_retry': must be between (0.0 and 100.0)"
            )));
        }
        return Ok(Some(Policy::Percentile(percentile)));
    }
    match lower.strip_suffix("ms").filter(is_number) {
        Some(digits) => Ok(Some(Policy::Fixed(number(digits)? as i32))),
        None => Ok(None),
    }
}

/// `MIN(99p, 50ms)`: the function and both policies.
fn hybrid(text: &str) -> Option<(&'static str, &str, &str)> {
    let name = text.get(..3)?.to_ascii_uppercase();
    let function = ["MIN", "MAX"].into_iter().find(|it| *it == name)?;
    let (one, other) = text[3..].strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    let (one, other) = (one.trim_end(), other.trim_start());
    let is_policy = |text: &str| {
        let unit = text.trim_start_matches(|it: char| it.is_ascii_digit() || it == '.');
        unit.len() < text.len() && !unit.is_empty() && unit.bytes().all(|it| it.is_ascii_alphabetic())
    };
    (is_policy(one) && is_policy(other)).then_some((function, one, other))
}

/// Four digits after the point at most, none of them an idle zero.
fn four_digits(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_have_one_spelling() {
        let canonical = |text| read(text).unwrap();
        assert_eq!(canonical("95PERCENTILE"), "95p");
        assert_eq!(canonical("99.9p"), "99.9p");
        assert_eq!(canonical("min(50.7ms, 99p)"), "MIN(99p,50ms)");
        assert_eq!(canonical("none"), "NEVER");
    }

    #[test]
    fn others_are_refused() {
        for no in [
            "101p",
            "0p",
            "SOMETIMES",
            "MIN(99p)",
            "MIN(99p,98p)",
            "1.2.3ms",
            "",
            " 99p",
            "MAX(always,5ms)",
        ] {
            assert!(read(no).is_err(), "{no}");
        }
    }
}
