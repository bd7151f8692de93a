//! Summary.db: every so many keys of the index, with their places, to be kept in memory.

use bytes::Bytes;

use super::input::{Input, Slab};
use super::output;
use crate::data::{DecoratedKey, PartitionKey};
use crate::storage::StorageError;

/// `Downsampling.BASE_SAMPLING_LEVEL`: nothing was left out of the summary to save memory.
const FULL_SAMPLING: u32 = 128;

#[derive(Clone, Debug, PartialEq)]
pub struct IndexSummary {
    pub min_index_interval: u32,
    pub sampling_level: u32,
    pub size_at_full_sampling: u32,
    /// Keys in order, and where their entries begin in the index.
    pub entries: Vec<(DecoratedKey, u64)>,
    pub first: DecoratedKey,
    pub last: DecoratedKey,
}

impl IndexSummary {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let entry_bytes: usize = self.entries.iter().map(|(key, _)| key.key.0.len() + 8).sum();
        output::u32(self.min_index_interval, &mut out);
        output::u32(self.entries.len() as u32, &mut out);
        output::i64((4 * self.entries.len() + entry_bytes) as i64, &mut out);
        output::u32(self.sampling_level, &mut out);
        output::u32(self.size_at_full_sampling, &mut out);
        // Both in little endian: it is memory as it lies.
        let mut offset = 4 * self.entries.len();
        for (key, _) in &self.entries {
            out.extend((offset as u32).to_le_bytes());
            offset += key.key.0.len() + 8;
        }
        for (key, position) in &self.entries {
            out.extend_from_slice(&key.key.0);
            out.extend(position.to_le_bytes());
        }
        output::with_length(&self.first.key.0, &mut out);
        output::with_length(&self.last.key.0, &mut out);
        out
    }

    /// `index_length`: that of Index.db, within which the entries lie.
    pub fn decode(file: &str, bytes: Bytes, index_length: u64) -> Result<IndexSummary, StorageError> {
        let mut input = Slab::new(file, bytes);
        let min_index_interval = input.u32()?;
        let count = input.u32()? as usize;
        let memory = input.u64()?;
        let sampling_level = input.u32()?;
        let size_at_full_sampling = input.u32()?;
        if count == 0 || sampling_level == 0 || sampling_level > FULL_SAMPLING || memory > input.remaining() as u64 {
            return Err(input.corrupt(&format!("a summary of {count} entries in {memory} bytes")));
        }
        let start = input.position();
        let mut offsets = Vec::new();
        for _ in 0..count {
            let offset = input.u32()?.swap_bytes();
            offsets.push(offset as usize);
        }
        offsets.push(memory as usize);
        let mut entries: Vec<(DecoratedKey, u64)> = Vec::new();
        for range in offsets.windows(2) {
            let length = range[1].checked_sub(range[0] + 8);
            let (Some(length), true) = (length, input.position() - start == range[0]) else {
                return Err(input.corrupt("the entries of a summary out of order"));
            };
            let key = DecoratedKey::new(PartitionKey(input.take(length)?));
            let position = input.u64()?.swap_bytes();
            let follows = entries.last().is_none_or(|(last, at)| *last < key && *at < position);
            if !follows || position >= index_length {
                return Err(input.corrupt("the entries of a summary out of order"));
            }
            entries.push((key, position));
        }
        let first = DecoratedKey::new(PartitionKey(input.with_length()?));
        let last = DecoratedKey::new(PartitionKey(input.with_length()?));
        input.finish()?;
        if entries
            .first()
            .is_none_or(|(key, position)| *key != first || *position != 0)
            || entries.last().is_none_or(|(key, _)| *key > last)
        {
            return Err(input.corrupt("the first and last key do not fit the entries"));
        }
        Ok(IndexSummary {
            min_index_interval,
            sampling_level,
            size_at_full_sampling,
            entries,
            first,
            last,
        })
    }
}

/// Collects a summary as the index is written.
#[derive(Debug)]
pub struct SummaryBuilder {
    min_index_interval: u32,
    keys: u64,
    entries: Vec<(DecoratedKey, u64)>,
    ends: Option<(DecoratedKey, DecoratedKey)>,
}

impl SummaryBuilder {
    pub fn new(min_index_interval: u32) -> SummaryBuilder {
        SummaryBuilder {
            min_index_interval: min_index_interval.max(1),
            keys: 0,
            entries: Vec::new(),
            ends: None,
        }
    }

    pub fn add(&mut self, key: &DecoratedKey, position: u64) {
        if self.keys.is_multiple_of(self.min_index_interval.into()) {
            self.entries.push((key.clone(), position));
        }
        self.keys += 1;
        match &mut self.ends {
            Some((_, last)) => *last = key.clone(),
            None => self.ends = Some((key.clone(), key.clone())),
        }
    }

    pub fn keys(&self) -> u64 {
        self.keys
    }

    pub fn last(&self) -> Option<&DecoratedKey> {
        self.ends.as_ref().map(|(_, last)| last)
    }

    /// Nothing when there were no keys.
    pub fn build(self) -> Option<IndexSummary> {
        let (first, last) = self.ends?;
        Some(IndexSummary {
            min_index_interval: self.min_index_interval,
            sampling_level: FULL_SAMPLING,
            size_at_full_sampling: self.keys.div_ceil(self.min_index_interval.into()) as u32,
            entries: self.entries,
            first,
            last,
        })
    }
}
