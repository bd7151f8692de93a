//! The CQL that makes a keyspace, table or type again: what DESCRIBE prints.

use std::fmt::Write as _;

use super::params::java_double;
use super::{
    ColumnKind, ColumnMetadata, IndexClass, IndexMetadata, KeyspaceMetadata, TableMetadata, ViewMetadata,
    replication_options,
};
use crate::base::{Arrange, SortedMap};
use crate::data::UserType;
use crate::data::identifier::maybe_quote;

/// `CREATE KEYSPACE ...;` with its two spaces before AND, as Cassandra prints it.
pub fn describe_keyspace(keyspace: &KeyspaceMetadata) -> String {
    let options = replication_options(&keyspace.replication)
        .into_iter()
        .map(|(name, value)| match value.rsplit_once('.') {
            Some((_, class)) if name == "class" => (name, class.to_string()),
            _ => (name, value),
        });
    let (name, replication) = (maybe_quote(&keyspace.name), map_literal(options));
    format!(
        "CREATE KEYSPACE {name} WITH replication = {replication}  AND durable_writes = {};",
        keyspace.durable_writes
    )
}

/// `CREATE TABLE ...;` with every option.
pub fn describe_table(table: &TableMetadata) -> String {
    let mut out = format!("CREATE TABLE {} (\n", qualified(&table.keyspace, &table.name));
    let single_key = table.partition_key.len() == 1 && table.clustering.is_empty();
    let mut columns: Vec<&ColumnMetadata> = table.columns().collect();
    // Within a kind, those of many cells stand last.
    columns.arrange_by_key(|column| (column.kind, column.ty.is_multi_cell()));
    for (at, column) in columns.iter().enumerate() {
        let suffix = match column.kind {
            ColumnKind::PartitionKey if single_key => " PRIMARY KEY",
            ColumnKind::Static => " static",
            _ => "",
        };
        let comma = if at + 1 == columns.len() && single_key { "" } else { "," };
        let _ = writeln!(out, "    {} {}{suffix}{comma}", maybe_quote(&column.name), column.ty);
    }
    if !single_key {
        let _ = writeln!(out, "    PRIMARY KEY ({})", primary_key(table));
    }
    out.push_str(") WITH ");
    if table.compact {
        out.push_str("COMPACT STORAGE\n    AND ");
    }
    out.push_str(&clustering_order(table));
    out.push_str(&options(table).join("\n    AND "));
    out.push(';');
    out
}

/// `CREATE INDEX ...;`
pub fn describe_index(table: &TableMetadata, index: &IndexMetadata) -> String {
    let (name, target) = (maybe_quote(&index.name), index.target());
    let of_table = format!("{name} ON {} ({target})", qualified(&table.keyspace, &table.name));
    match &index.class {
        IndexClass::Legacy => format!("CREATE INDEX {of_table};"),
        IndexClass::StorageAttached { class_name, options } => {
            let with = match options.is_empty() {
                true => String::new(),
                false => format!(" WITH OPTIONS = {}", map_literal(options.clone())),
            };
            format!(
                "CREATE CUSTOM INDEX {of_table} USING {}{with};",
                text_literal(class_name)
            )
        }
    }
}

/// `CREATE MATERIALIZED VIEW ...;` with every option.
pub fn describe_view(table: &TableMetadata, view: &ViewMetadata) -> String {
    let names = join(table.columns().map(|it| maybe_quote(&it.name).into_owned()));
    let selection = if view.includes_all_columns { "*" } else { &names };
    let mut out = format!(
        "CREATE MATERIALIZED VIEW {} AS\n",
        qualified(&table.keyspace, &table.name)
    );
    let _ = writeln!(out, "    SELECT {selection}");
    let _ = writeln!(out, "    FROM {}", qualified(&table.keyspace, &view.base));
    let _ = writeln!(out, "    WHERE {}", view.where_clause);
    let _ = writeln!(out, "    PRIMARY KEY ({})", primary_key(table));
    out.push_str(" WITH ");
    out.push_str(&clustering_order(table));
    let options = options(table);
    let is_shown = |option: &&String| !option.starts_with("default_time_to_live");
    out.push_str(
        &options
            .iter()
            .filter(is_shown)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n    AND "),
    );
    out.push(';');
    out
}

