//! Sessions: where a client's statement meets the coordinator. `cql` says what a statement means, `coordinator` carries it out.
//!
//! A statement is begun with its request, goes through one or more operations, and ends with one reply.

mod cas;
mod describe;
mod errors;
mod levels;
mod modify;
mod prepared;
mod select;

use std::sync::Arc;

pub(super) use prepared::PreparedStatements;
pub use prepared::USE_WARNING;

use crate::base::{Instant, RequestId, UnixMicros};
use crate::coordinator::{Cluster, Operation, RequestError, Truncate};
use crate::cql::ast::{self, Batch, BatchKind, Using};
use crate::cql::prepare::{
    BatchPlan, BoundValue, BoundValues, CasPlan, Evaluation, ModifyPlan, Plan, Prepared, SelectRun, UuidKind,
};
use crate::cql::{QueryError, QueryResult, Rows, StatementId, parse, parse_after};
use crate::data::{KeyspaceName, Partition, TableId};
use crate::event::{self, What};
use crate::message::replica::TruncateRequest;
use crate::schema::change::{ChangeContext, ChangeRequest, SchemaChange, is_local_system_keyspace};
use crate::schema::{ClusterShape, ReplicationParams, TableMetadata, change_mutation, is_virtual_keyspace};

use super::core::Running;
use super::operations::{Operations, Owner, Stepped};
use super::{BatchPart, ClientReply, ClientRequest, Form, operations};
use crate::node::work::RequestKind;
use prepared::prepare_for;

/// A statement under way.
pub(super) struct Statement {
    request: ClientRequest,
    began: Instant,
    /// What came for its markers.
    values: Values,
    warnings: Vec<String>,
    stage: Stage,
}

impl Statement {
    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// Empty when it was prepared.
    pub(super) fn text(&self) -> &str {
        &self.request.query
    }
}

/// The values of a statement's markers, in their order.
type Values = Arc<[BoundValue]>;

/// A statement that is wrong, and what it was warned of before that came out.
type Refusal = (QueryError, Vec<String>);

/// What a statement waits for.
enum Stage {
    /// Writes to so many partitions.
    Writes {
        left: usize,
        /// Those written to.
        tables: Vec<TableId>,
    },
    Select(Box<Selecting>),
    Prefetch(Box<Prefetching>),
    Cas(Box<CasStage>),
    /// Acknowledgements of a change of schema.
    Change(SchemaChange),
}

/// A SELECT and the answers to its present reads, as far as they are in.
struct Selecting {
    run: SelectRun,
    table: Arc<TableMetadata>,
    answers: Vec<Option<Vec<Partition>>>,
    /// When the present reads began.
    asked: Instant,
    is_scan: bool,
}

/// Changes that need to know what is there, and the answers to their reads, as far as they are in.
struct Prefetching {
    changes: OwnedChanges,
    /// A table for each read.
    tables: Vec<TableId>,
    answers: Vec<Option<Vec<Partition>>>,
}

enum OwnedChanges {
    Single(ModifyPlan),
    Batch(BatchPlan),
}

/// A conditional update, and what it is answered with if its condition does not hold.
struct CasStage {
    plan: CasPlan,
    refusal: Option<Rows>,
}

impl Running {
    /// Takes a client's request in.
    pub(super) fn begin(&mut self, mut request: ClientRequest) {
        let id = request.id;
        self.work.requests += 1;
        let outcome = match core::mem::take(&mut request.form) {
            Form::Query(values) => self.begin_query(request, &values),
            Form::Prepare => self.begin_prepare(&request),
            Form::Execute { statement, values } => self.begin_execute(request, statement, &values),
            Form::Batch { kind, statements } => self.begin_batch(request, kind, &statements),
        };
        if let Err((error, warnings)) = outcome {
            self.reply_to(id, Err(error), warnings);
        }
    }

    fn received(&mut self, request: &ClientRequest, query: &str) {
        let what = What::StatementReceived {
            query: query.to_string(),
            consistency: request.consistency,
        };
        self.event(Some(request.id), what);
    }

    fn begin_query(&mut self, request: ClientRequest, values: &BoundValues) -> Result<(), Refusal> {
        let (id, query) = (request.id, request.query.clone());
        self.received(&request, &query);
        self.event(Some(id), What::Parsing { query });
        let statement = parse(&request.query).map_err(|error| plain(error.into()))?;
        self.event(Some(id), What::Preparing);
        self.work.executed_regular += 1;
        let prepared = prepare_for(&statement.statement, request.keyspace.as_ref(), &self.schema).map_err(plain)?;
        let values = values.in_order(&prepared.markers);
        let values = values.filter(|it| it.len() == statement.markers.len());
        let values = values.ok_or_else(|| plain(QueryError::invalid("Invalid amount of bind variables")))?;
        self.start_statement(request, &prepared, values.into())
    }

