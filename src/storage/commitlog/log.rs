//! The commit log's writing end.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::format::{self, Marker};
use super::replay::{ReplayReport, ReplayedSegment};
use super::{CommitLogConfig, CommitLogPosition, CommitLogSync, Record, SegmentId};
use crate::base::{Instant, SortedMap, codec};
use crate::data::TableId;
use crate::storage::StorageError;
use crate::storage::disk::Disk;
use crate::storage::summary::SegmentSummary;

/// What a segment holds that is needed after a crash.
#[derive(Clone, Debug, Default)]
struct Segment {
    len: u32,
    /// Tables with data here that is in a memtable only, and where the last of it ends.
    dirty: SortedMap<TableId, u32>,
    /// Values of the node's own whose newest version is here.
    locals: u64,
}

#[derive(Clone, Debug)]
struct Active {
    id: SegmentId,
    file: Rc<str>,
}

#[derive(Debug)]
pub struct CommitLog {
    config: CommitLogConfig,
    segments: SortedMap<SegmentId, Segment>,
    /// The segment that takes records; `None` until there is something to append.
    active: Option<Active>,
    next_id: SegmentId,
    unsynced: u64,
    last_sync: Instant,
    /// Why nothing can be appended any more.
    stopped: Option<String>,
    scratch: Vec<u8>,
}

impl CommitLog {
    /// Continues after what a replay found. Its segments stay as they are; new records go to a new one. The caller says next what
    /// in them is needed (`mark_dirty`, `move_local`): segments without any such thing go at the next occasion.
    pub fn new(config: CommitLogConfig, replayed: &ReplayReport) -> CommitLog {
        let segment = |it: &ReplayedSegment| {
            let segment = Segment {
                len: it.len,
                ..Segment::default()
            };
            (it.id, segment)
        };
        CommitLog {
            config,
            segments: replayed.segments.iter().map(segment).collect(),
            active: None,
            next_id: SegmentId(replayed.segments.last().map_or(1, |last| last.id.0 + 1)),
            unsynced: 0,
            last_sync: Instant::ZERO,
            stopped: None,
            scratch: Vec::new(),
        }
    }

    pub fn config(&self) -> &CommitLogConfig {
        &self.config
    }

    /// Appends a record, and syncs it too when the mode is `Batch`.
    pub fn append(&mut self, disk: &mut dyn Disk, record: &Record<'_>) -> Result<CommitLogPosition, StorageError> {
        if let Some(why) = &self.stopped {
            return Err(StorageError::CommitLogStopped { why: why.clone() });
        }
        format::begin_record(&mut self.scratch);
        self.scratch = codec::encode_into(record, core::mem::take(&mut self.scratch));
        format::finish_record(&mut self.scratch);
        let limit = u64::from(self.config.max_record_bytes());
        if self.scratch.len() as u64 > limit {
            let bytes = self.scratch.len() as u64;
            return Err(StorageError::MutationTooLarge { bytes, limit });
        }
        let active = self.segment_with_room(disk)?;
        let end = self.len_of(active.id) + self.scratch.len() as u32;
        let position = CommitLogPosition {
            segment: active.id,
            offset: end,
        };
        let batch = self.config.sync == CommitLogSync::Batch;
        if batch {
            self.scratch.extend(format::marker(active.id, Marker::Synced, end));
        }
        disk.append(&active.file, &self.scratch)?;
        self.grew(active.id, self.scratch.len() as u32);
        if batch {
            self.sync_file(disk, &active)?;
        }
        Ok(position)
    }

    /// Makes all that was appended safe.
    pub fn sync(&mut self, disk: &mut dyn Disk) -> Result<(), StorageError> {
        match self.active.clone() {
            Some(active) if self.unsynced > 0 => self.mark_and_sync(disk, &active, Marker::Synced),
            _ => Ok(()),
        }
    }

    /// Syncs if a period has passed. Modes other than periodic have nothing to wait for.
    pub fn maintain(&mut self, disk: &mut dyn Disk, now: Instant) -> Result<(), StorageError> {
        if self.next_timeout().is_some_and(|due| due <= now) {
            self.last_sync = now;
            self.sync(disk)?;
        }
        Ok(())
    }

    /// When `maintain` has something to do.
    pub fn next_timeout(&self) -> Option<Instant> {
        match self.config.sync {
            CommitLogSync::Periodic(period) if self.unsynced > 0 && self.stopped.is_none() => {
                Some(self.last_sync + period)
            }
            _ => None,
        }
    }

    /// Notes that data of a table ends at `position` that a memtable holds too.
    pub fn mark_dirty(&mut self, position: CommitLogPosition, table: TableId) {
        if let Some(segment) = self.segments.get_mut(&position.segment) {
            let last = segment.dirty.entry(table).or_default();
            *last = position.offset.max(*last);
        }
    }

    /// Notes that the newest version of a local value is now in `to`, no more in `from`.
    pub fn move_local(&mut self, from: Option<SegmentId>, to: Option<SegmentId>) {
        if let Some(segment) = from.and_then(|id| self.segments.get_mut(&id)) {
            segment.locals -= 1;
        }
        if let Some(segment) = to.and_then(|id| self.segments.get_mut(&id)) {
            segment.locals += 1;
        }
    }

