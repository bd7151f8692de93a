//! A conditional update: a promise, the current values, the caller's verdict on its condition, a proposal, a commit.
//! Cassandra's `StorageProxy.cas`.
//!
//! The condition is not known here: the operation gives the values away (`take_evaluation`) and waits for `proceed` or `refuse`.

use super::ballot::BallotGenerator;
use super::cluster::ReplicaLayout;
use super::proposer::{Contest, Progress, Proposer};
use super::read::TableLatencies;
use super::read_context::Patience;
use super::write::{Carried, Sending};
use super::{Hint, Operation, READ_REQUEST_TIMEOUT, Read, ReadRequest, RequestError, Write, WriteKind, WriteRequest};
use crate::base::{Endpoint, Instant, MessageId, RequestId};
use crate::data::{ConsistencyLevel, Mutation, Partition, ReadCommand};
use crate::event::What;
use crate::message::paxos::{Ballot, Commit, Proposal, Subject};
use crate::message::{Outbox, Payload};
use std::sync::Arc;

use crate::schema::TableMetadata;

/// What to update, if its condition holds.
#[derive(Clone, Debug)]
pub struct CasRequest {
    pub table: Arc<TableMetadata>,
    pub subject: Subject,
    /// Reads what the condition is about.
    pub command: ReadCommand,
    /// SERIAL or LOCAL_SERIAL: among whom it is decided.
    pub serial: ConsistencyLevel,
    /// How surely the decision is made known.
    pub commit: ConsistencyLevel,
    pub cause: Option<RequestId>,
}

/// For the caller to see whether its condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Its time is the timestamp of the update.
    pub ballot: Ballot,
    /// The partition as it is, or nothing.
    pub current: Vec<Partition>,
}

/// How a conditional update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CasResult {
    Applied,
    /// The condition did not hold of the values that the caller was given last.
    Refused,
}

pub struct Cas {
    request: CasRequest,
    patience: Patience,
    proposer: Proposer,
    stage: Stage,
    evaluation: Option<Evaluation>,
    outcome: Option<Result<CasResult, RequestError>>,
}

enum Stage {
    /// The proposer works.
    Deciding,
    Reading(Ballot, Box<Read>),
    /// The caller has the values.
    Evaluating(Ballot),
    Committing(Box<Write>),
    Settled,
}

/// Where a decision is read and, if another proposer left it behind, made known: a quorum as far as the decision reaches.
pub(super) fn quorum_for(serial: ConsistencyLevel) -> ConsistencyLevel {
    match serial {
        ConsistencyLevel::LocalSerial => ConsistencyLevel::LocalQuorum,
        _ => ConsistencyLevel::Quorum,
    }
}

impl Cas {
    pub fn start(
        request: CasRequest,
        layout: ReplicaLayout,
        latencies: &TableLatencies,
        ballots: &mut BallotGenerator,
        now: Instant,
        out: &mut Outbox,
    ) -> Cas {
        let contest = Contest {
            subject: request.subject.clone(),
            serial: request.serial,
            replay: quorum_for(request.serial),
            cause: request.cause,
            started: now,
        };
        let mut cas = Cas {
            proposer: Proposer::start(contest, layout, ballots.split(now), now, out),
            patience: Patience::new(&request.table, latencies),
            request,
            stage: Stage::Deciding,
            evaluation: None,
            outcome: None,
        };
        cas.advance(now, out);
        cas
    }

    /// The current values, each time they were read: once, or again after losing to another proposer.
    pub fn take_evaluation(&mut self) -> Option<Evaluation> {
        self.evaluation.take()
    }

    /// The condition holds: this is to be written, at the evaluation's timestamp.
    pub fn proceed(&mut self, now: Instant, update: Mutation, out: &mut Outbox) {
        if let Stage::Evaluating(ballot) = &self.stage {
            out.event(self.request.cause, What::PaxosConditionMet { ballot: ballot.0 });
        }
        self.propose(now, Some(update), out);
    }

    /// The condition does not hold. Nothing is written, but a quorum has to agree that nothing else was decided meanwhile.
    pub fn refuse(&mut self, now: Instant, out: &mut Outbox) {
        out.event(self.request.cause, What::PaxosConditionFailed);
        self.propose(now, None, out);
    }

    fn propose(&mut self, now: Instant, update: Option<Mutation>, out: &mut Outbox) {
        debug_assert!(matches!(self.stage, Stage::Evaluating(_)), "a verdict nobody waits for");
        self.stage = Stage::Deciding;
        self.proposer.propose(update, out);
        self.advance(now, out);
    }

