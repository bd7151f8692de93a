//! A proposer's rounds of Paxos: prepare, finish what others left unfinished, propose. Cassandra's `StorageProxy.doPaxos` and
//! `beginAndRepairPaxos`, variant v1.
//!
//! Works up to a promise of a quorum, then waits for its owner to `propose`; after a failed proposal it works up to a promise
//! again, with a newer ballot.

use super::ballot::BallotGenerator;
use super::cluster::{Replica, ReplicaLayout, Replicas};
use super::contention;
use super::error::Failures;
use super::level::majority;
use super::write::{Carried, Sending};
use super::{
    CAS_CONTENTION_TIMEOUT, Operation, RequestError, Shortage, WRITE_REQUEST_TIMEOUT, Write, WriteKind, WriteRequest,
};
use crate::base::{Endpoint, Instant, MessageId, RequestId, SortedMap};
use crate::data::{ConsistencyLevel, Mutation};
use crate::event::What;
use crate::message::paxos::{Accept, Ballot, Commit, Prepare, Promise, Proposal, Propose, Subject};
use crate::message::replica::FailureReason;
use crate::message::{Outbox, Payload};

/// Who decides about what.
#[derive(Clone, Debug)]
pub(super) struct Contest {
    pub subject: Subject,
    /// SERIAL, or LOCAL_SERIAL.
    pub serial: ConsistencyLevel,
    /// The level at which decisions that others left behind are made known.
    pub replay: ConsistencyLevel,
    pub cause: Option<RequestId>,
    pub started: Instant,
}

/// What the proposer waits for.
pub(super) enum Progress {
    /// Replicas, or a time.
    Working,
    /// Its owner: this ballot is promised.
    Promised(Ballot),
    /// Nothing: this is decided.
    Accepted(Proposal),
    Failed(RequestError),
}

enum Stage {
    Preparing(Preparing),
    Proposing(Proposing),
    /// Making a decision known that another proposer left behind.
    Replaying(Write),
    BackingOff {
        until: Instant,
    },
    Promised(Ballot),
    Accepted(Proposal),
    Failed(RequestError),
}

struct Preparing {
    ballot: Ballot,
    awaiting: SortedMap<MessageId, Endpoint>,
    promises: Vec<(Endpoint, Promise)>,
    failures: Failures,
}

struct Proposing {
    proposal: Proposal,
    /// Another proposer's, proposed again with our ballot.
    is_replay: bool,
    awaiting: SortedMap<MessageId, Endpoint>,
    accepted: usize,
    /// No answer from those tells whether they accepted.
    failures: usize,
}

pub(super) struct Proposer {
    contest: Contest,
    layout: ReplicaLayout,
    participants: Replicas,
    required: usize,
    ballots: BallotGenerator,
    heard_of: Ballot,
    contentions: u32,
    stage: Stage,
}

impl Proposer {
    pub fn start(
        contest: Contest,
        layout: ReplicaLayout,
        ballots: BallotGenerator,
        now: Instant,
        out: &mut Outbox,
    ) -> Proposer {
        let mut proposer = Proposer {
            participants: Replicas::new(),
            required: 0,
            ballots,
            heard_of: Ballot::NONE,
            contentions: 0,
            stage: Stage::BackingOff { until: now },
            layout,
            contest,
        };
        match proposer.choose_participants() {
            Ok(()) => proposer.prepare(now, out),
            Err(error) => proposer.fail(error, out),
        }
        proposer
    }

