//! Starting: what a node remembers from its disk, and what it makes up when there is nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use super::NodeConfig;
use super::bootstrap::Bootstrap;
use super::core::Running;
use super::operations::Operations;
use super::operator::TrafficView;
use super::schema_sync::{SchemaSync, load, stored_tables};
use super::session::PreparedStatements;
use super::system_tables::write_builtin_rows;
use super::uuids::TimeUuids;
use super::views::NodeViews;
use super::work::WorkDone;
use crate::base::{Endpoint, HostId, Instant, Random, SortedMap};
use crate::batchlog::Batchlog;
use crate::coordinator::BallotGenerator;
use crate::data::{Token, WriteTimestamp};
use crate::event::What;
use crate::gossip::{GossipConfig, Gossiper, Status};
use crate::hints::Hints;
use crate::index;
use crate::message::Outbox;
use crate::message::gossip::{ApplicationState, Generation};
use crate::ring::{Location, NodeState, Ring, RingNode};
use crate::storage::{Disk, Engine, StorageError};

/// Names of what a node keeps of itself (`Engine::put_local`).
const HOST_ID: &str = "host_id";
const GENERATION: &str = "generation";
pub(super) const TOKENS: &str = "tokens";
/// The ring as it was last known: a restarted node places data by it until it hears from the others.
pub(super) const RING: &str = "ring";

impl Running {
    pub(super) fn start(config: &NodeConfig, disk: Box<dyn Disk>, now: Instant) -> Result<Running, StorageError> {
        let (mut engine, opened) = Engine::open(disk, config.storage)?;
        let wall_clock = config.clock.at(now);
        engine.set_time(now, wall_clock);
        let last_generation: Option<u32> = engine.local(GENERATION)?;
        let generation = last_generation
            .map_or(0, |last| last + 1)
            .max(wall_clock.seconds() as u32);
        engine.put_local(GENERATION, &generation)?;
        let endpoint = config.endpoint;
        let mut random = Random::stream(config.seed, &format!("node {endpoint} {generation}"));
        let host_id = match engine.local(HOST_ID)? {
            Some(kept) => kept,
            None => {
                let made = HostId(random.uuid());
                engine.put_local(HOST_ID, &made)?;
                made
            }
        };
        let kept: Option<Vec<Token>> = engine.local(TOKENS)?;
        let joins = kept.is_none() && config.auto_bootstrap;
        let tokens = kept.unwrap_or_else(|| config.tokens.clone());
        let location = Location::new(&config.datacenter, &config.rack);
        let mut gossiper = Gossiper::new(
            GossipConfig {
                endpoint,
                host_id,
                location: location.clone(),
                cluster_name: config.cluster_name.clone(),
                seeds: config.seeds.clone(),
                generation: Generation(generation),
                seed: config.seed,
                clock: config.clock,
            },
            now,
        );
        let mut ring = Ring::new(endpoint);
        let saved: SortedMap<Endpoint, RingNode> = engine.local(RING)?.unwrap_or_default();
        for (peer, node) in saved.into_iter().filter(|(peer, _)| *peer != endpoint) {
            gossiper.add_saved_peer(peer, now);
            ring.topology_mut().insert(peer, node);
        }
        write_builtin_rows(&mut engine, wall_clock.into())?;
        let schema = load(&engine, wall_clock.into())?;
        engine.use_schema(stored_tables(&schema))?;
        index::build_missing(&mut engine, &schema, wall_clock.into(), true)?;
        gossiper.set_local_state(ApplicationState::Schema, schema.version().to_string());
        let hints = Hints::open(engine.disk(), config.clock, now)?;
        let batches = super::batches::all_kept(&engine, wall_clock.into());
        let mut running = Running {
            config: config.clone(),
            host_id,
            generation,
            tokens,
            schema: Arc::new(schema),
            ring,
            gossiper,
            hints,
            batchlog: Batchlog::new(batches, now),
            views: NodeViews::default(),
            bootstrap: Bootstrap::new(now),
            schema_sync: SchemaSync::default(),
            operations: Operations::default(),
            statements: SortedMap::new(),
            prepared_statements: PreparedStatements::default(),
            ballots: BallotGenerator::new(
                config.clock,
                Random::stream(config.seed, &format!("ballots {endpoint} {generation}")),
            ),
            latencies: SortedMap::new(),
            random,
            time_uuids: TimeUuids::default(),
            last_timestamp: WriteTimestamp(i64::MIN),
            out: Outbox::starting_at(u64::from(generation) << 32),
            outputs: Vec::new(),
            loopback: VecDeque::new(),
            engine,
            traffic: TrafficView::default(),
            stopped: false,
            work: WorkDone::default(),
            compactions_noted: 0,
            started: now,
            now,
        };
        running.follow_views();
        running.event(None, What::NodeStarted { generation });
        if !opened.fresh {
            let (mutations, torn) = (opened.replayed.mutations, opened.replayed.torn.is_some());
            running.event(None, What::CommitLogReplayed { mutations, torn });
        }
        if !joins {
            running.become_normal()?;
        }
        Ok(running)
    }

    /// Takes its place in the ring, and says so.
    pub(super) fn become_normal(&mut self) -> Result<(), StorageError> {
        self.engine.put_local(TOKENS, &self.tokens)?;
        self.bootstrap = Bootstrap::Done;
        if let Some(first) = self.tokens.first() {
            self.gossiper.set_local_status(Status::Normal(*first), &self.tokens);
        }
        self.gossiper.set_local_state(ApplicationState::RpcReady, "true".into());
        self.insert_self(NodeState::Normal);
        self.write_own_row()
    }

    pub(super) fn insert_self(&mut self, state: NodeState) {
        let location = Location::new(&self.config.datacenter, &self.config.rack);
        let node = RingNode {
            host_id: self.host_id,
            location,
            state,
            tokens: self.tokens.clone(),
        };
        self.ring.topology_mut().insert(self.config.endpoint, node);
    }
}
