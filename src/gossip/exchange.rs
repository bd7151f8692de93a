//! What a gossiper does with a message: the three steps of an exchange, echoes, and farewells.

use super::gossiper::{GossipChange, HIGHEST_VERSION};
use super::peer::Peer;
use super::{Gossiper, Status};
use crate::base::{Duration, Endpoint, Instant, SortedMap};
use crate::event::What;
use crate::message::gossip::{
    Ack, Ack2, ApplicationState, Digest, EndpointState, Generation, Shutdown, StateVersion, Syn, VersionedValue,
};
use crate::message::{Envelope, Outbox, Payload};

/// An echo that is not answered by then is asked again with the next news. Cassandra waits `request_timeout`, 10 s, over
/// connections that lose nothing; here one lost message would keep a live node down for that long.
const ECHO_TIMEOUT: Duration = Duration::from_secs(2);

/// A generation further ahead of the clock than a year is rubbish. `Gossiper.MAX_GENERATION_DIFFERENCE`.
const MAX_GENERATION_AHEAD_SECONDS: i64 = 365 * 24 * 3600;

impl Gossiper {
    /// Takes a message of gossip; others are none of its business.
    pub fn on_message(&mut self, now: Instant, message: &Envelope, out: &mut Outbox) {
        if !self.is_running() || message.from == self.config.endpoint {
            return;
        }
        match &message.payload {
            Payload::GossipSyn(syn) => self.on_syn(message, syn, out),
            Payload::GossipAck(ack) => self.on_ack(now, message, ack, out),
            Payload::GossipAck2(ack2) => self.learn(now, &ack2.states, out),
            Payload::GossipShutdown(shutdown) => self.on_shutdown(now, message.from, *shutdown, out),
            Payload::EchoRequest => out.reply(message, Payload::EchoResponse),
            Payload::EchoResponse => self.on_echo(now, message, out),
            _ => {}
        }
    }

    /// Answers with what the asker lacks, and asks for what this node lacks.
    fn on_syn(&mut self, message: &Envelope, syn: &Syn, out: &mut Outbox) {
        if syn.cluster_name != self.names.0 || syn.partitioner != self.names.1 {
            return;
        }
        let mut ack = Ack {
            requests: Vec::new(),
            states: Vec::new(),
        };
        for digest in &syn.digests {
            let endpoint = digest.endpoint;
            let theirs = (digest.generation, digest.max_version);
            let known = self.known(endpoint);
            let ours = known.map_or((Generation(0), StateVersion(0)), |it| {
                (it.state.generation, it.max_version)
            });
            let mut ask_for_newer_than = |generation, max_version| {
                ack.requests.push(Digest {
                    endpoint,
                    generation,
                    max_version,
                });
            };
            match known {
                Some(_) if theirs == ours => {}
                Some(_) if theirs.0 == ours.0 && theirs.1 > ours.1 => ask_for_newer_than(ours.0, ours.1),
                Some(known) if theirs < ours => {
                    let has = if theirs.0 == ours.0 { theirs.1 } else { StateVersion(0) };
                    ack.states.extend(known.newer_than(has).map(|news| (endpoint, news)));
                }
                // Unknown, or started anew: all of it.
                _ => ask_for_newer_than(digest.generation, StateVersion(0)),
            }
        }
        out.reply(message, Payload::GossipAck(ack));
    }

    fn on_ack(&mut self, now: Instant, message: &Envelope, ack: &Ack, out: &mut Outbox) {
        self.learn(now, &ack.states, out);
        let news = |request: &Digest| {
            let news = self.known(request.endpoint)?.newer_than(request.max_version)?;
            Some((request.endpoint, news))
        };
        let states = ack.requests.iter().filter_map(news).collect();
        out.reply(message, Payload::GossipAck2(Ack2 { states }));
    }

