//! A counter's increment: one replica, the leader, adds it to its own count and sends the others what it now has.
//!
//! Who leads is chosen anew for each increment, among the replicas near the coordinator. If that is another node, the increment is
//! forwarded, and this operation waits for the leader alone; the leader answers once its own write meets the consistency level.
//! Cassandra's `StorageProxy.mutateCounter`.

use super::cluster::{Replica, ReplicaLayout};
use super::error::Failures;
use super::{Operation, RequestError, Shortage, WriteKind};
use crate::base::{Endpoint, Instant, MessageId, RequestId};
use crate::data::ConsistencyLevel;
use crate::event::What;
use crate::message::replica::{CounterRequest, FailureReason};
use crate::message::{Outbox, Payload};

use super::timeouts::COUNTER_WRITE_REQUEST_TIMEOUT;

/// Who leads an increment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leader {
    ThisNode,
    Other(Endpoint),
}

impl ReplicaLayout {
    /// Chooses a leader by random bits: any live replica of our datacentre, else the nearest of another.
    /// `StorageProxy.findSuitableReplica`.
    pub fn counter_leader(&self, level: ConsistencyLevel, random: u64) -> Result<Leader, RequestError> {
        let live: Vec<&Replica> = self.natural.iter().filter(|replica| replica.is_alive).collect();
        let near: Vec<&&Replica> = live
            .iter()
            .filter(|replica| self.is_in_our_datacenter(replica))
            .collect();
        let chosen = match (near.as_slice(), live.as_slice()) {
            ([], [nearest, ..]) if !level.is_datacenter_local() => nearest,
            ([], _) => {
                return Err(RequestError::Unavailable {
                    consistency: level,
                    required: self.block_for(level) as u32,
                    alive: 0,
                    shortage: Shortage::OfReplicas,
                });
            }
            (near, _) => near[(random % near.len() as u64) as usize],
        };
        // Nothing is forwarded that could not meet its level.
        self.assure_sufficient_for_write(level)?;
        Ok(match chosen.endpoint == self.local {
            true => Leader::ThisNode,
            false => Leader::Other(chosen.endpoint),
        })
    }
}

/// An increment forwarded to its leader.
#[derive(Debug)]
pub struct CounterForward {
    leader: Endpoint,
    cause: Option<RequestId>,
    awaited: MessageId,
    deadline: Instant,
    settled: bool,
    outcome: Option<Result<(), RequestError>>,
}

impl CounterForward {
    pub fn start(
        leader: Endpoint,
        request: CounterRequest,
        cause: Option<RequestId>,
        layout: &ReplicaLayout,
        now: Instant,
        out: &mut Outbox,
    ) -> CounterForward {
        let range = layout.placement.range_of(request.mutation.key.token);
        let (start, end) = (range.start, range.end);
        out.event(cause, What::CounterForwarded { to: leader, start, end });
        let payload = Payload::CounterRequest(request);
        CounterForward {
            leader,
            cause,
            awaited: out.send(leader, cause, payload),
            deadline: now + COUNTER_WRITE_REQUEST_TIMEOUT,
            settled: false,
            outcome: None,
        }
    }

    fn settle(&mut self, outcome: Result<(), RequestError>, out: &mut Outbox) {
        if self.settled {
            return;
        }
        self.settled = true;
        if let Err(error) = &outcome {
            error.report(self.cause, out);
        }
        self.outcome = Some(outcome);
    }

    /// The leader alone is waited for, so it is level ONE that was not met, whatever the increment's own level.
    fn failure(&self, reason: Option<FailureReason>) -> RequestError {
        let (consistency, received, required, kind) = (ConsistencyLevel::One, 0, 1, WriteKind::Counter);
        match reason {
            None | Some(FailureReason::Timeout) => RequestError::WriteTimeout {
                consistency,
                received,
                required,
                kind,
            },
            Some(reason) => RequestError::WriteFailure {
                consistency,
                received,
                required,
                failures: Failures::from_iter([(self.leader, reason)]),
                kind,
            },
        }
    }
}

impl Operation for CounterForward {
    type Outcome = Result<(), RequestError>;

    fn on_response(&mut self, _now: Instant, _from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        if id != self.awaited {
            return;
        }
        let outcome = match payload {
            Payload::CounterResponse => Ok(()),
            Payload::Failure(reason) => Err(self.failure(Some(reason))),
            _ => Err(self.failure(Some(FailureReason::Unknown))),
        };
        self.settle(outcome, out);
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        if now >= self.deadline {
            self.settle(Err(self.failure(None)), out);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        (!self.settled).then_some(self.deadline)
    }

    fn take_outcome(&mut self) -> Option<Self::Outcome> {
        self.outcome.take()
    }

    fn is_finished(&self) -> bool {
        self.settled
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Driver, TestCluster, mutation};
    use super::*;

    fn leaders(cluster: &TestCluster, level: ConsistencyLevel) -> Vec<Result<Leader, RequestError>> {
        (0..6)
            .map(|random| cluster.layout().counter_leader(level, random))
            .collect()
    }

    fn forward() -> Driver<CounterForward> {
        let (mutation, consistency) = (mutation(), ConsistencyLevel::Quorum);
        let request = CounterRequest { mutation, consistency };
        let layout = TestCluster::simple(3, 3).layout();
        Driver::start(|now, out| CounterForward::start(Endpoint::nth(2), request, None, &layout, now, out))
    }

    #[test]
    fn every_live_replica_of_our_datacenter_leads_at_times() {
        let all = leaders(&TestCluster::simple(3, 3).down([3]), ConsistencyLevel::Quorum);
        assert!(all.contains(&Ok(Leader::ThisNode)) && all.contains(&Ok(Leader::Other(Endpoint::nth(2)))));
        assert!(!all.contains(&Ok(Leader::Other(Endpoint::nth(3)))));
        let near = leaders(
            &TestCluster::datacenters(&[("dc1", 2), ("dc2", 2)]),
            ConsistencyLevel::One,
        );
        assert!(
            near.iter()
                .all(|it| matches!(it, Ok(Leader::ThisNode)) || *it == Ok(Leader::Other(Endpoint::nth(2))))
        );
    }

    #[test]
    fn nothing_is_forwarded_that_cannot_meet_its_level() {
        for leader in leaders(&TestCluster::simple(3, 3).down([2, 3]), ConsistencyLevel::Quorum) {
            assert!(matches!(
                leader,
                Err(RequestError::Unavailable {
                    required: 2,
                    alive: 1,
                    ..
                })
            ));
        }
    }

    #[test]
    fn the_leader_alone_is_waited_for() {
        let mut driver = forward();
        assert_eq!(driver.asked(), [2]);
        driver.answer(2, Payload::CounterResponse);
        assert_eq!(driver.outcome(), Some(Ok(())));
        assert!(driver.operation.is_finished());
    }

    #[test]
    fn a_leader_that_fails_or_is_silent_is_told_of_as_level_one() {
        let mut driver = forward();
        let started = driver.now;
        driver.wait();
        assert_eq!(driver.now, started + COUNTER_WRITE_REQUEST_TIMEOUT);
        let timeout = RequestError::WriteTimeout {
            consistency: ConsistencyLevel::One,
            received: 0,
            required: 1,
            kind: WriteKind::Counter,
        };
        assert_eq!(driver.outcome(), Some(Err(timeout)));
        let mut driver = forward();
        driver.answer(2, Payload::Failure(FailureReason::Unknown));
        assert!(matches!(driver.outcome(), Some(Err(RequestError::WriteFailure { .. }))));
    }
}
