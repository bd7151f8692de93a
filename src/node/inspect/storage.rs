//! The parts of a node's storage: segments of the commit log, SSTables as their strategy sees them, what merging costs.

use serde::{Deserialize, Serialize};

use super::super::core::Running;
use super::super::snapshot::key_text;
use crate::base::Arrange;
use crate::data::{TableId, Token};
use crate::schema::TableMetadata;
use crate::storage::SstableLook;
use crate::storage::compaction::Group;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StorageView {
    pub segments: Vec<SegmentView>,
    /// Those with any data; the system's own after the others.
    pub tables: Vec<TableStorageView>,
    pub compaction: Option<CompactionUnderWay>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentView {
    pub file: String,
    pub bytes: u32,
    pub is_active: bool,
    /// The tables whose data here is in no SSTable yet, by name.
    pub dirty: Vec<String>,
    /// Values of the node's own that are kept here alone.
    pub own_values: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableStorageView {
    pub keyspace: String,
    pub table: String,
    pub is_system: bool,
    pub memtable_partitions: u64,
    pub memtable_bytes: u64,
    pub is_flushing: bool,
    /// The compaction strategy's class, without its package.
    pub strategy: String,
    pub groups: Vec<GroupView>,
    pub amplification: AmplificationView,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupView {
    pub group: Group,
    pub sstables: Vec<SstableView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SstableView {
    pub generation: u64,
    pub level: u32,
    /// Of all its files, and of its rows before compression.
    pub bytes: u64,
    pub uncompressed_bytes: u64,
    pub partitions: u64,
    pub rows: u64,
    /// As CQL literals.
    pub first_key: String,
    pub last_key: String,
    pub first: Token,
    pub last: Token,
    /// Microseconds.
    pub min_timestamp: i64,
    pub max_timestamp: i64,
    pub droppable_tombstone_ratio: f64,
    pub is_compacting: bool,
}

/// What was read and written for each thing asked, since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmplificationView {
    pub reads: u64,
    pub sstables_read: u64,
    pub flushed_bytes: u64,
    pub compacted_bytes: u64,
    /// Partitions over all SSTables, and how many different ones they are, about.
    pub partitions: u64,
    pub distinct_partitions: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompactionUnderWay {
    pub keyspace: String,
    pub table: String,
    /// As `nodetool compactionstats` calls it.
    pub kind: String,
    pub inputs: Vec<u64>,
    pub bytes_done: u64,
    pub bytes_total: u64,
    /// Bytes of its output's data so far.
    pub bytes_written: u64,
}

impl Running {
    pub(super) fn storage_view(&self) -> StorageView {
        let name = |id: &TableId| match self.schema.table_by_id(*id) {
            Some(table) => format!("{}.{}", table.keyspace, table.name),
            None => "a table that was dropped".into(),
        };
        let segments = self.engine.commit_log_segments().into_iter().map(|it| SegmentView {
            dirty: it.dirty.iter().map(name).collect(),
            file: it.file,
            bytes: it.bytes,
            is_active: it.is_active,
            own_values: it.own_values,
        });
        let known = self.engine.tables().filter_map(|id| self.schema.table_by_id(id));
        let mut tables: Vec<&TableMetadata> = known.map(|it| &**it).collect();
        tables.arrange_by_key(|it| (is_system(&it.keyspace), &it.keyspace, &it.name));
        StorageView {
            segments: segments.collect(),
            tables: tables.into_iter().map(|it| self.table_storage_view(it)).collect(),
            compaction: self.compaction_under_way(),
        }
    }

    fn table_storage_view(&self, table: &TableMetadata) -> TableStorageView {
        let summary = self.engine.table_summary(table.id);
        let sstable = |it: SstableLook| SstableView {
            generation: it.summary.generation,
            level: it.summary.level,
            bytes: it.summary.bytes,
            uncompressed_bytes: it.summary.uncompressed_bytes,
            partitions: it.summary.keys,
            rows: it.summary.rows,
            first_key: key_text(table, &it.first),
            last_key: key_text(table, &it.last),
            first: it.first.token,
            last: it.last.token,
            min_timestamp: it.summary.min_timestamp,
            max_timestamp: it.summary.max_timestamp,
            droppable_tombstone_ratio: it.summary.droppable_tombstone_ratio,
            is_compacting: it.summary.is_compacting,
        };
        let groups = self.engine.sstable_groups(table.id).into_iter();
        let groups = groups.map(|(group, sstables)| GroupView {
            group,
            sstables: sstables.into_iter().map(sstable).collect(),
        });
        let class = table.params.compaction.get("class");
        let class = class.and_then(|it| it.rsplit('.').next()).unwrap_or_default();
        let keyspace = table.keyspace.to_string();
        TableStorageView {
            is_system: is_system(&keyspace),
            keyspace,
            table: table.name.to_string(),
            memtable_partitions: summary.memtable_partitions,
            memtable_bytes: summary.memtable_bytes,
            is_flushing: summary.is_flushing,
            strategy: class.to_owned(),
            groups: groups.collect(),
            amplification: AmplificationView {
                reads: summary.counters.reads,
                sstables_read: summary.counters.sstables_read,
                flushed_bytes: summary.counters.flushed_bytes,
                compacted_bytes: summary.counters.compacted_bytes,
                partitions: summary.sstables.iter().map(|it| it.keys).sum(),
                distinct_partitions: self.engine.distinct_partitions(table.id),
            },
        }
    }

    fn compaction_under_way(&self) -> Option<CompactionUnderWay> {
        let look = self.engine.compaction_look()?;
        let progress = look.progress;
        let table = self.schema.table_by_id(progress.table)?;
        Some(CompactionUnderWay {
            keyspace: table.keyspace.to_string(),
            table: table.name.to_string(),
            kind: progress.kind.name().into(),
            inputs: look.inputs,
            bytes_done: progress.bytes_done,
            bytes_total: progress.bytes_total,
            bytes_written: look.bytes_written,
        })
    }
}

fn is_system(keyspace: &str) -> bool {
    keyspace == "system" || keyspace.starts_with("system_")
}
