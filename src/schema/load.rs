//! From the rows of `system_schema` back to the schema.

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};

use super::compact;
use super::system_schema::schema_table;
use super::{
    ColumnKind, ColumnMetadata, DroppedColumn, IndexMetadata, KeyspaceMetadata, ReplicationParams, Schema,
    TableMetadata, TableParams, ViewMetadata, system_schema,
};
use crate::base::{SortedMap, codec};
use crate::data::{
    Clustering, ColumnName, CqlType, EpochSeconds, KeyspaceName, Partition, Row, TableId, TableName, UserType, Value,
    WriteTimestamp,
};

/// A row of `system_schema` that does not make sense: corruption, or a defect of ours.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("system_schema.{table} has a row of keyspace {keyspace} that cannot be understood: {why}")]
pub struct SchemaRowError {
    pub table: String,
    pub keyspace: String,
    pub why: String,
}

/// Builds the schema from what `read` finds in each table of `system_schema`, and adds the built-in keyspaces.
pub fn load_schema(
    read: impl Fn(&TableMetadata) -> Vec<Partition>,
    builtin: impl IntoIterator<Item = KeyspaceMetadata>,
    now: EpochSeconds,
) -> Result<Schema, SchemaRowError> {
    let [headers, tables, views, columns, dropped, indexes, types] = [
        "keyspaces",
        "tables",
        "views",
        "columns",
        "dropped_columns",
        "indexes",
        "types",
    ]
    .map(|name| Table::new(name, read(schema_table(name)), now));
    let mut keyspaces = Vec::new();
    // The rows of keyspaces that are the same everywhere are there to be read.
    let own = |name: &&str| !super::change::is_local_system_keyspace(name);
    for name in headers.keyspaces().filter(own) {
        let Some(header) = headers.rows(name).next() else {
            continue;
        };
        let types = load_types(name, &types)?;
        keyspaces.push(KeyspaceMetadata {
            name: KeyspaceName::new(name),
            replication: replication(&header)?,
            durable_writes: header.required("durable_writes", boolean)?,
            tables: load_tables(name, [&tables, &views], [&columns, &dropped, &indexes], &types)?,
            types,
        });
    }
    let version = Md5::digest(codec::encode(&keyspaces));
    keyspaces.extend(builtin);
    keyspaces.push(system_schema().clone());
    Ok(Schema::new(
        keyspaces,
        uuid::Builder::from_md5_bytes(version.into()).into_uuid(),
    ))
}

/// The content of one table of `system_schema`, by keyspace.
struct Table {
    metadata: &'static TableMetadata,
    partitions: SortedMap<String, Partition>,
    now: EpochSeconds,
}

impl Table {
    fn new(name: &str, partitions: Vec<Partition>, now: EpochSeconds) -> Table {
        let named = |it: Partition| (String::from_utf8_lossy(&it.key.key.0).into_owned(), it);
        Table {
            metadata: schema_table(name),
            partitions: partitions.into_iter().map(named).collect(),
            now,
        }
    }

    fn keyspaces(&self) -> impl Iterator<Item = &str> {
        self.partitions.keys().map(String::as_str)
    }

    fn rows<'a>(&'a self, keyspace: &'a str) -> impl Iterator<Item = SchemaRow<'a>> {
        let rows = self.partitions.get(keyspace).into_iter().flat_map(Partition::rows);
        rows.filter(|(_, row)| row.is_live(self.now))
            .map(move |(clustering, row)| SchemaRow {
                table: self,
                keyspace,
                clustering,
                row,
            })
    }
}

/// One live row and where it was found, for errors.
struct SchemaRow<'a> {
    table: &'a Table,
    keyspace: &'a str,
    clustering: &'a Clustering,
    row: &'a Row,
}

