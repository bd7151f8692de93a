//! The journal: what files there are and where, in two files that take turns.
//!
//! A slot begins with a checkpoint, the whole of it, and goes on with changes. When it has grown, a new checkpoint goes to the other
//! slot, is flushed, and the old slot's begin is wiped out: the slot with the higher epoch counts. Each is a frame:
//!
//! ```text
//! length u32 | crc u32 | epoch u64 | durable u64 | previous u32 | body
//! ```
//! `crc` covers all behind it. `previous` is the crc of the frame before, so that what an earlier crash left further on is no part of the
//! chain. `durable` is where the journal was flushed up to when the frame was written: a broken frame in front of that is
//! damage and not a crash.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::port::BlockFile;
use crate::base::{codec, crc32};
use crate::storage::StorageError;

/// A change of one file. All are whole: one that is not there leaves the files as they were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// The file is as it was up to `start`, and `len` bytes long. Its blocks from the one of `start` on, as runs of (first, count), and
    /// their checksums. `bytes` are those from `start` to the end, or none when they are in the data file already.
    Put {
        file: String,
        start: u64,
        len: u64,
        runs: Vec<(u32, u32)>,
        crcs: Vec<u32>,
        bytes: Vec<u8>,
    },
    Renamed {
        from: String,
        to: String,
    },
    Deleted {
        file: String,
    },
}

/// All files there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// What the disk is of: see `PackedDisk::open`.
    pub tag: u64,
    /// As `Change::Put`s.
    pub files: Vec<Change>,
}

/// A checkpoint is due when a slot has this many bytes behind the one it has: two thousand small writes.
const CHANGES_BYTES: u64 = 512 << 10;

/// Slots are made this long at once, so that a disk that is full still takes deletions.
const SLOT_BYTES: u64 = CHANGES_BYTES + (128 << 10);

const HEADER_BYTES: usize = 28;

#[derive(Debug)]
pub struct Journal {
    slots: [Box<dyn BlockFile>; 2],
    active: usize,
    epoch: u64,
    /// Where the next frame goes, and where changes begin.
    end: u64,
    changes_begin: u64,
    durable: u64,
    previous: u32,
}

/// What a journal says: the last checkpoint and the changes since.
pub type Found = Option<(Checkpoint, Vec<Change>)>;

struct Frame<'a> {
    epoch: u64,
    durable: u64,
    previous: u32,
    crc: u32,
    body: &'a [u8],
    end: usize,
}

impl Journal {
    /// With nothing in it yet.
    pub fn new(slots: [Box<dyn BlockFile>; 2]) -> Journal {
        Journal {
            slots,
            active: 0,
            epoch: 0,
            end: 0,
            changes_begin: 0,
            durable: 0,
            previous: 0,
        }
    }

    /// Reads what there is; `None`: no checkpoint in either slot. Damage that no crash can explain is an error.
    pub fn open(slots: [Box<dyn BlockFile>; 2]) -> Result<(Journal, Found), StorageError> {
        let contents = [read_all(&*slots[0])?, read_all(&*slots[1])?];
        let first = contents
            .each_ref()
            .map(|bytes| frame_at(bytes, 0).filter(|it| it.previous == 0));
        let epochs = first.each_ref().map(|frame| frame.as_ref().map(|it| it.epoch));
        let active = usize::from(epochs[1] > epochs[0]);
        let mut journal = Journal {
            active,
            epoch: epochs[active].unwrap_or_default(),
            ..Journal::new(slots)
        };
        let Some(frame) = &first[active] else {
            return Ok((journal, None));
        };
        let bytes = &contents[active];
        let checkpoint = decode(frame.body, 0)?;
        journal.passed(frame.crc, frame.end);
        journal.changes_begin = frame.end as u64;
        let mut changes = Vec::new();
        while let Some(frame) = frame_at(bytes, journal.end as usize)
            && (frame.epoch, frame.previous) == (journal.epoch, journal.previous)
        {
            changes.push(decode(frame.body, journal.end)?);
            journal.passed(frame.crc, frame.end);
        }
        let end = journal.end as usize;
        // Slots are longer than what is in them.
        let last = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let later = (end..last).filter_map(|at| frame_of(bytes, at, journal.epoch));
        if let Some(later) = { later }.find(|it| it.durable > journal.end) {
            return Err(corrupt(
                journal.end,
                &format!("it was flushed up to byte {}", later.durable),
            ));
        }
        Ok((journal, Some((checkpoint, changes))))
    }

