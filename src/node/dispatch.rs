//! Messages to those who handle them.

use super::core::Running;
use super::paxos_store::NodePaxosStore;
use super::system_tables::{self, NodeFacts};
use crate::base::{Endpoint, SortedMap};
use crate::data::WriteTimestamp;
use crate::event::What;
use crate::gossip::{GossipChange, RingChange, follow};
use crate::message::gossip::ApplicationState;
use crate::message::replica::FailureReason;
use crate::message::{Envelope, Payload};
use crate::paxos;
use crate::ring::NodeState;
use crate::storage::{Durability, StorageError};

impl Running {
    /// Takes a message, from a peer or from this node itself.
    pub(super) fn deliver(&mut self, message: Envelope) {
        self.work.note_taken(message.verb());
        match &message.payload {
            Payload::GossipSyn(_)
            | Payload::GossipAck(_)
            | Payload::GossipAck2(_)
            | Payload::GossipShutdown(_)
            | Payload::EchoRequest
            | Payload::EchoResponse => self.gossiper.on_message(self.now, &message, &mut self.out),
            Payload::SchemaPush(_)
            | Payload::SchemaPushResponse
            | Payload::SchemaPullRequest
            | Payload::SchemaPullResponse(_) => self.on_schema_message(&message),
            Payload::PaxosPrepareRequest(_) | Payload::PaxosProposeRequest(_) | Payload::PaxosCommitRequest(_) => {
                self.on_paxos_request(&message);
            }
            Payload::BatchStoreRequest(batch) => self.on_batch_store(&message, batch),
            Payload::BatchRemoveRequest(id) => self.on_batch_remove(&message, *id),
            Payload::CounterRequest(request) => self.on_counter_request(&message, request),
            _ if message.in_reply_to.is_some() => self.on_response(message),
            _ => self.on_replica_request(&message),
        }
    }

    fn on_replica_request(&mut self, message: &Envelope) {
        let answer = self.replica(message.cause).answer(&message.payload);
        if let Some(answer) = answer {
            self.answer(message, answer);
        }
    }

    pub(super) fn answer(&mut self, request: &Envelope, answer: Payload) {
        if request.from != self.endpoint() {
            self.out
                .event(request.cause, What::ResponseEnqueued { to: request.from });
        }
        self.out.reply(request, answer);
    }

    fn on_response(&mut self, message: Envelope) {
        let Some(request) = message.in_reply_to else { return };
        if self.on_hint_response(request, &message.payload) {
            return;
        }
        // Nobody waits for it any more: the operation was done, or the node was another process when it asked.
        let Some(operation) = self.operations.asked_with(request) else {
            return;
        };
        if message.from != self.endpoint() {
            self.event(message.cause, What::ResponseProcessed { from: message.from });
        }
        let (now, from) = (self.now, message.from);
        let stepped = self
            .operations
            .on_response(operation, now, from, request, message.payload, &mut self.out);
        if let Some(stepped) = stepped {
            self.after_step(stepped);
        }
    }

    fn on_paxos_request(&mut self, message: &Envelope) {
        let now = self.epoch_seconds();
        let mut store = NodePaxosStore {
            engine: &mut self.engine,
            schema: &self.schema,
            views: &mut self.views,
            now,
            cause: message.cause,
        };
        let (cause, out) = (message.cause, &mut self.out);
        let answer = match &message.payload {
            Payload::PaxosPrepareRequest(it) => {
                paxos::prepare(it, cause, &mut store, out).map(Payload::PaxosPrepareResponse)
            }
            Payload::PaxosProposeRequest(it) => {
                paxos::propose(it, cause, &mut store, out).map(Payload::PaxosProposeResponse)
            }
            Payload::PaxosCommitRequest(it) => {
                paxos::commit(it, cause, &mut store, out).map(|()| Payload::PaxosCommitResponse)
            }
            _ => return,
        };
        let answer = answer.unwrap_or(Payload::Failure(FailureReason::Unknown));
        self.answer(message, answer);
    }

    /// Acts on what gossip found out.
    pub(super) fn follow_gossip(&mut self) {
        for change in self.gossiper.take_changes() {
            match follow(change, &self.gossiper, self.ring.topology_mut()) {
                RingChange::Unchanged => {}
                RingChange::Changed => self.ring_changed(),
                RingChange::Left(host) => {
                    if let GossipChange::StateChanged { endpoint, .. } | GossipChange::Removed(endpoint) = change {
                        self.forget_hints(host, endpoint);
                    }
                    self.ring_changed();
                }
            }
            match change {
                GossipChange::StateChanged {
                    endpoint,
                    state: ApplicationState::Schema,
                }
                | GossipChange::Joined(endpoint)
                | GossipChange::Restarted(endpoint)
                | GossipChange::Up(endpoint) => {
                    self.compare_schema_version(endpoint);
                    // This node may itself have restarted: the rows are not kept on the disk.
                    self.write_peer_rows(endpoint);
                }
                GossipChange::StateChanged { .. } | GossipChange::Removed(_) | GossipChange::Down(_) => {}
            }
        }
    }

    /// Remembers the ring for the next start, and shows it to clients.
    fn ring_changed(&mut self) {
        let ring: SortedMap<_, _> = self
            .ring
            .topology()
            .nodes()
            .map(|(it, node)| (it, node.clone()))
            .collect();
        if let Err(error) = self.engine.put_local(super::start::RING, &ring) {
            self.disk_failed(&error);
        }
        let peers: Vec<Endpoint> = ring.into_keys().filter(|it| *it != self.endpoint()).collect();
        for peer in peers {
            self.write_peer_rows(peer);
        }
    }

    /// The row of `system.local`.
    pub(super) fn write_own_row(&mut self) -> Result<(), StorageError> {
        let facts = NodeFacts {
            endpoint: self.endpoint(),
            host_id: self.host_id.0,
            datacenter: self.config.datacenter.clone(),
            rack: self.config.rack.clone(),
            tokens: self.tokens.iter().map(ToString::to_string).collect(),
            schema_version: self.schema.version(),
            native: self.config.native.of(self.endpoint()),
        };
        let at = self.next_timestamp();
        let row = system_tables::local_row(&facts, &self.config.cluster_name, self.generation, at);
        self.engine.apply(row, Durability::MemoryOnly).map(drop)
    }

    fn write_peer_rows(&mut self, peer: Endpoint) {
        let at: WriteTimestamp = self.next_timestamp();
        let version = self
            .gossiper
            .endpoint_state(peer)
            .and_then(|state| state.get(ApplicationState::Schema));
        let schema_version = version.and_then(|text| text.parse().ok()).unwrap_or_default();
        let node = self
            .ring
            .topology()
            .get(peer)
            .filter(|node| node.state != NodeState::Joining);
        let facts = node.map(|node| NodeFacts {
            endpoint: peer,
            host_id: node.host_id.0,
            datacenter: node.location.datacenter.to_string(),
            rack: node.location.rack.to_string(),
            tokens: node.tokens.iter().map(ToString::to_string).collect(),
            schema_version,
            native: self.config.native.of(peer),
        });
        for row in system_tables::peer_rows(peer, facts.as_ref(), at, self.epoch_seconds()) {
            if let Err(error) = self.engine.apply(row, Durability::MemoryOnly) {
                self.disk_failed(&error);
            }
        }
    }
}
