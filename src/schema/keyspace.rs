//! Keyspaces and the whole schema.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{IndexTable, TableMetadata};
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

    /// The table that has the index of this name, which a keyspace has only once.
    pub fn indexed_table(&self, index: &str) -> Option<&Arc<TableMetadata>> {
        self.tables.values().find(|table| table.indexes.contains_key(index))
    }
}

/// All keyspaces, as one node knows them. A value: a change makes a new one, and readers of the old keep theirs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    keyspaces: SortedMap<KeyspaceName, Arc<KeyspaceMetadata>>,
    tables: SortedMap<TableId, Arc<TableMetadata>>,
    /// The indexes of each table that has any.
    indexes: SortedMap<TableId, Vec<Arc<IndexTable>>>,
    version: Uuid,
}

impl Schema {
    pub fn new(keyspaces: impl IntoIterator<Item = KeyspaceMetadata>, version: Uuid) -> Schema {
        let keyspaces: SortedMap<_, _> = keyspaces
            .into_iter()
            .map(|it| (it.name.clone(), Arc::new(it)))
            .collect();
        let mut tables: SortedMap<TableId, Arc<TableMetadata>> = keyspaces
            .values()
            .flat_map(|it| it.tables.values())
            .map(|it| (it.id, it.clone()))
            .collect();
        let mut indexes: SortedMap<TableId, Vec<Arc<IndexTable>>> = SortedMap::new();
        for table in keyspaces.values().flat_map(|it| it.tables.values()) {
            let of_table = table.indexes.values().filter_map(|it| IndexTable::new(table, it));
            for index in of_table {
                tables.insert(index.table.id, Arc::new(index.table.clone()));
                indexes.entry(table.id).or_default().push(Arc::new(index));
            }
        }
        Schema {
            keyspaces,
            tables,
            indexes,
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

    /// The indexes of a table.
    pub fn indexes(&self, table: TableId) -> &[Arc<IndexTable>] {
        self.indexes.get(&table).map_or(&[], Vec::as_slice)
    }

    /// All indexes there are, each with the table it is of.
    pub fn all_indexes(&self) -> impl Iterator<Item = (TableId, &Arc<IndexTable>)> {
        self.indexes
            .iter()
            .flat_map(|(table, indexes)| indexes.iter().map(|index| (*table, index)))
    }

    /// A table by its identity: a user's, the system's, or the hidden one of an index.
    pub fn table_by_id(&self, id: TableId) -> Option<&Arc<TableMetadata>> {
        self.tables.get(&id)
    }
}
