//! The `compaction` option of a table. Source: Cassandra 5.0, `CompactionParams.java` and each strategy's `validateOptions`.

use super::SchemaError;
use crate::base::SortedMap;

const PACKAGE: &str = "org.apache.cassandra.db.compaction.";

/// What every strategy understands.
const COMMON: [&str; 8] = [
    "class",
    "enabled",
    "log_all",
    "only_purge_repaired_tombstones",
    "provide_overlapping_tombstones",
    "tombstone_compaction_interval",
    "tombstone_threshold",
    "unchecked_tombstone_compaction",
];

const SIZE_TIERED: [&str; 5] = [
    "min_sstable_size",
    "bucket_low",
    "bucket_high",
    "min_threshold",
    "max_threshold",
];
const LEVELED: [&str; 5] = [
    "sstable_size_in_mb",
    "fanout_size",
    "single_sstable_uplevel",
    "min_threshold",
    "max_threshold",
];
const TIME_WINDOW: [&str; 6] = [
    "compaction_window_unit",
    "compaction_window_size",
    "timestamp_resolution",
    "expired_sstable_check_frequency_seconds",
    "unsafe_aggressive_sstable_expiration",
    "split_during_flush",
];
const UNIFIED: [&str; 9] = [
    "scaling_parameters",
    "target_sstable_size",
    "min_sstable_size",
    "base_shard_count",
    "sstable_growth",
    "overlap_inclusion_method",
    "flush_size_override",
    "expired_sstable_check_frequency_seconds",
    "unsafe_aggressive_sstable_expiration",
];

/// Checks and completes the map.
pub(super) fn check(mut map: SortedMap<String, String>) -> Result<SortedMap<String, String>, SchemaError> {
    let wrong = |text: String| Err(SchemaError::Configuration(text));
    let Some(class) = map.remove("class") else {
        return wrong("Missing sub-option 'class' for the 'compaction' option".into());
    };
    let full = if class.contains('.') {
        class
    } else {
        format!("{PACKAGE}{class}")
    };
    let name = full.strip_prefix(PACKAGE).unwrap_or(&full).to_string();
    let options: Vec<&str> = match name.as_str() {
        "SizeTieredCompactionStrategy" => SIZE_TIERED.to_vec(),
        "LeveledCompactionStrategy" => LEVELED.iter().chain(&SIZE_TIERED).copied().collect(),
        "TimeWindowCompactionStrategy" => TIME_WINDOW.iter().chain(&SIZE_TIERED).copied().collect(),
        "UnifiedCompactionStrategy" => UNIFIED.to_vec(),
        _ => return wrong(format!("Unable to find compaction strategy class '{full}'")),
    };
    let unknown: Vec<&str> = map
        .keys()
        .map(String::as_str)
        .filter(|it| !COMMON.contains(it) && !options.contains(it))
        .collect();
    if !unknown.is_empty() {
        return wrong(format!(
            "Properties specified [{}] are not understood by {name}",
            unknown.join(", ")
        ));
    }
    if name != "UnifiedCompactionStrategy" {
        thresholds(&mut map)?;
    }
    if let Some(unit) = map.get("compaction_window_unit")
        && !["MINUTES", "HOURS", "DAYS"].contains(&unit.as_str())
    {
        return wrong(format!("{unit} is not valid for compaction_window_unit"));
    }
    positive(&map, "compaction_window_size")?;
    map.insert("class".into(), full);
    Ok(map)
}

fn thresholds(map: &mut SortedMap<String, String>) -> Result<(), SchemaError> {
    let mut read = |name: &str, default: i32| {
        let text = map.entry(name.to_string()).or_insert_with(|| default.to_string());
        text.parse::<i32>().map_err(|_| {
            SchemaError::Configuration(format!(
                "Invalid value {text} for '{name}' compaction sub-option - must be an integer"
            ))
        })
    };
    let (min, max) = (read("min_threshold", 4)?, read("max_threshold", 32)?);
    let wrong = |text: String| Err(SchemaError::Configuration(text));
    if min <= 0 || max <= 0 {
        return wrong("Disabling compaction by setting compaction thresholds to 0 has been removed, set the compaction option 'enabled' to false instead.".into());
    }
    if min <= 1 {
        return wrong(format!("Min compaction threshold cannot be less than 2 (got {min})"));
    }
    if min > max {
        return wrong(format!(
            "Min compaction threshold (got {min}) cannot be greater than max compaction threshold (got {max})"
        ));
    }
    Ok(())
}

fn positive(map: &SortedMap<String, String>, option: &str) -> Result<(), SchemaError> {
    let Some(text) = map.get(option) else { return Ok(()) };
    match text.parse::<i64>() {
        Err(_) => Err(SchemaError::Configuration(format!(
            "{text} is not a parsable int (base10) for {option}"
        ))),
        Ok(number) if number < 1 => Err(SchemaError::Configuration(format!(
            "{number} must be greater than 1 for {option}"
        ))),
        Ok(_) => Ok(()),
    }
}
