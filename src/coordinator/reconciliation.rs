//! Reading full data from several replicas, merging it, and repairing those that lack something. Part of reads of one
//! partition whose digests differ, and of all reads of ranges.

use super::cluster::Replicas;
use super::error::Failures;
use super::read_context::ReadContext;
use super::repair::{Repairs, Stale};
use super::resolver::{Resolution, Resolver};
use super::{Replica, RequestError};
use crate::base::{Endpoint, Instant, MessageId, SortedMap};
use crate::data::{LimitCounter, Partition, PartitionSelection, ReadCommand};
use crate::event::What;
use crate::message::replica::{FailureReason, ReadRequest, ReadResponse};
use crate::message::{Outbox, Payload};

#[derive(Debug)]
pub(super) struct Reconciliation {
    context: ReadContext,
    command: ReadCommand,
    candidates: Replicas,
    contacted: Vec<Endpoint>,
    required: usize,
    /// What each was asked: the read itself, or to go on with it where it stopped.
    awaiting: SortedMap<MessageId, Option<ReadCommand>>,
    resolver: Resolver,
    answered: usize,
    failures: Failures,
    speculate_at: Option<Instant>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Reading,
    /// The answers of some replicas were short.
    ReadingOn,
    Repairing(Repairs, Reconciled),
    Failed(RequestError),
}

#[derive(Debug)]
pub(super) struct Reconciled {
    pub partitions: Vec<Partition>,
    pub counter: LimitCounter,
}

impl Reconciliation {
    pub fn start(
        context: ReadContext,
        command: ReadCommand,
        candidates: Replicas,
        contacts: &[Replica],
        required: usize,
        out: &mut Outbox,
    ) -> Reconciliation {
        let mut reconciliation = Reconciliation {
            resolver: Resolver::new(context.table.clone(), command.clone()),
            context,
            command,
            candidates,
            contacted: Vec::new(),
            required,
            awaiting: SortedMap::new(),
            answered: 0,
            failures: Failures::new(),
            speculate_at: None,
            stage: Stage::Reading,
        };
        for replica in contacts {
            reconciliation.contact(replica.endpoint, out);
        }
        reconciliation
    }

    /// Asks one replica more when it is not done by then.
    pub fn speculate_at(&mut self, at: Option<Instant>) {
        self.speculate_at = at;
    }

    pub fn awaits(&self, id: MessageId) -> bool {
        match &self.stage {
            Stage::Repairing(repairs, _) => repairs.awaits(id),
            _ => self.awaiting.contains_key(&id),
        }
    }

    fn contact(&mut self, endpoint: Endpoint, out: &mut Outbox) {
        let from = endpoint;
        match self.command.partitions {
            PartitionSelection::One(_) if from != self.context.local => {
                out.event(self.context.cause, What::ReadingFullData { from });
            }
            PartitionSelection::One(_) => {}
            PartitionSelection::Range(_) => out.event(self.context.cause, What::ReadingRange { from }),
        }
        let id = self.ask(endpoint, &self.command, out);
        self.awaiting.insert(id, None);
        self.contacted.push(endpoint);
    }

    fn ask(&self, endpoint: Endpoint, command: &ReadCommand, out: &mut Outbox) -> MessageId {
        let request = ReadRequest {
            command: command.clone(),
            digest_only: false,
        };
        let payload = match command.partitions {
            PartitionSelection::One(_) => Payload::ReadRequest(request),
            PartitionSelection::Range(_) => Payload::RangeRequest(request),
        };
        out.send(endpoint, self.context.cause, payload)
    }

    pub fn on_response(&mut self, from: Endpoint, id: MessageId, payload: Payload) {
        if let Stage::Repairing(repairs, _) = &mut self.stage {
            return repairs.on_response(id, &payload);
        }
        let Some(asked) = self.awaiting.remove(&id) else { return };
        let is_first = asked.is_none();
        match payload {
            Payload::ReadResponse(ReadResponse::Data(partitions))
            | Payload::RangeResponse(ReadResponse::Data(partitions)) => {
                // A replica that comes too late to be merged from the start stays out.
                if is_first && !matches!(self.stage, Stage::Reading) {
                    return;
                }
                self.resolver.add(from, asked.as_ref(), partitions);
                self.answered += usize::from(is_first);
            }
            Payload::Failure(reason) => self.fail(from, is_first, reason),
            _ => self.fail(from, is_first, FailureReason::Unknown),
        }
    }

