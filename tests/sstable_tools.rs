//! Cassandra's own tools at SSTables that were written here: the other half of reading what Cassandra wrote.
//!
//! `RINGSCOPE_CASSANDRA_TOOL` says how a tool is run: a command to which `sstabledump FILE` is added. Without it there is nothing to ask,
//! and the test says so and passes.

use std::path::{Path, PathBuf};
use std::process::Command;

use ringscope::data::{EpochSeconds, Partition, PartitionRange};
use ringscope::schema::TableMetadata;
use ringscope::shell::sstable::dump;
use ringscope::storage::sstable::{
    Component, Descriptor, SerializationHeader, SstableReader, SstableWriter, Statistics, WriteOptions,
};
use ringscope::storage::{Disk, MemoryDisk};

const TOOL: &str = "RINGSCOPE_CASSANDRA_TOOL";

#[test]
fn sstabledump_reads_what_is_written_here() {
    let Ok(tool) = std::env::var(TOOL) else {
        eprintln!(
            "skipped: set {TOOL} to a command that runs Cassandra's tools, as in `{TOOL}='/opt/cassandra/run-tool'`"
        );
        return;
    };
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-sstables");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(samples)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    folders.sort();
    let mut asked = 0;
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("bti_") {
            continue;
        }
        let (written, descriptor) = rewritten(&folder);
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sstables").join(&name);
        let _ = std::fs::remove_dir_all(&out);
        std::fs::create_dir_all(&out).unwrap();
        let disk: &dyn Disk = &written;
        for file in disk.list().unwrap() {
            let bare = file.name.rsplit('/').next().unwrap();
            std::fs::write(out.join(bare), disk.read_all(&file.name).unwrap()).unwrap();
        }
        let data = descriptor.file(Component::Data);
        let data = out.join(data.rsplit('/').next().unwrap());
        let command = format!("{tool} sstabledump '{}'", data.display());
        let answer = Command::new("sh").args(["-c", &command]).output().unwrap();
        assert!(
            answer.status.success(),
            "{name}: {command}\n{}",
            String::from_utf8_lossy(&answer.stderr)
        );
        let theirs = String::from_utf8(answer.stdout).unwrap();
        let now = EpochSeconds(i64::try_from(now()).unwrap());
        let mine = dump(disk, &descriptor, now).unwrap();
        assert!(mine == theirs.trim_end(), "{name}: the dumps differ\n{theirs}");
        asked += 1;
    }
    assert_eq!(asked, 19);
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// The partitions of a recorded SSTable, written again.
fn rewritten(folder: &Path) -> (MemoryDisk, Descriptor) {
    let mut disk = MemoryDisk::new();
    let mut found = None;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if let Some((descriptor, _)) = Descriptor::parse(&name) {
            disk.create(&name).unwrap();
            disk.append(&name, &std::fs::read(entry.path()).unwrap()).unwrap();
            found = Some(descriptor);
        }
    }
    let descriptor = found.unwrap();
    let statistics = Statistics::load(&disk, &descriptor).unwrap();
    let mut table: TableMetadata = statistics.header.to_table("keyspace", "table").unwrap();
    let reader = SstableReader::open(&disk, descriptor, &table).unwrap();
    table.params.compression = match reader.compression_class() {
        Some(class) => [("class".to_owned(), class.to_owned())].into(),
        None => Default::default(),
    };
    let mut scanner = reader.scanner(&PartitionRange::full());
    let mut partitions: Vec<Partition> = Vec::new();
    while let Some(partition) = scanner.next(&reader, &disk).unwrap() {
        partitions.push(partition.load().unwrap());
    }
    let mut out = MemoryDisk::new();
    let descriptor = Descriptor::new(&table, 1);
    let options = WriteOptions::new(SerializationHeader::of_partitions(&table, &partitions));
    let keys = partitions.len() as u64;
    let mut writer = SstableWriter::new(&mut out, descriptor.clone(), &table, options, keys).unwrap();
    for partition in &partitions {
        writer.append(&mut out, partition).unwrap();
    }
    writer.finish(&mut out).unwrap().unwrap();
    (out, descriptor)
}
