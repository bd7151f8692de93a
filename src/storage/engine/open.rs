//! Opening: what a disk holds, and what of the commit log is needed still.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::StorageError;
use super::super::commitlog::{self, CommitLog, CommitLogPosition, Record};
use super::super::compaction::Generation;
use super::super::config::StorageConfig;
use super::super::disk::Disk;
use super::super::disk::watched::{Failure, Watched};
use super::super::sstable::{Component, Descriptor, SstableId};
use super::local::LocalState;
use super::reading::KeyCache;
use super::table::{Sstable, Table};
use super::truncate::DROPPED;
use super::{Engine, Opened, Truncation, transaction};
use crate::base::{Instant, Recent, SortedMap, UnixMicros};
use crate::data::{Mutation, TableId};
use crate::schema::{TableMetadata, system_schema};

/// How many of the last compactions are remembered.
const KEPT_COMPACTIONS: usize = 1_000;

impl Engine {
    /// Opens what is on the disk and replays the commit log. Needs no schema but that of the schema's own tables: the rest is among
    /// what is replayed.
    pub fn open(disk: Box<dyn Disk>, config: StorageConfig) -> Result<(Engine, Opened), StorageError> {
        let disk_failure = Failure::default();
        let failure = disk_failure.clone();
        let mut disk: Box<dyn Disk> = Box::new(Watched { disk, failure });
        let mut mutations: Vec<(CommitLogPosition, Mutation)> = Vec::new();
        let mut local = LocalState::default();
        let mut truncations = SortedMap::new();
        // Up to where the log's data of a table counts no more: it was flushed or truncated.
        let mut done: SortedMap<TableId, CommitLogPosition> = SortedMap::new();
        let mut is_done = |table: TableId, upto: CommitLogPosition| {
            let known = done.entry(table).or_insert(upto);
            *known = upto.max(*known);
        };
        let replayed = commitlog::replay(&mut *disk, |position, record| match record {
            Record::Mutation(mutation) => mutations.push((position, mutation.into_owned())),
            Record::Local { name, value } => {
                local.put(&name, value.map(Cow::into_owned), position.segment);
            }
            Record::Truncated { table, at, below } => {
                is_done(table, position);
                let segment = position.segment;
                truncations.insert(table, Truncation { at, below, segment });
            }
            Record::TruncatedAt { table, at, below } => {
                let segment = position.segment;
                truncations.insert(table, Truncation { at, below, segment });
            }
            Record::Flushed { table, upto } => is_done(table, upto),
        })?;
        let mut commit_log = CommitLog::new(config.commit_log, &replayed);
        let mut tables: SortedMap<TableId, Table> = SortedMap::new();
        let mut memtable_bytes = 0;
        for (position, mutation) in mutations {
            for (id, update) in mutation.into_updates() {
                if done.get(&id).is_none_or(|done| position > *done) {
                    commit_log.mark_dirty(position, id);
                    memtable_bytes += tables.entry(id).or_default().memtable.apply(update);
                }
            }
        }
        let kept = local
            .segments()
            .chain(truncations.values().map(|it: &Truncation| it.segment));
        kept.for_each(|segment| commit_log.move_local(None, Some(segment)));
        transaction::recover(&mut *disk)?;
        find_sstables(&mut *disk, &truncations, &mut tables)?;
        let fresh = replayed.segments.is_empty() && tables.values().all(Table::is_empty);
        let opened = Opened { fresh, replayed };
        let mut engine = Engine {
            disk,
            disk_failure,
            commit_log,
            tables,
            waiting: Default::default(),
            local,
            truncations,
            config,
            memtable_bytes,
            flushes: Default::default(),
            compaction: None,
            compaction_checks: Default::default(),
            next_check: Instant::ZERO,
            auto_compaction_off: false,
            compactions_completed: 0,
            compactions_aborted: 0,
            bytes_compacted: 0,
            sstables_dropped: 0,
            compaction_history: Recent::new(KEPT_COMPACTIONS),
            key_cache: KeyCache::default(),
            transactions: 0,
            events: Vec::new(),
            now: Instant::ZERO,
            wall: UnixMicros(0),
        };
        engine.use_schema(system_schema().tables.values())?;
        Ok((engine, opened))
    }

    pub(super) fn register(&mut self, metadata: &Arc<TableMetadata>) -> Result<(), StorageError> {
        self.waiting.set(None);
        let table = self.tables.entry(metadata.id).or_default();
        if table.metadata.as_ref() == Some(metadata) {
            return Ok(());
        }
        let found = core::mem::take(&mut table.unopened);
        // Those that are open have the columns the table had then.
        let known = table
            .sstables
            .values()
            .map(|it| (it.generation(), it.descriptor().clone()));
        let all: SortedMap<Generation, Descriptor> = known.chain(found).collect();
        for (generation, descriptor) in all {
            let created = table.sstables.get(&generation).map_or(self.wall, |it| it.view.created);
            let sstable = Sstable::open(&*self.disk, descriptor, generation, metadata, created)?;
            table.sstables.insert(generation, sstable);
        }
        table.metadata = Some(metadata.clone());
        if !table.sstables.is_empty() {
            self.compaction_checks.insert(metadata.id);
        }
        Ok(())
    }
}

/// Takes down all SSTables there are, by table; deletes those that were truncated.
fn find_sstables(
    disk: &mut dyn Disk,
    truncations: &SortedMap<TableId, Truncation>,
    tables: &mut SortedMap<TableId, Table>,
) -> Result<(), StorageError> {
    for (id, truncation) in truncations.iter().filter(|(_, it)| it.at != DROPPED) {
        tables.entry(*id).or_default().last_generation = truncation.below.saturating_sub(1);
    }
    let mut truncated = Vec::new();
    for file in disk.list()? {
        let Some((descriptor, Component::Toc)) = Descriptor::parse(&file.name) else {
            continue;
        };
        let (Some(id), SstableId::Sequence(number)) = (table_of(descriptor.folder()), &descriptor.id) else {
            continue;
        };
        let below = truncations.get(&id).map_or(0, |it| it.below);
        if *number < below {
            truncated.push(descriptor);
            continue;
        }
        let table = tables.entry(id).or_default();
        table.last_generation = table.last_generation.max(*number).max(below.saturating_sub(1));
        table.unopened.insert(Generation(*number), descriptor);
    }
    transaction::delete_files(disk, &truncated)
}

/// The table of a folder `<keyspace>/<table>-<id in hexadecimal>`; folders below it are snapshots.
pub(super) fn table_of(folder: &str) -> Option<TableId> {
    let (_, name) = folder.split_once('/').filter(|(_, name)| !name.contains('/'))?;
    let (_, id) = name.rsplit_once('-')?;
    uuid::Uuid::try_parse(id).ok().map(TableId)
}
