//! A machine whose power goes at a chosen moment: at any write or flush, in the middle of one too.

use std::cell::RefCell;
use std::rc::Rc;

use super::port::BlockFile;
use crate::base::Random;
use crate::storage::StorageError;

/// What is left of writes that were not flushed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Death {
    /// The process dies: all of them, the last one in part.
    Process,
    /// The machine does: any of them, each in part or not at all.
    Power,
}

#[derive(Debug, Default)]
struct State {
    files: [Content; 3],
    /// Writes, flushes and truncations that still happen; `None`: all.
    left: Option<u64>,
    done: u64,
    is_dead: bool,
    fails_to_flush: bool,
}

#[derive(Clone, Debug, Default)]
struct Content {
    flushed: Vec<u8>,
    /// As it is read.
    bytes: Vec<u8>,
    unflushed: Vec<Write>,
}

#[derive(Clone, Debug)]
enum Write {
    Bytes(u64, Vec<u8>),
    Truncate(u64),
}

impl Write {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Write::Bytes(offset, bytes) => {
                let (start, end) = (*offset as usize, *offset as usize + bytes.len());
                to.resize(to.len().max(end), 0);
                to[start..end].copy_from_slice(bytes);
            }
            Write::Truncate(size) => to.resize(*size as usize, 0),
        }
    }
}

/// A clone is another handle to it.
#[derive(Clone, Debug, Default)]
pub struct Machine(Rc<RefCell<State>>);

impl Machine {
    /// Its files, for a disk to open.
    pub fn files(&self) -> super::Files {
        let file = |number| -> Box<dyn BlockFile> { Box::new(Handle(self.clone(), number)) };
        super::Files {
            data: file(0),
            journal: [file(1), file(2)],
        }
    }

    /// The power goes after so many writes, flushes and truncations.
    pub fn die_after(&self, operations: u64) {
        self.0.borrow_mut().left = Some(operations);
    }

    pub fn fail_to_flush(&self, fails: bool) {
        self.0.borrow_mut().fails_to_flush = fails;
    }

    pub fn is_dead(&self) -> bool {
        self.0.borrow().is_dead
    }

    pub fn operations(&self) -> u64 {
        self.0.borrow().done
    }

    /// The power is back.
    pub fn revive(&self, death: Death, random: &mut Random) {
        let state = &mut *self.0.borrow_mut();
        (state.left, state.is_dead) = (None, false);
        for file in &mut state.files {
            let count = file.unflushed.len();
            for (number, write) in file.unflushed.drain(..).enumerate() {
                let torn = match death {
                    Death::Process => number + 1 == count,
                    Death::Power => true,
                };
                match write {
                    Write::Bytes(offset, mut bytes) if torn => {
                        let kept = match random.below(3) {
                            0 => 0,
                            1 => bytes.len(),
                            _ => random.below(bytes.len() as u64 + 1) as usize,
                        };
                        bytes.truncate(kept);
                        if !bytes.is_empty() {
                            Write::Bytes(offset, bytes).apply(&mut file.flushed);
                        }
                    }
                    Write::Truncate(_) if torn && random.chance(0.5) => {}
                    whole => whole.apply(&mut file.flushed),
                }
            }
            file.bytes.clone_from(&file.flushed);
        }
    }

    /// Flips a bit of a file; false when it has no such byte.
    pub fn flip(&self, file: usize, offset: usize) -> bool {
        let content = &mut self.0.borrow_mut().files[file];
        content.flushed.clone_from(&content.bytes);
        let byte = content.bytes.get_mut(offset);
        byte.map(|byte| *byte ^= 1).is_some()
    }

    pub fn size(&self, file: usize) -> usize {
        self.0.borrow().files[file].bytes.len()
    }
}

#[derive(Debug)]
struct Handle(Machine, usize);

impl Handle {
    fn change(&self, write: Option<Write>) -> Result<(), StorageError> {
        let state = &mut *self.0.0.borrow_mut();
        let file = &mut state.files[self.1];
        let dead = StorageError::Io {
            file: "the machine".into(),
            why: "the power is gone".into(),
        };
        if state.is_dead || (state.fails_to_flush && write.is_none()) {
            return Err(dead);
        }
        state.done += 1;
        state.is_dead = state.left == Some(0);
        state.left = state.left.map(|left| left.saturating_sub(1));
        match write {
            Some(write) => {
                write.apply(&mut file.bytes);
                file.unflushed.push(write);
            }
            None if !state.is_dead => {
                file.unflushed.clear();
                file.flushed.clone_from(&file.bytes);
            }
            None => {}
        }
        if state.is_dead { Err(dead) } else { Ok(()) }
    }
}

impl BlockFile for Handle {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        let state = self.0.0.borrow();
        let bytes = state.files[self.1].bytes.get(offset as usize..).unwrap_or_default();
        let count = into.len().min(bytes.len());
        into[..count].copy_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        self.change(Some(Write::Bytes(offset, bytes.to_vec())))
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        self.change(None)
    }

    fn truncate(&mut self, size: u64) -> Result<(), StorageError> {
        self.change(Some(Write::Truncate(size)))
    }

    fn size(&self) -> Result<u64, StorageError> {
        Ok(self.0.0.borrow().files[self.1].bytes.len() as u64)
    }
}
