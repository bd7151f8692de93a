//! The gossiper: what a node knows of all, and how it asks and answers. `round.rs` is what it does each second,
//! `exchange.rs` what it does with a message.

use std::sync::Arc;

use super::detector::LocalPause;
use super::peer::{Peer, status_of};
use super::{Status, tokens_to_text};
use crate::base::{Duration, Endpoint, HostId, Instant, Random, Seed, SortedMap, WallClock};
use crate::data::{Partitioner, Token};
use crate::event::What;
use crate::message::gossip::{ApplicationState, EndpointState, Generation, Shutdown, StateVersion, VersionedValue};
use crate::message::{Outbox, Payload};
use crate::ring::Location;

/// Time between two rounds. `Gossiper.intervalInMillis`.
pub const GOSSIP_INTERVAL: Duration = Duration::from_secs(1);

/// Time for a change of the ring to reach every node. `StorageService.RING_DELAY_MILLIS`.
pub const RING_DELAY: Duration = Duration::from_secs(30);

/// Gossip of a node just removed is ignored for so long, lest rumours bring it back. `Gossiper.QUARANTINE_DELAY`.
pub const QUARANTINE_DELAY: Duration = Duration::from_secs(60);

/// The others remember a node that left for so long. `Gossiper.aVeryLongTime`, 3 days.
pub const LEFT_IS_KEPT: Duration = Duration::from_secs(3 * 24 * 3600);

/// What every node says of itself: the version it stands in for, and that version's message and SSTable formats.
pub const RELEASE_VERSION: &str = "5.0.7";
const NET_VERSION: &str = "12";
const SSTABLE_VERSIONS: &str = "big-nb";
const NATIVE_PORT: u16 = 9042;

/// The version that a node's heartbeat takes when it stops: no later news of this generation counts.
pub(super) const HIGHEST_VERSION: StateVersion = StateVersion(i32::MAX as u32);

#[derive(Clone, Debug, PartialEq)]
pub struct GossipConfig {
    pub endpoint: Endpoint,
    pub host_id: HostId,
    pub location: Location,
    pub cluster_name: String,
    pub seeds: Vec<Endpoint>,
    /// Greater than that of any start before.
    pub generation: Generation,
    /// The run's seed; the gossiper splits its own stream from it.
    pub seed: Seed,
    pub clock: WallClock,
}

/// What the rest of the node may have to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GossipChange {
    /// First heard of.
    Joined(Endpoint),
    /// Started anew; all of its state may be another.
    Restarted(Endpoint),
    Up(Endpoint),
    Down(Endpoint),
    StateChanged {
        endpoint: Endpoint,
        state: ApplicationState,
    },
    /// Has left, or was forgotten before it ever joined.
    Removed(Endpoint),
}

/// One node's part in gossip. No I/O: told of time and messages, it leaves messages, events and changes.
#[derive(Clone, Debug)]
pub struct Gossiper {
    pub(super) config: GossipConfig,
    /// The seeds but for this node.
    pub(super) other_seeds: Vec<Endpoint>,
    pub(super) local: EndpointState,
    pub(super) versions: StateVersion,
    /// The version of the newest of the local state's values: all but the heartbeat.
    pub(super) values_version: StateVersion,
    /// The cluster's name and its partitioner's, as every greeting carries them.
    pub(super) names: (Arc<str>, Arc<str>),
    pub(super) peers: SortedMap<Endpoint, Peer>,
    /// Nodes removed lately, and when.
    pub(super) quarantined: SortedMap<Endpoint, Instant>,
    pub(super) pause: LocalPause,
    pub(super) random: Random,
    /// `None` when stopped.
    pub(super) next_round: Option<Instant>,
    pub(super) changes: Vec<GossipChange>,
}

