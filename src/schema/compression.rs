//! The `compression` option of a table. Source: Cassandra 5.0, `CompressionParams.java`.

use super::SchemaError;
use crate::base::SortedMap;

const PACKAGE: &str = "org.apache.cassandra.io.compress.";
const DEFAULT_CHUNK_KIB: &str = "16";

/// What each compressor understands beside the general options.
const COMPRESSORS: [(&str, &[&str]); 5] = [
    ("LZ4Compressor", &["lz4_compressor_type", "lz4_high_compressor_level"]),
    ("SnappyCompressor", &[]),
    ("DeflateCompressor", &[]),
    ("ZstdCompressor", &["compression_level"]),
    ("NoopCompressor", &[]),
];

/// Checks and completes the map.
pub(super) fn check(mut map: SortedMap<String, String>) -> Result<SortedMap<String, String>, SchemaError> {
    let wrong = |text: String| Err(SchemaError::Configuration(text));
    if map.get("enabled").is_some_and(|it| it.eq_ignore_ascii_case("false"))
        || map.get("class").is_some_and(String::is_empty)
    {
        return Ok([("enabled".to_string(), "false".to_string())].into());
    }
    map.remove("enabled");
    let Some(class) = map.remove("class") else {
        if map.is_empty() {
            return Ok([("enabled".to_string(), "false".to_string())].into());
        }
        return wrong("Missing sub-option 'class' for the 'compression' option.".into());
    };
    let full = if class.contains('.') {
        class
    } else {
        format!("{PACKAGE}{class}")
    };
    let known = full
        .strip_prefix(PACKAGE)
        .and_then(|name| COMPRESSORS.iter().find(|(it, _)| *it == name));
    let Some((_, options)) = known else {
        return wrong(format!("Could not create Compression for type {full}"));
    };
    let chunk = map
        .entry("chunk_length_in_kb".into())
        .or_insert_with(|| DEFAULT_CHUNK_KIB.into());
    match chunk.parse::<i32>() {
        Err(_) => return wrong("Invalid value for chunk_length_in_kb".into()),
        Ok(number) if number <= 0 => return wrong(format!("Invalid negative or null chunk_length_in_kb: {number}")),
        Ok(number) if !(number as u32).is_power_of_two() => {
            return wrong("chunk_length_in_kb must be a power of 2".into());
        }
        Ok(_) => {}
    }
    let general = ["chunk_length_in_kb", "min_compress_ratio"];
    if let Some(unknown) = map
        .keys()
        .find(|it| !general.contains(&it.as_str()) && !options.contains(&it.as_str()))
    {
        return wrong(format!("Unknown compression options {unknown}"));
    }
    map.insert("class".into(), full);
    Ok(map)
}
