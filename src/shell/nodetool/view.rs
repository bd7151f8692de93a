//! What the commands read out of a node's view of the cluster.

use std::collections::BTreeMap;

use super::{BootstrapState, ClusterView};
use crate::base::{Arrange, Endpoint};
use crate::message::gossip::ApplicationState;
use crate::schema::ReplicationParams;

/// The port of messages between nodes, which some texts name with an address.
pub(super) const STORAGE_PORT: u16 = 7000;

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
        tokens.arrange();
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
