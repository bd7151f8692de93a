//! BATCH: several modifications carried out as one.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/statements/BatchStatement`.

use std::sync::Arc;

use super::attributes::Attributes;
use super::definition::not_yet;
use super::{Evaluation, ModifyPlan, PrepareContext};
use crate::cql::QueryError;
use crate::cql::ast::{Batch, BatchKind, Modification};
use crate::data::{Mutation, WriteTimestamp};
use crate::schema::TableMetadata;

/// Modifications without conditions, which share a timestamp unless they have their own.
#[derive(Clone, Debug)]
pub struct BatchPlan {
    is_logged: bool,
    statements: Vec<ModifyPlan>,
    attributes: Attributes,
}

impl PrepareContext<'_> {
    pub(super) fn batch(&self, batch: &Batch) -> Result<BatchPlan, QueryError> {
        if batch.using.time_to_live.is_some() {
            return Err(QueryError::invalid(
                "Global TTL on the BATCH statement is not supported.",
            ));
        }
        if batch.kind == BatchKind::Counter {
            return Err(not_yet("Counter columns"));
        }
        let mut statements = Vec::new();
        for modification in &batch.statements {
            if self.cas(modification)?.is_some() {
                return Err(match batch.using.timestamp {
                    Some(_) => QueryError::invalid("Cannot provide custom timestamp for conditional BATCH"),
                    None => not_yet("Conditions in a BATCH"),
                });
            }
            let plan = self.modification(modification)?;
            if batch.using.timestamp.is_some() && plan.attributes.has_timestamp() {
                return Err(QueryError::invalid(
                    "Timestamp must be set either on BATCH or individual statements",
                ));
            }
            statements.push(plan);
        }
        let attributes = match statements.first() {
            Some(first) => self.attributes(batch.using.timestamp.as_ref(), None, &first.table)?,
            None => Attributes::default(),
        };
        Ok(BatchPlan {
            is_logged: batch.kind == BatchKind::Logged,
            statements,
            attributes,
        })
    }

    pub(super) fn modification(&self, modification: &Modification) -> Result<ModifyPlan, QueryError> {
        match modification {
            Modification::Insert(insert) => self.insert(insert),
            Modification::Update(update) => self.update(update),
            Modification::Delete(delete) => self.delete(delete),
            Modification::InsertJson(_) => Err(not_yet("INSERT JSON")),
        }
    }
}

impl BatchPlan {
    pub fn tables(&self) -> impl Iterator<Item = &Arc<TableMetadata>> {
        self.statements.iter().map(ModifyPlan::table)
    }

    /// One mutation a key and keyspace, whatever tables it is for: each is applied as a whole.
    ///
    /// A logged batch of several is refused: without a batchlog a failing coordinator could leave half of it.
    pub fn mutations(&self, at: &mut Evaluation<'_>, timestamp: WriteTimestamp) -> Result<Vec<Mutation>, QueryError> {
        let timestamp = self.attributes.timestamp(timestamp, at)?;
        let mut all: Vec<Mutation> = Vec::new();
        for statement in &self.statements {
            for mutation in statement.mutations(at, timestamp)? {
                let same = |it: &&mut Mutation| it.keyspace == mutation.keyspace && it.key == mutation.key;
                match all.iter_mut().find(same) {
                    Some(mine) => mutation
                        .into_updates()
                        .into_iter()
                        .for_each(|(table, update)| mine.add(table, update)),
                    None => all.push(mutation),
                }
            }
        }
        match self.is_logged && all.len() > 1 {
            true => Err(not_yet(
                "A logged BATCH of several partitions, which needs a batchlog (an UNLOGGED one does not)",
            )),
            false => Ok(all),
        }
    }
}
