//! Who is in the cluster: each node's settings, made from the run's configuration.

use super::{ClusterConfig, Place};
use crate::base::{Arrange, Endpoint, HostId, Random, WallClock};
use crate::data::Token;
use crate::node::{NativeTransport, NodeConfig};
use crate::ring::{Location, NodeState, RingNode, Topology, allocation};

/// The settings of all nodes ever in the run, in the order they came.
#[derive(Clone, Debug)]
pub struct Roster {
    tokens_per_node: usize,
    /// Where newcomers' tokens are drawn from.
    random: Random,
    template: NodeConfig,
    nodes: Vec<NodeConfig>,
}

impl Roster {
    pub fn new(config: &ClusterConfig) -> Roster {
        let mut random = Random::stream(config.seed, "tokens");
        let tokens_per_node = usize::from(config.tokens_per_node.clamp(1, ClusterConfig::MAX_TOKENS_PER_NODE));
        let places = &config.nodes[..config.nodes.len().min(ClusterConfig::MAX_NODES)];
        let tokens = allocation::spread(places.len(), tokens_per_node, &mut random);
        let template = NodeConfig {
            endpoint: Endpoint::nth(1),
            cluster_name: NodeConfig::DEFAULT_CLUSTER_NAME.into(),
            datacenter: NodeConfig::DEFAULT_DATACENTER.into(),
            rack: NodeConfig::DEFAULT_RACK.into(),
            seeds: seeds(places),
            tokens: Vec::new(),
            auto_bootstrap: false,
            seed: config.seed,
            clock: WallClock {
                epoch: config.epoch,
                skew_micros: 0,
            },
            native: NativeTransport::default(),
            storage: config.storage,
        };
        let mut roster = Roster {
            tokens_per_node,
            random,
            template,
            nodes: Vec::new(),
        };
        for (place, tokens) in places.iter().zip(tokens) {
            roster.push(place, tokens);
        }
        roster
    }

    /// Clients reach the nodes elsewhere.
    pub fn reached(mut self, native: NativeTransport) -> Roster {
        self.template.native = native;
        self.nodes.iter_mut().for_each(|node| node.native = native);
        self
    }

    /// A node that joins the cluster as it stands; `None` when it is full.
    pub fn join(&mut self, place: &Place) -> Option<&NodeConfig> {
        if self.nodes.len() >= ClusterConfig::MAX_NODES {
            return None;
        }
        let tokens = allocation::split_largest(&self.topology(|_| true), self.tokens_per_node, &mut self.random);
        self.push(place, tokens);
        let joining = self.nodes.last_mut()?;
        joining.auto_bootstrap = true;
        Some(joining)
    }

    /// The ring of those nodes that `is_member` picks.
    pub fn topology(&self, is_member: impl Fn(Endpoint) -> bool) -> Topology {
        let mut topology = Topology::default();
        for (n, node) in self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| is_member(node.endpoint))
        {
            let ring_node = RingNode {
                host_id: HostId(uuid::Uuid::from_u128(n as u128 + 1)),
                location: Location::new(&node.datacenter, &node.rack),
                state: NodeState::Normal,
                tokens: node.tokens.clone(),
            };
            topology.insert(node.endpoint, ring_node);
        }
        topology
    }

    fn push(&mut self, place: &Place, mut tokens: Vec<Token>) {
        tokens.arrange();
        self.nodes.push(NodeConfig {
            endpoint: Endpoint::nth(self.nodes.len() as u8 + 1),
            datacenter: place.datacenter.clone(),
            rack: place.rack.clone(),
            tokens,
            ..self.template.clone()
        });
    }

    pub fn nodes(&self) -> &[NodeConfig] {
        &self.nodes
    }

    pub fn get(&self, endpoint: Endpoint) -> Option<&NodeConfig> {
        self.nodes.iter().find(|node| node.endpoint == endpoint)
    }
}

/// The first node of each datacentre, as Cassandra's documentation advises for large clusters.
fn seeds(places: &[Place]) -> Vec<Endpoint> {
    let first_of = |(n, place): (usize, &Place)| {
        let first = places.iter().position(|other| other.datacenter == place.datacenter);
        (first == Some(n)).then(|| Endpoint::nth(n as u8 + 1))
    };
    places.iter().enumerate().filter_map(first_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn tokens_are_distinct_and_a_newcomer_gets_its_share() {
        let mut config = ClusterConfig::simple(Seed(3), 4);
        config.nodes[2].datacenter = "west".into();
        let mut roster = Roster::new(&config);
        roster.join(&config.nodes[0].clone()).unwrap();
        let mut all: Vec<Token> = roster.nodes().iter().flat_map(|node| node.tokens.clone()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 5 * 8);
        assert_eq!(roster.nodes()[0].seeds, [Endpoint::nth(1), Endpoint::nth(3)]);
        assert_eq!(roster.nodes()[4].endpoint, Endpoint::nth(5));
    }
}
