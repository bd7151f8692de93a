//! The outbox: where protocol code leaves what it wants sent and what it wants known.

use super::{Envelope, Payload};
use crate::base::{Endpoint, MessageId, RequestId};
use crate::event::What;

/// A message still without its sender, which the node knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    pub to: Endpoint,
    pub id: MessageId,
    pub in_reply_to: Option<MessageId>,
    pub cause: Option<RequestId>,
    pub payload: Payload,
}

/// Collects messages and events during one step of a node. Ids go up from step to step.
#[derive(Debug, Default)]
pub struct Outbox {
    next_id: u64,
    pub messages: Vec<Outgoing>,
    pub events: Vec<(Option<RequestId>, What)>,
}

impl Outbox {
    /// An outbox whose first message has this id: a restarted node must not take an answer to its former self for one to it.
    pub fn starting_at(first: u64) -> Outbox {
        Outbox {
            next_id: first,
            ..Outbox::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.events.is_empty()
    }

    /// Sends a request or a message that wants no answer. Its id is what an answer will name.
    pub fn send(&mut self, to: Endpoint, cause: Option<RequestId>, payload: Payload) -> MessageId {
        self.push(to, None, cause, payload)
    }

    /// Answers a request.
    pub fn reply(&mut self, request: &Envelope, payload: Payload) {
        self.answer(request.from, request.id, request.cause, payload);
    }

    /// Answers a request that came a while ago.
    pub fn answer(&mut self, to: Endpoint, request: MessageId, cause: Option<RequestId>, payload: Payload) {
        self.push(to, Some(request), cause, payload);
    }

    pub fn event(&mut self, cause: Option<RequestId>, what: What) {
        self.events.push((cause, what));
    }

    fn push(
        &mut self,
        to: Endpoint,
        in_reply_to: Option<MessageId>,
        cause: Option<RequestId>,
        payload: Payload,
    ) -> MessageId {
        let id = MessageId(self.next_id);
        self.next_id += 1;
        self.messages.push(Outgoing {
            to,
            id,
            in_reply_to,
            cause,
            payload,
        });
        id
    }
}