impl Gossiper {
    /// Starts to gossip: the first round is due one interval later, as `Gossiper.start` schedules it. So nodes that start together
    /// greet together, and a host has few windows to run.
    pub fn new(config: GossipConfig, now: Instant) -> Gossiper {
        let random = Random::stream(
            config.seed,
            &format!("gossip {} {}", config.endpoint, config.generation.0),
        );
        let own = config.endpoint;
        let mut gossiper = Gossiper {
            other_seeds: config.seeds.iter().copied().filter(|seed| *seed != own).collect(),
            local: EndpointState {
                generation: config.generation,
                heartbeat: StateVersion(0),
                states: SortedMap::new(),
            },
            versions: StateVersion(0),
            values_version: StateVersion(0),
            names: (
                config.cluster_name.as_str().into(),
                Partitioner::Murmur3.class_name().into(),
            ),
            peers: SortedMap::new(),
            quarantined: SortedMap::new(),
            pause: LocalPause::new(now),
            random,
            next_round: Some(now + GOSSIP_INTERVAL),
            changes: Vec::new(),
            config,
        };
        let location = gossiper.config.location.clone();
        for (state, value) in [
            (ApplicationState::NetVersion, NET_VERSION.to_string()),
            (ApplicationState::HostId, gossiper.config.host_id.to_string()),
            (ApplicationState::NativeAddressAndPort, format!("{own}:{NATIVE_PORT}")),
            (ApplicationState::ReleaseVersion, RELEASE_VERSION.to_string()),
            (ApplicationState::SstableVersions, SSTABLE_VERSIONS.to_string()),
            (ApplicationState::Dc, location.datacenter.to_string()),
            (ApplicationState::Rack, location.rack.to_string()),
        ] {
            gossiper.set_local_state(state, value);
        }
        gossiper
    }

    /// A peer known from before the restart: not taken for live until it answers, yet gossiped to. Its place and tokens come
    /// from the same memory; see `follow`.
    pub fn add_saved_peer(&mut self, endpoint: Endpoint, now: Instant) {
        if endpoint == self.config.endpoint || self.peers.contains_key(&endpoint) {
            return;
        }
        let nothing = EndpointState {
            generation: Generation(0),
            heartbeat: StateVersion(0),
            states: SortedMap::new(),
        };
        let mut peer = Peer::new(nothing, now);
        peer.is_member = true;
        peer.unreachable_since = Some(now);
        self.peers.insert(endpoint, peer);
    }

    /// Says something of this node: the others hear of it within a few rounds.
    pub fn set_local_state(&mut self, state: ApplicationState, value: String) {
        let version = self.next_version();
        self.local.states.insert(state, VersionedValue { value, version });
        self.values_version = version;
    }

    /// Says what tokens this node has, and then its part in the ring: nobody may hear of the one without the other.
    pub fn set_local_status(&mut self, status: Status, tokens: &[Token]) {
        self.set_local_state(ApplicationState::Tokens, tokens_to_text(tokens));
        self.set_local_state(ApplicationState::StatusWithPort, status.to_string());
    }

    pub(super) fn next_version(&mut self) -> StateVersion {
        self.versions.0 += 1;
        self.versions
    }

    /// Tells the others that this node stops on purpose, and gossips no more. A node without a part in the ring goes silently:
    /// "shutdown" stands for a member that will be back.
    pub fn shut_down(&mut self, out: &mut Outbox) {
        let was_running = self.next_round.take().is_some();
        let is_member = matches!(status_of(&self.local), Some(Status::Normal(_) | Status::Leaving(_)));
        if !was_running || !is_member {
            return;
        }
        self.set_local_state(ApplicationState::StatusWithPort, Status::Shutdown.to_string());
        self.set_local_state(ApplicationState::RpcReady, "false".to_string());
        for (&peer, _) in self.peers.iter().filter(|(_, peer)| peer.is_alive) {
            let generation = self.config.generation;
            out.send(peer, None, Payload::GossipShutdown(Shutdown { generation }));
        }
    }

