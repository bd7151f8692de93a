//! How a strategy sees a table's SSTables: by level, by size, or by window of time. For looking at.

use serde::{Deserialize, Serialize};

use super::{Generation, SstableView, Strategy};
use crate::base::SortedMap;

/// What the SSTables of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Group {
    /// Of LeveledCompactionStrategy, or of density with UnifiedCompactionStrategy.
    Level(u32),
    /// Of about one size: this many bytes on average.
    Tier { average_bytes: u64 },
    /// Of one window of time, in seconds since the epoch: from, how long.
    Window { start: i64, seconds: i64 },
}

impl Strategy {
    /// Every SSTable in one group: the upper levels, smaller sizes and newer windows first.
    pub fn groups(&self, sstables: &[SstableView]) -> Vec<(Group, Vec<Generation>)> {
        let all: Vec<&SstableView> = sstables.iter().collect();
        let found: Vec<(Group, Vec<&SstableView>)> = match self {
            Strategy::SizeTiered(it) => it.buckets(&all).into_iter().map(tier).collect(),
            Strategy::Leveled(_) => {
                let mut levels: SortedMap<u32, Vec<&SstableView>> = SortedMap::new();
                for sstable in all {
                    levels.entry(sstable.level).or_default().push(sstable);
                }
                levels
                    .into_iter()
                    .map(|(level, of)| (Group::Level(level), of))
                    .collect()
            }
            Strategy::TimeWindow(it) => {
                let seconds = it.window_seconds;
                let newest_first = it.windows(&all).into_iter().rev();
                newest_first
                    .map(|(start, of)| (Group::Window { start, seconds }, of))
                    .collect()
            }
            Strategy::Unified(it) => it.by_level(&all).map(|(level, of)| (Group::Level(level), of)).collect(),
        };
        let generations = |of: Vec<&SstableView>| of.iter().map(|it| it.generation).collect();
        found.into_iter().map(|(group, of)| (group, generations(of))).collect()
    }
}

fn tier(bucket: Vec<&SstableView>) -> (Group, Vec<&SstableView>) {
    let bytes: u64 = bucket.iter().map(|it| it.bytes).sum();
    let average_bytes = bytes / (bucket.len() as u64).max(1);
    (Group::Tier { average_bytes }, bucket)
}
