//! Which SSTables lie over one another, and groups of those. `org.apache.cassandra.utils.Overlaps`.

use super::{Generation, SstableView};
use crate::base::{Arrange, SortedSet};

/// For each stretch of the ring, the SSTables that cover it; stretches covered by part of another's only are left out.
pub fn overlap_sets<'a>(sstables: &[&'a SstableView]) -> Vec<Vec<&'a SstableView>> {
    let mut by_start = sstables.to_vec();
    by_start.arrange_by(|one, other| (&one.first, one.generation).cmp(&(&other.first, other.generation)));
    let mut sets = Vec::new();
    let mut active: Vec<&SstableView> = Vec::new();
    for sstable in by_start {
        if active.iter().any(|it| it.last < sstable.first) {
            sets.push(active.clone());
            active.retain(|it| it.last >= sstable.first);
        }
        active.push(sstable);
    }
    if !active.is_empty() {
        sets.push(active);
    }
    sets
}

/// What more than the stretches with enough in them is taken along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inclusion {
    None,
    /// Stretches that share an SSTable with it.
    Single,
    /// ... or with one of those, and so on.
    Transitive,
}

/// Groups neighbouring sets around each that reaches the threshold.
pub fn group<'a>(
    sets: &[Vec<&'a SstableView>],
    threshold: usize,
    inclusion: Inclusion,
) -> Vec<Vec<Vec<&'a SstableView>>> {
    let mut groups = Vec::new();
    let mut free_from = 0;
    let mut at = 0;
    while at < sets.len() {
        if sets[at].len() < threshold {
            at += 1;
            continue;
        }
        let (mut start, mut end) = (at, at + 1);
        if inclusion != Inclusion::None {
            let mut reached = generations(&sets[at]);
            let touches = |set: &[&SstableView], reached: &mut SortedSet<Generation>| {
                let touches = set.iter().any(|it| reached.contains(&it.generation));
                if touches && inclusion == Inclusion::Transitive {
                    reached.extend(set.iter().map(|it| it.generation));
                }
                touches
            };
            while start > free_from && touches(&sets[start - 1], &mut reached) {
                start -= 1;
            }
            while end < sets.len() && touches(&sets[end], &mut reached) {
                end += 1;
            }
        }
        groups.push(sets[start..end].to_vec());
        free_from = end;
        at = end;
    }
    groups
}

fn generations(set: &[&SstableView]) -> SortedSet<Generation> {
    set.iter().map(|it| it.generation).collect()
}

/// The first of `oldest_first`, as many as there can be with no set holding more than `limit` of them.
pub fn pull_within<'a>(
    oldest_first: &[&'a SstableView],
    sets: &[Vec<&SstableView>],
    limit: usize,
) -> Vec<&'a SstableView> {
    let mut taken = vec![0; sets.len()];
    let mut pulled = Vec::new();
    for sstable in oldest_first {
        for (set, taken) in sets.iter().zip(&mut taken) {
            if set.iter().any(|it| it.generation == sstable.generation) {
                *taken += 1;
                if *taken > limit {
                    return pulled;
                }
            }
        }
        pulled.push(*sstable);
    }
    pulled
}
