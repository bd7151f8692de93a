//! BATCH: several modifications carried out as one.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/statements/BatchStatement`.

use std::sync::Arc;

use super::attributes::Attributes;
use super::definition::not_yet;
use super::{CasPlan, Evaluation, ModifyPlan, Plan, PrepareContext};
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
    /// A plan for all of it, conditional if any of its statements is.
    pub(super) fn batch(&self, batch: &Batch) -> Result<Plan, QueryError> {
        let mut statements = Vec::new();
        let mut conditions = Vec::new();
        for modification in &batch.statements {
            let (statement, condition) = match self.cas(modification)? {
                Some(cas) => cas.into_parts()?,
                None => (self.modification(modification)?, None),
            };
            statements.push(statement);
            conditions.push(condition);
        }
        let has_conditions = conditions.iter().any(Option::is_some);
        validate(batch, &statements, has_conditions)?;
        if has_conditions {
            return Ok(Plan::Cas(CasPlan::batch(
                statements.into_iter().zip(conditions).collect(),
            )));
        }
        let attributes = match statements.first() {
            Some(first) => self.attributes(batch.using.timestamp.as_ref(), None, &first.table)?,
            None => Attributes::default(),
        };
        Ok(Plan::Batch(BatchPlan {
            is_logged: batch.kind == BatchKind::Logged,
            statements,
            attributes,
        }))
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

/// `BatchStatement.validate`, whose order of complaints this is.
fn validate(batch: &Batch, statements: &[ModifyPlan], has_conditions: bool) -> Result<(), QueryError> {
    let refuse = |text: &str| Err(QueryError::invalid(text));
    let (is_counter, is_stamped) = (batch.kind == BatchKind::Counter, batch.using.timestamp.is_some());
    if batch.using.time_to_live.is_some() {
        return refuse("Global TTL on the BATCH statement is not supported.");
    }
    if is_stamped && has_conditions {
        return refuse("Cannot provide custom timestamp for conditional BATCH");
    }
    if is_stamped && is_counter {
        return refuse("Cannot provide custom timestamp for counter BATCH");
    }
    if is_stamped && statements.iter().any(|it| it.attributes.has_timestamp()) {
        return refuse("Timestamp must be set either on BATCH or individual statements");
    }
    let has_counters = statements.iter().any(|it| it.table.is_counter());
    let has_others = statements.iter().any(|it| !it.table.is_counter());
    if is_stamped && has_counters {
        return refuse("Cannot provide custom timestamp for a BATCH containing counters");
    }
    if is_counter && has_others {
        return refuse("Cannot include non-counter statement in a counter batch");
    }
    if has_counters && has_others {
        return refuse("Counter and non-counter mutations cannot exist in the same batch");
    }
    if batch.kind == BatchKind::Logged && has_counters {
        return refuse("Cannot include a counter statement in a logged batch");
    }
    let mut tables = statements.iter().map(|it| it.table.id);
    let first = tables.next();
    if has_conditions && tables.any(|table| Some(table) != first) {
        return refuse("Batch with conditions cannot span multiple tables");
    }
    Ok(())
}

impl BatchPlan {
    pub fn tables(&self) -> impl Iterator<Item = &Arc<TableMetadata>> {
        self.statements.iter().map(ModifyPlan::table)
    }

    /// Whether all of it is to be written sooner or later, or nothing.
    pub fn is_logged(&self) -> bool {
        self.is_logged
    }

    /// One mutation a key and keyspace, whatever tables it is for: each is applied as a whole.
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
        Ok(all)
    }
}
