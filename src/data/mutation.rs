//! Mutations: what one write changes, all in partitions of one key.

use serde::{Deserialize, Serialize};

use super::{DecoratedKey, KeyspaceName, Partition, TableId};

/// Changes to the tables of one keyspace under one partition key: the unit that a replica applies atomically.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutation {
    pub keyspace: KeyspaceName,
    pub key: DecoratedKey,
    updates: Vec<(TableId, Partition)>,
}

impl Mutation {
    pub fn new(keyspace: KeyspaceName, table: TableId, update: Partition) -> Mutation {
        Mutation {
            keyspace,
            key: update.key.clone(),
            updates: vec![(table, update)],
        }
    }

    /// Adds another change under the same key; one to a table that is there already is merged with it.
    pub fn add(&mut self, table: TableId, update: Partition) {
        debug_assert_eq!(self.key, update.key, "a mutation is of one key");
        match self.updates.iter_mut().find(|(id, _)| *id == table) {
            Some((_, mine)) => mine.merge(update),
            None => self.updates.push((table, update)),
        }
    }

    pub fn updates(&self) -> &[(TableId, Partition)] {
        &self.updates
    }

    pub fn into_updates(self) -> Vec<(TableId, Partition)> {
        self.updates
    }
}
