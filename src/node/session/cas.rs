//! Conditional updates: Paxos finds the value and the ballot, the plan decides, Paxos carries the decision out.

use super::{CasStage, Stage, Started, levels};
use crate::base::RequestId;
use crate::coordinator::{Cas, CasRequest, CasResult, Operation};
use crate::cql::prepare::{BoundValue, CasDecision, CasPlan};
use crate::cql::{QueryError, QueryResult};
use crate::data::WriteTimestamp;
use crate::message::paxos::Subject;
use crate::node::ClientRequest;
use crate::node::core::Running;
use crate::node::operations::{self, OperationId, Owner};

impl Running {
    pub(super) fn start_cas(
        &mut self,
        request: &ClientRequest,
        plan: CasPlan,
        values: &[BoundValue],
    ) -> Result<Started, QueryError> {
        plan.validate()?;
        levels::check_commit(request.consistency)?;
        levels::check_serial(request.serial_consistency)?;
        levels::refuse_system(plan.table())?;
        let (key, command) = self.evaluate(values, |at| Ok::<_, QueryError>((plan.key(at)?, plan.read(at)?)))?;
        let table = plan.table().clone();
        let latencies = self.latencies.remove(&table.id).unwrap_or_default();
        let (id, now) = (request.id, self.now);
        let cas = CasRequest {
            subject: Subject {
                table: table.id,
                key: key.clone(),
            },
            table: table.clone(),
            command,
            serial: request.serial_consistency,
            commit: request.consistency,
            cause: Some(id),
        };
        let mut ballots = self.ballots.clone();
        let started = self.with_cluster(&table.keyspace, |cluster, operations, out| {
            let first = out.messages.len();
            let cas = Cas::start(cas, cluster.layout(key.token), &latencies, &mut ballots, now, out);
            operations.add(
                Owner::Request { request: id, index: 0 },
                operations::Running::Cas(Box::new(cas)),
                out,
                first,
            )
        });
        self.ballots = ballots;
        self.latencies.insert(table.id, latencies);
        Ok(Started::Waiting(
            Stage::Cas(Box::new(CasStage { plan, refusal: None })),
            vec![started?],
        ))
    }

    /// Decides when Paxos asks for it, and answers when it is done.
    pub(super) fn continue_cas(&mut self, request: RequestId, operation: OperationId) {
        loop {
            let Some(operations::Running::Cas(cas)) = self.operations.get_mut(operation) else {
                return;
            };
            let (evaluation, outcome) = (cas.take_evaluation(), cas.take_outcome());
            if let Some(evaluation) = evaluation {
                let timestamp = WriteTimestamp::from(evaluation.ballot.micros());
                let Some(statement) = self.statements.remove(&request) else {
                    return;
                };
                let Stage::Cas(mut stage) = statement.stage else { return };
                let decision = self.evaluate(&statement.values, |at| {
                    stage.plan.decide(at, evaluation.current.first(), timestamp)
                });
                let first = self.out.messages.len();
                let now = self.now;
                let Some(operations::Running::Cas(cas)) = self.operations.get_mut(operation) else {
                    return;
                };
                let error = match decision {
                    Ok(CasDecision::Apply(update)) => {
                        cas.proceed(now, update, &mut self.out);
                        None
                    }
                    Ok(CasDecision::Refuse(rows)) => {
                        stage.refusal = Some(rows);
                        cas.refuse(now, &mut self.out);
                        None
                    }
                    // The statement itself is wrong (a comparison with null): the round ends with nothing proposed.
                    Err(error) => {
                        cas.refuse(now, &mut self.out);
                        Some(error)
                    }
                };
                self.statements.insert(
                    request,
                    super::Statement {
                        stage: Stage::Cas(stage),
                        ..statement
                    },
                );
                if let Some(error) = error {
                    self.finish(request, Err(error));
                }
                self.operations.stepped(operation, &self.out, first);
                continue;
            }
            let Some(outcome) = outcome else { return };
            let result = match outcome {
                Err(error) => Err(error.into()),
                Ok(result) => self.cas_result(request, result),
            };
            return self.finish(request, result);
        }
    }

    fn cas_result(&mut self, request: RequestId, result: CasResult) -> Result<QueryResult, QueryError> {
        let gone = || QueryError::Server("the statement of a conditional update is gone".into());
        let statement = self.statements.get_mut(&request).ok_or_else(gone)?;
        let Stage::Cas(stage) = &mut statement.stage else {
            return Err(gone());
        };
        match result {
            CasResult::Applied => Ok(stage.plan.applied()),
            CasResult::Refused => stage.refusal.take().map(QueryResult::Rows).ok_or_else(gone),
        }
    }
}
