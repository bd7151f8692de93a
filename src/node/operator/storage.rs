//! What an operator's tool asks of a node's storage: flushes, compactions, snapshots, and how it stands.
//!
//! What takes time in Cassandra is done at once here, before the answer.

use serde::{Deserialize, Serialize};

use super::super::compaction_history::PastCompaction;
use super::super::core::Running;
use crate::base::UnixMicros;
use crate::data::composite::compose_key;
use crate::data::{CqlType, DecoratedKey, KeyspaceName, PartitionKey, TableId, TableName};
use crate::index;
use crate::schema::{IndexTable, KeyspaceMetadata, TableMetadata};
use crate::storage::{
    CompactionProgress, CompactionRecord, CompactionStats, Histogram, Rewrite, SnapshotInfo, StorageError, TableSummary,
};

/// Tables by name: of all keyspaces when none is named, all of a keyspace when no table is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub keyspace: Option<String>,
    pub tables: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StorageCall {
    Flush(Scope),
    Compact(Scope),
    Rewrite(Scope, Rewrite),
    Verify(Scope),
    AutoCompaction {
        scope: Scope,
        on: bool,
    },
    /// Of keyspaces, of one table, or of everything.
    Snapshot {
        /// None: the time.
        name: Option<String>,
        keyspaces: Vec<String>,
        table: Option<(String, String)>,
        flush: bool,
    },
    Snapshots,
    ClearSnapshots {
        name: Option<String>,
        keyspaces: Vec<String>,
    },
    Tables,
    Histograms {
        keyspace: String,
        table: String,
    },
    CompactionStats,
    CompactionHistory,
    Thresholds {
        keyspace: String,
        table: String,
        set: Option<(u32, u32)>,
    },
    /// In bytes a second; 0: no limit.
    SetThroughput(u64),
    SstablesOf {
        keyspace: String,
        table: String,
        /// As text; of several columns, with colons between them.
        key: String,
        is_hex: bool,
    },
    IsAutoCompactionOn(Scope),
    /// What only memory and the commit log keep goes into SSTables and files of hints, and the log is synced.
    Drain,
    InvalidateKeyCache,
    /// Gives up the compaction under way.
    StopCompaction,
    RebuildIndexes {
        keyspace: String,
        table: String,
        names: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StorageAnswer {
    Done,
    NoKeyspace(String),
    NoTable(String, String),
    /// A snapshot of this name, of a keyspace that is not there.
    NoSuchSnapshotable {
        name: String,
        keyspace: String,
    },
    Snapshot(String),
    BadKey {
        class: String,
        message: String,
    },
    /// There is one of that name.
    SnapshotExists(String),
    Failed(String),
    Tables(Vec<(KeyspaceName, Vec<TableStats>)>),
    Histograms(Box<Histograms>),
    Snapshots(Vec<SnapshotInfo>),
    CompactionStats(Box<CompactionView>),
    /// The newest first.
    CompactionHistory(Vec<PastCompaction>),
    Thresholds(u32, u32),
    Files(Vec<String>),
    AutoCompaction(Vec<(KeyspaceName, TableName, bool)>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableStats {
    pub name: TableName,
    pub summary: TableSummary,
    /// Of its snapshots that its table has no more.
    pub snapshot_bytes: u64,
    pub is_leveled: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histograms {
    pub sstables_of_reads: Vec<u32>,
    pub partition_bytes: Histogram,
    pub cells: Histogram,
    pub has_sstables: bool,
}

/// Compactions as they stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompactionView {
    pub stats: CompactionStats,
    pub pending: Vec<(KeyspaceName, TableName, u32)>,
    /// With the id of each.
    pub active: Vec<(String, KeyspaceName, TableName, CompactionProgress)>,
    /// How many were completed in the last 15 minutes.
    pub in_15_minutes: u32,
    pub uptime_seconds: u64,
}

type Found<'a> = Result<Vec<(&'a KeyspaceMetadata, &'a TableMetadata)>, StorageAnswer>;

impl Running {
    pub(super) fn operate_storage(&mut self, call: StorageCall) -> StorageAnswer {
        match self.try_operate_storage(call) {
            Ok(answer) | Err(answer) => answer,
        }
    }

    fn try_operate_storage(&mut self, call: StorageCall) -> Result<StorageAnswer, StorageAnswer> {
        let failed = |error: StorageError| StorageAnswer::Failed(error.to_string());
        match call {
            StorageCall::Flush(scope) => {
                let ids = self.ids(&scope)?;
                self.engine.flush(&ids).map_err(failed)?;
            }
            StorageCall::Drain => {
                let (now, disk) = (self.now, self.engine.disk());
                self.hints.flush(now, disk).map_err(failed)?;
                self.engine.drain().map_err(failed)?;
            }
            StorageCall::InvalidateKeyCache => self.engine.invalidate_key_cache(),
            StorageCall::StopCompaction => self.engine.stop_compaction().map_err(failed)?,
            StorageCall::RebuildIndexes { keyspace, table, names } => {
                self.rebuild_indexes(&keyspace, &table, &names)?;
            }
            StorageCall::Compact(scope) => {
                for id in self.ids(&scope)? {
                    self.engine.compact(id).map_err(failed)?;
                }
            }
            StorageCall::Rewrite(scope, rewrite) => {
                for id in self.ids(&scope)? {
                    self.engine.rewrite(id, rewrite).map_err(failed)?;
                }
            }
            StorageCall::Verify(scope) => {
                for id in self.ids(&scope)? {
                    self.engine.verify(id).map_err(failed)?;
                }
            }
            StorageCall::AutoCompaction { scope, on } => {
                for id in self.ids(&scope)? {
                    self.engine.set_auto_compaction(id, on);
                }
            }
            StorageCall::Snapshot {
                name,
                keyspaces,
                table,
                flush,
            } => {
                let name = name.unwrap_or_else(|| self.wall_clock().millis().to_string());
                return self.take_snapshot(&name, &keyspaces, table, flush);
            }
            StorageCall::Snapshots => return Ok(StorageAnswer::Snapshots(self.engine.snapshots().map_err(failed)?)),
            StorageCall::ClearSnapshots { name, keyspaces } => {
                self.engine
                    .clear_snapshots(name.as_deref(), &keyspaces)
                    .map_err(failed)?;
            }
            StorageCall::Tables => return self.table_stats().map_err(failed),
            StorageCall::Histograms { keyspace, table } => {
                let id = self.one(&keyspace, &table)?;
                let [partition_bytes, cells] = self.engine.partition_histograms(id);
                return Ok(StorageAnswer::Histograms(Box::new(Histograms {
                    sstables_of_reads: self.engine.sstables_of_reads(id),
                    has_sstables: !self.engine.sstables(id).is_empty(),
                    partition_bytes,
                    cells,
                })));
            }
            StorageCall::CompactionStats => {
                return Ok(StorageAnswer::CompactionStats(Box::new(self.compaction_view())));
            }
            StorageCall::CompactionHistory => {
                return Ok(StorageAnswer::CompactionHistory(
                    self.past_compactions().map_err(failed)?,
                ));
            }
            StorageCall::Thresholds { keyspace, table, set } => {
                let id = self.one(&keyspace, &table)?;
                if let Some((min, max)) = set {
                    self.engine.set_compaction_thresholds(id, min, max);
                }
                let (min, max) = self.engine.compaction_thresholds(id);
                return Ok(StorageAnswer::Thresholds(min, max));
            }
            StorageCall::SetThroughput(bytes) => self.engine.set_compaction_bytes_per_second(bytes),
            StorageCall::SstablesOf {
                keyspace,
                table,
                key,
                is_hex,
            } => {
                let id = self.one(&keyspace, &table)?;
                let key = self.parse_key(id, &key, is_hex)?;
                let files = self.engine.sstables_of(id, &DecoratedKey::new(key));
                return Ok(StorageAnswer::Files(files.map_err(failed)?));
            }
            StorageCall::IsAutoCompactionOn(scope) => {
                let tables = self.tables_in(&scope)?.into_iter();
                let states = tables.map(|(keyspace, table)| {
                    let on = self.engine.is_auto_compaction_on(table.id);
                    (keyspace.name.clone(), table.name.clone(), on)
                });
                return Ok(StorageAnswer::AutoCompaction(states.collect()));
            }
        }
        Ok(StorageAnswer::Done)
    }

    /// Those of no table of that name are left alone.
    fn rebuild_indexes(&mut self, keyspace: &str, table: &str, names: &[String]) -> Result<(), StorageAnswer> {
        let failed = |error: StorageError| StorageAnswer::Failed(error.to_string());
        let table = self.one(keyspace, table)?;
        let schema = self.schema.clone();
        let is_meant = |index: &IndexTable| names.contains(&index.index.name);
        for (_, index) in schema.all_indexes().filter(|(id, it)| *id == table && is_meant(it)) {
            index::forget(&mut self.engine, index.table.id).map_err(failed)?;
        }
        let now = self.epoch_seconds();
        index::build_missing(&mut self.engine, &schema, now, false).map_err(failed)
    }

    fn tables_in(&self, scope: &Scope) -> Found<'_> {
        let mut found = Vec::new();
        let Some(keyspace) = &scope.keyspace else {
            let all = self.schema.keyspaces();
            found.extend(all.flat_map(|keyspace| keyspace.tables.values().map(move |table| (&**keyspace, &**table))));
            return Ok(found);
        };
        let no_keyspace = || StorageAnswer::NoKeyspace(keyspace.clone());
        let metadata = self.schema.keyspace(keyspace).ok_or_else(no_keyspace)?;
        if scope.tables.is_empty() {
            found.extend(metadata.tables.values().map(|table| (&**metadata, &**table)));
        }
        for name in &scope.tables {
            let no_table = || StorageAnswer::NoTable(keyspace.clone(), name.clone());
            let table = metadata.tables.get(name.as_str()).ok_or_else(no_table)?;
            found.push((&**metadata, &**table));
        }
        Ok(found)
    }

    fn ids(&self, scope: &Scope) -> Result<Vec<TableId>, StorageAnswer> {
        Ok(self.tables_in(scope)?.into_iter().map(|(_, table)| table.id).collect())
    }

    fn one(&self, keyspace: &str, table: &str) -> Result<TableId, StorageAnswer> {
        let found = self.schema.table(keyspace, table);
        let no_table = || StorageAnswer::NoTable(keyspace.to_owned(), table.to_owned());
        found.map(|table| table.id).ok_or_else(no_table)
    }

    fn names_of(&self, id: TableId) -> Option<(KeyspaceName, TableName)> {
        let table = self.schema.table_by_id(id)?;
        Some((table.keyspace.clone(), table.name.clone()))
    }

    fn take_snapshot(
        &mut self,
        name: &str,
        keyspaces: &[String],
        table: Option<(String, String)>,
        flush: bool,
    ) -> Result<StorageAnswer, StorageAnswer> {
        let mut ids = Vec::new();
        if let Some((keyspace, table)) = &table {
            ids.push(self.one(keyspace, table)?);
        } else if keyspaces.is_empty() {
            ids = self.ids(&Scope::default())?;
        }
        for keyspace in keyspaces {
            if self.schema.keyspace(keyspace).is_none() {
                let (name, keyspace) = (name.to_owned(), keyspace.clone());
                return Err(StorageAnswer::NoSuchSnapshotable { name, keyspace });
            }
            let keyspace = Some(keyspace.clone());
            ids.extend(self.ids(&Scope {
                keyspace,
                tables: Vec::new(),
            })?);
        }
        let failed = |error: StorageError| StorageAnswer::Failed(error.to_string());
        let names: Vec<_> = ids.iter().filter_map(|id| self.names_of(*id)).collect();
        let is_same = |it: &SnapshotInfo| {
            it.name == name
                && names
                    .iter()
                    .any(|(keyspace, table)| **keyspace == it.keyspace && **table == it.table)
        };
        if self.engine.snapshots().map_err(failed)?.iter().any(is_same) {
            return Err(StorageAnswer::SnapshotExists(name.to_owned()));
        }
        self.engine.snapshot(name, &ids, flush).map_err(failed)?;
        Ok(StorageAnswer::Snapshot(name.to_owned()))
    }

    pub(in crate::node) fn compaction_view(&self) -> CompactionView {
        let stats = self.engine.compaction_stats();
        let pending = stats.pending.iter().filter_map(|(id, count)| {
            let (keyspace, table) = self.names_of(*id)?;
            Some((keyspace, table, *count))
        });
        let now = self.wall_clock();
        let active = stats.active.iter().filter_map(|it| {
            let (keyspace, table) = self.names_of(it.table)?;
            Some((id_of(now, stats.completed + 1), keyspace, table, it.clone()))
        });
        let is_recent = |it: &&CompactionRecord| now.0 - it.at.0 < 15 * 60 * 1_000_000;
        CompactionView {
            pending: pending.collect(),
            active: active.collect(),
            in_15_minutes: self.engine.compaction_history().rev().take_while(is_recent).count() as u32,
            uptime_seconds: self.now.since(self.started).as_secs(),
            stats,
        }
    }

    fn parse_key(&self, id: TableId, text: &str, is_hex: bool) -> Result<PartitionKey, StorageAnswer> {
        let bad = |class: &str, message: String| StorageAnswer::BadKey {
            class: class.to_owned(),
            message,
        };
        const MARSHAL: &str = "org.apache.cassandra.serializers.MarshalException";
        let Some(table) = self.schema.table_by_id(id) else {
            return Err(bad(MARSHAL, "the table is gone".into()));
        };
        if is_hex {
            let bytes = CqlType::Blob
                .from_string(text)
                .map_err(|error| bad(MARSHAL, error.to_string()))?;
            return Ok(PartitionKey(bytes));
        }
        let columns = &table.partition_key;
        let texts: Vec<&str> = if columns.len() == 1 {
            vec![text]
        } else {
            text.split(':').collect()
        };
        if texts.len() != columns.len() {
            let message = format!("a key of {} columns, colons between them, is expected", columns.len());
            return Err(bad(MARSHAL, message));
        }
        let parts = columns.iter().zip(texts).map(|(column, text)| {
            column.ty.from_string(text).map_err(|error| match (&column.ty, error) {
                (CqlType::Tinyint | CqlType::Smallint | CqlType::Int | CqlType::Bigint, _) => bad(
                    "java.lang.NumberFormatException",
                    format!("For input string: \"{text}\""),
                ),
                (_, error) => bad(MARSHAL, error.to_string()),
            })
        });
        let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
        Ok(PartitionKey(compose_key(&parts)))
    }

    fn table_stats(&self) -> Result<StorageAnswer, StorageError> {
        let snapshots = self.engine.snapshots()?;
        let stats_of = |keyspace: &KeyspaceMetadata| {
            let tables = keyspace.tables.values().map(|table| {
                let own = snapshots
                    .iter()
                    .filter(|it| *keyspace.name == it.keyspace && *table.name == it.table);
                TableStats {
                    name: table.name.clone(),
                    summary: self.engine.table_summary(table.id),
                    snapshot_bytes: own.map(|it| it.own_bytes).sum(),
                    is_leveled: table
                        .params
                        .compaction
                        .get("class")
                        .is_some_and(|it| it.contains("Leveled")),
                }
            });
            (keyspace.name.clone(), tables.collect())
        };
        Ok(StorageAnswer::Tables(
            self.schema.keyspaces().map(|it| stats_of(it)).collect(),
        ))
    }
}

/// The id of a compaction: a time UUID of when it was done, and its number.
fn id_of(at: UnixMicros, number: u64) -> String {
    /// 100 ns from the Gregorian reform to the Unix epoch.
    const GREGORIAN: i64 = 0x01b2_1dd2_1381_4000;
    let ticks = (at.0.saturating_mul(10) + GREGORIAN) as u64;
    let node = (number as u128) & 0xffff_ffff_ffff;
    let high = (ticks & 0xffff_ffff) << 32 | (ticks >> 32 & 0xffff) << 16 | 0x1000 | (ticks >> 48 & 0x0fff);
    uuid::Uuid::from_u128(u128::from(high) << 64 | 0x8000_u128 << 48 | node).to_string()
}
