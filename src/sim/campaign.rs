//! One seed, one run: a cluster, a workload, faults, and the verdict of the checkers.
//!
//! A run: the cluster starts, clients work while faults come and go, all is healed, hints get their time, everything is read once
//! more at SERIAL and at ALL. The seed is the whole bug report.

use core::time::Duration;
use std::collections::BTreeMap;

use super::checker::{self, Violation};
use super::faults::{self, FaultSet};
use super::workload::{self, Action, Ending, KEYSPACE, Load, Workload};
use super::{Answer, Cluster, ClusterConfig, HistoryHash, Observer, Script, Verdict};
use crate::base::{Endpoint, Instant, Seed};
use crate::cql::{QueryError, QueryResult};
use crate::data::{ConsistencyLevel, DecoratedKey, PartitionKey, TableId, Token};
use crate::event::{Event, What};
use crate::message::Envelope;
use crate::node::{Node, ViewRequest};
use crate::storage::{CommitLogConfig, StorageConfig};

/// Nodes find one another before anything is asked of them: until all know the same ring, a key has no one set of replicas.
const START: Duration = Duration::from_secs(20);
/// Clients work this long, and faults come and go.
const WORK: Duration = Duration::from_secs(60);
/// Then everyone is believed alive again, and hints are replayed: they go out every 10 s.
const HEALING: Duration = Duration::from_secs(60);
/// After the last reads: repairs that nobody waits for.
const REPAIRS: Duration = Duration::from_secs(5);
/// For a statement on a cluster in which nothing is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// Declares what campaigns have to have seen, so that none passes because nothing happened.
macro_rules! sightings {
    ($($field:ident: $pattern:pat => $words:literal,)*) => {
        /// How often things happened that a campaign is for.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Sightings { $(pub $field: u64,)* }

        impl Sightings {
            fn see(&mut self, what: &What) {
                match what { $($pattern => self.$field += 1,)* _ => {} }
            }

            pub fn add(&mut self, other: &Sightings) {
                $(self.$field += other.$field;)*
            }

            /// Each with its name.
            pub fn list(&self) -> Vec<(&'static str, u64)> {
                vec![$(($words, self.$field),)*]
            }
        }
    };
}

sightings! {
    crashes: What::NodeStopped { graceful: false } => "crashes",
    pauses: What::NodePaused => "pauses",
    convictions: What::PeerDown { .. } => "peers marked down",
    dropped: What::MessageDropped { .. } => "messages dropped",
    hints_stored: What::HintStored { .. } => "hints stored",
    hints_replayed: What::HintReplayed { .. } => "hints replayed",
    mismatches: What::DigestMismatch { .. } => "digest mismatches",
    repairs: What::ReadRepairSent { .. } => "read repairs",
    speculations: What::SpeculativeRetry { .. } => "speculative retries",
    unavailable: What::ReplicasUnavailable { .. } => "unavailable",
    timeouts: What::RequestTimedOut { .. } => "timeouts",
    contentions: What::PaxosContention { .. } => "contended ballots",
    flushes: What::MemtableFlushed { .. } => "memtables flushed",
    compactions: What::CompactionFinished { .. } => "compactions",
}

impl Sightings {
    /// What a campaign with all faults must have seen, and did not. Memtables grow full in those alone that make them small.
    pub fn never_seen(&self) -> Vec<&'static str> {
        const OF_SMALL_MEMTABLES: [&str; 2] = ["memtables flushed", "compactions"];
        let missing = self.list().into_iter().filter(|(_, times)| *times == 0);
        missing
            .map(|(name, _)| name)
            .filter(|it| !OF_SMALL_MEMTABLES.contains(it))
            .collect()
    }
}

/// How much a node keeps in memory before it writes an SSTable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flushes {
    /// More than any run writes.
    #[default]
    Never,
    /// So little that SSTables and compactions are always under way, through crashes and all.
    Often,
}

impl Flushes {
    fn storage(self, seed: Seed) -> StorageConfig {
        let storage = StorageConfig::default();
        let Flushes::Often = self else { return storage };
        StorageConfig {
            commit_log: CommitLogConfig {
                // Half of it holds the largest change there is here: a whole schema that a node learns at once.
                segment_bytes: 32 << 10,
                ..storage.commit_log
            },
            // By the log's size: all tables about equally. In every fourth run by a memtable's: after every write, the largest.
            commit_log_space_bytes: 8 << 10,
            memtable_flush_bytes: if seed.0 % 4 == 3 {
                1
            } else {
                storage.memtable_flush_bytes
            },
            // Slow enough for a crash to come in between.
            flush_bytes_per_second: 64 << 10,
            compaction_bytes_per_second: 64 << 10,
            ..storage
        }
    }
}

