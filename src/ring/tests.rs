//! The ring against what Cassandra answered for the same tokens.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::*;
use crate::base::{Endpoint, HostId};
use crate::data::{PartitionBound, PartitionRange, Token, token_of};
use crate::schema::ReplicationParams;

fn topology(recorded: &str) -> Topology {
    let mut topology = Topology::default();
    for (n, line) in recorded.lines().skip(1).enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        let node = RingNode {
            host_id: HostId(Uuid::from_u128(n as u128 + 1)),
            location: Location::new(fields[1], fields[2]),
            state: NodeState::Normal,
            tokens: fields[3].split(',').map(|it| Token(it.parse().unwrap())).collect(),
        };
        topology.insert(Endpoint(fields[0].parse().unwrap()), node);
    }
    topology
}

/// `# nts21: {'class':'NetworkTopologyStrategy','dc1':2,'dc2':1}`
fn keyspace(line: &str) -> (&str, ReplicationParams) {
    let (name, options) = line.trim_start_matches("# ").split_once(": ").unwrap();
    let options: BTreeMap<&str, &str> = options
        .trim_matches(['{', '}'])
        .split(',')
        .map(|pair| pair.split_once(':').unwrap())
        .map(|(name, value)| (name.trim_matches('\''), value.trim_matches('\'')))
        .collect();
    let factors = options.iter().filter(|(name, _)| **name != "class");
    let params = match options["class"] {
        "SimpleStrategy" => ReplicationParams::Simple {
            factor: options["replication_factor"].parse().unwrap(),
        },
        _ => ReplicationParams::NetworkTopology {
            factors: factors.map(|(dc, n)| (dc.to_string(), n.parse().unwrap())).collect(),
        },
    };
    (name, params)
}

fn agrees(tokens: &str, placement: &str) {
    let topology = topology(tokens);
    let placements: BTreeMap<&str, Placement> = placement
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(keyspace)
        .map(|(name, params)| (name, Placement::new(&params, &topology, Endpoint::nth(1))))
        .collect();
    let mut rows = placement.lines().filter(|line| !line.starts_with('#'));
    let keyspaces: Vec<&str> = rows.next().unwrap().split('\t').skip(2).collect();
    let mut compared = 0;
    for row in rows {
        let fields: Vec<&str> = row.split('\t').collect();
        let token = token_of(fields[0].as_bytes());
        assert_eq!(token.to_string(), fields[1]);
        for (name, expected) in keyspaces.iter().zip(&fields[2..]) {
            let replicas = placements[name].natural(token);
            let texts: Vec<String> = replicas.iter().map(Endpoint::to_string).collect();
            assert_eq!(texts.join(","), *expected, "{} in {name}", fields[0]);
            compared += 1;
        }
    }
    assert_eq!(compared, 60 * keyspaces.len());
}

const TOKENS_1: &str = include_str!("../../tests/golden-ring/tokens-1token.tsv");
const TOKENS_8: &str = include_str!("../../tests/golden-ring/tokens-8vnodes.tsv");
const TOKENS_MULTIDC: &str = include_str!("../../tests/golden-ring/tokens-multidc.tsv");

#[test]
fn placement_with_one_token_each_is_cassandras() {
    agrees(TOKENS_1, include_str!("../../tests/golden-ring/placement-1token.tsv"));
}

#[test]
fn placement_with_vnodes_is_cassandras() {
    agrees(TOKENS_8, include_str!("../../tests/golden-ring/placement-8vnodes.tsv"));
}

#[test]
fn placement_over_racks_and_datacentres_is_cassandras() {
    agrees(
        TOKENS_MULTIDC,
        include_str!("../../tests/golden-ring/placement-multidc.tsv"),
    );
}

fn simple(factor: u32) -> ReplicationParams {
    ReplicationParams::Simple { factor }
}

