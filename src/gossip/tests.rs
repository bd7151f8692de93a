//! Gossipers among themselves, on a network of one millisecond that can be cut.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::base::{Duration, Endpoint, HostId, Instant, Seed, UnixMicros, WallClock};
use crate::data::Token;
use crate::event::What;
use crate::message::gossip::{ApplicationState, EndpointState, Generation, StateVersion};
use crate::message::{Envelope, Outbox};
use crate::ring::{Location, NodeState, Topology};

const LATENCY: Duration = Duration::from_millis(1);
const CLOCK: WallClock = WallClock {
    epoch: UnixMicros(1_700_000_000_000_000),
    skew_micros: 0,
};

/// A cluster of gossipers 127.0.0.1, 127.0.0.2, ...; the first is the seed.
struct Net {
    now: Instant,
    seed: Seed,
    running: BTreeMap<Endpoint, Gossiper>,
    paused: BTreeSet<Endpoint>,
    topologies: BTreeMap<Endpoint, Topology>,
    outboxes: BTreeMap<Endpoint, Outbox>,
    in_flight: BTreeMap<(Instant, u64), Envelope>,
    sent: u64,
    cut: BTreeSet<(Endpoint, Endpoint)>,
    /// Of all nodes: when, where, what.
    events: Vec<(Instant, Endpoint, What)>,
}

