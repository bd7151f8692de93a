//! A read of one partition: the data from the nearest replica, digests from as many others as the level asks for. When they
//! differ, the data of all, merged, and repairs to those that lack something. Cassandra's `AbstractReadExecutor`.

use std::sync::Arc;

use super::cluster::{Replica, ReplicaLayout, Replicas};
use super::error::Failures;
use super::read_context::{Patience, ReadContext};
use super::reconciliation::Reconciliation;
use super::speculation::Latencies;
use super::{Operation, READ_REQUEST_TIMEOUT, RequestError, resolver};
use crate::base::{Duration, Endpoint, Instant, MessageId, RequestId, SortedMap};
use crate::data::{ConsistencyLevel, LimitCounter, Partition, PartitionSelection, ReadCommand, digest};
use crate::event::What;
use crate::message::replica::{self, DataDigest, FailureReason, ReadResponse};
use crate::message::{Outbox, Payload};
use crate::schema::TableMetadata;

/// What to read and how surely.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    pub table: Arc<TableMetadata>,
    pub command: ReadCommand,
    pub consistency: ConsistencyLevel,
    pub cause: Option<RequestId>,
}

/// What requests to one table took lately on this coordinator.
#[derive(Clone, Debug)]
pub struct TableLatencies {
    pub reads: Latencies,
    pub writes: Latencies,
}

impl Default for TableLatencies {
    fn default() -> TableLatencies {
        TableLatencies {
            reads: Latencies::new(READ_REQUEST_TIMEOUT / 2),
            writes: Latencies::new(super::WRITE_REQUEST_TIMEOUT / 2),
        }
    }
}

#[derive(Debug)]
pub struct Read {
    context: ReadContext,
    command: ReadCommand,
    candidates: Replicas,
    contacted: Replicas,
    required: usize,
    /// At least a quorum is read: then a reconciliation may ask one replica more, too.
    is_quorum: bool,
    phase: Phase,
    outcome: Option<Result<Vec<Partition>, RequestError>>,
}

#[derive(Debug)]
enum Phase {
    Comparing(Comparing),
    Reconciling(Box<Reconciliation>),
    Settled,
}

#[derive(Debug, Default)]
struct Comparing {
    awaiting: SortedMap<MessageId, Endpoint>,
    data: Vec<Vec<Partition>>,
    digests: Vec<DataDigest>,
    failures: Failures,
    speculate_at: Option<Instant>,
}

impl Comparing {
    fn received(&self) -> usize {
        self.data.len() + self.digests.len()
    }
}

impl Read {
    pub fn start(
        request: ReadRequest,
        layout: &ReplicaLayout,
        latencies: &TableLatencies,
        now: Instant,
        out: &mut Outbox,
    ) -> Read {
        let patience = Patience::new(&request.table, latencies);
        Read::start_within(request, layout, patience, now + READ_REQUEST_TIMEOUT, now, out)
    }

    /// For a read that is part of something which began earlier.
    pub(super) fn start_within(
        request: ReadRequest,
        layout: &ReplicaLayout,
        patience: Patience,
        deadline: Instant,
        now: Instant,
        out: &mut Outbox,
    ) -> Read {
        debug_assert!(
            matches!(request.command.partitions, PartitionSelection::One(_)),
            "a read of one partition"
        );
        let level = request.consistency;
        let context = ReadContext::new(&request, layout.local, deadline, patience);
        let always = context.patience.speculate_after == Some(Duration::ZERO);
        let candidates = layout.read_candidates(level);
        let contacts = layout.read_contacts(level, &candidates, usize::from(always));
        let required = layout.block_for(level);
        let mut read = Read {
            context,
            command: request.command,
            required,
            is_quorum: layout.is_quorum(level),
            candidates,
            contacted: Replicas::new(),
            phase: Phase::Settled,
            outcome: None,
        };
        if let Err(error) = layout.assure_sufficient_for_read(level, &contacts) {
            read.settle(Err(error), out);
            return read;
        }
        let mut comparing = Comparing::default();
        let has_extra = contacts.len() > required;
        let data_requests = if has_extra {
            required.saturating_sub(1).max(2)
        } else {
            1
        };
        let (data, digests) = contacts.split_at(data_requests.min(contacts.len()));
        for (replicas, digest_only) in [(data, false), (digests, true)] {
            let is_local = |it: &&Replica| it.endpoint == layout.local;
            let local_last = replicas
                .iter()
                .filter(|it| !is_local(it))
                .chain(replicas.iter().filter(is_local));
            for replica in local_last {
                read.contact(
                    &mut comparing,
                    replica,
                    digest_only,
                    replica.endpoint == layout.local,
                    out,
                );
            }
        }
        let has_spare = read.contacted.len() < read.candidates.len();
        let wait = read
            .context
            .patience
            .speculate_after
            .filter(|_| has_spare && !has_extra);
        comparing.speculate_at = wait.map(|wait| now + wait);
        read.phase = Phase::Comparing(comparing);
        read
    }