    /// `ReplicaPlans.forPaxos`: who is up of all that hold the key, those about to hold it included; a majority of all.
    fn choose_participants(&mut self) -> Result<(), RequestError> {
        let (layout, serial) = (&self.layout, self.contest.serial);
        let takes_part = |it: &&Replica| serial != ConsistencyLevel::LocalSerial || layout.is_in_our_datacenter(it);
        let all = layout.all().filter(takes_part).count();
        self.required = majority(all);
        self.participants = layout.live_local_last().filter(takes_part).cloned().collect();
        let pending = layout.pending.iter().filter(takes_part).count();
        let alive = self.participants.len();
        let unavailable = |required: usize, shortage: Shortage| RequestError::Unavailable {
            consistency: serial,
            required: required as u32,
            alive: alive as u32,
            shortage,
        };
        if alive < self.required {
            return Err(unavailable(self.required, Shortage::OfReplicas));
        }
        // Two quorums could miss each other while two ranges move.
        if pending > 1 {
            return Err(unavailable(all + 1, Shortage::RangeMovements(all as u32)));
        }
        Ok(())
    }

    pub fn progress(&self) -> Progress {
        match &self.stage {
            Stage::Promised(ballot) => Progress::Promised(*ballot),
            Stage::Accepted(proposal) => Progress::Accepted(proposal.clone()),
            Stage::Failed(error) => Progress::Failed(error.clone()),
            _ => Progress::Working,
        }
    }

    pub fn layout(&self) -> &ReplicaLayout {
        &self.layout
    }

    pub fn contest(&self) -> &Contest {
        &self.contest
    }

    /// Begins a round, unless it is too late for one.
    fn prepare(&mut self, now: Instant, out: &mut Outbox) {
        if now >= self.contest.started + CAS_CONTENTION_TIMEOUT {
            let required = self.layout.block_for(self.contest.serial);
            return self.time_out(0, required, out);
        }
        let ballot = self.ballots.next(now, self.heard_of, self.contest.serial);
        self.heard_of = self.heard_of.max(ballot);
        out.event(self.contest.cause, What::PaxosPreparing { ballot: ballot.0 });
        let request = Prepare {
            subject: self.contest.subject.clone(),
            ballot,
        };
        self.stage = Stage::Preparing(Preparing {
            ballot,
            awaiting: self.ask(Payload::PaxosPrepareRequest(request), out),
            promises: Vec::new(),
            failures: Failures::new(),
        });
    }

    fn ask(&self, payload: Payload, out: &mut Outbox) -> SortedMap<MessageId, Endpoint> {
        let send = |it: &Replica| (out.send(it.endpoint, self.contest.cause, payload.clone()), it.endpoint);
        self.participants.iter().map(send).collect()
    }

    /// Proposes for the promised ballot. `None` changes nothing, but shows that nothing else was decided meanwhile.
    pub fn propose(&mut self, update: Option<Mutation>, out: &mut Outbox) {
        let Stage::Promised(ballot) = self.stage else {
            debug_assert!(false, "a proposal without a promise");
            return;
        };
        out.event(self.contest.cause, What::PaxosProposing { ballot: ballot.0 });
        self.send_proposal(Proposal { ballot, update }, false, out);
    }

    fn send_proposal(&mut self, proposal: Proposal, is_replay: bool, out: &mut Outbox) {
        let request = Propose {
            subject: self.contest.subject.clone(),
            proposal: proposal.clone(),
        };
        self.stage = Stage::Proposing(Proposing {
            proposal,
            is_replay,
            awaiting: self.ask(Payload::PaxosProposeRequest(request), out),
            accepted: 0,
            failures: 0,
        });
    }

