//! The algorithms that chunks of data are compressed with.

use crate::base::SortedMap;
use std::io::Read;

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compressor {
    Lz4,
    Snappy,
    Deflate,
    Zstd,
    Noop,
}

const NAMES: [(Compressor, &str); 5] = [
    (Compressor::Lz4, "LZ4Compressor"),
    (Compressor::Snappy, "SnappyCompressor"),
    (Compressor::Deflate, "DeflateCompressor"),
    (Compressor::Zstd, "ZstdCompressor"),
    (Compressor::Noop, "NoopCompressor"),
];

impl Compressor {
    /// By the class name, with or without its package.
    pub fn parse(class: &str) -> Option<Compressor> {
        let name = class.rsplit('.').next().unwrap_or(class);
        let found = NAMES.into_iter().find(|(_, it)| *it == name);
        found.map(|(compressor, _)| compressor)
    }

    pub fn name(self) -> &'static str {
        NAMES
            .into_iter()
            .find(|(it, _)| *it == self)
            .map_or("", |(_, name)| name)
    }

    pub fn compress(self, plain: &[u8]) -> Vec<u8> {
        match self {
            // The length first, in little endian.
            Compressor::Lz4 => lz4_flex::block::compress_prepend_size(plain),
            Compressor::Snappy => snap::raw::Encoder::new()
                .compress_vec(plain)
                .unwrap_or_else(|_| plain.to_vec()),
            Compressor::Deflate => compress_to_vec_zlib(plain, 6),
            Compressor::Zstd => ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest),
            Compressor::Noop => plain.to_vec(),
        }
    }

    /// The bytes again, which must be exactly `length`. Never takes much more memory than what comes out.
    pub fn decompress(self, packed: &[u8], length: usize) -> Result<Vec<u8>, String> {
        let plain = match self {
            Compressor::Lz4 => decompress_lz4(packed, length)?,
            Compressor::Snappy => decompress_snappy(packed, length)?,
            Compressor::Deflate => {
                decompress_to_vec_zlib_with_limit(packed, length).map_err(|error| format!("{:?}", error.status))?
            }
            Compressor::Zstd => decompress_zstd(packed, length)?,
            Compressor::Noop => packed.to_vec(),
        };
        if plain.len() == length {
            Ok(plain)
        } else {
            Err(format!("{} bytes came out of a chunk of {length}", plain.len()))
        }
    }
}

/// A byte of LZ4 stands for at most this many; a length beyond that is not believed.
const LZ4_MAX_RATIO: usize = 255;

fn decompress_lz4(packed: &[u8], length: usize) -> Result<Vec<u8>, String> {
    let (said, block) = packed.split_first_chunk().ok_or("no length before an LZ4 block")?;
    let said = u32::from_le_bytes(*said) as usize;
    if said != length || length > block.len().saturating_mul(LZ4_MAX_RATIO) {
        return Err(format!("an LZ4 block of {said} bytes for a chunk of {length}"));
    }
    lz4_flex::block::decompress(block, length).map_err(|error| error.to_string())
}

/// Three bytes of Snappy stand for at most 64.
const SNAPPY_MAX_RATIO: usize = 64;

fn decompress_snappy(packed: &[u8], length: usize) -> Result<Vec<u8>, String> {
    let said = snap::raw::decompress_len(packed).map_err(|error| error.to_string())?;
    if said != length || length > packed.len().saturating_mul(SNAPPY_MAX_RATIO) {
        return Err(format!("a Snappy block of {said} bytes for a chunk of {length}"));
    }
    let mut plain = vec![0; length];
    let written = snap::raw::Decoder::new()
        .decompress(packed, &mut plain)
        .map_err(|error| error.to_string())?;
    plain.truncate(written);
    Ok(plain)
}

fn decompress_zstd(packed: &[u8], length: usize) -> Result<Vec<u8>, String> {
    let decoder = ruzstd::decoding::StreamingDecoder::new(packed).map_err(|error| error.to_string())?;
    let mut plain = Vec::new();
    decoder
        .take(length as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|error| error.to_string())?;
    Ok(plain)
}

/// How a table's data is compressed: its `compression` option.
#[derive(Clone, Debug, PartialEq)]
pub struct CompressionParams {
    pub compressor: Compressor,
    pub chunk_length: u32,
    /// A chunk that would not get shorter than this is kept as it is.
    pub max_compressed_length: u32,
    /// The options of the compressor itself.
    pub options: SortedMap<String, String>,
}

/// `CompressionParams.DEFAULT_CHUNK_LENGTH`.
const DEFAULT_CHUNK_KIB: u32 = 16;
/// How large `chunk_length_in_kb` can be: 2 GiB do not fit.
const MAX_CHUNK_KIB: u32 = 1 << 20;

impl CompressionParams {
    /// From the checked option of a table; nothing when it is not compressed.
    pub fn of_table(compression: &SortedMap<String, String>) -> Option<CompressionParams> {
        let compressor = Compressor::parse(compression.get("class")?)?;
        let chunk_kib = compression.get("chunk_length_in_kb").and_then(|it| it.parse().ok());
        let chunk_length = 1024 * chunk_kib.unwrap_or(DEFAULT_CHUNK_KIB).clamp(1, MAX_CHUNK_KIB);
        let ratio = compression
            .get("min_compress_ratio")
            .and_then(|it| it.parse::<f64>().ok());
        let max_compressed_length = match ratio {
            Some(ratio) if ratio > 0.0 => libm::ceil(f64::from(chunk_length) / ratio).min(f64::from(i32::MAX)) as u32,
            _ => i32::MAX as u32,
        };
        let general = ["class", "chunk_length_in_kb", "min_compress_ratio"];
        let own = compression
            .iter()
            .filter(|(option, _)| !general.contains(&option.as_str()));
        Some(CompressionParams {
            compressor,
            chunk_length,
            max_compressed_length,
            options: own.map(|(option, value)| (option.clone(), value.clone())).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn chunks_come_back(plain in prop::collection::vec(prop::sample::select(vec![0u8, 1, 7, 255]), 0..6000), which in 0usize..5) {
            let compressor = NAMES[which].0;
            let packed = compressor.compress(&plain);
            prop_assert_eq!(compressor.decompress(&packed, plain.len()), Ok(plain));
        }

        #[test]
        fn rubbish_is_an_error(packed in prop::collection::vec(any::<u8>(), 0..200), length in 0usize..1 << 20, which in 0usize..4) {
            let _ = NAMES[which].0.decompress(&packed, length);
        }
    }
}
