//! CompressionInfo.db: how Data.db is compressed, and where each chunk of it begins.

use bytes::Bytes;

use super::compressor::{CompressionParams, Compressor};
use super::input::{Input, Slab};
use super::output;
use crate::storage::StorageError;

/// A checksum follows each chunk.
pub const CHECKSUM_BYTES: u64 = 4;

#[derive(Clone, Debug, PartialEq)]
pub struct CompressionInfo {
    pub params: CompressionParams,
    /// Length of the data when it is not compressed.
    pub data_length: u64,
    /// Where each chunk begins in Data.db.
    pub offsets: Vec<u64>,
}

impl CompressionInfo {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + 8 * self.offsets.len());
        output::with_short_length(self.params.compressor.name().as_bytes(), &mut out);
        output::u32(self.params.options.len() as u32, &mut out);
        for (option, value) in &self.params.options {
            output::with_short_length(option.as_bytes(), &mut out);
            output::with_short_length(value.as_bytes(), &mut out);
        }
        output::u32(self.params.chunk_length, &mut out);
        output::u32(self.params.max_compressed_length, &mut out);
        output::i64(self.data_length as i64, &mut out);
        output::u32(self.offsets.len() as u32, &mut out);
        self.offsets
            .iter()
            .for_each(|offset| output::i64(*offset as i64, &mut out));
        out
    }

    /// `file_length` is that of Data.db, which the chunks have to fill.
    pub fn decode(file: &str, bytes: Bytes, file_length: u64) -> Result<CompressionInfo, StorageError> {
        let mut input = Slab::new(file, bytes);
        let class = input.text()?;
        let Some(compressor) = Compressor::parse(&class) else {
            return Err(input.corrupt(&format!("there is no compressor {class}")));
        };
        let option_count = input.u32()?;
        let mut options = crate::base::SortedMap::new();
        for _ in 0..option_count {
            let option = input.text()?;
            options.insert(option, input.text()?);
        }
        let chunk_length = input.u32()?;
        let max_compressed_length = input.u32()?;
        let data_length = input.u64()?;
        let count = u64::from(input.u32()?);
        if chunk_length == 0 || i32::try_from(chunk_length).is_err() {
            return Err(input.corrupt(&format!("chunks of {chunk_length} bytes")));
        }
        // Cassandra leaves an empty chunk at the end when it opened the SSTable before it was finished.
        let needed = data_length.div_ceil(chunk_length.into());
        if needed == 0 || !(needed..=needed + 1).contains(&count) {
            return Err(input.corrupt(&format!(
                "{count} chunks of {chunk_length} bytes for {data_length} bytes of data"
            )));
        }
        if count * 8 != input.remaining() as u64 {
            return Err(input.corrupt(&format!("offsets of {count} chunks in {} bytes", input.remaining())));
        }
        let mut offsets = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let offset = input.u64()?;
            let follows = match offsets.last() {
                None => offset == 0,
                Some(last) => offset > last + CHECKSUM_BYTES,
            };
            if !follows || offset.saturating_add(CHECKSUM_BYTES) >= file_length {
                return Err(input.corrupt(&format!("no chunk can begin at {offset}")));
            }
            offsets.push(offset);
        }
        Ok(CompressionInfo {
            params: CompressionParams {
                compressor,
                chunk_length,
                max_compressed_length,
                options,
            },
            data_length,
            offsets,
        })
    }
}
