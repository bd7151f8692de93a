//! `nodetool tablestats` and `tablehistograms`.
//!
//! Latencies are those of a disk and of memory, which take no time here: they are 0 once there was anything to measure.

use super::Output;
use super::command::{Entry, Tell, check};
use super::line::Arguments;
use super::storage::{asks, done};
use crate::base::Arrange;
use crate::node::{Histograms, StorageAnswer, StorageCall, TableStats};
use crate::storage::{Histogram, SstableSummary};

pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        name: "tablestats",
        most_words: usize::MAX,
        ask: |given| {
            if let Some(format) = given.option("-F") {
                let message = "arguments for -F are json,yaml only.";
                check(matches!(format, "json" | "yaml"), message)?;
                check(format == "json", "tablestats -F yaml is not supported yet.")?;
            }
            for option in ["-i", "-s", "-t", "-l"] {
                let message = format!("tablestats {option} is not supported yet.");
                check(!given.has(option), &message)?;
            }
            asks(StorageCall::Tables)
        },
        tell: Tell::Storage(stats),
    },
    Entry {
        name: "tablehistograms",
        most_words: usize::MAX,
        ask: |given| {
            let parts: Vec<&str> = match given.words.as_slice() {
                [one] => one.split('.').collect(),
                words => words.iter().map(String::as_str).collect(),
            };
            let [keyspace, table] = parts[..] else {
                return Err(Output::bad_use(
                    "tablehistograms requires <keyspace> <table> or <keyspace.table> format argument.",
                ));
            };
            asks(StorageCall::Histograms {
                keyspace: keyspace.to_owned(),
                table: table.to_owned(),
            })
        },
        tell: Tell::Storage(|given, answer| match answer {
            StorageAnswer::Histograms(found) => histograms(&given.words.join("/").replace('.', "/"), found),
            StorageAnswer::NoTable(keyspace, table) => Output::bad_use(&format!("Unknown table {keyspace}.{table}")),
            other => done(given, other),
        }),
    },
];

type Keyspaces<'a> = Vec<(&'a str, Vec<&'a TableStats>)>;

/// The tables that are named, as `keyspace` or `keyspace.table`; all if none is.
fn chosen<'a>(given: &Arguments, answer: &'a StorageAnswer) -> Result<Keyspaces<'a>, Output> {
    let StorageAnswer::Tables(keyspaces) = answer else {
        return Err(done(given, answer));
    };
    for word in &given.words {
        let (keyspace, table) = word
            .split_once('.')
            .map_or((word.as_str(), None), |(ks, table)| (ks, Some(table)));
        let Some((_, tables)) = keyspaces.iter().find(|(name, _)| **name == *keyspace) else {
            return Err(Output::bad_use(&format!("Unknown keyspace: {keyspace}")));
        };
        if let Some(table) = table.filter(|table| !tables.iter().any(|it| *it.name == **table)) {
            return Err(Output::bad_use(&format!(
                "Unknown tables: [{table}] in keyspace: {keyspace}"
            )));
        }
    }
    let is_meant = |keyspace: &str, table: &str| {
        given.words.is_empty()
            || given
                .words
                .iter()
                .any(|word| word == keyspace || word.split_once('.') == Some((keyspace, table)))
    };
    let of = keyspaces.iter().map(|(keyspace, tables)| {
        let meant = tables.iter().filter(|it| is_meant(keyspace, &it.name));
        (keyspace.as_str(), meant.collect::<Vec<_>>())
    });
    Ok(of.filter(|(_, tables)| !tables.is_empty()).collect())
}

