//! What a node is started with.

use core::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::base::{Endpoint, Seed, WallClock};
use crate::data::Token;
use crate::storage::StorageConfig;

/// A node's settings: what cassandra.yaml and the rack's properties file hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeConfig {
    pub endpoint: Endpoint,
    pub cluster_name: String,
    pub datacenter: String,
    pub rack: String,
    /// Asked first for the cluster's state. A seed starts a cluster where there is none.
    pub seeds: Vec<Endpoint>,
    /// `initial_token`. A node whose disk knows its tokens keeps those.
    pub tokens: Vec<Token>,
    /// `auto_bootstrap`: on its first start the node joins a running cluster, rather than being one of those that found it.
    pub auto_bootstrap: bool,
    /// The run's seed: the node splits its own streams from it.
    pub seed: Seed,
    pub clock: WallClock,
    pub native: NativeTransport,
    pub storage: StorageConfig,
}

/// Where clients reach the nodes: what `rpc_address` and `native_transport_port` of each come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NativeTransport {
    /// At the address it has for the others.
    EachItsOwn { port: u16 },
    /// All at one address: node 1 on this port, node 2 on the next.
    OneAddress { address: Ipv4Addr, first_port: u16 },
}

impl Default for NativeTransport {
    fn default() -> NativeTransport {
        NativeTransport::EachItsOwn { port: 9042 }
    }
}

impl NativeTransport {
    pub fn of(&self, node: Endpoint) -> (Ipv4Addr, u16) {
        match *self {
            NativeTransport::EachItsOwn { port } => (node.0, port),
            NativeTransport::OneAddress { address, first_port } => (
                address,
                first_port.saturating_add(u16::from(node.number()).saturating_sub(1)),
            ),
        }
    }
}

impl NodeConfig {
    pub const DEFAULT_CLUSTER_NAME: &str = "Test Cluster";
    pub const DEFAULT_DATACENTER: &str = "datacenter1";
    pub const DEFAULT_RACK: &str = "rack1";
}
