//! Keyspaces and the whole schema.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TableMetadata;
use crate::base::SortedMap;
use crate::data::{KeyspaceName, TableId, TableName, UserType};

/// How a keyspace is replicated: the options as the user gave them, checked and completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplicationParams {
    /// Every node keeps its own: the system keyspaces.
    Local,
    Simple {
        factor: u32,
    },
    /// Copies in each datacentre.
    NetworkTopology {
        factors: SortedMap<String, u32>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyspaceMetadata {
    pub name: KeyspaceName,
    pub replication: ReplicationParams,
    pub durable_writes: bool,
    /// Materialized views among them.
    pub tables: SortedMap<TableName, Arc<TableMetadata>>,
    pub types: SortedMap<String, Arc<UserType>>,
}

impl KeyspaceMetadata {
    /// The views of a table, by name.
    pub fn views_of(&self, base: TableId) -> impl Iterator<Item = &Arc<TableMetadata>> {
        let is_of_base = move |it: &&Arc<TableMetadata>| it.view.as_ref().is_some_and(|view| view.base_id == base);
        self.tables.values().filter(is_of_base)
    }
}

/// All keyspaces, as one node knows them. A value: a change makes a new one, and readers of the old keep theirs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    keyspaces: SortedMap<KeyspaceName, Arc<KeyspaceMetadata>>,
    tables: SortedMap<TableId, Arc<TableMetadata>>,
    version: Uuid,
}

impl Schema {
    pub fn new(keyspaces: impl IntoIterator<Item = KeyspaceMetadata>, version: Uuid) -> Schema {
        let keyspaces: SortedMap<_, _> = keyspaces
            .into_iter()
            .map(|it| (it.name.clone(), Arc::new(it)))
            .collect();
        let tables = keyspaces
            .values()
            .flat_map(|it| it.tables.values())
            .map(|it| (it.id, it.clone()))
            .collect();
        Schema {
            keyspaces,
            tables,
            version,
        }
    }

    /// A digest of the content: nodes that agree on it agree on the schema.
    pub fn version(&self) -> Uuid {
        self.version
    }

    pub fn keyspaces(&self) -> impl ExactSizeIterator<Item = &Arc<KeyspaceMetadata>> {
        self.keyspaces.values()
    }

    pub fn keyspace(&self, name: &str) -> Option<&Arc<KeyspaceMetadata>> {
        self.keyspaces.get(name)
    }

    pub fn table(&self, keyspace: &str, table: &str) -> Option<&Arc<TableMetadata>> {
        self.keyspaces.get(keyspace)?.tables.get(table)
    }

    pub fn table_by_id(&self, id: TableId) -> Option<&Arc<TableMetadata>> {
        self.tables.get(&id)
    }
}
