//! A change of schema as a mutation of `system_schema`: what differs between a keyspace before and after, and nothing else, so
//! that two changes made on different nodes at once merge column by column.

use bytes::Bytes;

use super::compact;
use super::system_schema::{SYSTEM_SCHEMA, schema_table};
use super::{
    ColumnKind, ColumnMetadata, DroppedColumn, KeyspaceMetadata, ReplicationParams, TableMetadata, ViewMetadata,
};
use crate::base::SortedMap;
use crate::data::{
    Cell, DecoratedKey, DeletionTime, EpochSeconds, KeyspaceName, Mutation, Partition, PartitionKey, Row, Slice,
    UserType, Value, WriteTimestamp,
};

/// The mutation that turns `before` into `after`; `None` when they are equal. Both must be of the same name.
pub fn change_mutation(
    before: Option<&KeyspaceMetadata>,
    after: Option<&KeyspaceMetadata>,
    timestamp: WriteTimestamp,
    now: EpochSeconds,
) -> Option<Mutation> {
    let name = before.or(after)?.name.clone();
    if before == after {
        return None;
    }
    let mut writer = Writer {
        key: keyspace_key(&name),
        mutation: None,
        timestamp,
        deletion: DeletionTime::new(timestamp, now),
    };
    let Some(after) = after else {
        writer.drop_keyspace();
        return writer.mutation;
    };
    let header = |it: &KeyspaceMetadata| (it.replication.clone(), it.durable_writes);
    if before.map(header) != Some(header(after)) {
        writer.keyspace(after);
    }
    for dropped in before.iter().flat_map(|it| it.tables.values()) {
        if !after.tables.contains_key(dropped.name.as_str()) {
            writer.drop_table(dropped);
        }
    }
    for table in after.tables.values() {
        let old = before.and_then(|it| it.tables.get(table.name.as_str()));
        if old != Some(table) {
            writer.table(old.map(|it| &**it), table);
        }
    }
    for dropped in before.iter().flat_map(|it| it.types.keys()) {
        if !after.types.contains_key(dropped) {
            writer.delete_row("types", [dropped.as_str()]);
        }
    }
    for user_type in after.types.values() {
        if before.and_then(|it| it.types.get(&user_type.name)) != Some(user_type) {
            writer.user_type(user_type);
        }
    }
    writer.mutation
}

/// The key of a keyspace's rows in every table of `system_schema`.
fn keyspace_key(name: &KeyspaceName) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(Bytes::copy_from_slice(name.as_bytes())))
}

struct Writer {
    key: DecoratedKey,
    mutation: Option<Mutation>,
    timestamp: WriteTimestamp,
    deletion: DeletionTime,
}

impl Writer {
    fn update(&mut self, table: &str, write: impl FnOnce(&TableMetadata, &mut Partition)) {
        let table = schema_table(table);
        let mut update = Partition::empty(self.key.clone());
        write(table, &mut update);
        match &mut self.mutation {
            Some(mutation) => mutation.add(table.id, update),
            None => self.mutation = Some(Mutation::new(SYSTEM_SCHEMA.into(), table.id, update)),
        }
    }

    fn row<const N: usize>(&mut self, table: &str, clustering: [&str; N], cells: Vec<(&str, Option<Value>)>) {
        let (timestamp, deleted) = (self.timestamp, self.deletion.local_deletion_time);
        self.update(table, |table, update| {
            let mut row = Row::inserted(timestamp, None);
            for (column, value) in cells {
                let cell = match value {
                    Some(value) => Cell::live(timestamp, value.encode()),
                    None => Cell::tombstone(timestamp, deleted),
                };
                row.add_cell(&column.into(), cell);
            }
            update.add_row(table.comparator.clustering(texts(clustering)), row);
        });
    }

    fn delete_row<const N: usize>(&mut self, table: &str, clustering: [&str; N]) {
        let deletion = self.deletion;
        self.update(table, |table, update| {
            update.add_row(table.comparator.clustering(texts(clustering)), Row::deleted(deletion));
        });
    }

    fn drop_keyspace(&mut self) {
        let deletion = self.deletion;
        for table in super::system_schema().tables.values() {
            self.update(&table.name, |_, update| update.delete(deletion));
        }
    }

