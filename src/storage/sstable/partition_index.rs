//! Where the partitions of an SSTable lie: in Index.db with its summary in memory, or all in memory.

use bytes::Bytes;

use super::data_file::DataFile;
use super::index::RawEntry;
use super::input::Input;
use super::shape::Shape;
use super::summary::{IndexSummary, SummaryBuilder};
use super::unfiltered::Raw;
use crate::data::{DecoratedKey, PartitionKey};
use crate::storage::{Disk, StorageError};

/// Keys in order, each under a number by which the next is found.
#[derive(Debug)]
pub enum PartitionIndex {
    /// Numbered by their places in the file.
    File {
        index: Box<DataFile>,
        summary: IndexSummary,
    },
    /// Numbered from 0. `file` is the one that should have been asked.
    Memory {
        file: String,
        entries: Vec<(DecoratedKey, u64)>,
    },
}

impl PartitionIndex {
    /// `summary`: the name and content of Summary.db; without one it is made anew.
    pub fn of_file(
        disk: &dyn Disk,
        index: DataFile,
        summary: Option<(&str, Bytes)>,
        interval: u32,
    ) -> Result<PartitionIndex, StorageError> {
        let summary = match summary {
            Some((name, bytes)) => IndexSummary::decode(name, bytes, index.length())?,
            None => summarize(disk, &index, interval)?,
        };
        Ok(PartitionIndex::File {
            index: Box::new(index),
            summary,
        })
    }

    /// From the data, of which every row is passed over.
    pub fn of_data(
        disk: &dyn Disk,
        file: String,
        data: &DataFile,
        shape: &Shape,
    ) -> Result<PartitionIndex, StorageError> {
        let mut entries: Vec<(DecoratedKey, u64)> = Vec::new();
        let mut cursor = data.cursor(disk, 0);
        while cursor.position() < data.length() {
            let position = cursor.position();
            let key = DecoratedKey::new(PartitionKey(cursor.with_short_length()?));
            if entries.last().is_some_and(|(last, _)| *last >= key) {
                return Err(data.corrupt(position, "the keys are out of order"));
            }
            shape.read_whole_deletion(&mut cursor)?;
            if shape.header.has_static() {
                shape.read_static_row(data.name(), &mut cursor)?;
            }
            while !matches!(shape.read_raw(&mut cursor)?, Raw::End) {}
            entries.push((key, position));
        }
        match entries.is_empty() {
            true => Err(data.corrupt(0, "data of no partitions")),
            false => Ok(PartitionIndex::Memory { file, entries }),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            PartitionIndex::File { index, .. } => index.name(),
            PartitionIndex::Memory { file, .. } => file,
        }
    }

    /// The number after the last.
    pub fn length(&self) -> u64 {
        match self {
            PartitionIndex::File { index, .. } => index.length(),
            PartitionIndex::Memory { entries, .. } => entries.len() as u64,
        }
    }

    pub fn ends(&self) -> (DecoratedKey, DecoratedKey) {
        match self {
            PartitionIndex::File { summary, .. } => (summary.first.clone(), summary.last.clone()),
            // There is one entry at least.
            PartitionIndex::Memory { entries, .. } => (entries[0].0.clone(), entries[entries.len() - 1].0.clone()),
        }
    }

    /// A number to go on from so as to find the last key that `is_before` says yes to; nothing when it does so of none.
    pub fn start_for(&self, is_before: &dyn Fn(&DecoratedKey) -> bool) -> Option<u64> {
        match self {
            PartitionIndex::File { summary, .. } => {
                let after = summary.entries.partition_point(|(key, _)| is_before(key));
                Some(summary.entries.get(after.checked_sub(1)?)?.1)
            }
            PartitionIndex::Memory { entries, .. } => {
                let after = entries.partition_point(|(key, _)| is_before(key));
                Some(after.checked_sub(1)? as u64)
            }
        }
    }

    /// The entry with a number, and the next number.
    pub fn entry(&self, disk: &dyn Disk, at: u64) -> Result<(RawEntry, u64), StorageError> {
        match self {
            PartitionIndex::File { index, .. } => {
                let mut cursor = index.cursor(disk, at);
                let raw = RawEntry::read(&mut cursor, at)?;
                Ok((raw, cursor.position()))
            }
            PartitionIndex::Memory { entries, .. } => {
                let (key, position) = entries
                    .get(at as usize)
                    .ok_or_else(|| self.corrupt(at, "no such entry"))?;
                Ok((RawEntry::bare(key.key.0.clone(), *position), at + 1))
            }
        }
    }

    /// The entry of a key among those that `start_for` leads to, by its bytes: nothing is said of their order.
    pub fn entry_of(&self, disk: &dyn Disk, start: u64, key: &DecoratedKey) -> Result<Option<RawEntry>, StorageError> {
        let (index, summary) = match self {
            PartitionIndex::File { index, summary } => (index, summary),
            PartitionIndex::Memory { entries, .. } => {
                let found = entries.get(start as usize).filter(|(other, _)| other == key);
                return Ok(found.map(|(key, position)| RawEntry::bare(key.key.0.clone(), *position)));
            }
        };
        let after = summary.entries.partition_point(|(_, at)| *at <= start);
        let end = summary.entries.get(after).map_or(index.length(), |(_, at)| *at);
        let mut cursor = index.cursor(disk, start);
        while cursor.position() < end {
            let at = cursor.position();
            if RawEntry::is_of(&key.key.0, &mut cursor)? {
                return RawEntry::read(&mut index.cursor(disk, at), at).map(Some);
            }
        }
        Ok(None)
    }

    pub fn corrupt(&self, offset: u64, what: &str) -> StorageError {
        StorageError::Corrupt {
            file: self.name().to_owned(),
            offset,
            what: what.to_owned(),
        }
    }
}

/// The summary of an index that comes without one.
fn summarize(disk: &dyn Disk, index: &DataFile, interval: u32) -> Result<IndexSummary, StorageError> {
    let mut builder = SummaryBuilder::new(interval);
    let mut cursor = index.cursor(disk, 0);
    while cursor.position() < index.length() {
        let at = cursor.position();
        let raw = RawEntry::read(&mut cursor, at)?;
        builder.add(&DecoratedKey::new(PartitionKey(raw.key)), at);
    }
    builder
        .build()
        .ok_or_else(|| index.corrupt(0, "an index of no partitions"))
}