    fn begin_prepare(&mut self, request: &ClientRequest) -> Result<(), Refusal> {
        self.received(request, &request.query);
        let (prepared, mut warnings) = self
            .prepare_statement(&request.query, request.keyspace.as_ref())
            .map_err(plain)?;
        warnings.extend(prepared::use_warning(
            &prepared,
            request.keyspace.as_ref(),
            &request.query,
        ));
        self.reply_to(request.id, Ok(QueryResult::Prepared(Box::new(prepared))), warnings);
        Ok(())
    }

    fn begin_execute(
        &mut self,
        request: ClientRequest,
        statement: StatementId,
        values: &BoundValues,
    ) -> Result<(), Refusal> {
        let ready = self.prepared_statement(statement).map_err(plain)?;
        self.received(&request, &ready.text);
        self.work.executed_prepared += 1;
        let markers = &ready.prepared.markers;
        let values = values.in_order(markers).ok_or_else(|| {
            plain(QueryError::invalid(format!(
                "there were {} markers(?) in CQL but {} bound variables",
                markers.len(),
                values.values.len()
            )))
        })?;
        self.start_statement(request, &ready.prepared, values.into())
    }

    /// Several modifications as one: their markers are counted through.
    fn begin_batch(
        &mut self,
        request: ClientRequest,
        kind: BatchKind,
        parts: &[(BatchPart, BoundValues)],
    ) -> Result<(), Refusal> {
        let (mut statements, mut values, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for (part, bound) in parts {
            let (text, keyspace) = match part {
                BatchPart::Text(text) => (text.as_str().into(), request.keyspace.clone()),
                BatchPart::Prepared(id) => {
                    let ready = self.prepared_statement(*id).map_err(plain)?;
                    (ready.text, ready.keyspace)
                }
            };
            let parsed = parse_after(&text, values.len()).map_err(|error| plain(error.into()))?;
            let ast::Statement::Modification(mut modification) = parsed.statement else {
                return Err(plain(QueryError::invalid(
                    "Invalid statement in batch: only UPDATE, INSERT and DELETE statements are allowed.",
                )));
            };
            let (expected, given) = (parsed.markers.len() - values.len(), bound.values.len());
            if expected != given {
                return Err(plain(QueryError::invalid(format!(
                    "There were {expected} markers(?) in CQL but {given} bound variables"
                ))));
            }
            prepared::qualify(&mut modification, keyspace.as_ref());
            statements.push(modification);
            values.extend(bound.values.iter().cloned());
            texts.push(text);
        }
        self.received(&request, &texts.join("; "));
        let batch = ast::Statement::Batch(Batch {
            kind,
            using: Using::default(),
            statements,
        });
        let prepared = prepare_for(&batch, request.keyspace.as_ref(), &self.schema).map_err(plain)?;
        self.start_statement(request, &prepared, values.into())
    }

    /// Starts what a statement needs.
    fn start_statement(
        &mut self,
        mut request: ClientRequest,
        prepared: &Prepared,
        values: Values,
    ) -> Result<(), Refusal> {
        let id = request.id;
        let mut warnings = prepared.warnings.clone();
        let started = match &prepared.plan {
            Plan::Modify(plan) => self.start_writes(&request, plan, &values, &mut warnings),
            Plan::Batch(plan) => self.start_batch(&request, plan, &values, &mut warnings),
            Plan::Select(plan) => {
                if plan.is_top_k() {
                    levels::lower_for_top_k(&mut request.consistency, &mut warnings)
                        .map_err(|error| (error, warnings.clone()))?;
                }
                self.start_select(&request, plan, &values, &mut warnings)
            }
            Plan::Cas(plan) => self.start_cas(&request, plan.clone(), &values),
            Plan::Truncate(table) if is_virtual_keyspace(&table.keyspace) => {
                let name = format!("{}.{}", table.keyspace, table.name);
                Err(QueryError::invalid(format!(
                    "Truncation is not supported by table {name}"
                )))
            }
            Plan::Truncate(table) => self.start_truncate(&request, table.id, &table.keyspace),
            Plan::Change(change) => return self.start_change(request, change.clone(), warnings),
            Plan::Describe(describe) => Ok(Started::Done(self.describe(describe, request.keyspace.as_ref()))),
            Plan::Nothing => Ok(Started::Done(Ok(QueryResult::Void))),
            Plan::Use(keyspace) => Ok(Started::Done(self.use_keyspace(keyspace.clone()))),
        };
        match started {
            Err(error) => Err((error, warnings)),
            Ok(Started::Done(result)) => {
                self.reply_to(id, result, warnings);
                Ok(())
            }
            Ok(Started::Waiting(stage, steps)) => {
                self.statements.insert(
                    id,
                    Statement {
                        began: self.now,
                        request,
                        values,
                        warnings,
                        stage,
                    },
                );
                self.advance_started(steps);
                self.continue_select(id);
                Ok(())
            }
        }
    }

    /// Operations that are settled as soon as they are started (there is nobody to ask) have an outcome already.
    fn advance_started(&mut self, steps: Vec<operations::OperationId>) {
        for operation in steps {
            let first = self.out.messages.len();
            if let Some(stepped) = self.operations.stepped(operation, &self.out, first) {
                self.after_step(stepped);
            }
        }
    }

    /// Looks at what an operation came to.
    pub(in crate::node) fn after_step(&mut self, stepped: Stepped) {
        for hint in stepped.hints {
            self.store_hint(hint);
        }
        let (request, index) = match stepped.owner {
            Owner::Request { request, index } => (request, index),
            Owner::View(batch) => return self.after_view_write(stepped.id, batch),
            Owner::Batch(batch) => return self.after_replay(stepped.id, batch),
            Owner::Coordinator(asked) => return self.after_lead(stepped.id, asked),
        };
        let outcome = match self.operations.get_mut(stepped.id) {
            None => return,
            Some(operations::Running::Cas(_)) => None,
            Some(operations::Running::Write(it)) => it.take_outcome().map(Outcome::Written),
            Some(operations::Running::BatchWrite(it)) => it.take_outcome().map(Outcome::Written),
            Some(operations::Running::CounterForward(it)) => it.take_outcome().map(Outcome::Written),
            Some(operations::Running::Truncate(it)) => it.take_outcome().map(Outcome::Written),
            Some(operations::Running::Read(it)) => it.take_outcome().map(Outcome::Read),
            Some(operations::Running::RangeRead(it)) => it.take_outcome().map(Outcome::Read),
            Some(operations::Running::SerialRead(it)) => it.take_outcome().map(Outcome::Read),
        };
        match outcome {
            Some(Outcome::Written(outcome)) => self.write_done(request, outcome),
            Some(Outcome::Read(outcome)) => self.read_done(request, index, outcome),
            None => self.continue_cas(request, stepped.id),
        }
        self.operations.forget_if_finished(stepped.id);
    }

    fn start_truncate(
        &mut self,
        request: &ClientRequest,
        table: TableId,
        keyspace: &KeyspaceName,
    ) -> Result<Started, QueryError> {
        let truncate = TruncateRequest {
            table,
            truncated_at: self.next_timestamp(),
        };
        let (id, now) = (request.id, self.now);
        let operation = self.with_cluster(keyspace, |cluster, operations, out| {
            let first = out.messages.len();
            let truncate = Truncate::start(truncate, Some(id), cluster, now, out);
            operations.add(
                Owner::Request { request: id, index: 0 },
                operations::Running::Truncate(truncate),
                out,
                first,
            )
        })?;
        let stage = Stage::Writes {
            left: 1,
            tables: Vec::new(),
        };
        Ok(Started::Waiting(stage, vec![operation]))
    }

    fn start_change(
        &mut self,
        request: ClientRequest,
        change: ChangeRequest,
        mut warnings: Vec<String>,
    ) -> Result<(), Refusal> {
        let id = request.id;
        let datacenters = self.ring.topology().datacenters();
        let cluster = ClusterShape {
            datacenters: datacenters
                .iter()
                .map(|(name, nodes)| (name.to_string(), nodes.len() as u32))
                .collect(),
        };
        let new_table_id = self.time_uuid();
        let timestamp = self.next_timestamp();
        let context = ChangeContext {
            schema: &self.schema,
            cluster: &cluster,
            new_table_id,
            timestamp,
        };
        let change = change
            .apply(&context)
            .map_err(|error| (error.into(), warnings.clone()))?;
        warnings.extend(change.warnings);
        let now = self.epoch_seconds();
        let mutation = change_mutation(change.before.as_deref(), change.after.as_deref(), timestamp, now);
        let result =
            |announcement: Option<SchemaChange>| announcement.map_or(QueryResult::Void, QueryResult::SchemaChange);
        match (mutation, change.announcement) {
            (Some(mutation), Some(announcement)) => {
                self.statements.insert(
                    id,
                    Statement {
                        began: self.now,
                        request,
                        values: Values::default(),
                        warnings: warnings.clone(),
                        stage: Stage::Change(announcement),
                    },
                );
                self.announce_schema(id, mutation)
                    .map_err(|error| (errors::storage_error(error), warnings))
            }
            (_, announcement) => {
                self.reply_to(id, Ok(result(announcement)), warnings);
                Ok(())
            }
        }
    }

    /// All live peers have a change, or were given time enough.
    pub(super) fn finish_change(&mut self, request: RequestId) {
        let Some(Statement {
            stage: Stage::Change(announcement),
            ..
        }) = self.statements.get(&request)
        else {
            return;
        };
        let result = QueryResult::SchemaChange(announcement.clone());
        self.finish(request, Ok(result));
    }

    fn use_keyspace(&self, keyspace: KeyspaceName) -> Result<QueryResult, QueryError> {
        match self.schema.keyspace(&keyspace) {
            Some(_) => Ok(QueryResult::SetKeyspace(keyspace)),
            None => Err(QueryError::invalid(format!("Keyspace '{keyspace}' does not exist"))),
        }
    }

    /// Ends a statement with its one reply.
    fn finish(&mut self, request: RequestId, result: Result<QueryResult, QueryError>) {
        // A second write of the same statement that fails after the first did has nobody left to tell.
        let Some(statement) = self.statements.remove(&request) else {
            return;
        };
        match &statement.stage {
            // A truncation is of none.
            Stage::Writes { tables, .. } if !tables.is_empty() => {
                self.work.note_writes(tables, statement.began, self.now)
            }
            Stage::Cas(_) => self
                .work
                .note_request(RequestKind::ConditionalWrite, statement.began, self.now),
            _ => {}
        }
        self.reply_to(request, result, statement.warnings);
    }

    fn reply_to(&mut self, id: RequestId, result: Result<QueryResult, QueryError>, warnings: Vec<String>) {
        let outcome = match &result {
            Ok(QueryResult::Rows(rows)) => event::Outcome::Done {
                rows: Some(rows.rows.len() as u32),
            },
            Ok(_) => event::Outcome::Done { rows: None },
            Err(error) => event::Outcome::Failed {
                code: error.code(),
                message: error.to_string(),
            },
        };
        // What went before happened before: it must not come after this in the history.
        for (cause, what) in core::mem::take(&mut self.out.events) {
            self.event(cause, what);
        }
        self.event(Some(id), What::StatementDone { outcome });
        self.reply(ClientReply { id, result, warnings });
    }

    /// Gives `start` the cluster as this node sees it now, for the tables of a keyspace.
    pub(in crate::node) fn with_cluster<T>(
        &mut self,
        keyspace: &KeyspaceName,
        start: impl FnOnce(&Cluster<'_>, &mut Operations, &mut crate::message::Outbox) -> T,
    ) -> Result<T, QueryError> {
        let missing = || QueryError::invalid(format!("keyspace {keyspace} does not exist"));
        let params: ReplicationParams = self.schema.keyspace(keyspace).ok_or_else(missing)?.replication.clone();
        let placement = self.ring.placement(&params);
        let (gossiper, hints, topology, now) = (&self.gossiper, &self.hints, self.ring.topology(), self.now);
        let cluster = Cluster {
            local: self.config.endpoint,
            topology,
            placement: &placement,
            is_alive: &|peer| gossiper.is_alive(peer),
            takes_hints: &|peer| {
                let host = topology.host_id(peer);
                host.is_some_and(|host| hints.takes(now, host, gossiper.downtime(peer, now)))
            },
        };
        Ok(start(&cluster, &mut self.operations, &mut self.out))
    }

    /// The clock and the source of uuids that terms are evaluated with.
    fn evaluate<T>(&mut self, values: &[BoundValue], with: impl FnOnce(&mut Evaluation<'_>) -> T) -> T {
        let now: UnixMicros = self.wall_clock();
        let (random, time_uuids) = (&mut self.random, &mut self.time_uuids);
        let mut uuids = |kind| match kind {
            UuidKind::Random => random.uuid(),
            UuidKind::Time => time_uuids.next(now, random),
        };
        with(&mut Evaluation {
            now,
            uuids: &mut uuids,
            values,
        })
    }

    pub(in crate::node) fn time_uuid(&mut self) -> uuid::Uuid {
        let now = self.wall_clock();
        self.time_uuids.next(now, &mut self.random)
    }
}

/// What an operation came to.
enum Outcome {
    Written(Result<(), RequestError>),
    Read(Result<Vec<Partition>, RequestError>),
}

/// How a statement began.
enum Started {
    Done(Result<QueryResult, QueryError>),
    Waiting(Stage, Vec<operations::OperationId>),
}

fn plain(error: QueryError) -> Refusal {
    (error, Vec::new())
}

/// Tables every node keeps for itself are read here and nowhere else.
fn is_local_table(table: &TableMetadata) -> bool {
    is_local_system_keyspace(&table.keyspace)
}
