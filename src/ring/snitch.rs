//! Snitch: where nodes stand, and which replicas are nearest.

use serde::{Deserialize, Serialize};

use super::{Location, Topology};
use crate::base::{Arrange, Endpoint};

/// How a node knows its own place; the others' it learns by gossip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Snitch {
    /// All nodes in one rack of one datacentre.
    #[default]
    Simple,
    /// As `cassandra-rackdc.properties` says: here, the node's configuration.
    GossipingPropertyFile,
}

impl Snitch {
    pub fn class_name(self) -> &'static str {
        match self {
            Snitch::Simple => "org.apache.cassandra.locator.SimpleSnitch",
            Snitch::GossipingPropertyFile => "org.apache.cassandra.locator.GossipingPropertyFileSnitch",
        }
    }

    /// The node's own place, `configured` being what its configuration says.
    pub fn own_location(self, configured: &Location) -> Location {
        match self {
            Snitch::Simple => Location::new("datacenter1", "rack1"),
            Snitch::GossipingPropertyFile => configured.clone(),
        }
    }
}

/// Puts the nearest replicas first: the asker itself, then its rack, its datacentre, the rest; equals stay in ring order.
// A dynamic snitch would weigh measured latencies here, before places.
pub fn sort_by_proximity(topology: &Topology, local: Endpoint, replicas: &mut [Endpoint]) {
    let here = topology.location(local);
    replicas.arrange_by_key(|&replica| {
        if replica == local {
            return 0;
        }
        match (here, topology.location(replica)) {
            (Some(here), Some(there)) if here == there => 1,
            (Some(here), Some(there)) if here.datacenter == there.datacenter => 2,
            _ => 3,
        }
    });
}
