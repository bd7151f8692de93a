//! Logged batches: a client's that this node coordinates, and other coordinators' that this node keeps.

use bytes::Bytes;
use uuid::Uuid;

use super::core::Running;
use super::operations::{self, OperationId, Owner};
use crate::base::{Endpoint, RequestId};
use crate::batchlog::{self, Candidate};
use crate::coordinator::{BatchRequest, BatchWrite, Operation, Write, WriteKind, WriteRequest};
use crate::cql::QueryError;
use crate::data::{
    ColumnSelection, ConsistencyLevel, DecoratedKey, EpochSeconds, Mutation, PartitionKey, PartitionRange,
    PartitionSelection, ReadCommand, ReadLimits, RowFilter, Slice, WriteTimestamp,
};
use crate::message::batch::StoreBatch;
use crate::message::replica::FailureReason;
use crate::message::{Envelope, Payload};
use crate::replica;
use crate::storage::{Durability, Engine};

impl Running {
    /// Begins a batch that is to be written as a whole or not at all.
    pub(super) fn start_logged_batch(
        &mut self,
        request: RequestId,
        mutations: Vec<Mutation>,
        consistency: ConsistencyLevel,
        keeps_until_quorum: bool,
    ) -> Result<OperationId, QueryError> {
        let id = self.time_uuid();
        let mut writes = Vec::with_capacity(mutations.len());
        for mutation in mutations {
            let (keyspace, token) = (mutation.keyspace.clone(), mutation.key.token);
            let layout = self.with_cluster(&keyspace, |cluster, _, _| cluster.layout(token))?;
            writes.push((mutation, layout));
        }
        let batch = BatchRequest {
            id,
            created: WriteTimestamp::from(self.wall_clock()),
            writes,
            consistency,
            keeps_until_quorum,
            keepers: self.batch_keepers(consistency),
            cause: Some(request),
        };
        let first = self.out.messages.len();
        let write = BatchWrite::start(batch, self.now, &mut self.out);
        let running = operations::Running::BatchWrite(Box::new(write));
        let owner = Owner::Request { request, index: 0 };
        Ok(self.operations.add(owner, running, &self.out, first))
    }

    fn batch_keepers(&mut self, consistency: ConsistencyLevel) -> Vec<Endpoint> {
        let (local, topology, gossiper) = (self.config.endpoint, self.ring.topology(), &self.gossiper);
        let here = topology.location(local).map(|location| &location.datacenter);
        let near = topology
            .members()
            .filter(|(_, node)| Some(&node.location.datacenter) == here);
        let candidates: Vec<Candidate<'_>> = near
            .map(|(endpoint, node)| Candidate {
                endpoint,
                rack: &node.location.rack,
                is_alive: endpoint == local || gossiper.is_alive(endpoint),
            })
            .collect();
        let keepers = batchlog::choose_endpoints(local, &candidates, &mut self.random);
        match keepers.is_empty() && consistency == ConsistencyLevel::Any {
            true => vec![local],
            false => keepers,
        }
    }

    /// Keeps a batch for its coordinator.
    pub(super) fn on_batch_store(&mut self, message: &Envelope, batch: &StoreBatch) {
        let answer = match self.apply_here(batchlog::stored(batch), message) {
            Ok(()) => {
                self.batchlog.keep(batch.id, batch.created, self.now);
                Payload::BatchStoreResponse
            }
            Err(reason) => Payload::Failure(reason),
        };
        self.answer(message, answer);
    }

    pub(super) fn on_batch_remove(&mut self, message: &Envelope, id: Uuid) {
        let removal = batchlog::removal(id, self.wall_clock().into(), self.epoch_seconds());
        if self.apply_here(removal, message).is_ok() {
            self.batchlog.forget(id);
        }
    }

    fn apply_here(&mut self, mutation: Mutation, message: &Envelope) -> Result<(), FailureReason> {
        replica::apply(&mut self.replica(message.cause), mutation)
    }

    /// Writes the batches whose coordinators have not dropped them.
    pub(super) fn on_batchlog_due(&mut self) {
        for id in self.batchlog.given_up(self.now, self.wall_clock().into()) {
            let writes = kept(&self.engine, id, self.epoch_seconds()).map(|batch| self.deliverable(batch));
            let writes = writes.unwrap_or_default();
            if writes.is_empty() {
                self.drop_batch(id);
                continue;
            }
            self.batchlog.begin(id, writes.len());
            for mutation in writes {
                self.replay_write(id, mutation);
            }
        }
    }

