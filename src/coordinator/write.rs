//! A write: to all replicas at once, done when enough have it; those that miss it get a hint. Cassandra's `StorageProxy.mutate`.
//!
//! Replicas in other datacentres are sent to directly, not through one of them that forwards.

use super::acknowledgements::Acknowledgements;
use super::cluster::{Replica, ReplicaLayout};
use super::{COUNTER_WRITE_REQUEST_TIMEOUT, Hint, Operation, RequestError, WRITE_REQUEST_TIMEOUT, WriteKind};
use crate::base::{Endpoint, Instant, MessageId, RequestId, SortedMap};
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
    awaiting: SortedMap<MessageId, Replica>,
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
    /// This node has applied it, and counts as one that answered.
    pub applied_here: bool,
}

impl Sending {
    fn of(request: WriteRequest, started: Instant) -> Sending {
        Sending {
            request,
            carried: Carried::Mutation,
            keeps_hints: true,
            started,
            applied_here: false,
        }
    }
}

impl Write {
    pub fn start(request: WriteRequest, layout: &ReplicaLayout, now: Instant, out: &mut Outbox) -> Write {
        let replicas = layout.all().map(|replica| replica.endpoint).collect();
        let token = request.mutation.key.token;
        out.event(request.cause, What::DeterminingReplicas { token, replicas });
        Write::send(Sending::of(request, now), layout, now, out)
    }

    /// A write that no client asked for.
    pub fn quietly(request: WriteRequest, layout: &ReplicaLayout, now: Instant, out: &mut Outbox) -> Write {
        Write::send(Sending::of(request, now), layout, now, out)
    }

    /// Whether every replica has it, none of them by a hint.
    pub fn reached_everyone(&self) -> bool {
        self.acknowledgements.answered() >= self.acknowledgements.candidates()
    }

    /// What a leader does once it has an increment itself: sends what it has counted to the other replicas.
    pub fn lead(request: WriteRequest, layout: &ReplicaLayout, now: Instant, out: &mut Outbox) -> Write {
        let sending = Sending {
            applied_here: true,
            ..Sending::of(request, now)
        };
        Write::send(sending, layout, now, out)
    }

