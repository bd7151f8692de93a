//! The keyspaces that every cluster has beside its users' own: which tables they have, with Cassandra's columns and comments.
//!
//! Source: what Cassandra 5.0.7 answers to DESCRIBE FULL SCHEMA and in `system_virtual_schema`.

use std::sync::{Arc, LazyLock};

use super::system_schema::{system_schema, system_table};
use super::{KeyspaceMetadata, ReplicationParams, TableParams};
use crate::data::KeyspaceName;

pub const SYSTEM: &str = "system";
pub const SYSTEM_VIEWS: &str = "system_views";
pub const SYSTEM_VIRTUAL_SCHEMA: &str = "system_virtual_schema";

/// A table a line: name, comment, columns of the partition key, clustering columns, the rest.
const TABLES: &str = include_str!("system_tables.txt");

const DAY_SECONDS: u32 = 24 * 60 * 60;

/// A keyspace: how it is replicated, how long its tombstones stay, and how often its tables are flushed.
struct Definition {
    name: &'static str,
    replication: ReplicationParams,
    gc_grace_seconds: u32,
    memtable_flush_period_in_ms: u32,
}

/// Of these every node has its own.
const LOCAL: [Definition; 3] = [
    Definition {
        name: SYSTEM,
        replication: ReplicationParams::Local,
        gc_grace_seconds: 0,
        memtable_flush_period_in_ms: 3_600_000,
    },
    Definition {
        name: SYSTEM_VIEWS,
        replication: ReplicationParams::Local,
        gc_grace_seconds: 0,
        memtable_flush_period_in_ms: 0,
    },
    Definition {
        name: SYSTEM_VIRTUAL_SCHEMA,
        replication: ReplicationParams::Local,
        gc_grace_seconds: 0,
        memtable_flush_period_in_ms: 0,
    },
];

/// These are like a user's own; Cassandra makes them when a cluster starts.
const REPLICATED: [Definition; 3] = [
    Definition {
        name: "system_auth",
        replication: ReplicationParams::Simple { factor: 1 },
        gc_grace_seconds: 90 * DAY_SECONDS,
        memtable_flush_period_in_ms: 0,
    },
    Definition {
        name: "system_distributed",
        replication: ReplicationParams::Simple { factor: 3 },
        gc_grace_seconds: 10 * DAY_SECONDS,
        memtable_flush_period_in_ms: 0,
    },
    Definition {
        name: "system_traces",
        replication: ReplicationParams::Simple { factor: 2 },
        gc_grace_seconds: 0,
        memtable_flush_period_in_ms: 0,
    },
];

static LOCAL_KEYSPACES: LazyLock<[KeyspaceMetadata; 3]> = LazyLock::new(|| LOCAL.map(|it| keyspace(&it)));
static REPLICATED_KEYSPACES: LazyLock<[KeyspaceMetadata; 3]> = LazyLock::new(|| REPLICATED.map(|it| keyspace(&it)));

/// The keyspaces every node keeps for itself, `system_schema` apart.
pub fn local_keyspaces() -> &'static [KeyspaceMetadata] {
    &*LOCAL_KEYSPACES
}

/// The keyspaces that are made when a cluster starts.
pub fn replicated_system_keyspaces() -> &'static [KeyspaceMetadata] {
    &*REPLICATED_KEYSPACES
}

/// Those of whom `system_schema` has rows: all but the virtual ones.
pub fn described_system_keyspaces() -> impl Iterator<Item = &'static KeyspaceMetadata> {
    let local = local_keyspaces().iter().filter(|it| !is_virtual_keyspace(&it.name));
    local.chain([system_schema()]).chain(replicated_system_keyspaces())
}

/// Keyspaces whose tables are made up as they are read.
pub fn is_virtual_keyspace(name: &str) -> bool {
    matches!(name, SYSTEM_VIEWS | SYSTEM_VIRTUAL_SCHEMA)
}

/// Any that no user made. `SchemaConstants.isSystemKeyspace`.
pub fn is_system_keyspace(name: &str) -> bool {
    super::change::is_local_system_keyspace(name) || REPLICATED.iter().any(|it| it.name == name)
}

fn keyspace(definition: &Definition) -> KeyspaceMetadata {
    let tables = TABLES.lines().filter_map(|line| {
        let mut parts = line.split('|').map(str::trim);
        let name = parts.next()?.strip_prefix(definition.name)?.strip_prefix('.')?;
        let mut part = || parts.next().unwrap_or_default();
        let comment = part().replace("''", "'");
        let columns = [part(), part(), part()];
        let params = TableParams {
            comment,
            gc_grace_seconds: definition.gc_grace_seconds,
            memtable_flush_period_in_ms: definition.memtable_flush_period_in_ms,
            default_time_to_live: match name {
                "compaction_history" => 7 * DAY_SECONDS,
                "repair_history" | "parent_repair_history" => 30 * DAY_SECONDS,
                _ => 0,
            },
            ..TableParams::default()
        };
        let table = system_table(definition.name, name, columns, params);
        Some((table.name.clone(), Arc::new(table)))
    });
    KeyspaceMetadata {
        name: KeyspaceName::new(definition.name),
        replication: definition.replication.clone(),
        durable_writes: true,
        tables: tables.collect(),
        types: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_the_list_is_in_a_keyspace() {
        let all = local_keyspaces().iter().chain(replicated_system_keyspaces());
        let tables: usize = all.map(|it| it.tables.len()).sum();
        assert_eq!(tables, TABLES.lines().count());
        let system = &local_keyspaces()[0];
        assert_eq!(system.tables.len(), 23);
        assert_eq!(system.tables["peers_v2"].clustering[0].name.as_str(), "peer_port");
        let expected = uuid::uuid!("7ad54392-bcdd-35a6-8417-4e047860b377");
        assert_eq!(system.tables["local"].id.0, expected, "the id Cassandra's own has");
    }
}
