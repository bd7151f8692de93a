//! Gossip: who is in the cluster and who is alive, by heartbeats exchanged in three messages and a phi-accrual detector.
//!
//! A state machine without I/O. Knows addresses and what nodes say of themselves. Does not know what is stored, nor what a
//! node does about a peer that comes or goes: it leaves a list of changes. Rules: Cassandra's `Gossiper` and `FailureDetector`.

mod detector;
mod exchange;
mod gossiper;
mod membership;
mod peer;
mod round;
mod status;

pub use detector::PHI_CONVICT_THRESHOLD;
pub use gossiper::{
    GOSSIP_INTERVAL, GossipChange, GossipConfig, Gossiper, LEFT_IS_KEPT, QUARANTINE_DELAY, RELEASE_VERSION, RING_DELAY,
};
pub use membership::{RingChange, follow};
pub use status::{Status, UnknownStatus, tokens_from_text, tokens_to_text};

#[cfg(test)]
mod tests;
