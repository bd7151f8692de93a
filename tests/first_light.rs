//! The newcomer's first program on three real nodes, and what they do when one of them is gone.

use ringscope::base::{Duration, Endpoint, Instant, Seed};
use ringscope::cql::{QueryError, QueryResult};
use ringscope::data::{ConsistencyLevel, KeyspaceName};
use ringscope::event::{Event, What};
use ringscope::message::Envelope;
use ringscope::node::{ClientRequest, Node};
use ringscope::sim::{Answer, Cluster, ClusterConfig, Control, Observer, Place, Verdict};

/// Keeps the events of replayed hints.
#[derive(Default)]
struct Watcher {
    hints_replayed: u32,
}

impl Observer<Envelope> for Watcher {
    fn event(&mut self, event: &Event) {
        self.hints_replayed += u32::from(matches!(event.what, What::HintReplayed { .. }));
    }

    fn sent(&mut self, _at: Instant, _message: &Envelope, _verdict: Verdict) {}

    fn answer(&mut self, _at: Instant, _answer: Answer) {}
}

struct Session {
    cluster: Cluster<Node, Watcher>,
    consistency: ConsistencyLevel,
    coordinator: Endpoint,
}

impl Session {
    fn start() -> Session {
        let mut cluster = Cluster::start(&ClusterConfig::simple(Seed(1), 3), Watcher::default());
        cluster.run_for(Duration::from_secs(5));
        Session {
            cluster,
            consistency: ConsistencyLevel::One,
            coordinator: Endpoint::nth(1),
        }
    }

    fn run(&mut self, query: &str) -> Result<QueryResult, QueryError> {
        let request = ClientRequest {
            id: self.cluster.next_request(),
            query: query.to_string(),
            form: Default::default(),
            keyspace: Some(KeyspaceName::new("my_keyspace")),
            consistency: self.consistency,
            serial_consistency: ConsistencyLevel::Serial,
            page_size: Some(100),
            paging_state: None,
            timestamp: None,
        };
        match self.cluster.execute(self.coordinator, request, Duration::from_secs(60)) {
            Some(Answer::Reply(reply)) => reply.result,
            other => panic!("{query}: {other:?}"),
        }
    }

    /// The values of a result, as CQL literals.
    fn rows(&mut self, query: &str) -> Vec<Vec<String>> {
        let QueryResult::Rows(rows) = self.run(query).unwrap_or_else(|error| panic!("{query}: {error}")) else {
            panic!("{query}: no rows");
        };
        let columns = &rows.columns;
        let value = |(value, at): (&Option<bytes::Bytes>, usize)| match value {
            None => "null".to_string(),
            Some(bytes) => columns[at].ty.decode(bytes).unwrap().to_string(),
        };
        rows.rows
            .iter()
            .map(|row| row.iter().zip(0..).map(value).collect())
            .collect()
    }

    fn prepare(&mut self) {
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
        self.run(&format!("CREATE KEYSPACE my_keyspace WITH replication = {replication}"))
            .unwrap();
        self.run("CREATE TABLE my_keyspace.my_table (id INT PRIMARY KEY, data TEXT)")
            .unwrap();
    }
}

#[test]
fn the_first_program_runs_as_typed() {
    let mut session = Session::start();
    session.prepare();
    let insert = "INSERT INTO my_keyspace.my_table (id, data) VALUES (1, 'Hello, World!') IF NOT EXISTS";
    assert_eq!(session.rows(insert), [["true"]]);
    assert_eq!(session.rows(insert), [["false", "1", "'Hello, World!'"]]);
    session.consistency = ConsistencyLevel::LocalQuorum;
    assert_eq!(
        session.rows("SELECT * FROM my_keyspace.my_table WHERE id = 1"),
        [["1", "'Hello, World!'"]]
    );
    session
        .run("UPDATE my_table SET data = 'Changed' WHERE id = 1")
        .unwrap();
    assert_eq!(session.rows("SELECT data FROM my_table"), [["'Changed'"]]);
    session.run("DELETE FROM my_table WHERE id = 1").unwrap();
    assert_eq!(session.rows("SELECT * FROM my_table"), Vec::<Vec<String>>::new());
}

#[test]
fn a_quorum_goes_on_without_one_and_the_hint_reaches_it_later() {
    let mut session = Session::start();
    session.prepare();
    session.cluster.control(Control::Kill(Endpoint::nth(3)));
    session.cluster.run_for(Duration::from_secs(40));
    session.consistency = ConsistencyLevel::All;
    let insert = "INSERT INTO my_table (id, data) VALUES (7, 'seven')";
    let unavailable = QueryError::Unavailable {
        message: "Cannot achieve consistency level ALL".into(),
        consistency: ConsistencyLevel::All,
        required: 3,
        alive: 2,
    };
    assert_eq!(session.run(insert), Err(unavailable));
    session.consistency = ConsistencyLevel::Quorum;
    session.run(insert).unwrap();
    assert_eq!(session.rows("SELECT data FROM my_table WHERE id = 7"), [["'seven'"]]);
    session.cluster.control(Control::Start(Endpoint::nth(3)));
    session.cluster.run_for(Duration::from_secs(60));
    assert_eq!(session.cluster.observer().hints_replayed, 1);
    session.consistency = ConsistencyLevel::All;
    assert_eq!(session.rows("SELECT data FROM my_table WHERE id = 7"), [["'seven'"]]);
}

#[test]
fn a_node_that_was_down_learns_the_schema_when_it_is_back() {
    let mut session = Session::start();
    session.cluster.control(Control::Kill(Endpoint::nth(3)));
    session.cluster.run_for(Duration::from_secs(40));
    session.prepare();
    session
        .run("INSERT INTO my_table (id, data) VALUES (1, 'one')")
        .unwrap();
    session.cluster.control(Control::Start(Endpoint::nth(3)));
    session.cluster.run_for(Duration::from_secs(20));
    session.coordinator = Endpoint::nth(3);
    session.consistency = ConsistencyLevel::Quorum;
    assert_eq!(session.rows("SELECT data FROM my_table WHERE id = 1"), [["'one'"]]);
    let versions = session.rows("SELECT schema_version FROM system.peers_v2");
    let own = session.rows("SELECT schema_version FROM system.local");
    assert_eq!(versions, [own[0].clone(), own[0].clone()]);
}

#[test]
fn a_node_that_joins_takes_its_part_after_the_ring_delay() {
    let mut session = Session::start();
    session.prepare();
    let place = session.cluster.roster().nodes()[0].clone();
    let place = Place {
        datacenter: place.datacenter,
        rack: place.rack,
    };
    let joined = session.cluster.join(&place).expect("there is room for a fourth node");
    session.cluster.control(Control::Start(joined));
    session.cluster.run_for(Duration::from_secs(60));
    session.coordinator = joined;
    session.consistency = ConsistencyLevel::Quorum;
    session
        .run("INSERT INTO my_table (id, data) VALUES (1, 'one')")
        .unwrap();
    assert_eq!(session.rows("SELECT data FROM my_table WHERE id = 1"), [["'one'"]]);
    session.coordinator = Endpoint::nth(1);
    assert_eq!(session.rows("SELECT peer FROM system.peers_v2").len(), 3);
}
