//! A disk that notes its first failure: whoever met it has answered for itself, and the node has to know of it as well.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Disk, FileInfo};
use crate::storage::StorageError;

/// The first failure since it was last taken.
#[derive(Clone, Debug, Default)]
pub struct Failure(Rc<RefCell<Option<StorageError>>>);

impl Failure {
    pub fn take(&self) -> Option<StorageError> {
        self.0.borrow_mut().take()
    }

    /// A file that is there or not is no failure of the disk.
    fn note<T>(&self, done: Result<T, StorageError>) -> Result<T, StorageError> {
        if let Err(error) = &done
            && matches!(
                error,
                StorageError::NoSpace { .. } | StorageError::Io { .. } | StorageError::Corrupt { .. }
            )
        {
            self.0.borrow_mut().get_or_insert_with(|| error.clone());
        }
        done
    }
}

#[derive(Debug)]
pub struct Watched {
    pub disk: Box<dyn Disk>,
    pub failure: Failure,
}

impl Disk for Watched {
    fn create(&mut self, file: &str) -> Result<(), StorageError> {
        self.failure.note(self.disk.create(file))
    }

    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.failure.note(self.disk.append(file, bytes))
    }

    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.failure.note(self.disk.read_at(file, offset, into))
    }

    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        self.failure.note(self.disk.sync(file))
    }

    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        self.failure.note(self.disk.truncate(file, len))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        self.failure.note(self.disk.rename(from, to))
    }

    fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        self.failure.note(self.disk.delete(file))
    }

    fn list(&self) -> Result<Vec<FileInfo>, StorageError> {
        self.failure.note(self.disk.list())
    }

    fn len(&self, file: &str) -> Result<u64, StorageError> {
        self.disk.len(file)
    }
}
