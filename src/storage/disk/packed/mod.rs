//! A disk of any number of files in three files of bytes: a browser gives few handles, and opens each but slowly.
//!
//! The data file is an array of blocks, each checked by a checksum when it is read; the journal says which blocks are whose.
//! What makes it safe, whenever the power goes:
//!
//! - Bytes are written once, to blocks that nothing on the disk names, or behind those of a block that are safe. Blocks that are given
//!   back wait for a flush of the journal before they are taken again.
//! - `sync` puts a file's new length into the journal and flushes that. A few bytes go into the journal with it, which saves the
//!   data file's flush: they are written to their blocks once more on opening. Many are flushed in the data file first. For a few
//!   bytes the port may put the journal's flush off: what the journal has is there up to some change, and nothing after it.
//! - A change that the journal has is there with all changes before it. So `rename`, `delete` and `truncate` need no flush of their own.
//! - A checkpoint flushes the data file and begins the journal anew in its other slot.
//!
//! After a flush that failed nobody knows what is on the disk: from then on it takes nothing.
//!
//! Knows its port only, not the browser. A loss of power within a run (a node that is killed) leaves what it leaves on a disk in
//! memory, so that a run is the same on both.

mod io;
mod journal;
mod pack;
mod port;
mod replay;
mod space;
#[cfg(test)]
pub mod crash;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use super::memory::PowerLoss;
use super::{Disk, FileInfo};
use crate::storage::StorageError;
use pack::Pack;

pub use port::BlockFile;
#[cfg(test)]
pub use tests::in_memory;

/// The port's files of one disk.
#[derive(Debug)]
pub struct Files {
    pub data: Box<dyn BlockFile>,
    pub journal: [Box<dyn BlockFile>; 2],
}

/// A handle to a packed disk. A clone is another handle to the same disk.
#[derive(Clone, Debug)]
pub struct PackedDisk(Rc<RefCell<Pack>>);

impl PackedDisk {
    /// Opens what is there. What has another tag is another's: it goes, and the disk is empty. A loss of power at any time leaves a
    /// disk that opens; a journal that is damaged does not.
    pub fn open(files: Files, tag: u64) -> Result<PackedDisk, StorageError> {
        Ok(PackedDisk(Rc::new(RefCell::new(Pack::open(files, tag)?))))
    }

    /// A disk that cannot be used, for this reason: whoever starts on it is told.
    pub fn unusable(why: StorageError) -> PackedDisk {
        PackedDisk(Rc::new(RefCell::new(Pack::unusable(why))))
    }

    /// What it is of.
    pub fn tag(&self) -> u64 {
        self.0.borrow().tag()
    }

    /// Empties it, for `tag`.
    pub fn wipe(&self, tag: u64) -> Result<(), StorageError> {
        self.0.borrow_mut().wipe(tag)
    }

    /// The power goes, as a run has it. Call it when the node that used the disk is gone.
    pub fn lose_power(&self, loss: PowerLoss<'_>) {
        self.0.borrow_mut().lose_power(loss);
    }
}

impl Disk for PackedDisk {
    fn create(&mut self, file: &str) -> Result<(), StorageError> {
        self.0.borrow_mut().create(file)
    }

    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.0.borrow_mut().append(file, bytes)
    }

    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.0.borrow().read_at(file, offset, into)
    }

    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        self.0.borrow_mut().sync(file)
    }

    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        self.0.borrow_mut().truncate(file, len)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        self.0.borrow_mut().rename(from, to)
    }

    fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        self.0.borrow_mut().delete(file)
    }

    fn list(&self) -> Result<Vec<FileInfo>, StorageError> {
        Ok(self.0.borrow().list())
    }

    fn len(&self, file: &str) -> Result<u64, StorageError> {
        self.0.borrow().len(file)
    }
}
