//! One seed, one run of a cluster whose table has indexes of all kinds: whatever clients wrote while faults came and went, once all
//! is healed a search by an index finds what a look at every row finds.

use core::time::Duration;
use std::collections::BTreeSet;

use super::faults::{self, FaultSet};
use super::workload::{KEYSPACE, request};
use super::{Answer, Cluster, ClusterConfig, Observer, Verdict};
use crate::base::{Endpoint, Instant, Random, Seed};
use crate::cql::{QueryError, QueryResult};
use crate::data::{ConsistencyLevel, WriteTimestamp};
use crate::event::{Event, What};
use crate::message::Envelope;
use crate::node::Node;

const START: Duration = Duration::from_secs(20);
const WORK: Duration = Duration::from_secs(40);
const HEALING: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest between two statements.
const LONGEST_THINK: Duration = Duration::from_millis(100);

/// Values that columns take: few, so that rows share them and change them.
const VALUES: u64 = 4;

/// Each index, made before the work or in the middle of it, and what it is asked for.
const INDEXES: [(&str, bool); 8] = [
    ("CREATE INDEX ON data (a)", false),
    ("CREATE INDEX ON data (b) USING 'sai'", false),
    ("CREATE INDEX ON data (tags)", false),
    ("CREATE INDEX ON data (s)", false),
    ("CREATE INDEX ON data (c) USING 'sai'", true),
    ("CREATE INDEX ON data (entries(m)) USING 'sai'", true),
    ("CREATE INDEX ON data (q)", true),
    ("CREATE INDEX ON data (keys(m))", true),
];

/// Conditions that an index serves, each with one beside it that rows are filtered by.
fn searches() -> Vec<String> {
    let mut searches = Vec::new();
    for value in 0..VALUES {
        for search in [
            "a = @",
            "b = @",
            "b > @",
            "b >= @ AND b < 3",
            "tags CONTAINS @",
            "s = @",
            "c = @",
            "c < @",
        ] {
            searches.push(search.replace('@', &value.to_string()));
        }
        for search in [
            "m[1] = @",
            "m CONTAINS KEY @",
            "q = @",
            "a = @ AND b = 1",
            "b = @ AND s = 2",
            "s = @ AND a > 1",
        ] {
            searches.push(search.replace('@', &value.to_string()));
        }
    }
    searches
}

/// What became of a seed.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub statements: u64,
    pub acknowledged: u64,
    pub searches: u64,
    pub rows: u64,
    /// Rows that a replica was asked for because another's index found them, and reads by index.
    pub unheard: u64,
    pub index_reads: u64,
    pub violations: Vec<String>,
}

impl Outcome {
    pub fn add(&mut self, other: Outcome) {
        self.statements += other.statements;
        self.acknowledged += other.acknowledged;
        self.searches += other.searches;
        self.rows += other.rows;
        self.unheard += other.unheard;
        self.index_reads += other.index_reads;
        self.violations.extend(other.violations);
    }
}

#[derive(Default)]
struct Witness {
    unheard: u64,
    index_reads: u64,
}

impl Observer<Envelope> for Witness {
    fn event(&mut self, event: &Event) {
        match event.what {
            What::ReadingUnheard { .. } => self.unheard += 1,
            What::IndexRead { .. } => self.index_reads += 1,
            _ => {}
        }
    }

    fn sent(&mut self, _at: Instant, _message: &Envelope, _verdict: Verdict) {}

    fn answer(&mut self, _at: Instant, _answer: Answer) {}
}

struct Run {
    cluster: Cluster<Node, Witness>,
    nodes: Vec<Endpoint>,
    random: Random,
    outcome: Outcome,
    timestamp: i64,
}

pub fn run_seed(seed: Seed, faults: &FaultSet) -> Outcome {
    let nodes = if seed.0 % 2 == 1 { 3 } else { 4 };
    let config = ClusterConfig::simple(seed, nodes);
    let mut run = Run {
        cluster: Cluster::start(&config, Witness::default()),
        nodes: (1..=nodes as u8).map(Endpoint::nth).collect(),
        random: Random::stream(seed, "index campaign"),
        outcome: Outcome::default(),
        timestamp: 1_000_000,
    };
    run.prepare();
    run.work(seed, faults);
    for control in faults::heal(&run.nodes) {
        run.cluster.control(control);
    }
    run.cluster.run_for(HEALING);
    run.collect();
    run.compare();
    run.outcome.unheard = run.cluster.observer().unheard;
    run.outcome.index_reads = run.cluster.observer().index_reads;
    for violation in &mut run.outcome.violations {
        *violation = format!("seed {}: {violation}", seed.0);
    }
    run.outcome
}

