//! The coordinator's operations under way: which message belongs to which, and which is due when.

use uuid::Uuid;

use crate::base::{Endpoint, Instant, MessageId, RequestId, SortedMap, SortedSet};
use crate::coordinator::{
    BatchWrite, Cas, CounterForward, Hint, Operation, RangeRead, Read, SerialRead, Truncate, Write,
};
use crate::message::{Outbox, Payload};

/// One operation, unique on its node since it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OperationId(u64);

/// Any operation of a client's request.
pub(super) enum Running {
    Write(Box<Write>),
    Read(Box<Read>),
    RangeRead(Box<RangeRead>),
    SerialRead(Box<SerialRead>),
    Cas(Box<Cas>),
    Truncate(Truncate),
    CounterForward(Box<CounterForward>),
    BatchWrite(Box<BatchWrite>),
}

/// Does the same to whichever it is.
macro_rules! each {
    ($running:expr, $it:ident => $body:expr) => {
        match $running {
            Running::Write($it) => $body,
            Running::Read($it) => $body,
            Running::RangeRead($it) => $body,
            Running::SerialRead($it) => $body,
            Running::Cas($it) => $body,
            Running::Truncate($it) => $body,
            Running::CounterForward($it) => $body,
            Running::BatchWrite($it) => $body,
        }
    };
}

/// Whose operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A client's request, and which of its operations.
    Request { request: RequestId, index: usize },
    /// A batch that this node keeps and whose coordinator did not come back.
    Batch(Uuid),
    /// Updates of views that this node sends, kept as a batch.
    View(Uuid),
    /// A coordinator for which this node leads an increment.
    Coordinator(Asked),
}

/// A request of another node's that an operation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub from: Endpoint,
    pub id: MessageId,
    pub cause: Option<RequestId>,
}

struct Entry {
    owner: Owner,
    running: Running,
    due: Option<Instant>,
    /// Messages sent and not yet answered.
    unanswered: u32,
}

#[derive(Default)]
pub(super) struct Operations {
    next: u64,
    running: SortedMap<OperationId, Entry>,
    by_message: SortedMap<MessageId, OperationId>,
    due: SortedSet<(Instant, OperationId)>,
}

/// What an operation left after a step: looked at by the session, then given back.
pub(super) struct Stepped {
    pub id: OperationId,
    pub owner: Owner,
    pub hints: Vec<Hint>,
}

impl Operations {
    /// Takes in an operation that has just started and left its first messages in the outbox, from `first` on.
    pub fn add(&mut self, owner: Owner, running: Running, out: &Outbox, first: usize) -> OperationId {
        let id = OperationId(self.next);
        self.next += 1;
        self.running.insert(
            id,
            Entry {
                owner,
                running,
                due: None,
                unanswered: 0,
            },
        );
        self.register(id, out, first);
        id
    }

    pub fn get_mut(&mut self, id: OperationId) -> Option<&mut Running> {
        self.running.get_mut(&id).map(|entry| &mut entry.running)
    }

    /// The operation that asked with message `id`; told only once.
    pub fn asked_with(&mut self, id: MessageId) -> Option<OperationId> {
        let operation = self.by_message.remove(&id)?;
        if let Some(entry) = self.running.get_mut(&operation) {
            entry.unanswered -= 1;
        }
        Some(operation)
    }

    pub fn on_response(
        &mut self,
        operation: OperationId,
        now: Instant,
        from: Endpoint,
        request: MessageId,
        payload: Payload,
        out: &mut Outbox,
    ) -> Option<Stepped> {
        let first = out.messages.len();
        let entry = self.running.get_mut(&operation)?;
        each!(&mut entry.running, it => it.on_response(now, from, request, payload, out));
        self.stepped(operation, out, first)
    }

    /// Runs the next operation that is due.
    pub fn on_timeout(&mut self, now: Instant, out: &mut Outbox) -> Option<Stepped> {
        let &(due, operation) = self.due.first()?;
        if due > now {
            return None;
        }
        let first = out.messages.len();
        let entry = self.running.get_mut(&operation)?;
        each!(&mut entry.running, it => it.on_timeout(now, out));
        self.stepped(operation, out, first)
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// After anything was done to an operation: registers its new messages and its next timeout.
    pub fn stepped(&mut self, id: OperationId, out: &Outbox, first: usize) -> Option<Stepped> {
        self.register(id, out, first);
        let entry = self.running.get_mut(&id)?;
        let hints = each!(&mut entry.running, it => it.take_hints());
        Some(Stepped {
            id,
            owner: entry.owner,
            hints,
        })
    }

    /// Forgets the operation if nothing is left for it to do. Call once its outcome is taken.
    pub fn forget_if_finished(&mut self, id: OperationId) {
        let finished = self
            .running
            .get(&id)
            .is_some_and(|entry| each!(&entry.running, it => it.is_finished()));
        if finished && let Some(entry) = self.running.remove(&id) {
            if let Some(due) = entry.due {
                self.due.remove(&(due, id));
            }
            if entry.unanswered > 0 {
                self.by_message.retain(|_, operation| *operation != id);
            }
        }
    }

    fn register(&mut self, id: OperationId, out: &Outbox, first: usize) {
        let Some(entry) = self.running.get_mut(&id) else { return };
        for message in out.messages.iter().skip(first) {
            self.by_message.insert(message.id, id);
            entry.unanswered += 1;
        }
        let due = each!(&entry.running, it => it.next_timeout());
        if due != entry.due {
            if let Some(old) = entry.due {
                self.due.remove(&(old, id));
            }
            if let Some(new) = due {
                self.due.insert((new, id));
            }
            entry.due = due;
        }
    }
}