    /// Data of `table` appended up to `position` is needed no more: it was flushed, truncated or dropped. Deletes the segments
    /// that nothing needs, and returns how many.
    pub fn discard(
        &mut self,
        disk: &mut dyn Disk,
        table: TableId,
        position: CommitLogPosition,
    ) -> Result<usize, StorageError> {
        for (id, segment) in self.segments.iter_mut().take_while(|(id, _)| **id <= position.segment) {
            let last = segment.dirty.get(&table).copied();
            if *id < position.segment || last.is_some_and(|last| last <= position.offset) {
                segment.dirty.remove(&table);
            }
        }
        self.delete_needless(disk)
    }

    /// Oldest first, and none before an older one that is needed: a record that says what of older segments counts no more
    /// then lasts as long as they do.
    pub fn delete_needless(&mut self, disk: &mut dyn Disk) -> Result<usize, StorageError> {
        let active = self.active.as_ref().map(|active| active.id);
        let is_needless = |(id, segment): &(&SegmentId, &Segment)| {
            segment.dirty.is_empty() && segment.locals == 0 && Some(**id) != active
        };
        let needless = self.segments.iter().take_while(is_needless);
        let needless: Vec<SegmentId> = needless.map(|(id, _)| *id).collect();
        for id in &needless {
            disk.delete(&format::file_name(*id))?;
            self.segments.remove(id);
        }
        Ok(needless.len())
    }

    /// The oldest segment there is: what is older was deleted.
    pub fn oldest(&self) -> Option<SegmentId> {
        self.segments.keys().next().copied()
    }

    /// Whether data of a table is noted up to a position.
    pub fn has_dirty(&self, table: TableId, upto: CommitLogPosition) -> bool {
        self.segments
            .iter()
            .take_while(|(id, _)| **id <= upto.segment)
            .any(|(_, segment)| segment.dirty.contains_key(&table))
    }

    /// The tables that keep the oldest segment, if it is not the one that is written to. None: only values of the node's own do.
    pub fn dirty_in_oldest(&self) -> Option<Vec<TableId>> {
        let (id, segment) = self.segments.first_key_value()?;
        let is_active = self.active.as_ref().is_some_and(|active| active.id == *id);
        (!is_active).then(|| segment.dirty.keys().copied().collect())
    }

    /// The tables with data that is in the log and in a memtable only.
    pub fn dirty_tables(&self) -> BTreeSet<TableId> {
        self.segments.values().flat_map(|it| it.dirty.keys().copied()).collect()
    }

    /// Where the log ends.
    pub fn position(&self) -> CommitLogPosition {
        match self.segments.last_key_value() {
            Some((id, segment)) => CommitLogPosition {
                segment: *id,
                offset: segment.len,
            },
            None => CommitLogPosition {
                segment: SegmentId(0),
                offset: 0,
            },
        }
    }

    /// Oldest first.
    pub fn segments(&self) -> impl Iterator<Item = SegmentSummary> {
        let active = self.active.as_ref().map(|active| active.id);
        self.segments.iter().map(move |(id, segment)| SegmentSummary {
            file: format::file_name(*id),
            bytes: segment.len,
            is_active: active == Some(*id),
            dirty: segment.dirty.keys().copied().collect(),
            own_values: segment.locals,
        })
    }

    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    pub fn bytes(&self) -> u64 {
        self.segments.values().map(|segment| u64::from(segment.len)).sum()
    }

    pub fn unsynced_bytes(&self) -> u64 {
        self.unsynced
    }

    /// The active segment if the record in `scratch` fits; else closes it and starts another.
    fn segment_with_room(&mut self, disk: &mut dyn Disk) -> Result<Active, StorageError> {
        if let Some(active) = self.active.clone() {
            let needed = self.len_of(active.id) as usize + self.scratch.len() + format::MARKER_BYTES;
            if needed <= self.config.segment_bytes as usize {
                return Ok(active);
            }
            self.mark_and_sync(disk, &active, Marker::Closed)?;
            self.active = None;
            self.delete_needless(disk)?;
        }
        let id = self.next_id;
        let file = format::file_name(id);
        disk.create(&file)?;
        if let Err(error) = disk.append(&file, &format::header(id)) {
            disk.delete(&file)?;
            return Err(error);
        }
        self.next_id = SegmentId(id.0 + 1);
        self.segments.insert(id, Segment::default());
        self.grew(id, format::HEADER_BYTES as u32);
        let active = Active { id, file: file.into() };
        self.active = Some(active.clone());
        Ok(active)
    }

    fn mark_and_sync(&mut self, disk: &mut dyn Disk, active: &Active, kind: Marker) -> Result<(), StorageError> {
        let marker = format::marker(active.id, kind, self.len_of(active.id));
        disk.append(&active.file, &marker)?;
        self.grew(active.id, marker.len() as u32);
        self.sync_file(disk, active)
    }

    fn sync_file(&mut self, disk: &mut dyn Disk, active: &Active) -> Result<(), StorageError> {
        if let Err(error) = disk.sync(&active.file) {
            self.stopped = Some(error.to_string());
            return Err(error);
        }
        self.unsynced = 0;
        Ok(())
    }

    fn len_of(&self, id: SegmentId) -> u32 {
        self.segments.get(&id).map_or(0, |segment| segment.len)
    }

    fn grew(&mut self, id: SegmentId, bytes: u32) {
        self.segments.entry(id).or_default().len += bytes;
        self.unsynced += u64::from(bytes);
    }
}
