//! `sstablemetadata`: what Statistics.db says. Source of the layout: Cassandra 5.0, `tools/SSTableMetadataViewer`.

use core::fmt::Write;

use super::histogram::draw;
use super::words::{date, duration_words, key_text, size, text_of};
use crate::cql::text::plain;
use crate::data::{EpochSeconds, Value};
use crate::shell::nodetool::java_order;
use crate::storage::sstable::{CoveredClustering, Descriptor, SerializationHeader};
use crate::storage::{CommitLogPosition, Disk, StorageError};

const MICROS: i64 = 1_000_000;

/// `now` decides which tombstones can be dropped.
pub fn metadata(disk: &dyn Disk, descriptor: &Descriptor, now: EpochSeconds) -> Result<String, StorageError> {
    let (reader, _) = super::open(disk, descriptor)?;
    let info = reader.info();
    let (statistics, stats, header) = (&info.statistics, info.stats(), &info.statistics.header);
    let mut out = String::new();
    let mut field = |name: &str, value: String, comment: Option<String>| {
        let comment = comment.map_or(String::new(), |it| format!(" ({it})"));
        let _ = writeln!(out, "{name}: {value}{comment}");
    };
    let number = |it: f64| plain(&Value::Double(it)).unwrap_or_default();
    let or_none = |it: Option<String>| it.unwrap_or_else(|| "--".to_owned());
    let moment = |micros: i64| or_none(date(micros.div_euclid(MICROS), micros == 0));
    field("SSTable", descriptor.to_string(), None);
    field("Partitioner", statistics.partitioner.clone(), None);
    field(
        "Bloom Filter FP chance",
        number(statistics.bloom_filter_fp_chance),
        None,
    );
    for (name, at) in [
        ("Minimum timestamp", stats.min_timestamp),
        ("Maximum timestamp", stats.max_timestamp),
    ] {
        field(name, moment(at), Some(at.to_string()));
    }
    let seconds = stats.max_timestamp.wrapping_sub(stats.min_timestamp) / MICROS;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    field(
        "Duration",
        format!("Days: {days} Hours: {hours} Minutes: {minutes} Seconds: {rest}"),
        None,
    );
    for (name, at) in [
        ("SSTable min local deletion time", stats.min_local_deletion_time),
        ("SSTable max local deletion time", stats.max_local_deletion_time),
    ] {
        let words = match at {
            0 | i64::MAX => "no tombstones".to_owned(),
            _ => or_none(date(at, true)),
        };
        field(name, words, Some(at.to_string()));
    }
    match reader.compression_class() {
        Some(class) => {
            field("Compressor", format!("org.apache.cassandra.io.compress.{class}"), None);
            field("Compression ratio", number(stats.compression_ratio), None);
        }
        None => field("Compressor", "-".to_owned(), None),
    }
    for (name, ttl) in [("TTL min", stats.min_ttl), ("TTL max", stats.max_ttl)] {
        field(name, ttl.to_string(), duration_words(ttl.into()));
    }
    for (name, key) in [("First token", &info.first), ("Last token", &info.last)] {
        field(name, key.token.to_string(), Some(key_text(header, &key.key)));
    }
    field("Covered clusterings", covered(header, &stats.covered), None);
    let droppable = info.droppable_tombstone_ratio(now);
    field("Estimated droppable tombstones", number(droppable), None);
    field("SSTable Level", stats.level.to_string(), None);
    let repaired = date(stats.repaired_at.div_euclid(1000), stats.repaired_at == 0);
    field("Repaired at", stats.repaired_at.to_string(), repaired);
    field(
        "Originating host id",
        or_none(stats.host.map(|it| it.to_string())),
        None,
    );
    field(
        "Pending repair",
        or_none(stats.pending_repair.map(|it| it.to_string())),
        None,
    );
    let positions: Vec<String> = stats
        .commit_log
        .iter()
        .map(|(start, end)| format!("{}={}", position(start), position(end)))
        .collect();
    field(
        "Replay positions covered",
        format!("{{{}}}", positions.join(", ")),
        None,
    );
    field("totalColumnsSet", stats.columns_set.to_string(), None);
    field("totalRows", stats.rows.to_string(), None);

    let in_brackets = |words: Option<String>| words.map_or(String::new(), |it| format!("({it})"));
    field("Estimated tombstone drop times", String::new(), None);
    let drop_time = |at| format!("{at} {}", in_brackets(date(at, true)));
    draw("Drop Time", stats.tombstones.points(), drop_time, &mut out);
    out.push_str("Partition Size: \n");
    let counted = |histogram: &crate::storage::sstable::EstimatedHistogram| -> Vec<(i64, i64)> {
        histogram.buckets().filter(|(_, count)| *count > 0).collect()
    };
    let bytes = |it| format!("{it} {}", in_brackets(size(it)));
    draw("Size (bytes)", &counted(&stats.partition_sizes), bytes, &mut out);
    out.push_str("Column Count: \n");
    draw(
        "Columns",
        &counted(&stats.cells_per_partition),
        |it| it.to_string(),
        &mut out,
    );

    let mut field = |name: &str, value: String, comment: Option<String>| {
        let comment = comment.map_or(String::new(), |it| format!(" ({it})"));
        let _ = writeln!(out, "{name}: {value}{comment}");
    };
    field("Local token space coverage", number(stats.token_space_coverage), None);
    field(
        "Estimated cardinality",
        statistics.cardinality.count().to_string(),
        None,
    );
    let ttl = header.stats.min_ttl;
    field("EncodingStats minTTL", ttl.to_string(), duration_words(ttl.into()));
    let at = header.stats.min_local_deletion_time;
    field(
        "EncodingStats minLocalDeletionTime",
        or_none(date(at, true)),
        Some(at.to_string()),
    );
    let at = header.stats.min_timestamp;
    field("EncodingStats minTimestamp", moment(at), Some(at.to_string()));
    field("KeyType", header.key_type.clone(), None);
    let types: Vec<String> = header
        .clustering
        .iter()
        .map(|(ty, reversed)| ty.class_name(*reversed))
        .collect();
    field("ClusteringTypes", format!("[{}]", types.join(", ")), None);
    for (name, columns) in [("StaticColumns", &header.statics), ("RegularColumns", &header.regulars)] {
        let mut columns: Vec<(String, String)> = columns
            .iter()
            .map(|column| (column.name.to_string(), column.ty.class_name(false)))
            .collect();
        java_order::sort(&mut columns, java_order::DEFAULT_CAPACITY, |(name, _)| {
            java_order::hash_of_text(name)
        });
        let columns: Vec<String> = columns
            .into_iter()
            .map(|(name, class)| format!("{name}:{class}"))
            .collect();
        field(name, columns.join(", "), None);
    }
    field("IsTransient", stats.is_transient.to_string(), None);
    Ok(out)
}

fn position(position: &CommitLogPosition) -> String {
    let (segment, offset) = (position.segment.0, position.offset);
    format!("CommitLogPosition(segmentId={segment}, position={offset})")
}

/// `Slice.toString`.
fn covered(header: &SerializationHeader, covered: &CoveredClustering) -> String {
    let is_all = covered.min.is_empty() && covered.max.is_empty() && !covered.excludes_min && !covered.excludes_max;
    if is_all && !covered.is_written_out {
        return "ALL".to_owned();
    }
    let values = |values: &[Option<bytes::Bytes>]| {
        let value = |((ty, _), value): (&(crate::data::CqlType, bool), &Option<bytes::Bytes>)| match value {
            Some(value) => text_of(ty, value),
            None => "null".to_owned(),
        };
        header
            .clustering
            .iter()
            .zip(values)
            .map(value)
            .collect::<Vec<_>>()
            .join(":")
    };
    format!(
        "{}{}, {}{}",
        if covered.excludes_min { '(' } else { '[' },
        values(&covered.min),
        values(&covered.max),
        if covered.excludes_max { ')' } else { ']' }
    )
}
