//! Where a replica's Paxos state is kept: among the node's own values, in its commit log.

use super::views::NodeViews;
use crate::base::RequestId;
use crate::data::{EpochSeconds, Mutation, TableId, WriteTimestamp};
use crate::index;
use crate::message::paxos::Subject;
use crate::paxos::{PaxosState, PaxosStore, state_lifetime};
use crate::replica;
use crate::schema::Schema;
use crate::storage::{Durability, Engine, StorageError};

pub(super) struct NodePaxosStore<'a> {
    pub engine: &'a mut Engine,
    pub schema: &'a Schema,
    pub views: &'a mut NodeViews,
    pub now: EpochSeconds,
    pub cause: Option<RequestId>,
}

/// The name under which a subject's state is kept: the table's id and the key, in hexadecimal.
fn name(subject: &Subject) -> String {
    format!("paxos/{}/{:?}", subject.table, subject.key.key)
}

impl PaxosStore for NodePaxosStore<'_> {
    type Error = StorageError;

    fn load(&mut self, subject: &Subject) -> Result<PaxosState, StorageError> {
        Ok(self.engine.local(&name(subject))?.unwrap_or_default())
    }

    fn save(&mut self, subject: &Subject, state: &PaxosState) -> Result<(), StorageError> {
        self.engine.put_local(&name(subject), state)
    }

    fn apply(&mut self, mutation: &Mutation) -> Result<(), StorageError> {
        let updates = replica::view_updates(self.engine, &self.views.views, mutation, self.now, self.cause)?;
        self.views.found.extend(updates);
        for entries in index::entries_of(mutation, self.schema) {
            self.engine.apply(entries, Durability::Logged)?;
        }
        self.engine.apply(mutation.clone(), Durability::Logged).map(drop)
    }

    fn truncated_at(&self, table: TableId) -> WriteTimestamp {
        self.engine.truncated_at(table).unwrap_or(WriteTimestamp::NONE)
    }

    fn lifetime(&self, table: TableId) -> i64 {
        let gc_grace = self
            .schema
            .table_by_id(table)
            .map_or(0, |table| table.params.gc_grace_seconds);
        state_lifetime(gc_grace)
    }
}
