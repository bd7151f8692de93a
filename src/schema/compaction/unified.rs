//! The options of UnifiedCompactionStrategy. Source: Cassandra 5.0, `unified/Controller.java`, whose order the checks keep.

use super::super::SchemaError;
use super::PACKAGE;
use super::options::{Options, wrong};
use super::size::{parse_bytes, parse_share, pretty_bytes};

const MIN_TARGET_BYTES: i64 = 1 << 20;
const DEFAULT_TARGET_BYTES: i64 = 1 << 30;

pub(super) fn check(given: &Options<'_>) -> Result<(), SchemaError> {
    for parameter in given
        .text("scaling_parameters")
        .into_iter()
        .flat_map(|it| it.split(','))
    {
        check_scaling(parameter.trim())?;
    }
    let shards = "base_shard_count";
    if let Some(number) = given.integer::<i32>(shards)?.filter(|it| *it <= 0) {
        return wrong(format!("Invalid configuration, {shards} should be positive: {number}"));
    }
    let target = target_bytes(given)?;
    if let Some((name, text)) = named(given, "flush_size_override") {
        at_least_minimum(name, text, bytes(name, text)?)?;
    }
    given.integer::<i32>("max_sstables_to_compact")?;
    check_frequency(given)?;
    if let Some((name, text)) = named(given, "unsafe_aggressive_sstable_expiration")
        && !["true", "false"].iter().any(|it| text.eq_ignore_ascii_case(it))
    {
        return wrong(format!("{name} should either be 'true' or 'false', not {text}"));
    }
    if let Some(text) = given.text("overlap_inclusion_method")
        && !["NONE", "SINGLE", "TRANSITIVE"].contains(&text.to_uppercase().as_str())
    {
        return wrong(format!(
            "Invalid overlap inclusion method {text}. The valid options are [NONE, SINGLE, TRANSITIVE]."
        ));
    }
    check_min_size(given, target)?;
    if let Some((name, text)) = named(given, "sstable_growth") {
        match parse_share(text) {
            Err(said) => return wrong(format!("{name} is not a valid number between 0 and 1: {said}")),
            Ok(share) if !(0.0..=1.0).contains(&share) && !share.is_nan() => {
                return wrong(format!("{name} {text} must be between 0 and 1"));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

fn named<'a>(given: &Options<'a>, name: &'static str) -> Option<(&'static str, &'a str)> {
    Some((name, given.text(name)?))
}

/// `UnifiedCompactionStrategy.parseScalingParameter`.
fn check_scaling(text: &str) -> Result<(), SchemaError> {
    if text == "N" {
        return Ok(());
    }
    let (digits, is_fan) = match text.strip_prefix(['L', 'T']) {
        Some(digits) => (digits, true),
        None => (text.strip_prefix(['+', '-']).unwrap_or(text), false),
    };
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return wrong(format!(
            "Scaling parameter {text} must match N|L[0-9]+|T[0-9]+|[+-]?[0-9]+"
        ));
    }
    let number = if is_fan { digits } else { text };
    match number.parse::<i32>() {
        Err(_) => wrong(format!(
            "{PACKAGE}UnifiedCompactionStrategy.validateOptions() threw an error: java.lang.NumberFormatException For input \
             string: \"{number}\""
        )),
        Ok(fan) if is_fan && fan < 2 => wrong(format!("Fan factor cannot be lower than 2 in {text}")),
        Ok(_) => Ok(()),
    }
}

fn bytes(name: &str, text: &str) -> Result<f64, SchemaError> {
    parse_bytes(text).or_else(|said| wrong(format!("{name} {text} is not a valid size in bytes: {said}")))
}

fn at_least_minimum(name: &str, text: &str, bytes: f64) -> Result<(), SchemaError> {
    if bytes < MIN_TARGET_BYTES as f64 {
        let least = pretty_bytes(MIN_TARGET_BYTES);
        return wrong(format!(
            "{name} {text} is not acceptable, size must be at least {least}"
        ));
    }
    Ok(())
}

fn target_bytes(given: &Options<'_>) -> Result<i64, SchemaError> {
    let Some((name, text)) = named(given, "target_sstable_size") else {
        return Ok(DEFAULT_TARGET_BYTES);
    };
    let target = bytes(name, text)?;
    if target >= i64::MAX as f64 {
        return wrong(format!("{name} {text} is out of range of Long."));
    }
    at_least_minimum(name, text, target)?;
    Ok(target.ceil() as i64)
}

fn check_frequency(given: &Options<'_>) -> Result<(), SchemaError> {
    let Some((name, text)) = named(given, "expired_sstable_check_frequency_seconds") else {
        return Ok(());
    };
    match text.parse::<i64>() {
        Err(_) => wrong(format!("{text} is not a parsable long (base10) for {name}")),
        Ok(number) if number <= 0 => wrong(format!("Invalid configuration, {name} should be positive: {number}")),
        Ok(_) => Ok(()),
    }
}

fn check_min_size(given: &Options<'_>, target: i64) -> Result<(), SchemaError> {
    let Some((name, text)) = named(given, "min_sstable_size") else {
        return Ok(());
    };
    let Ok(least) = parse_bytes(text) else {
        return wrong(format!("{text} is not a valid size in bytes for {name}"));
    };
    let least = least as i64;
    if least < 0 {
        return wrong(format!(
            "Invalid configuration, {name} should be greater than or equal to 0 (zero)"
        ));
    }
    let limit = (target as f64 * core::f64::consts::FRAC_1_SQRT_2).ceil() as i64;
    if least >= limit {
        return wrong(format!(
            "Invalid configuration, {name} ({}) should be less than 70% of the targetSSTableSize ({})",
            pretty_bytes(least),
            pretty_bytes(target)
        ));
    }
    Ok(())
}
