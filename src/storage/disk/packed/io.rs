//! A file's bytes in its blocks.

use super::pack::{Block, Entry};
use super::port::BlockFile;
use super::space::BLOCK_BYTES;
use crate::base::crc32;
use crate::storage::StorageError;

/// Bytes at an offset of a file, cut where its blocks end; with the number of the block.
pub fn pieces(offset: u64, mut bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = offset;
    core::iter::from_fn(move || {
        let room = (BLOCK_BYTES - at % BLOCK_BYTES) as usize;
        let (piece, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
        let block = (at / BLOCK_BYTES) as usize;
        (bytes, at) = (rest, at + piece.len() as u64);
        (!piece.is_empty()).then_some((block, piece))
    })
}

/// How many of these blocks, from the first on, lie behind each other.
fn run_length(blocks: &[Block]) -> usize {
    let neighbours = blocks.windows(2).take_while(|pair| pair[0].place + 1 == pair[1].place);
    blocks.len().min(1 + neighbours.count())
}

/// Writes bytes that the file has blocks for.
pub fn write(data: &mut dyn BlockFile, entry: &Entry, mut offset: u64, mut bytes: &[u8]) -> Result<(), StorageError> {
    while !bytes.is_empty() {
        let blocks = &entry.blocks[(offset / BLOCK_BYTES) as usize..];
        let within = offset % BLOCK_BYTES;
        let room = run_length(blocks) as u64 * BLOCK_BYTES - within;
        let (piece, rest) = bytes.split_at_checked(room as usize).unwrap_or((bytes, &[]));
        data.write_at(u64::from(blocks[0].place) * BLOCK_BYTES + within, piece)?;
        (bytes, offset) = (rest, offset + piece.len() as u64);
    }
    Ok(())
}

/// Reads whole blocks, checks them, and takes what was asked for.
pub fn read(
    data: &dyn BlockFile,
    file: &str,
    entry: &Entry,
    offset: u64,
    into: &mut [u8],
) -> Result<usize, StorageError> {
    let start = offset.min(entry.len);
    let end = (start + into.len() as u64).min(entry.len);
    let mut at = start;
    let mut buffer = Vec::new();
    while at < end {
        let first = (at / BLOCK_BYTES) as usize;
        let wanted = (end.div_ceil(BLOCK_BYTES) as usize) - first;
        let blocks = &entry.blocks[first..first + wanted];
        let blocks = &blocks[..run_length(blocks)];
        let begin = first as u64 * BLOCK_BYTES;
        let there = (entry.len - begin).min(blocks.len() as u64 * BLOCK_BYTES);
        buffer.resize(there as usize, 0);
        let read = data.read_at(u64::from(blocks[0].place) * BLOCK_BYTES, &mut buffer)?;
        for ((place, block), bytes) in blocks.iter().enumerate().zip(buffer.chunks(BLOCK_BYTES as usize)) {
            let block_at = place as u64 * BLOCK_BYTES;
            if block_at + bytes.len() as u64 > read as u64 || crc32::hash(bytes) != block.crc {
                return Err(StorageError::Corrupt {
                    file: file.to_owned(),
                    offset: begin + block_at,
                    what: "the block does not match its checksum".into(),
                });
            }
        }
        let taken = &buffer[(at - begin) as usize..(end.min(begin + there) - begin) as usize];
        into[(at - start) as usize..][..taken.len()].copy_from_slice(taken);
        at += taken.len() as u64;
    }
    Ok((end - start) as usize)
}
