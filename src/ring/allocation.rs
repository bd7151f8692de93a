//! Choosing tokens for nodes.
//!
//! Three ways. `random` is Cassandra's without a hint. `spread` lays out a whole new cluster at once, so that every node owns
//! the same part. `split_largest` is for one more node: it takes its share from those who own most, where Cassandra's allocator
//! tries random candidates for the same end and so leaves more variance.

use super::{TokenRange, Topology};
use crate::base::{Arrange, Endpoint, Random, SortedMap};
use crate::data::Token;

/// cassandra.yaml `num_tokens`.
pub const NUM_TOKENS: usize = 16;

/// The most a newcomer takes of one arc: beyond this its neighbour would be left with a sliver.
const MAX_TAKEN_OF_AN_ARC: f64 = 0.75;

/// Random tokens that no node has; in order.
pub fn random(topology: &Topology, count: usize, random: &mut Random) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(count);
    while tokens.len() < count {
        let token = Token(random.bits() as i64);
        if token != Token::MIN && !tokens.contains(&token) && !has_token(topology, token) {
            tokens.push(token);
        }
    }
    tokens.arrange();
    tokens
}

/// Tokens for the `nodes` first nodes of a cluster, `count` each: arcs of one width, whose owners follow each other in another
/// order on each turn, so that a node has different neighbours at each of its tokens.
pub fn spread(nodes: usize, count: usize, random: &mut Random) -> Vec<Vec<Token>> {
    let mut tokens = vec![Vec::with_capacity(count); nodes];
    let arcs = (nodes * count) as u128;
    if arcs == 0 {
        return tokens;
    }
    let width = (1u128 << 64) / arcs;
    let offset = u128::from(random.bits()) % width;
    let mut turn: Vec<usize> = (0..nodes).collect();
    let mut arc = 0;
    for _ in 0..count {
        let last = turn.last().copied();
        random.shuffle(&mut turn);
        // Two arcs of one node side by side would be one arc.
        if nodes > 1 && turn.first().copied() == last {
            turn.rotate_left(1);
        }
        for &node in &turn {
            let position = i128::from(i64::MIN) + 1 + (offset + arc * width) as i128;
            tokens[node].push(Token(position.min(i128::from(i64::MAX)) as i64));
            arc += 1;
        }
    }
    tokens
}

/// Tokens for one more node of a ring: each cuts the largest arc of who then owns most, so that in the end the newcomer owns
/// as much as an average node.
pub fn split_largest(topology: &Topology, count: usize, fallback: &mut Random) -> Vec<Token> {
    let mut arcs: Vec<(TokenRange, Endpoint)> = topology.primary_ranges().collect();
    let mut owns: SortedMap<Endpoint, f64> = SortedMap::new();
    for (range, owner) in &arcs {
        *owns.entry(*owner).or_insert(0.0) += range.fraction();
    }
    if arcs.len() < count {
        return random(topology, count, fallback);
    }
    let mut wanted = 1.0 / (owns.len() + 1) as f64;
    let mut tokens = Vec::with_capacity(count);
    for left in (1..=count).rev() {
        let most_owning = |(range, owner): &(TokenRange, Endpoint)| (owns[owner], range.fraction());
        let Some(at) = (0..arcs.len()).max_by(|&a, &b| {
            let ((owns_a, width_a), (owns_b, width_b)) = (most_owning(&arcs[a]), most_owning(&arcs[b]));
            owns_a
                .total_cmp(&owns_b)
                .then(width_a.total_cmp(&width_b))
                .then(b.cmp(&a))
        }) else {
            break;
        };
        let (range, owner) = arcs.swap_remove(at);
        let part = (wanted / left as f64 / range.fraction()).min(MAX_TAKEN_OF_AN_ARC);
        let taken = TokenRange::new(
            range.start,
            Token(range.start.0.wrapping_add((range.width() as f64 * part) as u64 as i64)),
        );
        wanted -= taken.fraction();
        if let Some(owned) = owns.get_mut(&owner) {
            *owned -= taken.fraction();
        }
        tokens.push(taken.end);
    }
    tokens.arrange();
    debug_assert!(
        tokens.iter().all(|token| !has_token(topology, *token)),
        "a cut within an arc is no token of the ring"
    );
    tokens
}

fn has_token(topology: &Topology, token: Token) -> bool {
    topology
        .nodes()
        .any(|(_, node)| node.tokens.binary_search(&token).is_ok())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::{HostId, Seed};
    use crate::ring::{Location, NodeState, RingNode};

    fn insert(topology: &mut Topology, n: u8, tokens: Vec<Token>) {
        let node = RingNode {
            host_id: HostId(Uuid::from_u128(u128::from(n))),
            location: Location::new("datacenter1", "rack1"),
            state: NodeState::Normal,
            tokens,
        };
        topology.insert(Endpoint::nth(n), node);
    }

    fn owns(topology: &Topology) -> SortedMap<Endpoint, f64> {
        let mut owns = SortedMap::new();
        for (range, owner) in topology.primary_ranges() {
            *owns.entry(owner).or_insert(0.0) += range.fraction();
        }
        owns
    }

    fn cluster(nodes: u8, count: usize, seed: u64) -> Topology {
        let mut topology = Topology::default();
        let tokens = spread(usize::from(nodes), count, &mut Random::stream(Seed(seed), "tokens"));
        for (n, tokens) in (1..).zip(tokens) {
            insert(&mut topology, n, tokens);
        }
        topology
    }

    #[test]
    fn a_spread_cluster_is_even() {
        for (nodes, count) in [(1, 1), (1, 8), (3, 1), (3, 8), (12, 16)] {
            let topology = cluster(nodes, count, 7);
            assert_eq!(topology.ring().len(), usize::from(nodes) * count);
            for share in owns(&topology).values() {
                assert!((share - 1.0 / f64::from(nodes)).abs() < 1e-9, "{share} of {nodes}");
            }
            let owners: Vec<_> = topology.ring().iter().map(|(_, owner)| owner).collect();
            assert!(nodes == 1 || owners.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }

    #[test]
    fn newcomers_take_their_share_from_all() {
        let mut topology = cluster(3, 8, 1);
        for n in 4..=8 {
            let tokens = split_largest(&topology, 8, &mut Random::stream(Seed(2), "join"));
            assert_eq!(tokens.len(), 8);
            insert(&mut topology, n, tokens);
            let shares: Vec<f64> = owns(&topology).into_values().collect();
            let fair = 1.0 / f64::from(n);
            assert!(
                shares.iter().all(|share| (fair * 0.85..fair * 1.15).contains(share)),
                "{shares:?}"
            );
        }
    }

    #[test]
    fn random_tokens_are_new_and_replay() {
        let topology = cluster(3, 8, 1);
        let draw = |seed| random(&topology, 16, &mut Random::stream(Seed(seed), "random"));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).windows(2).all(|pair| pair[0] < pair[1]));
        let into_little = split_largest(&cluster(1, 1, 1), 4, &mut Random::stream(Seed(3), "random"));
        assert_eq!(into_little.len(), 4);
    }
}