    fn contact(
        &mut self,
        comparing: &mut Comparing,
        replica: &Replica,
        digest_only: bool,
        is_local: bool,
        out: &mut Outbox,
    ) {
        let from = replica.endpoint;
        if !is_local {
            let what = if digest_only {
                What::ReadingDigest { from }
            } else {
                What::ReadingData { from }
            };
            out.event(self.context.cause, what);
        }
        let request = Payload::ReadRequest(replica::ReadRequest {
            command: self.command.clone(),
            digest_only,
        });
        let id = out.send(from, self.context.cause, request);
        comparing.awaiting.insert(id, from);
        self.contacted.push(replica.clone());
    }

    fn on_answer(&mut self, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        let Phase::Comparing(comparing) = &mut self.phase else {
            return;
        };
        if comparing.awaiting.remove(&id).is_none() {
            return;
        }
        match payload {
            Payload::ReadResponse(ReadResponse::Data(partitions)) => comparing.data.push(partitions),
            Payload::ReadResponse(ReadResponse::Digest(digest)) => comparing.digests.push(digest),
            Payload::Failure(reason) => {
                comparing.failures.insert(from, reason);
            }
            _ => {
                comparing.failures.insert(from, FailureReason::Unknown);
            }
        }
        let (received, data_present) = (comparing.received(), !comparing.data.is_empty());
        if data_present && received >= self.required {
            return self.compare(out);
        }
        if self.required + comparing.failures.len() > self.contacted.len() {
            let error = self
                .context
                .failure(received, self.required, &comparing.failures, data_present);
            self.settle(Err(error), out);
        }
    }

    fn compare(&mut self, out: &mut Outbox) {
        let Phase::Comparing(comparing) = &mut self.phase else {
            return;
        };
        let mut data = core::mem::take(&mut comparing.data);
        if comparing.received() + data.len() > 1 {
            let digests = core::mem::take(&mut comparing.digests);
            let mut all = data.iter().map(|it| digest(it)).chain(digests);
            let first = all.next();
            if !all.all(|it| Some(it) == first) {
                return self.reconcile(out);
            }
        }
        let partitions = data.swap_remove(0);
        self.settle(Ok(resolver::take_alone(&self.command, partitions)), out);
    }

    fn reconcile(&mut self, out: &mut Outbox) {
        if let PartitionSelection::One(key) = self.command.partitions.clone() {
            out.event(self.context.cause, What::DigestMismatch { key });
        }
        let (context, command) = (self.context.clone(), self.command.clone());
        let candidates = self.candidates.clone();
        let reconciliation = Reconciliation::start(context, command, candidates, &self.contacted, self.required, out);
        self.phase = Phase::Reconciling(Box::new(reconciliation));
    }

    fn advance(&mut self, now: Instant, out: &mut Outbox) {
        let Phase::Reconciling(reconciliation) = &mut self.phase else {
            return;
        };
        let counter = LimitCounter::new(self.command.limits);
        if let Some(result) = reconciliation.advance(counter, now, out) {
            self.settle(result.map(|it| it.partitions), out);
        }
    }

    fn speculate(&mut self, out: &mut Outbox) {
        let Phase::Comparing(mut comparing) = core::mem::replace(&mut self.phase, Phase::Settled) else {
            return;
        };
        comparing.speculate_at = None;
        let extra = self.candidates.iter().find(|it| !self.contacted.contains(it)).cloned();
        if let Some(replica) = extra {
            out.event(self.context.cause, What::SpeculativeRetry { to: replica.endpoint });
            let data_present = !comparing.data.is_empty();
            self.contact(&mut comparing, &replica, data_present, false, out);
        }
        self.phase = Phase::Comparing(comparing);
    }

    fn settle(&mut self, outcome: Result<Vec<Partition>, RequestError>, out: &mut Outbox) {
        if let Err(error) = &outcome {
            error.report(self.context.cause, out);
        }
        self.phase = Phase::Settled;
        self.outcome = Some(outcome);
    }
}

impl Operation for Read {
    /// The partition, or none; only live rows that pass the filter, within the limits.
    type Outcome = Result<Vec<Partition>, RequestError>;

    fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        match &mut self.phase {
            Phase::Comparing(_) => {
                self.on_answer(from, id, payload, out);
                if let Phase::Reconciling(reconciliation) = &mut self.phase
                    && self.is_quorum
                {
                    reconciliation.speculate_at(self.context.patience.speculate_after.map(|wait| now + wait));
                }
            }
            Phase::Reconciling(reconciliation) => {
                reconciliation.on_response(from, id, payload);
                self.advance(now, out);
            }
            Phase::Settled => {}
        }
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        match &mut self.phase {
            Phase::Comparing(comparing) if now >= self.context.deadline => {
                let error = self
                    .context
                    .timeout(comparing.received(), self.required, !comparing.data.is_empty());
                self.settle(Err(error), out);
            }
            Phase::Comparing(comparing) if comparing.speculate_at.is_some_and(|at| now >= at) => self.speculate(out),
            Phase::Reconciling(reconciliation) => {
                reconciliation.on_timeout(now, out);
                self.advance(now, out);
            }
            Phase::Comparing(_) | Phase::Settled => {}
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Comparing(comparing) => comparing.speculate_at.into_iter().chain([self.context.deadline]).min(),
            Phase::Reconciling(reconciliation) => reconciliation.next_timeout(),
            Phase::Settled => None,
        }
    }

    fn take_outcome(&mut self) -> Option<Self::Outcome> {
        self.outcome.take()
    }

    fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Settled)
    }
}

#[cfg(test)]
mod tests;
