//! Table options: from the properties of a `WITH` clause to checked parameters.
//!
//! Source: Cassandra 5.0, `TableAttributes.java` and `TableParams.validate`. It reads all there is before it checks any of it.

use super::compaction::Compaction;
use super::{Properties, SchemaError, TableParams, caching, compression, speculation};
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
        Given::read(properties)?.changing(self)
    }
}

/// Options as they were given, each of its type, and not yet checked.
pub(super) struct Given {
    additional_write_policy: Option<String>,
    allow_auto_snapshot: Option<bool>,
    bloom_filter_fp_chance: Option<f64>,
    caching: Option<SortedMap<String, String>>,
    cdc: Option<bool>,
    comment: Option<String>,
    compaction: Option<Compaction>,
    compression: Option<SortedMap<String, String>>,
    crc_check_chance: Option<f64>,
    default_time_to_live: Option<i32>,
    gc_grace_seconds: Option<i32>,
    incremental_backups: Option<bool>,
    max_index_interval: Option<i32>,
    memtable: Option<String>,
    memtable_flush_period_in_ms: Option<i32>,
    min_index_interval: Option<i32>,
    read_repair: Option<String>,
    speculative_retry: Option<String>,
}

impl Given {
    /// In the order in which Cassandra reads them, which says what is told first of several mistakes.
    pub fn read(it: &mut Properties) -> Result<Given, SchemaError> {
        let allow_auto_snapshot = it.take_boolean("allow_auto_snapshot")?;
        let bloom_filter_fp_chance = it.take_double("bloom_filter_fp_chance")?;
        let caching = it.take_map("caching")?.map(caching::read).transpose()?;
        let comment = it.take_text("comment")?;
        let compaction = it.take_map("compaction")?.map(Compaction::read).transpose()?;
        let compression = it.take_map("compression")?.map(compression::read).transpose()?;
        let memtable = it.take_text("memtable")?.map(memtable).transpose()?;
        let default_time_to_live = it.take_integer("default_time_to_live")?;
        let gc_grace_seconds = it.take_integer("gc_grace_seconds")?;
        let incremental_backups = it.take_boolean("incremental_backups")?;
        let max_index_interval = it.take_integer("max_index_interval")?;
        let memtable_flush_period_in_ms = it.take_integer("memtable_flush_period_in_ms")?;
        let min_index_interval = it.take_integer("min_index_interval")?;
        let policy = |text: Option<String>| text.map(|text| speculation::read(&text)).transpose();
        let speculative_retry = policy(it.take_text("speculative_retry")?)?;
        let additional_write_policy = policy(it.take_text("additional_write_policy")?)?;
        let crc_check_chance = it.take_double("crc_check_chance")?;
        let cdc = it.take_boolean("cdc")?;
        let read_repair = it
            .take_text("read_repair")?
            .map(|text| read_repair(&text))
            .transpose()?;
        // Accepted, and not looked at.
        it.take_map("extensions")?;
        Ok(Given {
            additional_write_policy,
            allow_auto_snapshot,
            bloom_filter_fp_chance,
            caching,
            cdc,
            comment,
            compaction,
            compression,
            crc_check_chance,
            default_time_to_live,
            gc_grace_seconds,
            incremental_backups,
            max_index_interval,
            memtable,
            memtable_flush_period_in_ms,
            min_index_interval,
            read_repair,
            speculative_retry,
        })
    }

    /// `TableParams.validate`, in its order.
    fn changing(self, before: &TableParams) -> Result<TableParams, SchemaError> {
        let mut params = before.clone();
        if let Some(compaction) = self.compaction {
            params.compaction = compaction.checked()?;
        }
        set(&mut params.compression, self.compression);
        set(&mut params.bloom_filter_fp_chance, self.bloom_filter_fp_chance);
        set(&mut params.crc_check_chance, self.crc_check_chance);
        params.check_chances()?;
        let mut time_to_live = params.default_time_to_live;
        set_non_negative(&mut time_to_live, self.default_time_to_live, "default_time_to_live")?;
        if time_to_live > Ttl::MAX_SECONDS {
            let max = Ttl::MAX_SECONDS;
            return wrong(format!(
                "default_time_to_live must be less than or equal to {max} (got {time_to_live})"
            ));
        }
        params.default_time_to_live = time_to_live;
        set_non_negative(&mut params.gc_grace_seconds, self.gc_grace_seconds, "gc_grace_seconds")?;
        let (min, max) = index_intervals(&params, self.min_index_interval, self.max_index_interval)?;
        (params.min_index_interval, params.max_index_interval) = (min, max);
        set_non_negative(
            &mut params.memtable_flush_period_in_ms,
            self.memtable_flush_period_in_ms,
            "memtable_flush_period_in_ms",
        )?;
        set(&mut params.additional_write_policy, self.additional_write_policy);
        set(&mut params.allow_auto_snapshot, self.allow_auto_snapshot);
        set(&mut params.caching, self.caching);
        set(&mut params.cdc, self.cdc);
        set(&mut params.comment, self.comment);
        set(&mut params.incremental_backups, self.incremental_backups);
        set(&mut params.memtable, self.memtable);
        set(&mut params.read_repair, self.read_repair);
        set(&mut params.speculative_retry, self.speculative_retry);
        Ok(params)
    }
}

impl TableParams {
    fn check_chances(&self) -> Result<(), SchemaError> {
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
        Ok(())
    }
}

fn wrong<T>(text: String) -> Result<T, SchemaError> {
    Err(SchemaError::Configuration(text))
}

fn set<T>(option: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *option = value;
    }
}

fn set_non_negative(option: &mut u32, value: Option<i32>, name: &str) -> Result<(), SchemaError> {
    let Some(number) = value else { return Ok(()) };
    match u32::try_from(number) {
        Ok(number) => *option = number,
        Err(_) => return wrong(format!("{name} must be greater than or equal to 0 (got {number})")),
    }
    Ok(())
}

fn index_intervals(params: &TableParams, min: Option<i32>, max: Option<i32>) -> Result<(u32, u32), SchemaError> {
    let min = min.map_or(i64::from(params.min_index_interval), i64::from);
    let max = max.map_or(i64::from(params.max_index_interval), i64::from);
    if min < 1 {
        return wrong(format!(
            "min_index_interval must be greater than or equal to 1 (got {min})"
        ));
    }
    if max < min {
        return wrong(format!(
            "max_index_interval must be greater than or equal to min_index_interval ({min}) (got {max})"
        ));
    }
    Ok((min as u32, max as u32))
}

/// Memtable implementations are named in cassandra.yaml; there is the default one only.
fn memtable(name: String) -> Result<String, SchemaError> {
    if name == "default" {
        return Ok(name);
    }
    wrong(format!("Memtable configuration \"{name}\" not found."))
}

fn read_repair(text: &str) -> Result<String, SchemaError> {
    let upper = text.to_uppercase();
    if upper == "BLOCKING" || upper == "NONE" {
        return Ok(upper);
    }
    Err(SchemaError::Server(format!(
        "java.lang.IllegalArgumentException: No enum constant org.apache.cassandra.service.reads.repair.ReadRepairStrategy.{upper}"
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
}
