//! Ring: which node owns which tokens, and which nodes hold replicas of a key.
//!
//! Pure functions of topology and replication settings. Does not know which nodes are alive (`gossip` does), nor how a node
//! learnt of the others. Rules: Cassandra's `TokenMetadata`, `SimpleStrategy` and `NetworkTopologyStrategy`.

pub mod allocation;
mod cache;
mod placement;
mod range;
mod snitch;
mod strategy;
mod topology;

pub use cache::Ring;
pub use placement::{Placement, Split};
pub use range::TokenRange;
pub use snitch::{Snitch, sort_by_proximity};
pub use strategy::Replicas;
pub use topology::{Location, NodeState, RingNode, Topology};

#[cfg(test)]
mod tests;
