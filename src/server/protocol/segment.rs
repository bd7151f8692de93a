//! Segments, in which everything travels after STARTUP from version 5 on: a header with its CRC24, a payload with its CRC32.
//!
//! Source: `doc/native_protocol_v5.spec` section 2, Cassandra's `net/FrameDecoderCrc` and `net/Crc`.

use bytes::{Bytes, BytesMut};

use super::ProtocolError;
use super::compression::{compress_lz4, decompress_lz4};

/// 17 bits of length.
pub const MAX_PAYLOAD_BYTES: usize = (1 << 17) - 1;
const CRC24_BYTES: usize = 3;
const CRC32_BYTES: usize = 4;
/// Lengths and the flag, without the CRC.
const PLAIN_HEADER_BYTES: usize = 3;
const COMPRESSED_HEADER_BYTES: usize = 5;
/// What the payload's checksum starts with.
const CRC32_START: [u8; 4] = [0xfa, 0x2d, 0x55, 0xca];

/// The header's checksum, over its bytes from the lowest.
pub fn crc24(header: &[u8]) -> u32 {
    let mut crc: u32 = 0x0087_5060;
    for byte in header {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0197_4f0b;
            }
        }
    }
    crc
}

fn crc32(payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&CRC32_START);
    hasher.update(payload);
    hasher.finalize()
}

/// Segments of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// With lz4, the only algorithm there is for segments.
    pub compressed: bool,
}

/// A segment's payload.
#[derive(Debug, PartialEq, Eq)]
pub struct Payload {
    pub bytes: Bytes,
    /// It holds whole messages; else it is a part of one that is larger than a segment.
    pub self_contained: bool,
}

impl Segments {
    fn header_bytes(self) -> usize {
        if self.compressed {
            COMPRESSED_HEADER_BYTES
        } else {
            PLAIN_HEADER_BYTES
        }
    }

    /// Takes the next segment off; `None` while bytes are missing. After an error nothing that follows can be read.
    pub fn read(self, input: &mut BytesMut) -> Result<Option<Payload>, ProtocolError> {
        let fields = self.header_bytes();
        let Some((header, rest)) = input.split_at_checked(fields + CRC24_BYTES) else {
            return Ok(None);
        };
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |all, byte| all << 8 | u64::from(*byte));
        let (read, computed) = (number(&header[fields..]), u64::from(crc24(&header[..fields])));
        if read != computed {
            return Err(ProtocolError(format!(
                "Invalid CRC24 of a segment's header: {read:06x}, computed {computed:06x}"
            )));
        }
        let bits = number(&header[..fields]);
        let mask = MAX_PAYLOAD_BYTES as u64;
        let length = (bits & mask) as usize;
        let (uncompressed, flag) = match self.compressed {
            true => ((bits >> 17 & mask) as usize, bits >> 34),
            false => (0, bits >> 17),
        };
        let Some(payload) = rest.get(..length + CRC32_BYTES) else {
            return Ok(None);
        };
        let (payload, checksum) = payload.split_at(length);
        let (read, computed) = (number(checksum) as u32, crc32(payload));
        if read != computed {
            return Err(ProtocolError(format!(
                "Invalid CRC32 of a segment's payload: {read:08x}, computed {computed:08x}"
            )));
        }
        // A payload that does not shrink travels as it is: its length after decompression is 0.
        let expanded = match self.compressed && uncompressed > 0 {
            true => Some(Bytes::from(decompress_lz4(payload, uncompressed)?)),
            false => None,
        };
        let mut whole = input.split_to(fields + CRC24_BYTES + length + CRC32_BYTES);
        let bytes = expanded.unwrap_or_else(|| whole.split_off(fields + CRC24_BYTES).freeze().slice(..length));
        Ok(Some(Payload {
            bytes,
            self_contained: flag & 1 == 1,
        }))
    }

    /// Appends one segment.
    fn write(self, payload: &[u8], self_contained: bool, out: &mut Vec<u8>) {
        let compressed = match self.compressed {
            true => Some(compress_lz4(payload)).filter(|it| it.len() < payload.len()),
            false => None,
        };
        let sent = compressed.as_deref().unwrap_or(payload);
        let expanded = if compressed.is_some() { payload.len() } else { 0 };
        let flag = u64::from(self_contained);
        let bits = match self.compressed {
            true => sent.len() as u64 | (expanded as u64) << 17 | flag << 34,
            false => sent.len() as u64 | flag << 17,
        };
        let header = &bits.to_le_bytes()[..self.header_bytes()];
        out.extend(header);
        out.extend(&crc24(header).to_le_bytes()[..CRC24_BYTES]);
        out.extend(sent);
        out.extend(crc32(sent).to_le_bytes());
    }

    /// Appends messages in as few segments as they take; one that is larger than a segment goes in several of its own.
    pub fn write_all<'a>(self, messages: impl IntoIterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
        let mut together: Vec<u8> = Vec::new();
        for message in messages {
            if together.len() + message.len() > MAX_PAYLOAD_BYTES && !together.is_empty() {
                self.write(&together, true, out);
                together.clear();
            }
            if message.len() > MAX_PAYLOAD_BYTES {
                message
                    .chunks(MAX_PAYLOAD_BYTES)
                    .for_each(|part| self.write(part, false, out));
            } else {
                together.extend(message);
            }
        }
        if !together.is_empty() {
            self.write(&together, true, out);
        }
    }
}
