//! `nodetool info` and `nodetool version`: a node about itself.

use super::format::file_size;
use super::{CacheView, ClusterView, Output};
use crate::gossip::RELEASE_VERSION;

/// With `all_tokens` (`-T`) every token has a line.
pub fn info(view: &ClusterView, all_tokens: bool) -> Output {
    let info = &view.info;
    let mut text = String::new();
    let mut line = |name: &str, value: String| text += &format!("{name:23}: {value}\n");
    let mebibytes = |bytes: u64| format!("{:.2}", bytes as f64 / (1 << 20) as f64);
    let own = view.gossip.get(&view.local);
    let host_id = own.and_then(|state| state.get(crate::message::gossip::ApplicationState::HostId));
    let (datacenter, rack) = view.place(view.local);

    line("ID", host_id.unwrap_or("null").to_string());
    line("Gossip active", info.gossip_active.to_string());
    line("Native Transport active", info.native_transport_active.to_string());
    line("Load", file_size(info.load_bytes));
    line("Uncompressed load", file_size(info.uncompressed_load_bytes));
    line("Generation No", info.generation.to_string());
    line("Uptime (seconds)", info.uptime_seconds.to_string());
    line(
        "Heap Memory (MB)",
        format!(
            "{} / {}",
            mebibytes(info.heap_used_bytes),
            mebibytes(info.heap_max_bytes)
        ),
    );
    line("Off Heap Memory (MB)", mebibytes(info.off_heap_used_bytes));
    line("Data Center", datacenter.to_string());
    line("Rack", rack.to_string());
    line("Exceptions", info.exceptions.to_string());
    line("Key Cache", cache(&info.key_cache));
    line("Row Cache", cache(&info.row_cache));
    line("Counter Cache", cache(&info.counter_cache));
    line(
        "Network Cache",
        format!(
            "size {}, overflow size: {}, capacity {}",
            file_size(info.network_cache_bytes as f64),
            file_size(0.0),
            file_size(info.network_cache_capacity_bytes as f64)
        ),
    );
    line("Percent Repaired", format!("{:?}%", info.percent_repaired));
    let tokens = view.topology.get(view.local).filter(|node| node.is_member());
    match tokens.map_or(&[][..], |node| &node.tokens) {
        [] => line("Token", "(node is not joined to the cluster)".to_string()),
        tokens if tokens.len() == 1 || all_tokens => tokens.iter().for_each(|token| line("Token", token.to_string())),
        tokens => line(
            "Token",
            format!("(invoke with -T/--tokens to see all {} tokens)", tokens.len()),
        ),
    }
    line("Bootstrap state", info.bootstrap.name().to_string());
    line("Bootstrap failed", info.bootstrap_failed.to_string());
    line("Decommissioning", info.decommissioning.to_string());
    line("Decommission failed", info.decommission_failed.to_string());
    Output::printed(text)
}

fn cache(cache: &CacheView) -> String {
    let rate = cache
        .recent_hit_rate
        .map_or_else(|| "NaN".to_string(), |rate| format!("{rate:.3}"));
    format!(
        "entries {}, size {}, capacity {}, {} hits, {} requests, {rate} recent hit rate, {} save period in seconds",
        cache.entries,
        file_size(cache.bytes as f64),
        file_size(cache.capacity_bytes as f64),
        cache.hits,
        cache.requests,
        cache.save_period_seconds,
    )
}

pub fn version() -> Output {
    Output::printed(format!("ReleaseVersion: {RELEASE_VERSION}\n"))
}
