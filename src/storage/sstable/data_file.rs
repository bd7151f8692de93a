//! Reading Data.db: any place of it, chunk by chunk, each held against its checksum before it is believed.

use core::cell::{Cell, RefCell};

use bytes::{Bytes, BytesMut};

use super::compression_info::{CHECKSUM_BYTES, CompressionInfo};
use super::input::{Input, Slab};
use crate::base::{crc32, vint};
use crate::storage::{Disk, StorageError};

/// How many chunks that were read last are kept: the neighbourhood of a partition.
const KEPT_CHUNKS: usize = 4;

#[derive(Debug)]
pub struct DataFile {
    file: String,
    /// Bytes of data when not compressed.
    length: u64,
    file_length: u64,
    form: Form,
    /// How often checksums are looked at: the table's `crc_check_chance`.
    check_chance: f64,
    checks: Cell<u64>,
    kept: RefCell<Vec<(u64, Bytes)>>,
}

#[derive(Debug)]
enum Form {
    Compressed(CompressionInfo),
    /// With the checksum of each chunk, when there is CRC.db.
    Plain {
        chunk_length: u64,
        checksums: Vec<u32>,
    },
}

/// How much of data without checksums is read at a time: an index, of which a look-up wants two KiB.
const UNCHECKED_CHUNK_BYTES: u64 = 4 * 1024;

impl DataFile {
    pub fn compressed(file: String, file_length: u64, info: CompressionInfo, check_chance: f64) -> DataFile {
        let length = info.data_length;
        DataFile::new(file, length, file_length, Form::Compressed(info), check_chance)
    }

    /// `checksums`: the name and content of CRC.db.
    pub fn plain(
        file: String,
        file_length: u64,
        checksums: Option<(&str, Bytes)>,
        check_chance: f64,
    ) -> Result<DataFile, StorageError> {
        let (mut chunk_length, mut found) = (UNCHECKED_CHUNK_BYTES, Vec::new());
        if let Some((name, bytes)) = checksums {
            let mut input = Slab::new(name, bytes);
            chunk_length = input.u32()?.into();
            if chunk_length == 0 || file_length.div_ceil(chunk_length) * 4 != input.remaining() as u64 {
                return Err(input.corrupt(&format!(
                    "checksums of chunks of {chunk_length} bytes, not fit for the data"
                )));
            }
            while !input.is_at_end() {
                found.push(input.u32()?);
            }
        }
        let form = Form::Plain {
            chunk_length,
            checksums: found,
        };
        Ok(DataFile::new(file, file_length, file_length, form, check_chance))
    }

    fn new(file: String, length: u64, file_length: u64, form: Form, check_chance: f64) -> DataFile {
        DataFile {
            file,
            length,
            file_length,
            form,
            check_chance,
            checks: Cell::new(0),
            kept: RefCell::new(Vec::new()),
        }
    }

    /// Bytes of data when not compressed.
    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn file_length(&self) -> u64 {
        self.file_length
    }

    pub fn name(&self) -> &str {
        &self.file
    }

    pub fn compression(&self) -> Option<&CompressionInfo> {
        match &self.form {
            Form::Compressed(info) => Some(info),
            Form::Plain { .. } => None,
        }
    }

    pub fn cursor<'a>(&'a self, disk: &'a dyn Disk, position: u64) -> DataCursor<'a> {
        DataCursor {
            data: self,
            disk,
            position,
            chunk: Bytes::new(),
            chunk_start: 0,
        }
    }

    pub fn corrupt(&self, offset: u64, what: &str) -> StorageError {
        StorageError::Corrupt {
            file: self.file.clone(),
            offset,
            what: what.to_owned(),
        }
    }

    pub fn chunk_length(&self) -> u64 {
        match &self.form {
            Form::Compressed(info) => info.params.chunk_length.into(),
            Form::Plain { chunk_length, .. } => *chunk_length,
        }
    }

    /// The chunk with this number, not compressed.
    pub fn chunk(&self, disk: &dyn Disk, number: u64) -> Result<Bytes, StorageError> {
        if let Some((_, chunk)) = self.kept.borrow().iter().find(|(kept, _)| *kept == number) {
            return Ok(chunk.clone());
        }
        let chunk = self.load(disk, number)?;
        let mut kept = self.kept.borrow_mut();
        if kept.len() == KEPT_CHUNKS {
            kept.remove(0);
        }
        kept.push((number, chunk.clone()));
        Ok(chunk)
    }

