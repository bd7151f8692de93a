//! Compression of bodies (versions 3 and 4) and of segments (from version 5 on).

use super::ProtocolError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Lz4,
    Snappy,
}

impl Compression {
    pub const NAMES: [&str; 2] = ["snappy", "lz4"];

    pub fn named(name: &str) -> Result<Compression, ProtocolError> {
        match name.to_ascii_lowercase().as_str() {
            "lz4" => Ok(Compression::Lz4),
            "snappy" => Ok(Compression::Snappy),
            other => Err(ProtocolError(format!("Unknown compression algorithm: {other}"))),
        }
    }

    /// A body as it travels in versions 3 and 4: lz4 with its length before it.
    pub fn compress_body(self, body: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        match self {
            Compression::Lz4 => {
                let mut out = (body.len() as u32).to_be_bytes().to_vec();
                out.extend(lz4_flex::block::compress(body));
                Ok(out)
            }
            Compression::Snappy => {
                let compressed = snap::raw::Encoder::new().compress_vec(body);
                compressed.map_err(|error| ProtocolError(error.to_string()))
            }
        }
    }

    /// `limit`: no body may be longer.
    pub fn decompress_body(self, body: &[u8], limit: usize) -> Result<Vec<u8>, ProtocolError> {
        let too_long = |length: usize| {
            ProtocolError(format!(
                "Request is too big: length {length} exceeds maximum allowed length {limit}."
            ))
        };
        match self {
            Compression::Lz4 => {
                let (length, rest) = body
                    .split_first_chunk::<4>()
                    .ok_or_else(|| ProtocolError::new("A compressed body without its length"))?;
                let length = u32::from_be_bytes(*length) as usize;
                if length > limit {
                    return Err(too_long(length));
                }
                decompress_lz4(rest, length)
            }
            Compression::Snappy => {
                let wrong = |error: snap::Error| ProtocolError(error.to_string());
                let length = snap::raw::decompress_len(body).map_err(wrong)?;
                if length > limit {
                    return Err(too_long(length));
                }
                snap::raw::Decoder::new().decompress_vec(body).map_err(wrong)
            }
        }
    }
}

/// An lz4 block of known length.
pub fn decompress_lz4(block: &[u8], length: usize) -> Result<Vec<u8>, ProtocolError> {
    let out = lz4_flex::block::decompress(block, length).map_err(|error| ProtocolError(error.to_string()))?;
    match out.len() == length {
        true => Ok(out),
        false => Err(ProtocolError(format!(
            "{} bytes decompressed, {length} promised",
            out.len()
        ))),
    }
}

pub fn compress_lz4(bytes: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress(bytes)
}
