//! Writes: mutations, hints for this node, truncation.

use super::{Replica, reason, view_updates};
use crate::data::{Mutation, TableName};
use crate::event::What;
use crate::index;
use crate::message::replica::{FailureReason, HintRequest, TruncateRequest};
use crate::storage::Durability;

/// Applies a mutation to this node's own data.
pub fn apply(replica: &mut Replica<'_>, mutation: Mutation) -> Result<(), FailureReason> {
    let schema = replica.schema;
    let keyspace = schema
        .keyspace(&mutation.keyspace)
        .ok_or(FailureReason::IncompatibleSchema)?;
    let tables: Vec<TableName> = mutation
        .updates()
        .iter()
        .map(|(id, _)| Some(schema.table_by_id(*id)?.name.clone()))
        .collect::<Option<_>>()
        .ok_or(FailureReason::IncompatibleSchema)?;
    let durability = if keyspace.durable_writes {
        Durability::Logged
    } else {
        Durability::MemoryOnly
    };
    if index::refuses(&mutation, schema) {
        return Err(FailureReason::Unknown);
    }
    let updates = view_updates(replica.engine, replica.views, &mutation, replica.now, replica.cause);
    let updates = updates.map_err(|error| reason(&error))?;
    // Entries first: one too many does no harm, one too few would hide the row.
    for entries in index::entries_of(&mutation, schema) {
        replica
            .engine
            .apply(entries, durability)
            .map_err(|error| reason(&error))?;
    }
    let applied = replica
        .engine
        .apply(mutation, durability)
        .map_err(|error| reason(&error))?;
    replica.view_updates.extend(updates);
    if applied.position.is_some() {
        replica.event(What::CommitLogAppended);
    }
    for table in tables {
        replica.event(What::MemtableWritten { table });
    }
    Ok(())
}

/// Applies a write that this node missed, without what was meant for a table before it was truncated or dropped.
pub fn apply_hint(replica: &mut Replica<'_>, hint: &HintRequest) -> Result<(), FailureReason> {
    let mutation = &hint.mutation;
    let mut kept: Option<Mutation> = None;
    for (table, update) in mutation.updates() {
        let truncated = replica.engine.truncated_at(*table);
        if truncated.is_some_and(|at| hint.created <= at) {
            continue;
        }
        // A table this node has not heard of yet, not one that was dropped: the sender must keep the hint.
        if replica.schema.table_by_id(*table).is_none() {
            return Err(FailureReason::IncompatibleSchema);
        }
        match &mut kept {
            Some(kept) => kept.add(*table, update.clone()),
            None => kept = Some(Mutation::new(mutation.keyspace.clone(), *table, update.clone())),
        }
    }
    kept.map_or(Ok(()), |mutation| apply(replica, mutation))
}

/// Removes all of a table that this node has.
pub fn truncate(replica: &mut Replica<'_>, request: &TruncateRequest) -> Result<(), FailureReason> {
    let table = replica
        .schema
        .table_by_id(request.table)
        .ok_or(FailureReason::IncompatibleSchema)?
        .name
        .clone();
    let views: Vec<_> = replica
        .views
        .of(request.table)
        .iter()
        .map(|view| view.table.id)
        .collect();
    // Indexes after what they lead to: until then they have entries too many, which does no harm.
    let hidden = replica.schema.indexes(request.table).iter().map(|it| it.table.id);
    for table in views.into_iter().chain([request.table]).chain(hidden) {
        replica
            .engine
            .truncate(table, request.truncated_at)
            .map_err(|error| reason(&error))?;
    }
    replica.event(What::Truncated { table });
    Ok(())
}
