//! A cluster as a test double: in the test's own process, on ports that nobody else has, with faults and time in hand.
//!
//! ```no_run
//! let cluster = ringscope::testing::Cluster::new(3).unwrap();
//! cluster.execute("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}").unwrap();
//! // An application's own driver connects here:
//! let address = cluster.contact_point();
//! cluster.kill(2).unwrap();
//! ```
//!
//! Knows the server and what may be done to a cluster. Does not know the application that is tested.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use bytes::Bytes;

use crate::base::{Endpoint, RequestId, Seed};
use crate::cql::prepare::BoundValues;
use crate::cql::{PreparedStatement, QueryError, QueryResult, Rows};
use crate::data::{ConsistencyLevel, Value};
use crate::node::{ClientRequest, Form, NativeTransport};
use crate::server::{Deed, ServeError, ServeOptions, Server, Speed, WrongDeed};
use crate::sim::{Answer, ClusterConfig};

pub use crate::cql::prepare::BoundValue;

/// A question that is not answered in this much real time will not be.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster that ends with this value.
pub struct Cluster {
    server: Server,
}

/// Why a cluster did not do what a test asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("the coordinator died before it answered")]
    Disconnected,
    #[error("no answer within {} s", PATIENCE.as_secs())]
    NoAnswer,
    #[error(transparent)]
    Deed(#[from] WrongDeed),
    #[error(transparent)]
    Start(#[from] ServeError),
    #[error("no port is free: {0}")]
    NoPort(std::io::Error),
}

impl Cluster {
    /// So many nodes, at 127.0.0.1, 127.0.0.2 and so on, on one port that is free.
    pub fn new(nodes: usize) -> Result<Cluster, Error> {
        Cluster::with_seed(nodes, 1)
    }

    /// The same with another seed: other tokens, other host ids.
    pub fn with_seed(nodes: usize, seed: u64) -> Result<Cluster, Error> {
        let mut taken = None;
        for _ in 0..16 {
            let port = free_port().map_err(Error::NoPort)?;
            let mut options = ServeOptions::new(ClusterConfig::simple(Seed(seed), nodes));
            options.native = NativeTransport::EachItsOwn { port };
            // Nobody waits for the time it takes messages to travel.
            options.speed = Speed::Max;
            match Server::start(options) {
                Ok(server) => return Ok(Cluster { server }),
                // Free on 127.0.0.1, but not on the others, or taken since.
                Err(error @ ServeError::Listen { .. }) => taken = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(taken.map_or(Error::NoAnswer, Error::Start))
    }

    /// Where a driver begins; it finds the others by itself.
    pub fn contact_point(&self) -> SocketAddr {
        self.addresses()[0]
    }

    /// Where each node listens, in the order of their numbers.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.server.addresses()
    }

    /// Carries a statement out at node 1, at QUORUM, without a driver.
    pub fn execute(&self, query: &str) -> Result<QueryResult, Error> {
        self.execute_with(1, ConsistencyLevel::Quorum, query, &[])
    }

    /// The rows of a SELECT, each value decoded.
    pub fn rows(&self, query: &str) -> Result<Vec<Vec<Option<Value>>>, Error> {
        match self.execute(query)? {
            QueryResult::Rows(rows) => Ok(decode(&rows)),
            _ => Ok(Vec::new()),
        }
    }

    /// Carries a statement out at a node of your choice, with values for its bind markers.
    pub fn execute_with(
        &self,
        node: u8,
        consistency: ConsistencyLevel,
        query: &str,
        values: &[BoundValue],
    ) -> Result<QueryResult, Error> {
        let values = BoundValues {
            names: None,
            values: values.to_vec(),
        };
        self.ask(node, consistency, query, Form::Query(values))
    }

    /// Prepares a statement at node 1.
    pub fn prepare(&self, query: &str) -> Result<PreparedStatement, Error> {
        match self.ask(1, ConsistencyLevel::One, query, Form::Prepare)? {
            QueryResult::Prepared(prepared) => Ok(*prepared),
            _ => Err(Error::NoAnswer),
        }
    }

    /// Carries out what was prepared, at node 1 and QUORUM.
    pub fn execute_prepared(&self, prepared: &PreparedStatement, values: &[BoundValue]) -> Result<QueryResult, Error> {
        let form = Form::Execute {
            statement: prepared.id,
            values: BoundValues {
                names: None,
                values: values.to_vec(),
            },
        };
        self.ask(1, ConsistencyLevel::Quorum, "", form)
    }

    fn ask(&self, node: u8, consistency: ConsistencyLevel, query: &str, form: Form) -> Result<QueryResult, Error> {
        let request = ClientRequest {
            id: RequestId(0),
            query: query.to_string(),
            form,
            keyspace: None,
            consistency,
            serial_consistency: ConsistencyLevel::Serial,
            page_size: None,
            paging_state: None,
            timestamp: None,
        };
        match self.server.cluster().request(Endpoint::nth(node), request, PATIENCE) {
            Some(Answer::Reply(reply)) => Ok(reply.result?),
            Some(Answer::Disconnected(_) | Answer::Told(_)) => Err(Error::Disconnected),
            None => Err(Error::NoAnswer),
        }
    }

    /// The process of a node dies, its listener and connections with it; what it had not synced is lost.
    pub fn kill(&self, node: u8) -> Result<(), Error> {
        self.act(Deed::Kill(node))
    }

    /// Starts a node again, on what its disk holds.
    pub fn start(&self, node: u8) -> Result<(), Error> {
        self.act(Deed::Start(node))
    }

    /// Anything that may be done to a cluster: pauses, cuts, slow and lossy links.
    pub fn act(&self, deed: Deed) -> Result<(), Error> {
        let done = self.server.cluster().run(move |cluster| deed.apply(cluster));
        Ok(done.ok_or(Error::NoAnswer)??)
    }

    /// Lets virtual time pass at once: for timeouts, TTLs, hints, the failure detector.
    pub fn advance(&self, time: Duration) {
        self.server.cluster().run(move |cluster| cluster.run_for(time));
    }

    /// Virtual time since the cluster began.
    pub fn elapsed(&self) -> Duration {
        let now = self.server.cluster().run(|cluster| cluster.now());
        now.map_or(Duration::ZERO, |now| Duration::from_micros(now.as_micros()))
    }
}

fn decode(rows: &Rows) -> Vec<Vec<Option<Value>>> {
    let value = |(bytes, column): (&Option<Bytes>, &crate::cql::ResultColumn)| {
        bytes.as_ref().and_then(|bytes| column.ty.decode(bytes).ok())
    };
    let row = |row: &Vec<Option<Bytes>>| row.iter().zip(&rows.columns).map(value).collect();
    rows.rows.iter().map(row).collect()
}

fn free_port() -> std::io::Result<u16> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr().map(|it| it.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_and_survives_the_loss_of_a_node() {
        let cluster = Cluster::new(3).unwrap();
        let create = "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}";
        cluster.execute(create).unwrap();
        cluster.execute("CREATE TABLE k.t (a int PRIMARY KEY, b text)").unwrap();
        let insert = cluster.prepare("INSERT INTO k.t (a, b) VALUES (?, ?)").unwrap();
        assert_eq!(insert.partition_key, [0]);
        let values = |a: i32, b: &'static str| {
            let a = Bytes::copy_from_slice(&a.to_be_bytes());
            [
                BoundValue::Value(a),
                BoundValue::Value(Bytes::from_static(b.as_bytes())),
            ]
        };
        cluster.execute_prepared(&insert, &values(1, "one")).unwrap();
        cluster.kill(3).unwrap();
        cluster.execute_prepared(&insert, &values(2, "two")).unwrap();
        let found = cluster.rows("SELECT a, b FROM k.t WHERE a IN (1, 2)").unwrap();
        let row = |a, b: &str| vec![Some(Value::Int(a)), Some(Value::Text(b.into()))];
        assert_eq!(found, [row(1, "one"), row(2, "two")]);
        // The node that was down has what it missed once it is back and the hints have come.
        cluster.start(3).unwrap();
        cluster.advance(Duration::from_secs(120));
        let query = "SELECT b FROM k.t WHERE a = ?";
        let at = |node| {
            let key = [BoundValue::Value(Bytes::copy_from_slice(&2i32.to_be_bytes()))];
            cluster.execute_with(node, ConsistencyLevel::One, query, &key)
        };
        let QueryResult::Rows(rows) = at(3).unwrap() else {
            panic!("a SELECT has rows")
        };
        assert_eq!(decode(&rows), [[Some(Value::Text("two".into()))]]);
    }

    #[test]
    fn values_left_unset_leave_what_is_there() {
        let cluster = Cluster::new(1).unwrap();
        let create = "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}";
        cluster.execute(create).unwrap();
        cluster
            .execute("CREATE TABLE k.t (a int PRIMARY KEY, b text, c text)")
            .unwrap();
        cluster
            .execute("INSERT INTO k.t (a, b, c) VALUES (1, 'b', 'c')")
            .unwrap();
        let insert = cluster.prepare("INSERT INTO k.t (a, b, c) VALUES (?, ?, ?)").unwrap();
        let key = BoundValue::Value(Bytes::copy_from_slice(&1i32.to_be_bytes()));
        let values = [key, BoundValue::Unset, BoundValue::Null];
        cluster.execute_prepared(&insert, &values).unwrap();
        let found = cluster.rows("SELECT b, c FROM k.t").unwrap();
        assert_eq!(found, [[Some(Value::Text("b".into())), None]]);
        let wrong = cluster.execute_prepared(&insert, &values[..2]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "there were 3 markers(?) in CQL but 2 bound variables"
        );
        cluster.execute("DROP TABLE k.t").unwrap();
        let gone = cluster.execute_prepared(&insert, &values).unwrap_err();
        assert!(
            matches!(gone, Error::Query(QueryError::Unprepared(id)) if id == insert.id),
            "{gone}"
        );
    }
}
