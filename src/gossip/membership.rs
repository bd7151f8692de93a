//! From gossip to the ring: what peers say of themselves, put into the topology.

use uuid::Uuid;

use super::{GossipChange, Gossiper, Status, tokens_from_text};
use crate::base::{Endpoint, HostId};
use crate::message::gossip::{ApplicationState, EndpointState};
use crate::ring::{Location, NodeState, RingNode, Topology};

/// What a change of gossip did to the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingChange {
    Unchanged,
    Changed,
    /// A node is gone for good: nothing is kept for it any more.
    Left(HostId),
}

/// Carries a change over into the topology. Of two nodes that claim one token or one host id, the one that started later has
/// it, as with Cassandra.
pub fn follow(change: GossipChange, gossiper: &Gossiper, topology: &mut Topology) -> RingChange {
    let endpoint = match change {
        GossipChange::Joined(endpoint) | GossipChange::Restarted(endpoint) | GossipChange::Removed(endpoint) => {
            endpoint
        }
        GossipChange::StateChanged { endpoint, state } => match state {
            ApplicationState::Status
            | ApplicationState::StatusWithPort
            | ApplicationState::Tokens
            | ApplicationState::HostId
            | ApplicationState::Dc
            | ApplicationState::Rack => endpoint,
            _ => return RingChange::Unchanged,
        },
        GossipChange::Up(_) | GossipChange::Down(_) => return RingChange::Unchanged,
    };
    let version = topology.version();
    let gone = match gossiper.endpoint_state(endpoint) {
        None => true,
        Some(_) => matches!(
            gossiper.status(endpoint),
            Some(Status::Left { .. } | Status::Removed { .. })
        ),
    };
    if gone {
        return match topology.remove(endpoint) {
            Some(node) => RingChange::Left(node.host_id),
            None => RingChange::Unchanged,
        };
    }
    if let Some(node) = gossiper
        .endpoint_state(endpoint)
        .and_then(|state| ring_node(gossiper.status(endpoint), state))
    {
        place(endpoint, node, gossiper, topology);
    }
    if topology.version() == version {
        RingChange::Unchanged
    } else {
        RingChange::Changed
    }
}

/// What a state says of its node's part in the ring; `None` as long as it says too little.
fn ring_node(status: Option<Status>, state: &EndpointState) -> Option<RingNode> {
    let node_state = match status? {
        Status::Boot(_) => NodeState::Joining,
        Status::Normal(_) | Status::Shutdown => NodeState::Normal,
        Status::Leaving(_) | Status::Removing(_) => NodeState::Leaving,
        Status::Left { .. } | Status::Removed { .. } | Status::Hibernate => return None,
    };
    let host_id = Uuid::parse_str(state.get(ApplicationState::HostId)?).ok()?;
    Some(RingNode {
        host_id: HostId(host_id),
        location: Location::new(state.get(ApplicationState::Dc)?, state.get(ApplicationState::Rack)?),
        state: node_state,
        tokens: tokens_from_text(state.get(ApplicationState::Tokens)?),
    })
}

fn place(endpoint: Endpoint, mut node: RingNode, gossiper: &Gossiper, topology: &mut Topology) {
    let generation = |it: Endpoint| gossiper.endpoint_state(it).map(|state| state.generation);
    let is_later_than = |other: Endpoint| generation(endpoint) > generation(other);
    match topology.endpoint_of(node.host_id) {
        Some(other) if other != endpoint && !is_later_than(other) => return,
        // It came back under another address.
        Some(other) if other != endpoint => drop(topology.remove(other)),
        _ => {}
    }
    if node.is_member() {
        node.tokens.retain(|token| {
            let at = topology.ring().binary_search_by_key(token, |(its, _)| *its);
            let owner = at.ok().map(|at| topology.ring()[at].1);
            owner.is_none_or(|owner| owner == endpoint || is_later_than(owner))
        });
    }
    if !node.tokens.is_empty() {
        topology.insert(endpoint, node);
    }
}
