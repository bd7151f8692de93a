//! LeveledCompactionStrategy: within a level no two SSTables overlap, and each level holds ten times what the one above it does.
//!
//! Which SSTable of a level comes next is read off the view: the one behind the newest of the next level, which the last compaction
//! of this level made.

use super::size_tiered::SizeTiered;
use super::tombstones::{droppable_ratio, worth_rewriting};
use super::view::total_bytes;
use super::{Choice, CompactionKind, CompactionOptions, Split, SstableView, TableView};
use crate::base::{Arrange, UnixMicros};

/// `LeveledGenerations.MAX_LEVEL_COUNT`.
pub const LEVELS: usize = 9;
/// With more SSTables than this, level 0 is tiered by size to keep reads quick. `LeveledManifest.MAX_COMPACTING_L0`.
const MAX_COMPACTING_L0: usize = 32;
/// After so many rounds without it, the highest level has one of its SSTables taken along. `LeveledManifest.NO_COMPACTION_LIMIT`.
const NO_COMPACTION_LIMIT: u32 = 25;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leveled {
    pub sstable_bytes: u64,
    pub fanout: u32,
    /// One SSTable that overlaps nothing goes up without being rewritten: `single_sstable_uplevel`.
    pub moves_up: bool,
    pub tiered: SizeTiered,
}

type Level<'a> = Vec<&'a SstableView>;

impl Leveled {
    pub fn from_options(options: &CompactionOptions<'_>) -> Leveled {
        Leveled {
            sstable_bytes: options.number("sstable_size_in_mb", 160u64) << 20,
            fanout: options.number("fanout_size", 10),
            moves_up: options.is_true("single_sstable_uplevel", true),
            tiered: SizeTiered::from_options(options),
        }
    }

    pub fn split_of_all(&self) -> Split {
        Split::ByLevel {
            bytes: self.sstable_bytes,
            fanout: self.fanout,
        }
    }

    pub(super) fn choose(&self, view: &TableView<'_>, now: UnixMicros) -> Option<Choice> {
        self.choose_by_size(view).or_else(|| self.choose_droppable(view, now))
    }

    fn choose_by_size(&self, view: &TableView<'_>) -> Option<Choice> {
        let (levels, free) = (levels(view.all), |it: &SstableView| is_free(it, view));
        let tiered = self.tier_level_zero(&levels[0], view);
        for (level, sstables) in levels.iter().enumerate().skip(1).rev() {
            let bytes: u64 = sstables.iter().filter(|it| free(it)).map(|it| it.bytes).sum();
            let score = bytes as f64 / max_bytes(level as u32, self.fanout, self.sstable_bytes) as f64;
            // The highest level has nowhere to go.
            if score <= 1.001 || level == LEVELS - 1 {
                continue;
            }
            if tiered.is_some() {
                return tiered;
            }
            if let Some(mut inputs) = self.pick_in_level(level, &levels, view) {
                let target = self.next_level(&inputs);
                add_starved(&mut inputs, target, &levels, view);
                return Some(self.choice(&inputs, target));
            }
        }
        match self.pick_in_level_zero(&levels, view) {
            Some(inputs) => {
                let target = self.next_level(&inputs);
                Some(self.choice(&inputs, target))
            }
            None => tiered,
        }
    }

    fn choice(&self, inputs: &[&SstableView], level: u32) -> Choice {
        let mut choice = Choice::new(CompactionKind::Compaction, inputs.iter().map(|it| it.generation));
        choice.level = level;
        choice.split = match inputs {
            [one] if self.moves_up && one.level != level => Split::Untouched,
            _ => Split::AtBytes(self.sstable_bytes),
        };
        choice
    }

    fn tier_level_zero(&self, zero: &[&SstableView], view: &TableView<'_>) -> Option<Choice> {
        if zero.len() <= MAX_COMPACTING_L0 {
            return None;
        }
        let free: Vec<&SstableView> = zero.iter().filter(|it| is_free(it, view)).copied().collect();
        let bucket = self.tiered.most_interesting(&free, view);
        let inputs = bucket.iter().map(|it| it.generation);
        (!bucket.is_empty()).then(|| Choice::new(CompactionKind::Compaction, inputs))
    }

