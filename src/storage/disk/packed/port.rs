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

    /// Makes it this long: what is new is zero.
    fn truncate(&mut self, size: u64) -> Result<(), StorageError>;

    fn size(&self) -> Result<u64, StorageError>;
}
