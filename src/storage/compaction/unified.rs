//! UnifiedCompactionStrategy: levels by density, tiered or leveled as the scaling parameters say, cut into shards.

use super::expired::split_expired;
use super::overlaps::{Inclusion, group, overlap_sets, pull_within};
use super::shards::{boundaries, combined_density, density};
use super::{Choice, CompactionKind, CompactionOptions, Split, SstableView, TableView};
use crate::base::{Arrange, UnixMicros};

/// At most this many doublings of the number of shards. `Controller.MAX_SHARD_SHIFT`.
const MAX_SHARD_SHIFT: u32 = 20;
const MEBIBYTE: u64 = 1 << 20;

#[derive(Clone, Debug, PartialEq)]
pub struct Unified {
    /// One a level, the last for all further ones: below 0 leveled, above tiered.
    pub scaling: Vec<i32>,
    pub min_sstable_bytes: u64,
    pub target_sstable_bytes: u64,
    pub base_shards: u32,
    pub growth: f64,
    /// What a flush is taken to make; 0: what the smallest SSTables are.
    pub flush_bytes: u64,
    pub max_sstables: usize,
    pub expired_check_seconds: i64,
    pub inclusion: Inclusion,
}

/// SSTables of about one density.
struct Level<'a> {
    index: usize,
    sstables: Vec<&'a SstableView>,
}

impl Unified {
    /// `Controller.fromOptions`.
    pub fn from_options(options: &CompactionOptions<'_>) -> Unified {
        let scaling = options.text("scaling_parameters").unwrap_or("T4").split(',');
        let scaling: Option<Vec<i32>> = scaling.map(scaling_parameter).collect();
        let max_sstables: i32 = options.number("max_sstables_to_compact", 0);
        let inclusion = options
            .text("overlap_inclusion_method")
            .unwrap_or_default()
            .to_ascii_uppercase();
        Unified {
            scaling: scaling.unwrap_or_else(|| vec![2]),
            min_sstable_bytes: options.bytes("min_sstable_size", 100 * MEBIBYTE),
            target_sstable_bytes: options.bytes("target_sstable_size", 1024 * MEBIBYTE),
            base_shards: options.number("base_shard_count", 4).max(1),
            growth: options.share("sstable_growth", 0.333),
            flush_bytes: options.bytes("flush_size_override", 0),
            max_sstables: usize::try_from(max_sstables)
                .ok()
                .filter(|it| *it > 0)
                .unwrap_or(usize::MAX),
            expired_check_seconds: options.number("expired_sstable_check_frequency_seconds", 600),
            inclusion: match inclusion.as_str() {
                "NONE" => Inclusion::None,
                "SINGLE" => Inclusion::Single,
                _ => Inclusion::Transitive,
            },
        }
    }

    fn scaling_of(&self, level: usize) -> i32 {
        let last = self.scaling.len() - 1;
        self.scaling[level.min(last)]
    }

    fn fanout(&self, level: usize) -> usize {
        2 + self.scaling_of(level).unsigned_abs() as usize
    }

    fn threshold(&self, level: usize) -> usize {
        2 + self.scaling_of(level).max(0) as usize
    }

    pub(super) fn choose(&self, view: &TableView<'_>, now: UnixMicros) -> Option<Choice> {
        let (expired, living) = split_expired(view, now, self.expired_check_seconds);
        let (mut highest, mut chosen) = (0, Vec::new());
        for level in self.levels(&living) {
            let sets = overlap_sets(&level.sstables);
            let overlap = sets.iter().map(Vec::len).max().unwrap_or(0);
            if overlap > highest {
                highest = overlap;
                chosen = self.pick(&level, &sets, overlap, view);
            }
        }
        let merged = chosen.clone();
        chosen.extend(expired);
        (!chosen.is_empty()).then(|| self.choice(CompactionKind::Compaction, &chosen, &merged))
    }

    pub(super) fn choose_all(&self, view: &TableView<'_>) -> Vec<Choice> {
        let all: Vec<&SstableView> = view.sstables.iter().collect();
        let mut apart: Vec<Vec<&SstableView>> = Vec::new();
        for set in overlap_sets(&all) {
            match apart.last_mut() {
                Some(last)
                    if set
                        .iter()
                        .any(|it| last.iter().any(|one| one.generation == it.generation)) =>
                {
                    last.extend(set)
                }
                _ => apart.push(set),
            }
        }
        apart
            .iter()
            .map(|set| self.choice(CompactionKind::Major, set, set))
            .collect()
    }

    fn choice(&self, kind: CompactionKind, inputs: &[&SstableView], merged: &[&SstableView]) -> Choice {
        let mut choice = Choice::new(kind, inputs.iter().map(|it| it.generation));
        let shards = self.shards(combined_density(merged));
        if shards > 1 {
            choice.split = Split::AfterTokens(boundaries(shards));
        }
        choice
    }

