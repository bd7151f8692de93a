//! The tables of `system_schema`: where a schema is kept, under the names and columns Cassandra gives them.
//!
//! Source: Cassandra 5.0, `SchemaKeyspace.java`.

use std::sync::{Arc, LazyLock};

use md5::{Digest, Md5};

use super::{ColumnKind, ColumnMetadata, KeyspaceMetadata, ReplicationParams, TableMetadata, TableParams};
use crate::data::{ColumnName, CqlType, KeyspaceName, TableId, TableName};

pub const SYSTEM_SCHEMA: &str = "system_schema";

/// What Cassandra keeps of a dropped table's rows in these tables: seven days.
const GC_GRACE_SECONDS: u32 = 7 * 24 * 60 * 60;

/// A table as one line: name, columns of the partition key, clustering columns, the rest; each column `name type`.
struct Definition {
    name: &'static str,
    comment: &'static str,
    partition_key: &'static str,
    clustering: &'static str,
    regulars: &'static str,
}

/// The options that tables and views share.
const OPTIONS: &str = "additional_write_policy text, allow_auto_snapshot boolean, bloom_filter_fp_chance double, \
     caching frozen<map<text, text>>, cdc boolean, comment text, compaction frozen<map<text, text>>, \
     compression frozen<map<text, text>>, crc_check_chance double, dclocal_read_repair_chance double, \
     default_time_to_live int, extensions frozen<map<text, blob>>, gc_grace_seconds int, id uuid, \
     incremental_backups boolean, max_index_interval int, memtable text, memtable_flush_period_in_ms int, \
     min_index_interval int, read_repair text, read_repair_chance double, speculative_retry text";

const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "keyspaces",
        comment: "keyspace definitions",
        partition_key: "keyspace_name text",
        clustering: "",
        regulars: "durable_writes boolean, replication frozen<map<text, text>>",
    },
    Definition {
        name: "tables",
        comment: "table definitions",
        partition_key: "keyspace_name text",
        clustering: "table_name text",
        regulars: "flags frozen<set<text>>, *",
    },
    Definition {
        name: "columns",
        comment: "column definitions",
        partition_key: "keyspace_name text",
        clustering: "table_name text, column_name text",
        regulars: "clustering_order text, column_name_bytes blob, kind text, position int, type text",
    },
    Definition {
        name: "column_masks",
        comment: "column dynamic data masks",
        partition_key: "keyspace_name text",
        clustering: "table_name text, column_name text",
        regulars: "function_argument_nulls frozen<list<boolean>>, function_argument_types frozen<list<text>>, \
             function_argument_values frozen<list<text>>, function_keyspace text, function_name text",
    },
    Definition {
        name: "dropped_columns",
        comment: "dropped column registry",
        partition_key: "keyspace_name text",
        clustering: "table_name text, column_name text",
        regulars: "dropped_time timestamp, kind text, type text",
    },
    Definition {
        name: "triggers",
        comment: "trigger definitions",
        partition_key: "keyspace_name text",
        clustering: "table_name text, trigger_name text",
        regulars: "options frozen<map<text, text>>",
    },
    Definition {
        name: "views",
        comment: "view definitions",
        partition_key: "keyspace_name text",
        clustering: "view_name text",
        regulars: "base_table_id uuid, base_table_name text, include_all_columns boolean, where_clause text, *",
    },
    Definition {
        name: "indexes",
        comment: "secondary index definitions",
        partition_key: "keyspace_name text",
        clustering: "table_name text, index_name text",
        regulars: "kind text, options frozen<map<text, text>>",
    },
    Definition {
        name: "types",
        comment: "user defined type definitions",
        partition_key: "keyspace_name text",
        clustering: "type_name text",
        regulars: "field_names frozen<list<text>>, field_types frozen<list<text>>",
    },
    Definition {
        name: "functions",
        comment: "user defined function definitions",
        partition_key: "keyspace_name text",
        clustering: "function_name text, argument_types frozen<list<text>>",
        regulars: "argument_names frozen<list<text>>, body text, called_on_null_input boolean, language text, return_type text",
    },
    Definition {
        name: "aggregates",
        comment: "user defined aggregate definitions",
        partition_key: "keyspace_name text",
        clustering: "aggregate_name text, argument_types frozen<list<text>>",
        regulars: "final_func text, initcond text, return_type text, state_func text, state_type text",
    },
];

static KEYSPACE: LazyLock<KeyspaceMetadata> = LazyLock::new(|| {
    let tables = DEFINITIONS.iter().map(|it| {
        let regulars = it.regulars.replace('*', OPTIONS);
        let params = TableParams {
            comment: it.comment.to_string(),
            gc_grace_seconds: GC_GRACE_SECONDS,
            memtable_flush_period_in_ms: 3_600_000,
            ..TableParams::default()
        };
        let table = system_table(
            SYSTEM_SCHEMA,
            it.name,
            [it.partition_key, it.clustering, &regulars],
            params,
        );
        (table.name.clone(), Arc::new(table))
    });
    KeyspaceMetadata {
        name: SYSTEM_SCHEMA.into(),
        replication: ReplicationParams::Local,
        durable_writes: true,
        tables: tables.collect(),
        types: Default::default(),
    }
});

/// The keyspace that holds the schema itself.
pub fn system_schema() -> &'static KeyspaceMetadata {
    &KEYSPACE
}

/// A table of `system_schema`.
pub(super) fn schema_table(name: &str) -> &'static Arc<TableMetadata> {
    KEYSPACE
        .tables
        .get(name)
        .expect("only tables defined above are asked for")
}

/// Makes a system table from column lists: partition key, clustering, the rest.
pub fn system_table(keyspace: &str, name: &str, columns: [&str; 3], params: TableParams) -> TableMetadata {
    let kinds = [ColumnKind::PartitionKey, ColumnKind::Clustering, ColumnKind::Regular];
    let columns = kinds.into_iter().zip(columns).flat_map(|(kind, list)| {
        split_columns(list)
            .into_iter()
            .enumerate()
            .map(move |(position, (name, ty))| ColumnMetadata {
                name: ColumnName::new(name),
                ty,
                kind,
                position: position as u16,
                descending: false,
            })
    });
    TableMetadata::new(
        system_table_id(keyspace, name),
        KeyspaceName::new(keyspace),
        TableName::new(name),
        columns,
        params,
    )
}

/// `name type, name type`, where a type may hold commas within `<>`.
fn split_columns(list: &str) -> Vec<(&str, CqlType)> {
    let mut columns = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, symbol) in list.char_indices().chain([(list.len(), ',')]) {
        match symbol {
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => {
                if let Some((name, ty)) = list[start..at].trim().split_once(' ') {
                    let ty = CqlType::parse(ty.trim(), |_: &str| None).expect("system columns have built-in types");
                    columns.push((name, ty));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    columns
}

/// The id of a system table: a version 3 UUID of its keyspace's and its own name. `TableId.forSystemTable`.
fn system_table_id(keyspace: &str, name: &str) -> TableId {
    let hash = Md5::new().chain_update(keyspace).chain_update(name).finalize();
    TableId(uuid::Builder::from_md5_bytes(hash.into()).into_uuid())
}
