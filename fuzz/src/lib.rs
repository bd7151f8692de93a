//! What several targets use.

use ringscope::storage::StorageError;
use ringscope::storage::disk::packed::BlockFile;

/// A file of any bytes, of which there cannot be many.
#[derive(Clone, Debug, Default)]
pub struct AnyFile(pub Vec<u8>);

const MAX_BYTES: u64 = 1 << 22;

fn room_for(end: u64) -> Result<(), StorageError> {
    match end > MAX_BYTES {
        true => Err(StorageError::NoSpace { needed: end, free: 0 }),
        false => Ok(()),
    }
}

impl BlockFile for AnyFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        let from = self.0.get(offset as usize..).unwrap_or_default();
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        let end = offset + bytes.len() as u64;
        room_for(end)?;
        self.0.resize(self.0.len().max(end as usize), 0);
        self.0[offset as usize..end as usize].copy_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        Ok(())
    }

    fn truncate(&mut self, size: u64) -> Result<(), StorageError> {
        room_for(size)?;
        self.0.resize(size as usize, 0);
        Ok(())
    }

    fn size(&self) -> Result<u64, StorageError> {
        Ok(self.0.len() as u64)
    }
}