    fn keyspace(&mut self, keyspace: &KeyspaceMetadata) {
        let cells = vec![
            ("durable_writes", Some(Value::Boolean(keyspace.durable_writes))),
            (
                "replication",
                Some(text_map(replication_options(&keyspace.replication))),
            ),
        ];
        self.row("keyspaces", [], cells);
    }

    fn drop_table(&mut self, table: &TableMetadata) {
        self.delete_row(if table.view.is_some() { "views" } else { "tables" }, [&table.name]);
        let deletion = self.deletion;
        for child in ["columns", "column_masks", "dropped_columns", "triggers", "indexes"] {
            self.update(child, |metadata, update| {
                let of_table = || texts([&table.name]);
                let slice = Slice {
                    start: metadata.comparator.before(of_table()),
                    end: metadata.comparator.after(of_table()),
                };
                update.delete_range(slice, deletion);
            });
        }
    }

    fn table(&mut self, before: Option<&TableMetadata>, table: &TableMetadata) {
        if before.is_none_or(|it| it.params != table.params || it.id != table.id || it.view != table.view) {
            match &table.view {
                None => self.row("tables", [&table.name], table_cells(table)),
                Some(view) => self.row("views", [&table.name], view_cells(table, view)),
            }
        }
        for column in before.into_iter().flat_map(TableMetadata::columns) {
            if table.column(&column.name).is_none() {
                self.delete_row("columns", [&table.name, &column.name]);
            }
        }
        for (name, column) in &table.dropped {
            if before.and_then(|it| it.dropped.get(name)) != Some(column) {
                self.row("dropped_columns", [&table.name, name], dropped_cells(column));
            }
        }
        let stored_before = before.map(compact::stored_columns).unwrap_or_default();
        for column in compact::stored_columns(table) {
            if !stored_before.contains(&column) {
                self.row("columns", [&table.name, &column.name], column_cells(&column));
            }
        }
        self.indexes(before, table);
    }

    fn indexes(&mut self, before: Option<&TableMetadata>, table: &TableMetadata) {
        for dropped in before.iter().flat_map(|it| it.indexes.keys()) {
            if !table.indexes.contains_key(dropped) {
                self.delete_row("indexes", [&table.name, dropped]);
            }
        }
        for (name, index) in &table.indexes {
            if before.and_then(|it| it.indexes.get(name)) != Some(index) {
                let options = Some(text_map(index.options()));
                let cells = vec![("kind", text(index.kind())), ("options", options)];
                self.row("indexes", [&table.name, name], cells);
            }
        }
    }

    fn user_type(&mut self, user_type: &UserType) {
        let (names, types) = user_type
            .fields
            .iter()
            .map(|(name, ty)| (name.clone(), ty.to_string()))
            .unzip();
        let cells = vec![
            ("field_names", Some(text_list(names))),
            ("field_types", Some(text_list(types))),
        ];
        self.row("types", [&user_type.name], cells);
    }
}

fn texts<const N: usize>(values: [&str; N]) -> [Option<Bytes>; N] {
    values.map(|text| Some(Bytes::copy_from_slice(text.as_bytes())))
}

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_string()))
}

fn text_list(items: Vec<String>) -> Value {
    Value::List(items.into_iter().map(Value::Text).collect())
}

fn text_map(entries: impl IntoIterator<Item = (String, String)>) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (Value::Text(key), Value::Text(value)))
            .collect(),
    )
}

/// The options of a replication strategy, its class among them, as `system_schema.keyspaces` and DESCRIBE have them.
pub fn replication_options(replication: &ReplicationParams) -> Vec<(String, String)> {
    let class = |name: &str| ("class".to_string(), format!("org.apache.cassandra.locator.{name}"));
    match replication {
        ReplicationParams::Local => vec![class("LocalStrategy")],
        ReplicationParams::Simple { factor } => {
            vec![
                class("SimpleStrategy"),
                ("replication_factor".to_string(), factor.to_string()),
            ]
        }
        ReplicationParams::NetworkTopology { factors } => {
            let factors = factors
                .iter()
                .map(|(datacenter, factor)| (datacenter.clone(), factor.to_string()));
            core::iter::once(class("NetworkTopologyStrategy"))
                .chain(factors)
                .collect()
        }
    }
}