    /// The oldest of level 0 and all that overlaps them; with those of level 1 they overlap if they fill an SSTable.
    fn pick_in_level_zero<'a>(&self, levels: &[Level<'a>], view: &TableView<'_>) -> Option<Vec<&'a SstableView>> {
        let busy: Vec<&SstableView> = levels[0].iter().filter(|it| !is_free(it, view)).copied().collect();
        let mut by_age = levels[0].clone();
        by_age.arrange_by_key(|it| (it.max_timestamp, it.generation));
        let mut chosen: Vec<&SstableView> = Vec::new();
        let mut remaining = by_age.clone();
        for sstable in &by_age {
            if contains(&chosen, sstable) {
                continue;
            }
            let near: Vec<&SstableView> = remaining
                .iter()
                .filter(|it| it.shares_tokens(sstable))
                .copied()
                .collect();
            if near.iter().chain([sstable]).any(|it| contains(&busy, it)) {
                continue;
            }
            remaining.retain(|it| !contains(&near, it));
            let busy_span = span(&busy);
            let is_apart =
                |it: &&SstableView| busy_span.is_none_or(|(from, to)| it.last.token < from || to < it.first.token);
            chosen.extend(near.into_iter().filter(is_apart));
            if chosen.len() > view.common.max_threshold {
                chosen.arrange_by_key(|it| (it.max_timestamp, it.generation));
                chosen.truncate(view.common.max_threshold);
                break;
            }
        }
        if total_bytes(&chosen) > self.sstable_bytes {
            let (from, to) = span(&chosen)?;
            let within = |it: &&&SstableView| it.first.token <= to && from <= it.last.token;
            let below: Vec<&SstableView> = levels[1].iter().filter(within).copied().collect();
            if below.iter().any(|it| !is_free(it, view)) || busy.iter().any(|it| within(&it)) {
                return None;
            }
            chosen.extend(below);
        }
        (chosen.len() >= 2).then_some(chosen)
    }

    /// The next SSTable of a level, with all of the following level that it overlaps.
    fn pick_in_level<'a>(
        &self,
        level: usize,
        levels: &[Level<'a>],
        view: &TableView<'_>,
    ) -> Option<Vec<&'a SstableView>> {
        let (this, next) = (&levels[level], &levels[level + 1]);
        let last_made = next.iter().max_by_key(|it| (it.created, it.generation));
        let start = last_made.map_or(0, |made| this.partition_point(|it| it.first <= made.last));
        let in_turn = this[start..].iter().chain(&this[..start]);
        let groups = in_turn.map(|sstable| {
            let mut group = vec![*sstable];
            group.extend(next.iter().filter(|it| it.shares_tokens(sstable)).copied());
            group
        });
        groups
            .into_iter()
            .find(|group| group.iter().all(|it| is_free(it, view)))
    }

    fn next_level(&self, inputs: &[&SstableView]) -> u32 {
        let lowest = inputs.iter().map(|it| it.level).min().unwrap_or(0);
        let highest = inputs.iter().map(|it| it.level).max().unwrap_or(0);
        match lowest == highest {
            true if lowest == 0 && total_bytes(inputs) < self.sstable_bytes => 0,
            true => highest + 1,
            false => highest,
        }
    }

    fn choose_droppable(&self, view: &TableView<'_>, now: UnixMicros) -> Option<Choice> {
        for level in levels(view.all).iter().rev() {
            let mut by_ratio: Vec<(f64, &SstableView)> = level
                .iter()
                .map(|it| (droppable_ratio(it, view.gc_before), *it))
                .collect();
            by_ratio.arrange_by(|(one, _), (other, _)| other.total_cmp(one));
            let enough = by_ratio
                .into_iter()
                .take_while(|(ratio, _)| *ratio > view.common.tombstone_threshold);
            let mut fitting = enough.filter(|(_, it)| is_free(it, view) && worth_rewriting(it, view, now));
            if let Some((_, sstable)) = fitting.next() {
                let mut choice = self.choice(&[sstable], sstable.level);
                choice.kind = CompactionKind::Tombstone;
                return Some(choice);
            }
        }
        None
    }

    pub(super) fn pending(&self, view: &TableView<'_>) -> u32 {
        let levels = levels(view.all);
        let over = |(level, sstables): (usize, &Level<'_>)| {
            let limit = (max_bytes(level as u32, self.fanout, self.sstable_bytes) as f64 * 1.001) as u64;
            total_bytes(sstables).saturating_sub(limit).div_ceil(self.sstable_bytes)
        };
        let tiers = match levels[0].len() {
            many if many > view.common.max_threshold => many / view.common.max_threshold,
            _ => 0,
        };
        levels.iter().enumerate().map(over).sum::<u64>() as u32 + tiers as u32
    }
}

/// What a level may hold.
pub fn max_bytes(level: u32, fanout: u32, sstable_bytes: u64) -> u64 {
    match level {
        0 => sstable_bytes.saturating_mul(4),
        _ => u64::from(fanout).saturating_pow(level).saturating_mul(sstable_bytes),
    }
}

/// The SSTables of each level in the order of their keys. One that overlaps others of its level counts as of level 0.
fn levels(all: &[SstableView]) -> Vec<Level<'_>> {
    let mut levels: Vec<Level<'_>> = vec![Vec::new(); LEVELS];
    let mut sorted: Level<'_> = all.iter().collect();
    sorted.arrange_by(|one, other| (&one.first, one.generation).cmp(&(&other.first, other.generation)));
    for sstable in sorted {
        let level = (sstable.level as usize).min(LEVELS - 1);
        let fits = level == 0 || levels[level].last().is_none_or(|before| before.last < sstable.first);
        levels[if fits { level } else { 0 }].push(sstable);
    }
    levels
}

fn is_free(sstable: &SstableView, view: &TableView<'_>) -> bool {
    view.sstables.iter().any(|it| it.generation == sstable.generation)
}

fn contains(list: &[&SstableView], sstable: &SstableView) -> bool {
    list.iter().any(|it| it.generation == sstable.generation)
}

fn span(sstables: &[&SstableView]) -> Option<(crate::data::Token, crate::data::Token)> {
    let first = sstables.iter().map(|it| it.first.token).min()?;
    let last = sstables.iter().map(|it| it.last.token).max()?;
    Some((first, last))
}

/// Takes an SSTable of the highest level along, one within the span of what is merged, if that level was left out for long.
fn add_starved<'a>(inputs: &mut Vec<&'a SstableView>, target: u32, levels: &[Level<'a>], view: &TableView<'_>) {
    let Some(highest) = (1..LEVELS).rev().find(|level| !levels[*level].is_empty()) else {
        return;
    };
    let rounds = view.history.rounds_without[highest] + 1;
    if highest as u32 == target || rounds <= NO_COMPACTION_LIMIT {
        return;
    }
    let first = inputs.iter().map(|it| &it.first).min();
    let last = inputs.iter().map(|it| &it.last).max();
    let (Some(first), Some(last)) = (first.cloned(), last.cloned()) else {
        return;
    };
    let within = |it: &&&SstableView| first < it.first && it.last <= last && is_free(it, view) && !contains(inputs, it);
    if let Some(starved) = levels[highest].iter().find(within).copied() {
        inputs.push(starved);
    }
}