/// What became of a seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub seed: Seed,
    pub history: HistoryHash,
    pub events: u64,
    pub operations: usize,
    pub acknowledged: usize,
    pub sightings: Sightings,
    pub violations: Vec<Violation>,
    /// The whole run, for a link to a replay.
    pub script: Script,
}

/// Sees what the checkers want to know of a run's events.
#[derive(Default)]
struct Witness {
    sightings: Sightings,
    replicas: BTreeMap<Token, Vec<Endpoint>>,
    disk_failures: Vec<String>,
}

impl Observer<Envelope> for Witness {
    fn event(&mut self, event: &Event) {
        self.sightings.see(&event.what);
        match &event.what {
            What::DeterminingReplicas { token, replicas } => {
                self.replicas.insert(*token, replicas.clone());
            }
            What::StartFailed { why } | What::DiskFailed { why } | What::DiskCorrupt { why } => {
                self.disk_failures.push(why.clone())
            }
            _ => {}
        }
    }

    fn sent(&mut self, _at: Instant, _message: &Envelope, _verdict: Verdict) {}

    fn answer(&mut self, _at: Instant, _answer: Answer) {}
}

struct Run {
    cluster: Cluster<Node, Witness>,
    nodes: Vec<Endpoint>,
    load: Load,
    violations: Vec<Violation>,
}

/// Runs one seed to its verdict.
pub fn run_seed(seed: Seed, faults: &FaultSet) -> Outcome {
    run_load(seed, faults, Load::CAMPAIGN, Flushes::Never)
}

/// Runs one seed with other clients than a campaign's, or other storage.
pub fn run_load(seed: Seed, faults: &FaultSet, load: Load, flushes: Flushes) -> Outcome {
    // Odd seeds: every node is a replica of everything. Even ones: coordinators that are none.
    let nodes = if seed.0 % 2 == 1 { 3 } else { 5 };
    let config = ClusterConfig {
        storage: flushes.storage(seed),
        ..ClusterConfig::simple(seed, nodes)
    };
    let mut run = Run {
        cluster: Cluster::start(&config, Witness::default()),
        nodes: (1..=nodes as u8).map(Endpoint::nth).collect(),
        load,
        violations: Vec::new(),
    };
    run.cluster.keep_log();
    run.prepare();
    let mut work = run.work(seed, faults);
    for control in faults::heal(&run.nodes) {
        run.cluster.control(control);
    }
    run.cluster.run_for(HEALING);
    run.collect(&mut work);
    let mut operations: Vec<_> = work.operations().cloned().collect();
    run.finish(&mut operations);
    run.violations.extend(checker::check(operations.iter()));
    let witness = run.cluster.observer();
    let failures = witness.disk_failures.iter().cloned().map(Violation::Disk);
    run.violations.extend(failures);
    let script = run.cluster.script(&config);
    let acknowledged = |op: &&workload::Operation| matches!(op.end, Some((_, Ending::Acknowledged)));
    Outcome {
        seed,
        history: run.cluster.scheduler().history(),
        events: run.cluster.scheduler().events(),
        operations: operations.len(),
        acknowledged: operations.iter().filter(acknowledged).count(),
        sightings: run.cluster.observer().sightings,
        violations: run.violations,
        script,
    }
}

impl Run {
    /// A statement on a cluster in which nothing is wrong; what fails then is a violation.
    fn execute(&mut self, query: String, consistency: ConsistencyLevel) -> Option<Result<QueryResult, QueryError>> {
        let id = self.cluster.next_request();
        let coordinator = self.nodes[id.0 as usize % self.nodes.len()];
        let request = workload::request(id, query.clone(), consistency, None);
        let failed = |ending: String| Violation::NotHealed {
            statement: query,
            ending,
        };
        let violation = match self.cluster.execute(coordinator, request, PATIENCE) {
            Some(Answer::Reply(reply)) => match reply.result {
                Err(error) => failed(error.to_string()),
                result => return Some(result),
            },
            Some(_) => failed("the connection broke".into()),
            None => failed("no answer".into()),
        };
        self.violations.push(violation);
        None
    }

    fn prepare(&mut self) {
        self.cluster.run_for(START);
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
        for statement in [
            format!("CREATE KEYSPACE {KEYSPACE} WITH replication = {replication}"),
            format!("CREATE TABLE {KEYSPACE}.registers (k int PRIMARY KEY, v bigint)"),
            format!("CREATE TABLE {KEYSPACE}.counters (k int PRIMARY KEY, n bigint)"),
        ] {
            self.execute(statement, ConsistencyLevel::One);
        }
        for key in 0..self.load.registers {
            // Tells the witness who the replicas are; leaves nothing that a read could find.
            let statement = format!("DELETE FROM registers USING TIMESTAMP 1 WHERE k = {key}");
            self.execute(statement, ConsistencyLevel::All);
        }
        for key in 0..self.load.counters {
            let statement = format!("INSERT INTO counters (k, n) VALUES ({key}, 0) IF NOT EXISTS");
            self.execute(statement, ConsistencyLevel::All);
        }
    }