fn stats(given: &Arguments, answer: &StorageAnswer) -> Output {
    let (keyspaces, StorageAnswer::Tables(all)) = (
        match chosen(given, answer) {
            Ok(keyspaces) => keyspaces,
            Err(output) => return output,
        },
        answer,
    ) else {
        return done(given, answer);
    };
    let count: usize = keyspaces.iter().map(|(_, tables)| tables.len()).sum();
    let whole = |name: &str| {
        all.iter()
            .find(|(keyspace, _)| **keyspace == *name)
            .map_or(&[][..], |(_, tables)| tables)
    };
    if given.has("-F") {
        return Output::printed(json(&keyspaces, whole, count));
    }
    let mut text = format!("Total number of tables: {count}\n----------------\n");
    for (keyspace, tables) in keyspaces {
        let (reads, writes, pending) = totals(whole(keyspace));
        text += &format!(
            "Keyspace: {keyspace}\n\tRead Count: {reads}\n\tRead Latency: {}\n\tWrite Count: {writes}\n\tWrite Latency: {}\n\t\
             Pending Flushes: {pending}\n",
            latency(reads),
            latency(writes)
        );
        for table in tables {
            text += &format!("\t\tTable: {}\n", table.name);
            for (name, value) in lines(table) {
                text += &format!("\t\t{name}: {value}\n");
            }
            text += "\n";
        }
        text += "----------------\n";
    }
    Output::printed(text)
}

fn totals(tables: &[TableStats]) -> (u64, u64, usize) {
    let sum = |of: fn(&TableStats) -> u64| tables.iter().map(of).sum();
    let reads = sum(|it| it.summary.counters.reads);
    let writes = sum(|it| it.summary.counters.writes);
    (reads, writes, tables.iter().filter(|it| it.summary.is_flushing).count())
}

fn latency(count: u64) -> &'static str {
    if count == 0 { "NaN ms" } else { "0.0 ms" }
}

fn table_latency(count: u64) -> &'static str {
    if count == 0 { "NaN" } else { "0.000" }
}

/// A table's figures, from which both layouts are made.
struct Figures {
    live_bytes: u64,
    largest: u64,
    ratio: f64,
    keys: u64,
    uncompressed: u64,
    filter_disk: u64,
    filter_memory: u64,
    summary_memory: u64,
    compression_memory: u64,
    partition_min: i64,
    partition_max: i64,
    partition_mean: i64,
    droppable: f64,
    false_ratio: f64,
    read_write: f64,
}

impl Figures {
    fn of(table: &TableStats) -> Figures {
        let (sstables, counters) = (&table.summary.sstables, &table.summary.counters);
        let sum = |of: fn(&SstableSummary) -> u64| -> u64 { sstables.iter().map(of).sum() };
        let (data, uncompressed, keys) = (
            sum(|it| it.data_bytes),
            sum(|it| it.uncompressed_bytes),
            sum(|it| it.keys),
        );
        let weighed = |of: &dyn Fn(&SstableSummary) -> f64| {
            let total: f64 = sstables.iter().map(|it| of(it) * it.keys as f64).sum();
            if keys == 0 { 0.0 } else { total / keys as f64 }
        };
        let asked = counters.filter_false_positives + counters.filter_true_negatives;
        Figures {
            live_bytes: sum(|it| it.bytes),
            largest: sstables.iter().map(|it| it.bytes).max().unwrap_or(0),
            ratio: if uncompressed == 0 {
                -1.0
            } else {
                data as f64 / uncompressed as f64
            },
            keys: keys + table.summary.memtable_partitions,
            uncompressed,
            // Eight bytes before the bits say how many there are.
            filter_disk: sum(|it| it.filter_bytes + 8),
            filter_memory: sum(|it| it.filter_bytes),
            // A sampled key, its place and the place of its sample: about so much; and a place a chunk of 16 KiB.
            summary_memory: sum(|it| 16 * it.keys.div_ceil(128)),
            compression_memory: sum(|it| 8 * it.uncompressed_bytes.div_ceil(16 << 10)),
            partition_min: sstables.iter().map(|it| it.partition_bytes[0]).min().unwrap_or(0),
            partition_max: sstables.iter().map(|it| it.partition_bytes[1]).max().unwrap_or(0),
            partition_mean: weighed(&|it| it.partition_bytes[2] as f64) as i64,
            droppable: weighed(&|it| it.droppable_tombstone_ratio),
            false_ratio: if asked == 0 {
                0.0
            } else {
                counters.filter_false_positives as f64 / asked as f64
            },
            read_write: if counters.writes == 0 {
                0.0
            } else {
                counters.reads as f64 / counters.writes as f64
            },
        }
    }

