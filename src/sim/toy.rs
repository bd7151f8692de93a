//! A small machine to try the simulator on: nodes that chat at random, and ask a neighbour on a client's behalf.

use std::collections::BTreeMap;

use super::machine::{Drive, Machine};
use crate::base::{Duration, Endpoint, HostId, Instant, MessageId, Random, RequestId};
use crate::cql::QueryResult;
use crate::event::{Event, What};
use crate::message::{Envelope, Payload};
use crate::node::{ClientReply, CommitLogView, Input, NodeConfig, NodeView, Output, ViewRequest};

#[derive(Clone, Default)]
pub struct NoDisk;

impl Drive for NoDisk {
    fn lose_power(&self, _: &mut Random) {}
}

pub struct Toy {
    config: NodeConfig,
    random: Random,
    next: Instant,
    messages: u64,
    asked: BTreeMap<MessageId, RequestId>,
    met: Vec<Endpoint>,
    out: Vec<Output>,
}

/// Chatter goes to one of this many first nodes.
const PARTNERS: u64 = 3;

impl Toy {
    fn tell(&mut self, at: Instant, cause: Option<RequestId>, what: What) {
        let node = self.config.endpoint;
        self.out.push(Output::Event(Event { at, node, cause, what }));
    }

    fn send(
        &mut self,
        to: Endpoint,
        reply_to: Option<MessageId>,
        cause: Option<RequestId>,
        payload: Payload,
    ) -> MessageId {
        let id = MessageId(self.messages);
        self.messages += 1;
        self.out.push(Output::Send(Envelope {
            from: self.config.endpoint,
            to,
            id,
            in_reply_to: reply_to,
            cause,
            payload,
        }));
        id
    }

    fn partner(&mut self) -> Endpoint {
        let own = u64::from(self.config.endpoint.number());
        let mut n = self.random.below(PARTNERS) + 1;
        if n == own {
            n = n % PARTNERS + 1;
        }
        Endpoint::nth(n as u8)
    }
}

impl Machine for Toy {
    type Disk = NoDisk;

    fn start(config: NodeConfig, _: NoDisk, now: Instant) -> Toy {
        let random = Random::stream(config.seed, &config.endpoint.to_string());
        let mut toy = Toy {
            config,
            random,
            next: now + Duration::from_millis(10),
            messages: 0,
            asked: BTreeMap::new(),
            met: Vec::new(),
            out: Vec::new(),
        };
        toy.tell(now, None, What::NodeStarted { generation: 1 });
        toy
    }

    fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Timeout => {
                let pause = self
                    .random
                    .duration(Duration::from_millis(1), Duration::from_millis(20));
                self.next = now + pause;
                let to = self.partner();
                self.send(to, None, None, Payload::EchoRequest);
            }
            Input::Message(envelope) => {
                let (from, id, verb) = (envelope.from, envelope.id, envelope.verb());
                self.tell(now, envelope.cause, What::MessageReceived { from, id, verb });
                if !self.met.contains(&from) {
                    self.met.push(from);
                    self.tell(now, None, What::PeerUp { peer: from });
                }
                match envelope.in_reply_to.and_then(|id| self.asked.remove(&id)) {
                    Some(id) => self.out.push(Output::Reply(ClientReply {
                        id,
                        result: Ok(QueryResult::Void),
                        warnings: Vec::new(),
                    })),
                    None if envelope.in_reply_to.is_none() => {
                        let answer = match envelope.payload {
                            Payload::TruncateResponse | Payload::EchoRequest => Payload::EchoResponse,
                            _ => Payload::MutationResponse,
                        };
                        self.send(from, Some(id), envelope.cause, answer);
                    }
                    None => {}
                }
            }
            Input::Client(request) => {
                let to = self.partner();
                let id = self.send(to, None, Some(request.id), Payload::SchemaPullRequest);
                self.asked.insert(id, request.id);
            }
            Input::Operator(_) => {}
        }
    }

    fn drain(&mut self) -> impl Iterator<Item = Output> {
        self.out.drain(..)
    }

    fn next_timeout(&self) -> Option<Instant> {
        Some(self.next)
    }

    fn view(&self, _: &ViewRequest) -> NodeView {
        NodeView {
            endpoint: self.config.endpoint,
            host_id: HostId(uuid::Uuid::nil()),
            datacenter: self.config.datacenter.clone(),
            rack: self.config.rack.clone(),
            tokens: self.config.tokens.clone(),
            mode: "NORMAL".into(),
            generation: 1,
            schema_version: uuid::Uuid::nil(),
            keyspaces: Vec::new(),
            peers: Vec::new(),
            tables: Vec::new(),
            commit_log: CommitLogView::default(),
            hints: Vec::new(),
            pending_requests: self.asked.len() as u32,
            partition: None,
            inspected: None,
        }
    }
}