impl Run {
    fn execute(&mut self, query: &str, level: ConsistencyLevel) -> Result<QueryResult, String> {
        let id = self.cluster.next_request();
        let coordinator = self.nodes[id.0 as usize % self.nodes.len()];
        let mut request = request(id, query.to_string(), level, None);
        request.page_size = None;
        match self.cluster.execute(coordinator, request, PATIENCE) {
            Some(Answer::Reply(reply)) => reply.result.map_err(|error| error.to_string()),
            Some(Answer::Disconnected(_)) => Err("the connection broke".into()),
            Some(Answer::Told(_)) | None => Err("no answer".into()),
        }
    }

    /// A statement that has to go well: nothing is wrong with the cluster.
    fn must(&mut self, query: &str, level: ConsistencyLevel) -> Option<QueryResult> {
        let result = self.execute(query, level);
        result
            .map_err(|error| self.outcome.violations.push(format!("{query} fails: {error}")))
            .ok()
    }

    fn prepare(&mut self) {
        self.cluster.run_for(START);
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
        self.must(
            &format!("CREATE KEYSPACE {KEYSPACE} WITH replication = {replication}"),
            ConsistencyLevel::One,
        );
        let table = "CREATE TABLE data (p int, q int, c int, a int, b int, s int static, tags set<int>, m map<int, int>, PRIMARY \
                     KEY ((p, q), c))";
        self.must(table, ConsistencyLevel::One);
        for (index, _) in INDEXES.iter().filter(|(_, late)| !late) {
            self.must(index, ConsistencyLevel::One);
        }
    }

    /// A statement that changes something, or asks an index.
    fn statement(&mut self) -> String {
        let mut value = || self.random.below(VALUES);
        let [p, q, c, x, y] = [value(), value(), value(), value(), value()];
        let row = format!("p = {p} AND q = {q} AND c = {c}");
        match self.random.below(20) {
            0..6 => format!(
                "INSERT INTO data (p, q, c, a, b, tags, m) VALUES ({p}, {q}, {c}, {x}, {y}, {{{x}, {y}}}, {{1: {x}, {y}: 2}})"
            ),
            6 => format!("UPDATE data SET a = {x} WHERE {row}"),
            7 => format!("UPDATE data SET b = {x} WHERE {row}"),
            8 => format!("UPDATE data SET tags = tags + {{{x}}} WHERE {row}"),
            9 => format!("UPDATE data SET tags = tags - {{{x}}} WHERE {row}"),
            10 => format!("UPDATE data SET m[1] = {x} WHERE {row}"),
            11 => format!("UPDATE data SET s = {x} WHERE p = {p} AND q = {q}"),
            12 => format!("DELETE a, tags FROM data WHERE {row}"),
            13 => format!("DELETE m[{x}] FROM data WHERE {row}"),
            14 => format!("DELETE FROM data WHERE {row}"),
            15 => format!("DELETE FROM data WHERE p = {p} AND q = {q} AND c > {c}"),
            16 if x == 0 => format!("DELETE FROM data WHERE p = {p} AND q = {q}"),
            17 => format!("DELETE s FROM data WHERE p = {p} AND q = {q}"),
            _ => {
                let early = ["a = @", "b > @", "tags CONTAINS @", "s = @"];
                let search = early[self.random.below(early.len() as u64) as usize];
                format!("SELECT * FROM data WHERE {}", search.replace('@', &x.to_string()))
            }
        }
    }