    fn advance(&mut self, now: Instant, out: &mut Outbox) {
        match &mut self.stage {
            Stage::Deciding => match self.proposer.progress() {
                Progress::Working => {}
                Progress::Promised(ballot) => self.read(ballot, now, out),
                Progress::Accepted(proposal) => self.commit(proposal, now, out),
                Progress::Failed(error) => self.settle(Err(error)),
            },
            Stage::Reading(ballot, read) => match read.take_outcome() {
                None => {}
                Some(Ok(current)) => {
                    let ballot = *ballot;
                    self.evaluation = Some(Evaluation { ballot, current });
                    self.stage = Stage::Evaluating(ballot);
                }
                Some(Err(error)) => self.settle(Err(error)),
            },
            Stage::Committing(write) => {
                if let Some(outcome) = write.take_outcome() {
                    if outcome.is_ok() {
                        out.event(self.request.cause, What::PaxosDone { applied: true });
                    }
                    self.outcome = Some(outcome.map(|()| CasResult::Applied));
                }
            }
            Stage::Evaluating(_) | Stage::Settled => {}
        }
    }

    fn read(&mut self, ballot: Ballot, now: Instant, out: &mut Outbox) {
        let cause = self.request.cause;
        out.event(cause, What::PaxosReadingForCondition);
        let request = ReadRequest {
            table: self.request.table.clone(),
            command: self.request.command.clone(),
            consistency: quorum_for(self.request.serial),
            cause,
        };
        let deadline = self.proposer.contest().started + READ_REQUEST_TIMEOUT;
        let read = Read::start_within(request, self.proposer.layout(), self.patience, deadline, now, out);
        self.stage = Stage::Reading(ballot, Box::new(read));
        self.advance(now, out);
    }

    fn commit(&mut self, proposal: Proposal, now: Instant, out: &mut Outbox) {
        // An empty update needs no commit: nobody replays it either.
        let Some(mutation) = proposal.update.clone() else {
            out.event(self.request.cause, What::PaxosDone { applied: false });
            return self.settle(Ok(CasResult::Refused));
        };
        let sending = Sending {
            request: WriteRequest {
                mutation,
                consistency: self.request.commit,
                kind: WriteKind::Simple,
                cause: self.request.cause,
            },
            carried: Carried::Commit(Commit {
                subject: self.request.subject.clone(),
                proposal,
            }),
            keeps_hints: true,
            started: self.proposer.contest().started,
            applied_here: false,
        };
        let mut write = Write::send(sending, self.proposer.layout(), now, out);
        if self.request.commit == ConsistencyLevel::Any {
            // It is decided: at ANY nobody waits until replicas know.
            write.settle_now();
        }
        self.stage = Stage::Committing(Box::new(write));
        self.advance(now, out);
    }

    fn settle(&mut self, outcome: Result<CasResult, RequestError>) {
        self.stage = Stage::Settled;
        self.outcome = Some(outcome);
    }
}

impl Operation for Cas {
    type Outcome = Result<CasResult, RequestError>;

    fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        match &mut self.stage {
            Stage::Deciding => self.proposer.on_response(now, from, id, payload, out),
            Stage::Reading(_, read) => read.on_response(now, from, id, payload, out),
            Stage::Committing(write) => write.on_response(now, from, id, payload, out),
            Stage::Evaluating(_) | Stage::Settled => {}
        }
        self.advance(now, out);
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        match &mut self.stage {
            Stage::Deciding => self.proposer.on_timeout(now, out),
            Stage::Reading(_, read) => read.on_timeout(now, out),
            Stage::Committing(write) => write.on_timeout(now, out),
            Stage::Evaluating(_) | Stage::Settled => {}
        }
        self.advance(now, out);
    }

    fn next_timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Deciding => self.proposer.next_timeout(),
            Stage::Reading(_, read) => read.next_timeout(),
            Stage::Committing(write) => write.next_timeout(),
            Stage::Evaluating(_) | Stage::Settled => None,
        }
    }

    fn take_outcome(&mut self) -> Option<Self::Outcome> {
        self.outcome.take()
    }

    fn take_hints(&mut self) -> Vec<Hint> {
        match &mut self.stage {
            Stage::Committing(write) => write.take_hints(),
            _ => Vec::new(),
        }
    }

    fn is_finished(&self) -> bool {
        match &self.stage {
            Stage::Committing(write) => write.is_finished(),
            Stage::Settled => true,
            Stage::Deciding | Stage::Reading(..) | Stage::Evaluating(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