    fn memory(&self) -> u64 {
        self.filter_memory + self.summary_memory + self.compression_memory
    }
}

fn mean(of: Option<(f64, u32)>) -> String {
    of.map_or("NaN".to_owned(), |(mean, _)| format!("{mean:?}"))
}

fn most(of: Option<(f64, u32)>) -> u32 {
    of.map_or(0, |(_, most)| most)
}

fn lines(table: &TableStats) -> Vec<(&'static str, String)> {
    let (summary, counters, it) = (&table.summary, &table.summary.counters, Figures::of(table));
    let repaired = if summary.sstables.is_empty() { "100.0" } else { "0.0" };
    let mut lines = vec![
        ("SSTable count", summary.sstables.len().to_string()),
        ("Old SSTable count", "0".into()),
        ("Max SSTable size", memory(it.largest)),
    ];
    if table.is_leveled {
        let levels = levels(&summary.sstables);
        lines.push(("SSTables in each level", format!("[{}]", levels.join(", "))));
    }
    lines.extend([
        ("Space used (live)", it.live_bytes.to_string()),
        ("Space used (total)", it.live_bytes.to_string()),
        ("Space used by snapshots (total)", table.snapshot_bytes.to_string()),
        ("Off heap memory used (total)", it.memory().to_string()),
        ("SSTable Compression Ratio", format!("{:.5}", it.ratio)),
        ("Number of partitions (estimate)", it.keys.to_string()),
        ("Memtable cell count", summary.memtable_rows.to_string()),
        ("Memtable data size", summary.memtable_bytes.to_string()),
        ("Memtable off heap memory used", "0".into()),
        ("Memtable switch count", counters.memtable_switches.to_string()),
        ("Speculative retries", "0".into()),
        ("Local read count", counters.reads.to_string()),
        ("Local read latency", format!("{} ms", table_latency(counters.reads))),
        ("Local write count", counters.writes.to_string()),
        ("Local write latency", format!("{} ms", table_latency(counters.writes))),
        ("Local read/write ratio", format!("{:.5}", it.read_write)),
        ("Pending flushes", u32::from(summary.is_flushing).to_string()),
        ("Percent repaired", repaired.into()),
        ("Bytes repaired", "0B".into()),
        ("Bytes unrepaired", memory(it.uncompressed)),
        ("Bytes pending repair", "0B".into()),
        (
            "Bloom filter false positives",
            counters.filter_false_positives.to_string(),
        ),
        ("Bloom filter false ratio", format!("{:.5}", it.false_ratio)),
        ("Bloom filter space used", it.filter_disk.to_string()),
        ("Bloom filter off heap memory used", it.filter_memory.to_string()),
        ("Index summary off heap memory used", it.summary_memory.to_string()),
        (
            "Compression metadata off heap memory used",
            it.compression_memory.to_string(),
        ),
        ("Compacted partition minimum bytes", it.partition_min.to_string()),
        ("Compacted partition maximum bytes", it.partition_max.to_string()),
        ("Compacted partition mean bytes", it.partition_mean.to_string()),
        (
            "Average live cells per slice (last five minutes)",
            mean(counters.live_rows),
        ),
        (
            "Maximum live cells per slice (last five minutes)",
            most(counters.live_rows).to_string(),
        ),
        (
            "Average tombstones per slice (last five minutes)",
            mean(counters.tombstones),
        ),
        (
            "Maximum tombstones per slice (last five minutes)",
            most(counters.tombstones).to_string(),
        ),
        ("Droppable tombstone ratio", format!("{:.5}", it.droppable)),
    ]);
    lines
}

/// How many SSTables each level has; those over what they may hold with what that is.
fn levels(sstables: &[SstableSummary]) -> Vec<String> {
    let limit = |level: u32| if level == 0 { 4 } else { 10usize.saturating_pow(level) };
    let count = |level: u32| sstables.iter().filter(|it| it.level == level).count();
    let text = |level: u32| match count(level) {
        many if many > limit(level) => format!("{many}/{}", limit(level)),
        few => few.to_string(),
    };
    (0..crate::storage::compaction::LEVELS as u32).map(text).collect()
}

