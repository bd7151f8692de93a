//! The components beside the data: index, summary, filter, checksums and lists.

use super::super::Component;
use super::super::SstableReader;
use super::super::clustering::Kind;
use super::data::{Named, key_text};
use super::statistics::statistics;
use super::walk::{Walk, fitting, nothing, text};
use crate::schema::TableMetadata;
use crate::storage::StorageError;

type Done = Result<(), StorageError>;

pub fn component(
    walk: &mut Walk<'_>,
    component: Component,
    reader: &SstableReader,
    table: &TableMetadata,
    length: u64,
) -> Done {
    let named = Named {
        shape: reader.shape(),
        table,
        file: reader.data().name(),
    };
    match component {
        Component::PrimaryIndex => {
            while walk.place() < length && !walk.is_done() {
                index_entry(walk, &named)?;
            }
            Ok(())
        }
        Component::Summary => summary(walk, table),
        Component::Filter => filter(walk),
        Component::Statistics => statistics(walk, reader.info().descriptor.version, length),
        Component::CompressionInfo => compression_info(walk),
        Component::Crc => {
            walk.count("chunk length")?;
            chunk_checksums(walk, length)
        }
        Component::Digest => rest(walk, length, "CRC of Data.db, as a decimal number", &text),
        Component::Toc => lines(walk, length),
        Component::Partitions => partition_tries(walk, length),
        // Tries are not decoded here: of this version the data alone is read.
        Component::Rows => rest(walk, length, "tries of rows (not decoded here)", &nothing),
        Component::Data => Ok(()),
    }
}

fn rest(walk: &mut Walk<'_>, length: u64, name: &str, show: &dyn Fn(&[u8]) -> String) -> Done {
    let left = length.saturating_sub(walk.place());
    walk.bytes(name, fitting(left), show).map(drop)
}

fn index_entry(walk: &mut Walk<'_>, named: &Named<'_>) -> Done {
    walk.depth = 0;
    let length = walk.u16("partition key length")?;
    walk.bytes("partition key", length.into(), &|key| key_text(named.table, key))?;
    walk.depth = 1;
    walk.vint("position in Data.db")?;
    if walk.vint("row index size")? == 0 {
        return Ok(());
    }
    walk.vint("partition header size")?;
    named.whole_deletion(walk, "partition deletion")?;
    let blocks = walk.vint("row index blocks")?;
    for _ in 0..blocks {
        walk.depth = 1;
        place(walk, named, "first: kind")?;
        walk.depth = 2;
        place(walk, named, "last: kind")?;
        walk.vint("block offset in the partition")?;
        let width = walk.input().signed_vint()?.wrapping_add(64 * 1024);
        walk.name("block width, as its difference to 64 KiB", &format!("{width} bytes"))?;
        let open = walk.input().boolean()?;
        walk.name(
            "whether a range deletion is open at the end",
            if open { "yes" } else { "no" },
        )?;
        if open {
            named.whole_deletion(walk, "open deletion")?;
        }
    }
    walk.depth = 1;
    for block in 0..blocks {
        walk.count(&format!("offset of block {block}"))?;
    }
    Ok(())
}

/// The first or last thing of a block.
fn place(walk: &mut Walk<'_>, named: &Named<'_>, name: &str) -> Done {
    match named.kind(walk, name)? {
        Kind::Row => named.clustering(walk, named.shape.header.clustering.len()),
        _ => named.bound(walk),
    }
}

fn summary(walk: &mut Walk<'_>, table: &TableMetadata) -> Done {
    walk.count("minimal index interval")?;
    let count = walk.count("entries")?;
    let size = walk.i64("size of offsets and entries")?;
    walk.count("sampling level")?;
    walk.count("entries at full sampling")?;
    let start = walk.place();
    let mut ends = Vec::new();
    for entry in 0..count {
        let offset = walk.input().u32()?.swap_bytes();
        walk.name(&format!("offset of entry {entry}, little endian"), &offset.to_string())?;
        ends.push(start + u64::from(offset));
    }
    // An entry ends where the next begins.
    ends.push(start.saturating_add_signed(size));
    for end in ends.into_iter().skip(1) {
        let length = end.saturating_sub(walk.place() + 8);
        walk.bytes("partition key", fitting(length), &|key| key_text(table, key))?;
        let position = walk.input().u64()?.swap_bytes();
        walk.name("position in Index.db, little endian", &position.to_string())?;
    }
    for (name, length_name) in [("first key", "first key length"), ("last key", "last key length")] {
        let length = walk.count(length_name)?;
        walk.bytes(name, length, &|key| key_text(table, key))?;
    }
    Ok(())
}

fn filter(walk: &mut Walk<'_>) -> Done {
    walk.count("hashes")?;
    let words = walk.count("words of 64 bits")?;
    walk.bytes("bits", words.saturating_mul(8), &|bits| {
        let set: u32 = bits.iter().map(|byte| byte.count_ones()).sum();
        format!("{set} of {} are set", 8 * bits.len())
    })?;
    Ok(())
}

fn compression_info(walk: &mut Walk<'_>) -> Done {
    walk.text("compressor")?;
    let options = walk.count("options")?;
    for _ in 0..options {
        walk.text("option")?;
        walk.text("option value")?;
    }
    walk.count("chunk length")?;
    walk.count("longest compressed chunk")?;
    walk.i64("uncompressed length")?;
    let chunks = walk.count("chunks")?;
    for chunk in 0..chunks {
        walk.i64(&format!("offset of chunk {chunk}"))?;
    }
    Ok(())
}

fn chunk_checksums(walk: &mut Walk<'_>, length: u64) -> Done {
    let mut chunk = 0;
    while walk.place() < length {
        let checksum = walk.input().u32()?;
        walk.name(&format!("CRC of chunk {chunk}"), &checksum.to_string())?;
        chunk += 1;
    }
    Ok(())
}

fn lines(walk: &mut Walk<'_>, length: u64) -> Done {
    while walk.place() < length {
        let mut left = length - walk.place();
        while left > 0 && walk.input().u8()? != b'\n' {
            left -= 1;
        }
        walk.name("component", "")?;
    }
    Ok(())
}

/// The last 24 bytes say where the keys at both ends lie, how many there are, and where the trie begins.
fn partition_tries(walk: &mut Walk<'_>, length: u64) -> Done {
    const FOOTER: u64 = 24;
    let footer = length.saturating_sub(FOOTER);
    walk.bytes(
        "trie of partition keys, and the keys at both ends (not decoded here)",
        fitting(footer),
        &nothing,
    )?;
    walk.i64("position of the first and last key")?;
    walk.i64("partition keys")?;
    walk.i64("position of the trie's root")?;
    Ok(())
}
