//! What counters, logged batches and materialized views promise, under faults: one seed, one run, one verdict.
//!
//! An acknowledged increment counts, one whose end is not known may count, none counts twice. A logged batch is there in all its
//! partitions or in none, once all is healed. A view shows what its base table holds.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::faults::{self, FaultSet};
use super::workload::{KEYSPACE, request};
use super::{Answer, Cluster, ClusterConfig, Observer, Verdict};
use crate::base::{Endpoint, Instant, Random, RequestId, Seed};
use crate::cql::{QueryError, QueryResult};
use crate::data::ConsistencyLevel;
use crate::event::{Event, Verb, What};
use crate::message::Envelope;
use crate::node::Node;

/// Nodes find one another first.
const START: Duration = Duration::from_secs(20);
/// Clients work this long, and faults come and go.
const WORK: Duration = Duration::from_secs(60);
/// Then hints and batches are replayed: both every 10 s.
const HEALING: Duration = Duration::from_secs(90);
/// For a statement on a cluster in which nothing is wrong.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest between two statements.
const LONGEST_THINK: Duration = Duration::from_millis(150);

const TALLIES: i32 = 3;
const BASE_ROWS: u64 = 8;

/// What must have happened for a run to prove anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub increments_led: u64,
    pub batches_kept: u64,
    pub timeouts: u64,
    pub crashes: u64,
}

impl Observer<Envelope> for Seen {
    fn event(&mut self, event: &Event) {
        match &event.what {
            What::CounterLocksAcquired => self.increments_led += 1,
            What::MessageReceived {
                verb: Verb::BatchStoreReq,
                ..
            } => self.batches_kept += 1,
            What::RequestTimedOut { .. } => self.timeouts += 1,
            What::NodeStopped { graceful: false } => self.crashes += 1,
            _ => {}
        }
    }

    fn sent(&mut self, _at: Instant, _message: &Envelope, _verdict: Verdict) {}

    fn answer(&mut self, _at: Instant, _answer: Answer) {}
}

/// What became of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub seen: Seen,
    pub acknowledged: usize,
    pub violations: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Increment { tally: i32 },
    Batch { number: i64 },
    Base,
}

#[derive(Default)]
struct Deeds {
    asked: BTreeMap<RequestId, Deed>,
    /// Of each tally: increments that were acknowledged, and those that may have happened besides.
    counted: BTreeMap<i32, (i64, i64)>,
    batches: i64,
    acknowledged_batches: BTreeSet<i64>,
    acknowledged: usize,
}

struct Run {
    cluster: Cluster<Node, Seen>,
    nodes: Vec<Endpoint>,
    random: Random,
    deeds: Deeds,
    violations: Vec<String>,
}

/// Runs one seed to its verdict.
pub fn run(seed: Seed, faults: &FaultSet) -> Judged {
    // Odd seeds: every node is a replica of everything. Even ones: views' rows are on other nodes than the base table's.
    let nodes = if seed.0 % 2 == 1 { 3 } else { 5 };
    let mut run = Run {
        cluster: Cluster::start(&ClusterConfig::simple(seed, nodes), Seen::default()),
        nodes: (1..=nodes as u8).map(Endpoint::nth).collect(),
        random: Random::stream(seed, "promises"),
        deeds: Deeds::default(),
        violations: Vec::new(),
    };
    run.prepare();
    run.work(seed, faults);
    for control in faults::heal(&run.nodes) {
        run.cluster.control(control);
    }
    run.cluster.run_for(HEALING);
    run.collect();
    run.check_tallies();
    run.check_batches();
    run.check_view();
    Judged {
        seen: *run.cluster.observer(),
        acknowledged: run.deeds.acknowledged,
        violations: run.violations,
    }
}

