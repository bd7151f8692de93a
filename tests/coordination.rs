//! Coordinators and replicas against each other: real operations on real storage and real acceptors, over a network in which
//! messages are late, lost and out of order. What must hold is checked from the clients' side.

#[path = "coordination/cluster.rs"]
mod cluster;
#[path = "coordination/limits.rs"]
mod limits;
#[path = "coordination/linearizable.rs"]
mod linearizable;
#[path = "coordination/quorum.rs"]
mod quorum;
#[path = "coordination/replica.rs"]
mod replica;
#[path = "coordination/table.rs"]
mod table;
