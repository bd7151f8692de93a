//! INSERT, UPDATE and DELETE without conditions: a write a partition.

use super::{Stage, Started, levels};
use crate::base::RequestId;
use crate::coordinator::{RequestError, Write, WriteKind, WriteRequest};
use crate::cql::prepare::ModifyPlan;
use crate::cql::{QueryError, QueryResult};
use crate::node::ClientRequest;
use crate::node::core::Running;
use crate::node::operations::{self, Owner};

impl Running {
    pub(super) fn start_writes(&mut self, request: &ClientRequest, plan: &ModifyPlan) -> Result<Started, QueryError> {
        levels::check_write(request.consistency)?;
        levels::refuse_system(&plan.table().keyspace)?;
        let timestamp = match request.timestamp {
            Some(given) => given,
            None => self.next_timestamp(),
        };
        let mutations = self.evaluate(|at| plan.mutations(at, timestamp))?;
        if mutations.is_empty() {
            // `IN ()` names no partition.
            return Ok(Started::Done(Ok(QueryResult::Void)));
        }
        let kind = if mutations.len() > 1 {
            WriteKind::UnloggedBatch
        } else {
            WriteKind::Simple
        };
        let (id, consistency, now) = (request.id, request.consistency, self.now);
        let left = mutations.len();
        let started = self.with_cluster(&plan.table().keyspace, |cluster, operations, out| {
            let start = |(index, mutation): (usize, crate::data::Mutation)| {
                let layout = cluster.layout(mutation.key.token);
                let first = out.messages.len();
                let write = Write::start(
                    WriteRequest {
                        mutation,
                        consistency,
                        kind,
                        cause: Some(id),
                    },
                    &layout,
                    now,
                    out,
                );
                operations.add(
                    Owner { request: id, index },
                    operations::Running::Write(write),
                    out,
                    first,
                )
            };
            mutations.into_iter().enumerate().map(start).collect()
        })?;
        Ok(Started::Waiting(Stage::Writes { left }, started))
    }

    pub(super) fn write_done(&mut self, request: RequestId, outcome: Result<(), RequestError>) {
        match outcome {
            Err(error) => self.finish(request, Err(error.into())),
            Ok(()) => {
                let Some(statement) = self.statements.get_mut(&request) else {
                    return;
                };
                let Stage::Writes { left } = &mut statement.stage else {
                    return;
                };
                *left -= 1;
                if *left == 0 {
                    self.finish(request, Ok(QueryResult::Void));
                }
            }
        }
    }
}
