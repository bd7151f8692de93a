//! Table options: from the properties of a `WITH` clause to checked parameters.
//!
//! Source: Cassandra 5.0, `TableAttributes.java` and `TableParams.validate`.

use super::{Properties, SchemaError, TableParams, compaction, compression};
use crate::base::SortedMap;
use crate::data::Ttl;

/// The smallest false positive chance a bloom filter can be built for (`BloomCalculations.minSupportedBloomFilterFpChance`).
const MIN_BLOOM_FILTER_FP_CHANCE: f64 = 6.71e-5;

/// What leveled compaction has as its false positive chance, where none is given (`TableParams.Builder.build`).
const LEVELED_BLOOM_FILTER_FP_CHANCE: f64 = 0.1;

impl TableParams {
    /// The options of a new table or view.
    pub(super) fn of_new_table(properties: &mut Properties) -> Result<TableParams, SchemaError> {
        let is_said = properties.has("bloom_filter_fp_chance");
        let mut params = TableParams::default().with(properties)?;
        let class = params.compaction.get("class");
        if !is_said && class.is_some_and(|class| class.ends_with("LeveledCompactionStrategy")) {
            params.bloom_filter_fp_chance = LEVELED_BLOOM_FILTER_FP_CHANCE;
        }
        Ok(params)
    }

    /// These options with what `properties` change, checked. Properties that are no table options stay in there.
    pub(super) fn with(&self, properties: &mut Properties) -> Result<TableParams, SchemaError> {
        let mut params = self.clone();
        let it = properties;
        if let Some(text) = it.take_text("additional_write_policy")? {
            params.additional_write_policy = speculation("additional_write_policy", &text)?;
        }
        set(&mut params.allow_auto_snapshot, it.take_boolean("allow_auto_snapshot")?);
        set(
            &mut params.bloom_filter_fp_chance,
            it.take_double("bloom_filter_fp_chance")?,
        );
        if let Some(map) = it.take_map("caching")? {
            params.caching = caching(map)?;
        }
        set(&mut params.cdc, it.take_boolean("cdc")?);
        set(&mut params.comment, it.take_text("comment")?);
        if let Some(map) = it.take_map("compaction")? {
            params.compaction = compaction::check(map)?;
        }
        if let Some(map) = it.take_map("compression")? {
            params.compression = compression::check(map)?;
        }
        set(&mut params.crc_check_chance, it.take_double("crc_check_chance")?);
        set(
            &mut params.default_time_to_live,
            non_negative(it, "default_time_to_live")?,
        );
        // Accepted, and not looked at.
        it.take_map("extensions")?;
        set(&mut params.gc_grace_seconds, non_negative(it, "gc_grace_seconds")?);
        set(&mut params.incremental_backups, it.take_boolean("incremental_backups")?);
        set(
            &mut params.memtable_flush_period_in_ms,
            non_negative(it, "memtable_flush_period_in_ms")?,
        );
        let (min, max) = (
            it.take_integer("min_index_interval")?,
            it.take_integer("max_index_interval")?,
        );
        let (min, max) = index_intervals(&params, min, max)?;
        (params.min_index_interval, params.max_index_interval) = (min, max);
        if let Some(text) = it.take_text("memtable")? {
            params.memtable = memtable(text)?;
        }
        if let Some(text) = it.take_text("read_repair")? {
            params.read_repair = read_repair(&text)?;
        }
        if let Some(text) = it.take_text("speculative_retry")? {
            params.speculative_retry = speculation("speculative_retry", &text)?;
        }
        params.check()?;
        Ok(params)
    }

    fn check(&self) -> Result<(), SchemaError> {
        let wrong = |text: String| Err(SchemaError::Configuration(text));
        if !(self.bloom_filter_fp_chance > MIN_BLOOM_FILTER_FP_CHANCE && self.bloom_filter_fp_chance <= 1.0) {
            return wrong(format!(
                "bloom_filter_fp_chance must be larger than 6.71E-5 and less than or equal to 1.0 (got {})",
                java_double(self.bloom_filter_fp_chance)
            ));
        }
        if !(0.0..=1.0).contains(&self.crc_check_chance) {
            return wrong(format!(
                "crc_check_chance must be larger than or equal to 0 and smaller than or equal to 1.0 (got {})",
                java_double(self.crc_check_chance)
            ));
        }
        if self.default_time_to_live > Ttl::MAX_SECONDS {
            let (max, got) = (Ttl::MAX_SECONDS, self.default_time_to_live);
            return wrong(format!(
                "default_time_to_live must be less than or equal to {max} (got {got})"
            ));
        }
        Ok(())
    }
}

fn set<T>(option: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *option = value;
    }
}

fn non_negative(properties: &mut Properties, name: &str) -> Result<Option<u32>, SchemaError> {
    let Some(number) = properties.take_integer(name)? else {
        return Ok(None);
    };
    let negative = |_| SchemaError::Configuration(format!("{name} must be greater than or equal to 0 (got {number})"));
    u32::try_from(number).map(Some).map_err(negative)
}

