//! The commit log under crashes and rot.

use std::borrow::Cow;

use super::format;
use super::*;
use crate::base::{Instant, Random, Seed};
use crate::data::TableId;
use crate::storage::disk::{Disk, MemoryDisk, PowerLoss};
use crate::storage::{StorageError, disk::FileInfo};

const BATCH: CommitLogConfig = CommitLogConfig {
    segment_bytes: 400,
    sync: CommitLogSync::Batch,
};
const GROUP: CommitLogConfig = CommitLogConfig {
    segment_bytes: 400,
    sync: CommitLogSync::Group,
};

fn record(n: u32) -> Record<'static> {
    // Of different lengths, so that records and segments end at all sorts of places.
    let value = vec![n as u8; n as usize % 50];
    Record::Local {
        name: Cow::Owned(n.to_string()),
        value: Some(Cow::Owned(value)),
    }
}

fn start(
    disk: &MemoryDisk,
    config: CommitLogConfig,
) -> Result<(CommitLog, ReplayReport, Vec<Record<'static>>), StorageError> {
    let mut records = Vec::new();
    let mut segments = Vec::new();
    let report = replay(&mut disk.clone(), |position, record| {
        segments.push(position.segment);
        records.push(record);
    })?;
    let mut log = CommitLog::new(config, &report);
    // All of it is needed, or its segments would be deleted.
    segments.iter().for_each(|segment| log.move_local(None, Some(*segment)));
    Ok((log, report, records))
}

fn append(log: &mut CommitLog, disk: &MemoryDisk, numbers: core::ops::Range<u32>) {
    for n in numbers {
        let position = log.append(&mut disk.clone(), &record(n)).unwrap();
        assert!(position.offset <= log.config().segment_bytes);
        log.move_local(None, Some(position.segment));
    }
}

fn records(numbers: core::ops::Range<u32>) -> Vec<Record<'static>> {
    numbers.map(record).collect()
}

fn segments(disk: &MemoryDisk) -> Vec<FileInfo> {
    let mut files = disk.list().unwrap();
    files.sort_by_key(|file| format::segment_of(&file.name));
    files
}

#[test]
fn what_was_appended_is_replayed_across_segments_and_starts() {
    let disk = MemoryDisk::new();
    for round in 0..5 {
        let (mut log, report, found) = start(&disk, BATCH).unwrap();
        assert_eq!(found, records(0..round * 20));
        assert_eq!(report.torn, None);
        append(&mut log, &disk, round * 20..(round + 1) * 20);
        assert_eq!(log.unsynced_bytes(), 0);
        assert_eq!(log.segment_count(), segments(&disk).len());
        assert_eq!(log.bytes(), disk.used());
        disk.lose_power(PowerLoss::Clean);
    }
    assert!(segments(&disk).len() > 10);
}

#[test]
fn a_group_is_safe_once_it_is_synced() {
    let disk = MemoryDisk::new();
    let (mut log, ..) = start(&disk, GROUP).unwrap();
    append(&mut log, &disk, 0..3);
    log.sync(&mut disk.clone()).unwrap();
    let syncs = disk.syncs();
    log.sync(&mut disk.clone()).unwrap();
    assert_eq!(disk.syncs(), syncs, "nothing new is synced");
    append(&mut log, &disk, 3..5);
    assert!(log.unsynced_bytes() > 0);
    disk.lose_power(PowerLoss::Clean);
    assert_eq!(start(&disk, GROUP).unwrap().2, records(0..3));
}

#[test]
fn the_periodic_sync_is_due_a_period_after_the_last() {
    let disk = MemoryDisk::new();
    let config = CommitLogConfig {
        sync: CommitLogSync::CASSANDRA_DEFAULT,
        ..BATCH
    };
    let (mut log, ..) = start(&disk, config).unwrap();
    assert_eq!(log.next_timeout(), None);
    append(&mut log, &disk, 0..1);
    let due = log.next_timeout().unwrap();
    assert_eq!(due, Instant::ZERO + Duration::from_secs(10));
    log.maintain(&mut disk.clone(), due).unwrap();
    assert_eq!(log.next_timeout(), None);
    append(&mut log, &disk, 1..2);
    assert_eq!(log.next_timeout(), Some(due + Duration::from_secs(10)));
    disk.lose_power(PowerLoss::Clean);
    assert_eq!(start(&disk, config).unwrap().2, records(0..1));
}

#[test]
fn a_tail_torn_at_any_byte_leaves_a_first_part() {
    let whole = MemoryDisk::new();
    let (mut log, ..) = start(&whole, GROUP).unwrap();
    append(&mut log, &whole, 0..18);
    let last = segments(&whole).pop().unwrap();
    let in_last = (0..).take_while(|n| replayed_before(&whole, &last.name, *n)).count();
    assert!(in_last < 18);
    for length in 0..=last.len {
        let mut disk = whole.snapshot();
        disk.truncate(&last.name, length).unwrap();
        let (mut log, report, found) = start(&disk, GROUP).unwrap();
        assert_eq!(found, records(0..found.len() as u32), "cut to {length}");
        if length == last.len {
            assert_eq!(found.len(), 18);
        }
        // What is replayed once is not lost the next time, and the log goes on.
        append(&mut log, &disk, 100..103);
        log.sync(&mut disk.clone()).unwrap();
        let (_, again, after) = start(&disk, GROUP).unwrap();
        assert_eq!(again.torn, None);
        assert_eq!(after[..found.len()], found);
        assert_eq!(after[found.len()..], records(100..103));
        assert_eq!(report.records as usize, found.len());
    }
}

