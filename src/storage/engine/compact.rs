//! Compactions carried out: SSTables merged partition by partition, a stretch at a time, under the throughput limit.

use super::super::StorageError;
use super::super::compaction::{Choice, CompactionKind, Generation, SstableView, TombstoneOption, fully_expired};
use super::super::disk::Disk;
use super::super::source::PartitionSource;
use super::super::sstable::{
    Component, Descriptor, Scanner, SerializationHeader, SstablePartition, SstableWriter, WriteOptions,
};
use super::Engine;
use super::flush::duration_of;
use super::merge::{Shadows, merge_parts};
use super::split::Splitter;
use super::table::{Sstable, Table};
use super::transaction::Transaction;
use crate::base::{Duration, Instant, SortedMap, UnixMicros};
use crate::data::{DecoratedKey, EpochSeconds, PartitionRange, Purge, TableId, WriteTimestamp};
use crate::event::What;

/// How many bytes of SSTables are merged at a time.
const STEP_BYTES: u64 = 256 << 10;
/// How often tables are looked at although nothing changed: what expires makes work too. `CassandraDaemon`, a minute.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// The compaction under way.
#[derive(Debug)]
pub(super) struct Compaction {
    pub table: TableId,
    pub due: Instant,
    choice: Choice,
    /// Dropped without being read.
    expired: Vec<Generation>,
    inputs: Vec<Input>,
    transaction: Transaction,
    splitter: Splitter,
    writer: Option<(SstableWriter, Generation)>,
    outputs: Vec<(Generation, Descriptor)>,
    header: SerializationHeader,
    purge: Purge,
    /// Whether any tombstone may go.
    purges: bool,
    /// Which deletions in other SSTables make what is merged garbage.
    looks_for: TombstoneOption,
    /// The oldest write in the inputs.
    oldest: WriteTimestamp,
    bytes_in: u64,
    total_keys: u64,
    keys_done: u64,
    /// How many partitions were merged of how many versions.
    merged: SortedMap<u32, u64>,
    done: bool,
}

/// One SSTable being read: where, and which key is next.
#[derive(Debug)]
struct Input {
    generation: Generation,
    /// Stands before `head`.
    here: Scanner,
    after: Scanner,
    head: Option<DecoratedKey>,
}

/// A compaction as its history has it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CompactionRecord {
    pub number: u64,
    pub table: TableId,
    pub kind: CompactionKind,
    pub at: UnixMicros,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub merged: SortedMap<u32, u64>,
}

/// One that is under way, for looking at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CompactionProgress {
    pub table: TableId,
    pub kind: CompactionKind,
    pub bytes_done: u64,
    pub bytes_total: u64,
}

impl Compaction {
    pub fn progress(&self) -> CompactionProgress {
        CompactionProgress {
            table: self.table,
            kind: self.choice.kind,
            bytes_done: self.bytes_of(self.keys_done),
            bytes_total: self.bytes_in,
        }
    }

    pub fn inputs(&self) -> &[Generation] {
        &self.choice.inputs
    }

    /// Bytes of data in what was made so far.
    pub fn bytes_written(&self, disk: &dyn Disk) -> u64 {
        let whole = self
            .outputs
            .iter()
            .map(|(_, it)| disk.len(&it.file(Component::Data)).unwrap_or(0));
        whole.sum::<u64>() + self.writer.as_ref().map_or(0, |(writer, _)| writer.on_disk())
    }

    fn bytes_of(&self, keys: u64) -> u64 {
        (u128::from(self.bytes_in) * u128::from(keys) / u128::from(self.total_keys.max(1))) as u64
    }
}

impl Engine {
    /// Looks at the tables whose SSTables changed, and begins a compaction if one is wanted.
    fn choose_compaction(&mut self) -> Result<(), StorageError> {
        while self.compaction.is_none()
            && let Some(id) = self.compaction_checks.pop_first()
        {
            let wall = self.wall;
            let Some(table) = self.tables.get_mut(&id) else {
                continue;
            };
            if table.auto_compaction_off || self.auto_compaction_off || !table.common_options().enabled {
                continue;
            }
            let chosen = table.with_strategy(wall, |strategy, view| {
                let choice = strategy.choose(view, wall);
                let history = strategy.remember(view, choice.as_ref(), wall);
                (choice, history)
            });
            let Some((choice, history)) = chosen else { continue };
            table.history = history;
            if let Some(choice) = choice
                && !self.move_up(id, &choice)?
            {
                self.compaction = self.begin_compaction(id, choice)?;
            }
        }
        Ok(())
    }

    pub(super) fn on_compaction_due(&mut self) -> Result<(), StorageError> {
        if self.compaction.is_none() {
            self.choose_compaction()?;
        } else if self.compaction.as_ref().is_some_and(|it| it.due <= self.now) {
            self.step_compaction()?;
        }
        Ok(())
    }

