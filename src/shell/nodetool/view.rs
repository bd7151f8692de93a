//! What the commands need to know: one node's own view of the cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::Endpoint;
use crate::data::KeyspaceName;
use crate::message::gossip::{ApplicationState, EndpointState};
use crate::ring::{Snitch, Topology};
use crate::schema::ReplicationParams;

/// The port of messages between nodes, which some texts name with an address.
pub(super) const STORAGE_PORT: u16 = 7000;

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
    pub live: BTreeSet<Endpoint>,
    /// Nodes that are down and have not left.
    pub unreachable: BTreeSet<Endpoint>,
    /// What every node known says of itself.
    pub gossip: BTreeMap<Endpoint, EndpointState>,
    /// Suspicion of each peer, in the detector's measure.
    pub phi: BTreeMap<Endpoint, f64>,
    /// In the order in which they were made.
    pub keyspaces: Vec<(KeyspaceName, ReplicationParams)>,
    pub schema_version: Uuid,
    pub info: InfoView,
}

/// What a node tells of itself alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InfoView {
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

impl BootstrapState {
    pub(super) fn name(self) -> &'static str {
        match self {
            BootstrapState::NeedsBootstrap => "NEEDS_BOOTSTRAP",
            BootstrapState::Completed => "COMPLETED",
            BootstrapState::InProgress => "IN_PROGRESS",
            BootstrapState::Decommissioned => "DECOMMISSIONED",
        }
    }
}

impl ClusterView {
    pub(super) fn said_by(&self, endpoint: Endpoint, state: ApplicationState) -> Option<&str> {
        self.gossip.get(&endpoint)?.get(state)
    }

    pub(super) fn keyspace(&self, name: &str) -> Option<&ReplicationParams> {
        let found = self.keyspaces.iter().find(|(its, _)| &**its == name);
        found.map(|(_, params)| params)
    }

    /// A node's datacentre and rack as the snitch has them: those of a node whose place is unknown are so named.
    pub(super) fn place(&self, endpoint: Endpoint) -> (&str, &str) {
        let location = self.topology.location(endpoint);
        let said = |state| self.said_by(endpoint, state);
        match location {
            Some(location) => (&location.datacenter, &location.rack),
            None => (
                said(ApplicationState::Dc).unwrap_or("UNKNOWN_DC"),
                said(ApplicationState::Rack).unwrap_or("UNKNOWN_RACK"),
            ),
        }
    }

    /// The nodes of each datacentre, joining ones among them, in the order in which the ring's tokens name them first.
    pub(super) fn nodes_by_datacenter(&self) -> BTreeMap<&str, Vec<Endpoint>> {
        let mut tokens: Vec<_> = self
            .topology
            .nodes()
            .flat_map(|(endpoint, node)| node.tokens.iter().map(move |token| (*token, endpoint)))
            .collect();
        tokens.sort_unstable();
        let mut datacenters: BTreeMap<&str, Vec<Endpoint>> = BTreeMap::new();
        for (_, endpoint) in tokens {
            let nodes = datacenters.entry(self.place(endpoint).0).or_default();
            if !nodes.contains(&endpoint) {
                nodes.push(endpoint);
            }
        }
        datacenters
    }
}
