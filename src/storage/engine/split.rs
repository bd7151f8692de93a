//! Where a compaction ends one SSTable and begins the next.

use super::super::compaction::{LEVELS, Split, max_bytes};
use crate::data::{DecoratedKey, Token};

#[derive(Clone, Debug)]
pub(super) struct Splitter {
    level: u32,
    split: Split,
    /// Bytes in this level so far.
    in_level: u64,
    /// Of shards: the last token of the one being written.
    end: Option<Token>,
}

impl Splitter {
    pub fn new(level: u32, split: Split) -> Splitter {
        Splitter {
            level,
            split,
            in_level: 0,
            end: None,
        }
    }

    /// An SSTable begins with a key: at which level.
    pub fn begin(&mut self, key: &DecoratedKey) -> u32 {
        if let Split::AfterTokens(tokens) = &self.split {
            self.end = tokens.get(tokens.partition_point(|it| *it < key.token)).copied();
        }
        self.level
    }

    /// Whether a key is to go into another SSTable than the one that has `bytes` by now.
    pub fn splits_before(&self, key: &DecoratedKey, bytes: u64) -> bool {
        match &self.split {
            Split::Never | Split::Untouched => false,
            Split::AtBytes(limit) | Split::ByLevel { bytes: limit, .. } => bytes >= *limit,
            Split::AfterTokens(_) => self.end.is_some_and(|end| key.token > end),
        }
    }

    /// An SSTable ended with so many bytes.
    pub fn ended(&mut self, bytes: u64) {
        self.in_level += bytes;
        if let Split::ByLevel { bytes: sstable, fanout } = self.split
            && self.in_level >= max_bytes(self.level, fanout, sstable)
            && (self.level as usize) < LEVELS - 1
        {
            self.level += 1;
            self.in_level = 0;
        }
    }
}
