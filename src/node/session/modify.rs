//! INSERT, UPDATE, DELETE and batches of them, without conditions: a write a partition.

use super::{Stage, Started, levels};
use crate::base::RequestId;
use crate::coordinator::{RequestError, Write, WriteKind, WriteRequest};
use crate::cql::prepare::{BatchPlan, BoundValue, ModifyPlan};
use crate::cql::{QueryError, QueryResult};
use crate::data::{Mutation, WriteTimestamp};
use crate::index;
use crate::node::ClientRequest;
use crate::node::core::Running;
use crate::node::operations::{self, Owner};

impl Running {
    pub(super) fn start_writes(
        &mut self,
        request: &ClientRequest,
        plan: &ModifyPlan,
        values: &[BoundValue],
        warnings: &mut Vec<String>,
    ) -> Result<Started, QueryError> {
        plan.validate()?;
        match plan.table().is_counter() {
            true => levels::check_counter_write(request.consistency, &plan.table().name)?,
            false => levels::check_write(request.consistency)?,
        }
        levels::refuse_system(&plan.table().keyspace)?;
        let timestamp = self.timestamp_of(request);
        let mutations = self.evaluate(values, |at| plan.mutations(at, timestamp))?;
        for mutation in &mutations {
            warnings.extend(index::check_sizes(mutation, &self.schema).map_err(QueryError::invalid)?);
        }
        self.start_mutations(request, mutations)
    }

    pub(super) fn start_batch(
        &mut self,
        request: &ClientRequest,
        plan: &BatchPlan,
        values: &[BoundValue],
        warnings: &mut Vec<String>,
    ) -> Result<Started, QueryError> {
        plan.validate()?;
        levels::check_write(request.consistency)?;
        for table in plan.tables() {
            levels::refuse_system(&table.keyspace)?;
        }
        let timestamp = self.timestamp_of(request);
        let mutations = self.evaluate(values, |at| plan.mutations(at, timestamp))?;
        for mutation in &mutations {
            warnings.extend(index::check_sizes(mutation, &self.schema).map_err(QueryError::invalid)?);
        }
        warnings.extend(plan.warnings(&mutations)?);
        match plan.is_logged() && mutations.len() > 1 {
            true => self.start_logged(request, mutations, false),
            false => self.start_mutations(request, mutations),
        }
    }

    fn timestamp_of(&mut self, request: &ClientRequest) -> WriteTimestamp {
        request.timestamp.unwrap_or_else(|| self.next_timestamp())
    }

    fn start_mutations(&mut self, request: &ClientRequest, mutations: Vec<Mutation>) -> Result<Started, QueryError> {
        let kind = match mutations.len() {
            0 => return Ok(Started::Done(Ok(QueryResult::Void))),
            1 => WriteKind::Simple,
            _ => WriteKind::UnloggedBatch,
        };
        if mutations.iter().any(|it| self.updates_views(it)) {
            return self.start_logged(request, mutations, true);
        }
        let (id, consistency, now) = (request.id, request.consistency, self.now);
        let left = mutations.len();
        let mut started = Vec::with_capacity(left);
        for (index, mutation) in mutations.into_iter().enumerate() {
            let owner = Owner::Request { request: id, index };
            if self.is_counter(&mutation) {
                started.push(self.start_increment(owner, mutation, consistency)?);
                continue;
            }
            let keyspace = mutation.keyspace.clone();
            started.push(self.with_cluster(&keyspace, |cluster, operations, out| {
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
                operations.add(owner, operations::Running::Write(Box::new(write)), out, first)
            })?);
        }
        Ok(Started::Waiting(Stage::Writes { left }, started))
    }

    fn start_logged(
        &mut self,
        request: &ClientRequest,
        mutations: Vec<Mutation>,
        affects_views: bool,
    ) -> Result<Started, QueryError> {
        let keeps_until_quorum = affects_views || mutations.iter().any(|it| self.updates_views(it));
        let started = self.start_logged_batch(request.id, mutations, request.consistency, keeps_until_quorum)?;
        Ok(Started::Waiting(Stage::Writes { left: 1 }, vec![started]))
    }

    /// Whether views hang on a write, so that it has to reach a quorum of replicas sooner or later: each updates its own part.
    fn updates_views(&self, mutation: &Mutation) -> bool {
        let replication = self
            .schema
            .keyspace(&mutation.keyspace)
            .map(|it| it.replication.total_factor());
        replication.is_some_and(|factor| factor > 1) && self.views.views.are_affected_by(mutation)
    }

    fn is_counter(&self, mutation: &Mutation) -> bool {
        let mut tables = mutation
            .updates()
            .iter()
            .filter_map(|(table, _)| self.schema.table_by_id(*table));
        tables.any(|table| table.is_counter())
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