    fn levels<'a>(&self, sstables: &[&'a SstableView]) -> Vec<Level<'a>> {
        let mut by_density: Vec<(f64, &SstableView)> = sstables.iter().map(|it| (density(it), *it)).collect();
        by_density.arrange_by(|(one, a), (other, b)| one.total_cmp(other).then(a.generation.cmp(&b.generation)));
        let flush_bytes = match self.flush_bytes {
            // Rounded up to a whole mebibyte, as the observed size is.
            0 => sstables.iter().map(|it| it.bytes).min().unwrap_or(0).div_ceil(MEBIBYTE) * MEBIBYTE,
            given => given,
        };
        let base = flush_bytes.max(MEBIBYTE) as f64 * (1.0 - 0.9 / self.fanout(0) as f64);
        let mut limit = (base * self.fanout(0) as f64).floor();
        let mut levels = vec![Level {
            index: 0,
            sstables: Vec::new(),
        }];
        for (density, sstable) in by_density {
            let mut index = levels.len() - 1;
            while density >= limit {
                index += 1;
                limit = (limit * self.fanout(index) as f64).floor();
                let sstables = Vec::new();
                levels.push(Level { index, sstables });
            }
            levels[index].sstables.push(sstable);
        }
        levels
    }

    /// The levels that have any, each with its number.
    pub(super) fn by_level<'a>(
        &self,
        sstables: &[&'a SstableView],
    ) -> impl Iterator<Item = (u32, Vec<&'a SstableView>)> {
        let levels = self.levels(sstables).into_iter().filter(|it| !it.sstables.is_empty());
        levels.map(|it| (it.index as u32, it.sstables))
    }

    fn pick<'a>(
        &self,
        level: &Level<'a>,
        sets: &[Vec<&'a SstableView>],
        overlap: usize,
        view: &TableView<'_>,
    ) -> Vec<&'a SstableView> {
        let threshold = self.threshold(level.index);
        if overlap < threshold {
            return Vec::new();
        }
        let mut buckets = group(sets, threshold, self.inclusion);
        let depth = |bucket: &Vec<Vec<&SstableView>>| bucket.iter().map(Vec::len).max().unwrap_or(0);
        buckets.retain(|it| depth(it) == overlap);
        if buckets.is_empty() {
            return Vec::new();
        }
        // Cassandra takes any of them at random; in turn is as fair.
        let bucket = buckets.swap_remove((view.history.choices % buckets.len() as u64) as usize);
        let mut oldest_first: Vec<&SstableView> = Vec::new();
        for sstable in bucket.iter().flatten() {
            if !oldest_first.iter().any(|it| it.generation == sstable.generation) {
                oldest_first.push(*sstable);
            }
        }
        oldest_first.arrange_by_key(|it| (it.max_timestamp, it.generation));
        match self.pick_size(level.index, overlap) {
            None => oldest_first,
            Some(limit) => pull_within(&oldest_first, &bucket, limit),
        }
    }

    /// How many to take where `overlap` lie over one another; `None`: all.
    fn pick_size(&self, level: usize, overlap: usize) -> Option<usize> {
        let fanout = self.fanout(level);
        let most = fanout.max(self.max_sstables);
        if overlap <= fanout {
            return None;
        }
        if overlap <= fanout * self.fanout(level + 1) || most == fanout {
            return (overlap > most).then_some(most);
        }
        // Far behind: as much as leads straight to where it would be by now.
        let limit = most.min(overlap);
        let (mut size, mut next, mut index) = (fanout, fanout, level);
        while next <= limit {
            size = next;
            index += 1;
            next *= self.fanout(index);
        }
        Some(if self.scaling_of(level) < 0 {
            size * (limit / size)
        } else {
            size
        })
    }

    /// How many shards data of this density is cut into. `Controller.getNumShards`.
    fn shards(&self, density: f64) -> u32 {
        let base = self.base_shards;
        if self.min_sstable_bytes > 0 {
            let count = density / self.min_sstable_bytes as f64;
            if count < f64::from(base) {
                let power = highest_bit(count as u32 | 1);
                return power.min(base & base.wrapping_neg());
            }
        }
        if self.growth == 1.0 {
            return base;
        }
        let count = density / (self.target_sstable_bytes as f64 * f64::from(base));
        if self.growth == 0.0 {
            let count = (count * core::f64::consts::SQRT_2).min(f64::from(1u32 << MAX_SHARD_SHIFT));
            return base.saturating_mul(highest_bit(count as u32 | 1));
        }
        let power = libm::log(count) * (1.0 / core::f64::consts::LN_2) * (1.0 - self.growth) + 0.5;
        let shift = if power >= 0.0 {
            (power as u32).min(MAX_SHARD_SHIFT)
        } else {
            0
        };
        base.saturating_mul(1 << shift)
    }

    pub(super) fn pending(&self, view: &TableView<'_>) -> u32 {
        let all: Vec<&SstableView> = view.sstables.iter().collect();
        let mut pending = 0;
        for level in self.levels(&all) {
            let threshold = self.threshold(level.index);
            for bucket in group(&overlap_sets(&level.sstables), threshold, self.inclusion) {
                pending += bucket.iter().map(Vec::len).max().unwrap_or(0) / threshold;
            }
        }
        pending as u32
    }
}

fn highest_bit(number: u32) -> u32 {
    1 << number.ilog2()
}

/// `N`, `L4`, `T4`, or the number itself.
fn scaling_parameter(text: &str) -> Option<i32> {
    let text = text.trim();
    let fan = |digits: &str| digits.parse::<i32>().ok().filter(|it| *it >= 2);
    match text.split_at_checked(1)? {
        ("N", "") => Some(0),
        ("L", digits) => fan(digits).map(|it| 2 - it),
        ("T", digits) => fan(digits).map(|it| it - 2),
        _ => text.parse().ok(),
    }
}
