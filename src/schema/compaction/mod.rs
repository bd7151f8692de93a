//! The `compaction` option of a table. Source: Cassandra 5.0, `CompactionParams.java` and each strategy's `validateOptions`.

mod options;
mod size;
mod unified;

use super::SchemaError;
use crate::base::SortedMap;
use options::{Options, wrong};

pub(super) use options::java_float;
pub use size::{parse_bytes, parse_share};

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
const TIME_WINDOW: [&str; 5] = [
    "compaction_window_unit",
    "compaction_window_size",
    "timestamp_resolution",
    "expired_sstable_check_frequency_seconds",
    "unsafe_aggressive_sstable_expiration",
];
const UNIFIED: [&str; 10] = [
    "scaling_parameters",
    "target_sstable_size",
    "min_sstable_size",
    "base_shard_count",
    "sstable_growth",
    "overlap_inclusion_method",
    "flush_size_override",
    "max_sstables_to_compact",
    "expired_sstable_check_frequency_seconds",
    "unsafe_aggressive_sstable_expiration",
];

/// The option as it was given: its class is there, and the rest is yet to be checked.
pub(super) struct Compaction {
    /// Without its package.
    name: String,
    options: SortedMap<String, String>,
}

impl Compaction {
    /// `CompactionParams.fromMap`.
    pub fn read(mut options: SortedMap<String, String>) -> Result<Compaction, SchemaError> {
        let Some(class) = options.remove("class") else {
            return wrong("Missing sub-option 'class' for the 'compaction' option".into());
        };
        let full = if class.contains('.') {
            class
        } else {
            format!("{PACKAGE}{class}")
        };
        let name = full.strip_prefix(PACKAGE).unwrap_or(&full).to_string();
        if understood(&name).is_none() {
            return wrong(format!("Unable to find compaction strategy class '{full}'"));
        }
        Options(&options).check_overlapping_tombstones()?;
        Ok(Compaction { name, options })
    }

    /// `CompactionParams.validate`. The options with what goes without saying.
    pub fn checked(mut self) -> Result<SortedMap<String, String>, SchemaError> {
        let given = Options(&self.options);
        given.check_common()?;
        match self.name.as_str() {
            "LeveledCompactionStrategy" => {
                given.check_leveled()?;
                given.check_size_tiered()?;
            }
            "TimeWindowCompactionStrategy" => {
                given.check_time_window()?;
                given.check_size_tiered()?;
            }
            "UnifiedCompactionStrategy" => unified::check(&given)?,
            _ => given.check_size_tiered()?,
        }
        let known = understood(&self.name).unwrap_or_default();
        let names = self.options.keys().map(String::as_str);
        let unknown: Vec<&str> = names
            .filter(|it| !COMMON.contains(it) && !known.iter().any(|some| some.contains(it)))
            .collect();
        if !unknown.is_empty() {
            return wrong(format!(
                "Properties specified [{}] are not understood by {}",
                unknown.join(", "),
                self.name
            ));
        }
        if self.name != "UnifiedCompactionStrategy" {
            thresholds(&mut self.options)?;
        }
        self.options.insert("class".into(), format!("{PACKAGE}{}", self.name));
        Ok(self.options)
    }
}

/// The options that a strategy has beside the common ones; `None`: there is no such strategy.
fn understood(name: &str) -> Option<[&'static [&'static str]; 2]> {
    match name {
        "SizeTieredCompactionStrategy" => Some([&SIZE_TIERED, &[]]),
        "LeveledCompactionStrategy" => Some([&LEVELED, &SIZE_TIERED]),
        "TimeWindowCompactionStrategy" => Some([&TIME_WINDOW, &SIZE_TIERED]),
        "UnifiedCompactionStrategy" => Some([&UNIFIED, &[]]),
        _ => None,
    }
}

fn thresholds(map: &mut SortedMap<String, String>) -> Result<(), SchemaError> {
    let mut read = |name: &str, default: i32| {
        let text = map.entry(name.to_string()).or_insert_with(|| default.to_string());
        let is_numeric = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        text.parse::<i32>().ok().filter(|_| is_numeric).ok_or_else(|| {
            SchemaError::Configuration(format!(
                "Invalid value {text} for '{name}' compaction sub-option - must be an integer"
            ))
        })
    };
    let (min, max) = (read("min_threshold", 4)?, read("max_threshold", 32)?);
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
