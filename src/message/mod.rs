//! Messages: the envelope nodes exchange and its payloads, one file a subsystem.
//!
//! Knows what is said, never what is done about it: no handler is named here.

pub mod batch;
mod envelope;
pub mod gossip;
mod outbox;
pub mod paxos;
pub mod replica;
pub mod schema;

pub use envelope::{Envelope, Payload};
pub use outbox::{Outbox, Outgoing};
