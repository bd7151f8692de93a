//! The native protocol in front of a cluster: one listener a node, for Cassandra's own clients.
//!
//! Native only. Knows sockets, threads and the clock, which no room above does. Does not know what a statement means: it
//! decodes requests, hands them to the node the client is connected to, and encodes the answers.

mod cluster;
mod connection;
mod control;
mod data;
mod deed;
mod files;
mod gateway;
mod keeping;
mod limits;
mod listener;
pub mod protocol;
mod tracing;

pub use cluster::{ClusterThread, SimCluster, Speed};
pub use data::{DataError, DataFolder};
pub use deed::{Deed, FaultScript, WrongDeed};
pub use files::FileDisk;
pub use gateway::{ServeError, ServeOptions, Server};
pub use limits::Limits;
