//! The options of a table's `compaction` map, with Cassandra's defaults.

use crate::base::SortedMap;
use core::str::FromStr;

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

    /// A size as `FBUtilities.parseHumanReadableBytes` reads it: `100MiB`, `1 GB`, `64B`.
    pub fn bytes(&self, name: &str, default: u64) -> u64 {
        self.text(name).and_then(human_bytes).unwrap_or(default)
    }

    /// A share, as a number or in percent.
    pub fn share(&self, name: &str, default: f64) -> f64 {
        let parse = |text: &str| match text.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok().map(|it| it / 100.0),
            None => text.trim().parse().ok(),
        };
        self.text(name).and_then(parse).unwrap_or(default)
    }
}

fn human_bytes(text: &str) -> Option<u64> {
    let text = text.trim().strip_suffix('B')?;
    let (number, factor) = match text.strip_suffix('i') {
        Some(binary) => {
            let prefix = binary.chars().last()?;
            let power = "KMGTPE".find(prefix)? as u32 + 1;
            (&binary[..binary.len() - 1], (1u64 << (10 * power)) as f64)
        }
        None => match text.chars().last().and_then(|it| "kMGTPE".find(it).map(|at| (it, at))) {
            Some((prefix, at)) => {
                let power = at as i32 + 1;
                (
                    &text[..text.len() - prefix.len_utf8()],
                    libm::pow(1000.0, f64::from(power)),
                )
            }
            None => (text, 1.0),
        },
    };
    let number: f64 = number.trim().parse().ok()?;
    (number >= 0.0).then_some((number * factor) as u64)
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
            tombstone_compactions: asked_for || options.class() != "TimeWindowCompactionStrategy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_cassandra_reads_them() {
        let read = |text| human_bytes(text);
        assert_eq!(read("100MiB"), Some(100 << 20));
        assert_eq!(read("1 GB"), Some(1_000_000_000));
        assert_eq!(read("1.5KiB"), Some(1536));
        assert_eq!((read("64B"), read("64"), read("xB")), (Some(64), None, None));
    }
}
