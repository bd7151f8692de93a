//! How a node is set up.

use super::{Rows, text};
use crate::base::later::later;
use crate::hints::MAX_HINT_WINDOW;
use crate::node::core::Running;
use crate::storage::CommitLogSync;

/// Every setting with the value that Cassandra 5.0.7 has when nobody sets it: a line each, nothing after the name when there is none.
const SETTINGS: &str = later!(include_str!("settings.txt"));

impl Running {
    pub(super) fn settings(&self, rows: &mut Rows<'_>) {
        let own = self.own_settings();
        for line in SETTINGS.lines() {
            let (name, default) = line.split_once('\t').unwrap_or((line, ""));
            let value = own.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str());
            let value = value.unwrap_or(default);
            let cells = (!value.is_empty()).then(|| ("value", text(value)));
            rows.add_all(&[text(name)], &[], cells);
        }
    }

    /// Those of this node.
    fn own_settings(&self) -> Vec<(&'static str, String)> {
        let config = &self.config;
        let (rpc_address, port) = config.native.of(config.endpoint);
        let seeds: Vec<String> = config.seeds.iter().map(ToString::to_string).collect();
        let storage = &config.storage;
        let sync = match storage.commit_log.sync {
            CommitLogSync::Batch => "batch",
            CommitLogSync::Group => "group",
            CommitLogSync::Periodic(_) => "periodic",
        };
        let hint_window = match self.hints.window() {
            MAX_HINT_WINDOW => "3h".to_owned(),
            window => format!("{}ms", window.as_millis()),
        };
        let on = |is_on: bool| is_on.to_string();
        let mebibytes = |bytes: u64| format!("{}MiB", bytes >> 20);
        vec![
            ("allocate_tokens_for_local_replication_factor", String::new()),
            ("auto_bootstrap", on(config.auto_bootstrap)),
            // What is dropped or truncated gives its room back at once: a tab has little.
            ("auto_snapshot", on(false)),
            ("cluster_name", config.cluster_name.clone()),
            (
                "commitlog_segment_size",
                mebibytes(storage.commit_log.segment_bytes.into()),
            ),
            ("commitlog_sync", sync.to_owned()),
            ("commitlog_total_space", mebibytes(storage.commit_log_space_bytes)),
            (
                "compaction_throughput",
                mebibytes(storage.compaction_bytes_per_second) + "/s",
            ),
            ("concurrent_compactors", "1".to_owned()),
            ("concurrent_counter_writes", "1".to_owned()),
            ("concurrent_reads", "1".to_owned()),
            ("concurrent_writes", "1".to_owned()),
            ("hinted_handoff_enabled", on(self.hints.is_enabled())),
            ("listen_address", config.endpoint.to_string()),
            ("max_hint_window", hint_window),
            ("native_transport_port", port.to_string()),
            ("num_tokens", self.tokens.len().to_string()),
            ("rpc_address", rpc_address.to_string()),
            ("seed_provider.parameters", format!("{{seeds={}}}", seeds.join(","))),
            ("tombstone_failure_threshold", storage.tombstones.fail.to_string()),
            ("tombstone_warn_threshold", storage.tombstones.warn.to_string()),
            ("user_defined_functions_enabled", on(false)),
        ]
    }
}
