//! Frames: what the run looks like now, and what happened since the frame before.

use super::api::{
    Frame, LinkState, NodeState, NodeSummary, NoticeKind, RangeOwner, ReplicaView, RunSummary, StatementSummary,
};
use super::engine::Playground;
use super::locate::{Located, of_reference, of_statement};
use super::replicas::{Held, side_by_side, unanswered};
use super::words;
use crate::base::{Arrange, Endpoint, SortedMap};
use crate::data::{ConsistencyLevel, Token};
use crate::node::{NodeView, SstableRef, ViewRequest};
use crate::ring::Placement;
use crate::schema::Schema;
use crate::sim::{Parcel, ProcessState, Roster};

/// Of each node, what it shows of itself: to be asked for now and then, and given to `seen`.
pub struct Looks {
    pub nodes: Vec<Endpoint>,
    pub request: ViewRequest,
}

impl<P: Parcel + Clone> Playground<P> {
    /// What to ask the running nodes for, so that frames can show it.
    pub fn looks(&mut self) -> Looks {
        let running = |node: &Endpoint| {
            self.scheduler
                .state(*node)
                .is_some_and(|state| state != ProcessState::Down)
        };
        let partition = self
            .watch
            .partition
            .as_ref()
            .and_then(|named| of_reference(named, &self.schema).ok());
        self.schema_asked = self.recorder.schema_changes;
        Looks {
            nodes: self.scheduler.endpoints().filter(running).collect(),
            request: ViewRequest {
                partition: partition.map(|located| (located.table.id, located.key)),
                detail: true,
                schema: self.schema_seen != self.schema_asked,
                inspect: self.watch.inspect.clone().filter(|question| {
                    // What lies in files stays as it is: it is asked for once.
                    let is_brought = matches!(question.what.sstable(), Some(SstableRef::Brought(_)));
                    !is_brought && (question.what.changes() || self.answered.as_ref() != Some(question))
                }),
            },
        }
    }

    /// What a node showed of itself.
    pub fn seen(&mut self, mut view: NodeView) {
        self.ring_changed |= self
            .views
            .get(&view.endpoint)
            .is_none_or(|before| before.mode != view.mode);
        if !view.keyspaces.is_empty() {
            self.schema = Schema::new(view.keyspaces.drain(..), view.schema_version);
            self.schema_seen = self.schema_asked;
            self.locate_last();
        }
        if self.watch.partition.is_some() {
            self.partitions.insert(view.endpoint, view.partition.take());
        }
        if let Some(found) = view.inspected.take()
            && self.watch.inspect.as_ref() == Some(&found.question)
        {
            self.answered = Some(found.question.clone());
            self.inspected = Some(found);
        }
        self.views.insert(view.endpoint, view);
    }

    /// Finds out which partition the last statement is about, if the schema tells.
    pub(super) fn locate_last(&mut self) {
        let Some((statement, keyspace)) = self.recorder.traces.last_mut() else {
            return;
        };
        if statement.partition.is_none()
            && let Some(located) = of_statement(&statement.statement, keyspace, &self.schema)
        {
            statement.token = Some(located.key.token);
            let replicas = replicas(&located, &self.schema, &self.roster, statement.coordinator);
            if statement.replicas.is_empty() {
                statement.replicas = replicas;
            }
            statement.partition = Some(located.partition);
        }
    }

