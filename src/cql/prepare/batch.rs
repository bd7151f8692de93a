//! BATCH: several modifications carried out as one.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/statements/BatchStatement`.

use std::sync::Arc;

use super::attributes::Attributes;
use super::prefetched::Prefetched;
use super::{CasPlan, Evaluation, ModifyPlan, Plan, PrepareContext};
use crate::base::Arrange;
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
            Modification::InsertJson(insert) => self.insert_json(insert),
        }
    }
}

fn plural(names: &[String]) -> &'static str {
    if names.len() == 1 { "" } else { "s" }
}

fn listed(names: &[String]) -> String {
    format!("[{}]", names.join(", "))
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

/// `batch_size_warn_threshold`, 5 KiB, and `batch_size_fail_threshold`, 50 KiB.
const WARN_BYTES: usize = 5 * 1024;
const FAIL_BYTES: usize = 50 * 1024;

/// `unlogged_batch_across_partitions_warn_threshold`
const WARN_PARTITIONS: usize = 10;

impl BatchPlan {
    /// What Cassandra has to say of the batch that these are the mutations of, or why it refuses it.
    pub fn warnings(&self, mutations: &[Mutation]) -> Result<Vec<String>, QueryError> {
        let mut warnings = Vec::new();
        let without_grace = self.names(|table| table.params.gc_grace_seconds == 0);
        if self.is_logged && !without_grace.is_empty() {
            warnings.push(format!(
                "Executing a LOGGED BATCH on table{} {}, configured with a gc_grace_seconds of 0. The gc_grace_seconds is used \
                 to TTL batchlog entries, so setting gc_grace_seconds too low on tables involved in an atomic batch might \
                 cause batchlog entries to expire before being replayed.",
                plural(&without_grace),
                listed(&without_grace)
            ));
        }
        if mutations.len() <= 1 {
            return Ok(warnings);
        }
        let names = self.names(|_| true);
        let bytes = mutations.iter().map(Mutation::data_size).sum::<usize>();
        if bytes > FAIL_BYTES {
            return Err(QueryError::invalid("Batch too large"));
        }
        if bytes > WARN_BYTES {
            warnings.push(format!(
                "Batch for {} is of size {bytes}, exceeding specified threshold of {WARN_BYTES} by {}.",
                listed(&names),
                bytes - WARN_BYTES
            ));
        }
        let mut keys: Vec<_> = mutations.iter().map(|mutation| &mutation.key).collect();
        keys.arrange();
        keys.dedup();
        if !self.is_logged && keys.len() > WARN_PARTITIONS {
            warnings.push(format!(
                "Unlogged batch covering {} partitions detected against table{} {}. You should use a logged batch for \
                 atomicity, or asynchronous writes for performance.",
                keys.len(),
                plural(&names),
                listed(&names)
            ));
        }
        Ok(warnings)
    }

    /// The tables of the batch, as a `HashSet` of their names lists them.
    fn names(&self, is_wanted: impl Fn(&TableMetadata) -> bool) -> Vec<String> {
        let tables = self.tables().filter(|table| is_wanted(table));
        let mut names: Vec<String> = tables
            .map(|table| format!("{}.{}", table.keyspace, table.name))
            .collect();
        names.arrange();
        names.dedup();
        let bucket = |name: &String| {
            let units = name.encode_utf16();
            let hash = units.fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
            (hash ^ (hash >> 16)) & 15
        };
        names.arrange_by_key(bucket);
        names
    }

    /// What is wrong with its statements whatever they write.
    pub fn validate(&self) -> Result<(), QueryError> {
        self.statements.iter().try_for_each(ModifyPlan::validate)
    }

    pub fn tables(&self) -> impl Iterator<Item = &Arc<TableMetadata>> {
        self.statements.iter().map(ModifyPlan::table)
    }

    /// Whether all of it is to be written sooner or later, or nothing.
    pub fn is_logged(&self) -> bool {
        self.is_logged
    }

    pub(super) fn statements(&self) -> &[ModifyPlan] {
        &self.statements
    }

    /// One mutation a key and keyspace, whatever tables it is for: each is applied as a whole.
    pub fn mutations(
        &self,
        at: &mut Evaluation<'_>,
        timestamp: WriteTimestamp,
        found: &Prefetched,
    ) -> Result<Vec<Mutation>, QueryError> {
        let timestamp = self.attributes.timestamp(timestamp, at)?;
        let mut all: Vec<Mutation> = Vec::new();
        for statement in &self.statements {
            for mutation in statement.mutations(at, timestamp, found)? {
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
