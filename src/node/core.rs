//! The node itself: its parts, and how one input goes through them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::bootstrap::Bootstrap;
use super::operations::Operations;
use super::operator::TrafficView;
use super::schema_sync::SchemaSync;
use super::session::{PreparedStatements, Statement};
use super::uuids::TimeUuids;
use super::views::NodeViews;
use super::work::WorkDone;
use super::{ClientReply, Input, NodeConfig, Output};
use crate::base::{Duration, Endpoint, HostId, Instant, Random, RequestId, SortedMap, UnixMicros};
use crate::batchlog::Batchlog;
use crate::coordinator::{BallotGenerator, TableLatencies};
use crate::data::{EpochSeconds, TableId, Token, WriteTimestamp};
use crate::event::{Event, MessageKind, What};
use crate::gossip::Gossiper;
use crate::hints::Hints;
use crate::message::{Envelope, Outbox};
use crate::replica::Replica;
use crate::ring::Ring;
use crate::schema::Schema;
use crate::storage::{Disk, Engine, StorageError};

/// One node of the cluster.
pub struct Node {
    config: NodeConfig,
    outputs: Vec<Output>,
    /// What keeps the node from running: it then answers nobody.
    state: Result<Running, StorageError>,
}

/// All parts of a node that runs.
pub(super) struct Running {
    pub config: NodeConfig,
    pub host_id: HostId,
    pub generation: u32,
    pub tokens: Vec<Token>,
    pub engine: Engine,
    pub schema: Arc<Schema>,
    pub ring: Ring,
    pub gossiper: Gossiper,
    pub hints: Hints,
    pub batchlog: Batchlog,
    pub views: NodeViews,
    pub bootstrap: Bootstrap,
    pub schema_sync: SchemaSync,
    pub operations: Operations,
    pub statements: SortedMap<RequestId, Statement>,
    pub prepared_statements: PreparedStatements,
    pub ballots: BallotGenerator,
    pub latencies: SortedMap<TableId, TableLatencies>,
    pub random: Random,
    pub time_uuids: TimeUuids,
    /// The last timestamp given to a write that brought none: the next is later, whatever the clock says.
    pub last_timestamp: WriteTimestamp,
    pub out: Outbox,
    pub outputs: Vec<Output>,
    /// Messages from this node to itself: they see no network.
    pub loopback: VecDeque<Envelope>,
    pub traffic: TrafficView,
    /// The disk failed: no gossip and no clients any more.
    pub stopped: bool,
    pub work: WorkDone,
    /// The number of the last compaction that `system.compaction_history` has, of this process's.
    pub compactions_noted: u64,
    pub started: Instant,
    pub now: Instant,
}

impl Node {
    /// Starts on a disk, empty or not. A disk that cannot be read leaves a node that says so in an event and does nothing.
    pub fn start(config: NodeConfig, disk: Box<dyn Disk>, now: Instant) -> Node {
        let mut node = Node {
            outputs: Vec::new(),
            state: Running::start(&config, disk, now),
            config,
        };
        match &mut node.state {
            Ok(running) => running.settle(),
            Err(error) => {
                let what = What::StartFailed { why: error.to_string() };
                node.outputs.push(Output::Event(Event {
                    at: now,
                    node: node.config.endpoint,
                    cause: None,
                    what,
                }));
            }
        }
        node
    }

    pub fn handle(&mut self, now: Instant, input: Input) {
        let Ok(running) = &mut self.state else { return };
        debug_assert!(now >= running.now, "time runs backwards: {now} after {}", running.now);
        running.now = now;
        running.engine.set_time(now, running.wall_clock());
        match input {
            Input::Timeout => {}
            Input::Message(message) => {
                let what = What::MessageReceived {
                    from: message.from,
                    id: message.id,
                    verb: message.verb(),
                };
                running.event(message.cause, what);
                running.work.note_received(message.from);
                running.deliver(message);
            }
            // Nobody listens where clients connect.
            Input::Client(request) if running.stopped => running.outputs.push(Output::Disconnected(request.id)),
            Input::Client(request) => running.begin(request),
            Input::Operator(request) => running.operate(request),
        }
        running.on_timeouts();
        running.settle();
    }

    /// What is to go out since the last time.
    pub fn drain(&mut self) -> impl Iterator<Item = Output> + use<> {
        let running = self
            .state
            .as_mut()
            .map(|running| core::mem::take(&mut running.outputs))
            .unwrap_or_default();
        core::mem::take(&mut self.outputs).into_iter().chain(running)
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        let Ok(running) = &self.state else { return None };
        let candidates = [
            running.gossiper.next_timeout(),
            running.hints.next_timeout(),
            running.batchlog.next_timeout(),
            running.views.next_timeout(),
            running.engine.next_timeout(),
            running.operations.next_timeout(),
            running.schema_sync.next_timeout(),
            running.bootstrap.next_timeout(),
        ];
        candidates.into_iter().flatten().min()
    }

    pub(super) fn running(&self) -> Result<&Running, &StorageError> {
        self.state.as_ref()
    }

    pub(super) fn config(&self) -> &NodeConfig {
        &self.config
    }
}

impl Running {
    pub fn endpoint(&self) -> Endpoint {
        self.config.endpoint
    }

