//! Topology: the nodes of the cluster with their places and tokens, as one node knows them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TokenRange;
use crate::base::{Arrange, Endpoint, HostId, SortedMap};
use crate::data::Token;

/// Where a node stands, as the snitch tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    pub datacenter: Arc<str>,
    pub rack: Arc<str>,
}

impl Location {
    pub fn new(datacenter: &str, rack: &str) -> Location {
        Location {
            datacenter: datacenter.into(),
            rack: rack.into(),
        }
    }
}

/// A node's part in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NodeState {
    /// Has chosen tokens and takes writes for them, but owns nothing yet.
    Joining,
    Normal,
    /// Owns its tokens still, while those who will own them take writes too.
    Leaving,
}

/// One node of the ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingNode {
    pub host_id: HostId,
    pub location: Location,
    pub state: NodeState,
    /// In order.
    pub tokens: Vec<Token>,
}

impl RingNode {
    /// Whether it owns its tokens: all but a node that is joining.
    pub fn is_member(&self) -> bool {
        self.state != NodeState::Joining
    }
}

/// The nodes that have a part in the ring, and the ring they make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    nodes: SortedMap<Endpoint, RingNode>,
    ring: Vec<(Token, Endpoint)>,
    version: u64,
}

impl Topology {
    /// Adds a node or replaces what was known of it. A token that another node has goes over to this one; a node that loses
    /// its last token is gone.
    pub fn insert(&mut self, endpoint: Endpoint, mut node: RingNode) {
        node.tokens.arrange();
        node.tokens.dedup();
        if self.nodes.get(&endpoint) == Some(&node) {
            return;
        }
        // Joining nodes own nothing, so they take nothing over either.
        if node.is_member() {
            self.nodes.retain(|&other, it| {
                if other == endpoint || !it.is_member() {
                    return true;
                }
                it.tokens.retain(|token| node.tokens.binary_search(token).is_err());
                !it.tokens.is_empty()
            });
        }
        self.nodes.insert(endpoint, node);
        self.changed();
    }

    pub fn remove(&mut self, endpoint: Endpoint) -> Option<RingNode> {
        let node = self.nodes.remove(&endpoint)?;
        self.changed();
        Some(node)
    }

    pub fn set_state(&mut self, endpoint: Endpoint, state: NodeState) {
        if let Some(node) = self.nodes.get_mut(&endpoint)
            && node.state != state
        {
            node.state = state;
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.version += 1;
        self.ring.clear();
        let members = self.nodes.iter().filter(|(_, node)| node.is_member());
        self.ring
            .extend(members.flat_map(|(&endpoint, node)| node.tokens.iter().map(move |&token| (token, endpoint))));
        self.ring.arrange();
    }

    /// Goes up with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn get(&self, endpoint: Endpoint) -> Option<&RingNode> {
        self.nodes.get(&endpoint)
    }

    /// All nodes by address, joining ones among them.
    pub fn nodes(&self) -> impl Iterator<Item = (Endpoint, &RingNode)> {
        self.nodes.iter().map(|(&endpoint, node)| (endpoint, node))
    }

    /// The nodes that own tokens.
    pub fn members(&self) -> impl Iterator<Item = (Endpoint, &RingNode)> {
        self.nodes().filter(|(_, node)| node.is_member())
    }

    pub fn is_member(&self, endpoint: Endpoint) -> bool {
        self.get(endpoint).is_some_and(RingNode::is_member)
    }

    pub fn location(&self, endpoint: Endpoint) -> Option<&Location> {
        Some(&self.get(endpoint)?.location)
    }

    pub fn host_id(&self, endpoint: Endpoint) -> Option<HostId> {
        Some(self.get(endpoint)?.host_id)
    }

    pub fn endpoint_of(&self, host: HostId) -> Option<Endpoint> {
        self.nodes()
            .find(|(_, node)| node.host_id == host)
            .map(|(endpoint, _)| endpoint)
    }

    /// The tokens of all members in order, each with its owner.
    pub fn ring(&self) -> &[(Token, Endpoint)] {
        &self.ring
    }

    /// The owner of a token: the member with the first token at or after it, wrapping round.
    pub fn owner(&self, token: Token) -> Option<Endpoint> {
        let position = self.ring.partition_point(|(its, _)| *its < token);
        let (_, endpoint) = self.ring.get(position).or(self.ring.first())?;
        Some(*endpoint)
    }

    /// Every arc of the ring with its owner, in the order of its end.
    pub fn primary_ranges(&self) -> impl Iterator<Item = (TokenRange, Endpoint)> {
        let before = self.ring.iter().cycle().skip(self.ring.len().saturating_sub(1));
        before
            .zip(&self.ring)
            .map(|(&(start, _), &(end, owner))| (TokenRange::new(start, end), owner))
    }

    /// The datacentres that have members.
    pub fn datacenters(&self) -> SortedMap<Arc<str>, Vec<Endpoint>> {
        let mut datacenters: SortedMap<Arc<str>, Vec<Endpoint>> = SortedMap::new();
        for (endpoint, node) in self.members() {
            let datacenter = node.location.datacenter.clone();
            datacenters.entry(datacenter).or_default().push(endpoint);
        }
        datacenters
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn node(n: u8, state: NodeState, tokens: &[i64]) -> RingNode {
        RingNode {
            host_id: HostId(Uuid::from_u128(u128::from(n))),
            location: Location::new("dc1", "r1"),
            state,
            tokens: tokens.iter().copied().map(Token).collect(),
        }
    }

    fn two() -> Topology {
        let mut topology = Topology::default();
        topology.insert(Endpoint::nth(1), node(1, NodeState::Normal, &[30, 10]));
        topology.insert(Endpoint::nth(2), node(2, NodeState::Normal, &[20]));
        topology
    }

    #[test]
    fn owners_are_found_clockwise() {
        let topology = two();
        let owner = |token| topology.owner(Token(token)).map(Endpoint::number);
        assert_eq!(
            [11, 20, 21, 30, 31, 10].map(owner),
            [Some(2), Some(2), Some(1), Some(1), Some(1), Some(1)]
        );
        assert_eq!(Topology::default().owner(Token(0)), None);
        let ranges: Vec<_> = topology
            .primary_ranges()
            .map(|(range, owner)| (range.start.0, range.end.0, owner.number()))
            .collect();
        assert_eq!(ranges, [(30, 10, 1), (10, 20, 2), (20, 30, 1)]);
        assert_eq!(Topology::default().primary_ranges().count(), 0);
    }

    #[test]
    fn a_taken_token_changes_hands() {
        let mut topology = two();
        topology.insert(Endpoint::nth(3), node(3, NodeState::Normal, &[20]));
        assert_eq!(topology.get(Endpoint::nth(2)), None);
        assert_eq!(topology.owner(Token(20)), Some(Endpoint::nth(3)));
    }

    #[test]
    fn a_joining_node_owns_nothing_until_it_is_normal() {
        let mut topology = two();
        let before = topology.version();
        topology.insert(Endpoint::nth(3), node(3, NodeState::Joining, &[15]));
        assert_eq!(topology.owner(Token(15)), Some(Endpoint::nth(2)));
        topology.set_state(Endpoint::nth(3), NodeState::Normal);
        assert_eq!(topology.owner(Token(15)), Some(Endpoint::nth(3)));
        assert_eq!(topology.version(), before + 2);
        topology.set_state(Endpoint::nth(3), NodeState::Normal);
        assert_eq!(topology.version(), before + 2);
        topology.remove(Endpoint::nth(3));
        assert_eq!(topology.owner(Token(15)), Some(Endpoint::nth(2)));
    }
}
