//! Ring: which node owns which tokens, and which nodes hold replicas of a key.
//!
//! Pure functions of topology and replication settings. Does not know which nodes are alive (`gossip` does).
