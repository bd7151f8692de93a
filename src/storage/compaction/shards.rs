//! Shards: how UnifiedCompactionStrategy cuts the ring, and how dense an SSTable is on it.
//!
//! The ring is taken as a whole, as for a table whose node owns all of it; Cassandra weighs by the ranges a node owns.

use super::SstableView;
use crate::data::Token;

/// A smaller span than this says nothing: the SSTable counts as if it covered the ring. `ShardManager.MINIMUM_TOKEN_COVERAGE`.
const MINIMUM_COVERAGE: f64 = 1.0 / (1u64 << 48) as f64;
const RING: f64 = 18_446_744_073_709_551_616.0;

/// Bytes for each whole ring that the SSTable's span is part of.
pub fn density(sstable: &SstableView) -> f64 {
    let tokens = i128::from(sstable.last.token.0) + 1 - i128::from(sstable.first.token.0);
    let span = tokens as f64 / RING;
    sstable.bytes as f64 / if span >= MINIMUM_COVERAGE { span } else { 1.0 }
}

/// The density of what merging these makes.
pub fn combined_density(sstables: &[&SstableView]) -> f64 {
    let bytes: u64 = sstables.iter().map(|it| it.bytes).sum();
    let first = sstables.iter().map(|it| it.first.token.0).min().unwrap_or(0);
    let last = sstables.iter().map(|it| it.last.token.0).max().unwrap_or(0);
    let span = (i128::from(last) + 1 - i128::from(first)) as f64 / RING;
    bytes as f64 / if span >= MINIMUM_COVERAGE { span } else { 1.0 }
}

/// The last tokens of all shards but the last.
pub fn boundaries(count: u32) -> Vec<Token> {
    let step = (1i128 << 64) / i128::from(count.max(1));
    let end = |shard: i128| Token((i128::from(i64::MIN) + step * shard) as i64);
    (1..i128::from(count)).map(end).collect()
}
