//! Nodes that hold nothing but a replica and the operations they coordinate, on one queue of virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ringscope::base::{Duration, Endpoint, HostId, Instant, MessageId, Random, Seed, WallClock};
use ringscope::coordinator::{
    BallotGenerator, Cas, CasRequest, CasResult, Cluster, Evaluation, Operation, RangeRead, Read, ReadRequest,
    RequestError, SerialRead, TableLatencies, Write, WriteRequest,
};
use ringscope::data::*;
use ringscope::event::What;
use ringscope::message::paxos::{Ballot, Subject};
use ringscope::message::{Envelope, Outbox, Payload};
use ringscope::ring::{Location, NodeState, Placement, RingNode, Topology};
use ringscope::schema::*;
use ringscope::storage::{Durability, Engine, MemoryDisk, StorageConfig};
use uuid::Uuid;

use super::replica::answer;
use super::table::{EPOCH, schema};

/// How the network treats messages between nodes; what a node says to itself always arrives at once.
#[derive(Clone, Copy)]
pub struct Network {
    pub loss: f64,
    pub duplication: f64,
    pub longest: Duration,
}

impl Network {
    pub const CALM: Network = Network {
        loss: 0.0,
        duplication: 0.0,
        longest: Duration::from_millis(2),
    };
}

/// What a client asked for, under way.
enum Running {
    Write(Box<Write>),
    Read(Box<Read>),
    Range(Box<RangeRead>),
    Serial(Box<SerialRead>),
    Cas(Box<Cas>),
}

/// What a client is told.
#[derive(Debug)]
pub enum Told {
    Written(Result<(), RequestError>),
    Found(Result<Vec<Partition>, RequestError>),
    Cas(Result<CasResult, RequestError>),
}

/// What there is to do for the test.
pub enum Happening {
    Told(u64, Told),
    /// A conditional update waits for `proceed` or `refuse`.
    Evaluate(u64, Evaluation),
}

struct Node {
    engine: Engine,
    out: Outbox,
    ballots: BallotGenerator,
    running: BTreeMap<u64, Running>,
    asked: BTreeMap<MessageId, u64>,
    wakes_at: Option<Instant>,
}

enum Due {
    Message(Box<Envelope>),
    Timeout(Endpoint),
}

pub struct TestCluster {
    pub now: Instant,
    pub random: Random,
    pub seen: Vec<What>,
    /// Every update that was proposed, by ballot.
    pub proposed: BTreeMap<Ballot, Option<Mutation>>,
    /// Nodes thought to be down.
    pub down: BTreeSet<Endpoint>,
    network: Network,
    topology: Topology,
    placement: BTreeMap<Endpoint, Arc<Placement>>,
    schema: Schema,
    nodes: BTreeMap<Endpoint, Node>,
    due: BTreeMap<(Instant, u64), Due>,
    sequence: u64,
    requests: BTreeMap<u64, Endpoint>,
    happenings: Vec<Happening>,
}