    fn work(&mut self, seed: Seed, faults: &FaultSet) {
        let start = self.cluster.now();
        let until = start + WORK;
        let mut faults = faults::plan(seed, faults, &self.nodes, start, WORK)
            .into_iter()
            .peekable();
        let mut late = INDEXES.iter().filter(|(_, late)| *late).map(|(index, _)| *index);
        let mut next = start;
        loop {
            next += self.random.duration(Duration::from_millis(5), LONGEST_THINK);
            if next >= until {
                break;
            }
            while let Some((at, control)) = faults.next_if(|(at, _)| *at <= next) {
                self.cluster.run_until(at.max(self.cluster.now()));
                self.cluster.control(control);
            }
            self.cluster.run_until(next);
            // Indexes come while the table is written, and while nodes may be away.
            let query = match self.random.below(60) {
                0 => late.next().map(str::to_string),
                _ => None,
            };
            let query = query.unwrap_or_else(|| self.statement());
            // Some writes are older than those before them.
            self.timestamp += 10;
            let back = self.random.below(10) == 0;
            let timestamp = self.timestamp - if back { self.random.below(2000) as i64 * 10 } else { 0 } + 1;
            let is_write = !query.starts_with("SELECT") && !query.starts_with("CREATE");
            let id = self.cluster.next_request();
            let node = *self.random.pick(&self.nodes).unwrap_or(&self.nodes[0]);
            let stamp = is_write.then_some(WriteTimestamp(timestamp));
            let request = request(id, query, ConsistencyLevel::Quorum, stamp);
            self.outcome.statements += 1;
            self.cluster.submit(next, node, request);
            self.collect();
        }
    }

    fn collect(&mut self) {
        for (_, answer) in self.cluster.answers() {
            let Answer::Reply(reply) = answer else { continue };
            match reply.result {
                Ok(_) => self.outcome.acknowledged += 1,
                Err(QueryError::Invalid { message, .. }) => {
                    self.outcome.violations.push(format!("rejected: {message}"));
                }
                Err(_) => {}
            }
        }
    }

    /// First by index, so that nothing was repaired before; then row by row; then by index of each replica alone.
    fn compare(&mut self) {
        for (index, _) in INDEXES {
            let index = index.replace("INDEX ON", "INDEX IF NOT EXISTS ON");
            self.must(&index, ConsistencyLevel::One);
        }
        let searches = searches();
        let by_index: Vec<_> = searches
            .iter()
            .map(|it| self.found(it, false, ConsistencyLevel::All))
            .collect();
        let by_quorum: Vec<_> = searches
            .iter()
            .map(|it| self.found(it, false, ConsistencyLevel::Quorum))
            .collect();
        let by_row: Vec<_> = searches
            .iter()
            .map(|it| self.found(it, true, ConsistencyLevel::All))
            .collect();
        let by_one: Vec<_> = searches
            .iter()
            .map(|it| self.found(it, false, ConsistencyLevel::One))
            .collect();
        for (at, search) in searches.iter().enumerate() {
            self.outcome.searches += 1;
            self.outcome.rows += by_row[at].len() as u64;
            for (level, found) in [("ALL", &by_index), ("QUORUM", &by_quorum), ("ONE", &by_one)] {
                let (expected, found) = (&by_row[at], &found[at]);
                if expected != found {
                    let missing: Vec<_> = expected.difference(found).collect();
                    let extra: Vec<_> = found.difference(expected).collect();
                    let text = format!("{search} at {level}: missing {missing:?}, too many {extra:?}");
                    self.outcome.violations.push(text);
                }
            }
        }
    }

    /// The keys of the rows that meet a condition; `all`: found by looking at every row.
    fn found(&mut self, search: &str, all: bool, level: ConsistencyLevel) -> BTreeSet<Vec<i32>> {
        // Rows of one partition after another, each read and filtered as it is: no index is used for those.
        let mut queries = Vec::new();
        match all {
            false => queries.push(format!("SELECT p, q, c FROM data WHERE {search} ALLOW FILTERING")),
            true => {
                for p in 0..VALUES {
                    for q in 0..VALUES {
                        let of_key = search.strip_prefix("q = ");
                        if of_key.is_some_and(|it| it != q.to_string()) {
                            continue;
                        }
                        let rest = if of_key.is_some() {
                            String::new()
                        } else {
                            format!(" AND {search}")
                        };
                        queries.push(format!(
                            "SELECT p, q, c FROM data WHERE p = {p} AND q = {q}{rest} ALLOW FILTERING"
                        ));
                    }
                }
            }
        }
        let mut found = BTreeSet::new();
        for query in queries {
            let Some(QueryResult::Rows(rows)) = self.must(&query, level) else {
                continue;
            };
            for row in rows.rows {
                let value = |bytes: &Option<bytes::Bytes>| {
                    let bytes = bytes.as_deref().and_then(|it| it.try_into().ok());
                    bytes.map_or(i32::MIN, i32::from_be_bytes)
                };
                found.insert(row.iter().map(value).collect());
            }
        }
        found
    }
}
