//! Placement: for one replication setting, who holds each token. Made once for a topology, then only looked up.

use super::strategy::{Replicas, Walk};
use super::{NodeState, TokenRange, Topology};
use crate::base::{Arrange, Endpoint, SortedMap};
use crate::data::{PartitionBound, PartitionRange, Token};
use crate::schema::ReplicationParams;

/// Replicas by arc: those of `ends[i]` hold the arc that ends there; the last arc wraps to the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Arcs {
    ends: Vec<Token>,
    replicas: Vec<Replicas>,
}

impl Arcs {
    fn at(&self, token: Token) -> &[Endpoint] {
        let position = self.ends.partition_point(|end| *end < token);
        self.replicas
            .get(position)
            .or(self.replicas.first())
            .map_or(&[], |it| it)
    }
}

/// Who holds what under one replication setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    params: ReplicationParams,
    natural: Arcs,
    pending: Arcs,
}

impl Placement {
    /// `local` is the node that asks.
    pub fn new(params: &ReplicationParams, topology: &Topology, local: Endpoint) -> Placement {
        let natural = match params {
            // Not bound to the ring: holds even before the node has joined one.
            ReplicationParams::Local => Arcs {
                ends: vec![Token::MAX],
                replicas: vec![Replicas::from_slice(&[local])],
            },
            _ => {
                let walk = Walk::over(topology, |it| topology.is_member(it));
                let ends: Vec<Token> = walk.tokens().collect();
                let replicas = ends.iter().map(|&end| walk.replicas(params, end, local)).collect();
                Arcs { ends, replicas }
            }
        };
        let pending = match params {
            ReplicationParams::Local => Arcs::default(),
            _ => pending(params, topology, &natural, local),
        };
        Placement {
            params: params.clone(),
            natural,
            pending,
        }
    }

    pub fn params(&self) -> &ReplicationParams {
        &self.params
    }

    /// The replicas of a token: the owner first, then clockwise.
    pub fn natural(&self, token: Token) -> &[Endpoint] {
        self.natural.at(token)
    }

    /// The nodes that will become replicas of a token and so take its writes already.
    pub fn pending(&self, token: Token) -> &[Endpoint] {
        self.pending.at(token)
    }

    /// Copies of each row, in all datacentres together.
    pub fn replication_factor(&self) -> u32 {
        match &self.params {
            ReplicationParams::Local => 1,
            ReplicationParams::Simple { factor } => *factor,
            ReplicationParams::NetworkTopology { factors } => factors.values().sum(),
        }
    }

    /// Copies of each row that are to be in one datacentre; `None` where the strategy does not look at datacentres.
    pub fn replication_factor_in(&self, datacenter: &str) -> Option<u32> {
        match &self.params {
            ReplicationParams::NetworkTopology { factors } => Some(factors.get(datacenter).copied().unwrap_or(0)),
            ReplicationParams::Local | ReplicationParams::Simple { .. } => None,
        }
    }

    /// Every arc of the ring with its replicas, in the order of its end.
    pub fn ranges(&self) -> impl Iterator<Item = (TokenRange, &[Endpoint])> {
        let ends = &self.natural.ends;
        let starts = ends.iter().cycle().skip(ends.len().saturating_sub(1));
        starts
            .zip(ends)
            .zip(&self.natural.replicas)
            .map(|((&start, &end), replicas)| (TokenRange::new(start, end), &replicas[..]))
    }

    /// The arc that a token lies in.
    pub fn range_of(&self, token: Token) -> TokenRange {
        let ends = &self.natural.ends;
        let at = ends.partition_point(|end| *end < token) % ends.len().max(1);
        let before = (at + ends.len()).saturating_sub(1) % ends.len().max(1);
        let end = |at: usize| ends.get(at).copied().unwrap_or(Token::MIN);
        TokenRange::new(end(before), end(at))
    }

    /// The arcs a node holds a replica of.
    pub fn ranges_of(&self, endpoint: Endpoint) -> impl Iterator<Item = TokenRange> {
        self.ranges()
            .filter(move |(_, replicas)| replicas.contains(&endpoint))
            .map(|(range, _)| range)
    }

