//! A read at SERIAL or LOCAL_SERIAL: sees every conditional update that was decided before. What other proposers left
//! unfinished is finished, an empty update is agreed on, then a quorum is read. Cassandra's `StorageProxy.legacyReadWithPaxos`.

use super::ballot::BallotGenerator;
use super::cas::quorum_for;
use super::cluster::ReplicaLayout;
use super::proposer::{Contest, Progress, Proposer};
use super::read::TableLatencies;
use super::read_context::Patience;
use super::{Operation, READ_REQUEST_TIMEOUT, Read, ReadRequest, RequestError};
use crate::base::{Endpoint, Instant, MessageId};
use crate::data::Partition;
use crate::event::What;
use crate::message::paxos::Subject;
use crate::message::{Outbox, Payload};

pub struct SerialRead {
    request: ReadRequest,
    patience: Patience,
    proposer: Proposer,
    stage: Stage,
    outcome: Option<Result<Vec<Partition>, RequestError>>,
}

enum Stage {
    Deciding,
    Reading(Box<Read>),
    Settled,
}

impl SerialRead {
    /// The request's consistency is SERIAL or LOCAL_SERIAL, and it reads the partition that `subject` names.
    pub fn start(
        request: ReadRequest,
        subject: Subject,
        layout: ReplicaLayout,
        latencies: &TableLatencies,
        ballots: &mut BallotGenerator,
        now: Instant,
        out: &mut Outbox,
    ) -> SerialRead {
        let contest = Contest {
            subject,
            serial: request.consistency,
            replay: quorum_for(request.consistency),
            cause: request.cause,
            started: now,
        };
        let mut read = SerialRead {
            proposer: Proposer::start(contest, layout, ballots.split(now), now, out),
            patience: Patience::new(&request.table, latencies),
            request,
            stage: Stage::Deciding,
            outcome: None,
        };
        read.advance(now, out);
        read
    }

    fn advance(&mut self, now: Instant, out: &mut Outbox) {
        match &mut self.stage {
            Stage::Deciding => match self.proposer.progress() {
                Progress::Working => {}
                Progress::Promised(_) => {
                    self.proposer.propose(None, out);
                    self.advance(now, out);
                }
                Progress::Accepted(_) => {
                    out.event(self.request.cause, What::PaxosDone { applied: true });
                    self.read(now, out);
                }
                Progress::Failed(error) => self.settle(Err(self.as_read_error(error))),
            },
            Stage::Reading(read) => {
                if let Some(outcome) = read.take_outcome() {
                    self.settle(outcome);
                }
            }
            Stage::Settled => {}
        }
    }

    fn read(&mut self, now: Instant, out: &mut Outbox) {
        let request = ReadRequest {
            consistency: quorum_for(self.request.consistency),
            ..self.request.clone()
        };
        let deadline = self.proposer.contest().started + READ_REQUEST_TIMEOUT;
        let read = Read::start_within(request, self.proposer.layout(), self.patience, deadline, now, out);
        self.stage = Stage::Reading(Box::new(read));
        self.advance(now, out);
    }

    /// The client asked for a read: what went wrong while deciding is told as a read's trouble.
    fn as_read_error(&self, error: RequestError) -> RequestError {
        let consistency = self.request.consistency;
        match error {
            RequestError::WriteTimeout { .. } | RequestError::CasWriteUnknown { .. } => RequestError::ReadTimeout {
                consistency,
                received: 0,
                required: self.proposer.layout().block_for(consistency) as u32,
                data_present: false,
            },
            RequestError::WriteFailure {
                received,
                required,
                failures,
                ..
            } => RequestError::ReadFailure {
                consistency,
                received,
                required,
                failures,
                data_present: false,
            },
            other => other,
        }
    }

    fn settle(&mut self, outcome: Result<Vec<Partition>, RequestError>) {
        self.stage = Stage::Settled;
        self.outcome = Some(outcome);
    }
}

impl Operation for SerialRead {
    type Outcome = Result<Vec<Partition>, RequestError>;

    fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        match &mut self.stage {
            Stage::Deciding => self.proposer.on_response(now, from, id, payload, out),
            Stage::Reading(read) => read.on_response(now, from, id, payload, out),
            Stage::Settled => {}
        }
        self.advance(now, out);
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        match &mut self.stage {
            Stage::Deciding => self.proposer.on_timeout(now, out),
            Stage::Reading(read) => read.on_timeout(now, out),
            Stage::Settled => {}
        }
        self.advance(now, out);
    }

    fn next_timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Deciding => self.proposer.next_timeout(),
            Stage::Reading(read) => read.next_timeout(),
            Stage::Settled => None,
        }
    }

    fn take_outcome(&mut self) -> Option<Self::Outcome> {
        self.outcome.take()
    }

    fn is_finished(&self) -> bool {
        matches!(self.stage, Stage::Settled)
    }
}
