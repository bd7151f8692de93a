//! A disk in memory: the default of tests, simulations and embedded pages. It can lose power, fill up and rot.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Disk, FileInfo};
use crate::base::{Random, SortedMap};
use crate::storage::StorageError;

/// What a loss of power leaves of the bytes that were not synced.
#[derive(Debug)]
pub enum PowerLoss<'a> {
    /// Nothing.
    Clean,
    /// Of each file a random first part of them.
    Torn(&'a mut Random),
}

impl PowerLoss<'_> {
    /// How many of a file's unsynced bytes are left; `None`: the file itself is not. Asked of each file in the order of names.
    pub(super) fn keeps(&mut self, named: bool, unsynced: u64) -> Option<u64> {
        let (named, kept) = match self {
            PowerLoss::Clean => (named, 0),
            PowerLoss::Torn(random) => (named || random.chance(0.5), random.below(unsynced + 1)),
        };
        named.then_some(kept)
    }
}

/// A handle to a disk in memory. A clone is another handle to the same disk: the host keeps one, so that a node can crash and
/// another start where it was.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Rc<RefCell<Content>>);

#[derive(Clone, Debug, Default)]
struct Content {
    files: SortedMap<String, File>,
    /// Bytes that fit in all; `None`: any number.
    capacity: Option<u64>,
    used: u64,
    syncs: u64,
}

#[derive(Clone, Debug, Default)]
struct File {
    bytes: Vec<u8>,
    /// How many of the bytes are safe; `None`: not even the name is.
    synced: Option<usize>,
}

impl MemoryDisk {
    pub fn new() -> MemoryDisk {
        MemoryDisk::default()
    }

    /// A disk that is full at `capacity` bytes.
    pub fn with_capacity(capacity: u64) -> MemoryDisk {
        let disk = MemoryDisk::new();
        disk.set_capacity(Some(capacity));
        disk
    }

    /// Gives it another size; `None`: as large as memory.
    pub fn set_capacity(&self, capacity: Option<u64>) {
        self.0.borrow_mut().capacity = capacity;
    }

    /// A disk of its own with the same content.
    pub fn snapshot(&self) -> MemoryDisk {
        MemoryDisk(Rc::new(RefCell::new(self.0.borrow().clone())))
    }

    /// The power goes. Call it when the node that used the disk is gone.
    pub fn lose_power(&self, mut loss: PowerLoss<'_>) {
        let content = &mut *self.0.borrow_mut();
        content.files.retain(|_, file| {
            let synced = file.synced.unwrap_or(0);
            let unsynced = file.bytes.len() - synced;
            let named = file.synced.is_some();
            let Some(kept) = loss.keeps(named, unsynced as u64) else {
                return false;
            };
            file.bytes.truncate(synced + kept as usize);
            file.synced = Some(file.bytes.len());
            true
        });
        content.used = content.files.values().map(|file| file.bytes.len() as u64).sum();
    }

    /// Flips one bit, as a failing disk would; false when the file has no such byte.
    pub fn flip_bit(&self, file: &str, offset: u64, bit: u8) -> bool {
        let content = &mut *self.0.borrow_mut();
        let byte = content
            .files
            .get_mut(file)
            .and_then(|file| file.bytes.get_mut(offset as usize));
        match byte {
            Some(byte) => {
                *byte ^= 1 << (bit & 7);
                true
            }
            None => false,
        }
    }

    /// Bytes on it in all.
    pub fn used(&self) -> u64 {
        self.0.borrow().used
    }

    /// How many times a file was synced: what group commit saves.
    pub fn syncs(&self) -> u64 {
        self.0.borrow().syncs
    }
}

impl Content {
    fn file(&self, name: &str) -> Result<&File, StorageError> {
        self.files.get(name).ok_or_else(|| not_found(name))
    }

    fn file_mut(&mut self, name: &str) -> Result<&mut File, StorageError> {
        self.files.get_mut(name).ok_or_else(|| not_found(name))
    }
}

fn not_found(name: &str) -> StorageError {
    StorageError::NotFound { file: name.to_owned() }
}

