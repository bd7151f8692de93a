//! What the tables of a node hold, and what reads, flushes and compactions did with them.

use super::{Rows, count, text};
use crate::data::{CqlType, TableId, Value};
use crate::node::core::Running;
use crate::node::work::{Coordinated, Timer};
use crate::schema::{IndexMetadata, TableMetadata, is_virtual_keyspace};
use crate::storage::{Histogram, SstableSummary, TableWork};

const MEBIBYTE: u64 = 1 << 20;

impl Running {
    fn each_table(&self, mut with: impl FnMut(&TableMetadata)) {
        let tables = self.schema.keyspaces().flat_map(|it| it.tables.values());
        tables
            .filter(|it| !is_virtual_keyspace(&it.keyspace))
            .for_each(|it| with(it));
    }

    /// In mebibytes, the last one counted full.
    pub(super) fn sizes(&self, rows: &mut Rows<'_>) {
        let of: fn(&SstableSummary) -> i64 = match rows.table {
            "max_partition_size" => |it| it.partition_bytes[1],
            _ => |it| it.bytes as i64,
        };
        let is_sum = rows.table == "disk_usage";
        self.each_table(|table| {
            let sstables = self.engine.table_summary(table.id).sstables;
            let sizes = sstables.iter().map(of);
            let bytes = if is_sum { sizes.sum() } else { sizes.max().unwrap_or(0) };
            let mebibytes = count((bytes as u64).div_ceil(MEBIBYTE));
            rows.add(&named(table), &[], [("mebibytes", mebibytes)]);
        });
    }

    /// From the oldest to the newest write of an SSTable, in milliseconds.
    pub(super) fn durations(&self, rows: &mut Rows<'_>) {
        self.each_table(|table| {
            let sstables = self.engine.table_summary(table.id).sstables;
            let longest = sstables
                .iter()
                .map(|it| it.max_timestamp.saturating_sub(it.min_timestamp));
            let longest = Value::Bigint(longest.max().unwrap_or(0) / 1_000);
            rows.add(&named(table), &[], [("max_sstable_duration", longest)]);
        });
    }

    /// A node's own storage takes no virtual time.
    pub(super) fn local_latencies(&self, rows: &mut Rows<'_>) {
        let of: fn(&TableWork) -> (u64, f64) = match rows.table {
            "local_read_latency" => |it| it.reads,
            "local_scan_latency" => |it| it.scans,
            _ => |it| it.writes,
        };
        self.each_table(|table| {
            let told = of(&self.engine.table_work(table.id));
            rows.add(&named(table), &[], latency(told, &Histogram::default()));
        });
    }

    /// Of the requests that this node led.
    pub(super) fn coordinator_latencies(&self, rows: &mut Rows<'_>) {
        let of: fn(&Coordinated) -> &Timer = match rows.table {
            "coordinator_read_latency" => |it| &it.reads,
            "coordinator_scan_latency" => |it| &it.scans,
            _ => |it| &it.writes,
        };
        self.each_table(|table| {
            let timer = self.work.coordinated.get(&table.id).map(of);
            let told = timer.map_or((0, 0.0), |it| (it.rate.count(), it.rate.per_second(self.now)));
            let spread = timer.map(|it| Histogram::of(it.last.iter().map(|it| it.as_nanos() as i64)));
            rows.add(&named(table), &[], latency(told, &spread.unwrap_or_default()));
        });
    }

    /// Of the last reads of each table.
    pub(super) fn found_by_reads(&self, rows: &mut Rows<'_>) {
        let is_rows = rows.table == "rows_per_read";
        self.each_table(|table| {
            let work = self.engine.table_work(table.id);
            let spread = if is_rows { work.live_rows } else { work.tombstones };
            let cells = [
                ("count", count(work.reads.0 + work.scans.0)),
                ("max", Value::Double(spread.max as f64)),
                ("p50th", Value::Double(spread.percentile(0.5) as f64)),
                ("p99th", Value::Double(spread.percentile(0.99) as f64)),
            ];
            rows.add(&named(table), &[], cells);
        });
    }