    /// Carries a choice out at once, whatever the time.
    pub(super) fn compact_now(&mut self, table: TableId, choice: Choice) -> Result<(), StorageError> {
        self.finish_compaction()?;
        self.compaction = self.begin_compaction(table, choice)?;
        self.finish_compaction()
    }

    pub(super) fn finish_compaction(&mut self) -> Result<(), StorageError> {
        while self.compaction.is_some() {
            self.step_compaction()?;
        }
        Ok(())
    }

    /// Gives up the compaction under way; its table is looked at again in its turn.
    pub fn stop_compaction(&mut self) -> Result<(), StorageError> {
        match self.compaction.take() {
            Some(compaction) => self.abandon(compaction),
            None => Ok(()),
        }
    }

    /// Gives up the compaction of a table whose SSTables go.
    pub(super) fn abort_compaction(&mut self, table: TableId) -> Result<(), StorageError> {
        match self.compaction.take_if(|it| it.table == table) {
            Some(compaction) => self.abandon(compaction),
            None => Ok(()),
        }
    }

    fn abandon(&mut self, compaction: Compaction) -> Result<(), StorageError> {
        self.compactions_aborted += 1;
        if let Some(table) = self.tables.get_mut(&compaction.table) {
            table.compacting.retain(|it| !compaction.choice.inputs.contains(it));
        }
        compaction.transaction.abort(&mut *self.disk)
    }

    fn begin_compaction(&mut self, id: TableId, choice: Choice) -> Result<Option<Compaction>, StorageError> {
        let number = self.next_transaction();
        let Some(table) = self.tables.get_mut(&id) else {
            return Ok(None);
        };
        let Some(metadata) = table.metadata.clone() else {
            return Ok(None);
        };
        let inputs: Vec<&Sstable> = choice.inputs.iter().filter_map(|it| table.sstables.get(it)).collect();
        if inputs.is_empty() {
            return Ok(None);
        }
        let expired = match choice.kind {
            CompactionKind::Upgrade | CompactionKind::Scrub => Vec::new(),
            _ => expired(table, &choice, self.wall),
        };
        let read = |it: &&&Sstable| !expired.contains(&it.generation());
        let header = SerializationHeader::of_merge(
            &metadata,
            inputs.iter().filter(read).map(|it| &it.reader.info().statistics.header),
        );
        let mut opened = Vec::new();
        for sstable in inputs.iter().filter(read) {
            opened.push(Input::open(sstable, &*self.disk)?);
        }
        let now = EpochSeconds(self.wall.seconds());
        let common = table.common_options();
        let compaction = Compaction {
            table: id,
            due: self.now,
            purge: Purge::new(now, metadata.params.gc_grace_seconds),
            purges: !common.only_purge_repaired_tombstones,
            looks_for: match choice.kind {
                _ if common.only_purge_repaired_tombstones => TombstoneOption::None,
                CompactionKind::GarbageCollect(option) => option,
                _ => common.overlapping_tombstones,
            },
            oldest: inputs
                .iter()
                .map(|it| it.view.min_timestamp)
                .min()
                .unwrap_or(WriteTimestamp(i64::MIN)),
            bytes_in: inputs.iter().map(|it| it.view.bytes).sum(),
            total_keys: inputs.iter().filter(read).map(|it| it.view.keys).sum(),
            keys_done: 0,
            merged: SortedMap::new(),
            transaction: Transaction::new(&Descriptor::folder_of(&metadata), "compaction", number),
            splitter: Splitter::new(choice.level, choice.split.clone()),
            writer: None,
            outputs: Vec::new(),
            done: opened.is_empty(),
            inputs: opened,
            header,
            expired,
            choice,
        };
        table.compacting.extend(compaction.choice.inputs.iter().copied());
        self.events.push(What::CompactionStarted {
            table: metadata.name.clone(),
            kind: compaction.choice.kind.name().into(),
            inputs: compaction.choice.inputs.iter().map(|it| it.0).collect(),
            bytes: compaction.bytes_in,
        });
        Ok(Some(compaction))
    }

    fn step_compaction(&mut self) -> Result<(), StorageError> {
        let Some(mut compaction) = self.compaction.take() else {
            return Ok(());
        };
        let before = compaction.keys_done;
        let stepped = if compaction.done {
            Ok(())
        } else {
            self.merge_some(&mut compaction)
        };
        if let Err(error) = stepped {
            // An SSTable that cannot be read is left alone from now on.
            if let (StorageError::Corrupt { file, .. }, Some(table)) = (&error, self.tables.get_mut(&compaction.table))
            {
                let is_it = |it: &&Sstable| file.starts_with(&it.descriptor().prefix());
                table
                    .suspect
                    .extend(table.sstables.values().find(is_it).map(Sstable::generation));
            }
            self.abandon(compaction)?;
            return Err(error);
        }
        let bytes = compaction.bytes_of(compaction.keys_done - before);
        compaction.due = self.now + duration_of(bytes, self.config.compaction_bytes_per_second);
        if compaction.done {
            return self.end_compaction(compaction);
        }
        self.compaction = Some(compaction);
        Ok(())
    }

