//! Flushes: a memtable becomes an SSTable, a stretch of it at a time, and the commit log's segments before it can go.
//!
//! The order that keeps everything: the SSTable is committed; then the log says so, synced; then segments go. A crash between the first
//! two replays what is in the SSTable already, which changes nothing.

use super::super::StorageError;
use super::super::commitlog::{CommitLogPosition, Record};
use super::super::compaction::Generation;
use super::super::memtable::Memtable;
use super::super::sstable::{Descriptor, SerializationHeader, SstableWriter, WriteOptions};
use super::Engine;
use super::table::Sstable;
use super::transaction::Transaction;
use crate::base::{Duration, Instant};
use crate::data::{DecoratedKey, TableId};
use crate::event::What;

/// How many bytes of a memtable are written at a time.
const STEP_BYTES: i64 = 256 << 10;
/// After an error of the disk, a flush is tried again this much later.
const RETRY: Duration = Duration::from_secs(10);

/// The flush under way.
#[derive(Debug)]
pub(super) struct Flush {
    pub table: TableId,
    pub due: Instant,
    /// Nothing until the first step.
    work: Option<FlushWork>,
}

#[derive(Debug)]
struct FlushWork {
    transaction: Transaction,
    writer: SstableWriter,
    descriptor: Descriptor,
    generation: Generation,
    last: Option<DecoratedKey>,
}

impl Engine {
    /// Has a table's memtable flushed: it takes no more writes from now on.
    pub(super) fn request_flush(&mut self, id: TableId) {
        let position = self.commit_log.position();
        self.waiting.set(None);
        let Some(table) = self.tables.get_mut(&id) else { return };
        let Some(metadata) = &table.metadata else { return };
        if table.flushing.is_some() || table.memtable.is_empty() {
            return;
        }
        let memtable = core::mem::take(&mut table.memtable);
        self.memtable_bytes -= memtable.weight().bytes;
        table.counters.memtable_switches += 1;
        let what = What::FlushStarted {
            table: metadata.name.clone(),
            bytes: memtable.weight().bytes as u64,
        };
        table.flushing = Some(memtable);
        table.flushed_upto = Some(position);
        self.events.push(what);
        self.flushes.push_back(Flush {
            table: id,
            due: self.now,
            work: None,
        });
    }

    /// After a write: makes room when memtables or the commit log have grown too large.
    pub(super) fn request_flushes_by_size(&mut self) {
        if self.memtable_bytes.max(0) as u64 > self.config.memtable_flush_bytes {
            let flushable = |(id, table): (&TableId, &super::table::Table)| {
                let bytes = table.memtable.weight().bytes;
                (table.metadata.is_some() && table.flushing.is_none() && bytes > 0).then_some((bytes, *id))
            };
            if let Some((_, largest)) = self.tables.iter().filter_map(flushable).max() {
                self.request_flush(largest);
            }
        }
        if self.commit_log.bytes() > self.config.commit_log_space_bytes
            && let Some(tables) = self.commit_log.dirty_in_oldest()
        {
            tables.into_iter().for_each(|table| self.request_flush(table));
        }
    }

    pub(super) fn request_flushes_by_age(&mut self) {
        let now = self.now;
        let due = self
            .tables
            .iter()
            .filter(|(_, table)| table.flush_due().is_some_and(|due| due <= now));
        let due: Vec<TableId> = due.map(|(id, _)| *id).collect();
        due.into_iter().for_each(|table| self.request_flush(table));
    }

    /// Flushes tables at once, whatever the time.
    pub fn flush(&mut self, tables: &[TableId]) -> Result<(), StorageError> {
        for table in tables {
            // One that is under way has only what was written before it began.
            self.finish_flushes()?;
            self.request_flush(*table);
        }
        self.finish_flushes()
    }

    /// Flushes what only the commit log keeps, and syncs the log: the next start has little to replay.
    pub fn drain(&mut self) -> Result<(), StorageError> {
        let tables: Vec<TableId> = self.commit_log.dirty_tables().into_iter().collect();
        self.flush(&tables)?;
        self.sync()
    }

