//! Reading the bytes of a component: numbers, lengths and values, and what is said when they are not there.
//!
//! A length in the bytes is never believed before it is compared with what is there.

use bytes::Bytes;

use crate::base::vint;
use crate::storage::StorageError;

/// Bytes read from front to back. Data comes in chunks from the disk, all other components lie in memory.
pub trait Input {
    /// The next `count` bytes.
    fn take(&mut self, count: usize) -> Result<Bytes, StorageError>;
    fn u8(&mut self) -> Result<u8, StorageError>;
    /// What an error says of the place just read.
    fn corrupt(&self, what: &str) -> StorageError;

    fn u16(&mut self) -> Result<u16, StorageError> {
        Ok(u16::from(self.u8()?) << 8 | u16::from(self.u8()?))
    }

    fn u32(&mut self) -> Result<u32, StorageError> {
        Ok(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    fn u64(&mut self) -> Result<u64, StorageError> {
        Ok(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    fn i32(&mut self) -> Result<i32, StorageError> {
        Ok(self.u32()? as i32)
    }

    fn i64(&mut self) -> Result<i64, StorageError> {
        Ok(self.u64()? as i64)
    }

    fn f64(&mut self) -> Result<f64, StorageError> {
        Ok(f64::from_bits(self.u64()?))
    }

    fn boolean(&mut self) -> Result<bool, StorageError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.corrupt("neither yes nor no")),
        }
    }

    /// An unsigned number of variable length.
    fn vint(&mut self) -> Result<u64, StorageError> {
        let first = self.u8()?;
        (0..first.leading_ones()).try_fold(vint::first_bits(first), |value, _| {
            Ok(value << 8 | u64::from(self.u8()?))
        })
    }

    /// A signed number of variable length.
    fn signed_vint(&mut self) -> Result<i64, StorageError> {
        let zigzag = self.vint()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// A number of variable length that counts something in memory.
    fn vint_len(&mut self) -> Result<usize, StorageError> {
        let length = self.vint()?;
        match i32::try_from(length) {
            Ok(length) => Ok(length as usize),
            Err(_) => Err(self.corrupt("a length beyond 2 GiB")),
        }
    }

    /// A signed number of 32 bits, as Cassandra writes one as an unsigned of variable length.
    fn vint_i32(&mut self) -> Result<i32, StorageError> {
        let value = self.vint()? as i64;
        i32::try_from(value).map_err(|_| self.corrupt("a number beyond 32 bits"))
    }

    fn with_vint_length(&mut self) -> Result<Bytes, StorageError> {
        let length = self.vint_len()?;
        self.take(length)
    }

    fn with_short_length(&mut self) -> Result<Bytes, StorageError> {
        let length = self.u16()?;
        self.take(length.into())
    }

    fn with_length(&mut self) -> Result<Bytes, StorageError> {
        let length = self.i32()?;
        match usize::try_from(length) {
            Ok(length) => self.take(length),
            Err(_) => Err(self.corrupt("a negative length")),
        }
    }

    /// A text after a 16-bit length, which holds ASCII only wherever Cassandra writes one.
    fn text(&mut self) -> Result<String, StorageError> {
        let bytes = self.with_short_length()?;
        self.utf8(&bytes)
    }

    fn text_with_vint_length(&mut self) -> Result<String, StorageError> {
        let bytes = self.with_vint_length()?;
        self.utf8(&bytes)
    }

    fn utf8(&self, bytes: &[u8]) -> Result<String, StorageError> {
        let text = core::str::from_utf8(bytes).map_err(|_| self.corrupt("a text that is not UTF-8"))?;
        Ok(text.to_owned())
    }
}

/// A component, or a part of one, in memory.
#[derive(Clone, Debug)]
pub struct Slab<'a> {
    file: &'a str,
    bytes: Bytes,
    at: usize,
    /// Where in the file the bytes begin.
    base: u64,
}

impl<'a> Slab<'a> {
    pub fn new(file: &'a str, bytes: Bytes) -> Slab<'a> {
        Slab::part(file, bytes, 0)
    }

    pub fn part(file: &'a str, bytes: Bytes, base: u64) -> Slab<'a> {
        Slab {
            file,
            bytes,
            at: 0,
            base,
        }
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn is_at_end(&self) -> bool {
        self.remaining() == 0
    }

    /// Goes on elsewhere.
    pub fn seek(&mut self, to: usize) -> Result<(), StorageError> {
        if to > self.bytes.len() {
            return Err(self.corrupt("a place after the end"));
        }
        self.at = to;
        Ok(())
    }

    /// Everything has been read.
    pub fn finish(&self) -> Result<(), StorageError> {
        match self.remaining() {
            0 => Ok(()),
            left => Err(self.corrupt(&format!("{left} bytes too many"))),
        }
    }
}

impl Input for Slab<'_> {
    fn take(&mut self, count: usize) -> Result<Bytes, StorageError> {
        if count > self.remaining() {
            return Err(self.corrupt("the bytes end too soon"));
        }
        let start = self.at;
        self.at += count;
        Ok(self.bytes.slice(start..self.at))
    }

    fn u8(&mut self) -> Result<u8, StorageError> {
        let Some(byte) = self.bytes.get(self.at) else {
            return Err(self.corrupt("the bytes end too soon"));
        };
        self.at += 1;
        Ok(*byte)
    }

    fn corrupt(&self, what: &str) -> StorageError {
        StorageError::Corrupt {
            file: self.file.to_owned(),
            offset: self.base + self.at as u64,
            what: what.to_owned(),
        }
    }
}
