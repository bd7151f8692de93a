//! Any paging state with any of some statements: the client is told, or gets rows of the table.

#![no_main]

use std::cell::RefCell;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ringscope::base::{Duration, Endpoint, Instant, Seed};
use ringscope::data::ConsistencyLevel;
use ringscope::event::Event;
use ringscope::message::Envelope;
use ringscope::node::{ClientRequest, Node};
use ringscope::sim::{Answer, Cluster, ClusterConfig, Observer, Verdict};

const PATIENCE: Duration = Duration::from_secs(20);

const SETUP: [&str; 6] = [
    "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    "CREATE TABLE k.t (a int, b text, c int, d int, s text static, PRIMARY KEY ((a, b), c, d)) WITH CLUSTERING ORDER BY (c DESC, d ASC)",
    "INSERT INTO k.t (a, b, c, d, s) VALUES (1, 'x', 1, 1, 's')",
    "INSERT INTO k.t (a, b, c, d) VALUES (1, 'x', 2, 1)",
    "INSERT INTO k.t (a, b, c, d) VALUES (2, 'y', 1, 1)",
    "INSERT INTO k.t (a, b, s) VALUES (3, 'z', 't')",
];

const STATEMENTS: [&str; 6] = [
    "SELECT * FROM k.t",
    "SELECT * FROM k.t WHERE a = 1 AND b = 'x'",
    "SELECT * FROM k.t WHERE a IN (1, 2, 3) AND b = 'x' AND c > 0 ORDER BY c ASC",
    "SELECT DISTINCT a, b, s FROM k.t",
    "SELECT a, count(*) FROM k.t GROUP BY a, b, c LIMIT 2",
    "SELECT * FROM k.t PER PARTITION LIMIT 1",
];

/// Sees nothing.
struct Nobody;

impl Observer<Envelope> for Nobody {
    fn event(&mut self, _event: &Event) {}

    fn sent(&mut self, _at: Instant, _message: &Envelope, _verdict: Verdict) {}

    fn answer(&mut self, _at: Instant, _answer: Answer) {}
}

struct Fixture {
    cluster: Cluster<Node, Nobody>,
    asked: u32,
}

thread_local! {
    static FIXTURE: RefCell<Option<Fixture>> = const { RefCell::new(None) };
}

impl Fixture {
    fn new() -> Fixture {
        let mut cluster = Cluster::start(&ClusterConfig::simple(Seed(1), 1), Nobody);
        cluster.keep_no_history();
        cluster.run_for(Duration::from_secs(5));
        let mut fixture = Fixture { cluster, asked: 0 };
        for statement in SETUP {
            fixture.ask(statement, None);
        }
        fixture
    }

    fn ask(&mut self, query: &str, paging_state: Option<Bytes>) {
        let request = ClientRequest {
            id: self.cluster.next_request(),
            query: query.to_owned(),
            form: Default::default(),
            keyspace: None,
            consistency: ConsistencyLevel::One,
            serial_consistency: ConsistencyLevel::Serial,
            page_size: Some(2),
            paging_state,
            timestamp: None,
        };
        let answer = self.cluster.execute(Endpoint::nth(1), request, PATIENCE);
        assert!(matches!(answer, Some(Answer::Reply(_))), "no answer to {query}");
        self.asked += 1;
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((statement, state)) = input.split_first() else {
        return;
    };
    FIXTURE.with_borrow_mut(|fixture| {
        // A new one now and then, so that what a cluster remembers of itself does not add up.
        if fixture.as_ref().is_none_or(|it| it.asked > 100_000) {
            *fixture = Some(Fixture::new());
        }
        if let Some(fixture) = fixture {
            let statement = STATEMENTS[usize::from(*statement) % STATEMENTS.len()];
            fixture.ask(statement, Some(Bytes::copy_from_slice(state)));
        }
    });
});
