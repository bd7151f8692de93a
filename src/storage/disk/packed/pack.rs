//! The packed disk itself: its files, and the order in which bytes and changes reach the port.

use super::super::FileInfo;
use super::super::memory::PowerLoss;
use super::Files;
use super::journal::{Change, Checkpoint, Journal};
use super::port::{BlockFile, Nothing};
use super::space::{BLOCK_BYTES, Space};
use super::{io, replay};
use crate::base::{SortedMap, crc32};
use crate::storage::StorageError;

/// So many unsynced bytes go into the journal with a sync: flushing the data file as well costs more than writing them twice.
const INLINE_BYTES: u64 = 16 << 10;

#[derive(Debug)]
pub struct Pack {
    data: Box<dyn BlockFile>,
    journal: Journal,
    space: Space,
    files: SortedMap<String, Entry>,
    tag: u64,
    /// Bytes were written to the data file since its last flush.
    data_dirty: bool,
    /// Why nothing is taken any more.
    broken: Option<StorageError>,
}

#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub len: u64,
    pub blocks: Vec<Block>,
    /// Up to where the journal has it, and the checksum of the block that ends there; `None`: not even the name.
    pub synced: Option<(u64, u32)>,
}

#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub place: u32,
    /// Of those of its bytes that belong to the file.
    pub crc: u32,
}

impl Entry {
    pub fn last_crc(&self) -> u32 {
        self.blocks.last().map_or(0, |block| block.crc)
    }

    /// Its blocks from the one of `start` to the one before `end`, as the journal has them.
    fn put(&self, file: &str, start: u64, (len, last_crc): (u64, u32), bytes: Vec<u8>) -> Change {
        let (from, to) = ((start / BLOCK_BYTES) as usize, len.div_ceil(BLOCK_BYTES) as usize);
        let blocks = &self.blocks[from..to];
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for block in blocks {
            match runs.last_mut() {
                Some((first, count)) if *first + *count == block.place => *count += 1,
                _ => runs.push((block.place, 1)),
            }
        }
        let mut crcs: Vec<u32> = blocks.iter().map(|block| block.crc).collect();
        if let Some(last) = crcs.last_mut() {
            *last = last_crc;
        }
        Change::Put {
            file: file.to_owned(),
            start,
            len,
            runs,
            crcs,
            bytes,
        }
    }
}

fn not_found(file: &str) -> StorageError {
    StorageError::NotFound { file: file.to_owned() }
}

impl Pack {
    pub fn open(files: Files, tag: u64) -> Result<Pack, StorageError> {
        let (journal, found) = Journal::open(files.journal)?;
        let data_bytes = files.data.size()?;
        if found.is_none() && data_bytes > 0 && journal.is_damaged()? {
            return Err(StorageError::Corrupt {
                file: "the disk's journal".into(),
                offset: 0,
                what: "neither of its checkpoints can be read".into(),
            });
        }
        let mut pack = Pack {
            data: files.data,
            journal,
            space: Space::default(),
            files: SortedMap::new(),
            tag,
            data_dirty: false,
            broken: None,
        };
        match found {
            Some((checkpoint, changes)) if checkpoint.tag == tag => {
                let changed = !changes.is_empty();
                let (entries, unwritten) = replay::replay(checkpoint.files, changes);
                pack.files = entries;
                let blocks = pack.files.values().flat_map(|entry| &entry.blocks);
                pack.space = Space::new(blocks.map(|block| block.place), data_bytes);
                for (file, offset, bytes) in unwritten {
                    if let Some(entry) = pack.files.get(&file) {
                        io::write(&mut *pack.data, entry, offset, &bytes)?;
                        pack.data_dirty = true;
                    }
                }
                if changed {
                    pack.checkpoint_if_there_is_room()?;
                }
            }
            _ => pack.wipe(tag)?,
        }
        Ok(pack)
    }

    pub fn unusable(why: StorageError) -> Pack {
        Pack {
            data: Box::new(Nothing),
            journal: Journal::new([Box::new(Nothing), Box::new(Nothing)]),
            space: Space::default(),
            files: SortedMap::new(),
            tag: 0,
            data_dirty: false,
            broken: Some(why),
        }
    }

    pub fn tag(&self) -> u64 {
        self.tag
    }