    /// An index answers as soon as it is made.
    pub(super) fn sai_column_indexes(&self, rows: &mut Rows<'_>) {
        for table in self.schema.keyspaces().flat_map(|it| it.tables.values()) {
            for index in table.indexes.values().filter(|it| it.is_storage_attached()) {
                let Some(column) = table.column(&index.column) else {
                    continue;
                };
                let cells = [
                    ("analyzer", text(&analyzer(index))),
                    ("column_name", text(&index.column)),
                    ("is_building", Value::Boolean(false)),
                    ("is_queryable", Value::Boolean(true)),
                    ("is_string", Value::Boolean(is_literal(&index.term_type(column)))),
                    ("table_name", text(&table.name)),
                ];
                rows.add(&[text(&table.keyspace)], &[text(&index.name)], cells);
            }
        }
    }

    pub(super) fn snapshots(&self, rows: &mut Rows<'_>) {
        // A disk that cannot be listed has nothing to show here; whatever reads it next says why.
        for it in self.engine.snapshots().unwrap_or_default() {
            let cells = [
                ("created_at", Value::Timestamp(it.created.millis())),
                ("ephemeral", Value::Boolean(false)),
                ("size_on_disk", count(it.bytes)),
                ("true_size", count(it.own_bytes)),
            ];
            rows.add(&[text(&it.name)], &[text(&it.keyspace), text(&it.table)], cells);
        }
    }

    pub(super) fn sstable_tasks(&self, rows: &mut Rows<'_>) {
        let view = self.compaction_view();
        for (id, keyspace, table, progress) in view.active {
            let Ok(id) = id.parse() else { continue };
            let ratio = match progress.bytes_total {
                0 => 1.0,
                total => progress.bytes_done as f64 / total as f64,
            };
            let cells = [
                ("completion_ratio", Value::Double(ratio)),
                ("kind", text(&progress.kind.name().to_lowercase())),
                ("progress", count(progress.bytes_done)),
                ("sstables", Value::Int(self.compacting_sstables(progress.table))),
                ("total", count(progress.bytes_total)),
                ("unit", text("bytes")),
            ];
            rows.add(&[text(&keyspace)], &[text(&table), Value::Timeuuid(id)], cells);
        }
    }

    fn compacting_sstables(&self, table: TableId) -> i32 {
        let summary = self.engine.table_summary(table);
        summary.sstables.iter().filter(|it| it.is_compacting).count() as i32
    }
}

fn named(table: &TableMetadata) -> [Value; 2] {
    [text(&table.keyspace), text(&table.name)]
}

/// Times in milliseconds.
fn latency((done, per_second): (u64, f64), spread: &Histogram) -> [(&'static str, Value); 5] {
    let millis = |nanos: i64| thousandths(nanos as f64 * 1e-6);
    [
        ("count", count(done)),
        ("max_ms", millis(spread.max)),
        ("p50th_ms", millis(spread.percentile(0.5))),
        ("p99th_ms", millis(spread.percentile(0.99))),
        ("per_second", thousandths(per_second)),
    ]
}

/// Cassandra rounds what it shows here.
fn thousandths(value: f64) -> Value {
    Value::Double((value * 1e3).round() / 1e3)
}

/// What an index compares as a whole, not in an order of its own.
fn is_literal(ty: &CqlType) -> bool {
    matches!(
        ty,
        CqlType::Text
            | CqlType::Ascii
            | CqlType::Boolean
            | CqlType::List { .. }
            | CqlType::Set { .. }
            | CqlType::Map { .. }
            | CqlType::Tuple(_)
    )
}

fn analyzer(index: &IndexMetadata) -> String {
    let it = index.analyzer();
    match it.lower_case || it.normalize || it.ascii {
        false => "NoOpAnalyzer".to_owned(),
        true => format!(
            "NonTokenizingAnalyzer{{caseSensitive={}, normalized={}, ascii={}}}",
            !it.lower_case, it.normalize, it.ascii
        ),
    }
}
