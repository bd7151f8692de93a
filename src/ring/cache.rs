//! The ring as a node holds it: its topology, and the placements made from it so far.

use std::sync::Arc;

use super::{Placement, Topology, snitch};
use crate::base::Endpoint;
use crate::schema::ReplicationParams;

/// Replication settings whose placements are kept. A cluster has a handful; the limit only bounds the memory of a
/// session that makes keyspaces without end.
const MAX_PLACEMENTS: usize = 64;

/// A topology with its placements, each made when first asked for and kept until the topology changes.
#[derive(Clone, Debug)]
pub struct Ring {
    local: Endpoint,
    topology: Topology,
    placements: Vec<(ReplicationParams, Arc<Placement>)>,
    /// The topology's version that `placements` are made from.
    made_at: u64,
}

impl Ring {
    pub fn new(local: Endpoint) -> Ring {
        Ring {
            local,
            topology: Topology::default(),
            placements: Vec::new(),
            made_at: 0,
        }
    }

    pub fn local(&self) -> Endpoint {
        self.local
    }

    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// To change it in place; another topology altogether belongs into another `Ring`.
    pub fn topology_mut(&mut self) -> &mut Topology {
        &mut self.topology
    }

    /// Who holds what under these settings. An operation keeps the value it got: a later change of the ring does not move
    /// replicas under it.
    pub fn placement(&mut self, params: &ReplicationParams) -> Arc<Placement> {
        if self.made_at != self.topology.version() || self.placements.len() >= MAX_PLACEMENTS {
            self.placements.clear();
            self.made_at = self.topology.version();
        }
        if let Some((_, placement)) = self.placements.iter().find(|(its, _)| its == params) {
            return placement.clone();
        }
        let placement = Arc::new(Placement::new(params, &self.topology, self.local));
        self.placements.push((params.clone(), placement.clone()));
        placement
    }

    /// Puts the replicas nearest to this node first.
    pub fn sort_by_proximity(&self, replicas: &mut [Endpoint]) {
        snitch::sort_by_proximity(&self.topology, self.local, replicas);
    }
}
