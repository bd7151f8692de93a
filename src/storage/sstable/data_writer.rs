//! Writing Data.db: in chunks, each compressed or not, with their checksums and the digest of the whole.

use super::compression_info::{CHECKSUM_BYTES, CompressionInfo};
use super::compressor::CompressionParams;
use crate::base::crc32::{self, Hasher};
use crate::storage::{Disk, StorageError};

/// How many bytes of uncompressed data one checksum of CRC.db is for: `SequentialWriterOption`'s buffer.
const PLAIN_CHUNK_BYTES: u32 = 64 * 1024;

#[derive(Debug)]
pub struct DataWriter {
    file: String,
    buffer: Vec<u8>,
    chunk_length: usize,
    compression: Option<CompressionParams>,
    /// Where each chunk began.
    offsets: Vec<u64>,
    checksums: Vec<u32>,
    /// Bytes before the buffer, not compressed.
    flushed: u64,
    on_disk: u64,
    digest: Hasher,
}

/// What there is to say of finished data.
#[derive(Debug)]
pub struct Written {
    /// Of the whole file.
    pub digest: u32,
    pub compression: Option<CompressionInfo>,
    /// CRC.db of data that is not compressed.
    pub checksums: Option<Vec<u8>>,
    pub data_length: u64,
    pub file_length: u64,
    /// Compressed by uncompressed, without checksums; -1 when not compressed.
    pub compression_ratio: f64,
}

impl DataWriter {
    pub fn create(
        disk: &mut dyn Disk,
        file: String,
        compression: Option<CompressionParams>,
    ) -> Result<DataWriter, StorageError> {
        disk.create(&file)?;
        let chunk_length = compression.as_ref().map_or(PLAIN_CHUNK_BYTES, |it| it.chunk_length);
        Ok(DataWriter {
            file,
            buffer: Vec::new(),
            chunk_length: chunk_length as usize,
            compression,
            offsets: Vec::new(),
            checksums: Vec::new(),
            flushed: 0,
            on_disk: 0,
            digest: Hasher::new(),
        })
    }

    /// Where the next byte goes, in data that is not compressed.
    pub fn position(&self) -> u64 {
        self.flushed + self.buffer.len() as u64
    }

    /// Bytes on the disk so far.
    pub fn on_disk(&self) -> u64 {
        self.on_disk
    }

    pub fn write(&mut self, disk: &mut dyn Disk, mut bytes: &[u8]) -> Result<(), StorageError> {
        while !bytes.is_empty() {
            let room = self.chunk_length - self.buffer.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == self.chunk_length {
                self.flush(disk)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, disk: &mut dyn Disk) -> Result<(), StorageError> {
        let plain_length = self.buffer.len() as u64;
        let chunk = match &self.compression {
            None => core::mem::take(&mut self.buffer),
            Some(params) => {
                let packed = params.compressor.compress(&self.buffer);
                let limit = params.max_compressed_length as usize;
                if packed.len() >= limit {
                    let mut plain = core::mem::take(&mut self.buffer);
                    // A reader takes a chunk shorter than the limit for a compressed one.
                    plain.resize(plain.len().max(limit), 0);
                    plain
                } else {
                    packed
                }
            }
        };
        let checksum = crc32::hash(&chunk);
        self.digest.update(&chunk);
        self.offsets.push(self.on_disk);
        self.on_disk += chunk.len() as u64;
        if self.compression.is_some() {
            let mut with_checksum = chunk;
            with_checksum.extend(checksum.to_be_bytes());
            self.digest.update(&checksum.to_be_bytes());
            self.on_disk += CHECKSUM_BYTES;
            disk.append(&self.file, &with_checksum)?;
        } else {
            self.checksums.push(checksum);
            disk.append(&self.file, &chunk)?;
        }
        self.buffer.clear();
        self.flushed += plain_length;
        Ok(())
    }

    /// Everything is on the disk and safe.
    pub fn finish(mut self, disk: &mut dyn Disk) -> Result<Written, StorageError> {
        if !self.buffer.is_empty() {
            self.flush(disk)?;
        }
        disk.sync(&self.file)?;
        let packed = self.on_disk.saturating_sub(CHECKSUM_BYTES * self.offsets.len() as u64);
        let (compression_ratio, checksums) = match &self.compression {
            Some(_) => (packed as f64 / self.flushed as f64, None),
            None => {
                let mut crc = PLAIN_CHUNK_BYTES.to_be_bytes().to_vec();
                self.checksums.iter().for_each(|it| crc.extend(it.to_be_bytes()));
                (NO_COMPRESSION_RATIO, Some(crc))
            }
        };
        Ok(Written {
            digest: self.digest.finalize(),
            compression: self.compression.map(|params| CompressionInfo {
                params,
                data_length: self.flushed,
                offsets: self.offsets,
            }),
            checksums,
            data_length: self.flushed,
            file_length: self.on_disk,
            compression_ratio,
        })
    }
}

/// `MetadataCollector.NO_COMPRESSION_RATIO`.
pub const NO_COMPRESSION_RATIO: f64 = -1.0;
