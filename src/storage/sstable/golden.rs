//! SSTables that a real Cassandra wrote: read, and written again to the same bytes.

use bytes::Bytes;

use super::compressor::Compressor;
use super::*;
use crate::data::{Partition, PartitionRange, TableId};
use crate::schema::TableMetadata;
use crate::storage::{Disk, MemoryDisk};

pub const FOLDERS: [&str; 19] = [
    "all_types",
    "collections",
    "compacted",
    "composite_key",
    "compression_deflate",
    "compression_lz4",
    "compression_none",
    "compression_snappy",
    "compression_zstd",
    "counters",
    "empties",
    "many_columns",
    "many_partitions",
    "simple_int",
    "statics",
    "tombstones",
    "ttl",
    "wide_asc",
    "wide_desc",
];

/// The SSTables of a folder on a disk of their own.
pub fn recorded(folder: &str) -> (MemoryDisk, Vec<Descriptor>) {
    let path = format!("{}/tests/golden-sstables/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut disk = MemoryDisk::new();
    let mut found = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if let Some((descriptor, _)) = Descriptor::parse(&name) {
            found.insert(descriptor);
            disk.create(&name).unwrap();
            disk.append(&name, &std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
    (disk, found.into_iter().collect())
}

/// The table, from what the SSTable says of it, with the options it must have had.
pub fn table_of(disk: &dyn Disk, descriptor: &Descriptor) -> TableMetadata {
    let file = descriptor.file(Component::Statistics);
    let statistics = Statistics::decode(&file, disk.read_all(&file).unwrap().into(), descriptor.version).unwrap();
    let mut table = statistics.header.to_table("ks", "t").unwrap();
    table.id = TableId(uuid::Uuid::from_u128(7));
    table.params.bloom_filter_fp_chance = statistics.bloom_filter_fp_chance;
    table
}

pub fn open(disk: &dyn Disk, descriptor: &Descriptor) -> SstableReader {
    let table = table_of(disk, descriptor);
    SstableReader::open(disk, descriptor.clone(), &table).unwrap()
}

pub fn partitions(disk: &dyn Disk, reader: &SstableReader) -> Vec<Partition> {
    let mut scanner = reader.scanner(&PartitionRange::full());
    let mut found = Vec::new();
    while let Some(partition) = scanner.next(reader, disk).unwrap() {
        found.push(partition.load().unwrap());
    }
    found
}

fn plain_data(disk: &dyn Disk, reader: &SstableReader) -> Vec<u8> {
    let mut cursor = reader.data().cursor(disk, 0);
    let all: Bytes = input::Input::take(&mut cursor, reader.data().length() as usize).unwrap();
    all.to_vec()
}

/// Writes what a reader has, with the options of what it was read from.
fn rewritten(folder: &str, disk: &dyn Disk, reader: &SstableReader) -> (MemoryDisk, Descriptor, TableMetadata) {
    let mut table = table_of(disk, &reader.info().descriptor);
    table.params.compression = match reader.data().compression() {
        None => Default::default(),
        Some(info) => [
            ("class".to_owned(), info.params.compressor.name().to_owned()),
            (
                "chunk_length_in_kb".to_owned(),
                (info.params.chunk_length / 1024).to_string(),
            ),
        ]
        .into(),
    };
    let partitions = partitions(disk, reader);
    let stats = reader.info().stats();
    let mut header = SerializationHeader::of_partitions(&table, &partitions);
    if folder == "counters" {
        // What its times are counted from were the first increments, which later ones replaced before the flush.
        assert!(header.stats.min_timestamp > reader.info().statistics.header.stats.min_timestamp);
        header.stats = reader.info().statistics.header.stats;
    }
    let options = WriteOptions {
        level: stats.level,
        repaired_at: stats.repaired_at,
        commit_log: stats.commit_log.clone(),
        host: stats.host,
        ..WriteOptions::new(header)
    };
    let mut out = MemoryDisk::new();
    let descriptor = Descriptor::new(&table, 3);
    let keys = partitions.len() as u64;
    let mut writer = SstableWriter::new(&mut out, descriptor.clone(), &table, options, keys).unwrap();
    for partition in &partitions {
        writer.append(&mut out, partition).unwrap();
    }
    writer.finish(&mut out).unwrap().unwrap();
    (out, descriptor, table)
}

fn difference(folder: &str, component: Component, mine: &[u8], theirs: &[u8]) -> Option<String> {
    let differs = mine.iter().zip(theirs).position(|(a, b)| a != b);
    let (mine_length, length) = (mine.len(), theirs.len());
    (mine != theirs).then(|| {
        format!("{folder} {component:?}: {mine_length} bytes for {length}, different from byte {differs:?} on")
    })
}

#[test]
fn written_again_they_are_the_same_bytes() {
    let mut wrong = Vec::new();
    for folder in FOLDERS {
        let (disk, descriptors) = recorded(folder);
        assert!(!descriptors.is_empty(), "{folder}");
        for theirs in descriptors {
            let read = open(&disk, &theirs);
            let (out, mine, table) = rewritten(folder, &disk, &read);
            let written = SstableReader::open(&out, mine.clone(), &table).unwrap();
            let (mine_data, data) = (plain_data(&out, &written), plain_data(&disk, &read));
            wrong.extend(difference(folder, Component::Data, &mine_data, &data));
            let (out, disk): (&dyn Disk, &dyn Disk) = (&out, &disk);
            let bytes = |component| {
                let mine = out.read_all(&mine.file(component)).unwrap();
                (mine, disk.read_all(&theirs.file(component)).unwrap())
            };
            let mut equal = vec![Component::PrimaryIndex, Component::Summary, Component::Filter];
            if read.data().compression().is_none() {
                equal.extend([Component::Crc, Component::Digest, Component::Data]);
            }
            for component in equal {
                let (mine, theirs) = bytes(component);
                wrong.extend(difference(folder, component, &mine, &theirs));
            }
            let toc = |text: Vec<u8>| {
                let text = String::from_utf8(text).unwrap();
                text.lines()
                    .map(str::to_owned)
                    .collect::<std::collections::BTreeSet<_>>()
            };
            let (mine, theirs) = bytes(Component::Toc);
            assert_eq!(toc(mine), toc(theirs), "{folder}");

            let (mut mine, theirs) = (written.info().statistics.clone(), read.info().statistics.clone());
            assert!(mine.trailer.take().is_some() && theirs.trailer.is_none());
            // How well a chunk compresses is for the compressor to say.
            let compressed = read.data().compression().map(|info| info.params.compressor);
            if matches!(
                compressed,
                Some(Compressor::Lz4 | Compressor::Snappy | Compressor::Zstd | Compressor::Deflate)
            ) {
                mine.stats.compression_ratio = theirs.stats.compression_ratio;
            }
            let (_, bytes) = bytes(Component::Statistics);
            wrong.extend(difference(folder, Component::Statistics, &mine.encode(), &bytes));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