impl TestCluster {
    /// `nodes` nodes of two tokens each in one datacentre.
    pub fn new(seed: u64, nodes: u8, factor: u32, network: Network, change: impl Fn(&mut TableParams)) -> TestCluster {
        let mut random = Random::stream(Seed(seed), "cluster");
        let mut topology = Topology::default();
        for n in 1..=nodes {
            let mut tokens: Vec<Token> = (0..2).map(|_| Token(random.bits() as i64)).collect();
            tokens.sort();
            let node = RingNode {
                host_id: HostId(Uuid::from_u128(n.into())),
                location: Location::new("datacenter1", "rack1"),
                state: NodeState::Normal,
                tokens,
            };
            topology.insert(Endpoint::nth(n), node);
        }
        let params = ReplicationParams::Simple { factor };
        let endpoints: Vec<Endpoint> = (1..=nodes).map(Endpoint::nth).collect();
        let node = |endpoint: &Endpoint| {
            let skew_micros = i64::from(endpoint.number()) * 20_000 - 50_000;
            let clock = WallClock {
                epoch: EPOCH,
                skew_micros,
            };
            let stream = Random::stream(Seed(seed), &format!("ballots of {endpoint}"));
            let disk = Box::new(MemoryDisk::new());
            let node = Node {
                engine: Engine::open(disk, StorageConfig::default()).unwrap().0,
                out: Outbox::default(),
                ballots: BallotGenerator::new(clock, stream),
                running: BTreeMap::new(),
                asked: BTreeMap::new(),
                wakes_at: None,
            };
            (*endpoint, node)
        };
        TestCluster {
            now: Instant::from_micros(1_000),
            seen: Vec::new(),
            proposed: BTreeMap::new(),
            down: BTreeSet::new(),
            network,
            placement: endpoints
                .iter()
                .map(|it| (*it, Arc::new(Placement::new(&params, &topology, *it))))
                .collect(),
            topology,
            schema: schema(params, change),
            nodes: endpoints.iter().map(node).collect(),
            due: BTreeMap::new(),
            sequence: 0,
            requests: BTreeMap::new(),
            happenings: Vec::new(),
            random,
        }
    }