impl SchemaRow<'_> {
    fn error(&self, why: impl Into<String>) -> SchemaRowError {
        let (table, keyspace) = (self.table.metadata.name.to_string(), self.keyspace.to_string());
        SchemaRowError {
            table,
            keyspace,
            why: why.into(),
        }
    }

    /// The n-th clustering column, which are all text.
    fn name(&self, n: usize) -> Result<String, SchemaRowError> {
        let value: Option<&Bytes> = self.clustering.values().get(n).and_then(Option::as_ref);
        let text = value.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        text.ok_or_else(|| self.error("its name is not text"))
    }

    fn optional<T>(&self, column: &str, convert: impl Fn(Value) -> Option<T>) -> Result<Option<T>, SchemaRowError> {
        let Some(bytes) = self.row.cell(column).and_then(|cell| cell.value(self.table.now)) else {
            return Ok(None);
        };
        let ty = self.table.metadata.column(column).map(|it| &it.ty);
        let value = ty.and_then(|ty| ty.decode(bytes).ok()).and_then(convert);
        value
            .map(Some)
            .ok_or_else(|| self.error(format!("column {column} holds no value of its type")))
    }

    fn required<T>(&self, column: &str, convert: impl Fn(Value) -> Option<T>) -> Result<T, SchemaRowError> {
        self.optional(column, convert)?
            .ok_or_else(|| self.error(format!("column {column} is missing")))
    }
}

fn uuid(value: Value) -> Option<uuid::Uuid> {
    if let Value::Uuid(it) = value { Some(it) } else { None }
}

fn boolean(value: Value) -> Option<bool> {
    if let Value::Boolean(it) = value { Some(it) } else { None }
}

fn text(value: Value) -> Option<String> {
    if let Value::Text(it) = value { Some(it) } else { None }
}

fn count(value: Value) -> Option<u32> {
    if let Value::Int(it) = value {
        u32::try_from(it).ok()
    } else {
        None
    }
}

fn double(value: Value) -> Option<f64> {
    if let Value::Double(it) = value { Some(it) } else { None }
}

fn texts(value: Value) -> Option<Vec<String>> {
    if let Value::List(items) = value {
        items.into_iter().map(text).collect()
    } else {
        None
    }
}

fn text_set(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Set(items) => items.into_iter().map(text).collect(),
        _ => None,
    }
}

fn text_map(value: Value) -> Option<SortedMap<String, String>> {
    let Value::Map(entries) = value else { return None };
    entries
        .into_iter()
        .map(|(key, value)| Some((text(key)?, text(value)?)))
        .collect()
}

fn blob_map(value: Value) -> Option<SortedMap<String, Vec<u8>>> {
    let Value::Map(entries) = value else { return None };
    let entry = |(key, value)| match value {
        Value::Blob(bytes) => Some((text(key)?, bytes.to_vec())),
        _ => None,
    };
    entries.into_iter().map(entry).collect()
}

fn replication(header: &SchemaRow<'_>) -> Result<ReplicationParams, SchemaRowError> {
    let mut options = header.required("replication", text_map)?;
    let class = options.remove("class").unwrap_or_default();
    let factor = |text: &String| {
        text.parse()
            .map_err(|_| header.error(format!("{text} is no replication factor")))
    };
    match class.rsplit('.').next().unwrap_or_default() {
        "LocalStrategy" => Ok(ReplicationParams::Local),
        "SimpleStrategy" => {
            let text = options.remove("replication_factor").unwrap_or_default();
            Ok(ReplicationParams::Simple { factor: factor(&text)? })
        }
        "NetworkTopologyStrategy" => {
            let factors = options
                .iter()
                .map(|(name, text)| Ok((name.clone(), factor(text)?)))
                .collect::<Result<_, _>>()?;
            Ok(ReplicationParams::NetworkTopology { factors })
        }
        other => Err(header.error(format!("unknown replication class {other}"))),
    }
}

type Types = SortedMap<String, Arc<UserType>>;

/// User types may name one another, so each is made once those it names are there.
fn load_types(keyspace: &str, table: &Table) -> Result<Types, SchemaRowError> {
    let mut waiting: Vec<SchemaRow<'_>> = table.rows(keyspace).collect();
    let mut types = Types::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut left = Vec::new();
        for row in waiting {
            match load_type(keyspace, &row, &types) {
                Ok(user_type) => drop(types.insert(user_type.name.clone(), Arc::new(user_type))),
                Err(_) if before > 1 => left.push(row),
                Err(error) => return Err(error),
            }
        }
        if left.len() == before {
            return Err(left[0].error("its fields name types that are not there"));
        }
        waiting = left;
    }
    Ok(types)
}

