//! Compaction: which SSTables of a table are to be merged into which new ones.
//!
//! A pure choice: strategies look at plain values (`TableView`) and say what to merge (`Choice`), or nothing. They touch no disk, so
//! they are tested and drawn with plain values. Carrying a choice out is the engine's work. Source of the rules: Cassandra 5.0,
//! `org.apache.cassandra.db.compaction`.

mod expired;
mod groups;
mod history;
mod leveled;
mod options;
mod overlaps;
mod shards;
mod size_tiered;
#[cfg(test)]
mod tests;
mod time_window;
mod tombstones;
mod unified;
mod view;

use serde::{Deserialize, Serialize};

use crate::base::{Arrange, UnixMicros};
use crate::data::Token;

pub use expired::fully_expired;
pub use groups::Group;
pub use history::History;
pub use leveled::{LEVELS, max_bytes};
pub use options::{CommonOptions, CompactionOptions, TombstoneOption};
pub use view::{SstableView, TableView};

use leveled::Leveled;
use size_tiered::SizeTiered;
use time_window::TimeWindow;
use unified::Unified;

/// The number of an SSTable within its table. Goes up; none is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Generation(pub u64);

/// Why SSTables are rewritten. `OperationType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CompactionKind {
    Compaction,
    /// One SSTable alone, because much in it can go.
    Tombstone,
    /// All of a table, asked for.
    Major,
    /// `nodetool garbagecollect`: what newer SSTables delete goes too.
    GarbageCollect(TombstoneOption),
    Upgrade,
    Scrub,
}

impl CompactionKind {
    /// As `nodetool compactionstats` and the compaction history call it.
    pub fn name(self) -> &'static str {
        match self {
            CompactionKind::Compaction => "Compaction",
            CompactionKind::Tombstone => "Tombstone Compaction",
            CompactionKind::Major => "Major compaction",
            CompactionKind::GarbageCollect(_) => "Remove deleted data",
            CompactionKind::Upgrade => "Upgrade sstables",
            CompactionKind::Scrub => "Scrub",
        }
    }
}

/// How the merged rows are spread over new SSTables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// One SSTable.
    Never,
    /// The one there is, with another level.
    Untouched,
    /// Another one, of the same level, whenever this many bytes are reached.
    AtBytes(u64),
    /// As `AtBytes`, and level by level: the first takes what it may hold, then the next.
    ByLevel { bytes: u64, fanout: u32 },
    /// Another one after the last key of each of these tokens.
    AfterTokens(Vec<Token>),
}

/// What to merge, and into what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub kind: CompactionKind,
    /// In ascending order.
    pub inputs: Vec<Generation>,
    /// The level of what is made.
    pub level: u32,
    pub split: Split,
}

impl Choice {
    fn new(kind: CompactionKind, inputs: impl IntoIterator<Item = Generation>) -> Choice {
        let mut inputs: Vec<Generation> = inputs.into_iter().collect();
        inputs.arrange();
        inputs.dedup();
        Choice {
            kind,
            inputs,
            level: 0,
            split: Split::Never,
        }
    }
}

/// A table's strategy, as its options have it.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    SizeTiered(SizeTiered),
    Leveled(Leveled),
    TimeWindow(TimeWindow),
    Unified(Unified),
}

impl Strategy {
    /// Options are those a schema has checked: what does not read as a number is as if it were not there.
    pub fn from_options(options: &CompactionOptions<'_>) -> Strategy {
        match options.class() {
            "LeveledCompactionStrategy" => Strategy::Leveled(Leveled::from_options(options)),
            "TimeWindowCompactionStrategy" => Strategy::TimeWindow(TimeWindow::from_options(options)),
            "UnifiedCompactionStrategy" => Strategy::Unified(Unified::from_options(options)),
            _ => Strategy::SizeTiered(SizeTiered::from_options(options)),
        }
    }

    /// What to do next, if anything. SSTables that are being compacted are not in the view.
    pub fn choose(&self, view: &TableView<'_>, now: UnixMicros) -> Option<Choice> {
        match self {
            Strategy::SizeTiered(it) => it.choose(view, now),
            Strategy::Leveled(it) => it.choose(view, now),
            Strategy::TimeWindow(it) => it.choose(view, now),
            Strategy::Unified(it) => it.choose(view, now),
        }
    }

    /// What to remember of a look at the table, and of what came of it.
    pub fn remember(&self, view: &TableView<'_>, choice: Option<&Choice>, now: UnixMicros) -> History {
        let mut history = view.history.clone();
        let check_seconds = match self {
            Strategy::TimeWindow(it) => {
                history.highest_window_ms = it.highest_window_ms(view);
                it.expired_check_seconds
            }
            Strategy::Unified(it) => it.expired_check_seconds,
            Strategy::SizeTiered(_) | Strategy::Leveled(_) => i64::MAX,
        };
        if history.is_expired_check_due(now, check_seconds) {
            history.expired_check = Some(now);
        }
        if let Some(choice) = choice {
            history.note(choice);
        }
        history
    }

    /// All there is merged into as little as the strategy has it: `nodetool compact`. Each choice can be carried out on its own.
    pub fn choose_all(&self, view: &TableView<'_>) -> Vec<Choice> {
        if view.sstables.is_empty() {
            return Vec::new();
        }
        let mut all = Choice::new(CompactionKind::Major, view.sstables.iter().map(|it| it.generation));
        match self {
            Strategy::SizeTiered(_) | Strategy::TimeWindow(_) => vec![all],
            Strategy::Leveled(it) => {
                all.level = 1;
                all.split = it.split_of_all();
                vec![all]
            }
            Strategy::Unified(it) => it.choose_all(view),
        }
    }

    /// One SSTable on its own, its place kept: for what rewrites without merging.
    pub fn rewrite(&self, kind: CompactionKind, sstable: &SstableView) -> Choice {
        let mut choice = Choice::new(kind, [sstable.generation]);
        choice.level = sstable.level;
        choice
    }

    /// How many compactions there are to do.
    pub fn pending(&self, view: &TableView<'_>) -> u32 {
        match self {
            Strategy::SizeTiered(it) => it.pending(view),
            Strategy::Leveled(it) => it.pending(view),
            Strategy::TimeWindow(it) => it.pending(view),
            Strategy::Unified(it) => it.pending(view),
        }
    }
}
