//! A write: to all replicas at once, done when enough have it; those that miss it get a hint. Cassandra's `StorageProxy.mutate`.
//!
//! Replicas in other datacentres are sent to directly, not through one of them that forwards.

use std::collections::BTreeMap;

use super::acknowledgements::Acknowledgements;
use super::cluster::{Replica, ReplicaLayout};
use super::{Hint, Operation, RequestError, WRITE_REQUEST_TIMEOUT, WriteKind};
use crate::base::{Endpoint, Instant, MessageId, RequestId};
use crate::data::{ConsistencyLevel, Mutation};
use crate::event::What;
use crate::message::paxos::Commit;
use crate::message::replica::{FailureReason, MutationRequest};
use crate::message::{Outbox, Payload};

/// What to write and how surely.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    pub mutation: Mutation,
    pub consistency: ConsistencyLevel,
    pub kind: WriteKind,
    pub cause: Option<RequestId>,
}

/// What the replicas are sent.
pub(super) enum Carried {
    Mutation,
    /// A decision of Paxos, which replicas note besides applying it.
    Commit(Commit),
}

impl Carried {
    fn payload(&self, mutation: &Mutation) -> Payload {
        match self {
            Carried::Mutation => Payload::MutationRequest(MutationRequest {
                mutation: mutation.clone(),
            }),
            Carried::Commit(commit) => Payload::PaxosCommitRequest(commit.clone()),
        }
    }
}

#[derive(Debug)]
pub struct Write {
    consistency: ConsistencyLevel,
    cause: Option<RequestId>,
    mutation: Mutation,
    acknowledgements: Acknowledgements,
    awaiting: BTreeMap<MessageId, Replica>,
    /// When the client is told that it took too long.
    deadline: Instant,
    /// When replicas that have not answered get hints instead.
    expires: Instant,
    settled: bool,
    outcome: Option<Result<(), RequestError>>,
    hints: Vec<Hint>,
    keeps_hints: bool,
}

/// All that a write needs besides the replicas.
pub(super) struct Sending {
    pub request: WriteRequest,
    pub carried: Carried,
    /// Whether replicas that miss it get hints.
    pub keeps_hints: bool,
    /// When the client's request was: its timeout counts from there.
    pub started: Instant,
}

impl Write {
    pub fn start(request: WriteRequest, layout: &ReplicaLayout, now: Instant, out: &mut Outbox) -> Write {
        let replicas = layout.all().map(|replica| replica.endpoint).collect();
        let token = request.mutation.key.token;
        out.event(request.cause, What::DeterminingReplicas { token, replicas });
        let sending = Sending {
            request,
            carried: Carried::Mutation,
            keeps_hints: true,
            started: now,
        };
        Write::send(sending, layout, now, out)
    }

    pub(super) fn send(sending: Sending, layout: &ReplicaLayout, now: Instant, out: &mut Outbox) -> Write {
        let request = sending.request;
        let mut write = Write {
            consistency: request.consistency,
            cause: request.cause,
            acknowledgements: Acknowledgements::new(request.consistency, request.kind, layout),
            mutation: request.mutation,
            awaiting: BTreeMap::new(),
            deadline: sending.started + WRITE_REQUEST_TIMEOUT,
            expires: now + WRITE_REQUEST_TIMEOUT,
            settled: false,
            outcome: None,
            hints: Vec::new(),
            keeps_hints: sending.keeps_hints,
        };
        if let Err(error) = layout.assure_sufficient_for_write(request.consistency) {
            write.settle(Err(error), out);
            return write;
        }
        for replica in layout.live_local_last() {
            let payload = sending.carried.payload(&write.mutation);
            let id = out.send(replica.endpoint, write.cause, payload);
            write.awaiting.insert(id, replica.clone());
        }
        for replica in layout.all().filter(|replica| !replica.is_alive) {
            write.hint(replica);
        }
        write.settle_if_met(out);
        write
    }

    fn hint(&mut self, replica: &Replica) {
        if self.keeps_hints && replica.takes_hints {
            self.hints.push(Hint {
                endpoint: replica.endpoint,
                mutation: self.mutation.clone(),
            });
            self.acknowledgements.acknowledge_hint();
        }
    }

    fn settle_if_met(&mut self, out: &mut Outbox) {
        if self.settled {
            return;
        }
        if self.acknowledgements.is_met() {
            self.settle(Ok(()), out);
        } else if let Some(error) = self.acknowledgements.failure() {
            self.settle(Err(error), out);
        }
    }

    fn settle(&mut self, outcome: Result<(), RequestError>, out: &mut Outbox) {
        self.settled = true;
        match &outcome {
            Ok(()) => {}
            Err(error) => error.report(self.cause, out),
        }
        self.outcome = Some(outcome);
    }

    fn give_up_on_the_rest(&mut self) {
        for replica in core::mem::take(&mut self.awaiting).into_values() {
            self.hint(&replica);
        }
    }
}

impl Operation for Write {
    type Outcome = Result<(), RequestError>;

    fn on_response(&mut self, _now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        let Some(replica) = self.awaiting.remove(&id) else {
            return;
        };
        debug_assert_eq!(replica.endpoint, from, "an answer from someone else than was asked");
        match payload {
            Payload::MutationResponse | Payload::PaxosCommitResponse => self.acknowledgements.acknowledge(&replica),
            Payload::Failure(reason) => self.fail(&replica, reason),
            _ => self.fail(&replica, FailureReason::Unknown),
        }
        self.settle_if_met(out);
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        if now >= self.expires {
            self.give_up_on_the_rest();
            self.settle_if_met(out);
        }
        if now >= self.deadline && !self.settled {
            // ANY never fails once it was begun: what replicas did not acknowledge was hinted.
            let outcome = match self.consistency {
                ConsistencyLevel::Any => Ok(()),
                _ => Err(self.acknowledgements.timeout()),
            };
            self.settle(outcome, out);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        let client = (!self.settled).then_some(self.deadline);
        let replicas = (!self.awaiting.is_empty()).then_some(self.expires);
        client.into_iter().chain(replicas).min()
    }

    fn take_outcome(&mut self) -> Option<Self::Outcome> {
        self.outcome.take()
    }

    fn take_hints(&mut self) -> Vec<Hint> {
        core::mem::take(&mut self.hints)
    }

    fn is_finished(&self) -> bool {
        self.settled && self.awaiting.is_empty()
    }
}

impl Write {
    fn fail(&mut self, replica: &Replica, reason: FailureReason) {
        self.acknowledgements.fail(replica, reason);
        self.hint(replica);
    }
}
