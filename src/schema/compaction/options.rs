//! What the options of each strategy may be, and what Cassandra says of others: their `validateOptions`, check by check.

use num_bigint::BigInt;

use super::super::SchemaError;
use super::super::params::java_double;
use crate::base::SortedMap;

/// One less than `LeveledManifest.MAX_LEVEL_COUNT`.
const HIGHEST_LEVEL: u32 = 8;

pub(super) struct Options<'a>(pub &'a SortedMap<String, String>);

pub(super) fn wrong<T>(text: String) -> Result<T, SchemaError> {
    Err(SchemaError::Configuration(text))
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

impl<'a> Options<'a> {
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(String::as_str)
    }

    /// `Integer.parseInt` or `Long.parseLong`.
    pub fn integer<T: core::str::FromStr>(&self, name: &str) -> Result<Option<T>, SchemaError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => wrong(format!("{text} is not a parsable int (base10) for {name}")),
        }
    }

    fn check_boolean(&self, name: &str, said: impl FnOnce(&str) -> String) -> Result<(), SchemaError> {
        match self.text(name) {
            Some(text) if !is_boolean(text) => wrong(said(text)),
            _ => Ok(()),
        }
    }

    /// `CompactionParams.create`: before anything else.
    pub fn check_overlapping_tombstones(&self) -> Result<(), SchemaError> {
        let option = self.text("provide_overlapping_tombstones").unwrap_or("NONE");
        let option = option.to_uppercase();
        match option.as_str() {
            "NONE" | "ROW" | "CELL" => Ok(()),
            _ => wrong(format!(
                "Invalid value {option} for 'provide_overlapping_tombstones' compaction sub-option - must be one of the \
                 following [NONE, ROW, CELL]."
            )),
        }
    }

    /// `AbstractCompactionStrategy.validateOptions`.
    pub fn check_common(&self) -> Result<(), SchemaError> {
        let threshold = "tombstone_threshold";
        if let Some(text) = self.text(threshold) {
            match java_float(text).map(|it| it as f32) {
                None => return wrong(format!("{text} is not a parsable int (base10) for {threshold}")),
                Some(number) if number < 0.0 => {
                    return wrong(format!("{threshold} must be greater than 0, but was {number:.6}"));
                }
                Some(_) => {}
            }
        }
        let interval = "tombstone_compaction_interval";
        if let Some(number) = self.integer::<i64>(interval)?.filter(|it| *it < 0) {
            return wrong(format!("{interval} must be greater than 0, but was {number}"));
        }
        self.check_boolean("unchecked_tombstone_compaction", |text| {
            format!("'unchecked_tombstone_compaction' should be either 'true' or 'false', not '{text}'")
        })?;
        self.check_boolean("log_all", |text| {
            format!("'log_all' should either be 'true' or 'false', not {text}")
        })?;
        self.check_boolean("enabled", |text| {
            format!("enabled should either be 'true' or 'false', not {text}")
        })
    }

    /// `SizeTieredCompactionStrategyOptions.validateOptions`.
    pub fn check_size_tiered(&self) -> Result<(), SchemaError> {
        if let Some(number) = self.integer::<i64>("min_sstable_size")?.filter(|it| *it < 0) {
            return wrong(format!("min_sstable_size must be non negative: {number}"));
        }
        let float = |name: &str, default: f64| match self.text(name) {
            None => Ok(default),
            Some(text) => match java_float(text) {
                Some(number) => Ok(number),
                None => wrong(format!("{text} is not a parsable float for {name}")),
            },
        };
        let (low, high) = (float("bucket_low", 0.5)?, float("bucket_high", 1.5)?);
        if high <= low {
            return wrong(format!(
                "bucket_high value ({}) is less than or equal to the bucket_low value ({})",
                java_double(high),
                java_double(low)
            ));
        }
        Ok(())
    }

    /// `LeveledCompactionStrategy.validateOptions`.
    pub fn check_leveled(&self) -> Result<(), SchemaError> {
        let above_zero = |name: &str, default: i32| {
            let number = self.integer::<i32>(name)?.unwrap_or(default);
            match number {
                1.. => Ok(number),
                _ => wrong(format!("{name} must be larger than 0, but was {number}")),
            }
        };
        let mebibytes = above_zero("sstable_size_in_mb", 1)?;
        let fanout = above_zero("fanout_size", 10)?;
        let most = BigInt::from(fanout).pow(HIGHEST_LEVEL) * (i64::from(mebibytes) << 20);
        if most > BigInt::from(i64::MAX) {
            return wrong(format!(
                "At most {} bytes may be in a compaction level; your maxSSTableSize must be absurdly high to compute {most}",
                i64::MAX
            ));
        }
        Ok(())
    }

    /// `TimeWindowCompactionStrategyOptions.validateOptions`.
    pub fn check_time_window(&self) -> Result<(), SchemaError> {
        let one_of = |name: &str, units: &[&str]| match self.text(name) {
            Some(unit) if !units.contains(&unit) => wrong(format!("{unit} is not valid for {name}")),
            _ => Ok(()),
        };
        one_of(
            "timestamp_resolution",
            &["SECONDS", "MILLISECONDS", "MICROSECONDS", "NANOSECONDS"],
        )?;
        one_of("compaction_window_unit", &["MINUTES", "HOURS", "DAYS"])?;
        let window = "compaction_window_size";
        if let Some(number) = self.integer::<i32>(window)?.filter(|it| *it < 1) {
            return wrong(format!("{number} must be greater than 1 for {window}"));
        }
        let frequency = "expired_sstable_check_frequency_seconds";
        if let Some(number) = self.integer::<i64>(frequency)?.filter(|it| *it < 0) {
            return wrong(format!("{frequency} must not be negative, but was {number}"));
        }
        let unsafely = "unsafe_aggressive_sstable_expiration";
        self.check_boolean(unsafely, |text| format!("{unsafely} is not 'true' or 'false' ({text})"))?;
        match self.text(unsafely) {
            Some(text) if text.eq_ignore_ascii_case("true") => wrong(format!(
                "{unsafely} is requested but not allowed, restart cassandra with \
                 -Dcassandra.allow_unsafe_aggressive_sstable_expiration=true to allow it"
            )),
            _ => Ok(()),
        }
    }
}

/// `Double.parseDouble`, without its hexadecimal form.
pub(in crate::schema) fn java_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "NaN" || unsigned == "Infinity" {
        return text.parse().ok();
    }
    let digits = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    let is_number = digits.bytes().all(|it| it.is_ascii_digit() || b"+-.eE".contains(&it));
    digits.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_java_reads_them() {
        assert_eq!(java_float(" 1.5f "), Some(1.5));
        assert_eq!(java_float("-1e2"), Some(-100.0));
        assert_eq!(java_float("-Infinity"), Some(f64::NEG_INFINITY));
        for no in ["", "inf", "nan", "1_0", "0x", "1 2"] {
            assert_eq!(java_float(no), None, "{no}");
        }
    }
}