impl Disk for MemoryDisk {
    fn create(&mut self, file: &str) -> Result<(), StorageError> {
        let content = &mut *self.0.borrow_mut();
        if content.files.contains_key(file) {
            return Err(StorageError::AlreadyExists { file: file.to_owned() });
        }
        content.files.insert(file.to_owned(), File::default());
        Ok(())
    }

    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let content = &mut *self.0.borrow_mut();
        let needed = bytes.len() as u64;
        let free = content
            .capacity
            .map_or(u64::MAX, |capacity| capacity.saturating_sub(content.used));
        let found = content.file_mut(file)?;
        if needed > free {
            return Err(StorageError::NoSpace { needed, free });
        }
        found.bytes.extend_from_slice(bytes);
        content.used += needed;
        Ok(())
    }

    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        let content = self.0.borrow();
        let bytes = &content.file(file)?.bytes;
        let start = (offset as usize).min(bytes.len());
        let count = into.len().min(bytes.len() - start);
        into[..count].copy_from_slice(&bytes[start..start + count]);
        Ok(count)
    }

    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        let content = &mut *self.0.borrow_mut();
        let found = content.file_mut(file)?;
        found.synced = Some(found.bytes.len());
        content.syncs += 1;
        Ok(())
    }

    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        let content = &mut *self.0.borrow_mut();
        let found = content.file_mut(file)?;
        let before = found.bytes.len();
        found.bytes.truncate(len as usize);
        found.synced = found.synced.map(|synced| synced.min(found.bytes.len()));
        let gone = before - found.bytes.len();
        content.used -= gone as u64;
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        let content = &mut *self.0.borrow_mut();
        let file = content.files.remove(from).ok_or_else(|| not_found(from))?;
        if let Some(replaced) = content.files.insert(to.to_owned(), file) {
            content.used -= replaced.bytes.len() as u64;
        }
        Ok(())
    }

    fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        let content = &mut *self.0.borrow_mut();
        let gone = content.files.remove(file).ok_or_else(|| not_found(file))?;
        content.used -= gone.bytes.len() as u64;
        Ok(())
    }

    fn list(&self) -> Result<Vec<FileInfo>, StorageError> {
        let info = |(name, file): (&String, &File)| FileInfo {
            name: name.clone(),
            len: file.bytes.len() as u64,
        };
        Ok(self.0.borrow().files.iter().map(info).collect())
    }

    fn len(&self, file: &str) -> Result<u64, StorageError> {
        Ok(self.0.borrow().file(file)?.bytes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn content(disk: &MemoryDisk, file: &str) -> Option<Vec<u8>> {
        let disk: &dyn Disk = disk;
        disk.read_all(file).ok()
    }

    #[test]
    fn a_clean_loss_of_power_leaves_what_was_synced() {
        let host = MemoryDisk::new();
        let mut disk = host.clone();
        disk.create("a").unwrap();
        disk.append("a", b"safe").unwrap();
        disk.sync("a").unwrap();
        disk.append("a", b" and not").unwrap();
        disk.create("b").unwrap();
        disk.append("b", b"never synced").unwrap();
        host.lose_power(PowerLoss::Clean);
        assert_eq!(content(&host, "a").unwrap(), b"safe");
        assert_eq!(content(&host, "b"), None);
        assert_eq!(host.used(), 4);
    }

    #[test]
    fn a_torn_one_leaves_a_first_part_and_a_second_one_takes_no_more() {
        let mut random = Random::stream(Seed(1), "torn");
        let mut lengths = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let mut disk = MemoryDisk::new();
            disk.create("a").unwrap();
            disk.append("a", b"ab").unwrap();
            disk.sync("a").unwrap();
            disk.append("a", b"cde").unwrap();
            disk.lose_power(PowerLoss::Torn(&mut random));
            let left = content(&disk, "a").unwrap();
            assert!(b"abcde".starts_with(&left[..]));
            disk.lose_power(PowerLoss::Clean);
            assert_eq!(content(&disk, "a").unwrap(), left);
            lengths.insert(left.len());
        }
        assert_eq!(lengths, (2..=5).collect());
    }

    #[test]
    fn a_full_disk_takes_nothing_and_a_delete_makes_room() {
        let mut disk = MemoryDisk::with_capacity(5);
        disk.create("a").unwrap();
        disk.append("a", b"1234").unwrap();
        let full = disk.append("a", b"56").unwrap_err();
        assert_eq!(full, StorageError::NoSpace { needed: 2, free: 1 });
        assert_eq!(content(&disk, "a").unwrap(), b"1234");
        disk.truncate("a", 3).unwrap();
        disk.append("a", b"45").unwrap();
        assert_eq!(content(&disk, "a").unwrap(), b"12345");
    }

    #[test]
    fn a_rename_replaces_at_once() {
        let mut disk = MemoryDisk::new();
        for (name, bytes) in [("old", b"1"), ("new", b"2")] {
            disk.create(name).unwrap();
            disk.append(name, bytes).unwrap();
            disk.sync(name).unwrap();
        }
        disk.rename("new", "old").unwrap();
        disk.lose_power(PowerLoss::Clean);
        assert_eq!(content(&disk, "old").unwrap(), b"2");
        assert_eq!(disk.list().unwrap().len(), 1);
        assert_eq!(disk.used(), 1);
        assert_eq!(disk.delete("new"), Err(StorageError::NotFound { file: "new".into() }));
    }
}