    fn replica_view(&self) -> Option<ReplicaView> {
        let named = self.watch.partition.as_ref()?;
        let located = match of_reference(named, &self.schema) {
            Ok(located) => located,
            Err(error) => return Some(unanswered(named, error)),
        };
        if self.partitions.is_empty() {
            return None;
        }
        let nodes = replicas(&located, &self.schema, &self.roster, Endpoint::nth(1));
        let is_up = |node: &Endpoint| {
            self.scheduler
                .state(*node)
                .is_some_and(|state| state != ProcessState::Down)
        };
        let held = |node: Endpoint| {
            let partition = self.partitions.get(&node).filter(|_| is_up(&node));
            (node, partition.map(Option::as_ref))
        };
        let sides: Vec<(Endpoint, Held<'_>)> = nodes.into_iter().map(held).collect();
        Some(side_by_side(named.clone(), located.key.token, &sides))
    }

    /// A snapshot. `memory_bytes`: of the engine, where the host knows it.
    pub fn frame(&mut self, memory_bytes: u64) -> Frame {
        self.frames += 1;
        let first = self.frames == 1;
        for text in core::mem::take(&mut self.recorder.disk_trouble) {
            self.notice(NoticeKind::Broken, &text);
        }
        let now = self.now();
        let (flights, unlisted_flights, sent) = self.recorder.flights.take(now);
        let (log, unlisted_log) = self.recorder.take_log();
        let ring_changed = core::mem::take(&mut self.ring_changed) || first;
        let links_changed = core::mem::take(&mut self.links_changed) || first;
        let statement = self.recorder.traces.last().map(|statement| self.completed(statement));
        let nodes: Vec<NodeSummary> = self.scheduler.endpoints().map(|node| self.summarize(node)).collect();
        let network = self.scheduler.network();
        let links = network
            .faulty_links()
            .map(|(from, to, faults)| LinkState { from, to, faults });
        let latencies = network
            .latencies()
            .map(|(a, b, latency)| (a.to_owned(), b.to_owned(), latency));
        let lanes = || self.scheduler.endpoints().collect();
        let timeline = self.recorder.timeline.news(self.watch.timeline, now, lanes);
        let clock = self.roster.nodes()[0].clock;
        let watch = &self.watch;
        Frame {
            number: self.frames,
            run: self.run_number,
            now,
            wall: clock.at(now),
            rate: self.pacing.rate(),
            speed: self.speed(),
            paused: self.pacing.is_paused(),
            replaying: self.progress(),
            end: self.end.max(now),
            ranges: ring_changed.then(|| ranges(&nodes)),
            links: links_changed.then(|| links.collect()),
            latencies: links_changed.then(|| latencies.collect()),
            flights,
            sent,
            unlisted_flights,
            log,
            unlisted_log,
            sentence: self.sentence(statement.as_ref()),
            statement,
            shells: self.shells.take_updates(),
            notices: core::mem::take(&mut self.notices),
            node: watch.node.and_then(|node| self.views.get(&node).cloned()),
            inspected: self.inspected.take(),
            brought: self.brought_news.take(),
            replicas: self.replica_view(),
            trace: watch.trace.and_then(|request| self.recorder.traces.view(request, now)),
            timeline,
            watch: watch.clone(),
            completion: self.completion.take(),
            share: self.share.take(),
            summary: RunSummary {
                config: first.then(|| Box::new(self.run.config.clone())),
                commands: self.cursor as u32,
                events: self.scheduler.events(),
                history: self.history().to_string(),
                replayed: self.replayed.clone(),
                memory_bytes,
                keeping: self.keeping(),
            },
            nodes,
        }
    }

    fn speed(&self) -> f64 {
        if self.pacing.is_paused() {
            return 0.0;
        }
        let hop = self.scheduler.network().typical_hop();
        self.pacing.speed(self.is_busy(), hop).unwrap_or(f64::INFINITY)
    }

    fn progress(&self) -> Option<f64> {
        let replay = self.replay.as_ref()?;
        let whole = replay.until.since(replay.from).as_secs_f64();
        let done = self.now().since(replay.from).as_secs_f64();
        Some(if whole > 0.0 { (done / whole).min(1.0) } else { 1.0 })
    }

    fn summarize(&self, node: Endpoint) -> NodeSummary {
        let config = self.roster.get(node);
        let view = self.views.get(&node);
        let state = match self.scheduler.state(node) {
            Some(ProcessState::Running) if view.is_some_and(|view| view.mode == "JOINING") => NodeState::Joining,
            Some(ProcessState::Running) => NodeState::Up,
            Some(ProcessState::Paused) => NodeState::Paused,
            Some(ProcessState::Down) | None => NodeState::Down,
        };
        NodeSummary {
            endpoint: node,
            datacenter: config.map(|config| config.datacenter.clone()).unwrap_or_default(),
            rack: config.map(|config| config.rack.clone()).unwrap_or_default(),
            state,
            tokens: config.map(|config| config.tokens.clone()).unwrap_or_default(),
            down_for: self.recorder.takes_for_down(node).collect(),
            memtable_bytes: view.map_or(0, |view| view.tables.iter().map(|table| table.memtable_bytes).sum()),
            commit_log_bytes: view.map_or(0, |view| view.commit_log.bytes),
            hints: view.map_or(0, |view| view.hints.iter().map(|hints| hints.count).sum()),
            queued: self.scheduler.queued(node),
            pending_requests: view.map_or(0, |view| view.pending_requests),
        }
    }

    /// The newest of: how the last statement stands, and what else is worth saying.
    fn sentence(&self, statement: Option<&StatementSummary>) -> String {
        if !self.is_settled() {
            return "The cluster starts.".into();
        }
        let said = |statement: &StatementSummary| statement.started + statement.took.unwrap_or_default();
        let runs = statement.is_some_and(|statement| statement.took.is_none());
        match (statement, &self.recorder.notable) {
            (Some(statement), Some((at, _))) if runs || said(statement) >= *at => words::sentence(statement),
            (Some(statement), None) => words::sentence(statement),
            (_, Some((_, text))) => format!("{text}."),
            (None, None) => "The nodes gossip; nothing else goes on.".into(),
        }
    }

    /// With what only the playground knows: how many answers the statement needs.
    pub(super) fn completed(&self, statement: &StatementSummary) -> StatementSummary {
        let mut statement = statement.clone();
        let datacenter = |node: &Endpoint| self.roster.get(*node).map(|config| config.datacenter.as_str());
        let own = datacenter(&statement.coordinator);
        let mut in_each: SortedMap<&str, u32> = SortedMap::new();
        for name in statement.replicas.iter().filter_map(datacenter) {
            *in_each.entry(name).or_default() += 1;
        }
        let all: u32 = in_each.values().sum();
        let local = own.and_then(|own| in_each.get(own)).copied().unwrap_or(0);
        let each = in_each.values().map(|count| quorum(*count)).sum();
        statement.required = (all > 0).then_some(match statement.consistency {
            ConsistencyLevel::Any | ConsistencyLevel::One | ConsistencyLevel::LocalOne => 1,
            ConsistencyLevel::Two => 2,
            ConsistencyLevel::Three => 3,
            ConsistencyLevel::Quorum | ConsistencyLevel::Serial => quorum(all),
            ConsistencyLevel::All => all,
            ConsistencyLevel::LocalQuorum | ConsistencyLevel::LocalSerial => quorum(local),
            ConsistencyLevel::EachQuorum => each,
        });
        statement
    }
}

/// The nodes that hold a partition, in the ring's order.
fn replicas(located: &Located, schema: &Schema, roster: &Roster, local: Endpoint) -> Vec<Endpoint> {
    let Some(keyspace) = schema.keyspace(&located.table.keyspace) else {
        return Vec::new();
    };
    let topology = roster.topology(|_| true);
    let placement = Placement::new(&keyspace.replication, &topology, local);
    placement.natural(located.key.token).to_vec()
}

fn quorum(replicas: u32) -> u32 {
    replicas / 2 + 1
}

/// Who owns what, among the nodes that have joined.
fn ranges(nodes: &[NodeSummary]) -> Vec<RangeOwner> {
    let members = nodes.iter().filter(|node| node.state != NodeState::Joining);
    let mut ring: Vec<(Token, Endpoint)> = members
        .flat_map(|node| node.tokens.iter().map(|token| (*token, node.endpoint)))
        .collect();
    ring.arrange();
    let befores = ring.iter().cycle().skip(ring.len().saturating_sub(1));
    let ranges = ring.iter().zip(befores).map(|((to, primary), (from, _))| RangeOwner {
        from: *from,
        to: *to,
        primary: *primary,
    });
    ranges.collect()
}