    fn fail(&mut self, from: Endpoint, is_first: bool, reason: FailureReason) {
        self.failures.insert(from, reason);
        if !is_first || self.required + self.failures.len() > self.contacted.len() {
            let received = self.answered;
            let error = self
                .context
                .failure(received, self.required, &self.failures, received > 0);
            self.stage = Stage::Failed(error);
        }
    }

    /// Goes on as far as it can; `counter` says how much of the limits was read before. Gives the result, once.
    pub fn advance(
        &mut self,
        counter: LimitCounter,
        now: Instant,
        out: &mut Outbox,
    ) -> Option<Result<Reconciled, RequestError>> {
        let may_resolve = match &self.stage {
            Stage::Reading => self.answered >= self.required,
            Stage::ReadingOn => self.awaiting.is_empty(),
            Stage::Repairing(..) | Stage::Failed(_) => false,
        };
        if may_resolve {
            self.resolve(counter, now, out);
        }
        match core::mem::replace(&mut self.stage, Stage::ReadingOn) {
            Stage::Repairing(repairs, reconciled) if repairs.are_done() => Some(Ok(reconciled)),
            Stage::Failed(error) => Some(Err(error)),
            unfinished => {
                self.stage = unfinished;
                None
            }
        }
    }

    fn resolve(&mut self, counter: LimitCounter, now: Instant, out: &mut Outbox) {
        self.awaiting.clear();
        self.speculate_at = None;
        let resolved = match self.resolver.resolve(counter) {
            Resolution::Short(questions) => {
                self.stage = Stage::ReadingOn;
                for (endpoint, command) in questions {
                    self.tell_unheard(endpoint, &command, out);
                    let id = self.ask(endpoint, &command, out);
                    self.awaiting.insert(id, Some(command));
                }
                return;
            }
            Resolution::Whole(resolved) => resolved,
        };
        let stale = Stale {
            partitions: if self.context.repairs {
                resolved.repairs
            } else {
                Vec::new()
            },
            answered: self.answered,
            required: self.required,
        };
        let is_spare = |it: &&Replica| !self.contacted.contains(&it.endpoint);
        let spare = self.candidates.iter().filter(is_spare).map(|it| it.endpoint).collect();
        let repairs = Repairs::start(&self.context, stale, spare, now, out);
        let reconciled = Reconciled {
            partitions: resolved.partitions,
            counter: resolved.counter,
        };
        self.stage = Stage::Repairing(repairs, reconciled);
    }

    fn tell_unheard(&self, from: Endpoint, command: &ReadCommand, out: &mut Outbox) {
        let is_by_key = command.filter.search.is_none() && self.command.filter.search.is_some();
        if let (true, PartitionSelection::One(key)) = (is_by_key, &command.partitions) {
            let what = What::ReadingUnheard {
                from,
                key: key.clone(),
                rows: command.slices.len() as u32,
            };
            out.event(self.context.cause, what);
        }
    }

    pub fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        if self.speculate_at.is_some_and(|at| now >= at) {
            self.speculate_at = None;
            self.speculate(out);
        }
        match &mut self.stage {
            Stage::Reading | Stage::ReadingOn if now >= self.context.deadline => {
                let error = self.context.timeout(self.answered, self.required, self.answered > 0);
                self.stage = Stage::Failed(error);
            }
            Stage::Repairing(repairs, _) if now >= self.context.deadline => {
                self.stage = Stage::Failed(repairs.timeout(&self.context));
            }
            Stage::Repairing(repairs, _) => repairs.on_timeout(&self.context, now, out),
            Stage::Reading | Stage::ReadingOn | Stage::Failed(_) => {}
        }
    }

    fn speculate(&mut self, out: &mut Outbox) {
        let is_new = |it: &&Replica| !self.contacted.contains(&it.endpoint);
        let extra = self.candidates.iter().find(is_new).map(|it| it.endpoint);
        if let Some(to) = extra {
            out.event(self.context.cause, What::SpeculativeRetry { to });
            self.contact(to, out);
        }
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        let rewrite = match &self.stage {
            Stage::Repairing(repairs, _) => repairs.next_timeout(),
            _ => None,
        };
        let all = [Some(self.context.deadline), self.speculate_at, rewrite];
        all.into_iter().flatten().min()
    }
}
