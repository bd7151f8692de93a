//! Events: the vocabulary of what can be observed in a run, and Cassandra's trace wording for it.
//!
//! No logic. Everything that shows, measures or checks a run reads these; nothing here looks inside a node.

mod trace;
mod verb;
mod what;

pub use trace::activity;
pub use verb::{MessageKind, Verb};
pub use what::{DropReason, Event, Outcome, What};