    pub(super) fn send(sending: Sending, layout: &ReplicaLayout, now: Instant, out: &mut Outbox) -> Write {
        let request = sending.request;
        let timeout = match request.kind {
            WriteKind::Counter => COUNTER_WRITE_REQUEST_TIMEOUT,
            _ => WRITE_REQUEST_TIMEOUT,
        };
        let mut write = Write {
            consistency: request.consistency,
            cause: request.cause,
            acknowledgements: Acknowledgements::new(request.consistency, request.kind, layout),
            mutation: request.mutation,
            awaiting: SortedMap::new(),
            deadline: sending.started + timeout,
            expires: now + timeout,
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
            if sending.applied_here && replica.endpoint == layout.local {
                write.acknowledgements.acknowledge(replica);
                continue;
            }
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

    /// Whether it waits for the answer to a message.
    pub(super) fn awaits(&self, id: MessageId) -> bool {
        self.awaiting.contains_key(&id)
    }

    /// How many replicas have it.
    pub(super) fn answered(&self) -> usize {
        self.acknowledgements.answered()
    }

    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// The client is answered without waiting; replicas that miss it still get hints.
    pub(super) fn settle_now(&mut self) {
        if !self.settled {
            self.settled = true;
            self.outcome = Some(Ok(()));
        }
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

    fn fail(&mut self, replica: &Replica, reason: FailureReason) {
        self.acknowledgements.fail(replica, reason);
        self.hint(replica);
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

#[cfg(test)]
mod tests {
    use super::super::testing::{Driver, TestCluster, mutation};
    use super::*;
    use ConsistencyLevel::*;

    fn write(cluster: &TestCluster, consistency: ConsistencyLevel) -> Driver<Write> {
        let request = WriteRequest {
            mutation: mutation(),
            consistency,
            kind: WriteKind::Simple,
            cause: None,
        };
        Driver::start(|now, out| Write::start(request, &cluster.layout(), now, out))
    }

    fn hinted(driver: &mut Driver<Write>) -> Vec<u8> {
        let hints = driver.operation.take_hints();
        hints.iter().map(|hint| hint.endpoint.number()).collect()
    }

    fn timeout(consistency: ConsistencyLevel, received: u32, required: u32) -> Result<(), RequestError> {
        Err(RequestError::WriteTimeout {
            consistency,
            received,
            required,
            kind: WriteKind::Simple,
        })
    }

    #[test]
    fn each_level_is_met_by_so_many_answers() {
        for (level, needed) in [
            (Any, 1),
            (One, 1),
            (Two, 2),
            (Quorum, 2),
            (LocalQuorum, 2),
            (Three, 3),
            (All, 3),
        ] {
            let mut driver = write(&TestCluster::simple(3, 3), level);
            assert_eq!(driver.asked(), [2, 3, 1], "the coordinator's own replica comes last");
            for (n, answered) in [(3, 1), (1, 2), (2, 3)] {
                driver.answer(n, Payload::MutationResponse);
                let expected = (answered == needed).then_some(Ok(()));
                assert_eq!(driver.outcome(), expected, "{level} after {answered}");
            }
            assert!(driver.operation.is_finished() && hinted(&mut driver).is_empty());
        }
    }

    #[test]
    fn a_replica_that_is_down_gets_a_hint_and_no_message() {
        let mut driver = write(&TestCluster::simple(3, 3).down([2]), Quorum);
        assert_eq!((driver.asked(), hinted(&mut driver)), (vec![3, 1], vec![2]));
        driver.answer(1, Payload::MutationResponse);
        assert_eq!(driver.outcome(), None, "a hint is no answer");
        driver.answer(3, Payload::MutationResponse);
        assert_eq!(driver.outcome(), Some(Ok(())));
    }

    #[test]
    fn an_unavailable_level_sends_nothing_and_hints_nothing() {
        let mut driver = write(&TestCluster::simple(3, 3).down([2, 3]), Quorum);
        assert!(matches!(
            driver.outcome(),
            Some(Err(RequestError::Unavailable {
                required: 2,
                alive: 1,
                ..
            }))
        ));
        assert!(driver.asked().is_empty() && hinted(&mut driver).is_empty() && driver.operation.is_finished());
        assert!(driver.saw(|what| *what == What::ReplicasUnavailable { required: 2, alive: 1 }));
    }

    #[test]
    fn who_does_not_answer_in_time_gets_a_hint() {
        let mut driver = write(&TestCluster::simple(3, 3), All);
        driver.answer(1, Payload::MutationResponse);
        let started = driver.now;
        driver.wait();
        assert_eq!(driver.now, started + WRITE_REQUEST_TIMEOUT);
        assert_eq!(driver.outcome(), Some(timeout(All, 1, 3)));
        assert_eq!(hinted(&mut driver), [2, 3]);
        assert!(driver.operation.is_finished());
    }

    #[test]
    fn a_met_write_lives_on_for_its_hints() {
        let mut driver = write(&TestCluster::simple(3, 3), One);
        driver.answer(2, Payload::MutationResponse);
        assert_eq!(driver.outcome(), Some(Ok(())));
        assert!(!driver.operation.is_finished());
        driver.answer(1, Payload::MutationResponse);
        driver.wait();
        assert_eq!((driver.outcome(), hinted(&mut driver)), (None, vec![3]));
        assert!(driver.operation.is_finished());
    }

    #[test]
    fn an_answer_that_comes_twice_counts_once() {
        let mut driver = write(&TestCluster::simple(3, 3), Two);
        let message = driver.take(2);
        for _ in 0..2 {
            let payload = Payload::MutationResponse;
            driver
                .operation
                .on_response(driver.now, message.to, message.id, payload, &mut driver.out);
        }
        assert_eq!(driver.outcome(), None);
    }

    #[test]
    fn any_is_met_by_a_hint_alone_and_never_times_out() {
        let cluster = TestCluster::simple(4, 2).down([2]);
        let mut driver = write(&cluster, Any);
        assert_eq!((driver.outcome(), hinted(&mut driver)), (Some(Ok(())), vec![2]));
        let mut driver = write(&TestCluster::simple(3, 3), Any);
        driver.wait();
        assert_eq!((driver.outcome(), hinted(&mut driver)), (Some(Ok(())), vec![2, 3]));
    }

    #[test]
    fn so_many_failures_that_the_level_is_out_of_reach_fail_the_write() {
        let mut driver = write(&TestCluster::simple(3, 3), Quorum);
        driver.answer(3, Payload::Failure(FailureReason::Unknown));
        assert_eq!(driver.outcome(), None);
        driver.answer(2, Payload::Failure(FailureReason::IncompatibleSchema));
        let error = driver.outcome().unwrap().unwrap_err();
        assert_eq!(
            error.to_string(),
            "Operation failed - received 0 responses and 2 failures: INCOMPATIBLE_SCHEMA from /127.0.0.2:7000, \
             UNKNOWN from /127.0.0.3:7000"
        );
        assert_eq!(hinted(&mut driver), [3, 2]);
    }

    #[test]
    fn failures_that_are_all_timeouts_are_a_timeout() {
        let mut driver = write(&TestCluster::simple(3, 3), All);
        driver.answer(3, Payload::Failure(FailureReason::Timeout));
        assert_eq!(driver.outcome(), Some(timeout(All, 0, 3)));
    }

    #[test]
    fn local_levels_do_not_count_other_datacenters() {
        let mut driver = write(&TestCluster::datacenters(&[("dc1", 3), ("dc2", 3)]), LocalQuorum);
        assert_eq!(driver.asked().len(), 6, "all of them are written to");
        for n in [4, 5, 6, 2] {
            driver.answer(n, Payload::MutationResponse);
            assert_eq!(driver.outcome(), None);
        }
        driver.answer(1, Payload::MutationResponse);
        assert_eq!(driver.outcome(), Some(Ok(())));
    }

    #[test]
    fn each_quorum_wants_a_quorum_of_each() {
        let cluster = TestCluster::datacenters(&[("dc1", 3), ("dc2", 3)]);
        let mut driver = write(&cluster, EachQuorum);
        for n in [1, 2, 3, 4] {
            driver.answer(n, Payload::MutationResponse);
            assert_eq!(driver.outcome(), None);
        }
        let mut late = write(&cluster, EachQuorum);
        late.answer_all([1, 2, 3, 4], Payload::MutationResponse);
        late.wait();
        assert_eq!(
            late.outcome(),
            Some(timeout(EachQuorum, 3, 4)),
            "one less than asked for, as Cassandra says"
        );
        driver.answer(6, Payload::MutationResponse);
        assert_eq!(driver.outcome(), Some(Ok(())));
    }

    #[test]
    fn a_joining_node_is_written_to_and_waited_for() {
        let mut driver = write(&TestCluster::simple(3, 3).joining(4), Quorum);
        assert_eq!(driver.asked(), [2, 3, 4, 1]);
        driver.answer_all([1, 2], Payload::MutationResponse);
        assert_eq!(driver.outcome(), None);
        driver.answer(4, Payload::MutationResponse);
        assert_eq!(driver.outcome(), Some(Ok(())));
    }
}
