//! Memtables: a table's newest data, sorted, in memory. The commit log has all of it too.

use core::ops::Bound::{Excluded, Included, Unbounded};
use std::collections::BTreeMap;

use bytes::Bytes;

use super::StorageError;
use super::source::{PartitionSource, PartitionStream, TableSource};
use crate::data::{
    DecoratedKey, Partition, PartitionBound, PartitionKey, PartitionRange, Token, Weight, WriteTimestamp,
};

#[derive(Clone, Debug, Default)]
pub struct Memtable {
    partitions: BTreeMap<DecoratedKey, Partition>,
    weight: Weight,
    oldest: Option<WriteTimestamp>,
}

impl Memtable {
    /// Returns by how many bytes it grew.
    pub fn apply(&mut self, update: Partition) -> i64 {
        self.oldest = self.oldest.into_iter().chain(update.oldest_timestamp()).min();
        let grown = match self.partitions.get_mut(&update.key) {
            Some(mine) => mine.merge_weighed(update),
            None => {
                let weight = update.weight();
                self.partitions.insert(update.key.clone(), update);
                weight
            }
        };
        self.weight += grown;
        grown.bytes
    }

    /// The smallest timestamp of all that was ever applied.
    pub fn oldest_timestamp(&self) -> Option<WriteTimestamp> {
        self.oldest
    }

    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// All partitions in token order, from behind one on.
    pub fn after(&self, key: Option<&DecoratedKey>) -> impl Iterator<Item = &Partition> {
        let start = key.map_or(Unbounded, |key| Excluded(key.clone()));
        self.partitions
            .range((start, Unbounded))
            .map(|(_, partition)| partition)
    }

    pub fn get(&self, key: &DecoratedKey) -> Option<&Partition> {
        self.partitions.get(key)
    }

    /// The partitions of a range, in token order.
    pub fn range(&self, range: PartitionRange) -> impl Iterator<Item = &Partition> {
        // No key sorts before the empty one of its token.
        let first_of = |token: Token| DecoratedKey {
            token,
            key: PartitionKey(Bytes::new()),
        };
        let start = match &range.start {
            PartitionBound::BeforeKey(key) => Included(key.clone()),
            PartitionBound::AfterKey(key) => Excluded(key.clone()),
            PartitionBound::BeforeToken(token) => Included(first_of(*token)),
            PartitionBound::AfterToken(token) => Included(first_of(Token(token.0.saturating_add(1)))),
        };
        let start_of = range.clone();
        self.partitions
            .range((start, Unbounded))
            .map(|(_, partition)| partition)
            // After the greatest token there is none to start from.
            .skip_while(move |partition| !start_of.is_past_start(&partition.key))
            .take_while(move |partition| !range.is_past_end(&partition.key))
    }

    pub fn partition_count(&self) -> usize {
        self.partitions.len()
    }

    pub fn weight(&self) -> Weight {
        self.weight
    }
}

impl TableSource for Memtable {
    fn partition(&self, key: &DecoratedKey) -> Result<Option<Box<dyn PartitionSource + '_>>, StorageError> {
        let found = self.get(key);
        Ok(found.map(|partition| Box::new(partition) as Box<dyn PartitionSource + '_>))
    }

    fn partitions<'a>(&'a self, range: &PartitionRange) -> PartitionStream<'a> {
        let found = self.range(range.clone());
        Box::new(found.map(|partition| Ok((partition.key.clone(), Box::new(partition) as Box<dyn PartitionSource>))))
    }
}
