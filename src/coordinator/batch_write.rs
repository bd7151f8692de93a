//! A logged batch: kept by two other nodes first, then written, and dropped by them once the writes are acknowledged. So either all
//! of it is written, sooner or later, or nothing. Cassandra's `StorageProxy.mutateAtomically`.

use uuid::Uuid;

use super::cluster::ReplicaLayout;
use super::error::Failures;
use super::write::{Carried, Sending};
use super::{Hint, Operation, RequestError, Shortage, WRITE_REQUEST_TIMEOUT, Write, WriteKind, WriteRequest};
use crate::base::{Endpoint, Instant, MessageId, RequestId, SortedSet};
use crate::data::{ConsistencyLevel, Mutation, WriteTimestamp};
use crate::event::What;
use crate::message::batch::StoreBatch;
use crate::message::replica::FailureReason;
use crate::message::{Outbox, Payload};

/// How many are asked for by the complaint that there are none.
const KEEPERS: u32 = 2;

/// What to write and how surely.
#[derive(Clone, Debug)]
pub struct BatchRequest {
    pub id: Uuid,
    pub created: WriteTimestamp,
    /// Each with the replicas that it goes to.
    pub writes: Vec<(Mutation, ReplicaLayout)>,
    pub consistency: ConsistencyLevel,
    /// Materialized views: the batch is kept until a quorum of replicas has each write.
    pub keeps_until_quorum: bool,
    /// Who keeps the batch: nodes that are up.
    pub keepers: Vec<Endpoint>,
    pub cause: Option<RequestId>,
}

#[derive(Debug)]
pub struct BatchWrite {
    request: BatchRequest,
    started: Instant,
    /// Keepers that have not answered, by the messages that ask them.
    storing: SortedSet<MessageId>,
    stored: usize,
    failures: Failures,
    /// Each with how many answers it takes until the batch need not be kept for it.
    writes: Vec<(Write, usize)>,
    kept: bool,
    settled: bool,
    outcome: Option<Result<(), RequestError>>,
}

impl BatchWrite {
    pub fn start(request: BatchRequest, now: Instant, out: &mut Outbox) -> BatchWrite {
        out.event(request.cause, What::DeterminingBatchReplicas);
        let mut batch = BatchWrite {
            started: now,
            storing: SortedSet::new(),
            stored: 0,
            failures: Failures::new(),
            writes: Vec::new(),
            kept: false,
            settled: false,
            outcome: None,
            request,
        };
        if let Err(error) = batch.check() {
            batch.settle(Err(error), out);
            return batch;
        }
        let request = &batch.request;
        let store = StoreBatch {
            id: request.id,
            created: request.created,
            mutations: request.writes.iter().map(|(mutation, _)| mutation.clone()).collect(),
        };
        for keeper in &request.keepers {
            let payload = Payload::BatchStoreRequest(store.clone());
            batch.storing.insert(out.send(*keeper, request.cause, payload));
        }
        batch.kept = true;
        batch
    }

    /// Whether there are keepers, and replicas enough for every write.
    fn check(&self) -> Result<(), RequestError> {
        let request = &self.request;
        if request.keepers.is_empty() {
            return Err(RequestError::Unavailable {
                consistency: ConsistencyLevel::Two,
                required: KEEPERS,
                alive: 0,
                shortage: Shortage::OfBatchKeepers(KEEPERS),
            });
        }
        let mut layouts = request.writes.iter().map(|(_, layout)| layout);
        layouts.try_for_each(|layout| layout.assure_sufficient_for_write(request.consistency))
    }

    fn keepers_level(&self) -> (ConsistencyLevel, usize) {
        match self.request.keepers.len() {
            1 => (ConsistencyLevel::One, 1),
            _ => (ConsistencyLevel::Two, 2),
        }
    }

