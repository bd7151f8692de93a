//! What passes between the scheduler and a node's host: one batch a window, one report back.

use serde::{Deserialize, Serialize};

use crate::base::{Instant, RequestId};
use crate::event::Event;
use crate::message::Envelope;
use crate::node::{ClientReply, ClientRequest, OperatorReply, OperatorRequest, Output};

/// Something that happens to a node. `M` is a message: see `Parcel`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step<M> {
    Message(M),
    Client(ClientRequest),
    Operator(OperatorRequest),
    /// The process starts on what its disk holds.
    Start,
    /// The process dies; what was not synced is lost, and so is what waited for it.
    Crash,
    /// The process stands still; what comes in waits.
    Pause,
    Resume,
}

/// What happens to one node in one window, in order of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch<M> {
    /// The window's end: everything before it is to be done.
    pub until: Instant,
    pub steps: Vec<(Instant, Step<M>)>,
}

/// Something a node did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Emission<M> {
    Send(M),
    Reply(ClientReply),
    Told(OperatorReply),
    Disconnected(RequestId),
    Event(Event),
}

/// What one node did in one window, in order of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report<M> {
    pub emissions: Vec<(Instant, Emission<M>)>,
    /// When the node next does something of its own accord, never before the window's end.
    pub next: Option<Instant>,
    /// Inputs that wait for the node's CPU.
    pub queued: u32,
}

impl<M> Default for Batch<M> {
    fn default() -> Batch<M> {
        Batch {
            until: Instant::ZERO,
            steps: Vec::new(),
        }
    }
}

impl<M> Default for Report<M> {
    fn default() -> Report<M> {
        Report {
            emissions: Vec::new(),
            next: None,
            queued: 0,
        }
    }
}

impl From<Output> for Emission<Envelope> {
    fn from(output: Output) -> Emission<Envelope> {
        match output {
            Output::Send(envelope) => Emission::Send(envelope),
            Output::Reply(reply) => Emission::Reply(reply),
            Output::Told(reply) => Emission::Told(reply),
            Output::Disconnected(request) => Emission::Disconnected(request),
            Output::Event(event) => Emission::Event(event),
        }
    }
}
