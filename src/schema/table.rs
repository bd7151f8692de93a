//! Tables and their columns.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{IndexMetadata, ViewMetadata};
use crate::base::{Arrange, SortedMap};
use crate::data::{ClusteringComparator, ColumnName, CqlType, KeyspaceName, Row, TableId, TableName, WriteTimestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ColumnKind {
    PartitionKey,
    Clustering,
    Static,
    Regular,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMetadata {
    pub name: ColumnName,
    pub ty: CqlType,
    pub kind: ColumnKind,
    /// Its place among the columns of its kind, for key columns.
    pub position: u16,
    /// For a clustering column: rows are in descending order of it.
    pub descending: bool,
}

/// A column that is no longer there, and what it was: its old cells are not to be seen, should it come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedColumn {
    /// With user types as the tuples they are made of.
    pub ty: CqlType,
    pub kind: ColumnKind,
    /// Cells up to this are gone. A whole number of milliseconds, which is how the schema keeps it.
    pub dropped_at: WriteTimestamp,
}

/// One table: its identity, columns and options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableMetadata {
    pub id: TableId,
    pub keyspace: KeyspaceName,
    pub name: TableName,
    pub partition_key: Vec<ColumnMetadata>,
    pub clustering: Vec<ColumnMetadata>,
    /// Static and regular columns by name.
    pub statics: SortedMap<ColumnName, ColumnMetadata>,
    pub regulars: SortedMap<ColumnName, ColumnMetadata>,
    pub dropped: SortedMap<ColumnName, DroppedColumn>,
    /// WITH COMPACT STORAGE: rows have no markers, a row is there while it has a value.
    pub compact: bool,
    pub params: TableParams,
    pub comparator: ClusteringComparator,
    /// What it is a view of, if it is a materialized view.
    pub view: Option<Arc<ViewMetadata>>,
    /// By name.
    pub indexes: SortedMap<String, IndexMetadata>,
}

impl TableMetadata {
    /// Assembles a table; `columns` in any order of kinds, key columns in their positions' order.
    pub fn new(
        id: TableId,
        keyspace: KeyspaceName,
        name: TableName,
        columns: impl IntoIterator<Item = ColumnMetadata>,
        params: TableParams,
    ) -> TableMetadata {
        let mut table = TableMetadata {
            id,
            keyspace,
            name,
            partition_key: Vec::new(),
            clustering: Vec::new(),
            statics: SortedMap::new(),
            regulars: SortedMap::new(),
            dropped: SortedMap::new(),
            compact: false,
            params,
            comparator: ClusteringComparator::default(),
            view: None,
            indexes: SortedMap::new(),
        };
        for column in columns {
            match column.kind {
                ColumnKind::PartitionKey => table.partition_key.push(column),
                ColumnKind::Clustering => table.clustering.push(column),
                ColumnKind::Static => drop(table.statics.insert(column.name.clone(), column)),
                ColumnKind::Regular => drop(table.regulars.insert(column.name.clone(), column)),
            }
        }
        table.partition_key.arrange_by_key(|column| column.position);
        table.clustering.arrange_by_key(|column| column.position);
        let order = table
            .clustering
            .iter()
            .map(|column| (column.ty.clone(), column.descending))
            .collect();
        table.comparator = ClusteringComparator::new(order);
        table
    }

    /// The same table with other columns.
    pub fn with_columns(&self, columns: impl IntoIterator<Item = ColumnMetadata>) -> TableMetadata {
        let (keyspace, name) = (self.keyspace.clone(), self.name.clone());
        let mut table = TableMetadata::new(self.id, keyspace, name, columns, self.params.clone());
        table.dropped = self.dropped.clone();
        table.view = self.view.clone();
        table.indexes = self.indexes.clone();
        table.compact = self.compact;
        table
    }

    /// Takes out of a row what was written to columns before they were dropped.
    pub fn hide_dropped(&self, row: &mut Row) {
        for (name, column) in &self.dropped {
            row.drop_until(name, column.dropped_at);
        }
    }

    /// In the order of `SELECT *`: partition key, clustering, statics, then the rest by name.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnMetadata> {
        self.partition_key
            .iter()
            .chain(&self.clustering)
            .chain(self.statics.values())
            .chain(self.regulars.values())
    }

    /// Whether its columns beside the key are counters: all of them are, or none.
    pub fn is_counter(&self) -> bool {
        let mut rest = self.regulars.values().chain(self.statics.values());
        rest.any(|column| column.ty == CqlType::Counter)
    }

    /// Whether its rows live by their markers alone. `TableMetadata.enforceStrictLiveness`.
    pub fn needs_markers(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.base_column_in_key.is_some())
    }

    pub fn column(&self, name: &str) -> Option<&ColumnMetadata> {
        let keys = self.partition_key.iter().chain(&self.clustering);
        keys.into_iter()
            .find(|column| column.name.as_str() == name)
            .or_else(|| self.statics.get(name))
            .or_else(|| self.regulars.get(name))
    }
}

/// A table's options, complete with defaults. Their text is what DESCRIBE prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableParams {
    pub additional_write_policy: String,
    pub allow_auto_snapshot: bool,
    pub bloom_filter_fp_chance: f64,
    pub caching: SortedMap<String, String>,
    pub cdc: bool,
    pub comment: String,
    pub compaction: SortedMap<String, String>,
    pub compression: SortedMap<String, String>,
    pub memtable: String,
    pub crc_check_chance: f64,
    /// Seconds; 0: data lives for ever.
    pub default_time_to_live: u32,
    pub extensions: SortedMap<String, Vec<u8>>,
    /// Seconds that tombstones are kept.
    pub gc_grace_seconds: u32,
    pub incremental_backups: bool,
    pub max_index_interval: u32,
    pub memtable_flush_period_in_ms: u32,
    pub min_index_interval: u32,
    pub read_repair: String,
    pub speculative_retry: String,
}

impl Default for TableParams {
    /// `TableParams.java`'s defaults in 5.0.
    fn default() -> TableParams {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        TableParams {
            additional_write_policy: "99p".into(),
            allow_auto_snapshot: true,
            bloom_filter_fp_chance: 0.01,
            caching: map(&[("keys", "ALL"), ("rows_per_partition", "NONE")]),
            cdc: false,
            comment: String::new(),
            compaction: map(&[
                (
                    "class",
                    "org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy",
                ),
                ("max_threshold", "32"),
                ("min_threshold", "4"),
            ]),
            compression: map(&[
                ("chunk_length_in_kb", "16"),
                ("class", "org.apache.cassandra.io.compress.LZ4Compressor"),
            ]),
            memtable: "default".into(),
            crc_check_chance: 1.0,
            default_time_to_live: 0,
            extensions: SortedMap::new(),
            gc_grace_seconds: 864_000,
            incremental_backups: true,
            max_index_interval: 2048,
            memtable_flush_period_in_ms: 0,
            min_index_interval: 128,
            read_repair: "BLOCKING".into(),
            speculative_retry: "99p".into(),
        }
    }
}
