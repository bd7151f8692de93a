//! What a run is a function of, besides its commands: the cluster and the world it starts in.

use serde::{Deserialize, Serialize};

use super::{Latency, LinkFaults};
use crate::base::{Endpoint, Seed, UnixMicros};
use crate::storage::StorageConfig;

/// A cluster as a run starts it. Seed, this and the command log are the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterConfig {
    pub seed: Seed,
    /// Node n of the list is 127.0.0.n, counted from 1.
    pub nodes: Vec<Place>,
    /// Tokens a node. Cassandra's default is 16, the page's 8.
    pub tokens_per_node: u16,
    /// The wall clock's time at virtual zero.
    pub epoch: UnixMicros,
    pub within_datacenter: Latency,
    pub between_datacenters: Latency,
    /// Of every link at the start.
    pub faults: LinkFaults,
    /// CPU time one input costs a node, so that overload shows as a queue.
    pub service_time: core::time::Duration,
    /// How each node's storage is set up.
    pub storage: StorageConfig,
}

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub datacenter: String,
    pub rack: String,
}

impl ClusterConfig {
    /// What a link or the page may ask for.
    pub const DEFAULT_NODES: usize = 3;
    pub const MAX_NODES: usize = 60;
    pub const MAX_TOKENS_PER_NODE: u16 = 256;
    /// 2026-01-01 00:00:00 UTC: a fixed date, so that a run shows the same times whenever it is replayed.
    pub const EPOCH: UnixMicros = UnixMicros(1_767_225_600_000_000);
    /// What a small request costs a Cassandra node of one core, about: see the README's numbers.
    pub const SERVICE_TIME: core::time::Duration = core::time::Duration::from_micros(50);

    /// `nodes` nodes in one datacentre and rack, as a cluster of Cassandra's defaults would be.
    pub fn simple(seed: Seed, nodes: usize) -> ClusterConfig {
        let place = Place {
            datacenter: crate::node::NodeConfig::DEFAULT_DATACENTER.into(),
            rack: crate::node::NodeConfig::DEFAULT_RACK.into(),
        };
        ClusterConfig {
            seed,
            nodes: vec![place; nodes],
            tokens_per_node: 8,
            epoch: ClusterConfig::EPOCH,
            within_datacenter: Latency::WITHIN_DATACENTER,
            between_datacenters: Latency::BETWEEN_DATACENTERS,
            faults: LinkFaults::NONE,
            service_time: ClusterConfig::SERVICE_TIME,
            storage: StorageConfig::default(),
        }
    }

    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        (1..=self.nodes.len()).map(|n| Endpoint::nth(n as u8))
    }
}