    /// Whether it gossips: not after `shut_down`.
    pub fn is_running(&self) -> bool {
        self.next_round.is_some()
    }

    /// Whether a node is up in this node's opinion.
    pub fn is_alive(&self, endpoint: Endpoint) -> bool {
        endpoint == self.config.endpoint || self.peers.get(&endpoint).is_some_and(|peer| peer.is_alive)
    }

    /// How long a node has been down, while it is.
    pub fn downtime(&self, endpoint: Endpoint, now: Instant) -> Option<Duration> {
        Some(now.since(self.peers.get(&endpoint)?.unreachable_since?))
    }

    /// Phi of a peer as last looked at, in `nodetool failuredetector`'s measure.
    pub fn phi(&self, endpoint: Endpoint) -> Option<f64> {
        let peer = self.peers.get(&endpoint)?;
        peer.arrivals.as_ref().map(|_| peer.phi)
    }

    /// The state of every node known, this one's included, by address.
    pub fn endpoint_states(&self) -> impl Iterator<Item = (Endpoint, &EndpointState)> {
        let own = self.config.endpoint;
        let peers = || self.peers.iter().map(|(&endpoint, peer)| (endpoint, &peer.state));
        let before = peers().filter(move |(endpoint, _)| *endpoint < own);
        let after = peers().filter(move |(endpoint, _)| *endpoint > own);
        before.chain(core::iter::once((own, &self.local))).chain(after)
    }

    pub fn endpoint_state(&self, endpoint: Endpoint) -> Option<&EndpointState> {
        if endpoint == self.config.endpoint {
            return Some(&self.local);
        }
        Some(&self.peers.get(&endpoint)?.state)
    }

    pub fn local_state(&self) -> &EndpointState {
        &self.local
    }

    pub fn status(&self, endpoint: Endpoint) -> Option<Status> {
        if endpoint == self.config.endpoint {
            return status_of(&self.local);
        }
        self.peers.get(&endpoint)?.status
    }

    /// The peers that are up.
    pub fn live_peers(&self) -> impl Iterator<Item = Endpoint> {
        let live = self.peers.iter().filter(|(_, peer)| peer.is_alive);
        live.map(|(&endpoint, _)| endpoint)
    }

    /// The peers that are down and have not left.
    pub fn unreachable_peers(&self) -> impl Iterator<Item = Endpoint> {
        let unreachable = self.peers.iter().filter(|(_, peer)| peer.unreachable_since.is_some());
        unreachable.map(|(&endpoint, _)| endpoint)
    }

    /// What changed since this was last asked, in order.
    pub fn take_changes(&mut self) -> Vec<GossipChange> {
        core::mem::take(&mut self.changes)
    }

    pub(super) fn change(&mut self, change: GossipChange) {
        self.changes.push(change);
    }

    /// Takes a peer for down.
    pub(super) fn mark_down(&mut self, endpoint: Endpoint, now: Instant, out: &mut Outbox) {
        let Some(peer) = self.peers.get_mut(&endpoint) else {
            return;
        };
        let was_alive = core::mem::replace(&mut peer.is_alive, false);
        peer.unreachable_since.get_or_insert(now);
        if was_alive {
            let phi_thousandths = (peer.phi * 1000.0) as u32;
            out.event(
                None,
                What::PeerDown {
                    peer: endpoint,
                    phi_thousandths,
                },
            );
            self.change(GossipChange::Down(endpoint));
        }
    }

    /// Takes a peer out of the cluster: it left, or never came. What is known of it stays until its time is over, so that
    /// others learn of it too.
    pub(super) fn remove(&mut self, endpoint: Endpoint, now: Instant) {
        let Some(peer) = self.peers.get_mut(&endpoint) else {
            return;
        };
        peer.is_alive = false;
        peer.unreachable_since = None;
        peer.arrivals = None;
        peer.echo = None;
        self.quarantined.insert(endpoint, now);
        self.change(GossipChange::Removed(endpoint));
    }
}
