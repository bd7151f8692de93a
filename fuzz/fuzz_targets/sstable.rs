//! One component of a sound SSTable replaced by any bytes, then everything read: no panic, no memory beyond what the bytes are worth.
//!
//! `cargo +nightly fuzz run sstable`. The first byte says which sample and component, the rest is the component.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::data::PartitionRange;
use ringscope::storage::source::TableSource;
use ringscope::storage::sstable::{Descriptor, SstableReader, Statistics};
use ringscope::storage::{Disk, MemoryDisk};

macro_rules! sample {
    ($folder:literal, $($file:literal),*) => {
        &[$(($file, include_bytes!(concat!("../../tests/golden-sstables/", $folder, "/", $file)))),*]
    };
}

type Sample = &'static [(&'static str, &'static [u8])];

const SAMPLES: [Sample; 2] = [
    sample!(
        "tombstones",
        "nb-1-big-Data.db",
        "nb-1-big-Index.db",
        "nb-1-big-Summary.db",
        "nb-1-big-Filter.db",
        "nb-1-big-Statistics.db",
        "nb-1-big-CompressionInfo.db",
        "nb-1-big-Digest.crc32",
        "nb-1-big-TOC.txt"
    ),
    sample!(
        "compression_none",
        "nb-1-big-Data.db",
        "nb-1-big-Index.db",
        "nb-1-big-Summary.db",
        "nb-1-big-Filter.db",
        "nb-1-big-Statistics.db",
        "nb-1-big-CRC.db",
        "nb-1-big-Digest.crc32",
        "nb-1-big-TOC.txt"
    ),
];

fuzz_target!(|input: &[u8]| {
    let Some((choice, replaced)) = input.split_first() else {
        return;
    };
    let sample = SAMPLES[usize::from(*choice) % SAMPLES.len()];
    let component = usize::from(*choice) / SAMPLES.len() % sample.len();
    let mut disk = MemoryDisk::new();
    for (at, (name, bytes)) in sample.iter().enumerate() {
        let bytes = if at == component { replaced } else { bytes };
        disk.create(name).expect("a new file");
        disk.append(name, bytes).expect("room for it");
    }
    let (descriptor, _) = Descriptor::parse("nb-1-big-Data.db").expect("a name");
    let Ok(statistics) = Statistics::load(&disk, &descriptor) else {
        return;
    };
    let Ok(mut table) = statistics.header.to_table("ks", "t") else {
        return;
    };
    // So that the data's own decoder is reached.
    table.params.crc_check_chance = 0.0;
    let Ok(reader) = SstableReader::open(&disk, descriptor, &table) else {
        return;
    };
    let mut scanner = reader.scanner(&PartitionRange::full());
    while let Ok(Some(partition)) = scanner.next(&reader, &disk) {
        let _ = partition.load();
        let _ = reader.source(&disk).partition(&partition.key).map(|it| it.is_some());
    }
    let _ = reader.verify(&disk);
});