fn view_cells(table: &TableMetadata, view: &ViewMetadata) -> Vec<(&'static str, Option<Value>)> {
    // Of a view these say nothing: its data expires with the base table's.
    let is_of_tables = |name: &str| ["default_time_to_live", "flags"].contains(&name);
    let mut cells = table_cells(table);
    cells.retain(|(name, _)| !is_of_tables(name));
    cells.extend([
        ("base_table_id", Some(Value::Uuid(view.base_id.0))),
        ("base_table_name", text(&view.base)),
        ("include_all_columns", Some(Value::Boolean(view.includes_all_columns))),
        ("where_clause", text(&view.where_clause)),
    ]);
    cells
}

fn dropped_cells(column: &DroppedColumn) -> Vec<(&'static str, Option<Value>)> {
    let kind = if column.kind == ColumnKind::Static {
        "static"
    } else {
        "regular"
    };
    let millis = column.dropped_at.0.div_euclid(1000);
    vec![
        ("dropped_time", Some(Value::Timestamp(millis))),
        ("kind", text(kind)),
        ("type", text(&column.ty.to_string())),
    ]
}

fn column_cells(column: &ColumnMetadata) -> Vec<(&'static str, Option<Value>)> {
    let (kind, position) = match column.kind {
        ColumnKind::PartitionKey => ("partition_key", i32::from(column.position)),
        ColumnKind::Clustering => ("clustering", i32::from(column.position)),
        ColumnKind::Static => ("static", -1),
        ColumnKind::Regular => ("regular", -1),
    };
    let order = match column.kind {
        ColumnKind::Clustering if column.descending => "desc",
        ColumnKind::Clustering => "asc",
        _ => "none",
    };
    vec![
        ("clustering_order", text(order)),
        (
            "column_name_bytes",
            Some(Value::Blob(Bytes::copy_from_slice(column.name.as_bytes()))),
        ),
        ("kind", text(kind)),
        ("position", Some(Value::Int(position))),
        ("type", text(&column.ty.to_string())),
    ]
}

fn table_cells(table: &TableMetadata) -> Vec<(&'static str, Option<Value>)> {
    let params = &table.params;
    let flags = compact::flags(table).into_iter();
    let map = |map: &SortedMap<String, String>| Some(text_map(map.clone()));
    let extensions = params
        .extensions
        .iter()
        .map(|(key, value)| (Value::Text(key.clone()), Value::Blob(Bytes::copy_from_slice(value))));
    vec![
        ("additional_write_policy", text(&params.additional_write_policy)),
        // Written only when it differs from the default, as Cassandra does, so that older nodes can read the row.
        (
            "allow_auto_snapshot",
            (!params.allow_auto_snapshot).then_some(Value::Boolean(false)),
        ),
        (
            "bloom_filter_fp_chance",
            Some(Value::Double(params.bloom_filter_fp_chance)),
        ),
        ("caching", map(&params.caching)),
        ("cdc", params.cdc.then_some(Value::Boolean(true))),
        ("comment", text(&params.comment)),
        ("compaction", map(&params.compaction)),
        ("compression", map(&params.compression)),
        ("crc_check_chance", Some(Value::Double(params.crc_check_chance))),
        ("dclocal_read_repair_chance", Some(Value::Double(0.0))),
        (
            "default_time_to_live",
            Some(Value::Int(params.default_time_to_live as i32)),
        ),
        ("extensions", Some(Value::Map(extensions.collect()))),
        (
            "flags",
            Some(Value::Set(flags.map(|flag| Value::Text(flag.into())).collect())),
        ),
        ("gc_grace_seconds", Some(Value::Int(params.gc_grace_seconds as i32))),
        ("id", Some(Value::Uuid(table.id.0))),
        (
            "incremental_backups",
            (!params.incremental_backups).then_some(Value::Boolean(false)),
        ),
        ("max_index_interval", Some(Value::Int(params.max_index_interval as i32))),
        (
            "memtable",
            (params.memtable != "default").then(|| Value::Text(params.memtable.clone())),
        ),
        (
            "memtable_flush_period_in_ms",
            Some(Value::Int(params.memtable_flush_period_in_ms as i32)),
        ),
        ("min_index_interval", Some(Value::Int(params.min_index_interval as i32))),
        ("read_repair", text(&params.read_repair)),
        ("read_repair_chance", Some(Value::Double(0.0))),
        ("speculative_retry", text(&params.speculative_retry)),
    ]
}
