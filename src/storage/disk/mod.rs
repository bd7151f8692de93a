//! Disk: the port that all bytes of a node go through, and a disk in memory that can lose power.
//!
//! Small and synchronous: named files in one flat directory, appended to and read anywhere. Knows nothing of what is in a file.
//! Hosts bring other implementations (native files); `packed` needs no more of them than three files of bytes.

mod memory;
pub mod packed;
pub(super) mod watched;

use core::fmt;

use super::StorageError;

pub use memory::{MemoryDisk, PowerLoss};
pub use packed::PackedDisk;

/// A file as a listing has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    pub name: String,
    pub len: u64,
}

/// One node's disk.
///
/// What survives a loss of power: the bytes of a file up to where it was when last synced, and perhaps some of those after that,
/// never a later one without all before it. `create` lasts once the file is synced; `rename`, `delete` and `truncate` last when they
/// return, or at the latest when anything lasts that was done after them.
pub trait Disk: fmt::Debug {
    /// Makes an empty file.
    fn create(&mut self, file: &str) -> Result<(), StorageError>;

    /// Adds bytes at the end: all of them, or none and an error.
    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// Fills `into` from `offset` on and returns how many bytes there were: fewer than asked only at the end of the file.
    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError>;

    /// Returns when all of the file, its name included, is safe from a loss of power.
    fn sync(&mut self, file: &str) -> Result<(), StorageError>;

    /// Cuts the file off after `len` bytes.
    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError>;

    /// Gives the file another name; a file of that name goes. There is no moment without either.
    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError>;

    fn delete(&mut self, file: &str) -> Result<(), StorageError>;

    /// All files, in the order of their names.
    fn list(&self) -> Result<Vec<FileInfo>, StorageError>;

    fn len(&self, file: &str) -> Result<u64, StorageError>;
}

impl dyn Disk + '_ {
    /// The whole of a file.
    pub fn read_all(&self, file: &str) -> Result<Vec<u8>, StorageError> {
        let mut bytes = vec![0; self.len(file)? as usize];
        let read = self.read_at(file, 0, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}
