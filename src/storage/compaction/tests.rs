//! Choices from plain values.

use crate::base::SortedMap;

use bytes::Bytes;
use proptest::prelude::*;

use super::{Strategy, *};
use crate::data::{DecoratedKey, EpochSeconds, PartitionKey, Token, WriteTimestamp};

const MIB: u64 = 1 << 20;
const DAY: i64 = 86_400;

/// An SSTable over a span of tokens.
fn sstable(generation: u64, mebibytes: u64, span: (i64, i64)) -> SstableView {
    let key = |token| DecoratedKey {
        token: Token(token),
        key: PartitionKey(Bytes::new()),
    };
    SstableView {
        generation: Generation(generation),
        bytes: mebibytes * MIB,
        level: 0,
        first: key(span.0),
        last: key(span.1),
        min_timestamp: WriteTimestamp(generation as i64),
        max_timestamp: WriteTimestamp(generation as i64),
        max_local_deletion_time: EpochSeconds::NEVER,
        created: UnixMicros(generation as i64),
        keys: 1_000,
        cells: 1_000,
        tombstones: Vec::new(),
    }
}

struct Table {
    options: SortedMap<String, String>,
    sstables: Vec<SstableView>,
    compacting: Vec<SstableView>,
    history: History,
    gc_before: i64,
}

impl Table {
    fn new(class: &str, options: &[(&str, &str)], sstables: Vec<SstableView>) -> Table {
        let pairs = options.iter().copied().chain([("class", class)]);
        Table {
            options: pairs.map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            sstables,
            compacting: Vec::new(),
            history: History::default(),
            gc_before: 0,
        }
    }

