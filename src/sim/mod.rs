//! Simulation: the scheduler that owns virtual time, the network model, faulty disks, workloads, history hash and checkers.
//!
//! Knows a node's edge (inputs, outputs, its next timeout), nothing of what goes on inside, and nothing of who looks on.

pub mod campaign;
pub mod checker;
mod cluster;
mod config;
pub mod faults;
pub mod gate;
mod history;
mod host;
pub mod index_campaign;
mod link;
mod machine;
mod network;
mod node_machine;
mod pacing;
pub mod promises;
mod roster;
mod scheduler;
mod script;
mod step;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod disk_tests;
#[cfg(test)]
pub(crate) mod toy;
pub mod workload;

pub use cluster::Cluster;
pub use config::{ClusterConfig, Place};
pub use history::{History, HistoryHash};
pub use host::Host;
pub use link::{Latency, LinkFaults, Ppm};
pub use machine::{Drive, Header, Machine, Parcel};
pub use network::{Network, Verdict};
pub use node_machine::NodeDisk;
pub use pacing::{Leave, Pacing, Rate};
pub use roster::Roster;
pub use scheduler::{Answer, CLIENT_LATENCY, Control, Observer, ProcessState, Scheduler};
pub use script::{Deed, Script};
pub use step::{Batch, Emission, Report, Step};