    pub fn wipe(&mut self, tag: u64) -> Result<(), StorageError> {
        // What could not be flushed is not wanted any more: a disk that failed has another chance.
        let broken = self.broken.take();
        self.data_dirty = false;
        self.files.clear();
        self.tag = tag;
        // Blocks that the checkpoint before names are free only when this one is there.
        if let Err(error) = self.checkpoint() {
            let why = broken.unwrap_or(error);
            self.broken = Some(why.clone());
            return Err(why);
        }
        self.space = Space::default();
        self.data.truncate(0)
    }

    fn may_write(&self) -> Result<(), StorageError> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn entry(&self, file: &str) -> Result<&Entry, StorageError> {
        self.files.get(file).ok_or_else(|| not_found(file))
    }

    pub fn create(&mut self, file: &str) -> Result<(), StorageError> {
        if self.files.contains_key(file) {
            return Err(StorageError::AlreadyExists { file: file.to_owned() });
        }
        self.files.insert(file.to_owned(), Entry::default());
        Ok(())
    }

    pub fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.may_write()?;
        let Some(entry) = self.files.get_mut(file) else {
            return Err(not_found(file));
        };
        let (before, len) = (entry.blocks.len(), entry.len + bytes.len() as u64);
        while (entry.blocks.len() as u64) < len.div_ceil(BLOCK_BYTES) {
            let place = self.space.take();
            entry.blocks.push(Block { place, crc: 0 });
        }
        let written = make_room(&mut *self.data, &mut self.space)
            .and_then(|()| io::write(&mut *self.data, entry, entry.len, bytes));
        if written.is_err() {
            entry
                .blocks
                .drain(before..)
                .for_each(|block| self.space.give(block.place));
            return written;
        }
        self.data_dirty = true;
        for (place, piece) in io::pieces(entry.len, bytes) {
            let crc = &mut entry.blocks[place].crc;
            let mut hasher = crc32::Hasher::new_with_initial(*crc);
            hasher.update(piece);
            *crc = hasher.finalize();
        }
        entry.len = len;
        Ok(())
    }

    pub fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        io::read(&*self.data, file, self.entry(file)?, offset, into)
    }

    pub fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        self.may_write()?;
        let entry = self.entry(file)?;
        let start = entry.synced.map_or(0, |(synced, _)| synced);
        let is_small = entry.len - start <= INLINE_BYTES;
        if entry.synced.is_none() || start < entry.len {
            let mut bytes = Vec::new();
            if is_small {
                bytes.resize((entry.len - start) as usize, 0);
                self.read_at(file, start, &mut bytes)?;
            } else {
                self.flush_data()?;
            }
            let entry = self.entry(file)?;
            let state = (entry.len, entry.last_crc());
            let change = entry.put(file, start, state, bytes);
            self.journal.append(&change)?;
            if let Some(entry) = self.files.get_mut(file) {
                entry.synced = Some(state);
            }
        }
        // The journal is safe up to some change and has none after it, whenever it is flushed.
        if is_small && !self.journal.flush_is_due() {
            return Ok(());
        }
        self.flush_journal()
    }

    pub fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        self.may_write()?;
        let entry = self.entry(file)?;
        if len >= entry.len {
            return Ok(());
        }
        let start = len / BLOCK_BYTES * BLOCK_BYTES;
        let mut tail = vec![0; (len - start) as usize];
        self.read_at(file, start, &mut tail)?;
        let mut cut = entry.clone();
        cut.len = len;
        cut.blocks.truncate(len.div_ceil(BLOCK_BYTES) as usize);
        let mut released = cut.blocks.len();
        if let Some(last) = cut.blocks.last_mut().filter(|_| !tail.is_empty()) {
            last.crc = crc32::hash(&tail);
        }
        if cut.synced.is_some_and(|(synced, _)| len < synced) {
            // What is cut off may be safe on the disk, and must stay until the cut is: what comes next goes to another block.
            if let Some(last) = cut.blocks.last_mut().filter(|_| !tail.is_empty()) {
                released -= 1;
                last.place = self.space.take();
                let place = last.place;
                let written = make_room(&mut *self.data, &mut self.space)
                    .and_then(|()| io::write(&mut *self.data, &cut, start, &tail));
                let change = cut.put(file, start, (len, cut.last_crc()), tail);
                if let Err(error) = written.and_then(|()| self.journal.append(&change)) {
                    self.space.give(place);
                    return Err(error);
                }
                self.data_dirty = true;
            } else {
                self.journal.append(&cut.put(file, len, (len, 0), Vec::new()))?;
            }
            cut.synced = Some((len, cut.last_crc()));
        }
        if let Some(before) = self.files.insert(file.to_owned(), cut) {
            self.release(&before, released);
        }
        Ok(())
    }

    /// Gives back a file's blocks from a place on.
    fn release(&mut self, entry: &Entry, from: usize) {
        for block in entry.blocks.iter().skip(from) {
            match entry.synced {
                Some(_) => self.space.give_later(block.place),
                None => self.space.give(block.place),
            }
        }
    }

    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        self.may_write()?;
        let moved = self.entry(from)?;
        if from == to {
            return Ok(());
        }
        let replaces = self.files.get(to).is_some_and(|entry| entry.synced.is_some());
        if moved.synced.is_some() {
            let (from, to) = (from.to_owned(), to.to_owned());
            self.journal.append(&Change::Renamed { from, to })?;
        } else if replaces {
            self.journal.append(&Change::Deleted { file: to.to_owned() })?;
        }
        if let Some(entry) = self.files.remove(from)
            && let Some(replaced) = self.files.insert(to.to_owned(), entry)
        {
            self.release(&replaced, 0);
        }
        Ok(())
    }

    pub fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        self.may_write()?;
        if self.entry(file)?.synced.is_some() {
            self.journal.append(&Change::Deleted { file: file.to_owned() })?;
        }
        if let Some(entry) = self.files.remove(file) {
            self.release(&entry, 0);
        }
        Ok(())
    }

    pub fn list(&self) -> Vec<FileInfo> {
        let info = |(name, entry): (&String, &Entry)| FileInfo {
            name: name.clone(),
            len: entry.len,
        };
        self.files.iter().map(info).collect()
    }

    pub fn len(&self, file: &str) -> Result<u64, StorageError> {
        Ok(self.entry(file)?.len)
    }

    /// As a disk in memory does it. What cannot be written then is noticed by the next sync.
    pub fn lose_power(&mut self, mut loss: PowerLoss<'_>) {
        let names: Vec<String> = self.files.keys().cloned().collect();
        for name in names {
            let Some(entry) = self.files.get(&name) else { continue };
            let synced = entry.synced.map_or(0, |(synced, _)| synced);
            let done = match loss.keeps(entry.synced.is_some(), entry.len - synced) {
                None => self.delete(&name),
                Some(kept) => self.truncate(&name, synced + kept).and_then(|()| self.sync(&name)),
            };
            if let Err(error) = done {
                self.broken.get_or_insert(error);
            }
        }
    }

    fn flush_data(&mut self) -> Result<(), StorageError> {
        if self.data_dirty {
            let flushed = self.data.flush();
            self.note(flushed)?;
            self.data_dirty = false;
        }
        Ok(())
    }

    fn flush_journal(&mut self) -> Result<(), StorageError> {
        if self.journal.is_dirty() {
            let flushed = self.journal.flush();
            self.note(flushed)?;
            self.space.on_flush();
            if self.journal.wants_checkpoint() {
                self.checkpoint_if_there_is_room()?;
            }
        }
        Ok(())
    }

    fn note(&mut self, flushed: Result<(), StorageError>) -> Result<(), StorageError> {
        if let Err(error) = &flushed {
            self.broken = Some(StorageError::Io {
                file: "all files".into(),
                why: format!("a flush failed before: {error}"),
            });
        }
        flushed
    }

    /// Without room, the journal goes on where it is.
    fn checkpoint_if_there_is_room(&mut self) -> Result<(), StorageError> {
        match self.checkpoint() {
            Err(StorageError::NoSpace { .. }) => Ok(()),
            other => other,
        }
    }

    fn checkpoint(&mut self) -> Result<(), StorageError> {
        self.flush_data()?;
        let put = |(file, entry): (&String, &Entry)| Some(entry.put(file, 0, entry.synced?, Vec::new()));
        let checkpoint = Checkpoint {
            tag: self.tag,
            files: self.files.iter().filter_map(put).collect(),
        };
        match self.journal.checkpoint(&checkpoint) {
            full @ Err(StorageError::NoSpace { .. }) => return full,
            written => self.note(written)?,
        }
        self.space.on_flush();
        if let Some(size) = self.space.spares() {
            self.data.truncate(size)?;
            self.space.has_room(size);
        }
        Ok(())
    }
}

/// Makes the data file as long as the blocks in use need it.
fn make_room(data: &mut dyn BlockFile, space: &mut Space) -> Result<(), StorageError> {
    if let Some(size) = space.needs() {
        data.truncate(size)?;
        space.has_room(size);
    }
    Ok(())
}