    /// The arcs a node is the first replica of.
    pub fn primary_ranges_of(&self, endpoint: Endpoint) -> impl Iterator<Item = TokenRange> {
        self.ranges()
            .filter(move |(_, replicas)| replicas.first() == Some(&endpoint))
            .map(|(range, _)| range)
    }

    /// What part of the data each node holds, 0 to 1: they sum up to the number of copies.
    pub fn effective_ownership(&self) -> SortedMap<Endpoint, f64> {
        let mut owns = SortedMap::new();
        for (range, replicas) in self.ranges() {
            for &replica in replicas {
                *owns.entry(replica).or_insert(0.0) += range.fraction();
            }
        }
        owns
    }

    /// Cuts a stretch of partitions at the ring's tokens, so that each piece has one set of replicas; in token order.
    pub fn split<'a>(&'a self, range: &PartitionRange) -> Split<'a> {
        let first = match &range.start {
            PartitionBound::AfterToken(token) => self.natural.ends.partition_point(|end| end <= token),
            other => self.natural.ends.partition_point(|end| *end < other.token()),
        };
        Split {
            arcs: &self.natural,
            next: first,
            rest: Some(range.clone()),
        }
    }
}

/// The pieces of a stretch of partitions with their replicas. See `Placement::split`.
pub struct Split<'a> {
    arcs: &'a Arcs,
    next: usize,
    rest: Option<PartitionRange>,
}

impl<'a> Iterator for Split<'a> {
    type Item = (PartitionRange, &'a [Endpoint]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let replicas = self.arcs.replicas.get(self.next).or(self.arcs.replicas.first());
        let replicas = replicas.map_or(&[][..], |it| it);
        let cut = self.arcs.ends.get(self.next).filter(|end| **end < rest.end.token());
        let Some(&cut) = cut else {
            return Some((rest, replicas));
        };
        self.next += 1;
        self.rest = Some(PartitionRange {
            start: PartitionBound::AfterToken(cut),
            end: rest.end,
        });
        let piece = PartitionRange {
            start: rest.start,
            end: PartitionBound::AfterToken(cut),
        };
        Some((piece, replicas))
    }
}

/// Whom the nodes that join and leave make replicas of what: each joining node by itself, on the ring without those that
/// leave; and those who take over from the leaving.
fn pending(params: &ReplicationParams, topology: &Topology, natural: &Arcs, local: Endpoint) -> Arcs {
    let in_state = |state| {
        topology
            .nodes()
            .filter(move |(_, node)| node.state == state)
            .map(|(endpoint, _)| endpoint)
    };
    let joining: Vec<Endpoint> = in_state(NodeState::Joining).collect();
    if joining.is_empty() && in_state(NodeState::Leaving).next().is_none() {
        return Arcs::default();
    }
    let stays = |it: Endpoint| topology.get(it).is_some_and(|node| node.state == NodeState::Normal);
    let without_leaving = Walk::over(topology, stays);
    let with_joining: Vec<(Endpoint, Walk)> = joining
        .iter()
        .map(|&newcomer| (newcomer, Walk::over(topology, |it| it == newcomer || stays(it))))
        .collect();
    let joining_tokens = with_joining
        .iter()
        .flat_map(|(newcomer, _)| topology.get(*newcomer))
        .flat_map(|node| &node.tokens);
    let mut ends: Vec<Token> = natural.ends.iter().chain(joining_tokens).copied().collect();
    ends.arrange();
    ends.dedup();
    let pending_at = |&end: &Token| {
        let holds = natural.at(end);
        let mut pending: Replicas = without_leaving.replicas(params, end, local);
        pending.retain(|it| !holds.contains(it));
        for (newcomer, walk) in &with_joining {
            if walk.replicas(params, end, local).contains(newcomer) {
                pending.push(*newcomer);
            }
        }
        pending
    };
    let replicas = ends.iter().map(pending_at).collect();
    Arcs { ends, replicas }
}