/// Whether the n-th record lies in a segment before `file`.
fn replayed_before(disk: &MemoryDisk, file: &str, n: usize) -> bool {
    let id = format::segment_of(file).unwrap();
    let mut before = 0;
    replay(&mut disk.snapshot(), |position, _| {
        before += usize::from(position.segment < id)
    })
    .unwrap();
    n < before
}

#[test]
fn torn_crashes_never_cost_what_was_synced() {
    let mut random = Random::stream(Seed(3), "torn crashes");
    for _ in 0..300 {
        let disk = MemoryDisk::new();
        let (mut log, ..) = start(&disk, GROUP).unwrap();
        let mut next = 0;
        for _ in 0..4 {
            let more = random.below(12) as u32;
            append(&mut log, &disk, next..next + more);
            next += more;
            log.sync(&mut disk.clone()).unwrap();
            let synced = next;
            append(&mut log, &disk, next..next + 4);
            disk.lose_power(PowerLoss::Torn(&mut random));
            let (restarted, _, found) = start(&disk, GROUP).unwrap();
            assert!(found.len() >= synced as usize);
            assert_eq!(found, records(0..found.len() as u32));
            next = found.len() as u32;
            log = restarted;
        }
    }
}

#[test]
fn a_flipped_bit_is_reported_where_it_is_and_costs_nothing_silently() {
    let whole = MemoryDisk::new();
    let (mut log, ..) = start(&whole, BATCH).unwrap();
    append(&mut log, &whole, 0..14);
    let files = segments(&whole);
    assert!(files.len() >= 2);
    for (position, file) in files.iter().enumerate() {
        for offset in 0..file.len {
            for bit in [0, 7] {
                let disk = whole.snapshot();
                assert!(disk.flip_bit(&file.name, offset, bit));
                match start(&disk, BATCH) {
                    Err(StorageError::Corrupt {
                        file: found,
                        offset: at,
                        ..
                    }) => {
                        assert_eq!(found, file.name);
                        assert!(at <= offset, "damage at {offset} reported at {at}");
                    }
                    Err(other) => panic!("{other}"),
                    Ok((_, report, found)) => {
                        // Only the last marker of the last segment can be damaged without any record being so.
                        assert_eq!(found, records(0..14));
                        assert_eq!(position + 1, files.len());
                        assert_eq!(report.torn.unwrap().bytes, format::MARKER_BYTES as u64);
                    }
                }
            }
        }
    }
}

#[test]
fn a_lost_end_of_an_old_segment_is_corruption() {
    let mut disk = MemoryDisk::new();
    let (mut log, ..) = start(&disk, BATCH).unwrap();
    append(&mut log, &disk, 0..14);
    let first = segments(&disk).remove(0);
    for length in (0..first.len).rev() {
        disk.truncate(&first.name, length).unwrap();
        let error = start(&disk, BATCH).unwrap_err();
        assert!(matches!(error, StorageError::Corrupt { file, .. } if file == first.name));
    }
}

#[test]
fn segments_go_when_nothing_in_them_is_needed() {
    let table = TableId(uuid::Uuid::from_u128(1));
    let disk = MemoryDisk::new();
    let (mut log, ..) = start(&disk, BATCH).unwrap();
    let mut last = log.position();
    for n in 0..40 {
        last = log.append(&mut disk.clone(), &record(n)).unwrap();
        log.mark_dirty(last, table);
    }
    let before = segments(&disk).len();
    assert!(before > 3);
    let middle = CommitLogPosition {
        segment: SegmentId(last.segment.0 - 1),
        offset: 0,
    };
    log.discard(&mut disk.clone(), table, middle).unwrap();
    assert_eq!(segments(&disk).len(), 2, "the one of the position and the active one");
    log.discard(&mut disk.clone(), table, last).unwrap();
    assert_eq!(segments(&disk).len(), 1, "the active one stays");
    assert_eq!(log.segment_count(), 1);
    let (log, ..) = start(&disk, BATCH).unwrap();
    assert_eq!(log.oldest(), Some(last.segment));
}

#[test]
fn too_large_a_record_is_refused_and_a_full_disk_leaves_the_log_whole() {
    let disk = MemoryDisk::with_capacity(1000);
    let (mut log, ..) = start(&disk, BATCH).unwrap();
    let large = Record::Local {
        name: Cow::Borrowed("large"),
        value: Some(Cow::Owned(vec![0; 200])),
    };
    assert!(matches!(
        log.append(&mut disk.clone(), &large),
        Err(StorageError::MutationTooLarge { limit: 200, .. })
    ));
    let mut taken = 0;
    let error = loop {
        match log.append(&mut disk.clone(), &record(taken)) {
            Ok(position) => log.move_local(None, Some(position.segment)),
            Err(error) => break error,
        }
        taken += 1;
    };
    assert!(matches!(error, StorageError::NoSpace { .. }), "{error}");
    assert!(taken > 10);
    disk.lose_power(PowerLoss::Clean);
    // A node that cannot even close its last segment says so; with room it replays all.
    assert!(matches!(
        start(&disk.snapshot(), BATCH),
        Err(StorageError::NoSpace { .. }) | Ok(_)
    ));
    disk.set_capacity(None);
    assert_eq!(start(&disk, BATCH).unwrap().2, records(0..taken));
}