/// `FBUtilities.prettyPrintMemory`.
fn memory(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.3}{name}", bytes as f64 / *unit as f64),
        None => format!("{bytes}B"),
    }
}

/// The names in the order of Java's hash maps, which is the same for every table.
fn json<'a>(keyspaces: &Keyspaces<'_>, whole: impl Fn(&str) -> &'a [TableStats], count: usize) -> String {
    let mut text = String::from("{\n");
    for (keyspace, tables) in keyspaces {
        let (reads, writes, pending) = totals(whole(keyspace));
        let number = |count: u64| if count == 0 { "\"NaN\"" } else { "0.0" };
        let tables: Vec<String> = tables.iter().map(|table| json_of(table)).collect();
        text += &format!(
            "  \"{keyspace}\" : {{\n    \"write_latency_ms\" : {},\n    \"tables\" : {{\n{}\n    }},\n    \
             \"read_latency_ms\" : {},\n    \"pending_flushes\" : {pending},\n    \"write_count\" : {writes},\n    \
             \"read_latency\" : {},\n    \"read_count\" : {reads}\n  }},\n",
            number(writes),
            tables.join(",\n"),
            number(reads),
            number(reads),
        );
    }
    text + &format!("  \"total_number_of_tables\" : {count}\n}}\n")
}

fn json_of(table: &TableStats) -> String {
    let (summary, counters, it) = (&table.summary, &table.summary.counters, Figures::of(table));
    let quoted = |text: String| format!("\"{text}\"");
    let levels = match table.is_leveled {
        true => levels(&summary.sstables)
            .iter()
            .map(|it| quoted(it.clone()))
            .collect::<Vec<_>>()
            .join(", "),
        false => String::new(),
    };
    let in_levels = if levels.is_empty() {
        "[ ]".to_owned()
    } else {
        format!("[ {levels} ]")
    };
    let mean = |of| match mean(of) {
        nan if nan == "NaN" => quoted(nan),
        number => number,
    };
    let fields: Vec<(&str, String)> = vec![
        ("twcs", "null".into()),
        ("sai_total_queryable_index_ratio", "null".into()),
        ("memtable_switch_count", counters.memtable_switches.to_string()),
        ("sai_post_filtering_read_latency", quoted("0.000".into())),
        ("speculative_retries", "0".into()),
        (
            "average_live_cells_per_slice_last_five_minutes",
            mean(counters.live_rows),
        ),
        ("local_read_latency_ms", quoted(table_latency(counters.reads).into())),
        ("sstable_count", summary.sstables.len().to_string()),
        ("compacted_partition_minimum_bytes", it.partition_min.to_string()),
        ("sstable_compression_ratio", format!("{:?}", it.ratio)),
        ("max_sstable_size", it.largest.to_string()),
        ("sai_index_segments_hit", "0.0".into()),
        ("memtable_off_heap_memory_used", quoted("0".into())),
        ("bloom_filter_space_used", quoted(it.filter_disk.to_string())),
        ("compacted_partition_maximum_bytes", it.partition_max.to_string()),
        ("sai_rows_filtered", "0.0".into()),
        ("droppable_tombstone_ratio", quoted(format!("{:.5}", it.droppable))),
        (
            "compression_metadata_off_heap_memory_used",
            quoted(it.compression_memory.to_string()),
        ),
        ("bloom_filter_false_ratio", quoted(format!("{:.5}", it.false_ratio))),
        (
            "percent_repaired",
            if summary.sstables.is_empty() { "100.0" } else { "0.0" }.into(),
        ),
        (
            "average_tombstones_per_slice_last_five_minutes",
            mean(counters.tombstones),
        ),
        ("top_tombstone_partitions", "{ }".into()),
        ("sai_total_query_timeouts", "0".into()),
        (
            "bloom_filter_off_heap_memory_used",
            quoted(it.filter_memory.to_string()),
        ),
        ("bytes_pending_repair", "0".into()),
        (
            "maximum_tombstones_per_slice_last_five_minutes",
            most(counters.tombstones).to_string(),
        ),
        ("memtable_cell_count", summary.memtable_rows.to_string()),
        ("memtable_data_size", quoted(summary.memtable_bytes.to_string())),
        ("local_write_latency_ms", quoted(table_latency(counters.writes).into())),
        ("pending_flushes", u32::from(summary.is_flushing).to_string()),
        ("local_read_count", counters.reads.to_string()),
        ("top_size_partitions", "{ }".into()),
        (
            "bloom_filter_false_positives",
            counters.filter_false_positives.to_string(),
        ),
        ("off_heap_memory_used_total", quoted(it.memory().to_string())),
        (
            "index_summary_off_heap_memory_used",
            quoted(it.summary_memory.to_string()),
        ),
        ("sai_local_query_latency_ms", quoted("0.000".into())),
        ("sstables_in_each_level", in_levels),
        ("sstable_bytes_in_each_level", "[ ]".into()),
        ("space_used_total", quoted(it.live_bytes.to_string())),
        ("local_write_count", counters.writes.to_string()),
        ("sai_sstable_indexes_hit", "0.0".into()),
        ("local_read_write_ratio", quoted(format!("{:.5}", it.read_write))),
        ("number_of_partitions_estimate", it.keys.to_string()),
        ("sai_disk_used_bytes", "null".into()),
        ("bytes_repaired", "0".into()),
        (
            "maximum_live_cells_per_slice_last_five_minutes",
            most(counters.live_rows).to_string(),
        ),
        ("space_used_live", quoted(it.live_bytes.to_string())),
        ("compacted_partition_mean_bytes", it.partition_mean.to_string()),
        ("old_sstable_count", "0".into()),
        ("bytes_unrepaired", it.uncompressed.to_string()),
        (
            "space_used_by_snapshots_total",
            quoted(table.snapshot_bytes.to_string()),
        ),
    ];
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("        \"{name}\" : {value}"))
        .collect();
    format!("      \"{}\" : {{\n{}\n      }}", table.name, fields.join(",\n"))
}