fn load_type(keyspace: &str, row: &SchemaRow<'_>, known: &Types) -> Result<UserType, SchemaRowError> {
    let (names, types) = (row.required("field_names", texts)?, row.required("field_types", texts)?);
    let types = types
        .iter()
        .map(|text| parse_type(row, text, known))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(UserType {
        keyspace: keyspace.to_string(),
        name: row.name(0)?,
        fields: names.into_iter().zip(types).collect(),
        frozen: false,
    })
}

fn parse_type(row: &SchemaRow<'_>, text: &str, types: &Types) -> Result<CqlType, SchemaRowError> {
    let user_type = |name: &str| types.get(name).cloned();
    CqlType::parse(text, user_type).map_err(|error| row.error(error.to_string()))
}

fn load_tables(
    keyspace: &str,
    [tables, views]: [&Table; 2],
    [columns, dropped, indexes]: [&Table; 3],
    types: &Types,
) -> Result<SortedMap<TableName, Arc<TableMetadata>>, SchemaRowError> {
    let mut by_table: SortedMap<String, Vec<ColumnMetadata>> = SortedMap::new();
    for row in columns.rows(keyspace) {
        by_table
            .entry(row.name(0)?)
            .or_default()
            .push(load_column(&row, types)?);
    }
    let mut indexed: SortedMap<String, SortedMap<String, IndexMetadata>> = SortedMap::new();
    for row in indexes.rows(keyspace) {
        let index = load_index(&row)?;
        indexed
            .entry(row.name(0)?)
            .or_default()
            .insert(index.name.clone(), index);
    }
    let mut dropped_by_table: SortedMap<String, SortedMap<ColumnName, DroppedColumn>> = SortedMap::new();
    for row in dropped.rows(keyspace) {
        let column = load_dropped(&row, types)?;
        let of_table = dropped_by_table.entry(row.name(0)?).or_default();
        of_table.insert(ColumnName::from(row.name(1)?), column);
    }
    let mut loaded = SortedMap::new();
    for row in tables.rows(keyspace).chain(views.rows(keyspace)) {
        let name = row.name(0)?;
        // A table's row without columns is half of a drop that raced with another change: the table is gone.
        let Some(columns) = by_table.remove(&name) else {
            continue;
        };
        let id = row.required("id", uuid).map(TableId)?;
        // Views have no flags.
        let flags = row.optional("flags", text_set)?;
        let (compact, columns) = match flags {
            Some(flags) => compact::shown_columns(&flags, columns),
            None => (false, columns),
        };
        let mut table = TableMetadata::new(id, keyspace.into(), TableName::new(&name), columns, load_params(&row)?);
        table.compact = compact;
        table.dropped = dropped_by_table.remove(&name).unwrap_or_default();
        if core::ptr::eq(row.table, views) {
            table.view = Some(Arc::new(load_view(&row)?));
        }
        // An index whose column is gone is half of a drop that raced with another change.
        let mut of_table = indexed.remove(&name).unwrap_or_default();
        of_table.retain(|_, index| table.column(&index.column).is_some());
        table.indexes = of_table;
        loaded.insert(table.name.clone(), table);
    }
    let columns_in_key = loaded
        .values()
        .map(|view| base_column_in_key(view, &loaded))
        .collect::<Vec<_>>();
    for (table, column) in loaded.values_mut().zip(columns_in_key) {
        if let Some(view) = table.view.as_mut().and_then(Arc::get_mut) {
            view.base_column_in_key = column;
        }
    }
    Ok(loaded
        .into_iter()
        .map(|(name, table)| (name, Arc::new(table)))
        .collect())
}

fn load_view(row: &SchemaRow<'_>) -> Result<ViewMetadata, SchemaRowError> {
    Ok(ViewMetadata {
        base_id: row.required("base_table_id", uuid).map(TableId)?,
        base: TableName::new(&row.required("base_table_name", text)?),
        includes_all_columns: row.required("include_all_columns", boolean)?,
        where_clause: row.required("where_clause", text)?,
        base_column_in_key: None,
    })
}

