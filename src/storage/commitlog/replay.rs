//! The commit log's reading end: what is done when a node starts.

use super::format::{self, Item, Marker};
use super::{CommitLogPosition, Record, SegmentId};
use crate::base::{Arrange, codec};
use crate::storage::StorageError;
use crate::storage::disk::Disk;

/// Bytes at the end of the last segment that a crash kept from becoming whole records. None of them was ever synced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    pub file: String,
    pub offset: u64,
    pub bytes: u64,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    pub mutations: u64,
    pub records: u64,
    pub bytes: u64,
    pub torn: Option<TornTail>,
    pub segments: Vec<ReplayedSegment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayedSegment {
    pub id: SegmentId,
    pub len: u32,
}

/// Hands every record to `apply` in the order of writing. A torn tail of the last segment is cut off, and the segment closed;
/// damage anywhere else is an error that says where.
pub fn replay(
    disk: &mut dyn Disk,
    mut apply: impl FnMut(CommitLogPosition, Record<'static>),
) -> Result<ReplayReport, StorageError> {
    let mut ids: Vec<SegmentId> = disk
        .list()?
        .iter()
        .filter_map(|it| format::segment_of(&it.name))
        .collect();
    ids.arrange();
    let mut report = ReplayReport::default();
    for (position, id) in ids.iter().enumerate() {
        let is_last = position + 1 == ids.len();
        replay_segment(disk, *id, is_last, &mut report, &mut apply)?;
    }
    Ok(report)
}

fn replay_segment(
    disk: &mut dyn Disk,
    id: SegmentId,
    is_last: bool,
    report: &mut ReplayReport,
    apply: &mut impl FnMut(CommitLogPosition, Record<'static>),
) -> Result<(), StorageError> {
    let file = format::file_name(id);
    let bytes = disk.read_all(&file)?;
    let corrupt = |offset: usize, what: &str| StorageError::Corrupt {
        file: file.clone(),
        offset: offset as u64,
        what: what.to_owned(),
    };
    let torn_at = |offset: usize| TornTail {
        file: file.clone(),
        offset: offset as u64,
        bytes: (bytes.len() - offset) as u64,
    };
    if !format::has_header(&bytes, id) {
        if !is_last || format::has_marker_from(&bytes, id, 0) {
            return Err(corrupt(0, "the segment's header does not match its checksum"));
        }
        // The node crashed before anything in this segment was synced.
        report.torn = Some(torn_at(0));
        return disk.delete(&file);
    }
    let mut offset = format::HEADER_BYTES;
    let mut closed = false;
    loop {
        match format::item_at(&bytes, id, offset) {
            Item::Record { payload, end } => {
                let record =
                    codec::decode::<Record<'static>>(payload).map_err(|error| corrupt(offset, &error.to_string()))?;
                report.records += 1;
                report.mutations += u64::from(matches!(record, Record::Mutation(_)));
                offset = end;
                let position = CommitLogPosition {
                    segment: id,
                    offset: offset as u32,
                };
                apply(position, record);
            }
            Item::Marker { kind, end } => {
                closed = kind == Marker::Closed;
                offset = end;
            }
            Item::End => break,
            Item::Damaged(what) => {
                if !is_last || format::has_marker_from(&bytes, id, offset) {
                    return Err(corrupt(offset, what));
                }
                report.torn = Some(torn_at(offset));
                disk.truncate(&file, offset as u64)?;
                break;
            }
        }
    }
    if !closed {
        if !is_last {
            return Err(corrupt(offset, "the segment ends before it was closed"));
        }
        disk.append(&file, &format::marker(id, Marker::Closed, offset as u32))?;
        disk.sync(&file)?;
        offset += format::MARKER_BYTES;
    }
    report.bytes += offset as u64;
    report.segments.push(ReplayedSegment { id, len: offset as u32 });
    Ok(())
}