    fn load(&self, disk: &dyn Disk, number: u64) -> Result<Bytes, StorageError> {
        let start = number * self.chunk_length();
        let length = self.chunk_length().min(self.length.saturating_sub(start)) as usize;
        match &self.form {
            Form::Plain { checksums, .. } => {
                let bytes = self.read(disk, start, length)?;
                match checksums.get(number as usize) {
                    Some(checksum) if self.is_to_be_checked() && crc32::hash(&bytes) != *checksum => {
                        Err(self.corrupt(start, "a chunk does not have its checksum"))
                    }
                    _ => Ok(bytes),
                }
            }
            Form::Compressed(info) => {
                let Some(offset) = info.offsets.get(number as usize).copied() else {
                    return Err(self.corrupt(self.file_length, "there is no such chunk"));
                };
                let end = info
                    .offsets
                    .get(number as usize + 1)
                    .copied()
                    .unwrap_or(self.file_length);
                let stored = self.read(disk, offset, (end - offset) as usize)?;
                let (packed, checksum) = stored.split_at(stored.len() - CHECKSUM_BYTES as usize);
                if self.is_to_be_checked() && crc32::hash(packed).to_be_bytes() != checksum {
                    return Err(self.corrupt(offset, "a chunk does not have its checksum"));
                }
                if packed.len() < info.params.max_compressed_length as usize {
                    let plain = info.params.compressor.decompress(packed, length);
                    return plain.map(Bytes::from).map_err(|why| self.corrupt(offset, &why));
                }
                // The writer filled it up to the limit, and no further.
                if packed.len() != length.max(info.params.max_compressed_length as usize) {
                    return Err(self.corrupt(offset, "a chunk that is not compressed has another length"));
                }
                Ok(stored.slice(..length))
            }
        }
    }

    fn read(&self, disk: &dyn Disk, offset: u64, length: usize) -> Result<Bytes, StorageError> {
        if offset.saturating_add(length as u64) > self.file_length {
            return Err(self.corrupt(offset, "the file ends too soon"));
        }
        let mut bytes = BytesMut::zeroed(length);
        if disk.read_at(&self.file, offset, &mut bytes)? != length {
            return Err(self.corrupt(offset, "the file ends too soon"));
        }
        Ok(bytes.freeze())
    }

    /// Spread evenly rather than by chance, so that a run can be repeated.
    fn is_to_be_checked(&self) -> bool {
        let count = self.checks.get();
        self.checks.set(count.wrapping_add(1));
        let share = |count: u64| (count as f64 * self.check_chance) as u64;
        share(count.wrapping_add(1)) > share(count)
    }
}

/// A place in the data, to read on from.
#[derive(Clone, Debug)]
pub struct DataCursor<'a> {
    data: &'a DataFile,
    disk: &'a dyn Disk,
    position: u64,
    chunk: Bytes,
    chunk_start: u64,
}

impl DataCursor<'_> {
    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn seek(&mut self, position: u64) {
        self.position = position;
    }

    pub fn skip(&mut self, count: u64) -> Result<(), StorageError> {
        self.ensure(count)?;
        self.position += count;
        Ok(())
    }

    /// Whether these bytes come next; stays where it is.
    pub fn is_next(&mut self, bytes: &[u8]) -> Result<bool, StorageError> {
        let here = self.here()?;
        if here.len() >= bytes.len() {
            return Ok(here.starts_with(bytes));
        }
        let position = self.position;
        let next = self.take(bytes.len())?;
        self.position = position;
        Ok(next == bytes)
    }

    fn ensure(&self, count: u64) -> Result<(), StorageError> {
        match self.position.checked_add(count) {
            Some(end) if end <= self.data.length => Ok(()),
            _ => Err(self.corrupt("the data ends too soon")),
        }
    }

    /// What of the chunk at hand lies from here on; loads the next one at the end of one.
    fn here(&mut self) -> Result<&[u8], StorageError> {
        let inside = self.position >= self.chunk_start && self.position - self.chunk_start < self.chunk.len() as u64;
        if !inside {
            self.ensure(1)?;
            let number = self.position / self.data.chunk_length();
            self.chunk = self.data.chunk(self.disk, number)?;
            self.chunk_start = number * self.data.chunk_length();
        }
        Ok(&self.chunk[(self.position - self.chunk_start) as usize..])
    }
}

impl Input for DataCursor<'_> {
    fn take(&mut self, count: usize) -> Result<Bytes, StorageError> {
        self.ensure(count as u64)?;
        let mut out = Vec::with_capacity(count);
        while out.len() < count {
            let here = self.here()?;
            let part = &here[..here.len().min(count - out.len())];
            out.extend_from_slice(part);
            self.position += part.len() as u64;
        }
        Ok(out.into())
    }

    fn u8(&mut self) -> Result<u8, StorageError> {
        let byte = self.here()?[0];
        self.position += 1;
        Ok(byte)
    }

    // Keys, sizes and times: most of what is read, and hardly ever over the end of a chunk.
    fn u16(&mut self) -> Result<u16, StorageError> {
        if let [high, low, ..] = *self.here()? {
            self.position += 2;
            return Ok(u16::from_be_bytes([high, low]));
        }
        Ok(u16::from(self.u8()?) << 8 | u16::from(self.u8()?))
    }

    fn vint(&mut self) -> Result<u64, StorageError> {
        let here = self.here()?;
        let extra = here[0].leading_ones() as usize;
        let start = vint::first_bits(here[0]);
        if let Some(rest) = here.get(1..=extra) {
            let value = rest.iter().fold(start, |value, byte| value << 8 | u64::from(*byte));
            self.position += 1 + extra as u64;
            return Ok(value);
        }
        self.position += 1;
        (0..extra).try_fold(start, |value, _| Ok(value << 8 | u64::from(self.u8()?)))
    }

    fn corrupt(&self, what: &str) -> StorageError {
        self.data.corrupt(self.position, what)
    }
}