/// The column of a view's key that is not in its base table's.
fn base_column_in_key(view: &TableMetadata, tables: &SortedMap<TableName, TableMetadata>) -> Option<ColumnName> {
    let base = tables.get(view.view.as_ref()?.base.as_str())?;
    let is_regular = |column: &&ColumnMetadata| {
        let column = base.column(&column.name);
        column.is_some_and(|it| it.kind > ColumnKind::Clustering)
    };
    let key = view.partition_key.iter().chain(&view.clustering);
    key.into_iter().find(is_regular).map(|column| column.name.clone())
}

fn load_dropped(row: &SchemaRow<'_>, types: &Types) -> Result<DroppedColumn, SchemaRowError> {
    let millis = row.required("dropped_time", |value| match value {
        Value::Timestamp(it) => Some(it),
        _ => None,
    })?;
    let kind = match row.required("kind", text)?.as_str() {
        "static" => ColumnKind::Static,
        _ => ColumnKind::Regular,
    };
    Ok(DroppedColumn {
        ty: parse_type(row, &row.required("type", text)?, types)?,
        kind,
        dropped_at: WriteTimestamp(millis.saturating_mul(1000)),
    })
}

fn load_column(row: &SchemaRow<'_>, types: &Types) -> Result<ColumnMetadata, SchemaRowError> {
    let kind = match row.required("kind", text)?.as_str() {
        "partition_key" => ColumnKind::PartitionKey,
        "clustering" => ColumnKind::Clustering,
        "static" => ColumnKind::Static,
        "regular" => ColumnKind::Regular,
        other => return Err(row.error(format!("unknown kind of column {other}"))),
    };
    let position = row.required(
        "position",
        |value| if let Value::Int(it) = value { Some(it) } else { None },
    )?;
    Ok(ColumnMetadata {
        name: ColumnName::from(row.name(1)?),
        ty: parse_type(row, &row.required("type", text)?, types)?,
        kind,
        position: u16::try_from(position).unwrap_or_default(),
        descending: row.required("clustering_order", text)?.eq_ignore_ascii_case("desc"),
    })
}

fn load_index(row: &SchemaRow<'_>) -> Result<IndexMetadata, SchemaRowError> {
    let (kind, options) = (row.required("kind", text)?, row.required("options", text_map)?);
    let index = IndexMetadata::from_options(row.name(1)?, &kind, options);
    index.ok_or_else(|| row.error("its options make no index"))
}

fn load_params(row: &SchemaRow<'_>) -> Result<TableParams, SchemaRowError> {
    let default = TableParams::default();
    Ok(TableParams {
        additional_write_policy: row.required("additional_write_policy", text)?,
        allow_auto_snapshot: row
            .optional("allow_auto_snapshot", boolean)?
            .unwrap_or(default.allow_auto_snapshot),
        bloom_filter_fp_chance: row.required("bloom_filter_fp_chance", double)?,
        caching: row.required("caching", text_map)?,
        cdc: row.optional("cdc", boolean)?.unwrap_or(default.cdc),
        comment: row.required("comment", text)?,
        compaction: row.required("compaction", text_map)?,
        compression: row.required("compression", text_map)?,
        memtable: row.optional("memtable", text)?.unwrap_or(default.memtable),
        crc_check_chance: row.required("crc_check_chance", double)?,
        // A view's row does not say.
        default_time_to_live: row
            .optional("default_time_to_live", count)?
            .unwrap_or(default.default_time_to_live),
        extensions: row.required("extensions", blob_map)?,
        gc_grace_seconds: row.required("gc_grace_seconds", count)?,
        incremental_backups: row
            .optional("incremental_backups", boolean)?
            .unwrap_or(default.incremental_backups),
        max_index_interval: row.required("max_index_interval", count)?,
        memtable_flush_period_in_ms: row.required("memtable_flush_period_in_ms", count)?,
        min_index_interval: row.required("min_index_interval", count)?,
        read_repair: row.required("read_repair", text)?,
        speculative_retry: row.required("speculative_retry", text)?,
    })
}