    fn merge_some(&mut self, compaction: &mut Compaction) -> Result<(), StorageError> {
        let start = compaction.keys_done;
        while compaction.bytes_of(compaction.keys_done - start) <= STEP_BYTES {
            let Some(key) = compaction
                .inputs
                .iter()
                .filter_map(|it| it.head.as_ref())
                .min()
                .cloned()
            else {
                self.close_output(compaction)?;
                compaction.done = true;
                return Ok(());
            };
            self.merge_one(compaction, &key)?;
        }
        Ok(())
    }

    fn merge_one(&mut self, compaction: &mut Compaction, key: &DecoratedKey) -> Result<(), StorageError> {
        let Some(table) = self.tables.get(&compaction.table) else {
            return Ok(());
        };
        let disk = &*self.disk;
        let mut parts: Vec<SstablePartition<'_>> = Vec::new();
        for input in &mut compaction.inputs {
            if input.head.as_ref() != Some(key) {
                continue;
            }
            if let Some(sstable) = table.sstables.get(&input.generation) {
                parts.extend(input.here.clone().next(&sstable.reader, disk)?);
                input.advance(sstable, disk)?;
            }
        }
        let (limit, overlapping) = purgeable_before(table, &compaction.choice.inputs, key);
        let mut shadows: Vec<SstablePartition<'_>> = Vec::new();
        if compaction.looks_for != TombstoneOption::None {
            let is_newer = |it: &&Sstable| it.view.max_timestamp > compaction.oldest;
            for other in overlapping.into_iter().filter(is_newer) {
                if let Some(entry) = other.reader.find(disk, key)? {
                    shadows.push(other.reader.partition_at(disk, key, entry)?);
                }
            }
        }
        let as_sources = |parts: &[SstablePartition<'_>]| parts.len() as u32;
        *compaction.merged.entry(as_sources(&parts)).or_default() += 1;
        compaction.keys_done += parts.len() as u64;
        let limit = if compaction.purges {
            limit
        } else {
            WriteTimestamp(i64::MIN)
        };
        let purge = compaction.purge.stamped_before(limit);
        let dyn_parts: Vec<&dyn PartitionSource> = parts.iter().map(|it| it as &dyn PartitionSource).collect();
        let dyn_shadows: Vec<&dyn PartitionSource> = shadows.iter().map(|it| it as &dyn PartitionSource).collect();
        let shadows = Shadows {
            sources: &dyn_shadows,
            cells_too: compaction.looks_for == TombstoneOption::Cell,
        };
        let partition = merge_parts(key, &dyn_parts, &shadows, &purge)?;
        if partition.is_empty() {
            return Ok(());
        }
        let written = compaction.writer.as_ref().map(|(writer, _)| writer.on_disk());
        if written.is_some_and(|bytes| compaction.splitter.splits_before(key, bytes)) {
            self.close_output(compaction)?;
        }
        self.open_output(compaction, key)?;
        match &mut compaction.writer {
            Some((writer, _)) => writer.append(&mut *self.disk, &partition),
            None => Ok(()),
        }
    }

    fn open_output(&mut self, compaction: &mut Compaction, key: &DecoratedKey) -> Result<(), StorageError> {
        let Some(table) = self
            .tables
            .get_mut(&compaction.table)
            .filter(|_| compaction.writer.is_none())
        else {
            return Ok(());
        };
        let Some(metadata) = table.metadata.clone() else {
            return Ok(());
        };
        let generation = table.next_generation();
        let descriptor = Descriptor::new(&metadata, generation.0);
        compaction.transaction.add(&mut *self.disk, descriptor.clone())?;
        let options = WriteOptions {
            level: compaction.splitter.begin(key),
            ..WriteOptions::new(compaction.header.clone())
        };
        let keys = compaction.total_keys - compaction.keys_done + 1;
        let writer = SstableWriter::new(&mut *self.disk, descriptor.clone(), &metadata, options, keys)?;
        compaction.writer = Some((writer, generation));
        Ok(())
    }

    fn close_output(&mut self, compaction: &mut Compaction) -> Result<(), StorageError> {
        let Some((writer, generation)) = compaction.writer.take() else {
            return Ok(());
        };
        let descriptor = writer.descriptor().clone();
        match writer.finish(&mut *self.disk)? {
            Some(info) => {
                compaction.splitter.ended(info.data_file_length);
                compaction.outputs.push((generation, descriptor));
            }
            None => compaction.transaction.forget(&descriptor),
        }
        Ok(())
    }

    fn end_compaction(&mut self, mut compaction: Compaction) -> Result<(), StorageError> {
        self.waiting.set(None);
        let Some(table) = self.tables.get_mut(&compaction.table) else {
            return Ok(());
        };
        let Some(metadata) = table.metadata.clone() else {
            return Ok(());
        };
        let mut made = Vec::new();
        for (generation, descriptor) in &compaction.outputs {
            let opened = Sstable::open(&*self.disk, descriptor.clone(), *generation, &metadata, self.wall);
            match opened {
                Ok(sstable) => made.push(sstable),
                Err(error) => {
                    self.abandon(compaction)?;
                    return Err(error);
                }
            }
        }
        let inputs = compaction.choice.inputs.iter();
        let removed = inputs
            .filter_map(|it| table.sstables.get(it))
            .map(|it| it.descriptor().clone());
        let removed: Vec<Descriptor> = removed.collect();
        if let Err(error) = compaction.transaction.commit(&mut *self.disk, &removed) {
            self.abandon(compaction)?;
            return Err(error);
        }
        for generation in &compaction.choice.inputs {
            table.sstables.remove(generation);
            table.compacting.remove(generation);
        }
        let bytes_out = made.iter().map(|it| it.view.bytes).sum();
        table.counters.compacted_bytes += made.iter().map(|it| it.reader.info().file_lengths).sum::<u64>();
        table.sstables.extend(made.into_iter().map(|it| (it.generation(), it)));
        self.compaction_checks.insert(compaction.table);
        self.compactions_completed += 1;
        self.bytes_compacted += compaction.bytes_in;
        self.sstables_dropped += compaction.expired.len() as u64;
        self.events.push(What::CompactionFinished {
            table: metadata.name.clone(),
            kind: compaction.choice.kind.name().into(),
            inputs: compaction.choice.inputs.iter().map(|it| it.0).collect(),
            outputs: compaction.outputs.iter().map(|(it, _)| it.0).collect(),
            bytes_in: compaction.bytes_in,
            bytes_out,
        });
        self.compaction_history.push(CompactionRecord {
            number: self.compactions_completed,
            table: compaction.table,
            kind: compaction.choice.kind,
            at: self.wall,
            bytes_in: compaction.bytes_in,
            bytes_out,
            merged: compaction.merged,
        });
        compaction.transaction.clean_up(&mut *self.disk, &removed)
    }
}

impl Input {
    fn open(sstable: &Sstable, disk: &dyn super::super::disk::Disk) -> Result<Input, StorageError> {
        let scanner = sstable.reader.scanner(&PartitionRange::full());
        let mut input = Input {
            generation: sstable.generation(),
            here: scanner.clone(),
            after: scanner,
            head: None,
        };
        input.advance(sstable, disk)?;
        Ok(input)
    }

