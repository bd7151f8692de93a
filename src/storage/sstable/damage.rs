//! Damaged SSTables: whatever bit flips or is cut off, the file is named, and no row comes out that was not written.

use super::golden::{FOLDERS, recorded, table_of};
use super::properties::Sample;
use super::*;
use crate::base::{Random, Seed};
use crate::data::{Partition, PartitionRange};
use crate::schema::TableMetadata;
use crate::storage::source::TableSource;
use crate::storage::{Disk, MemoryDisk, StorageError};

/// All of an SSTable, read by a scan.
fn scan(disk: &dyn Disk, descriptor: &Descriptor, table: &TableMetadata) -> Result<Vec<Partition>, StorageError> {
    let reader = SstableReader::open(disk, descriptor.clone(), table)?;
    let mut scanner = reader.scanner(&PartitionRange::full());
    let mut found = Vec::new();
    while let Some(partition) = scanner.next(&reader, disk)? {
        found.push(partition.load()?);
    }
    reader.verify_digest(disk)?;
    Ok(found)
}

/// The same by way of the keys.
fn look_up(
    disk: &dyn Disk,
    descriptor: &Descriptor,
    table: &TableMetadata,
    keys: &[Partition],
) -> Result<usize, StorageError> {
    let reader = SstableReader::open(disk, descriptor.clone(), table)?;
    let source = reader.source(disk);
    let mut found = 0;
    for partition in keys {
        found += usize::from(source.partition(&partition.key)?.is_some());
    }
    Ok(found)
}

fn file_of(error: &StorageError) -> Option<&str> {
    match error {
        StorageError::Corrupt { file, .. } | StorageError::NotFound { file } => Some(file),
        _ => None,
    }
}

#[test]
fn a_flipped_bit_anywhere_in_what_was_written_here_is_found_and_its_file_named() {
    let mut flipped = 0;
    for seed in 0..40 {
        let sample = Sample::new(seed);
        let mut disk = MemoryDisk::new();
        let Some(info) = sample.write(&mut disk) else {
            continue;
        };
        let mut random = Random::stream(Seed(seed), "damage");
        for file in disk.list().unwrap() {
            for _ in 0..12 {
                let damaged = disk.snapshot();
                let (offset, bit) = (random.below(file.len), random.below(8) as u8);
                assert!(damaged.flip_bit(&file.name, offset, bit));
                let result = scan(&damaged, &info.descriptor, &sample.table);
                let Err(error) = result else {
                    panic!(
                        "seed {seed}: bit {bit} of byte {offset} of {} was not missed",
                        file.name
                    );
                };
                assert_eq!(
                    file_of(&error),
                    Some(file.name.as_str()),
                    "seed {seed}: bit {bit} of byte {offset}: {error}"
                );
                flipped += 1;
            }
        }
    }
    assert!(flipped > 2000, "{flipped} bits only");
}

#[test]
fn a_file_cut_off_is_found() {
    for seed in 0..20 {
        let sample = Sample::new(seed);
        let mut disk = MemoryDisk::new();
        let Some(info) = sample.write(&mut disk) else {
            continue;
        };
        let mut random = Random::stream(Seed(seed), "cut");
        for file in disk.list().unwrap() {
            let mut damaged = disk.snapshot();
            damaged.truncate(&file.name, random.below(file.len)).unwrap();
            assert!(
                scan(&damaged, &info.descriptor, &sample.table).is_err(),
                "{}",
                file.name
            );
            damaged.delete(&file.name).unwrap();
            assert!(
                scan(&damaged, &info.descriptor, &sample.table).is_err(),
                "{}",
                file.name
            );
        }
    }
}

