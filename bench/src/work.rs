//! The load: rows of one table, each written and read by its key.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::statement::Consistency;
use scylla::statement::prepared::PreparedStatement;
use tokio::task::LocalSet;

use super::Failure;

/// Rows there are.
const KEYS: u32 = 10_000;
const VALUE_BYTES: usize = 100;
/// For a cluster that has just been given a schema.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

pub struct Work {
    session: Rc<Session>,
    write: PreparedStatement,
    read: PreparedStatement,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Write,
    Read,
    /// One of the two, then the other.
    Mixed,
}

pub struct Done {
    pub took: Duration,
    /// In order.
    latencies: Vec<Duration>,
}

impl Done {
    pub fn quantile(&self, quantile: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let place = (last as f64 * quantile).round() as usize;
        self.latencies.get(place).copied().unwrap_or_default()
    }
}

impl Work {
    pub async fn prepare(address: SocketAddr) -> Result<Work, Failure> {
        let profile = ExecutionProfile::builder()
            .consistency(Consistency::Quorum)
            .request_timeout(Some(REQUEST_TIMEOUT));
        let session = SessionBuilder::new()
            .known_node_addr(address)
            .default_execution_profile_handle(profile.build().into_handle());
        let session = session.build().await?;
        let nodes = session.get_cluster_state().get_nodes_info().len();
        if nodes != 3 {
            return Err(format!("the load is for three nodes, and there are {nodes}").into());
        }
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
        for statement in [
            "DROP KEYSPACE IF EXISTS load",
            &format!("CREATE KEYSPACE load WITH replication = {replication}"),
            "CREATE TABLE load.rows (id int PRIMARY KEY, value text)",
        ] {
            session.query_unpaged(statement, ()).await?;
            session.await_schema_agreement().await?;
        }
        let write = session
            .prepare("INSERT INTO load.rows (id, value) VALUES (?, ?)")
            .await?;
        let read = session.prepare("SELECT value FROM load.rows WHERE id = ?").await?;
        Ok(Work {
            session: Rc::new(session),
            write,
            read,
        })
    }

    /// So many operations, each client asking again as soon as it is answered.
    pub async fn run(&self, kind: Kind, operations: u32, clients: u32) -> Result<Done, Failure> {
        let next = Rc::new(Cell::new(0));
        let latencies = Rc::new(RefCell::new(Vec::with_capacity(operations as usize)));
        let tasks = LocalSet::new();
        let began = Instant::now();
        let mut running = Vec::new();
        for _ in 0..clients {
            let (next, latencies, session) = (next.clone(), latencies.clone(), self.session.clone());
            let (write, read) = (self.write.clone(), self.read.clone());
            running.push(tasks.spawn_local(async move {
                let value = "x".repeat(VALUE_BYTES);
                while next.get() < operations {
                    let nth = next.replace(next.get() + 1);
                    let asked = Instant::now();
                    let writes = match kind {
                        Kind::Write => true,
                        Kind::Read => false,
                        Kind::Mixed => nth % 2 == 0,
                    };
                    if writes {
                        let id = (nth % KEYS) as i32;
                        session.execute_unpaged(&write, (id, &value)).await?;
                    } else {
                        // Neighbours in time are no neighbours in the table.
                        let id = (u64::from(nth) * 7919 % u64::from(KEYS)) as i32;
                        let rows = session.execute_unpaged(&read, (id,)).await?.into_rows_result()?;
                        if rows.rows_num() != 1 {
                            return Err(Failure::from(format!("row {id} is not there")));
                        }
                    }
                    latencies.borrow_mut().push(asked.elapsed());
                }
                Ok::<(), Failure>(())
            }));
        }
        tasks.await;
        let took = began.elapsed();
        for task in running {
            task.await??;
        }
        let mut latencies = latencies.take();
        latencies.sort_unstable();
        Ok(Done { took, latencies })
    }
}
