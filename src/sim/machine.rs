//! What the simulator asks of a node, and what it asks of a message.

use serde::{Deserialize, Serialize};

use crate::base::{Endpoint, Instant, MessageId, Random, RequestId};
use crate::event::Verb;
use crate::message::{Envelope, Payload};
use crate::node::{Input, NodeConfig, NodeView, Output, ViewRequest};

/// What outlives a node's process. A clone is another handle to the same disk.
pub trait Drive: Clone + Default {
    /// The power goes: of what was not synced, something may be left or nothing.
    fn lose_power(&self, random: &mut Random);
}

/// A node: a state machine that is told the time and what came in, and leaves what goes out.
pub trait Machine: Sized {
    type Disk: Drive;

    fn start(config: NodeConfig, disk: Self::Disk, now: Instant) -> Self;

    fn handle(&mut self, now: Instant, input: Input);

    /// Takes what is to go out since the last time.
    fn drain(&mut self) -> impl Iterator<Item = Output>;

    /// When it wants `Input::Timeout`.
    fn next_timeout(&self) -> Option<Instant>;

    fn view(&self, request: &ViewRequest) -> NodeView;
}

/// What the scheduler has to know of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub from: Endpoint,
    pub to: Endpoint,
    pub id: MessageId,
    pub in_reply_to: Option<MessageId>,
    pub cause: Option<RequestId>,
    pub verb: Verb,
    /// Asks for a digest, or is one.
    pub digest: bool,
}

/// A message on its way. In one process it is the envelope itself; between workers, a header and bytes.
pub trait Parcel {
    fn header(&self) -> Header;

    /// Bytes on the wire.
    fn size(&self) -> u32;
}

impl Parcel for Envelope {
    fn header(&self) -> Header {
        Header {
            from: self.from,
            to: self.to,
            id: self.id,
            in_reply_to: self.in_reply_to,
            cause: self.cause,
            verb: self.verb(),
            digest: is_digest(&self.payload),
        }
    }

    fn size(&self) -> u32 {
        self.wire_size()
    }
}

fn is_digest(payload: &Payload) -> bool {
    use crate::message::replica::ReadResponse;
    match payload {
        Payload::ReadRequest(request) | Payload::RangeRequest(request) => request.digest_only,
        Payload::ReadResponse(response) | Payload::RangeResponse(response) => {
            matches!(response, ReadResponse::Digest(_))
        }
        _ => false,
    }
}