#[test]
fn a_node_that_joins_is_pending_where_it_will_be_a_replica() {
    let mut topology = topology(TOKENS_8);
    let local = Endpoint::nth(1);
    let newcomer = Endpoint::nth(9);
    let tokens = vec![
        Token(-5_000_000_000_000_000_000),
        Token(77),
        Token(7_500_000_000_000_000_000),
    ];
    let joining = RingNode {
        host_id: HostId(Uuid::from_u128(9)),
        location: Location::new("datacenter1", "rack1"),
        state: NodeState::Joining,
        tokens,
    };
    topology.insert(newcomer, joining);
    let during = Placement::new(&simple(2), &topology, local);
    topology.set_state(newcomer, NodeState::Normal);
    let after = Placement::new(&simple(2), &topology, local);
    let mut pending = 0;
    for n in -500..500i64 {
        let token = Token(n * 18_000_000_000_000_000 + 7);
        assert!(!during.natural(token).contains(&newcomer));
        let joins = after.natural(token).contains(&newcomer);
        let expected: &[Endpoint] = if joins { core::slice::from_ref(&newcomer) } else { &[] };
        assert_eq!(during.pending(token), expected);
        pending += usize::from(joins);
        // Nobody who will hold the token is left out of its writes.
        for replica in after.natural(token) {
            assert!(during.natural(token).contains(replica) || during.pending(token).contains(replica));
        }
    }
    assert!(pending > 50);
    assert!(after.pending(Token(78)).is_empty());
}

#[test]
fn those_who_take_over_from_a_leaving_node_are_pending() {
    let mut topology = topology(TOKENS_MULTIDC);
    let params = ReplicationParams::NetworkTopology {
        factors: [("dc1".to_string(), 2), ("dc2".to_string(), 1)].into(),
    };
    let leaving = Endpoint("127.0.4.1".parse().unwrap());
    topology.set_state(leaving, NodeState::Leaving);
    let during = Placement::new(&params, &topology, leaving);
    topology.remove(leaving);
    let after = Placement::new(&params, &topology, leaving);
    let mut taken_over = 0;
    for n in -500..500i64 {
        let token = Token(n * 18_000_000_000_000_000 + 7);
        let mut holders: Vec<Endpoint> = [during.natural(token), during.pending(token)].concat();
        holders.retain(|it| *it != leaving);
        holders.sort_unstable();
        let mut expected = after.natural(token).to_vec();
        expected.sort_unstable();
        assert_eq!(holders, expected);
        taken_over += during.pending(token).len();
    }
    assert!(taken_over > 100);
}

#[test]
fn a_local_keyspace_is_held_by_whoever_asks() {
    let local = Endpoint::nth(7);
    let placement = Placement::new(&ReplicationParams::Local, &Topology::default(), local);
    assert_eq!(placement.natural(Token(5)), [local]);
    assert_eq!(placement.split(&PartitionRange::full()).count(), 1);
    assert!(
        Placement::new(&simple(3), &Topology::default(), local)
            .natural(Token(5))
            .is_empty()
    );
}

#[test]
fn a_scan_is_cut_at_the_tokens_and_keeps_its_ends() {
    let topology = topology(TOKENS_8);
    let placement = Placement::new(&simple(2), &topology, Endpoint::nth(1));
    let pieces: Vec<_> = placement.split(&PartitionRange::full()).collect();
    assert_eq!(pieces.len(), 25);
    assert_eq!(pieces[0].0.start, PartitionRange::full().start);
    assert_eq!(pieces[24].0.end, PartitionRange::full().end);
    for pair in pieces.windows(2) {
        assert_eq!(pair[0].0.end, pair[1].0.start);
    }
    for (piece, replicas) in &pieces {
        let inside = match &piece.start {
            PartitionBound::AfterToken(token) => Token(token.0 + 1),
            other => Token(other.token().0 + 1),
        };
        assert_eq!(*replicas, placement.natural(inside));
    }
    let (first, second) = (topology.ring()[3].0, topology.ring()[4].0);
    let one_arc = PartitionRange {
        start: PartitionBound::AfterToken(first),
        end: PartitionBound::AfterToken(second),
    };
    let pieces: Vec<_> = placement.split(&one_arc).collect();
    assert_eq!(pieces, [(one_arc, placement.natural(second))]);
}

#[test]
fn the_ring_makes_a_placement_once_until_it_changes() {
    let mut ring = Ring::new(Endpoint::nth(1));
    for (endpoint, node) in topology(TOKENS_1).nodes() {
        ring.topology_mut().insert(endpoint, node.clone());
    }
    let first = ring.placement(&simple(2));
    assert!(std::sync::Arc::ptr_eq(&first, &ring.placement(&simple(2))));
    ring.topology_mut().remove(Endpoint("127.0.3.2".parse().unwrap()));
    assert_ne!(first, ring.placement(&simple(2)));
}

#[test]
fn near_replicas_come_first() {
    let topology = topology(TOKENS_MULTIDC);
    let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|n| Endpoint(core::net::Ipv4Addr::new(127, 0, 4, n)));
    let mut replicas = [e, c, b, d, a];
    sort_by_proximity(&topology, a, &mut replicas);
    assert_eq!(replicas, [a, b, c, e, d]);
}
