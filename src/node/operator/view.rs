//! A node's own view of the cluster and of itself, in all that an operator's tool prints.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::core::Running;
use crate::base::{Duration, Endpoint, HostId, SortedMap, SortedSet};
use crate::data::KeyspaceName;
use crate::message::gossip::{ApplicationState, EndpointState};
use crate::ring::{Snitch, Topology};
use crate::schema::{KeyspaceMetadata, ReplicationParams};
use crate::storage::Histogram;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterView {
    /// Whose view it is.
    pub local: Endpoint,
    pub cluster_name: String,
    pub snitch: Snitch,
    /// Whether replicas are also ordered by measured latency.
    pub dynamic_snitch: bool,
    pub topology: Topology,
    /// Nodes that are up, this one among them.
    pub live: SortedSet<Endpoint>,
    /// Nodes that are down and have not left.
    pub unreachable: SortedSet<Endpoint>,
    /// What every node known says of itself.
    pub gossip: SortedMap<Endpoint, EndpointState>,
    /// Suspicion of each peer, in the detector's measure.
    pub phi: SortedMap<Endpoint, f64>,
    /// In the order in which they were made.
    pub keyspaces: Vec<(KeyspaceName, ReplicationParams)>,
    /// The same with all that is in them; empty unless asked for.
    pub schema: Vec<KeyspaceMetadata>,
    pub schema_version: Uuid,
    pub info: InfoView,
}

/// What a node tells of itself alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InfoView {
    /// "NORMAL", "JOINING", ...
    pub mode: String,
    /// Whom it asks first when it starts.
    pub seeds: Vec<Endpoint>,
    pub gossip_active: bool,
    pub native_transport_active: bool,
    /// Bytes of live data on the disk.
    pub load_bytes: f64,
    /// The same before compression.
    pub uncompressed_load_bytes: f64,
    pub generation: u32,
    pub uptime_seconds: u64,
    pub heap_used_bytes: u64,
    pub heap_max_bytes: u64,
    pub off_heap_used_bytes: u64,
    pub exceptions: u64,
    pub key_cache: CacheView,
    pub row_cache: CacheView,
    pub counter_cache: CacheView,
    pub network_cache_bytes: u64,
    pub network_cache_capacity_bytes: u64,
    pub percent_repaired: f64,
    pub bootstrap: BootstrapState,
    pub bootstrap_failed: bool,
    pub decommissioning: bool,
    pub decommission_failed: bool,
    pub takes_hints: bool,
    pub max_hint_window: Duration,
    pub pending_hints: Vec<PendingHints>,
    pub traffic: TrafficView,
    pub pools: Vec<PoolView>,
    /// Microseconds that requests took: reads, writes, scans, serial reads, conditional writes.
    pub request_latencies: Vec<Histogram>,
}

/// What Cassandra has a pool of threads for, and how much of it was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolView {
    pub name: String,
    pub active: u64,
    pub completed: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CacheView {
    pub entries: u64,
    pub bytes: u64,
    pub capacity_bytes: u64,
    pub hits: u64,
    pub requests: u64,
    /// Of the last minutes; `None` when nothing was asked of it.
    pub recent_hit_rate: Option<f64>,
    pub save_period_seconds: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BootstrapState {
    NeedsBootstrap,
    #[default]
    Completed,
    InProgress,
    Decommissioned,
}

/// Hints on the disk for one host: those in memory count once they are flushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingHints {
    pub host: HostId,
    pub files: u32,
    /// When the files were begun, in milliseconds since the epoch.
    pub oldest_millis: i64,
    pub newest_millis: i64,
}

/// What went over the network since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficView {
    pub gossip_sent: u64,
    pub small_sent: u64,
    pub large_sent: u64,
    /// Reads whose replicas disagreed, repaired before they were answered.
    pub blocking_read_repairs: u64,
}

impl TrafficView {
    /// A larger message has a connection of its own. `OutboundConnections.LARGE_MESSAGE_THRESHOLD`, 64 KiB.
    const LARGE_MESSAGE_BYTES: u32 = 64 << 10;

    pub(in crate::node) fn count(&mut self, is_gossip: bool, bytes: u32) {
        let sent = match bytes {
            _ if is_gossip => &mut self.gossip_sent,
            ..=TrafficView::LARGE_MESSAGE_BYTES => &mut self.small_sent,
            _ => &mut self.large_sent,
        };
        *sent += 1;
    }
}

impl Running {
    pub(super) fn cluster_view(&self, with_schema: bool) -> ClusterView {
        let (gossiper, local) = (&self.gossiper, self.endpoint());
        let gossip: SortedMap<_, _> = gossiper
            .endpoint_states()
            .map(|(endpoint, state)| (endpoint, state.clone()))
            .collect();
        let phi = |endpoint| Some((endpoint, gossiper.phi(endpoint)?));
        let schema = self.schema.keyspaces().filter(|_| with_schema);
        ClusterView {
            local,
            cluster_name: self.config.cluster_name.clone(),
            snitch: Snitch::Simple,
            dynamic_snitch: false,
            topology: self.ring.topology().clone(),
            live: gossiper.live_peers().chain([local]).collect(),
            unreachable: gossiper.unreachable_peers().collect(),
            phi: gossip
                .keys()
                .copied()
                .filter(|peer| *peer != local)
                .filter_map(phi)
                .collect(),
            gossip,
            keyspaces: self
                .schema
                .keyspaces()
                .map(|keyspace| (keyspace.name.clone(), keyspace.replication.clone()))
                .collect(),
            schema: schema.map(|it| KeyspaceMetadata::clone(it)).collect(),
            schema_version: self.schema.version(),
            info: self.info(),
        }
    }

    /// There are no caches but that of keys, and nothing off the heap: those stay at nothing.
    fn info(&self) -> InfoView {
        let memtables = self.engine.summary().tables;
        let pending_hints = self.hints.summaries().filter_map(|it| {
            Some(PendingHints {
                host: it.host,
                files: it.closed_files_millis.len() as u32,
                oldest_millis: *it.closed_files_millis.iter().min()?,
                newest_millis: *it.closed_files_millis.iter().max()?,
            })
        });
        let (entries, hits, requests) = self.engine.key_cache_counts();
        let mode = self.bootstrap.mode();
        InfoView {
            mode: mode.to_owned(),
            seeds: self.config.seeds.clone(),
            gossip_active: self.gossiper.is_running(),
            native_transport_active: !self.stopped,
            generation: self.generation,
            uptime_seconds: self.now.since(self.started).as_secs(),
            heap_used_bytes: memtables.iter().map(|table| table.memtable_bytes).sum(),
            bootstrap: match mode {
                "NORMAL" => BootstrapState::Completed,
                "JOINING" => BootstrapState::InProgress,
                _ => BootstrapState::NeedsBootstrap,
            },
            takes_hints: self.hints.is_enabled(),
            max_hint_window: self.hints.window(),
            pending_hints: pending_hints.collect(),
            traffic: self.traffic,
            pools: self.pools(),
            request_latencies: self.request_latencies(),
            key_cache: CacheView {
                entries,
                hits,
                requests,
                ..CacheView::default()
            },
            ..InfoView::default()
        }
    }
}

impl ClusterView {
    pub fn said_by(&self, endpoint: Endpoint, state: ApplicationState) -> Option<&str> {
        self.gossip.get(&endpoint)?.get(state)
    }
}