    pub fn wall_clock(&self) -> UnixMicros {
        self.config.clock.at(self.now)
    }

    pub fn epoch_seconds(&self) -> EpochSeconds {
        self.wall_clock().into()
    }

    /// A timestamp for a write of this node's: the clock's, but never one given before.
    pub fn next_timestamp(&mut self) -> WriteTimestamp {
        let clock = WriteTimestamp::from(self.wall_clock());
        self.last_timestamp = clock.max(WriteTimestamp(self.last_timestamp.0 + 1));
        self.last_timestamp
    }

    /// This node as a replica, working for a request.
    pub fn replica(&mut self, cause: Option<RequestId>) -> Replica<'_> {
        let now = self.epoch_seconds();
        Replica {
            engine: &mut self.engine,
            schema: &self.schema,
            outbox: &mut self.out,
            cause,
            now,
            views: &self.views.views,
            view_updates: &mut self.views.found,
        }
    }

    pub fn event(&mut self, cause: Option<RequestId>, what: What) {
        let (at, node) = (self.now, self.config.endpoint);
        self.outputs.push(Output::Event(Event { at, node, cause, what }));
    }

    pub fn reply(&mut self, reply: ClientReply) {
        self.outputs.push(Output::Reply(reply));
    }

    /// Lets everything due happen.
    fn on_timeouts(&mut self) {
        let now = self.now;
        if self.gossiper.next_timeout().is_some_and(|due| due <= now) {
            self.gossiper.on_timeout(now, &mut self.out);
        }
        while let Some(stepped) = self.operations.on_timeout(now, &mut self.out) {
            self.after_step(stepped);
        }
        if self.hints.next_timeout().is_some_and(|due| due <= now) {
            self.on_hints_due();
        }
        if self.batchlog.next_timeout().is_some_and(|due| due <= now) {
            self.on_batchlog_due();
        }
        if self.views.next_timeout().is_some_and(|due| due <= now) {
            self.build_views();
        }
        if self.schema_sync.next_timeout().is_some_and(|due| due <= now) {
            self.on_schema_timeout();
        }
        if self.bootstrap.next_timeout().is_some_and(|due| due <= now) {
            self.continue_bootstrap();
        }
        if self.engine.next_timeout().is_some_and(|due| due <= now)
            && let Err(error) = self.engine.on_timeout(now, self.wall_clock())
        {
            self.disk_failed(&error);
        }
    }

    /// Follows up what was left in the outbox until all is quiet, and makes it durable before any of it goes out.
    fn settle(&mut self) {
        loop {
            self.follow_gossip();
            self.send_view_updates();
            for (cause, what) in core::mem::take(&mut self.out.events) {
                if matches!(what, What::DigestMismatch { .. }) {
                    self.traffic.blocking_read_repairs += 1;
                }
                self.event(cause, what);
            }
            for what in self.engine.take_events() {
                let is_over = matches!(what, What::CompactionFinished { .. });
                self.event(None, what);
                if is_over && let Err(error) = self.note_compactions() {
                    self.disk_failed(&error);
                }
            }
            let messages = core::mem::take(&mut self.out.messages);
            for it in messages {
                let from = self.endpoint();
                let message = Envelope {
                    from,
                    to: it.to,
                    id: it.id,
                    in_reply_to: it.in_reply_to,
                    cause: it.cause,
                    payload: it.payload,
                };
                if message.to == from {
                    self.loopback.push_back(message)
                } else {
                    self.send(message)
                }
            }
            match self.loopback.pop_front() {
                Some(message) => self.deliver(message),
                None if self.out.is_empty() => break,
                None => {}
            }
        }
        if self.engine.syncs_in_groups()
            && let Err(error) = self.engine.sync()
        {
            self.disk_failed(&error);
        }
        if let Some(error) = self.engine.take_disk_failure() {
            self.disk_failed(&error);
        }
        if !self.out.is_empty() {
            self.settle();
        }
    }

    fn send(&mut self, message: Envelope) {
        let (verb, bytes) = (message.verb(), message.wire_size());
        self.traffic.count(verb.kind() == MessageKind::Gossip, bytes);
        self.work.note_sent(message.to, bytes);
        let what = What::MessageSent {
            to: message.to,
            id: message.id,
            in_reply_to: message.in_reply_to,
            verb,
            bytes,
        };
        self.event(message.cause, what);
        self.outputs.push(Output::Send(message));
    }

    /// cassandra.yaml `disk_failure_policy` and `commit_failure_policy`, both `stop`: the node leaves gossip and hears no clients, but
    /// can be looked at. A file that is corrupt is told of only, as there.
    pub fn disk_failed(&mut self, error: &StorageError) {
        let corrupt = matches!(error, StorageError::Corrupt { .. });
        if self.stopped && !corrupt {
            return;
        }
        let why = error.to_string();
        // What the disk noted is this or comes of it.
        self.engine.take_disk_failure();
        if corrupt {
            return self.event(None, What::DiskCorrupt { why });
        }
        self.stopped = true;
        self.event(None, What::DiskFailed { why });
        self.gossiper.shut_down(&mut self.out);
    }
}

/// How long clients wait for a schema change to reach every live node; drivers wait as long for agreement.
pub(super) const SCHEMA_AGREEMENT_TIMEOUT: Duration = Duration::from_secs(10);
