//! What all operations have in common, so that a node drives them alike.

use crate::base::{Endpoint, Instant, MessageId};
use crate::data::Mutation;
use crate::message::{Outbox, Payload};

/// One request of a client under way. After each call the node asks for an outcome, hints, and whether it is finished.
pub trait Operation {
    type Outcome;

    /// Takes the answer to the message `id` of this operation. One that came before, or is no longer waited for, is ignored.
    fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox);

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox);

    /// When `on_timeout` is due; it may come later, and may come when there is nothing to do.
    fn next_timeout(&self) -> Option<Instant>;

    /// What to tell the client: given once, as soon as it is settled.
    fn take_outcome(&mut self) -> Option<Self::Outcome>;

    /// Writes that replicas missed, to be kept for them. They may still come after the outcome.
    fn take_hints(&mut self) -> Vec<Hint> {
        Vec::new()
    }

    /// Nothing is waited for any more: the operation may be dropped once outcome and hints are taken.
    fn is_finished(&self) -> bool;
}

/// A write to be kept for a replica that missed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    pub endpoint: Endpoint,
    pub mutation: Mutation,
}
