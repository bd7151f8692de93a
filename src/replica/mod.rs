//! Replica: answers what a coordinator asks of this node's own storage.
//!
//! The same functions serve a coordinator on another node, through its messages, and the one on this node, directly. Knows the
//! engine and the schema; does not know consistency levels, nor what becomes of an answer.

mod counter;
mod read;
#[cfg(test)]
mod tests;
mod view;
mod write;

use crate::base::RequestId;
use crate::data::EpochSeconds;
use crate::event::What;
use crate::message::replica::FailureReason;
use crate::message::{Outbox, Payload};
use crate::schema::Schema;
use crate::storage::{Engine, StorageError};

pub use counter::lead;
pub use read::{read, read_table};
pub use view::{View, ViewUpdate, Views, view_rows, view_updates};
pub use write::{apply, apply_hint, truncate};

/// What a replica works with: its storage, the schema it knows, and for whose sake it works.
pub struct Replica<'a> {
    pub engine: &'a mut Engine,
    pub schema: &'a Schema,
    pub outbox: &'a mut Outbox,
    pub cause: Option<RequestId>,
    pub now: EpochSeconds,
    pub views: &'a Views,
    /// What writes change in views: left for the node to send on.
    pub view_updates: &'a mut Vec<ViewUpdate>,
}

impl Replica<'_> {
    fn event(&mut self, what: What) {
        self.outbox.event(self.cause, what);
    }

    /// The answer to a coordinator's request; `None` when the payload is no request to a replica.
    pub fn answer(&mut self, request: &Payload) -> Option<Payload> {
        let answer = match request {
            Payload::MutationRequest(request) => {
                apply(self, request.mutation.clone()).map(|()| Payload::MutationResponse)
            }
            Payload::ReadRepairRequest(request) => {
                apply(self, request.mutation.clone()).map(|()| Payload::ReadRepairResponse)
            }
            Payload::HintRequest(hint) => apply_hint(self, hint).map(|()| Payload::HintResponse),
            Payload::ReadRequest(request) => read(self, request).map(Payload::ReadResponse),
            Payload::RangeRequest(request) => read(self, request).map(Payload::RangeResponse),
            Payload::TruncateRequest(request) => truncate(self, request).map(|()| Payload::TruncateResponse),
            _ => return None,
        };
        Some(answer.unwrap_or_else(Payload::Failure))
    }
}

fn reason(error: &StorageError) -> FailureReason {
    match error {
        StorageError::TooManyTombstones { .. } => FailureReason::ReadTooManyTombstones,
        _ => FailureReason::Unknown,
    }
}
