//! The protocol's notations: numbers, strings, bytes, maps. Lengths come from the peer and are not believed.

use bytes::Bytes;

use super::ProtocolError;

/// Reads notations from a body.
pub struct Reader {
    bytes: Bytes,
}

impl Reader {
    pub fn new(bytes: Bytes) -> Reader {
        Reader { bytes }
    }

    /// Bytes left.
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    fn take(&mut self, length: usize) -> Result<Bytes, ProtocolError> {
        if length > self.bytes.len() {
            return Err(ProtocolError(format!(
                "Not enough bytes to read: {length} wanted, {} left",
                self.bytes.len()
            )));
        }
        Ok(self.bytes.split_to(length))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ProtocolError> {
        let taken = self.take(N)?;
        <[u8; N]>::try_from(&*taken).map_err(|_| ProtocolError::new("Not enough bytes to read"))
    }

    pub fn byte(&mut self) -> Result<u8, ProtocolError> {
        Ok(self.array::<1>()?[0])
    }

    pub fn short(&mut self) -> Result<u16, ProtocolError> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn int(&mut self) -> Result<i32, ProtocolError> {
        self.array().map(i32::from_be_bytes)
    }

    pub fn long(&mut self) -> Result<i64, ProtocolError> {
        self.array().map(i64::from_be_bytes)
    }

    fn text(&mut self, length: usize) -> Result<String, ProtocolError> {
        let bytes = self.take(length)?;
        let text = core::str::from_utf8(&bytes);
        text.map(str::to_owned)
            .map_err(|_| ProtocolError::new("Cannot decode string as UTF8"))
    }

    pub fn string(&mut self) -> Result<String, ProtocolError> {
        let length = self.short()?;
        self.text(length.into())
    }

    pub fn long_string(&mut self) -> Result<String, ProtocolError> {
        let length = self.int()?;
        let length = usize::try_from(length).map_err(|_| ProtocolError(format!("Negative length {length}")))?;
        self.text(length)
    }

    pub fn short_bytes(&mut self) -> Result<Bytes, ProtocolError> {
        let length = self.short()?;
        self.take(length.into())
    }

    /// `None` is null.
    pub fn bytes(&mut self) -> Result<Option<Bytes>, ProtocolError> {
        let length = self.int()?;
        usize::try_from(length).map_or(Ok(None), |length| self.take(length).map(Some))
    }

    pub fn sized(&mut self, length: usize) -> Result<Bytes, ProtocolError> {
        self.take(length)
    }

    pub fn string_list(&mut self) -> Result<Vec<String>, ProtocolError> {
        let count = self.short()?;
        (0..count).map(|_| self.string()).collect()
    }

    pub fn string_map(&mut self) -> Result<Vec<(String, String)>, ProtocolError> {
        let count = self.short()?;
        (0..count).map(|_| Ok((self.string()?, self.string()?))).collect()
    }

    pub fn bytes_map(&mut self) -> Result<Vec<(String, Option<Bytes>)>, ProtocolError> {
        let count = self.short()?;
        (0..count).map(|_| Ok((self.string()?, self.bytes()?))).collect()
    }
}

/// Writes notations of an answer's body.
#[derive(Default)]
pub struct Writer {
    pub out: Vec<u8>,
}

impl Writer {
    pub fn byte(&mut self, value: u8) {
        self.out.push(value);
    }

    pub fn short(&mut self, value: u16) {
        self.out.extend(value.to_be_bytes());
    }

    pub fn int(&mut self, value: i32) {
        self.out.extend(value.to_be_bytes());
    }

    /// A count or length; no answer is beyond 2 GiB.
    pub fn length(&mut self, length: usize) {
        self.int(i32::try_from(length).unwrap_or(i32::MAX));
    }

    /// Cut where a string of the protocol ends, at a character.
    pub fn string(&mut self, text: &str) {
        let mut end = text.len().min(usize::from(u16::MAX));
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.short(end as u16);
        self.out.extend(&text.as_bytes()[..end]);
    }

    pub fn short_bytes(&mut self, bytes: &[u8]) {
        let length = bytes.len().min(usize::from(u16::MAX));
        self.short(length as u16);
        self.out.extend(&bytes[..length]);
    }

    pub fn bytes(&mut self, value: Option<&[u8]>) {
        match value {
            None => self.int(-1),
            Some(bytes) => {
                self.length(bytes.len());
                self.out.extend(bytes);
            }
        }
    }

    pub fn string_list<T: AsRef<str>>(&mut self, list: &[T]) {
        let count = list.len().min(usize::from(u16::MAX));
        self.short(count as u16);
        list[..count].iter().for_each(|it| self.string(it.as_ref()));
    }

    pub fn inet(&mut self, address: core::net::IpAddr, port: u16) {
        match address {
            core::net::IpAddr::V4(it) => {
                self.byte(4);
                self.out.extend(it.octets());
            }
            core::net::IpAddr::V6(it) => {
                self.byte(16);
                self.out.extend(it.octets());
            }
        }
        self.int(port.into());
    }
}
