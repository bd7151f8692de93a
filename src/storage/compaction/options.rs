//! The options of a table's `compaction` map, with Cassandra's defaults.

use core::str::FromStr;

use crate::base::SortedMap;
use crate::schema::{parse_bytes, parse_share};

/// Reads options off the map.
#[derive(Clone, Copy, Debug)]
pub struct CompactionOptions<'a>(pub &'a SortedMap<String, String>);

impl<'a> CompactionOptions<'a> {
    /// The strategy's class without its package.
    pub fn class(&self) -> &'a str {
        let class = self.text("class").unwrap_or_default();
        class.rsplit('.').next().unwrap_or(class)
    }

    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn number<T: FromStr>(&self, name: &str, default: T) -> T {
        self.text(name)
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(default)
    }

    pub fn is_true(&self, name: &str, default: bool) -> bool {
        self.text(name)
            .map_or(default, |text| text.eq_ignore_ascii_case("true"))
    }

    pub fn bytes(&self, name: &str, default: u64) -> u64 {
        let bytes = self.text(name).and_then(|text| parse_bytes(text).ok());
        bytes.map_or(default, |it| it as u64)
    }

    /// A share, as a number or in percent.
    pub fn share(&self, name: &str, default: f64) -> f64 {
        self.text(name)
            .and_then(|text| parse_share(text).ok())
            .unwrap_or(default)
    }
}

/// How far compactions look for what others delete. `CompactionParams.TombstoneOption`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum TombstoneOption {
    #[default]
    None,
    /// Deletions of rows and of more.
    Row,
    /// Deleted and overwritten cells too.
    Cell,
}

/// What every strategy understands.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonOptions {
    pub enabled: bool,
    pub min_threshold: usize,
    pub max_threshold: usize,
    /// An SSTable is compacted alone when more than this share of it can go.
    pub tombstone_threshold: f64,
    /// ... and it is at least this old.
    pub tombstone_compaction_interval_seconds: i64,
    /// ... even if others overlap it.
    pub unchecked_tombstone_compaction: bool,
    /// Time windows: tombstone compactions are only made when one of their options was set.
    pub tombstone_compactions: bool,
    pub overlapping_tombstones: TombstoneOption,
    /// Nothing is ever repaired here: then no tombstone goes.
    pub only_purge_repaired_tombstones: bool,
}

impl CommonOptions {
    pub fn from_options(options: &CompactionOptions<'_>) -> CommonOptions {
        let names = [
            "unchecked_tombstone_compaction",
            "tombstone_compaction_interval",
            "tombstone_threshold",
        ];
        let asked_for = names.iter().filter_map(|it| options.text(it)).any(|it| it != "false");
        CommonOptions {
            enabled: options.is_true("enabled", true),
            min_threshold: options.number("min_threshold", 4),
            max_threshold: options.number("max_threshold", 32),
            tombstone_threshold: f64::from(options.number::<f32>("tombstone_threshold", 0.2)),
            tombstone_compaction_interval_seconds: options.number("tombstone_compaction_interval", 86_400),
            unchecked_tombstone_compaction: options.is_true("unchecked_tombstone_compaction", false),
            overlapping_tombstones: match options.text("provide_overlapping_tombstones") {
                Some(text) if text.eq_ignore_ascii_case("ROW") => TombstoneOption::Row,
                Some(text) if text.eq_ignore_ascii_case("CELL") => TombstoneOption::Cell,
                _ => TombstoneOption::None,
            },
            only_purge_repaired_tombstones: options.is_true("only_purge_repaired_tombstones", false),
            tombstone_compactions: asked_for || options.class() != "TimeWindowCompactionStrategy",
        }
    }
}