    fn with<T>(&self, see: impl FnOnce(&Strategy, &TableView<'_>) -> T) -> T {
        let options = CompactionOptions(&self.options);
        let common = CommonOptions::from_options(&options);
        let all: Vec<SstableView> = self.sstables.iter().chain(&self.compacting).cloned().collect();
        let view = TableView {
            sstables: &self.sstables,
            all: &all,
            oldest_in_memory: None,
            gc_before: EpochSeconds(self.gc_before),
            common: &common,
            history: &self.history,
        };
        see(&Strategy::from_options(&options), &view)
    }

    fn choose(&self, now_seconds: i64) -> Option<Choice> {
        self.with(|strategy, view| strategy.choose(view, UnixMicros(now_seconds * 1_000_000)))
    }

    fn inputs(&self, now_seconds: i64) -> Vec<u64> {
        let choice = self.choose(now_seconds);
        choice.map_or_else(Vec::new, |it| it.inputs.iter().map(|it| it.0).collect())
    }

    fn pending(&self) -> u32 {
        self.with(|strategy, view| strategy.pending(view))
    }
}

fn all(count: u64, mebibytes: u64) -> Vec<SstableView> {
    (1..=count).map(|it| sstable(it, mebibytes, (0, 100))).collect()
}

#[test]
fn size_tiers_merge_four_of_a_size() {
    let tiered = |sstables| Table::new("SizeTieredCompactionStrategy", &[], sstables);
    assert_eq!(tiered(all(3, 100)).choose(0), None);
    let mut mixed = all(4, 100);
    mixed.push(sstable(5, 400, (0, 100)));
    let table = tiered(mixed);
    assert_eq!(table.inputs(0), [1, 2, 3, 4]);
    assert_eq!(table.pending(), 1);
    // All below 50 MiB are of one size.
    let small = (1..=4).map(|it| sstable(it, it * it, (0, 9))).collect();
    assert_eq!(tiered(small).inputs(0), [1, 2, 3, 4]);
    assert_eq!(tiered(all(40, 100)).inputs(0).len(), 32);
    assert_eq!(tiered(all(40, 100)).pending(), 2);
}

#[test]
fn an_sstable_of_tombstones_is_compacted_alone_a_day_later() {
    let mut one = sstable(1, 100, (0, 100));
    one.tombstones = vec![(EpochSeconds(10), 900)];
    let mut table = Table::new(
        "SizeTieredCompactionStrategy",
        &[],
        vec![one, sstable(2, 900, (200, 300))],
    );
    table.gc_before = 20;
    assert_eq!(table.choose(100), None);
    assert_eq!(table.inputs(DAY + 1), [1]);
    // Another lies over all of it: what it deletes may be there.
    table.sstables[1].first.token = Token(0);
    assert_eq!(table.choose(DAY + 1), None);
    table
        .options
        .insert("unchecked_tombstone_compaction".into(), "true".into());
    assert_eq!(table.inputs(DAY + 1), [1]);
}

#[test]
fn levels_take_what_they_overlap() {
    let leveled = |sstables| Table::new("LeveledCompactionStrategy", &[("sstable_size_in_mb", "1")], sstables);
    let level = |level, mut it: SstableView| {
        it.level = level;
        it
    };
    assert_eq!(leveled(all(1, 1)).choose(0), None);
    // Too little for level 1: they stay in level 0.
    let tiny: Vec<SstableView> = all(2, 1)
        .into_iter()
        .map(|mut it| {
            it.bytes = 1_000;
            it
        })
        .collect();
    assert_eq!(
        leveled(tiny).choose(0).map(|it| (it.inputs.len(), it.level)),
        Some((2, 0))
    );
    let mut table = leveled(all(2, 1));
    table.sstables.push(level(1, sstable(3, 1, (50, 150))));
    table.sstables.push(level(1, sstable(4, 1, (151, 200))));
    let choice = table.choose(0).unwrap();
    assert_eq!(
        (table.inputs(0), choice.level, choice.split),
        (vec![1, 2, 3], 1, Split::AtBytes(MIB))
    );
    // Level 1 holds more than ten: the one behind the newest of level 2 goes down.
    let mut table = leveled(
        (0..11)
            .map(|it| level(1, sstable(it + 1, 1, (it as i64 * 10, it as i64 * 10 + 5))))
            .collect(),
    );
    table.sstables.push(level(2, sstable(20, 1, (3, 12))));
    let choice = table.choose(0).unwrap();
    assert_eq!(
        (table.inputs(0), choice.level, choice.split),
        (vec![3], 2, Split::Untouched)
    );
    // A level 0 far behind is tiered first.
    table.sstables.extend((30..70).map(|it| sstable(it, 1, (0, 200))));
    assert_eq!(
        table.choose(0).map(|it| (it.inputs.len(), it.level, it.split)),
        Some((32, 0, Split::Never))
    );
}

#[test]
fn windows_are_not_mixed() {
    let mut sstables: Vec<SstableView> = (0..5).map(|it| sstable(it + 1, 10, (0, 100))).collect();
    for (sstable, day) in sstables.iter_mut().zip([1, 1, 2, 3, 3]) {
        sstable.max_timestamp = WriteTimestamp(day * DAY * 1_000_000 + 5);
    }
    let mut table = Table::new(
        "TimeWindowCompactionStrategy",
        &[("compaction_window_size", "1")],
        sstables,
    );
    // The current window waits for four; of the past ones the newest with two or more is merged.
    assert_eq!(table.inputs(4 * DAY), [1, 2]);
    assert_eq!(table.pending(), 1);
    table.sstables.truncate(3);
    table.history.highest_window_ms = 3 * DAY * 1_000;
    assert_eq!(table.inputs(4 * DAY), [1, 2]);
    // All expired: dropped whole, but looked for every ten minutes only.
    table.gc_before = 10 * DAY;
    for sstable in &mut table.sstables {
        sstable.max_local_deletion_time = EpochSeconds(3 * DAY);
    }
    assert_eq!(table.inputs(20 * DAY), [1, 2, 3]);
    table.history.expired_check = Some(UnixMicros(20 * DAY * 1_000_000));
    assert_eq!(table.inputs(20 * DAY + 600), [1, 2]);
}

#[test]
fn unified_levels_go_by_density() {
    let whole = (i64::MIN + 1, i64::MAX - 1);
    let flushes = |count: u64| (1..=count).map(|it| sstable(it, 10, whole)).collect::<Vec<_>>();
    let table = |options: &[(&str, &str)], sstables| Table::new("UnifiedCompactionStrategy", options, sstables);
    assert_eq!(table(&[], flushes(3)).choose(0), None);
    assert_eq!(table(&[], flushes(4)).inputs(0), [1, 2, 3, 4]);
    assert_eq!(table(&[("scaling_parameters", "L4")], flushes(2)).inputs(0), [1, 2]);
    assert_eq!(table(&[("scaling_parameters", "N")], flushes(2)).inputs(0), [1, 2]);
    assert_eq!(table(&[], flushes(70)).inputs(0).len(), 64);
    assert_eq!(
        table(&[("max_sstables_to_compact", "8")], flushes(16)).inputs(0).len(),
        8
    );
    // Small data is one SSTable, more is cut at even steps of the ring.
    assert_eq!(table(&[], flushes(4)).choose(0).unwrap().split, Split::Never);
    let large = (1..=4).map(|it| sstable(it, 1_000, whole)).collect();
    let Split::AfterTokens(tokens) = table(&[], large).choose(0).unwrap().split else {
        panic!("not cut");
    };
    assert_eq!(tokens, [i64::MIN / 2, 0, i64::MAX / 2 + 1].map(Token));
    // What lies apart is merged apart.
    let apart = table(
        &[],
        vec![sstable(1, 1, (0, 10)), sstable(2, 1, (5, 20)), sstable(3, 1, (30, 40))],
    );
    let major = apart.with(|strategy, view| strategy.choose_all(view));
    assert_eq!(major.iter().map(|it| it.inputs.len()).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn expired_sstables_go_unless_they_shadow_something() {
    let mut old = sstable(1, 1, (0, 10));
    old.max_local_deletion_time = EpochSeconds(5);
    let mut table = Table::new("SizeTieredCompactionStrategy", &[], vec![old, sstable(2, 1, (0, 10))]);
    table.gc_before = 6;
    let expired = |table: &Table| {
        table.with(|_, view| {
            let one = &view.sstables[0];
            fully_expired(&[one], &view.overlapping(&[one]), view).len()
        })
    };
    assert_eq!(expired(&table), 1);
    table.sstables[1].min_timestamp = WriteTimestamp(1);
    assert_eq!(expired(&table), 0);
}

const CLASSES: [&str; 4] = [
    "SizeTieredCompactionStrategy",
    "LeveledCompactionStrategy",
    "TimeWindowCompactionStrategy",
    "UnifiedCompactionStrategy",
];

proptest! {
    /// Whatever there is, a strategy chooses of what is free, and comes to rest when its choices are carried out.
    #[test]
    fn every_strategy_comes_to_rest(
        class in prop::sample::select(&CLASSES[..]),
        made in prop::collection::vec((1..64u64, -50..50i64, 0..100i64, 0..3i64), 0..60),
        busy in 0..5usize,
    ) {
        let sstables = made.iter().enumerate().map(|(n, (size, from, len, day))| {
            let mut it = sstable(n as u64 + 1, *size, (*from, from + len));
            it.max_timestamp = WriteTimestamp(day * DAY * 1_000_000);
            it
        });
        let mut table = Table::new(class, &[("sstable_size_in_mb", "16")], sstables.collect());
        let split = busy.min(table.sstables.len());
        table.compacting = table.sstables.drain(..split).collect();
        for round in 0.. {
            let choice = table.choose(10 * DAY);
            prop_assert!(round < 500, "no end: {choice:?}");
            let Some(choice) = choice else { break };
            let (inputs, rest): (Vec<_>, Vec<_>) =
                table.sstables.iter().cloned().partition(|it| choice.inputs.contains(&it.generation));
            prop_assert_eq!(inputs.len(), choice.inputs.len(), "only what is free is chosen");
            table.history = table.with(|strategy, view| strategy.remember(view, Some(&choice), UnixMicros(0)));
            table.sstables = rest;
            table.sstables.extend(carry_out(&choice, &inputs, 1_000 + round * 100));
            table.sstables.sort_by_key(|it| it.generation);
        }
    }
}

/// What merging makes: as many bytes, spread evenly.
fn carry_out(choice: &Choice, inputs: &[SstableView], generation: u64) -> Vec<SstableView> {
    let bytes: u64 = inputs.iter().map(|it| it.bytes).sum();
    let (first, last) = (
        inputs.iter().map(|it| it.first.token.0).min(),
        inputs.iter().map(|it| it.last.token.0).max(),
    );
    let (Some(first), Some(last)) = (first, last) else {
        return Vec::new();
    };
    let pieces = match choice.split {
        Split::AtBytes(limit) => (bytes.div_ceil(limit) as i64).clamp(1, last - first + 1),
        _ => 1,
    };
    let at = |piece: i64| first + (last + 1 - first) * piece / pieces;
    let piece = |piece: i64| {
        let mut made = sstable(generation + piece as u64, 0, (at(piece), at(piece + 1) - 1));
        made.bytes = bytes / pieces as u64;
        made.level = choice.level;
        made.max_timestamp = inputs.iter().map(|it| it.max_timestamp).max().unwrap();
        made
    };
    (0..pieces).map(piece).collect()
}