impl Run {
    fn prepare(&mut self) {
        self.cluster.run_for(START);
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
        for statement in [
            format!("CREATE KEYSPACE {KEYSPACE} WITH replication = {replication}"),
            "CREATE TABLE tallies (k int PRIMARY KEY, n counter)".into(),
            "CREATE TABLE left_half (k bigint PRIMARY KEY, v bigint)".into(),
            "CREATE TABLE right_half (k bigint PRIMARY KEY, v bigint)".into(),
            "CREATE TABLE base (k int PRIMARY KEY, g int, v bigint)".into(),
            "CREATE MATERIALIZED VIEW by_g AS SELECT * FROM base WHERE g IS NOT NULL AND k IS NOT NULL PRIMARY KEY (g, k)"
                .into(),
        ] {
            self.execute(statement, ConsistencyLevel::All);
        }
    }

    fn choose(&mut self) -> (Deed, String) {
        match self.random.below(100) {
            0..40 => {
                let tally = self.random.below(TALLIES as u64) as i32;
                let statement = format!("UPDATE tallies SET n = n + 1 WHERE k = {tally}");
                (Deed::Increment { tally }, statement)
            }
            40..60 => {
                self.deeds.batches += 1;
                let number = self.deeds.batches;
                let insert = |table: &str, key: i64| format!("INSERT INTO {table} (k, v) VALUES ({key}, {number});");
                let (left, right) = (insert("left_half", number), insert("right_half", -number));
                (
                    Deed::Batch { number },
                    format!("BEGIN BATCH {left} {right} APPLY BATCH"),
                )
            }
            choice => {
                let (k, g) = (self.random.below(BASE_ROWS), self.random.below(4));
                let v = self.random.below(1_000_000);
                let statement = match choice {
                    60..75 => format!("INSERT INTO base (k, g, v) VALUES ({k}, {g}, {v})"),
                    75..85 => format!("UPDATE base SET g = {g} WHERE k = {k}"),
                    85..92 => format!("UPDATE base SET v = {v} WHERE k = {k}"),
                    92..96 => format!("DELETE g FROM base WHERE k = {k}"),
                    _ => format!("DELETE FROM base WHERE k = {k}"),
                };
                (Deed::Base, statement)
            }
        }
    }

    /// Clients and faults side by side.
    fn work(&mut self, seed: Seed, faults: &FaultSet) {
        let start = self.cluster.now();
        let until = start + WORK;
        let mut faults = faults::plan(seed, faults, &self.nodes, start, WORK)
            .into_iter()
            .peekable();
        let mut next_deed = start + LONGEST_THINK;
        loop {
            let fault = faults.peek().map_or(until, |(at, _)| *at);
            let next = next_deed.min(fault).min(until);
            self.cluster.run_until(next);
            self.collect();
            if next >= until {
                return;
            }
            while let Some((_, control)) = faults.next_if(|(at, _)| *at <= next) {
                self.cluster.control(control);
            }
            if next_deed <= next {
                let (deed, statement) = self.choose();
                let id = self.cluster.next_request();
                self.deeds.asked.insert(id, deed);
                if let Deed::Increment { tally } = deed {
                    self.deeds.counted.entry(tally).or_default().1 += 1;
                }
                let node = self.nodes[self.random.below(self.nodes.len() as u64) as usize];
                let request = request(id, statement, ConsistencyLevel::Quorum, None);
                self.cluster.submit(next, node, request);
                next_deed = next + self.random.duration(Duration::from_millis(1), LONGEST_THINK);
            }
        }
    }

    fn collect(&mut self) {
        for (_, answer) in self.cluster.answers() {
            let Some(deed) = self.deeds.asked.remove(&answer.request()) else {
                continue;
            };
            let Answer::Reply(reply) = answer else { continue };
            match (deed, reply.result) {
                (Deed::Increment { tally }, Ok(_)) => {
                    let counted = self.deeds.counted.entry(tally).or_default();
                    *counted = (counted.0 + 1, counted.1 - 1);
                    self.deeds.acknowledged += 1;
                }
                (Deed::Batch { number }, Ok(_)) => {
                    self.deeds.acknowledged_batches.insert(number);
                    self.deeds.acknowledged += 1;
                }
                (Deed::Base, Ok(_)) => self.deeds.acknowledged += 1,
                (
                    deed,
                    Err(error @ (QueryError::Invalid { .. } | QueryError::Server(_) | QueryError::Syntax { .. })),
                ) => self.violations.push(format!("{deed:?} was rejected: {error}")),
                (_, Err(_)) => {}
            }
        }
    }

