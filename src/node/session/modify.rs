//! INSERT, UPDATE, DELETE and batches of them, without conditions: a write a partition.

use super::{OwnedChanges, Prefetching, Stage, Started, levels};
use crate::base::RequestId;
use crate::coordinator::{RequestError, Write, WriteKind, WriteRequest};
use crate::cql::prepare::{BatchPlan, BoundValue, ModifyPlan, Prefetched, RequiredRead};
use crate::cql::{QueryError, QueryResult};
use crate::data::{Mutation, WriteTimestamp};
use crate::index;
use crate::node::ClientRequest;
use crate::node::core::Running;
use crate::node::operations::{self, Owner};
use crate::node::work::{BatchMetric, tables_of};

/// What is to be written.
enum Changes<'a> {
    Single(&'a ModifyPlan),
    Batch(&'a BatchPlan),
}

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
        levels::refuse_system(plan.table())?;
        let reads = self.evaluate(values, |at| plan.reads(at))?;
        match reads.is_empty() {
            true => self.write_changes(request, Changes::Single(plan), values, &Prefetched::default(), warnings),
            false => self.start_prefetch(request, OwnedChanges::Single(plan.clone()), reads),
        }
    }

    pub(super) fn start_batch(
        &mut self,
        request: &ClientRequest,
        plan: &BatchPlan,
        values: &[BoundValue],
        warnings: &mut Vec<String>,
    ) -> Result<Started, QueryError> {
        plan.validate()?;
        // Cassandra does not ask a batch for a level that is none of Paxos: to it SERIAL is a quorum.
        for table in plan.tables() {
            levels::refuse_system(table)?;
        }
        let reads = self.evaluate(values, |at| plan.reads(at))?;
        match reads.is_empty() {
            true => self.write_changes(request, Changes::Batch(plan), values, &Prefetched::default(), warnings),
            false => self.start_prefetch(request, OwnedChanges::Batch(plan.clone()), reads),
        }
    }

    /// Reads what the changes need to know, before they are written.
    fn start_prefetch(
        &mut self,
        request: &ClientRequest,
        changes: OwnedChanges,
        reads: Vec<RequiredRead>,
    ) -> Result<Started, QueryError> {
        if levels::check_read(request.consistency).is_err() {
            return Err(QueryError::invalid(format!(
                "Write operation require a read but consistency {} is not supported on reads",
                request.consistency
            )));
        }
        let tables: Vec<_> = reads.iter().map(|(table, _)| table.id).collect();
        let mut started = Vec::new();
        for (index, (table, command)) in reads.into_iter().enumerate() {
            started.extend(self.start_reads((request.id, request.consistency), index, vec![command], &table)?);
        }
        let prefetching = Prefetching {
            changes,
            answers: vec![None; tables.len()],
            tables,
        };
        Ok(Started::Waiting(Stage::Prefetch(Box::new(prefetching)), started))
    }

    fn write_changes(
        &mut self,
        request: &ClientRequest,
        changes: Changes<'_>,
        values: &[BoundValue],
        found: &Prefetched,
        warnings: &mut Vec<String>,
    ) -> Result<Started, QueryError> {
        let timestamp = self.timestamp_of(request);
        match changes {
            Changes::Single(plan) => {
                let mutations = self.evaluate(values, |at| plan.mutations(at, timestamp, found))?;
                self.check_indexed(&mutations, warnings)?;
                self.start_mutations(request, mutations)
            }
            Changes::Batch(plan) => {
                let mutations = self.evaluate(values, |at| plan.mutations(at, timestamp, found))?;
                self.check_indexed(&mutations, warnings)?;
                warnings.extend(plan.warnings(&mutations)?);
                let kind = match () {
                    () if plan.is_logged() => BatchMetric::Logged,
                    () if mutations.iter().any(|it| self.is_counter(it)) => BatchMetric::Counter,
                    () => BatchMetric::Unlogged,
                };
                self.work.note_batch(kind, mutations.len());
                match plan.is_logged() && mutations.len() > 1 {
                    true => self.start_logged(request, mutations, false),
                    false => self.start_mutations(request, mutations),
                }
            }
        }
    }

    fn check_indexed(&self, mutations: &[Mutation], warnings: &mut Vec<String>) -> Result<(), QueryError> {
        for mutation in mutations {
            warnings.extend(index::check_sizes(mutation, &self.schema).map_err(QueryError::invalid)?);
        }
        Ok(())
    }

    /// All that had to be read is there: what a write was waiting for.
    pub(super) fn continue_changes(&mut self, id: RequestId) {
        let Some(mut statement) = self.statements.remove(&id) else {
            return;
        };
        let Stage::Prefetch(prefetching) = statement.stage else {
            return;
        };
        let mut found = Prefetched::default();
        for (table, partitions) in prefetching.tables.iter().zip(prefetching.answers) {
            for partition in partitions.unwrap_or_default() {
                found.add(*table, partition);
            }
        }
        let changes = match &prefetching.changes {
            OwnedChanges::Single(plan) => Changes::Single(plan),
            OwnedChanges::Batch(plan) => Changes::Batch(plan),
        };
        let mut warnings = core::mem::take(&mut statement.warnings);
        let started = self.write_changes(&statement.request, changes, &statement.values, &found, &mut warnings);
        statement.warnings = warnings;
        match started {
            Err(error) => self.reply_to(id, Err(error), statement.warnings),
            Ok(Started::Done(result)) => self.reply_to(id, result, statement.warnings),
            Ok(Started::Waiting(stage, steps)) => {
                statement.stage = stage;
                self.statements.insert(id, statement);
                self.advance_started(steps);
            }
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
        let (left, tables) = (mutations.len(), tables_of(&mutations));
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
        Ok(Started::Waiting(Stage::Writes { left, tables }, started))
    }

    fn start_logged(
        &mut self,
        request: &ClientRequest,
        mutations: Vec<Mutation>,
        affects_views: bool,
    ) -> Result<Started, QueryError> {
        let tables = tables_of(&mutations);
        let keeps_until_quorum = affects_views || mutations.iter().any(|it| self.updates_views(it));
        let started = self.start_logged_batch(request.id, mutations, request.consistency, keeps_until_quorum)?;
        Ok(Started::Waiting(Stage::Writes { left: 1, tables }, vec![started]))
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
                let Stage::Writes { left, .. } = &mut statement.stage else {
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
