//! Blocking read repair: what replicas lack is written to them before the client gets its answer, so that a later quorum does
//! not see less. Cassandra's `BlockingReadRepair` and `BlockingPartitionRepair`.

use super::RequestError;
use super::read_context::ReadContext;
use crate::base::{Endpoint, Instant, MessageId, SortedMap};
use crate::data::{Mutation, Partition};
use crate::event::What;
use crate::message::replica::MutationRequest;
use crate::message::{Outbox, Payload};

/// The repairs of one read.
#[derive(Debug)]
pub(super) struct Repairs {
    partitions: Vec<PartitionRepair>,
    /// Live replicas that were not read from: they take the repairs instead of those that are slow to.
    spare: Vec<Endpoint>,
    rewrite_at: Option<Instant>,
}

#[derive(Debug)]
struct PartitionRepair {
    /// Acknowledgements still wanted, and how many there were to be.
    wanted: usize,
    required: usize,
    awaiting: SortedMap<MessageId, Partition>,
}

/// What a read found to repair.
pub(super) struct Stale {
    /// For each partition, the replicas that lack something, and that.
    pub partitions: Vec<Vec<(Endpoint, Partition)>>,
    /// How many replicas were merged, and how many of them have to know it all in the end.
    pub answered: usize,
    pub required: usize,
}

impl Repairs {
    pub fn start(context: &ReadContext, stale: Stale, spare: Vec<Endpoint>, now: Instant, out: &mut Outbox) -> Repairs {
        let mut repair = |lacking: Vec<(Endpoint, Partition)>| {
            let knows_it_all = stale.answered - lacking.len();
            let required = stale.required.saturating_sub(knows_it_all);
            let mut awaiting = SortedMap::new();
            for (endpoint, update) in lacking {
                let id = send(context, endpoint, update.clone(), out);
                awaiting.insert(id, update);
            }
            PartitionRepair {
                wanted: required,
                required,
                awaiting,
            }
        };
        let partitions: Vec<PartitionRepair> = stale.partitions.into_iter().map(&mut repair).collect();
        let rewrite_after = context
            .patience
            .rewrite_after
            .filter(|_| !partitions.is_empty() && !spare.is_empty());
        Repairs {
            partitions,
            spare,
            rewrite_at: rewrite_after.map(|wait| now + wait),
        }
    }

    pub fn are_done(&self) -> bool {
        self.partitions.iter().all(|it| it.wanted == 0)
    }

    pub fn awaits(&self, id: MessageId) -> bool {
        self.partitions.iter().any(|it| it.awaiting.contains_key(&id))
    }

    pub fn on_response(&mut self, id: MessageId, payload: &Payload) {
        for partition in &mut self.partitions {
            if partition.awaiting.remove(&id).is_some() && matches!(payload, Payload::ReadRepairResponse) {
                partition.wanted = partition.wanted.saturating_sub(1);
            }
        }
    }

    /// Sends what is not acknowledged yet to the replicas not read from, whose acknowledgements count as well.
    pub fn on_timeout(&mut self, context: &ReadContext, now: Instant, out: &mut Outbox) {
        if self.rewrite_at.is_none_or(|at| now < at) {
            return;
        }
        self.rewrite_at = None;
        for partition in self.partitions.iter_mut().filter(|it| it.wanted > 0) {
            let unacknowledged = partition.awaiting.values().cloned();
            let Some(update) = unacknowledged.reduce(|mut all, other| {
                all.merge(other);
                all
            }) else {
                continue;
            };
            for endpoint in &self.spare {
                let id = send(context, *endpoint, update.clone(), out);
                partition.awaiting.insert(id, update.clone());
            }
        }
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        self.rewrite_at
    }

    pub fn timeout(&self, context: &ReadContext) -> RequestError {
        let unfinished = self.partitions.iter().find(|it| it.wanted > 0);
        let (wanted, required) = unfinished.map_or((0, 0), |it| (it.wanted, it.required));
        RequestError::ReadTimeout {
            consistency: context.consistency,
            received: (required - wanted).min(required.saturating_sub(1)) as u32,
            required: required as u32,
            data_present: true,
        }
    }
}

fn send(context: &ReadContext, to: Endpoint, update: Partition, out: &mut Outbox) -> MessageId {
    out.event(context.cause, What::ReadRepairSent { to });
    let mutation = Mutation::new(context.table.keyspace.clone(), context.table.id, update);
    let request = Payload::ReadRepairRequest(MutationRequest { mutation });
    out.send(to, context.cause, request)
}
