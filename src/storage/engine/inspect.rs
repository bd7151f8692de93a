//! What a storage inspector is shown beside the summaries: SSTables as their strategy sees them, segments with what keeps them,
//! the compaction under way. Changes nothing.

use super::super::compaction::{Generation, Group, Strategy};
use super::super::disk::Disk;
use super::super::sstable::{Cardinality, SstableReader};
use super::super::summary::{SegmentSummary, SstableSummary};
use super::table::{Sstable, Table};
use super::{CompactionProgress, Engine};
use crate::data::{DecoratedKey, EpochSeconds, TableId};
use crate::schema::TableMetadata;

/// An SSTable with its first and last key.
#[derive(Clone, Debug, PartialEq)]
pub struct SstableLook {
    pub summary: SstableSummary,
    pub first: DecoratedKey,
    pub last: DecoratedKey,
}

/// What a compaction under way reads, and what of its output is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactionLook {
    pub progress: CompactionProgress,
    pub inputs: Vec<u64>,
    pub bytes_written: u64,
}

impl Engine {
    /// Oldest first.
    pub fn commit_log_segments(&self) -> Vec<SegmentSummary> {
        self.commit_log.segments().collect()
    }

    /// The SSTables of a table in the groups its strategy sees.
    pub fn sstable_groups(&self, id: TableId) -> Vec<(Group, Vec<SstableLook>)> {
        let Some((table, metadata)) = self.known(id) else {
            return Vec::new();
        };
        let groups = table.with_strategy(self.wall, |strategy: &Strategy, view| strategy.groups(view.all));
        let gc_before = EpochSeconds(self.wall.seconds() - i64::from(metadata.params.gc_grace_seconds));
        let look = |sstable: &Sstable| SstableLook {
            summary: table.summary_of(sstable, gc_before),
            first: sstable.view.first.clone(),
            last: sstable.view.last.clone(),
        };
        let groups = groups.unwrap_or_default().into_iter();
        let looks = groups.map(|(group, generations)| {
            let sstables = generations.iter().filter_map(|it| table.sstables.get(it));
            (group, sstables.map(look).collect())
        });
        looks.collect()
    }

    /// About how many different partitions its SSTables have together.
    pub fn distinct_partitions(&self, id: TableId) -> u64 {
        let sstables = self.tables.get(&id).into_iter().flat_map(|it| it.sstables.values());
        Cardinality::count_all(sstables.map(|it| &it.reader.info().statistics.cardinality))
    }

    /// An SSTable, and the disk it is on.
    pub fn sstable(&self, id: TableId, generation: u64) -> Option<(&dyn Disk, &SstableReader)> {
        let sstable = self.tables.get(&id)?.sstables.get(&Generation(generation))?;
        Some((&*self.disk, &sstable.reader))
    }

    fn known(&self, id: TableId) -> Option<(&Table, &TableMetadata)> {
        let table = self.tables.get(&id)?;
        Some((table, table.metadata.as_deref()?))
    }

    pub fn compaction_look(&self) -> Option<CompactionLook> {
        let compaction = self.compaction.as_ref()?;
        Some(CompactionLook {
            progress: compaction.progress(),
            inputs: compaction.inputs().iter().map(|it| it.0).collect(),
            bytes_written: compaction.bytes_written(&*self.disk),
        })
    }
}
