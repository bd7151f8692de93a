//! Counters: increments of clients and of other coordinators, led by this node or forwarded to one that leads.

use super::core::Running;
use super::operations::{self, Asked, OperationId, Owner};
use crate::base::RequestId;
use crate::coordinator::{CounterForward, Leader, Operation, RequestError, Write, WriteKind, WriteRequest};
use crate::cql::QueryError;
use crate::data::{ConsistencyLevel, Mutation};
use crate::event::What;
use crate::message::replica::{CounterRequest, FailureReason};
use crate::message::{Envelope, Payload};
use crate::replica;

impl Running {
    /// Begins an increment of a client's.
    pub(super) fn start_increment(
        &mut self,
        owner: Owner,
        mutation: Mutation,
        consistency: ConsistencyLevel,
    ) -> Result<OperationId, QueryError> {
        let Owner::Request { request, .. } = owner else {
            return Err(QueryError::Server("an increment that no client asked for".into()));
        };
        let (keyspace, token, cause) = (mutation.keyspace.clone(), mutation.key.token, Some(request));
        let (now, bits) = (self.now, self.random.bits());
        let chosen = self.with_cluster(&keyspace, |cluster, operations, out| {
            let layout = cluster.layout(token);
            let replicas = layout.all().map(|replica| replica.endpoint).collect();
            out.event(cause, What::DeterminingReplicas { token, replicas });
            let leader = layout
                .counter_leader(consistency, bits)
                .inspect_err(|error| error.report(cause, out))?;
            let leader = match leader {
                Leader::ThisNode => return Ok(Err(mutation)),
                Leader::Other(leader) => leader,
            };
            let first = out.messages.len();
            let forwarded = CounterRequest { mutation, consistency };
            let forward = CounterForward::start(leader, forwarded, cause, &layout, now, out);
            let running = operations::Running::CounterForward(Box::new(forward));
            Ok::<_, RequestError>(Ok(operations.add(owner, running, out, first)))
        })?;
        match chosen? {
            Ok(forwarded) => Ok(forwarded),
            Err(mutation) => self.lead(owner, mutation, consistency, cause).map_err(|reason| {
                QueryError::from(RequestError::WriteFailure {
                    consistency,
                    received: 0,
                    required: 1,
                    failures: [(self.endpoint(), reason)].into_iter().collect(),
                    kind: WriteKind::Counter,
                })
            }),
        }
    }

    /// Begins an increment that another coordinator has this node lead.
    pub(super) fn on_counter_request(&mut self, message: &Envelope, request: &CounterRequest) {
        let owner = Owner::Coordinator(Asked {
            from: message.from,
            id: message.id,
            cause: message.cause,
        });
        let (mutation, consistency) = (request.mutation.clone(), request.consistency);
        let (keyspace, token) = (mutation.keyspace.clone(), mutation.key.token);
        // The coordinator may see the cluster otherwise than this node does.
        let suffices = self.with_cluster(&keyspace, |cluster, _, _| {
            cluster.layout(token).assure_sufficient_for_write(consistency).is_ok()
        });
        let led = match suffices {
            Err(_) => Err(FailureReason::IncompatibleSchema),
            Ok(false) => Err(FailureReason::Unknown),
            Ok(true) => self.lead(owner, mutation, consistency, message.cause),
        };
        match led {
            Err(reason) => self.out.reply(message, Payload::Failure(reason)),
            Ok(operation) => {
                let first = self.out.messages.len();
                if let Some(stepped) = self.operations.stepped(operation, &self.out, first) {
                    self.after_step(stepped);
                }
            }
        }
    }

    /// Adds the increment here, and sends the other replicas what this node has counted with it.
    fn lead(
        &mut self,
        owner: Owner,
        mutation: Mutation,
        consistency: ConsistencyLevel,
        cause: Option<RequestId>,
    ) -> Result<OperationId, FailureReason> {
        let (node, wall_clock, now) = (self.host_id, self.wall_clock(), self.now);
        let mut replica = self.replica(cause);
        let mutation = replica::lead(&mut replica, node, wall_clock, mutation)?;
        let (keyspace, token) = (mutation.keyspace.clone(), mutation.key.token);
        let operation = self.with_cluster(&keyspace, |cluster, operations, out| {
            let first = out.messages.len();
            let request = WriteRequest {
                mutation,
                consistency,
                kind: WriteKind::Counter,
                cause,
            };
            let write = Write::lead(request, &cluster.layout(token), now, out);
            operations.add(owner, operations::Running::Write(Box::new(write)), out, first)
        });
        operation.map_err(|_| FailureReason::IncompatibleSchema)
    }

    /// Tells the coordinator once the level is met. Of a timeout it is told nothing: its own is as long.
    pub(super) fn after_lead(&mut self, operation: OperationId, asked: Asked) {
        let Some(operations::Running::Write(write)) = self.operations.get_mut(operation) else {
            return;
        };
        let answer = match write.take_outcome() {
            None | Some(Err(RequestError::WriteTimeout { .. })) => None,
            Some(Ok(())) => Some(Payload::CounterResponse),
            Some(Err(_)) => Some(Payload::Failure(FailureReason::Unknown)),
        };
        if let Some(answer) = answer {
            self.out.answer(asked.from, asked.id, asked.cause, answer);
        }
        self.operations.forget_if_finished(operation);
    }
}
