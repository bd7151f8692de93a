//! What a node has done since it started.

use super::{Rows, count, text};
use crate::data::Value;
use crate::node::core::Running;
use crate::node::work::BatchMetric;
use crate::storage::Histogram;

impl Running {
    pub(super) fn thread_pools(&self, rows: &mut Rows<'_>) {
        for pool in self.pools() {
            let cells = [
                ("active_tasks", Value::Int(pool.active as i32)),
                ("active_tasks_limit", Value::Int(1)),
                ("blocked_tasks", count(0)),
                ("blocked_tasks_all_time", count(0)),
                ("completed_tasks", count(pool.completed)),
                ("pending_tasks", Value::Int(0)),
            ];
            rows.add(&[text(&pool.name)], &[], cells);
        }
    }

    pub(super) fn cql_metrics(&self, rows: &mut Rows<'_>) {
        let (prepared, regular) = (self.work.executed_prepared as f64, self.work.executed_regular as f64);
        let all = prepared + regular;
        for (name, value) in [
            ("prepared_statements_count", self.prepared_statements.len() as f64),
            ("prepared_statements_evicted", self.prepared_statements.evicted as f64),
            ("prepared_statements_executed", prepared),
            (
                "prepared_statements_ratio",
                if all > 0.0 { prepared / all } else { 0.0 },
            ),
            ("regular_statements_executed", regular),
        ] {
            rows.add(&[text(name)], &[], [("value", Value::Double(value))]);
        }
    }

    /// No threads: a statement's number stands for one.
    pub(super) fn queries(&self, rows: &mut Rows<'_>) {
        for (id, statement) in &self.statements {
            let running = self.now.since(statement.began()).as_micros() as u64;
            let cells = [
                ("queued_micros", count(0)),
                ("running_micros", count(running)),
                ("task", text(&format!("QUERY {}", statement.text()))),
            ];
            rows.add(&[text(&format!("Native-Transport-Requests-{}", id.0))], &[], cells);
        }
    }

    pub(super) fn batch_metrics(&self, rows: &mut Rows<'_>) {
        for (name, kind) in [
            ("partitions_per_logged_batch", BatchMetric::Logged),
            ("partitions_per_unlogged_batch", BatchMetric::Unlogged),
            ("partitions_per_counter_batch", BatchMetric::Counter),
        ] {
            let batches = self.work.batches[kind as usize].iter();
            let spread = Histogram::of(batches.map(|it| i64::from(*it)));
            let cells = [
                ("max", Value::Bigint(spread.max)),
                ("p50th", Value::Double(spread.percentile(0.5) as f64)),
                ("p999th", Value::Double(spread.percentile(0.999) as f64)),
                ("p99th", Value::Double(spread.percentile(0.99) as f64)),
            ];
            rows.add(&[text(name)], &[], cells);
        }
    }

    /// Reads of a node's own storage take no time: nothing is kept of rows and counters.
    pub(super) fn caches(&self, rows: &mut Rows<'_>) {
        let (entries, hits, requests) = self.engine.key_cache_counts();
        for (name, entries, hits, requests) in [
            ("counters", 0, 0, 0),
            ("keys", entries, hits, requests),
            ("rows", 0, 0, 0),
        ] {
            let ratio = if requests == 0 {
                f64::NAN
            } else {
                hits as f64 / requests as f64
            };
            let cells = [
                ("capacity_bytes", count(0)),
                ("entry_count", Value::Int(entries as i32)),
                ("hit_count", count(hits)),
                ("hit_ratio", Value::Double(ratio)),
                ("recent_hit_rate_per_second", count(0)),
                ("recent_request_rate_per_second", count(0)),
                ("request_count", count(requests)),
                ("size_bytes", count(0)),
            ];
            rows.add(&[text(name)], &[], cells);
        }
    }

    /// Nobody is refused for where he comes from: nothing was ever measured.
    pub(super) fn cidr_filtering(&self, rows: &mut Rows<'_>) {
        if rows.table == "cidr_filtering_metrics_counts" {
            rows.add(&[text("CIDR groups cache reload count")], &[], [("value", count(0))]);
            return;
        }
        for name in [
            "CIDR checks latency (ns)",
            "CIDR groups cache reload latency (ns)",
            "Lookup IP in CIDR groups cache latency (ns)",
        ] {
            let nothing = ["max", "p50th", "p95th", "p999th", "p99th"].map(|it| (it, Value::Double(0.0)));
            rows.add(&[text(name)], &[], nothing);
        }
    }
}