    fn passed(&mut self, crc: u32, end: usize) {
        (self.previous, self.end) = (crc, end as u64);
    }

    /// Whether there is anything in either slot that is no journal.
    pub fn is_damaged(&self) -> Result<bool, StorageError> {
        let mut begin = [0; HEADER_BYTES];
        for slot in &self.slots {
            let read = slot.read_at(0, &mut begin)?;
            if begin[..read].iter().any(|byte| *byte != 0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds a change; safe after `flush`. After an error it is not there.
    pub fn append(&mut self, change: &Change) -> Result<(), StorageError> {
        let (frame, crc) = frame(self.epoch, self.durable, self.previous, change);
        self.slots[self.active].write_at(self.end, &frame)?;
        let end = self.end as usize + frame.len();
        self.passed(crc, end);
        Ok(())
    }

    /// Whether anything was added since the last flush.
    pub fn is_dirty(&self) -> bool {
        self.durable < self.end
    }

    pub fn flush_is_due(&self) -> bool {
        self.slots[self.active].flush_is_due()
    }

    pub fn flush(&mut self) -> Result<(), StorageError> {
        self.slots[self.active].flush()?;
        self.durable = self.end;
        Ok(())
    }

    pub fn wants_checkpoint(&self) -> bool {
        self.end - self.changes_begin > CHANGES_BYTES
    }

    /// Begins anew in the other slot, flushed.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), StorageError> {
        let (frame, crc) = frame(self.epoch + 1, 0, 0, checkpoint);
        let other = 1 - self.active;
        let slot = &mut self.slots[other];
        let room = SLOT_BYTES.max(2 * frame.len() as u64 + CHANGES_BYTES);
        if slot.size()? < room {
            slot.truncate(room)?;
        }
        slot.write_at(0, &frame)?;
        slot.flush()?;
        // Not flushed: as long as it is there, the other's epoch is higher.
        self.slots[self.active].write_at(0, &[0; HEADER_BYTES])?;
        self.active = other;
        self.epoch += 1;
        self.passed(crc, frame.len());
        (self.changes_begin, self.durable) = (self.end, self.end);
        Ok(())
    }
}

fn frame<T: Serialize>(epoch: u64, durable: u64, previous: u32, body: &T) -> (Vec<u8>, u32) {
    let mut frame = vec![0; 8];
    frame.extend(epoch.to_le_bytes());
    frame.extend(durable.to_le_bytes());
    frame.extend(previous.to_le_bytes());
    let mut frame = codec::encode_into(body, frame);
    let length = frame.len() as u32;
    let crc = crc32::hash(&frame[8..]);
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
    (frame, crc)
}

fn frame_at(bytes: &[u8], at: usize) -> Option<Frame<'_>> {
    let bytes = bytes.get(at..)?;
    let number = |from: usize| Some(u32::from_le_bytes(*bytes.get(from..)?.first_chunk()?));
    let long = |from: usize| Some(u64::from_le_bytes(*bytes.get(from..)?.first_chunk()?));
    let (length, crc) = (number(0)? as usize, number(4)?);
    if length < HEADER_BYTES {
        return None;
    }
    let frame = bytes.get(..length)?;
    let sound = crc32::hash(&frame[8..]) == crc;
    sound.then_some(Frame {
        epoch: long(8)?,
        durable: long(16)?,
        previous: number(24)?,
        crc,
        body: &frame[HEADER_BYTES..],
        end: at + length,
    })
}

/// The same for a frame of this epoch; most others are known without their checksum.
fn frame_of(bytes: &[u8], at: usize, epoch: u64) -> Option<Frame<'_>> {
    let there = bytes.get(at + 8..at + 16)? == epoch.to_le_bytes();
    there.then(|| frame_at(bytes, at)).flatten()
}

fn decode<T: DeserializeOwned>(body: &[u8], at: u64) -> Result<T, StorageError> {
    codec::decode(body).map_err(|error| corrupt(at, &error.to_string()))
}

fn corrupt(offset: u64, what: &str) -> StorageError {
    StorageError::Corrupt {
        file: "the disk's journal".into(),
        offset,
        what: what.to_owned(),
    }
}

fn read_all(file: &dyn BlockFile) -> Result<Vec<u8>, StorageError> {
    let mut bytes = vec![0; file.size()? as usize];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}