    /// Clients and faults side by side.
    fn work(&mut self, seed: Seed, faults: &FaultSet) -> Workload {
        let start = self.cluster.now();
        let until = start + WORK;
        let mut faults = faults::plan(seed, faults, &self.nodes, start, WORK)
            .into_iter()
            .peekable();
        let mut work = Workload::new(seed, self.load, self.nodes.clone(), start);
        loop {
            let fault = faults.peek().map(|(at, _)| *at);
            let next = [work.next(), fault].into_iter().flatten().fold(until, Instant::min);
            if self.cluster.run_window(next) {
                self.collect(&mut work);
                continue;
            }
            self.cluster.run_until(next);
            if next >= until {
                return work;
            }
            while let Some((_, control)) = faults.next_if(|(at, _)| *at <= next) {
                self.cluster.control(control);
            }
            if work.next().is_some_and(|at| at <= next) {
                let id = self.cluster.next_request();
                if let Some((node, request)) = work.ask(next, id) {
                    self.cluster.submit(next, node, request);
                }
            }
        }
    }

    fn collect(&mut self, work: &mut Workload) {
        for (at, answer) in self.cluster.answers() {
            work.answered(at, answer);
        }
    }

    /// Reads everything once more, adds that to the history, and holds the replicas side by side.
    fn finish(&mut self, operations: &mut Vec<workload::Operation>) {
        let counters = (0..self.load.counters).map(|key| Action::ReadCounter { key });
        let registers = (0..self.load.registers).map(|key| Action::Read { key });
        for action in counters.chain(registers) {
            let start = self.cluster.now();
            for level in [action.consistency(self.load.consistency), ConsistencyLevel::All] {
                let Some(result) = self.execute(action.statement(), level) else {
                    continue;
                };
                operations.push(workload::Operation {
                    action,
                    coordinator: self.nodes[0],
                    start,
                    timestamp: 0,
                    end: Some((self.cluster.now(), workload::ending(action, result))),
                });
            }
        }
        self.cluster.run_for(REPAIRS);
        for (table, keys) in [("registers", self.load.registers), ("counters", self.load.counters)] {
            let Some(id) = self.table_id(table) else { continue };
            for key in 0..keys {
                let replicas = self.replicas(id, key);
                self.violations.extend(checker::check_replicas(table, key, &replicas));
            }
        }
    }

    fn table_id(&mut self, table: &str) -> Option<TableId> {
        let query = format!(
            "SELECT id FROM system_schema.tables WHERE keyspace_name = '{KEYSPACE}' AND table_name = '{table}'"
        );
        let QueryResult::Rows(rows) = self.execute(query, ConsistencyLevel::One)?.ok()? else {
            return None;
        };
        let id = rows.rows.first()?.first()?.as_ref()?;
        Some(TableId(uuid::Uuid::from_slice(id).ok()?))
    }

    fn replicas(&self, table: TableId, key: i32) -> Vec<(Endpoint, Option<crate::node::PartitionView>)> {
        let key = DecoratedKey::new(PartitionKey(key.to_be_bytes().to_vec().into()));
        let replicas = self.cluster.observer().replicas.get(&key.token);
        let request = ViewRequest {
            partition: Some((table, key)),
            detail: false,
            schema: false,
            inspect: None,
        };
        let view = |node: &Endpoint| {
            (
                *node,
                self.cluster.view(*node, &request).and_then(|view| view.partition),
            )
        };
        replicas.into_iter().flatten().map(view).collect()
    }
}

/// The verdicts of many seeds.
#[derive(Debug, Default)]
pub struct Summary {
    pub seeds: u64,
    pub events: u64,
    pub operations: usize,
    pub acknowledged: usize,
    pub sightings: Sightings,
    pub failures: Vec<Outcome>,
}

impl Summary {
    pub fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.events += outcome.events;
        self.operations += outcome.operations;
        self.acknowledged += outcome.acknowledged;
        self.sightings.add(&outcome.sightings);
        if !outcome.violations.is_empty() {
            self.failures.push(outcome);
        }
    }
}

/// Runs seeds one after another.
pub fn run(seeds: core::ops::Range<u64>, faults: &FaultSet, flushes: Flushes) -> Summary {
    let mut summary = Summary::default();
    for seed in seeds {
        summary.add(run_load(Seed(seed), faults, Load::CAMPAIGN, flushes));
    }
    summary
}