/// The rows of the table of percentiles: those, then the least and the most.
pub(super) const ROWS: [(&str, f64); 7] = [
    ("50%", 0.5),
    ("75%", 0.75),
    ("95%", 0.95),
    ("98%", 0.98),
    ("99%", 0.99),
    ("Min", 0.0),
    ("Max", 1.0),
];

fn histograms(name: &str, found: &Histograms) -> Output {
    let mut text = String::new();
    if !found.has_sstables {
        text += "No SSTables exists, unable to calculate 'Partition Size' and 'Cell Count' percentiles\n";
    }
    text += &format!("{name} histograms\n");
    let line = |row: &str, cells: [&str; 5]| {
        format!(
            "{row:<10}{:>18}{:>18}{:>18}{:>18}{:>18}\n",
            cells[0], cells[1], cells[2], cells[3], cells[4]
        )
    };
    text += &line(
        "Percentile",
        [
            "Read Latency",
            "Write Latency",
            "SSTables",
            "Partition Size",
            "Cell Count",
        ],
    );
    text += &line("", ["(micros)", "(micros)", "", "(bytes)", ""]);
    let mut reads = found.sstables_of_reads.clone();
    reads.arrange();
    let of_reads = |share: f64| {
        let place = ((reads.len() as f64 * share).ceil() as usize).clamp(1, reads.len().max(1)) - 1;
        reads.get(place).copied().unwrap_or(0)
    };
    let of = |histogram: &Histogram, share: f64| match share {
        _ if !found.has_sstables => "NaN".to_owned(),
        0.0 => histogram.min.to_string(),
        1.0 => histogram.max.to_string(),
        share => histogram.percentile(share).to_string(),
    };
    for (row, share) in ROWS {
        let sstables = format!("{:.2}", f64::from(of_reads(share)));
        let (bytes, cells) = (of(&found.partition_bytes, share), of(&found.cells, share));
        text += &line(row, ["0.00", "0.00", &sstables, &bytes, &cells]);
    }
    Output::printed(text + "\n")
}
