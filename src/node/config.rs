//! What a node is started with.

use serde::{Deserialize, Serialize};

use crate::base::{Endpoint, Seed, WallClock};
use crate::data::Token;

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
}

impl NodeConfig {
    pub const DEFAULT_CLUSTER_NAME: &str = "Test Cluster";
    pub const DEFAULT_DATACENTER: &str = "datacenter1";
    pub const DEFAULT_RACK: &str = "rack1";
}