/// `CLUSTERING ORDER BY (...)` and what joins it to the options.
fn clustering_order(table: &TableMetadata) -> String {
    if table.clustering.is_empty() {
        return String::new();
    }
    let order = |it: &ColumnMetadata| {
        let direction = if it.descending { "DESC" } else { "ASC" };
        format!("{} {direction}", maybe_quote(&it.name))
    };
    format!(
        "CLUSTERING ORDER BY ({})\n    AND ",
        join(table.clustering.iter().map(order))
    )
}

/// `CREATE TYPE ...;`
pub fn describe_type(user_type: &UserType) -> String {
    let field = |(name, ty): &(String, _)| format!("    {} {ty}", maybe_quote(name));
    let fields: Vec<String> = user_type.fields.iter().map(field).collect();
    format!(
        "CREATE TYPE {} (\n{}\n);",
        qualified(&user_type.keyspace, &user_type.name),
        fields.join(",\n")
    )
}

fn qualified(keyspace: &str, name: &str) -> String {
    format!("{}.{}", maybe_quote(keyspace), maybe_quote(name))
}

fn join(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn primary_key(table: &TableMetadata) -> String {
    let names = |columns: &[ColumnMetadata]| join(columns.iter().map(|it| maybe_quote(&it.name).into_owned()));
    let partition = match table.partition_key.len() {
        1 => names(&table.partition_key),
        _ => format!("({})", names(&table.partition_key)),
    };
    match table.clustering.is_empty() {
        true => partition,
        false => format!("{partition}, {}", names(&table.clustering)),
    }
}

fn options(table: &TableMetadata) -> Vec<String> {
    let params = &table.params;
    let map = |map: &SortedMap<String, String>| map_literal(map.clone());
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .fold("0x".to_string(), |text, byte| format!("{text}{byte:02x}"))
    };
    let extension = |(name, value): (&String, &Vec<u8>)| format!("{}: {}", text_literal(name), hex(value));
    vec![
        format!(
            "additional_write_policy = {}",
            text_literal(&params.additional_write_policy)
        ),
        format!("allow_auto_snapshot = {}", params.allow_auto_snapshot),
        format!(
            "bloom_filter_fp_chance = {}",
            java_double(params.bloom_filter_fp_chance)
        ),
        format!("caching = {}", map(&params.caching)),
        format!("cdc = {}", params.cdc),
        format!("comment = {}", text_literal(&params.comment)),
        format!("compaction = {}", map(&params.compaction)),
        format!("compression = {}", map(&params.compression)),
        format!("memtable = {}", text_literal(&params.memtable)),
        format!("crc_check_chance = {}", java_double(params.crc_check_chance)),
        format!("default_time_to_live = {}", params.default_time_to_live),
        format!("extensions = {{{}}}", join(params.extensions.iter().map(extension))),
        format!("gc_grace_seconds = {}", params.gc_grace_seconds),
        format!("incremental_backups = {}", params.incremental_backups),
        format!("max_index_interval = {}", params.max_index_interval),
        format!("memtable_flush_period_in_ms = {}", params.memtable_flush_period_in_ms),
        format!("min_index_interval = {}", params.min_index_interval),
        format!("read_repair = {}", text_literal(&params.read_repair)),
        format!("speculative_retry = {}", text_literal(&params.speculative_retry)),
    ]
}

fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn map_literal(entries: impl IntoIterator<Item = (String, String)>) -> String {
    let entry = |(name, value): (String, String)| format!("{}: {}", text_literal(&name), text_literal(&value));
    format!("{{{}}}", join(entries.into_iter().map(entry)))
}
