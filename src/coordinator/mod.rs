//! Coordinator: one operation a file, each from the client's request to its outcome across the replicas.
//!
//! An operation is a state machine: started with the cluster as it is then (`Cluster`), told what replicas answered and when
//! a timeout is due, leaving messages and events in the `Outbox`, until it has an outcome for the client and, later, nothing
//! more to wait for. The coordinator's own replica is one like the others: the node hands messages to itself without a network.
//!
//! Must not know: statements and results (`node` joins `cql` to this), how a replica carries a request out (`replica`,
//! `paxos`), how liveness is found (`gossip`), when hints are replayed (`hints`).

mod acknowledgements;
mod ballot;
mod batch_write;
mod cas;
mod cluster;
mod contention;
mod counter_write;
mod difference;
mod error;
mod level;
mod operation;
mod proposer;
mod range_read;
mod read;
mod read_context;
mod reconciliation;
mod repair;
mod resolver;
mod serial_read;
mod speculation;
mod timeouts;
mod truncate;
mod unheard;
mod write;

pub use ballot::BallotGenerator;
pub use batch_write::{BatchRequest, BatchWrite};
pub use cas::{Cas, CasRequest, CasResult, Evaluation};
pub use cluster::{Cluster, Replica, ReplicaLayout};
pub use counter_write::{CounterForward, Leader};
pub use error::{Failures, Reasons, RequestError, Shortage, WriteKind};
pub use operation::{Hint, Operation};
pub use range_read::RangeRead;
pub use read::{Read, ReadRequest, TableLatencies};
pub use resolver::take_alone;
pub use serial_read::SerialRead;
pub use speculation::{Latencies, SpeculativeRetry};
pub use timeouts::{
    CAS_CONTENTION_TIMEOUT, COUNTER_WRITE_REQUEST_TIMEOUT, RANGE_REQUEST_TIMEOUT, READ_REQUEST_TIMEOUT,
    TRUNCATE_REQUEST_TIMEOUT, WRITE_REQUEST_TIMEOUT,
};
pub use truncate::Truncate;
pub use write::{Write, WriteRequest};

#[cfg(test)]
mod testing;