    fn known(&self, endpoint: Endpoint) -> Option<Known<'_>> {
        if endpoint == self.config.endpoint {
            return Some(Known {
                state: &self.local,
                max_version: self.versions,
                values_version: self.values_version,
            });
        }
        self.peers.get(&endpoint).map(|peer| Known {
            state: &peer.state,
            max_version: peer.max_version,
            values_version: peer.values_version,
        })
    }

    /// Takes in what a peer tells of others and of itself.
    fn learn(&mut self, now: Instant, states: &[(Endpoint, EndpointState)], out: &mut Outbox) {
        for &(endpoint, ref remote) in states {
            if endpoint == self.config.endpoint || self.quarantined.contains_key(&endpoint) {
                continue;
            }
            let latest = self.config.clock.at(now).seconds() + MAX_GENERATION_AHEAD_SECONDS;
            let Some(peer) = self.peers.get_mut(&endpoint) else {
                if i64::from(remote.generation.0) <= latest {
                    self.on_new_generation(now, endpoint, remote, out);
                }
                continue;
            };
            let known = peer.state.generation;
            if remote.generation > known && i64::from(remote.generation.0) <= latest {
                // It was down and is another process now: the old one's intervals say nothing of it.
                if !peer.is_alive {
                    peer.arrivals = None;
                }
                peer.record_arrival(now);
                self.on_new_generation(now, endpoint, remote, out);
            } else if remote.generation == known {
                if remote.heartbeat > peer.max_version {
                    peer.updated = now;
                    peer.record_arrival(now);
                }
                if remote.max_version() > peer.max_version {
                    self.merge(now, endpoint, remote, out);
                }
                self.ask_whether_alive(now, endpoint, out);
            }
        }
    }

    /// A node not known before, or one that started anew.
    fn on_new_generation(&mut self, now: Instant, endpoint: Endpoint, remote: &EndpointState, out: &mut Outbox) {
        let mut peer = Peer::new(remote.clone(), now);
        let before = self.peers.remove(&endpoint);
        let is_new = before.is_none();
        if let Some(before) = before {
            peer.arrivals = before.arrivals;
            peer.is_member |= before.is_member && !peer.is_dead_by_status();
            peer.unreachable_since = before.unreachable_since;
        }
        // Until its echo comes.
        if !peer.is_dead_by_status() {
            peer.unreachable_since.get_or_insert(now);
        }
        let is_heard_of_alive = is_new && !peer.is_dead_by_status();
        self.peers.insert(endpoint, peer);
        self.change(if is_new {
            GossipChange::Joined(endpoint)
        } else {
            GossipChange::Restarted(endpoint)
        });
        if is_heard_of_alive {
            out.event(None, What::PeerJoined { peer: endpoint });
        }
        self.on_status(now, endpoint, out);
        self.ask_whether_alive(now, endpoint, out);
    }

    /// News of a node that goes on running.
    fn merge(&mut self, now: Instant, endpoint: Endpoint, remote: &EndpointState, out: &mut Outbox) {
        let Some(peer) = self.peers.get_mut(&endpoint) else {
            return;
        };
        peer.state.heartbeat = peer.state.heartbeat.max(remote.heartbeat);
        let mut changed = Vec::new();
        for (&state, value) in &remote.states {
            match peer.state.states.get_mut(&state) {
                Some(known) if known.version >= value.version => continue,
                Some(known) if known.value == value.value => known.version = value.version,
                _ => {
                    peer.state.states.insert(state, value.clone());
                    changed.push(state);
                }
            }
        }
        peer.max_version = peer.max_version.max(remote.max_version());
        peer.values_version = peer.values_version.max(remote.values_version());
        let is_status =
            |state: &ApplicationState| matches!(state, ApplicationState::Status | ApplicationState::StatusWithPort);
        let has_new_status = changed.iter().any(is_status);
        if has_new_status {
            peer.read_status();
        }
        for state in changed {
            self.change(GossipChange::StateChanged { endpoint, state });
        }
        if has_new_status {
            self.on_status(now, endpoint, out);
        }
    }

    /// A peer's status is another, or new.
    fn on_status(&mut self, now: Instant, endpoint: Endpoint, out: &mut Outbox) {
        let Some(status) = self.peers.get(&endpoint).and_then(|peer| peer.status) else {
            return;
        };
        out.event(
            None,
            What::PeerState {
                peer: endpoint,
                status: status.word().to_string(),
            },
        );
        match status {
            Status::Left { .. } | Status::Removed { .. } => {
                self.mark_down(endpoint, now, out);
                self.remove(endpoint, now);
            }
            Status::Shutdown | Status::Removing(_) | Status::Hibernate => self.mark_down(endpoint, now, out),
            Status::Boot(_) | Status::Normal(_) | Status::Leaving(_) => {}
        }
    }

    /// Gossip is hearsay: a node counts as up only once it has answered this one.
    fn ask_whether_alive(&mut self, now: Instant, endpoint: Endpoint, out: &mut Outbox) {
        let Some(peer) = self.peers.get_mut(&endpoint) else {
            return;
        };
        let is_asked = peer.echo.is_some_and(|(_, given_up)| now < given_up);
        let has_stopped = peer.status == Some(Status::Shutdown);
        if peer.is_alive || is_asked || has_stopped || peer.is_dead_by_status() {
            return;
        }
        let id = out.send(endpoint, None, Payload::EchoRequest);
        peer.echo = Some((id, now + ECHO_TIMEOUT));
    }

    fn on_echo(&mut self, now: Instant, message: &Envelope, out: &mut Outbox) {
        let endpoint = message.from;
        let Some(peer) = self.peers.get_mut(&endpoint) else {
            return;
        };
        let answers_last = peer.echo.is_some_and(|(id, _)| Some(id) == message.in_reply_to);
        if !answers_last || peer.is_alive {
            return;
        }
        peer.echo = None;
        peer.is_alive = true;
        peer.unreachable_since = None;
        peer.updated = now;
        out.event(None, What::PeerUp { peer: endpoint });
        self.change(GossipChange::Up(endpoint));
    }

    /// A peer stops on purpose: down at once, without waiting for its silence to be noticed.
    fn on_shutdown(&mut self, now: Instant, endpoint: Endpoint, shutdown: Shutdown, out: &mut Outbox) {
        let Some(peer) = self.peers.get_mut(&endpoint) else {
            return;
        };
        if shutdown.generation != peer.state.generation || peer.status == Some(Status::Shutdown) {
            return;
        }
        for (state, value) in [
            (ApplicationState::StatusWithPort, Status::Shutdown.to_string()),
            (ApplicationState::RpcReady, "false".to_string()),
        ] {
            let version = StateVersion(peer.max_version.0 + 1);
            peer.values_version = version;
            peer.state.states.insert(state, VersionedValue { value, version });
        }
        // No rumour of this generation is newer than its end.
        peer.state.heartbeat = HIGHEST_VERSION;
        peer.max_version = HIGHEST_VERSION;
        peer.echo = None;
        peer.read_status();
        self.change(GossipChange::StateChanged {
            endpoint,
            state: ApplicationState::StatusWithPort,
        });
        self.on_status(now, endpoint, out);
    }
}

/// A state with what is kept about its versions, since most of the time only the heartbeat is news.
#[derive(Clone, Copy)]
struct Known<'a> {
    state: &'a EndpointState,
    max_version: StateVersion,
    values_version: StateVersion,
}

impl Known<'_> {
    /// What of it is newer than a version; `None` when nothing is.
    fn newer_than(&self, version: StateVersion) -> Option<EndpointState> {
        if self.max_version <= version {
            return None;
        }
        let mut news = EndpointState {
            generation: self.state.generation,
            heartbeat: self.state.heartbeat,
            states: SortedMap::new(),
        };
        if self.values_version > version {
            let newer = self.state.states.iter().filter(|(_, value)| value.version > version);
            news.states = newer.map(|(&state, value)| (state, value.clone())).collect();
        }
        Some(news)
    }
}