    pub fn table(&self) -> Arc<TableMetadata> {
        self.schema.table("ks", "t").unwrap().clone()
    }

    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.nodes.keys().copied().collect()
    }

    pub fn mutation(&self, update: Partition) -> Mutation {
        let table = self.table();
        Mutation::new(table.keyspace.clone(), table.id, update)
    }

    /// Puts data straight into one replica.
    pub fn plant(&mut self, endpoint: Endpoint, update: Partition) {
        let mutation = self.mutation(update);
        let node = self.nodes.get_mut(&endpoint).unwrap();
        node.engine.apply(mutation, Durability::Logged).unwrap();
    }

    pub fn partition_at(&self, endpoint: Endpoint, key: &DecoratedKey) -> Option<Partition> {
        self.nodes[&endpoint].engine.partition(self.table().id, key).unwrap()
    }

    pub fn replicas(&self, key: &DecoratedKey) -> Vec<Endpoint> {
        self.placement.values().next().unwrap().natural(key.token).to_vec()
    }

    fn coordinate<R>(
        &mut self,
        at: Endpoint,
        start: impl FnOnce(&Cluster<'_>, &mut BallotGenerator, &mut Outbox) -> R,
    ) -> R {
        let is_alive = |endpoint| !self.down.contains(&endpoint);
        let cluster = Cluster {
            local: at,
            topology: &self.topology,
            placement: &self.placement[&at],
            is_alive: &is_alive,
            takes_hints: &|_| true,
        };
        let node = self.nodes.get_mut(&at).unwrap();
        start(&cluster, &mut node.ballots, &mut node.out)
    }

    pub fn write(&mut self, at: Endpoint, request: WriteRequest) -> u64 {
        let now = self.now;
        let write = self.coordinate(at, |cluster, _, out| {
            Write::start(request.clone(), &cluster.layout(request.mutation.key.token), now, out)
        });
        self.run(at, Running::Write(Box::new(write)))
    }

    pub fn read(&mut self, at: Endpoint, request: ReadRequest) -> u64 {
        let (now, latencies) = (self.now, TableLatencies::default());
        let running = self.coordinate(at, |cluster, ballots, out| match request.command.partitions.clone() {
            PartitionSelection::Range(_) => {
                Running::Range(Box::new(RangeRead::start(request, cluster, &latencies, 0.0, now, out)))
            }
            PartitionSelection::One(key) => {
                let layout = cluster.layout(key.token);
                if request.consistency.is_serial() {
                    let table = request.table.id;
                    let subject = Subject { table, key };
                    Running::Serial(Box::new(SerialRead::start(
                        request, subject, layout, &latencies, ballots, now, out,
                    )))
                } else {
                    Running::Read(Box::new(Read::start(request, &layout, &latencies, now, out)))
                }
            }
        });
        self.run(at, running)
    }

    pub fn cas(&mut self, at: Endpoint, request: CasRequest) -> u64 {
        let (now, latencies) = (self.now, TableLatencies::default());
        let cas = self.coordinate(at, |cluster, ballots, out| {
            let layout = cluster.layout(request.subject.key.token);
            Cas::start(request, layout, &latencies, ballots, now, out)
        });
        self.run(at, Running::Cas(Box::new(cas)))
    }

    fn run(&mut self, at: Endpoint, running: Running) -> u64 {
        self.sequence += 1;
        let request = self.sequence;
        self.requests.insert(request, at);
        self.nodes.get_mut(&at).unwrap().running.insert(request, running);
        self.settle(at, request);
        request
    }

    /// Answers an evaluation; `None` refuses.
    pub fn decide(&mut self, request: u64, update: Option<Mutation>) {
        let (now, at) = (self.now, self.requests[&request]);
        let Node { running, out, .. } = self.nodes.get_mut(&at).unwrap();
        let Some(Running::Cas(cas)) = running.get_mut(&request) else {
            return;
        };
        match update {
            Some(update) => cas.proceed(now, update, out),
            None => cas.refuse(now, out),
        }
        self.settle(at, request);
    }

    /// The coordinator forgets a request: as if it had crashed, for this one.
    pub fn forget(&mut self, request: u64) {
        let at = self.requests[&request];
        self.nodes.get_mut(&at).unwrap().running.remove(&request);
    }

    /// Hands out what an operation has to tell, and sends what its node wants sent.
    fn settle(&mut self, at: Endpoint, request: u64) {
        let mut node = self.nodes.remove(&at).unwrap();
        for message in &node.out.messages {
            if message.in_reply_to.is_none() {
                node.asked.insert(message.id, request);
            }
        }
        let mut is_finished = false;
        if let Some(running) = node.running.get_mut(&request) {
            let told = match running {
                Running::Write(it) => it.take_outcome().map(Told::Written),
                Running::Read(it) => it.take_outcome().map(Told::Found),
                Running::Range(it) => it.take_outcome().map(Told::Found),
                Running::Serial(it) => it.take_outcome().map(Told::Found),
                Running::Cas(it) => it.take_outcome().map(Told::Cas),
            };
            self.happenings.extend(told.map(|told| Happening::Told(request, told)));
            if let Running::Cas(cas) = running
                && let Some(evaluation) = cas.take_evaluation()
            {
                self.happenings.push(Happening::Evaluate(request, evaluation));
            }
            is_finished = running.as_operation().is_finished();
        }
        if is_finished {
            node.running.remove(&request);
        }
        self.nodes.insert(at, node);
        self.send(at);
    }

    fn send(&mut self, from: Endpoint) {
        let node = self.nodes.get_mut(&from).unwrap();
        self.seen.extend(node.out.events.drain(..).map(|(_, what)| what));
        let next = node
            .running
            .values()
            .filter_map(|it| it.as_operation().next_timeout())
            .min();
        if let Some(at) = next
            && node.wakes_at.is_none_or(|earlier| at < earlier || earlier < self.now)
        {
            node.wakes_at = Some(at);
            self.sequence += 1;
            self.due.insert((at.max(self.now), self.sequence), Due::Timeout(from));
        }
        for message in core::mem::take(&mut node.out.messages) {
            if let Payload::PaxosProposeRequest(propose) = &message.payload {
                let proposal = propose.proposal.clone();
                let known = self.proposed.entry(proposal.ballot).or_insert(proposal.update.clone());
                assert_eq!(*known, proposal.update, "two updates for one ballot");
            }
            let envelope = Envelope {
                from,
                to: message.to,
                id: message.id,
                in_reply_to: message.in_reply_to,
                cause: message.cause,
                payload: message.payload,
            };
            let is_local = from == envelope.to;
            let copies = match is_local {
                true => 1,
                false if self.random.chance(self.network.loss) => 0,
                false => 1 + u32::from(self.random.chance(self.network.duplication)),
            };
            for _ in 0..copies {
                let shortest = Duration::from_micros(100);
                let delay = if is_local {
                    Duration::ZERO
                } else {
                    self.random.duration(shortest, self.network.longest)
                };
                self.sequence += 1;
                self.due.insert(
                    (self.now + delay, self.sequence),
                    Due::Message(Box::new(envelope.clone())),
                );
            }
        }
    }

    /// Goes on to the next thing the test has to know of; `None` when nothing is under way.
    pub fn next(&mut self) -> Option<Happening> {
        self.next_until(Instant::MAX)
    }

    /// As `next`, but no further than to a time.
    pub fn next_until(&mut self, until: Instant) -> Option<Happening> {
        loop {
            if !self.happenings.is_empty() {
                return Some(self.happenings.remove(0));
            }
            let first = self.due.first_entry().filter(|it| it.key().0 <= until);
            let Some(first) = first else {
                self.now = self.now.max(if until == Instant::MAX { self.now } else { until });
                return None;
            };
            let ((at, _), due) = first.remove_entry();
            self.now = at;
            match due {
                Due::Timeout(endpoint) => self.time_out(endpoint),
                Due::Message(envelope) => self.deliver(*envelope),
            }
        }
    }

    fn time_out(&mut self, at: Endpoint) {
        let node = self.nodes.get_mut(&at).unwrap();
        node.wakes_at = None;
        let requests: Vec<u64> = node.running.keys().copied().collect();
        for request in requests {
            let node = self.nodes.get_mut(&at).unwrap();
            if let Some(running) = node.running.get_mut(&request) {
                running.as_operation_mut().on_timeout(self.now, &mut node.out);
            }
            self.settle(at, request);
        }
    }

    fn deliver(&mut self, envelope: Envelope) {
        let at = envelope.to;
        let node = self.nodes.get_mut(&at).unwrap();
        let Some(answered) = envelope.in_reply_to else {
            let Node { engine, out, .. } = &mut *node;
            let answer = answer(engine, &self.schema, &envelope, out);
            node.out.reply(&envelope, answer);
            return self.send(at);
        };
        let Some(&request) = node.asked.get(&answered) else {
            return;
        };
        if let Some(running) = node.running.get_mut(&request) {
            let operation = running.as_operation_mut();
            operation.on_response(self.now, envelope.from, answered, envelope.payload, &mut node.out);
        }
        self.settle(at, request);
    }

    pub fn has_seen(&self, is_it: impl Fn(&What) -> bool) -> bool {
        self.seen.iter().any(is_it)
    }
}

/// `take_outcome` is asked for by kind; all else is alike.
trait Any {
    fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox);
    fn on_timeout(&mut self, now: Instant, out: &mut Outbox);
    fn next_timeout(&self) -> Option<Instant>;
    fn is_finished(&self) -> bool;
}

impl<O: Operation> Any for O {
    fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        Operation::on_response(self, now, from, id, payload, out);
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        Operation::on_timeout(self, now, out);
    }

    fn next_timeout(&self) -> Option<Instant> {
        Operation::next_timeout(self)
    }

    fn is_finished(&self) -> bool {
        Operation::is_finished(self)
    }
}

impl Running {
    fn as_operation(&self) -> &dyn Any {
        match self {
            Running::Write(it) => &**it,
            Running::Read(it) => &**it,
            Running::Range(it) => &**it,
            Running::Serial(it) => &**it,
            Running::Cas(it) => &**it,
        }
    }

    fn as_operation_mut(&mut self) -> &mut dyn Any {
        match self {
            Running::Write(it) => &mut **it,
            Running::Read(it) => &mut **it,
            Running::Range(it) => &mut **it,
            Running::Serial(it) => &mut **it,
            Running::Cas(it) => &mut **it,
        }
    }
}
