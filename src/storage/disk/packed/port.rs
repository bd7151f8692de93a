//! The port below a packed disk: one file of bytes, as a host has it.

use core::fmt;

use crate::storage::StorageError;

/// A file that is there already and stays. Out of space is `StorageError::NoSpace`, anything else `StorageError::Io`.
///
/// After a loss of power: all that was written before the last `flush` that succeeded, and of each later write any part.
pub trait BlockFile: fmt::Debug {
    /// Fills `into` from `offset` on and returns how many bytes there were: fewer than asked only at the end of the file.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, StorageError>;

    /// Writes all bytes, beyond the end too.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError>;

    fn flush(&mut self) -> Result<(), StorageError>;

    /// Whether a sync of a few bytes is to flush, or may leave that to a later one. A host that knows no time flushes always.
    fn flush_is_due(&self) -> bool {
        true
    }

    /// Makes it this long: what is new is zero.
    fn truncate(&mut self, size: u64) -> Result<(), StorageError>;

    fn size(&self) -> Result<u64, StorageError>;
}

/// In the place of a file that there is not.
#[derive(Debug)]
pub struct Nothing;

fn no_file() -> StorageError {
    StorageError::NotFound {
        file: "the disk's own".into(),
    }
}

impl BlockFile for Nothing {
    fn read_at(&self, _: u64, _: &mut [u8]) -> Result<usize, StorageError> {
        Err(no_file())
    }

    fn write_at(&mut self, _: u64, _: &[u8]) -> Result<(), StorageError> {
        Err(no_file())
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        Err(no_file())
    }

    fn truncate(&mut self, _: u64) -> Result<(), StorageError> {
        Err(no_file())
    }

    fn size(&self) -> Result<u64, StorageError> {
        Err(no_file())
    }
}
