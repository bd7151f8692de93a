//! Every byte of every recorded SSTable has one name, and the names are those of what the decoders found.

use super::super::golden::{FOLDERS, open, recorded, table_of};
use super::*;
use crate::data::PartitionRange;

const TRIES: [&str; 3] = ["bti_da_many", "bti_da_tombstones", "bti_da_wide"];

fn whole(disk: &dyn Disk, reader: &SstableReader, side: Side) -> Annotation {
    let table = table_of(disk, &reader.info().descriptor);
    let found = annotate(disk, reader, &table, side, 0..u64::MAX);
    found.unwrap_or_else(|error| panic!("{side:?}: {error}"))
}

fn covers(annotation: &Annotation, length: u64, what: &str) {
    let mut at = 0;
    for span in &annotation.spans {
        assert_eq!(span.at, at, "{what}: a gap or overlap before {span:?}");
        assert!(span.length > 0, "{what}: {span:?}");
        at += span.length;
    }
    assert_eq!((at, annotation.length), (length, length), "{what}");
}

#[test]
fn every_byte_of_every_recorded_sstable_has_one_name() {
    for folder in FOLDERS.iter().chain(&TRIES) {
        let (disk, descriptors) = recorded(folder);
        for descriptor in descriptors {
            let reader = open(&disk, &descriptor);
            for component in reader.components() {
                let length = disk.len(&descriptor.file(*component)).unwrap();
                let what = format!("{folder} {component:?}");
                covers(&whole(&disk, &reader, Side::File(*component)), length, &what);
            }
            covers(&whole(&disk, &reader, Side::Rows), reader.data().length(), folder);
        }
    }
}

#[test]
fn the_names_count_what_the_decoder_finds() {
    for folder in FOLDERS.iter().chain(&TRIES) {
        let (disk, descriptors) = recorded(folder);
        for descriptor in descriptors {
            let reader = open(&disk, &descriptor);
            let found = whole(&disk, &reader, Side::Rows);
            let named = |name: &str| found.spans.iter().filter(|span| span.name == name).count();
            let (mut partitions, mut rows, mut markers) = (0, 0, 0);
            let mut scanner = reader.scanner(&PartitionRange::full());
            while let Some(partition) = scanner.next(&reader, &disk).unwrap() {
                partitions += 1;
                rows += usize::from(reader.shape().header.has_static());
                for unfiltered in partition.unfiltered() {
                    match unfiltered.unwrap().1 {
                        super::super::Unfiltered::Row(..) => rows += 1,
                        super::super::Unfiltered::Marker(_) => markers += 1,
                    }
                }
            }
            let counted = (named("end of partition"), named("row flags"), named("marker flags"));
            assert_eq!(counted, (partitions, rows, markers), "{folder}");
        }
    }
}

#[test]
fn what_is_asked_for_in_parts_is_the_same() {
    let (disk, descriptors) = recorded("collections");
    let reader = open(&disk, &descriptors[0]);
    let table = table_of(&disk, &descriptors[0]);
    for side in [Side::Rows, Side::File(Component::Statistics)] {
        let all = whole(&disk, &reader, side);
        let (mut spans, mut from, mut goes_on) = (Vec::new(), 0, true);
        while goes_on {
            let part = annotate(&disk, &reader, &table, side, from..from + 7).unwrap();
            assert_eq!(part.before, from);
            from += part.spans.len() as u64;
            spans.extend(part.spans);
            goes_on = part.goes_on;
        }
        assert_eq!(spans, all.spans);
    }
}

#[test]
fn a_row_reads_like_the_format_says() {
    let (disk, descriptors) = recorded("simple_int");
    let reader = open(&disk, &descriptors[0]);
    let found = whole(&disk, &reader, Side::Rows);
    let first: Vec<&str> = found.spans.iter().take(8).map(|span| &*span.name).collect();
    let expected = [
        "partition key length",
        "partition key",
        "partition deletion: local deletion time",
        "partition deletion: marked for delete at",
        "row flags",
        "row body size",
        "previous unfiltered size",
        "row timestamp delta",
    ];
    assert_eq!(first, expected);
}

/// Damage is an error or another reading of the bytes, and never a panic or a loop.
#[test]
fn damaged_bytes_are_survived() {
    let (disk, descriptors) = recorded("compression_none");
    let descriptor = &descriptors[0];
    let reader = open(&disk, descriptor);
    let table = table_of(&disk, descriptor);
    for component in reader.components() {
        let name = descriptor.file(*component);
        let length = disk.len(&name).unwrap();
        for at in (0..length).step_by((length as usize / 64).max(1)) {
            for bit in [0, 3, 7] {
                let damaged = disk.snapshot();
                assert!(damaged.flip_bit(&name, at, bit));
                let _ = annotate(&damaged, &reader, &table, Side::File(*component), 0..500);
            }
        }
    }
}
