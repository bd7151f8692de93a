//! Statistics.db: a list of contents, then four parts, each with its checksum.

use super::super::Version;
use super::super::clustering::{Kind, read_values};
use super::walk::{Walk, fitting, nothing, text};
use crate::data::CqlType;
use crate::storage::StorageError;

type Done = Result<(), StorageError>;

pub fn statistics(walk: &mut Walk<'_>, version: Version, length: u64) -> Done {
    let parts = walk.count("parts")?;
    checksum(walk, "CRC of their number")?;
    let mut starts = Vec::new();
    for _ in 0..parts {
        let kind = walk.input().u32()?;
        walk.name("kind of part", part_name(kind))?;
        starts.push((kind, walk.count("its position")? as u64));
    }
    checksum(walk, "CRC of the list")?;
    for (at, (kind, start)) in starts.iter().enumerate() {
        if *start != walk.place() {
            return Err(walk.input().corrupt("a part does not begin where the one before ends"));
        }
        let next = starts.get(at + 1).map_or(length, |(_, start)| *start);
        let end = next.saturating_sub(4);
        match kind {
            0 => {
                walk.text("partitioner")?;
                walk.f64("bloom filter false positive chance")?;
            }
            1 => {
                let estimator = walk.count("cardinality estimator length")?;
                walk.bytes("cardinality estimator", estimator, &nothing)?;
            }
            2 => {
                stats(walk, version)?;
                // From `da` on Cassandra reserves four bytes a point of the tombstone histogram more than it writes.
                if version.has_uint_deletion_time() {
                    walk.bytes(
                        "reserved, not used",
                        fitting(end.saturating_sub(walk.place())),
                        &nothing,
                    )?;
                }
            }
            _ => {
                header(walk)?;
                trailer(walk, end)?;
            }
        }
        if walk.place() != end {
            let what = format!("{} ends at {}, not at {end}", part_name(*kind), walk.place());
            return Err(walk.input().corrupt(&what));
        }
        checksum(walk, &format!("CRC of {}", part_name(*kind)))?;
    }
    Ok(())
}

fn part_name(kind: u32) -> &'static str {
    match kind {
        0 => "VALIDATION",
        1 => "COMPACTION",
        2 => "STATS",
        3 => "HEADER",
        _ => "unknown",
    }
}

fn checksum(walk: &mut Walk<'_>, name: &str) -> Done {
    let checksum = walk.input().u32()?;
    walk.name(name, &checksum.to_string())
}

fn stats(walk: &mut Walk<'_>, version: Version) -> Done {
    let newer = version.has_uint_deletion_time();
    histogram(walk, "partition sizes")?;
    histogram(walk, "cells a partition")?;
    position(walk, "commit log upper bound")?;
    walk.i64("minimal timestamp")?;
    walk.i64("maximal timestamp")?;
    walk.i32("minimal local deletion time")?;
    walk.i32("maximal local deletion time")?;
    walk.i32("minimal ttl")?;
    walk.i32("maximal ttl")?;
    walk.f64("compression ratio")?;
    walk.count("tombstone histogram: most points")?;
    let points = walk.count("tombstone histogram: points")?;
    for _ in 0..points {
        if newer {
            walk.i64("droppable at")?;
            walk.i32("tombstones")?;
        } else {
            walk.f64("droppable at")?;
            walk.i64("tombstones")?;
        }
    }
    walk.i32("level")?;
    walk.i64("repaired at")?;
    if newer {
        covered_slice(walk)?;
    } else {
        for side in ["smallest clustering", "largest clustering"] {
            let values = walk.count(&format!("{side}: values"))?;
            for _ in 0..values {
                let length = walk.u16(&format!("{side}: value length"))?;
                walk.bytes(&format!("{side}: value"), length.into(), &nothing)?;
            }
        }
    }
    boolean(walk, "has legacy counter shards")?;
    walk.i64("columns set")?;
    walk.i64("rows")?;
    position(walk, "commit log lower bound")?;
    let intervals = walk.count("commit log intervals")?;
    for _ in 0..intervals {
        position(walk, "interval start")?;
        position(walk, "interval end")?;
    }
    uuid(walk, "pending repair")?;
    boolean(walk, "is transient")?;
    if version.has_host_id() {
        uuid(walk, "originating host")?;
    }
    if newer {
        boolean(walk, "has partition deletions")?;
        for side in ["first key", "last key"] {
            let length = walk.vint(&format!("{side} length"))?;
            walk.bytes(side, fitting(length), &nothing)?;
        }
        walk.f64("token space coverage")?;
    }
    Ok(())
}

