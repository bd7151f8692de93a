//! TRUNCATE: every node of the cluster has to be up, and every one has to answer. Cassandra's `StorageProxy.truncateBlocking`.

use super::{Cluster, Operation, RequestError, Shortage, TRUNCATE_REQUEST_TIMEOUT};
use crate::base::{Endpoint, Instant, MessageId, RequestId, SortedMap};
use crate::data::ConsistencyLevel;
use crate::message::replica::TruncateRequest;
use crate::message::{Outbox, Payload};

#[derive(Debug)]
pub struct Truncate {
    deadline: Instant,
    awaiting: SortedMap<MessageId, Endpoint>,
    received: u32,
    outcome: Option<Result<(), RequestError>>,
    settled: bool,
}

impl Truncate {
    pub fn start(
        request: TruncateRequest,
        cause: Option<RequestId>,
        cluster: &Cluster<'_>,
        now: Instant,
        out: &mut Outbox,
    ) -> Truncate {
        let mut truncate = Truncate {
            deadline: now + TRUNCATE_REQUEST_TIMEOUT,
            awaiting: SortedMap::new(),
            received: 0,
            outcome: None,
            settled: false,
        };
        let required = cluster.members().count() as u32;
        let alive = cluster.members().filter(|(_, is_alive)| *is_alive).count() as u32;
        if alive < required {
            let unavailable = RequestError::Unavailable {
                consistency: ConsistencyLevel::All,
                required,
                alive,
                shortage: Shortage::OfReplicas,
            };
            unavailable.report(cause, out);
            truncate.settle(Err(RequestError::Truncate(unavailable.to_string())));
            return truncate;
        }
        for (endpoint, _) in cluster.members() {
            let id = out.send(endpoint, cause, Payload::TruncateRequest(request));
            truncate.awaiting.insert(id, endpoint);
        }
        truncate
    }

    fn settle(&mut self, outcome: Result<(), RequestError>) {
        self.settled = true;
        self.awaiting.clear();
        self.outcome = Some(outcome);
    }
}

impl Operation for Truncate {
    type Outcome = Result<(), RequestError>;

    fn on_response(&mut self, _now: Instant, from: Endpoint, id: MessageId, payload: Payload, _out: &mut Outbox) {
        if self.awaiting.remove(&id).is_none() {
            return;
        }
        match payload {
            Payload::TruncateResponse => self.received += 1,
            _ => {
                return self.settle(Err(RequestError::Truncate(format!(
                    "Truncate failed on replica /{from}:7000"
                ))));
            }
        }
        if self.awaiting.is_empty() {
            self.settle(Ok(()));
        }
    }

    fn on_timeout(&mut self, now: Instant, _out: &mut Outbox) {
        if now >= self.deadline && !self.settled {
            let received = self.received;
            let text = format!("Truncate timed out - received only {received} responses");
            self.settle(Err(RequestError::Truncate(text)));
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
    use super::super::testing::{Driver, TestCluster, table};
    use super::*;
    use crate::data::WriteTimestamp;

    fn truncate(cluster: &TestCluster) -> Driver<Truncate> {
        let request = TruncateRequest {
            table: table(|_| {}).id,
            truncated_at: WriteTimestamp(5),
        };
        Driver::start(|now, out| cluster.with(|cluster| Truncate::start(request, None, cluster, now, out)))
    }

    fn failure(driver: &mut Driver<Truncate>) -> String {
        driver.outcome().unwrap().unwrap_err().to_string()
    }

    #[test]
    fn every_node_has_to_answer() {
        let mut driver = truncate(&TestCluster::simple(3, 1));
        assert_eq!(driver.asked(), [1, 2, 3], "whatever the replication factor");
        driver.answer_all([3, 1], Payload::TruncateResponse);
        assert_eq!(driver.outcome(), None);
        driver.answer(2, Payload::TruncateResponse);
        assert_eq!(driver.outcome(), Some(Ok(())));
    }

    #[test]
    fn one_that_is_down_fails_or_is_late_is_told_in_cassandras_words() {
        let mut driver = truncate(&TestCluster::simple(3, 3).down([2]));
        assert_eq!(
            failure(&mut driver),
            "Error during truncate: Cannot achieve consistency level ALL"
        );
        let mut driver = truncate(&TestCluster::simple(2, 1));
        driver.answer(1, Payload::TruncateResponse);
        driver.wait();
        assert_eq!(
            failure(&mut driver),
            "Error during truncate: Truncate timed out - received only 1 responses"
        );
    }
}