fn index_intervals(params: &TableParams, min: Option<i32>, max: Option<i32>) -> Result<(u32, u32), SchemaError> {
    let min = min.map_or(i64::from(params.min_index_interval), i64::from);
    let max = max.map_or(i64::from(params.max_index_interval), i64::from);
    if min < 1 {
        let text = format!("min_index_interval must be greater than or equal to 1 (got {min})");
        return Err(SchemaError::Configuration(text));
    }
    if max < min {
        let text =
            format!("max_index_interval must be greater than or equal to min_index_interval ({min}) (got {max})");
        return Err(SchemaError::Configuration(text));
    }
    Ok((min as u32, max as u32))
}

fn caching(map: SortedMap<String, String>) -> Result<SortedMap<String, String>, SchemaError> {
    let mut caching = TableParams::default().caching;
    let unknown: Vec<&str> = map
        .keys()
        .map(String::as_str)
        .filter(|it| !caching.contains_key(*it))
        .collect();
    if !unknown.is_empty() {
        return Err(SchemaError::Configuration(format!(
            "Invalid caching sub-options [{}]: only 'keys' and 'rows_per_partition' are allowed",
            unknown.join(", ")
        )));
    }
    for (option, value) in map {
        let upper = value.to_uppercase();
        let all_or_none = upper == "ALL" || upper == "NONE";
        let value = match option.as_str() {
            _ if all_or_none => upper,
            "rows_per_partition" if value.parse::<u32>().is_ok() => value,
            "keys" => {
                let text =
                    format!("Invalid value '{value}' for caching sub-option 'keys': only 'ALL' and 'NONE' are allowed");
                return Err(SchemaError::Configuration(text));
            }
            _ => {
                return Err(SchemaError::Configuration(format!(
                    "Invalid value '{value}' for caching sub-option 'rows_per_partition': \
                     only 'ALL', 'NONE', and integer values are allowed"
                )));
            }
        };
        caching.insert(option, value);
    }
    Ok(caching)
}

/// Memtable implementations are named in cassandra.yaml; there is the default one only.
fn memtable(name: String) -> Result<String, SchemaError> {
    if name == "default" {
        return Ok(name);
    }
    Err(SchemaError::Configuration(format!(
        "Memtable configuration \"{name}\" not found."
    )))
}

fn read_repair(text: &str) -> Result<String, SchemaError> {
    let upper = text.to_uppercase();
    if upper == "BLOCKING" || upper == "NONE" {
        return Ok(upper);
    }
    Err(SchemaError::Configuration(format!(
        "No enum constant org.apache.cassandra.service.reads.repair.ReadRepairStrategy.{upper}"
    )))
}

/// A speculative retry policy in its canonical form: `99p`, `50ms`, `ALWAYS`, `NEVER`, `MIN(99p,50ms)`.
fn speculation(option: &str, text: &str) -> Result<String, SchemaError> {
    let upper = text.trim().to_uppercase();
    if upper == "ALWAYS" || upper == "NEVER" {
        return Ok(upper);
    }
    if upper == "NONE" {
        return Ok("NEVER".into());
    }
    for hybrid in ["MIN", "MAX"] {
        let inner = upper
            .strip_prefix(hybrid)
            .and_then(|it| it.trim().strip_prefix('(')?.strip_suffix(')'));
        if let Some((left, right)) = inner.and_then(|it| it.split_once(',')) {
            let (left, right) = (speculation(option, left)?, speculation(option, right)?);
            return Ok(format!("{hybrid}({left},{right})"));
        }
    }
    for suffix in ["PERCENTILE", "P"] {
        if let Some(number) = upper.strip_suffix(suffix).and_then(|it| it.trim().parse::<f64>().ok()) {
            if number > 0.0 && number < 100.0 {
                return Ok(format!("{number}p"));
            }
            return Err(SchemaError::Configuration(format!(
                "Invalid value {text} for PERCENTILE option '{option}': must be between (0.0 and 100.0)"
            )));
        }
    }
    if let Some(number) = upper.strip_suffix("MS").and_then(|it| it.trim().parse::<f64>().ok()) {
        return Ok(format!("{number}ms"));
    }
    Err(SchemaError::Configuration(format!(
        "Invalid value {text} for option '{option}'"
    )))
}

/// A double as Java prints it: always with a fraction, with an exponent outside 10^-3 .. 10^7.
pub(super) fn java_double(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        let text = format!("{number:E}");
        return match text.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
            _ => text,
        };
    }
    format!("{number:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_read_as_java_prints_them() {
        assert_eq!(
            ["2.0", "0.0", "1.0E-8", "0.01"],
            [2.0, 0.0, 1e-8, 0.01].map(java_double)
        );
    }

    #[test]
    fn policies_have_one_spelling() {
        let canonical = |text| speculation("speculative_retry", text).unwrap();
        assert_eq!(canonical("95PERCENTILE"), "95p");
        assert_eq!(canonical("99.9p"), "99.9p");
        assert_eq!(canonical("min(99p, 50ms)"), "MIN(99p,50ms)");
        assert!(speculation("speculative_retry", "101p").is_err());
        assert!(speculation("speculative_retry", "SOMETIMES").is_err());
    }
}
