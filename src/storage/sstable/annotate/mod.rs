//! The bytes of an SSTable's files, each stretch named by what the format calls it.
//!
//! A walk with the decoders that reads use: what it names it has decoded, and no byte is left out or named twice. Knows files and
//! their bytes, not why someone looks at them. Nothing in here runs unless somebody does.

mod components;
mod data;
mod statistics;
#[cfg(test)]
mod tests;
mod walk;

use core::ops::Range;

use serde::{Deserialize, Serialize};

use super::data_file::DataFile;
use super::input::Slab;
use super::{Component, SstableReader};
use crate::schema::TableMetadata;
use crate::storage::{Disk, StorageError};

use walk::Walk;

/// A stretch of bytes and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub at: u64,
    pub length: u64,
    /// In hexadecimal; of a long one the first of them.
    pub hex: String,
    pub name: String,
    /// What the bytes say, where that is more than their digits.
    pub value: String,
    /// How far inside of something it is.
    pub depth: u8,
}

/// The spans of a file that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// Bytes of all there is to annotate.
    pub length: u64,
    pub spans: Vec<Span>,
    /// How many spans lie before these.
    pub before: u64,
    /// There are more after them.
    pub goes_on: bool,
}

/// What of an SSTable is annotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The bytes of a file as they lie on the disk.
    File(Component),
    /// The bytes of Data.db when its chunks are not compressed.
    Rows,
}

/// Names the bytes of a part of an SSTable: those of the spans whose numbers are in `window`.
pub fn annotate(
    disk: &dyn Disk,
    reader: &SstableReader,
    table: &TableMetadata,
    side: Side,
    window: Range<u64>,
) -> Result<Annotation, StorageError> {
    match side {
        Side::Rows | Side::File(Component::Data) if side == Side::Rows || reader.data().compression().is_none() => {
            let mut cursor = reader.data().cursor(disk, 0);
            let mut walk = Walk::new(&mut cursor, window);
            data::rows(&mut walk, disk, reader, table)?;
            Ok(walk.finish(reader.data().length()))
        }
        Side::Rows | Side::File(Component::Data) => {
            let file = reader.data();
            let raw = DataFile::plain(file.name().to_owned(), file.file_length(), None, 0.0)?;
            let mut cursor = raw.cursor(disk, 0);
            let mut walk = Walk::new(&mut cursor, window);
            data::chunks(&mut walk, disk, file)?;
            Ok(walk.finish(file.file_length()))
        }
        Side::File(component) => {
            let name = reader.info().descriptor.file(component);
            let bytes = disk.read_all(&name)?;
            let length = bytes.len() as u64;
            let mut slab = Slab::new(&name, bytes.into());
            let mut walk = Walk::new(&mut slab, window);
            components::component(&mut walk, component, reader, table, length)?;
            Ok(walk.finish(length))
        }
    }
}
