//! Hints: writes kept for a replica that was down, replayed when it is back.
//!
//! Knows mutations, hosts and the disk port. Does not know why a replica was down (gossip decides that), nor who asked for the
//! write (the coordinator does), nor what the replica does with a hint. Rules: Cassandra's `HintsService` and its settings.

mod dispatch;
mod record;
mod service;
mod store;

pub use service::{HintSummary, HintTargets, Hints, LOOK_PERIOD, MAX_HINT_WINDOW, THROTTLE_BYTES_PER_SECOND};

#[cfg(test)]
mod tests;