/// Cassandra's own files have no checksums but for data and statistics. A bit in the others may go unseen, but no row changes.
#[test]
fn a_flipped_bit_in_what_cassandra_wrote_changes_no_row() {
    let (mut unseen, mut found) = (0, 0);
    for folder in FOLDERS.into_iter().filter(|it| *it != "many_partitions") {
        let (disk, descriptors) = recorded(folder);
        let descriptor = &descriptors[0];
        let table = table_of(&disk, descriptor);
        let whole = scan(&disk, descriptor, &table).unwrap();
        let mut random = Random::stream(Seed(1), folder);
        for file in disk.list().unwrap() {
            for _ in 0..10 {
                let damaged = disk.snapshot();
                damaged.flip_bit(&file.name, random.below(file.len), random.below(8) as u8);
                match scan(&damaged, descriptor, &table) {
                    Ok(partitions) => {
                        assert!(partitions == whole, "{folder}: {} gives other rows", file.name);
                        unseen += 1;
                    }
                    Err(error) => {
                        assert!(file_of(&error).is_some(), "{error}");
                        found += 1;
                    }
                }
                let _ = look_up(&damaged, descriptor, &table, &whole);
            }
        }
    }
    assert!(found > unseen, "{found} found, {unseen} unseen");
}

/// With checksums not looked at, any bytes may reach the decoders of rows and of compressed chunks: they say that something is wrong,
/// or take it for rows, but do not fall over.
#[test]
fn decoders_survive_any_bytes() {
    let (mut errors, mut rows) = (0, 0);
    for seed in 0..60 {
        let mut sample = Sample::new(seed);
        let mut disk = MemoryDisk::new();
        let Some(info) = sample.write(&mut disk) else {
            continue;
        };
        sample.table.params.crc_check_chance = 0.0;
        let data = info.descriptor.file(Component::Data);
        let length = Disk::len(&disk, &data).unwrap();
        let mut random = Random::stream(Seed(seed), "any bytes");
        for _ in 0..40 {
            let damaged = disk.snapshot();
            for _ in 0..1 + random.below(3) {
                damaged.flip_bit(&data, random.below(length), random.below(8) as u8);
            }
            let Ok(reader) = SstableReader::open(&damaged, info.descriptor.clone(), &sample.table) else {
                continue;
            };
            let mut scanner = reader.scanner(&PartitionRange::full());
            loop {
                match scanner.next(&reader, &damaged) {
                    Ok(None) => break,
                    Ok(Some(partition)) => match partition.load() {
                        Ok(_) => rows += 1,
                        Err(_) => errors += 1,
                    },
                    Err(_) => errors += 1,
                }
            }
            let _ = reader.verify(&damaged);
        }
    }
    assert!(errors > 100 && rows > 100, "{errors} errors, {rows} partitions");
}

/// The same for the components that lie in memory.
#[test]
fn other_decoders_survive_any_bytes() {
    use super::bloom::BloomFilter;
    use super::cardinality::Cardinality;
    use super::compression_info::CompressionInfo;
    use super::input::Slab;
    use super::summary::IndexSummary;
    for folder in FOLDERS {
        let (disk, descriptors) = recorded(folder);
        let disk: &dyn Disk = &disk;
        let statistics = Statistics::load(disk, &descriptors[0]).unwrap();
        let mut random = Random::stream(Seed(2), folder);
        let mut damage = |bytes: Vec<u8>| {
            let mut bytes = bytes;
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = random.below(256) as u8;
            }
            if random.chance(0.2) {
                bytes.truncate(random.below(bytes.len() as u64) as usize);
            }
            bytes::Bytes::from(bytes)
        };
        let file = |component| disk.read_all(&descriptors[0].file(component)).unwrap_or(vec![0]);
        for _ in 0..100 {
            let _ = SerializationHeader::decode(&mut Slab::new("f", damage(statistics.header.encode())));
            let _ = Cardinality::decode("f", damage(statistics.cardinality.encode()));
            let _ = BloomFilter::decode("f", damage(file(Component::Filter)));
            let _ = CompressionInfo::decode("f", damage(file(Component::CompressionInfo)), 30_000);
            let _ = IndexSummary::decode("f", damage(file(Component::Summary)), 20_000);
            let mut stats = Slab::new("f", damage(statistics.stats.encoded()));
            let _ = StatsMetadata::decode(&mut stats, Version::Nb);
        }
    }
}
