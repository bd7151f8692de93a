//! The `compression` option of a table. Source: Cassandra 5.0, `CompressionParams.java` and the compressors' `create`.

use super::SchemaError;
use super::compaction::java_float;
use super::params::java_double;
use crate::base::SortedMap;

const PACKAGE: &str = "org.apache.cassandra.io.compress.";
const CHUNK_LENGTH: &str = "chunk_length_in_kb";
const DEFAULT_CHUNK_KIB: i32 = 16;
const MIN_RATIO: &str = "min_compress_ratio";

/// What each compressor understands beside the general options.
const COMPRESSORS: [(&str, &[&str]); 5] = [
    ("LZ4Compressor", &["lz4_compressor_type", "lz4_high_compressor_level"]),
    ("SnappyCompressor", &[]),
    ("DeflateCompressor", &[]),
    ("ZstdCompressor", &["compression_level"]),
    ("NoopCompressor", &[]),
];

/// Zstandard's own limits: `ZSTD_minCLevel` and `ZSTD_maxCLevel`.
const ZSTD_LEVELS: core::ops::RangeInclusive<i32> = -131_072..=22;

type Options = SortedMap<String, String>;

fn wrong<T>(text: String) -> Result<T, SchemaError> {
    Err(SchemaError::Configuration(text))
}

/// Checks and completes the map.
pub(super) fn read(mut map: Options) -> Result<Options, SchemaError> {
    let enabled = map.get("enabled").is_none_or(|it| it.eq_ignore_ascii_case("true"));
    if !map.is_empty() && enabled && !map.contains_key("class") {
        return wrong("Missing sub-option 'class' for the 'compression' option.".into());
    }
    map.remove("enabled");
    if !enabled && !map.is_empty() {
        return wrong("If the 'enabled' option is set to false no other options must be specified".into());
    }
    let Some(class) = map.remove("class") else {
        return Ok([("enabled".to_string(), "false".to_string())].into());
    };
    if class.is_empty() {
        return wrong("The 'class' option must not be empty. To disable compression use 'enabled' : false".into());
    }
    let chunk_kib = chunk_length(map.remove(CHUNK_LENGTH))?;
    let ratio = min_ratio(map.remove(MIN_RATIO))?;
    let full = if class.contains('.') {
        class
    } else {
        format!("{PACKAGE}{class}")
    };
    check_compressor(&full, &map)?;
    if chunk_kib <= 0 {
        return wrong(format!("Invalid negative or null {CHUNK_LENGTH}"));
    }
    if !(chunk_kib as u32).is_power_of_two() {
        return wrong(format!("{CHUNK_LENGTH} must be a power of 2"));
    }
    let chunk = f64::from(chunk_kib) * 1024.0;
    let longest = libm::ceil((chunk / ratio).min(f64::from(i32::MAX)));
    if longest < 0.0 {
        return wrong(format!("Invalid negative {MIN_RATIO}"));
    }
    if longest > chunk && longest < f64::from(i32::MAX) {
        return wrong(format!("{MIN_RATIO} can either be 0 or greater than or equal to 1"));
    }
    map.insert("class".into(), full);
    map.insert(CHUNK_LENGTH.into(), chunk_kib.to_string());
    if ratio != 0.0 {
        map.insert(MIN_RATIO.into(), java_double(ratio));
    }
    Ok(map)
}

fn chunk_length(text: Option<String>) -> Result<i32, SchemaError> {
    let Some(text) = text else {
        return Ok(DEFAULT_CHUNK_KIB);
    };
    match text.parse::<i32>() {
        Err(_) => wrong(format!("Invalid value for {CHUNK_LENGTH}")),
        Ok(number) if number > i32::MAX / 1024 => wrong(format!("Value of {CHUNK_LENGTH} is too large ({number})")),
        Ok(number) => Ok(number),
    }
}

fn min_ratio(text: Option<String>) -> Result<f64, SchemaError> {
    let Some(text) = text else { return Ok(0.0) };
    match java_float(&text) {
        Some(ratio) => Ok(ratio),
        None => wrong(format!("Invalid value for {MIN_RATIO}: {text} is not a number")),
    }
}

fn check_compressor(class: &str, options: &Options) -> Result<(), SchemaError> {
    let name = class.strip_prefix(PACKAGE).unwrap_or_default();
    let Some((_, known)) = COMPRESSORS.iter().find(|(it, _)| *it == name) else {
        return wrong(format!("Could not create Compression for type {class}"));
    };
    if name == "LZ4Compressor" {
        check_lz4(options)?;
    }
    if name == "ZstdCompressor" {
        check_zstd(options)?;
    }
    match options.keys().find(|it| !known.contains(&it.as_str())) {
        Some(unknown) => wrong(format!("Unknown compression options {unknown}")),
        None => Ok(()),
    }
}

fn check_lz4(options: &Options) -> Result<(), SchemaError> {
    if let Some(kind) = options.get("lz4_compressor_type")
        && !["fast", "high"].contains(&kind.as_str())
    {
        return wrong(format!(
            "Invalid compressor type '{kind}' specified for LZ4 parameter 'lz4_compressor_type'. Valid options are [high, fast]."
        ));
    }
    if let Some(text) = options.get("lz4_high_compressor_level")
        && !text.parse::<i32>().is_ok_and(|level| (1..=17).contains(&level))
    {
        return wrong(format!(
            "Invalid value [{text}] for parameter 'lz4_high_compressor_level'. Value must be between 1 and 17."
        ));
    }
    Ok(())
}

fn check_zstd(options: &Options) -> Result<(), SchemaError> {
    let Some(text) = options.get("compression_level") else {
        return Ok(());
    };
    let said = match text.parse::<i32>() {
        Err(_) => format!("java.lang.NumberFormatException For input string: \"{text}\""),
        Ok(level) if !ZSTD_LEVELS.contains(&level) => {
            format!("java.lang.IllegalArgumentException compression_level={level} is invalid")
        }
        Ok(_) => return Ok(()),
    };
    wrong(format!("ZstdCompressor.create() threw an error: {said}"))
}
