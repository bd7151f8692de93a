//! SELECT: the reads that its plan asks for, one after the other or all at once, until it has its rows.

use super::{Selecting, Stage, Started, errors, is_local_table, levels};
use crate::base::RequestId;
use crate::coordinator::{RangeRead, Read, ReadRequest, RequestError, SerialRead, take_alone};
use crate::cql::QueryError;
use crate::cql::prepare::{BoundValue, SelectPlan, SelectStep};
use crate::data::{ConsistencyLevel, Partition, PartitionSelection, ReadCommand, ReadLimits};
use crate::message::paxos::Subject;
use crate::node::ClientRequest;
use crate::node::core::Running;
use crate::node::operations::{self, OperationId, Owner};
use crate::node::system_tables::in_key_order;
use crate::node::work::RequestKind;
use crate::replica;
use crate::schema::{SYSTEM_VIEWS, TableMetadata, is_virtual_keyspace};
use std::sync::Arc;

impl Running {
    pub(super) fn start_select(
        &mut self,
        request: &ClientRequest,
        plan: &Arc<SelectPlan>,
        values: &[BoundValue],
        warnings: &mut Vec<String>,
    ) -> Result<Started, QueryError> {
        levels::check_read(request.consistency)?;
        let (page_size, paging_state) = (request.page_size, request.paging_state.as_ref());
        let mut run = self.evaluate(values, |at| plan.start(at, page_size, paging_state))?;
        warnings.extend(run.take_warnings());
        let table = plan.table().clone();
        let selecting = Box::new(Selecting {
            run,
            table,
            answers: Vec::new(),
            asked: self.now,
            is_scan: false,
        });
        Ok(Started::Waiting(Stage::Select(selecting), Vec::new()))
    }

    /// Takes the next step of a SELECT whose reads are all answered.
    pub(super) fn continue_select(&mut self, request: RequestId) {
        loop {
            let Some(statement) = self.statements.get_mut(&request) else {
                return;
            };
            let Stage::Select(selecting) = &mut statement.stage else {
                return;
            };
            let step = match selecting.run.step() {
                Ok(step) => step,
                Err(error) => return self.finish(request, Err(error)),
            };
            let commands = match step {
                SelectStep::Done(result) => return self.finish(request, Ok(result)),
                SelectStep::Read(commands) => commands,
            };
            let table = selecting.table.clone();
            if is_local_table(&table) {
                match self.read_locally(request, &commands, &table) {
                    Ok(answers) => self.supply(request, answers),
                    Err(error) => return self.finish(request, Err(error)),
                }
                continue;
            }
            selecting.answers = vec![None; commands.len()];
            selecting.asked = self.now;
            selecting.is_scan = commands
                .iter()
                .any(|it| matches!(it.partitions, PartitionSelection::Range(_)));
            let asking = (request, statement.request.consistency);
            match self.start_reads(asking, 0, commands, &table) {
                // Some may be settled already: their outcomes are taken like those that come later.
                Ok(started) => return self.advance_started(started),
                Err(error) => return self.finish(request, Err(error)),
            }
        }
    }

    /// Starts reads of one table; the first of them has the number `first_index`.
    pub(super) fn start_reads(
        &mut self,
        (request, consistency): (RequestId, ConsistencyLevel),
        first_index: usize,
        commands: Vec<ReadCommand>,
        table: &Arc<TableMetadata>,
    ) -> Result<Vec<OperationId>, QueryError> {
        let now = self.now;
        let latencies = self.latencies.remove(&table.id).unwrap_or_default();
        let mut ballots = self.ballots.clone();
        let started = self.with_cluster(&table.keyspace, |cluster, operations, out| {
            let mut start = |(index, command): (usize, ReadCommand)| {
                let first = out.messages.len();
                let partitions = command.partitions.clone();
                let read = ReadRequest {
                    table: table.clone(),
                    command,
                    consistency,
                    cause: Some(request),
                };
                let running = match partitions {
                    PartitionSelection::One(key) => {
                        let layout = cluster.layout(key.token);
                        match consistency.is_serial() {
                            true => {
                                let subject = Subject { table: table.id, key };
                                let serial =
                                    SerialRead::start(read, subject, layout, &latencies, &mut ballots, now, out);
                                operations::Running::SerialRead(Box::new(serial))
                            }
                            false => {
                                operations::Running::Read(Box::new(Read::start(read, &layout, &latencies, now, out)))
                            }
                        }
                    }
                    PartitionSelection::Range(_) => {
                        let scan = RangeRead::start(read, cluster, &latencies, 0.0, now, out);
                        operations::Running::RangeRead(Box::new(scan))
                    }
                };
                operations.add(Owner::Request { request, index }, running, out, first)
            };
            (first_index..).zip(commands).map(&mut start).collect()
        });
        self.ballots = ballots;
        self.latencies.insert(table.id, latencies);
        started
    }

