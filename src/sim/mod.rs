//! Simulation: the scheduler that owns virtual time, the network model, faulty disks, workloads, history hash and checkers.
//!
//! Knows a node's edge (inputs, outputs, its next timeout), nothing of what goes on inside, and nothing of who looks on.

mod config;
mod link;

pub use config::{ClusterConfig, Place};
pub use link::{Latency, LinkFaults, Ppm};
