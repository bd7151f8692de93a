//! Reading bytes and noting what each stretch of them is.

use core::ops::Range;

use bytes::Bytes;

use super::super::data_file::DataCursor;
use super::super::input::{Input, Slab};
use super::{Annotation, Span};
use crate::storage::StorageError;

/// Bytes shown of a span; the rest are counted.
const SHOWN_BYTES: u64 = 24;

/// Where a decoder is, and what lies before that place.
pub trait Placed: Input {
    fn place(&self) -> u64;
    /// Bytes from `from` on, for looking at.
    fn look_back(&self, from: u64, count: usize) -> Result<Bytes, StorageError>;
}

impl Placed for Slab<'_> {
    fn place(&self) -> u64 {
        self.position() as u64
    }

    fn look_back(&self, from: u64, count: usize) -> Result<Bytes, StorageError> {
        let mut other = self.clone();
        other.seek(from as usize)?;
        other.take(count)
    }
}

impl Placed for DataCursor<'_> {
    fn place(&self) -> u64 {
        self.position()
    }

    fn look_back(&self, from: u64, count: usize) -> Result<Bytes, StorageError> {
        let mut other = self.clone();
        other.seek(from);
        other.take(count)
    }
}

pub struct Walk<'a> {
    input: &'a mut dyn Placed,
    /// Everything before it has a name.
    named: u64,
    count: u64,
    window: Range<u64>,
    spans: Vec<Span>,
    pub depth: u8,
}

type Read<T> = Result<T, StorageError>;

impl<'a> Walk<'a> {
    pub fn new(input: &'a mut dyn Placed, window: Range<u64>) -> Walk<'a> {
        Walk {
            input,
            named: 0,
            count: 0,
            window,
            spans: Vec::new(),
            depth: 0,
        }
    }

    pub fn place(&self) -> u64 {
        self.named
    }

    /// Nothing further on is asked for.
    pub fn is_done(&self) -> bool {
        self.count > self.window.end
    }

    pub fn input(&mut self) -> &mut dyn Input {
        self.input
    }

    /// What was read since the last name is this.
    pub fn name(&mut self, name: &str, value: &str) -> Read<()> {
        let (at, length) = (self.named, self.input.place() - self.named);
        self.named += length;
        // An empty value has no bytes to name.
        if length == 0 {
            return Ok(());
        }
        if self.window.contains(&self.count) {
            let shown = self.input.look_back(at, length.min(SHOWN_BYTES) as usize)?;
            self.spans.push(Span {
                at,
                length,
                hex: hex(&shown),
                name: name.to_owned(),
                value: value.to_owned(),
                depth: self.depth,
            });
        }
        self.count += 1;
        Ok(())
    }

    pub fn u8(&mut self, name: &str) -> Read<u8> {
        let value = self.input.u8()?;
        self.name(name, &value.to_string())?;
        Ok(value)
    }

    pub fn u16(&mut self, name: &str) -> Read<u16> {
        let value = self.input.u16()?;
        self.name(name, &value.to_string())?;
        Ok(value)
    }

    pub fn i32(&mut self, name: &str) -> Read<i32> {
        let value = self.input.i32()?;
        self.name(name, &value.to_string())?;
        Ok(value)
    }

    /// A number that counts something, of 32 bits.
    pub fn count(&mut self, name: &str) -> Read<usize> {
        Ok(self.i32(name)? as u32 as usize)
    }

    pub fn i64(&mut self, name: &str) -> Read<i64> {
        let value = self.input.i64()?;
        self.name(name, &value.to_string())?;
        Ok(value)
    }

    pub fn f64(&mut self, name: &str) -> Read<f64> {
        let value = self.input.f64()?;
        self.name(name, &value.to_string())?;
        Ok(value)
    }

    pub fn vint(&mut self, name: &str) -> Read<u64> {
        let value = self.input.vint()?;
        self.name(name, &value.to_string())?;
        Ok(value)
    }

    pub fn bytes(&mut self, name: &str, count: usize, show: &dyn Fn(&[u8]) -> String) -> Read<Bytes> {
        let bytes = self.input.take(count)?;
        let value = if self.window.contains(&self.count) {
            show(&bytes)
        } else {
            String::new()
        };
        self.name(name, &value)?;
        Ok(bytes)
    }

    /// A text after its length of 16 bits.
    pub fn text(&mut self, name: &str) -> Read<Bytes> {
        let length = self.u16(&format!("{name} length"))?;
        self.bytes(name, length.into(), &text)
    }

    /// A text after its length of variable length.
    pub fn vint_text(&mut self, name: &str) -> Read<Bytes> {
        let length = self.vint(&format!("{name} length"))?;
        self.bytes(name, fitting(length), &text)
    }

    pub fn finish(self, length: u64) -> Annotation {
        let before = self.window.start.min(self.count);
        Annotation {
            length,
            before,
            goes_on: self.count > before + self.spans.len() as u64,
            spans: self.spans,
        }
    }
}

/// What is more than there can be, the input refuses.
pub fn fitting(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX / 2)
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn nothing(_: &[u8]) -> String {
    String::new()
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(3 * bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            digits.push(' ');
        }
        for half in [byte >> 4, byte & 15] {
            digits.extend(char::from_digit(half.into(), 16));
        }
    }
    digits
}