    /// A statement on a cluster in which nothing is wrong; what fails then is a violation.
    fn execute(&mut self, query: String, consistency: ConsistencyLevel) -> Vec<Vec<Option<i64>>> {
        let id = self.cluster.next_request();
        let coordinator = self.nodes[id.0 as usize % self.nodes.len()];
        let mut request = request(id, query.clone(), consistency, None);
        request.page_size = None;
        if query.starts_with("CREATE KEYSPACE") {
            request.keyspace = None;
        }
        let integer = |bytes: &Option<bytes::Bytes>| match bytes.as_deref() {
            Some([a, b, c, d]) => Some(i64::from(i32::from_be_bytes([*a, *b, *c, *d]))),
            Some(bytes) => bytes.try_into().ok().map(i64::from_be_bytes),
            None => None,
        };
        match self.cluster.execute(coordinator, request, PATIENCE) {
            Some(Answer::Reply(reply)) => match reply.result {
                Ok(QueryResult::Rows(rows)) => rows.rows.iter().map(|row| row.iter().map(integer).collect()).collect(),
                Ok(_) => Vec::new(),
                Err(error) => {
                    self.violations.push(format!("healed, but {query} fails: {error}"));
                    Vec::new()
                }
            },
            _ => {
                self.violations.push(format!("healed, but {query} has no answer"));
                Vec::new()
            }
        }
    }

    fn check_tallies(&mut self) {
        for tally in 0..TALLIES {
            let (sure, possible) = self.deeds.counted.get(&tally).copied().unwrap_or_default();
            let query = format!("SELECT n FROM tallies WHERE k = {tally}");
            let mut totals = BTreeSet::new();
            for level in [
                ConsistencyLevel::All,
                ConsistencyLevel::One,
                ConsistencyLevel::One,
                ConsistencyLevel::One,
            ] {
                let rows = self.execute(query.clone(), level);
                totals.insert(rows.first().and_then(|row| row[0]).unwrap_or(0));
            }
            let total = totals.first().copied().unwrap_or(0);
            if totals.len() > 1 {
                self.violations
                    .push(format!("tally {tally}: replicas differ: {totals:?}"));
            }
            if !(sure..=sure + possible).contains(&total) {
                self.violations.push(format!(
                    "tally {tally} is {total}: {sure} increments were acknowledged, {possible} more may have happened"
                ));
            }
        }
    }

    fn check_batches(&mut self) {
        let numbers =
            |rows: Vec<Vec<Option<i64>>>| rows.into_iter().filter_map(|row| row[0]).collect::<BTreeSet<i64>>();
        let left = numbers(self.execute("SELECT v FROM left_half".into(), ConsistencyLevel::All));
        let right = numbers(self.execute("SELECT v FROM right_half".into(), ConsistencyLevel::All));
        let halves: Vec<_> = left.symmetric_difference(&right).collect();
        if !halves.is_empty() {
            self.violations
                .push(format!("of batches {halves:?} only half is there"));
        }
        let lost: Vec<_> = self.deeds.acknowledged_batches.difference(&left).collect();
        if !lost.is_empty() {
            self.violations
                .push(format!("batches {lost:?} were acknowledged and are gone"));
        }
    }

    fn check_view(&mut self) {
        // The first read repairs the base table's replicas, which updates the view.
        self.execute("SELECT k, g, v FROM base".into(), ConsistencyLevel::All);
        self.cluster.run_for(Duration::from_secs(20));
        let base = self.execute("SELECT g, k, v FROM base".into(), ConsistencyLevel::All);
        let shown: BTreeSet<_> = base.into_iter().filter(|row| row[0].is_some()).collect();
        let view = self.execute("SELECT g, k, v FROM by_g".into(), ConsistencyLevel::All);
        let view: BTreeSet<_> = view.into_iter().collect();
        if shown != view {
            let missing: Vec<_> = shown.difference(&view).collect();
            let surplus: Vec<_> = view.difference(&shown).collect();
            self.violations.push(format!(
                "the view lacks rows {missing:?} of its base table, and has {surplus:?} that it should not"
            ));
        }
    }
}