    pub(super) fn finish_flushes(&mut self) -> Result<(), StorageError> {
        while !self.flushes.is_empty() {
            self.step_flush()?;
        }
        Ok(())
    }

    /// Forgets the flush of a table whose data goes.
    pub(super) fn abort_flush(&mut self, table: TableId) -> Result<(), StorageError> {
        let Some(place) = self.flushes.iter().position(|it| it.table == table) else {
            return Ok(());
        };
        match self.flushes.remove(place).and_then(|it| it.work) {
            Some(work) => work.transaction.abort(&mut *self.disk),
            None => Ok(()),
        }
    }

    pub(super) fn on_flush_due(&mut self) -> Result<(), StorageError> {
        if self.flushes.front().is_some_and(|it| it.due <= self.now) {
            self.step_flush()?;
        }
        Ok(())
    }

    fn step_flush(&mut self) -> Result<(), StorageError> {
        let Some(mut flush) = self.flushes.pop_front() else {
            return Ok(());
        };
        match self.try_step_flush(&mut flush) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.flushes.push_front(flush);
                Ok(())
            }
            Err(error) => {
                if let Some(work) = flush.work.take() {
                    work.transaction.abort(&mut *self.disk)?;
                }
                flush.due = self.now + RETRY;
                self.flushes.push_back(flush);
                Err(error)
            }
        }
    }

    /// Whether the flush is complete.
    fn try_step_flush(&mut self, flush: &mut Flush) -> Result<bool, StorageError> {
        if flush.work.is_none() {
            flush.work = self.begin_flush(flush.table)?;
        }
        let (Some(work), Some(table)) = (&mut flush.work, self.tables.get(&flush.table)) else {
            return Ok(true);
        };
        let Some(memtable) = &table.flushing else {
            return Ok(true);
        };
        let (mut bytes, mut complete) = (0, true);
        let last = work.last.clone();
        for partition in memtable.after(last.as_ref()) {
            if bytes > STEP_BYTES {
                complete = false;
                break;
            }
            work.writer.append(&mut *self.disk, partition)?;
            bytes += partition.weight().bytes;
            work.last = Some(partition.key.clone());
        }
        flush.due = self.now + duration_of(bytes.max(0) as u64, self.config.flush_bytes_per_second);
        if complete && let Some(work) = flush.work.take() {
            self.end_flush(flush.table, work)?;
        }
        Ok(complete)
    }

    fn begin_flush(&mut self, id: TableId) -> Result<Option<FlushWork>, StorageError> {
        let number = self.next_transaction();
        let Some(table) = self.tables.get_mut(&id) else {
            return Ok(None);
        };
        let (Some(metadata), true) = (table.metadata.clone(), table.flushing.is_some()) else {
            return Ok(None);
        };
        let generation = table.next_generation();
        let descriptor = Descriptor::new(&metadata, generation.0);
        let mut transaction = Transaction::new(descriptor.folder(), "flush", number);
        let memtable = table.flushing.get_or_insert_with(Memtable::default);
        let header = SerializationHeader::of_partitions(&metadata, memtable.after(None));
        let keys = memtable.partition_count() as u64;
        transaction.add(&mut *self.disk, descriptor.clone())?;
        let options = WriteOptions::new(header);
        let writer = SstableWriter::new(&mut *self.disk, descriptor.clone(), &metadata, options, keys);
        match writer {
            Ok(writer) => Ok(Some(FlushWork {
                transaction,
                writer,
                descriptor,
                generation,
                last: None,
            })),
            Err(error) => {
                transaction.abort(&mut *self.disk)?;
                Err(error)
            }
        }
    }

    fn end_flush(&mut self, id: TableId, work: FlushWork) -> Result<(), StorageError> {
        let FlushWork {
            mut transaction,
            writer,
            descriptor,
            generation,
            ..
        } = work;
        let Some(metadata) = self.tables.get(&id).and_then(|it| it.metadata.clone()) else {
            return transaction.abort(&mut *self.disk);
        };
        let written = writer.finish(&mut *self.disk).and_then(|info| match info {
            Some(_) => Sstable::open(&*self.disk, descriptor, generation, &metadata, self.wall).map(Some),
            None => Ok(None),
        });
        let sstable = match written {
            Ok(sstable) => sstable,
            Err(error) => {
                transaction.abort(&mut *self.disk)?;
                return Err(error);
            }
        };
        if let Err(error) = transaction.commit(&mut *self.disk, &[]) {
            transaction.abort(&mut *self.disk)?;
            return Err(error);
        }
        transaction.clean_up(&mut *self.disk, &[])?;
        self.waiting.set(None);
        let Some(table) = self.tables.get_mut(&id) else {
            return Ok(());
        };
        table.flushing = None;
        let upto = table.flushed_upto.take();
        let bytes = sstable.as_ref().map_or(0, |it| it.reader.info().file_lengths);
        table.counters.flushed_bytes += bytes;
        table.sstables.extend(sstable.map(|it| (generation, it)));
        let what = What::MemtableFlushed {
            table: metadata.name.clone(),
            bytes,
        };
        self.events.push(what);
        self.compaction_checks.insert(id);
        match upto {
            Some(upto) => self.note_flushed(id, upto),
            None => Ok(()),
        }
    }

    /// Takes down in the log that a table's data up to a position is in SSTables, and lets segments go that nothing needs.
    fn note_flushed(&mut self, table: TableId, upto: CommitLogPosition) -> Result<(), StorageError> {
        if self.commit_log.has_dirty(table, upto) {
            self.commit_log
                .append(&mut *self.disk, &Record::Flushed { table, upto })?;
            // Data that comes back after its tombstones were purged is worse than a sync, whatever the mode.
            self.commit_log.sync(&mut *self.disk)?;
            let deleted = self.commit_log.discard(&mut *self.disk, table, upto)?;
            self.note_deleted_segments(deleted);
        }
        self.reclaim()
    }

    pub(super) fn note_deleted_segments(&mut self, deleted: usize) {
        if deleted > 0 {
            let segments = deleted as u32;
            self.events.push(What::CommitLogSegmentsDeleted { segments });
        }
    }

    /// When the log is too large and its oldest segment holds nothing but values of the node's own, writes those anew.
    pub(super) fn reclaim(&mut self) -> Result<(), StorageError> {
        while self.commit_log.bytes() > self.config.commit_log_space_bytes
            && let Some(tables) = self.commit_log.dirty_in_oldest()
            && tables.is_empty()
            && let Some(oldest) = self.commit_log.oldest()
        {
            for segment in self.local.forget_removed(oldest) {
                self.commit_log.move_local(Some(segment), None);
            }
            for name in self.local.names_in(oldest) {
                let bytes = self.local.get(&name).map(<[u8]>::to_vec);
                self.set_local(&name, bytes)?;
            }
            let truncated = self.truncations.iter().filter(|(_, it)| it.segment == oldest);
            let truncated: Vec<(TableId, super::Truncation)> = truncated.map(|(id, it)| (*id, *it)).collect();
            for (table, it) in truncated {
                // The old record holds for what was written before it; this one only keeps what is asked of it later.
                let record = Record::TruncatedAt {
                    table,
                    at: it.at,
                    below: it.below,
                };
                let segment = self.commit_log.append(&mut *self.disk, &record)?.segment;
                self.truncations.insert(table, super::Truncation { segment, ..it });
                self.commit_log.move_local(Some(oldest), Some(segment));
            }
            self.commit_log.sync(&mut *self.disk)?;
            let deleted = self.commit_log.delete_needless(&mut *self.disk)?;
            self.note_deleted_segments(deleted);
            if deleted == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// How long so many bytes take.
pub(super) fn duration_of(bytes: u64, bytes_per_second: u64) -> Duration {
    match bytes_per_second {
        0 => Duration::ZERO,
        rate => Duration::from_micros((u128::from(bytes) * 1_000_000 / u128::from(rate)) as u64),
    }
}