    /// What of a batch still means something: not what was for tables truncated since, nothing once its grace is over.
    fn deliverable(&self, batch: StoreBatch) -> Vec<Mutation> {
        let is_old = |gc_grace: u32| batch.created.0 + i64::from(gc_grace) * 1_000_000 <= self.wall_clock().0;
        let mut writes = Vec::new();
        for mutation in batch.mutations {
            let keyspace = mutation.keyspace.clone();
            let mut kept: Option<Mutation> = None;
            for (id, update) in mutation.into_updates() {
                let Some(table) = self.schema.table_by_id(id) else {
                    continue;
                };
                if is_old(table.params.gc_grace_seconds) {
                    return Vec::new();
                }
                if self.engine.truncated_at(id).is_some_and(|at| batch.created <= at) {
                    continue;
                }
                match &mut kept {
                    Some(kept) => kept.add(id, update),
                    None => kept = Some(Mutation::new(keyspace.clone(), id, update)),
                }
            }
            writes.extend(kept);
        }
        writes
    }

    fn replay_write(&mut self, batch: Uuid, mutation: Mutation) {
        let (keyspace, token, now) = (mutation.keyspace.clone(), mutation.key.token, self.now);
        let started = self.with_cluster(&keyspace, |cluster, operations, out| {
            let first = out.messages.len();
            let request = WriteRequest {
                mutation,
                // Those that are down, or do not answer, are left a hint.
                consistency: ConsistencyLevel::Any,
                kind: WriteKind::UnloggedBatch,
                cause: None,
            };
            let write = Write::start(request, &cluster.layout(token), now, out);
            let running = operations::Running::Write(Box::new(write));
            operations.add(Owner::Batch(batch), running, out, first)
        });
        match started {
            Ok(operation) => {
                let first = self.out.messages.len();
                if let Some(stepped) = self.operations.stepped(operation, &self.out, first) {
                    self.after_step(stepped);
                }
            }
            // Its keyspace was dropped.
            Err(_) => self.batch_delivered(batch),
        }
    }

    /// Looks at a write of a batch that is replayed: it is done when no replica is waited for.
    pub(super) fn after_replay(&mut self, operation: OperationId, batch: Uuid) {
        let Some(operations::Running::Write(write)) = self.operations.get_mut(operation) else {
            return;
        };
        write.take_outcome();
        if write.is_finished() {
            self.operations.forget_if_finished(operation);
            self.batch_delivered(batch);
        }
    }

    fn batch_delivered(&mut self, batch: Uuid) {
        if self.batchlog.delivered(batch, self.now) {
            self.drop_batch(batch);
        }
    }

    pub(super) fn drop_batch(&mut self, id: Uuid) {
        self.batchlog.forget(id);
        let removal = batchlog::removal(id, self.wall_clock().into(), self.epoch_seconds());
        if let Err(error) = self.engine.apply(removal, Durability::Logged) {
            self.disk_failed(&error);
        }
    }
}

/// The batches found on the disk when a node starts.
pub(super) fn all_kept(engine: &Engine, now: EpochSeconds) -> Vec<(Uuid, WriteTimestamp)> {
    let all = PartitionSelection::Range(PartitionRange::full());
    let batches = read(engine, all, now);
    batches.into_iter().map(|batch| (batch.id, batch.created)).collect()
}

fn kept(engine: &Engine, id: Uuid, now: EpochSeconds) -> Option<StoreBatch> {
    let key = DecoratedKey::new(PartitionKey(Bytes::copy_from_slice(id.as_bytes())));
    read(engine, PartitionSelection::One(key), now).pop()
}

fn read(engine: &Engine, partitions: PartitionSelection, now: EpochSeconds) -> Vec<StoreBatch> {
    let table = batchlog::batches_table();
    let command = ReadCommand {
        table: table.id,
        partitions,
        slices: vec![Slice::all()],
        reversed: false,
        columns: ColumnSelection::All,
        filter: RowFilter::default(),
        limits: ReadLimits::NONE,
        now,
    };
    let found = engine
        .read(&command, table)
        .map(|found| found.partitions)
        .unwrap_or_default();
    found.iter().filter_map(|it| batchlog::kept_batch(it, now)).collect()
}