    fn advance(&mut self, sstable: &Sstable, disk: &dyn super::super::disk::Disk) -> Result<(), StorageError> {
        self.here = self.after.clone();
        self.head = self.after.next_key(&sstable.reader, disk)?;
        Ok(())
    }
}

fn expired(table: &Table, choice: &Choice, wall: UnixMicros) -> Vec<Generation> {
    let found = table.with_strategy(wall, |_, view| {
        let chosen = view.all.iter().filter(|it| choice.inputs.contains(&it.generation));
        let inputs: Vec<&SstableView> = chosen.collect();
        let expired = fully_expired(&inputs, &view.overlapping(&inputs), view);
        expired.iter().map(|it| it.generation).collect()
    });
    found.unwrap_or_default()
}

/// Before which timestamp tombstones of a partition may be forgotten: nothing as old as that lies anywhere but in the inputs. With
/// it the SSTables where it does. `CompactionController.getPurgeEvaluator`.
fn purgeable_before<'a>(
    table: &'a Table,
    inputs: &[Generation],
    key: &DecoratedKey,
) -> (WriteTimestamp, Vec<&'a Sstable>) {
    let others = table.sstables.values().filter(|it| !inputs.contains(&it.generation()));
    let others: Vec<&Sstable> = others.filter(|it| it.reader.may_contain(key)).collect();
    let in_memory = table.memtables().filter(|it| it.get(key).is_some());
    let oldest = others
        .iter()
        .map(|it| it.view.min_timestamp)
        .chain(in_memory.filter_map(super::super::memtable::Memtable::oldest_timestamp));
    (oldest.min().unwrap_or(WriteTimestamp(i64::MAX)), others)
}