fn nth(n: u8) -> Endpoint {
    Endpoint::nth(n)
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

impl Net {
    fn of(nodes: u8, seed: u64) -> Net {
        let mut net = Net {
            now: Instant::ZERO,
            seed: Seed(seed),
            running: BTreeMap::new(),
            paused: BTreeSet::new(),
            topologies: BTreeMap::new(),
            outboxes: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            sent: 0,
            cut: BTreeSet::new(),
            events: Vec::new(),
        };
        for n in 1..=nodes {
            net.start(n);
        }
        net
    }

    fn converged(nodes: u8, seed: u64) -> Net {
        let mut net = Net::of(nodes, seed);
        net.run(seconds(60));
        net.all_see_all_up();
        net
    }

    fn start(&mut self, n: u8) {
        let config = GossipConfig {
            endpoint: nth(n),
            host_id: HostId(Uuid::from_u128(u128::from(n))),
            location: Location::new("datacenter1", "rack1"),
            cluster_name: "Test Cluster".into(),
            seeds: vec![nth(1)],
            generation: Generation(CLOCK.at(self.now).seconds() as u32),
            seed: self.seed,
            clock: CLOCK,
        };
        let mut gossiper = Gossiper::new(config, self.now);
        gossiper.set_local_status(
            Status::Normal(Token(i64::from(n))),
            &[Token(i64::from(n)), Token(-i64::from(n))],
        );
        for known in self.topologies.entry(nth(n)).or_default().nodes() {
            gossiper.add_saved_peer(known.0, self.now);
        }
        self.running.insert(nth(n), gossiper);
        self.outboxes.entry(nth(n)).or_default();
    }

    fn kill(&mut self, n: u8) {
        self.running.remove(&nth(n));
    }

    /// Cuts all links between the first `size` nodes and the others.
    fn cut_off_first(&mut self, size: u8, nodes: u8) {
        for a in 1..=size {
            for b in size + 1..=nodes {
                self.cut.extend([(nth(a), nth(b)), (nth(b), nth(a))]);
            }
        }
    }

    fn run(&mut self, length: Duration) {
        let end = self.now + length;
        loop {
            let awake = self.running.iter().filter(|(node, _)| !self.paused.contains(node));
            let timeout = awake.filter_map(|(&node, it)| Some((it.next_timeout()?, node))).min();
            let arrival = self.in_flight.first_key_value().map(|(key, _)| *key);
            match (timeout, arrival) {
                (_, Some(key)) if key.0 <= end && timeout.is_none_or(|(at, _)| key.0 <= at) => {
                    let envelope = self.in_flight.remove(&key).unwrap();
                    self.now = self.now.max(key.0);
                    self.deliver(envelope);
                }
                (Some((at, node)), _) if at <= end => {
                    self.now = self.now.max(at);
                    let mut out = self.outboxes.remove(&node).unwrap();
                    self.running.get_mut(&node).unwrap().on_timeout(self.now, &mut out);
                    self.drain(node, out);
                }
                _ => break,
            }
        }
        self.now = end;
    }

    fn deliver(&mut self, envelope: Envelope) {
        let to = envelope.to;
        if self.paused.contains(&to) {
            let later = (self.now + seconds(1), self.sent);
            self.sent += 1;
            self.in_flight.insert(later, envelope);
        } else if let Some(gossiper) = self.running.get_mut(&to) {
            let before: Vec<_> = gossiper.endpoint_states().map(newest).collect();
            let mut out = self.outboxes.remove(&to).unwrap();
            gossiper.on_message(self.now, &envelope, &mut out);
            for (endpoint, known) in before {
                let state = gossiper.endpoint_state(endpoint).unwrap();
                assert!(newest((endpoint, state)).1 >= known, "{to} went back on {endpoint}");
            }
            self.drain(to, out);
        }
    }

    fn drain(&mut self, node: Endpoint, mut out: Outbox) {
        for message in out.messages.drain(..) {
            let envelope = Envelope {
                from: node,
                to: message.to,
                id: message.id,
                in_reply_to: message.in_reply_to,
                cause: message.cause,
                payload: message.payload,
            };
            if !self.cut.contains(&(node, message.to)) {
                self.in_flight.insert((self.now + LATENCY, self.sent), envelope);
            }
            self.sent += 1;
        }
        self.events
            .extend(out.events.drain(..).map(|(_, what)| (self.now, node, what)));
        self.outboxes.insert(node, out);
        let gossiper = self.running.get_mut(&node).unwrap();
        let topology = self.topologies.entry(node).or_default();
        for change in gossiper.take_changes() {
            follow(change, gossiper, topology);
        }
    }

    fn sees_up(&self, observer: u8, peer: u8) -> bool {
        self.running[&nth(observer)].is_alive(nth(peer))
    }

    fn all_see_all_up(&self) {
        for gossiper in self.running.values() {
            let up: Vec<_> = self.running.keys().filter(|it| gossiper.is_alive(**it)).collect();
            assert_eq!(up.len(), self.running.len());
        }
    }

    /// When each observer took `peer` for down, after a moment.
    fn times_down(&self, peer: u8, after: Instant) -> BTreeMap<Endpoint, Duration> {
        let down = self.events.iter().filter(|(at, _, what)| {
            *at >= after && matches!(what, What::PeerDown { peer: its, .. } if *its == nth(peer))
        });
        down.map(|(at, observer, _)| (*observer, at.since(after))).collect()
    }
}

/// Generation and newest version of a state, which only go up.
fn newest((endpoint, state): (Endpoint, &EndpointState)) -> (Endpoint, (Generation, StateVersion)) {
    (endpoint, (state.generation, state.max_version()))
}

#[test]
fn a_cluster_finds_together_by_its_seed() {
    let mut net = Net::of(5, 1);
    net.run(seconds(12));
    net.all_see_all_up();
    for topology in net.topologies.values() {
        assert_eq!(topology.nodes().count(), 4);
        assert!(
            topology
                .nodes()
                .all(|(_, node)| node.state == NodeState::Normal && node.tokens.len() == 2)
        );
    }
    let states = net.running[&nth(2)].endpoint_states();
    let names: Vec<_> = states
        .map(|(endpoint, state)| (endpoint, state.get(ApplicationState::ReleaseVersion)))
        .collect();
    assert_eq!(names, [1, 2, 3, 4, 5].map(|n| (nth(n), Some("5.0.7"))));
}

#[test]
fn a_killed_node_is_marked_down_by_each_on_its_own_evidence() {
    for seed in 1..=5 {
        let mut net = Net::converged(5, seed);
        net.run(seconds(30));
        let killed_at = net.now;
        net.kill(3);
        net.run(seconds(40));
        let times = net.times_down(3, killed_at);
        assert_eq!(times.keys().copied().collect::<Vec<_>>(), [1, 2, 4, 5].map(nth));
        for time in times.values() {
            assert!((seconds(18)..=seconds(26)).contains(time), "{time:?} with seed {seed}");
        }
        let distinct: BTreeSet<_> = times.values().collect();
        assert!(distinct.len() > 1, "each in its own time");
        assert_eq!(
            net.events
                .iter()
                .filter(|(_, _, what)| matches!(what, What::PeerDown { .. }))
                .count(),
            4
        );
        assert!(
            net.topologies[&nth(1)].is_member(nth(3)),
            "it keeps its place in the ring"
        );
        let downtime = net.running[&nth(1)].downtime(nth(3), net.now).unwrap();
        assert_eq!(downtime, seconds(40) - times[&nth(1)]);
    }
}

#[test]
fn a_restarted_node_is_up_again_soon() {
    let mut net = Net::converged(4, 3);
    net.kill(2);
    net.run(seconds(40));
    assert!(!net.sees_up(1, 2));
    net.start(2);
    net.run(seconds(6));
    net.all_see_all_up();
    // Its generation is another, so nothing of its former life is taken for new.
    let state = net.running[&nth(4)].endpoint_state(nth(2)).unwrap();
    assert_eq!(
        i64::from(state.generation.0),
        CLOCK.at(Instant::from_micros(100_000_000)).seconds()
    );
}

#[test]
fn a_node_restarted_before_anybody_noticed_is_never_down() {
    let mut net = Net::converged(3, 4);
    net.run(seconds(60));
    let killed_at = net.now;
    net.kill(2);
    net.run(seconds(3));
    net.start(2);
    net.run(seconds(30));
    net.all_see_all_up();
    assert!(net.times_down(2, killed_at).is_empty());
}

#[test]
fn a_farewell_counts_at_once() {
    let mut net = Net::converged(4, 5);
    let mut out = net.outboxes.remove(&nth(2)).unwrap();
    net.running.get_mut(&nth(2)).unwrap().shut_down(&mut out);
    net.drain(nth(2), out);
    let said_at = net.now;
    net.run(Duration::from_millis(10));
    let times = net.times_down(2, said_at);
    assert_eq!(times.into_values().collect::<Vec<_>>(), [LATENCY; 3]);
    assert_eq!(net.running[&nth(2)].next_timeout(), None);
    // It stays down while the others go on talking of it, and is up again with its next start.
    net.run(seconds(60));
    assert!(!net.sees_up(1, 2));
    assert_eq!(net.running[&nth(1)].status(nth(2)), Some(Status::Shutdown));
    assert!(net.topologies[&nth(1)].is_member(nth(2)));
    net.kill(2);
    net.start(2);
    net.run(seconds(6));
    net.all_see_all_up();
    assert_eq!(net.running[&nth(1)].status(nth(2)), Some(Status::Normal(Token(2))));
}

#[test]
fn a_late_farewell_is_not_that_of_the_next_start() {
    let mut net = Net::converged(3, 6);
    let mut out = net.outboxes.remove(&nth(2)).unwrap();
    net.running.get_mut(&nth(2)).unwrap().shut_down(&mut out);
    let farewell = out
        .messages
        .iter()
        .find(|message| message.to == nth(1))
        .unwrap()
        .clone();
    net.drain(nth(2), out);
    net.run(seconds(1));
    net.kill(2);
    net.start(2);
    net.run(seconds(10));
    net.deliver(Envelope {
        from: nth(2),
        to: nth(1),
        id: farewell.id,
        in_reply_to: None,
        cause: None,
        payload: farewell.payload,
    });
    assert!(net.sees_up(1, 2));
}

#[test]
fn a_partition_is_seen_from_both_sides_and_heals() {
    let mut net = Net::converged(5, 7);
    net.cut_off_first(2, 5);
    net.run(seconds(40));
    assert!(net.sees_up(1, 2) && net.sees_up(4, 5) && net.sees_up(5, 3));
    assert!(!net.sees_up(1, 3) && !net.sees_up(2, 5) && !net.sees_up(3, 1) && !net.sees_up(5, 2));
    net.cut.clear();
    net.run(seconds(10));
    net.all_see_all_up();
}

#[test]
fn a_node_that_stood_still_does_not_blame_the_others() {
    let mut net = Net::converged(4, 8);
    net.paused.insert(nth(1));
    net.run(seconds(60));
    let resumed_at = net.now;
    assert!(!net.sees_up(2, 1), "the others cannot know");
    net.paused.clear();
    net.run(seconds(60));
    let blamed = net
        .events
        .iter()
        .any(|(at, observer, what)| *at >= resumed_at && *observer == nth(1) && matches!(what, What::PeerDown { .. }));
    assert!(!blamed);
    net.all_see_all_up();
}

#[test]
fn a_node_that_left_loses_its_tokens_and_is_forgotten_in_the_end() {
    let mut net = Net::converged(4, 9);
    let kept = seconds(3600);
    let expires_millis = CLOCK.at(net.now + kept).millis();
    let left = Status::Left {
        token: Token(2),
        expires_millis,
    };
    net.running
        .get_mut(&nth(2))
        .unwrap()
        .set_local_state(ApplicationState::StatusWithPort, left.to_string());
    net.run(seconds(10));
    net.kill(2);
    for observer in [1, 3, 4] {
        let gossiper = &net.running[&nth(observer)];
        assert!(!net.topologies[&nth(observer)].is_member(nth(2)));
        assert!(!gossiper.is_alive(nth(2)));
        assert!(gossiper.unreachable_peers().next().is_none());
        assert_eq!(gossiper.status(nth(2)), Some(left));
    }
    net.run(kept);
    assert!(net.running.values().all(|it| it.endpoint_state(nth(2)).is_none()));
    // Another start of the same address is welcome by then.
    net.start(2);
    net.run(QUARANTINE_DELAY + seconds(10));
    net.all_see_all_up();
}

#[test]
fn a_node_that_vanishes_while_joining_is_forgotten() {
    let mut net = Net::converged(3, 10);
    net.start(4);
    net.running
        .get_mut(&nth(4))
        .unwrap()
        .set_local_status(Status::Boot(Token(4)), &[Token(4)]);
    net.run(seconds(6));
    assert_eq!(net.topologies[&nth(1)].get(nth(4)).unwrap().state, NodeState::Joining);
    net.kill(4);
    net.run(seconds(60));
    assert!(net.topologies.iter().all(|(_, it)| it.get(nth(4)).is_none()));
    assert!(net.running[&nth(1)].endpoint_state(nth(4)).is_none());
}

#[test]
fn a_node_that_stops_while_joining_does_not_become_a_member() {
    let mut net = Net::converged(3, 15);
    net.start(4);
    let joining = net.running.get_mut(&nth(4)).unwrap();
    joining.set_local_status(Status::Boot(Token(4)), &[Token(4)]);
    net.run(seconds(6));
    let mut out = net.outboxes.remove(&nth(4)).unwrap();
    net.running.get_mut(&nth(4)).unwrap().shut_down(&mut out);
    net.drain(nth(4), out);
    net.run(seconds(6));
    assert_eq!(net.topologies[&nth(1)].get(nth(4)).unwrap().state, NodeState::Joining);
    net.run(seconds(60));
    assert!(net.topologies[&nth(1)].get(nth(4)).is_none());
}

#[test]
fn other_clusters_are_not_listened_to() {
    let mut net = Net::of(1, 11);
    net.start(2);
    net.running.get_mut(&nth(2)).unwrap().names.0 = "Other".into();
    net.run(seconds(30));
    assert!(!net.sees_up(1, 2) && !net.sees_up(2, 1));
}

#[test]
fn a_token_goes_to_who_started_later() {
    let mut net = Net::converged(3, 12);
    net.start(4);
    net.running
        .get_mut(&nth(4))
        .unwrap()
        .set_local_status(Status::Normal(Token(2)), &[Token(2)]);
    net.run(seconds(10));
    for observer in [1, 3] {
        let topology = &net.topologies[&nth(observer)];
        assert_eq!(topology.owner(Token(2)), Some(nth(4)));
        assert_eq!(topology.get(nth(2)).unwrap().tokens, [Token(-2)]);
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let history = |seed| {
        let mut net = Net::converged(4, seed);
        net.kill(2);
        net.run(seconds(40));
        (net.events, net.sent)
    };
    assert_eq!(history(13), history(13));
    assert_ne!(history(13), history(14));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever starts, stops and is cut off: no node's knowledge of another goes back (checked on each delivery), and
    /// once all is well again all see all.
    #[test]
    fn knowledge_never_goes_back(seed in 0u64..1000, faults in prop::collection::vec((0u8..4, 1u8..=4, 1u64..30), 1..8)) {
        let mut net = Net::converged(4, seed);
        for (fault, n, length) in faults {
            match fault {
                0 => net.kill(n),
                1 if !net.running.contains_key(&nth(n)) => net.start(n),
                2 => net.cut_off_first(n, 4),
                _ => net.cut.clear(),
            }
            net.run(seconds(length));
        }
        net.cut.clear();
        for n in 1..=4 {
            if !net.running.contains_key(&nth(n)) {
                net.start(n);
            }
        }
        net.run(seconds(60));
        net.all_see_all_up();
    }
}
