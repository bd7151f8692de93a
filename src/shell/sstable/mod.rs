//! Cassandra's tools for SSTables: `sstabledump`, `sstablemetadata`, `sstableverify`, as texts.
//!
//! Knows the layout of each, to the byte. The SSTables come from any disk; nothing of a cluster or its schema is needed, for an
//! SSTable says what its columns are.

mod dump;
mod histogram;
mod json;
mod metadata;
#[cfg(test)]
mod tests;
mod verify;
mod words;

use crate::schema::TableMetadata;
use crate::storage::sstable::{Component, Descriptor, SstableReader, Statistics};
use crate::storage::{Disk, StorageError};

pub use dump::dump;
pub use metadata::metadata;
pub use verify::verify;

/// The SSTables on a disk, oldest first.
pub fn sstables(disk: &dyn Disk) -> Result<Vec<Descriptor>, StorageError> {
    let mut found: Vec<Descriptor> = disk
        .list()?
        .iter()
        .filter_map(|file| Descriptor::parse(&file.name))
        .filter(|(_, component)| *component == Component::Data)
        .map(|(descriptor, _)| descriptor)
        .collect();
    found.sort();
    Ok(found)
}

/// Opens an SSTable as what it says of itself.
pub fn open(disk: &dyn Disk, descriptor: &Descriptor) -> Result<(SstableReader, TableMetadata), StorageError> {
    let statistics = Statistics::load(disk, descriptor)?;
    let described = statistics.header.to_table("keyspace", "table");
    let table = described.map_err(|error| StorageError::Corrupt {
        file: descriptor.file(Component::Statistics),
        offset: 0,
        what: error.to_string(),
    })?;
    let reader = SstableReader::open(disk, descriptor.clone(), &table)?;
    Ok((reader, table))
}