fn histogram(walk: &mut Walk<'_>, name: &str) -> Done {
    let buckets = walk.count(&format!("{name}: buckets"))?;
    walk.depth = 1;
    for _ in 0..buckets {
        let (limit, count) = (walk.input().i64()?, walk.input().i64()?);
        walk.name(&format!("{name}: limit and count"), &format!("{count} up to {limit}"))?;
    }
    walk.depth = 0;
    Ok(())
}

fn position(walk: &mut Walk<'_>, name: &str) -> Done {
    walk.i64(&format!("{name}: segment"))?;
    walk.i32(&format!("{name}: offset")).map(drop)
}

fn boolean(walk: &mut Walk<'_>, name: &str) -> Result<bool, StorageError> {
    let value = walk.input().boolean()?;
    walk.name(name, if value { "yes" } else { "no" })?;
    Ok(value)
}

fn uuid(walk: &mut Walk<'_>, name: &str) -> Done {
    if boolean(walk, &format!("whether there is a {name}"))? {
        walk.bytes(name, 16, &|bytes| CqlType::Uuid.shown(bytes))?;
    }
    Ok(())
}

/// The types of the clustering columns, then a bound each.
fn covered_slice(walk: &mut Walk<'_>) -> Done {
    let count = walk.vint("covered clustering: types")?;
    let mut types: Vec<(CqlType, bool)> = Vec::new();
    for _ in 0..count {
        let class = walk.vint_text("covered clustering: type")?;
        let class = text(&class);
        types.push(CqlType::parse_class(&class).map_err(|error| walk.input().corrupt(&error.to_string()))?);
    }
    for side in ["covered clustering: start", "covered clustering: end"] {
        Kind::read(walk.input())?;
        walk.name(&format!("{side} kind"), "")?;
        let values = usize::from(walk.u16(&format!("{side} values"))?);
        if values > types.len() {
            return Err(walk.input().corrupt("a bound of more values than there are types"));
        }
        read_values(&types, values, walk.input())?;
        walk.name(side, "")?;
    }
    Ok(())
}

fn header(walk: &mut Walk<'_>) -> Done {
    walk.vint("minimal timestamp, as its difference to 2015-09-22")?;
    walk.vint("minimal local deletion time, likewise")?;
    walk.vint("minimal ttl")?;
    walk.vint_text("partition key type")?;
    let clustering = walk.vint("clustering columns")?;
    for _ in 0..clustering {
        walk.vint_text("clustering type")?;
    }
    for kind in ["static column", "regular column"] {
        let columns = walk.vint(&format!("{kind}s"))?;
        for _ in 0..columns {
            walk.vint_text(&format!("{kind} name"))?;
            walk.vint_text(&format!("{kind} type"))?;
        }
    }
    Ok(())
}

/// What SSTables written here have after the header, where Cassandra does not look.
fn trailer(walk: &mut Walk<'_>, end: u64) -> Done {
    if walk.place() == end {
        return Ok(());
    }
    checksum(walk, "mark of Ringscope's checksums")?;
    let count = walk.u16("checksums")?;
    for _ in 0..count {
        walk.text("component")?;
        checksum(walk, "its CRC")?;
    }
    Ok(())
}