    pub fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        match &mut self.stage {
            Stage::Preparing(preparing) => {
                if preparing.awaiting.remove(&id).is_some() {
                    match payload {
                        Payload::PaxosPrepareResponse(promise) => self.on_promise(now, from, promise, out),
                        Payload::Failure(reason) => self.on_prepare_failure(from, reason, out),
                        _ => self.on_prepare_failure(from, FailureReason::Unknown, out),
                    }
                }
            }
            Stage::Proposing(proposing) => {
                if proposing.awaiting.remove(&id).is_some() {
                    match payload {
                        Payload::PaxosProposeResponse(Accept { accepted, ballot }) => {
                            proposing.accepted += usize::from(accepted);
                            self.heard_of = self.heard_of.max(ballot);
                        }
                        _ => proposing.failures += 1,
                    }
                    self.on_accept(now, out);
                }
            }
            Stage::Replaying(write) => {
                write.on_response(now, from, id, payload, out);
                self.after_replay(now, out);
            }
            Stage::BackingOff { .. } | Stage::Promised(_) | Stage::Accepted(_) | Stage::Failed(_) => {}
        }
    }

    fn on_promise(&mut self, now: Instant, from: Endpoint, promise: Promise, out: &mut Outbox) {
        let Stage::Preparing(preparing) = &mut self.stage else {
            return;
        };
        let known = [&promise.accepted, &promise.committed];
        let newest = known
            .into_iter()
            .flatten()
            .map(|it| it.ballot)
            .fold(promise.ballot, Ord::max);
        self.heard_of = self.heard_of.max(newest);
        if !promise.promised {
            return self.back_off(now, out);
        }
        preparing.promises.push((from, promise));
        if preparing.promises.len() == self.required {
            let (ballot, promises) = (preparing.ballot, core::mem::take(&mut preparing.promises));
            self.on_quorum(now, ballot, &promises, out);
        }
    }

    fn on_quorum(&mut self, now: Instant, ballot: Ballot, promises: &[(Endpoint, Promise)], out: &mut Outbox) {
        let newest = |pick: fn(&Promise) -> &Option<Proposal>| {
            let all = promises.iter().filter_map(move |(_, promise)| pick(promise).as_ref());
            all.max_by_key(|it| it.ballot).cloned()
        };
        let ballot_of = |it: &Option<Proposal>| it.as_ref().map_or(Ballot::NONE, |it| it.ballot);
        let unfinished = newest(|it| &it.accepted);
        let committed = newest(|it| &it.committed);
        let last = ballot_of(&committed);
        // Later by less than a microsecond: what this round writes would carry the same timestamp as what is there.
        if last != Ballot::NONE && last.micros() >= ballot.micros() {
            return self.prepare(now, out);
        }
        if let Some(Proposal {
            ballot: left,
            update: Some(update),
        }) = unfinished
            && left > last
        {
            let update = Some(update);
            out.event(self.contest.cause, What::PaxosFinishing { ballot: left.0 });
            return self.send_proposal(Proposal { ballot, update }, true, out);
        }
        if let Some(proposal) = committed {
            let has_it = |promise: &Promise| ballot_of(&promise.committed) == proposal.ballot;
            let missing: Vec<Endpoint> = promises.iter().filter(|it| !has_it(&it.1)).map(|it| it.0).collect();
            if !missing.is_empty() {
                self.teach(&missing, proposal, out);
                return self.prepare(now, out);
            }
        }
        self.stage = Stage::Promised(ballot);
    }

    /// A quorum has to know the last decision before the next is made. Nobody waits for the answers: the next prepare finds out.
    fn teach(&self, missing: &[Endpoint], proposal: Proposal, out: &mut Outbox) {
        out.event(self.contest.cause, What::PaxosTeaching);
        let commit = Commit {
            subject: self.contest.subject.clone(),
            proposal,
        };
        for endpoint in missing {
            let payload = Payload::PaxosCommitRequest(commit.clone());
            out.send(*endpoint, self.contest.cause, payload);
        }
    }

    fn on_prepare_failure(&mut self, from: Endpoint, reason: FailureReason, out: &mut Outbox) {
        let Stage::Preparing(preparing) = &mut self.stage else {
            return;
        };
        preparing.failures.insert(from, reason);
        if preparing.promises.len() + preparing.awaiting.len() < self.required {
            let error = RequestError::WriteFailure {
                consistency: self.contest.serial,
                received: preparing.promises.len() as u32,
                required: self.required as u32,
                failures: preparing.failures.clone(),
                kind: WriteKind::Cas,
            };
            self.fail(error, out);
        }
    }

    fn on_accept(&mut self, now: Instant, out: &mut Outbox) {
        let Stage::Proposing(proposing) = &self.stage else {
            return;
        };
        let Proposing {
            accepted,
            failures,
            is_replay,
            ..
        } = *proposing;
        let open = proposing.awaiting.len();
        if accepted >= self.required {
            let proposal = proposing.proposal.clone();
            if is_replay {
                self.replay(now, proposal, out);
            } else {
                self.stage = Stage::Accepted(proposal);
            }
        } else if is_replay && accepted + open < self.required {
            self.back_off(now, out);
        } else if open == 0 && accepted + failures == 0 {
            // Nobody will ever bring it up again: trying once more is safe.
            self.back_off(now, out);
        } else if open == 0 {
            let error = RequestError::CasWriteUnknown {
                consistency: self.contest.serial,
                received: accepted as u32,
                required: self.required as u32,
            };
            self.fail(error, out);
        }
    }

    fn replay(&mut self, now: Instant, proposal: Proposal, out: &mut Outbox) {
        let Some(mutation) = proposal.update.clone() else {
            return self.prepare(now, out);
        };
        let sending = Sending {
            request: WriteRequest {
                mutation,
                consistency: self.contest.replay,
                kind: WriteKind::Cas,
                cause: self.contest.cause,
            },
            carried: Carried::Commit(Commit {
                subject: self.contest.subject.clone(),
                proposal,
            }),
            keeps_hints: false,
            started: self.contest.started,
            applied_here: false,
        };
        self.stage = Stage::Replaying(Write::send(sending, &self.layout, now, out));
        self.after_replay(now, out);
    }

    fn after_replay(&mut self, now: Instant, out: &mut Outbox) {
        let Stage::Replaying(write) = &mut self.stage else {
            return;
        };
        match write.take_outcome() {
            None => {}
            Some(Ok(())) => self.prepare(now, out),
            Some(Err(error)) => self.stage = Stage::Failed(error),
        }
    }

    /// Gives whoever has the newer ballot a chance to finish.
    fn back_off(&mut self, now: Instant, out: &mut Outbox) {
        self.contentions += 1;
        let ballot = self.heard_of.0;
        out.event(self.contest.cause, What::PaxosContention { ballot });
        let until = now + contention::wait(self.contentions, self.ballots.random());
        self.stage = Stage::BackingOff { until };
    }

    pub fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        let is_late = now >= self.contest.started + WRITE_REQUEST_TIMEOUT;
        match &mut self.stage {
            Stage::BackingOff { until } if now >= *until => self.prepare(now, out),
            Stage::Preparing(preparing) if is_late => {
                let received = preparing.promises.len();
                self.time_out(received, self.required, out);
            }
            Stage::Proposing(proposing) if is_late => {
                let received = self.participants.len() - proposing.awaiting.len();
                self.time_out(received, self.participants.len(), out);
            }
            Stage::Replaying(write) => {
                write.on_timeout(now, out);
                self.after_replay(now, out);
            }
            _ => {}
        }
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Preparing(_) | Stage::Proposing(_) => Some(self.contest.started + WRITE_REQUEST_TIMEOUT),
            Stage::BackingOff { until } => Some(*until),
            Stage::Replaying(write) => write.next_timeout(),
            Stage::Promised(_) | Stage::Accepted(_) | Stage::Failed(_) => None,
        }
    }

    fn time_out(&mut self, received: usize, required: usize, out: &mut Outbox) {
        let error = RequestError::WriteTimeout {
            consistency: self.contest.serial,
            received: received as u32,
            required: required as u32,
            kind: WriteKind::Cas,
        };
        self.fail(error, out);
    }

    fn fail(&mut self, error: RequestError, out: &mut Outbox) {
        error.report(self.contest.cause, out);
        self.stage = Stage::Failed(error);
    }
}
