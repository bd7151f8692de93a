//! `system_views`: what a node knows of itself, as tables whose rows are made up when they are read.
//!
//! A table is empty where there is nothing to tell: nothing is streamed, no cache of roles, no log. Knows the node's parts; does not know how
//! a SELECT is answered. Source of the rows: Cassandra 5.0, the classes of `db/virtual`.

mod network;
mod settings;
mod storage;
mod work;

use super::core::Running;
use super::system_tables::RowWriter;
use crate::data::composite::compose_key;
use crate::data::{Mutation, Value, WriteTimestamp};
use crate::schema::{SYSTEM_VIEWS, TableMetadata};

/// Rows of one table.
struct Rows<'a> {
    table: &'a str,
    rows: Vec<Mutation>,
}

impl Rows<'_> {
    fn add<const N: usize>(&mut self, key: &[Value], clustering: &[Value], cells: [(&str, Value); N]) {
        self.add_all(key, clustering, cells);
    }

    fn add_all<'c>(&mut self, key: &[Value], clustering: &[Value], cells: impl IntoIterator<Item = (&'c str, Value)>) {
        let mut row = RowWriter::of(SYSTEM_VIEWS, self.table, WriteTimestamp(0));
        for (column, value) in cells {
            row.set(column, value);
        }
        let key = match key {
            [one] => one.encode(),
            several => compose_key(&several.iter().map(Value::encode).collect::<Vec<_>>()),
        };
        let clustering = clustering.iter().map(|it| Some(it.encode()));
        self.rows.push(row.finish(key, clustering));
    }
}

impl Running {
    /// Makes a table of `system_views` what it is now, to be read.
    pub(super) fn refresh_view(&mut self, table: &TableMetadata) {
        let mut rows = Rows {
            table: &table.name,
            rows: Vec::new(),
        };
        match rows.table {
            "batch_metrics" => self.batch_metrics(&mut rows),
            "caches" => self.caches(&mut rows),
            "cidr_filtering_metrics_counts" | "cidr_filtering_metrics_latencies" => self.cidr_filtering(&mut rows),
            "cql_metrics" => self.cql_metrics(&mut rows),
            "queries" => self.queries(&mut rows),
            "settings" => self.settings(&mut rows),
            "thread_pools" => self.thread_pools(&mut rows),
            "gossip_info" => self.gossip_info(&mut rows),
            "internode_inbound" | "internode_outbound" => self.internode(&mut rows),
            "pending_hints" => self.pending_hints(&mut rows),
            "disk_usage" | "max_partition_size" | "max_sstable_size" => self.sizes(&mut rows),
            "max_sstable_duration" => self.durations(&mut rows),
            "local_read_latency" | "local_scan_latency" | "local_write_latency" => self.local_latencies(&mut rows),
            "coordinator_read_latency" | "coordinator_scan_latency" | "coordinator_write_latency" => {
                self.coordinator_latencies(&mut rows)
            }
            "sai_column_indexes" => self.sai_column_indexes(&mut rows),
            "rows_per_read" | "tombstones_per_read" => self.found_by_reads(&mut rows),
            "snapshots" => self.snapshots(&mut rows),
            "sstable_tasks" => self.sstable_tasks(&mut rows),
            _ => {}
        }
        let rows = rows.rows;
        self.engine.replace(table.id, rows);
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn count(count: u64) -> Value {
    Value::Bigint(i64::try_from(count).unwrap_or(i64::MAX))
}