    /// Reads tables that every node keeps for itself.
    fn read_locally(
        &mut self,
        request: RequestId,
        commands: &[ReadCommand],
        table: &Arc<TableMetadata>,
    ) -> Result<Vec<Vec<Partition>>, QueryError> {
        let mut answers = Vec::new();
        let is_virtual = is_virtual_keyspace(&table.keyspace);
        if table.keyspace.as_str() == SYSTEM_VIEWS {
            self.refresh_view(table);
        }
        for command in commands {
            let in_order = match &command.partitions {
                PartitionSelection::One(key) if is_virtual => Some(ReadCommand {
                    partitions: PartitionSelection::One(in_key_order(key)),
                    ..command.clone()
                }),
                _ => None,
            };
            let command = in_order.as_ref().unwrap_or(command);
            let mut replica = self.replica(Some(request));
            if command.filter.is_empty() {
                let found = replica::read_table(&mut replica, command, table).map_err(errors::storage_error)?;
                answers.push(found.partitions);
                continue;
            }
            // A limit is of the rows that pass.
            let all = ReadCommand {
                limits: ReadLimits::NONE,
                ..command.clone()
            };
            let found = replica::read_table(&mut replica, &all, table).map_err(errors::storage_error)?;
            answers.push(take_alone(command, found.partitions));
        }
        if table.keyspace.as_str() == SYSTEM_VIEWS {
            self.engine.replace(table.id, Vec::new());
        }
        Ok(answers)
    }

    pub(super) fn read_done(
        &mut self,
        request: RequestId,
        index: usize,
        outcome: Result<Vec<Partition>, RequestError>,
    ) {
        let partitions = match outcome {
            Ok(partitions) => partitions,
            Err(error) => return self.finish(request, Err(error.into())),
        };
        let Some(statement) = self.statements.get_mut(&request) else {
            return;
        };
        if let Stage::Prefetch(prefetching) = &mut statement.stage {
            prefetching.answers[index] = Some(partitions);
            if prefetching.answers.iter().all(Option::is_some) {
                self.continue_changes(request);
            }
            return;
        }
        let Stage::Select(selecting) = &mut statement.stage else {
            return;
        };
        let (table, asked, is_scan) = (selecting.table.id, selecting.asked, selecting.is_scan);
        self.latencies
            .entry(table)
            .or_default()
            .reads
            .record(self.now.since(asked));
        self.work.note_read(table, is_scan, asked, self.now);
        let kind = match statement.request.consistency.is_serial() {
            _ if is_scan => RequestKind::Scan,
            true => RequestKind::SerialRead,
            false => RequestKind::Read,
        };
        self.work.note_request(kind, asked, self.now);
        selecting.answers[index] = Some(partitions);
        if selecting.answers.iter().all(Option::is_some) {
            let answers = core::mem::take(&mut selecting.answers).into_iter().flatten().collect();
            self.supply(request, answers);
            self.continue_select(request);
        }
    }

    fn supply(&mut self, request: RequestId, answers: Vec<Vec<Partition>>) {
        let Some(statement) = self.statements.get_mut(&request) else {
            return;
        };
        let Stage::Select(selecting) = &mut statement.stage else {
            return;
        };
        if let Err(error) = selecting.run.supply(answers) {
            self.finish(request, Err(error));
        }
    }
}
