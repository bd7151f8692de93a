//! Paxos: one decision per partition and ballot, behind conditional updates and SERIAL reads. The replica's part: what it
//! promised, accepted and committed, kept where the store says, before it answers.
//!
//! Does not know who proposes, when or why (`coordinator`), nor how state and data are kept (`node` gives it a `PaxosStore`).
//! This is variant v1, the default of Cassandra 5.0: `PaxosState.legacyPrepare`, `legacyPropose` and `commit`.

mod acceptor;
mod state;

pub use acceptor::{PaxosStore, commit, prepare, propose};
pub use state::{PaxosState, state_lifetime};