    /// All keepers have it: now it is written.
    fn write(&mut self, now: Instant, out: &mut Outbox) {
        let level = match self.request.consistency {
            level @ (ConsistencyLevel::All | ConsistencyLevel::EachQuorum) => level,
            _ if self.request.keeps_until_quorum => ConsistencyLevel::Quorum,
            level => level,
        };
        for (mutation, layout) in &self.request.writes {
            let sending = Sending {
                request: WriteRequest {
                    mutation: mutation.clone(),
                    consistency: self.request.consistency,
                    kind: WriteKind::Batch,
                    cause: self.request.cause,
                },
                carried: Carried::Mutation,
                keeps_hints: true,
                started: self.started,
                applied_here: false,
            };
            let write = Write::send(sending, layout, now, out);
            self.writes.push((write, layout.block_for_write(level)));
        }
        self.look(out);
    }

    /// Drops the batch from its keepers once it may go, and settles once every write is.
    fn look(&mut self, out: &mut Outbox) {
        if self.kept && self.writes.iter().all(|(write, needed)| write.answered() >= *needed) {
            self.kept = false;
            for keeper in &self.request.keepers {
                out.send(
                    *keeper,
                    self.request.cause,
                    Payload::BatchRemoveRequest(self.request.id),
                );
            }
        }
        let mut all = true;
        for at in 0..self.writes.len() {
            match self.writes[at].0.take_outcome() {
                Some(Err(error)) => return self.settle(Err(error), out),
                _ => all &= self.writes[at].0.is_settled(),
            }
        }
        if all {
            self.settle(Ok(()), out);
        }
    }

    fn settle(&mut self, outcome: Result<(), RequestError>, out: &mut Outbox) {
        if self.settled {
            return;
        }
        self.settled = true;
        if let Err(error @ RequestError::Unavailable { .. }) = &outcome {
            error.report(self.request.cause, out);
        }
        self.outcome = Some(outcome);
    }

    fn storing_failed(&mut self, error: Option<FailureReason>, out: &mut Outbox) {
        let (consistency, required) = self.keepers_level();
        let (received, required, kind) = (self.stored as u32, required as u32, WriteKind::BatchLog);
        let error = match error {
            None | Some(FailureReason::Timeout) => RequestError::WriteTimeout {
                consistency,
                received,
                required,
                kind,
            },
            Some(_) => RequestError::WriteFailure {
                consistency,
                received,
                required,
                failures: self.failures.clone(),
                kind,
            },
        };
        self.storing.clear();
        error.report(self.request.cause, out);
        self.settle(Err(error), out);
    }
}

impl Operation for BatchWrite {
    type Outcome = Result<(), RequestError>;

    fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        if self.storing.remove(&id) {
            match payload {
                Payload::BatchStoreResponse => {
                    self.stored += 1;
                    if self.stored == self.keepers_level().1 {
                        self.write(now, out);
                    }
                }
                Payload::Failure(reason) => {
                    self.failures.insert(from, reason);
                    self.storing_failed(Some(reason), out);
                }
                _ => {
                    self.failures.insert(from, FailureReason::Unknown);
                    self.storing_failed(Some(FailureReason::Unknown), out);
                }
            }
            return;
        }
        let Some((write, _)) = self.writes.iter_mut().find(|(write, _)| write.awaits(id)) else {
            return;
        };
        write.on_response(now, from, id, payload, out);
        self.look(out);
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        if !self.storing.is_empty() && now >= self.started + WRITE_REQUEST_TIMEOUT {
            return self.storing_failed(None, out);
        }
        if self.writes.is_empty() {
            return;
        }
        for (write, _) in &mut self.writes {
            write.on_timeout(now, out);
        }
        self.look(out);
    }

    fn next_timeout(&self) -> Option<Instant> {
        let storing = (!self.storing.is_empty()).then_some(self.started + WRITE_REQUEST_TIMEOUT);
        let writes = self.writes.iter().filter_map(|(write, _)| write.next_timeout());
        storing.into_iter().chain(writes).min()
    }

    fn take_outcome(&mut self) -> Option<Self::Outcome> {
        self.outcome.take()
    }

    fn take_hints(&mut self) -> Vec<Hint> {
        self.writes
            .iter_mut()
            .flat_map(|(write, _)| write.take_hints())
            .collect()
    }

    fn is_finished(&self) -> bool {
        self.settled && self.storing.is_empty() && self.writes.iter().all(|(write, _)| write.is_finished())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Driver, TestCluster, mutation};
    use super::*;

    fn batch(cluster: &TestCluster, consistency: ConsistencyLevel, keepers: &[u8]) -> Driver<BatchWrite> {
        let writes = vec![(mutation(), cluster.layout()), (mutation(), cluster.layout())];
        let request = BatchRequest {
            id: Uuid::from_u128(1),
            created: WriteTimestamp(1),
            writes,
            consistency,
            keeps_until_quorum: false,
            keepers: keepers.iter().map(|n| Endpoint::nth(*n)).collect(),
            cause: None,
        };
        Driver::start(|now, out| BatchWrite::start(request, now, out))
    }

    #[test]
    fn nothing_is_written_before_it_is_kept_and_nothing_is_kept_after_it_is_written() {
        let mut driver = batch(&TestCluster::simple(3, 3), ConsistencyLevel::One, &[2, 3]);
        assert_eq!(driver.asked(), [2, 3]);
        driver.answer(2, Payload::BatchStoreResponse);
        assert_eq!(driver.asked(), [3]);
        driver.answer(3, Payload::BatchStoreResponse);
        assert_eq!(driver.asked(), [2, 3, 1, 2, 3, 1]);
        driver.answer(1, Payload::MutationResponse);
        assert_eq!(driver.outcome(), None);
        driver.answer(1, Payload::MutationResponse);
        assert_eq!(driver.outcome(), Some(Ok(())));
        let dropped = driver.sent(|payload| matches!(payload, Payload::BatchRemoveRequest(_)));
        assert_eq!(dropped, [2, 3]);
    }

    #[test]
    fn without_keepers_it_is_refused() {
        let mut driver = batch(&TestCluster::simple(3, 3), ConsistencyLevel::One, &[]);
        let error = driver.outcome().unwrap().unwrap_err();
        assert_eq!(
            error.to_string(),
            "Cannot achieve consistency level TWO for batchlog in local DC, required:2, available:0"
        );
        assert!(driver.operation.is_finished());
    }

    #[test]
    fn keepers_that_are_silent_fail_it_and_nothing_is_written() {
        let mut driver = batch(&TestCluster::simple(3, 3), ConsistencyLevel::One, &[2, 3]);
        driver.answer(2, Payload::BatchStoreResponse);
        driver.wait();
        let timeout = RequestError::WriteTimeout {
            consistency: ConsistencyLevel::Two,
            received: 1,
            required: 2,
            kind: WriteKind::BatchLog,
        };
        assert_eq!(driver.outcome(), Some(Err(timeout)));
        assert!(driver.operation.is_finished());
    }

    #[test]
    fn a_batch_whose_writes_time_out_stays_kept() {
        let mut driver = batch(&TestCluster::simple(3, 3), ConsistencyLevel::All, &[2, 3]);
        driver.answer(2, Payload::BatchStoreResponse);
        driver.answer(3, Payload::BatchStoreResponse);
        driver.answer(1, Payload::MutationResponse);
        driver.wait();
        assert!(matches!(
            driver.outcome(),
            Some(Err(RequestError::WriteTimeout {
                kind: WriteKind::Batch,
                ..
            }))
        ));
        assert!(
            driver
                .sent(|payload| matches!(payload, Payload::BatchRemoveRequest(_)))
                .is_empty()
        );
        // Of both writes for both others: a coordinator keeps no hints for itself.
        assert_eq!(driver.operation.take_hints().len(), 4);
    }
}
