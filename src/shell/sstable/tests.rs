//! What the tools say of SSTables that a real Cassandra wrote, beside what Cassandra's tools said.

use std::io::Read;

use bytes::Bytes;

use super::{dump, metadata, verify};
use crate::data::types::layout::{join_collection, join_tuple};
use crate::data::{ColumnData, ComplexData, CqlType, EpochSeconds, PartitionRange, Row, Value, composite};
use crate::schema::ColumnMetadata;
use crate::shell::format;
use crate::storage::sstable::Descriptor;
use crate::storage::{Disk, MemoryDisk};

const FOLDERS: [&str; 22] = [
    "all_types",
    "bti_da_many",
    "bti_da_tombstones",
    "bti_da_wide",
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

/// When the samples were recorded, nothing of them had expired.
const RECORDED: EpochSeconds = EpochSeconds(1_795_180_000);

fn path(folder: &str, file: &str) -> String {
    format!("{}/tests/golden-sstables/{folder}/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn recorded(folder: &str) -> (MemoryDisk, Descriptor) {
    let mut disk = MemoryDisk::new();
    for entry in std::fs::read_dir(path(folder, "")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if Descriptor::parse(&name).is_some() {
            disk.create(&name).unwrap();
            disk.append(&name, &std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
    let found = super::sstables(&disk).unwrap();
    assert_eq!(found.len(), 1, "{folder}");
    (disk, found[0].clone())
}

/// A recorded text; large ones are packed.
fn text(folder: &str, file: &str) -> String {
    if let Ok(text) = std::fs::read_to_string(path(folder, file)) {
        return text;
    }
    let packed = std::fs::read(path(folder, &format!("{file}.gz"))).unwrap();
    // A header of ten bytes and the file's name, then the deflated text, then its checksum and length.
    let name_end = packed[10..].iter().position(|byte| *byte == 0).unwrap() + 11;
    let start = if packed[3] & 8 != 0 { name_end } else { 10 };
    let plain = miniz_oxide::inflate::decompress_to_vec(&packed[start..packed.len() - 8]).unwrap();
    let mut text = String::new();
    (&plain[..]).read_to_string(&mut text).unwrap();
    text
}

/// JSON without the spaces that are for people.
fn packed(json: &str) -> String {
    let (mut out, mut in_text, mut escaped) = (String::new(), false, false);
    for character in json.chars() {
        if in_text || !character.is_whitespace() {
            out.push(character);
        }
        in_text ^= character == '"' && !escaped;
        escaped = in_text && character == '\\' && !escaped;
    }
    out
}

fn first_difference(mine: &str, theirs: &str) -> Option<String> {
    let at = mine.bytes().zip(theirs.bytes()).position(|(a, b)| a != b);
    let at = at.or_else(|| (mine.len() != theirs.len()).then(|| mine.len().min(theirs.len())))?;
    let near = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..text.len().min(at + 80)]).into_owned()
    };
    Some(format!("at {at}:\n  {}\ninstead of\n  {}", near(mine), near(theirs)))
}

#[test]
fn dumps_are_those_of_sstabledump() {
    let mut wrong = Vec::new();
    for folder in FOLDERS {
        let (disk, descriptor) = recorded(folder);
        let mine = match dump(&disk, &descriptor, RECORDED) {
            Ok(mine) => mine,
            Err(error) => {
                wrong.push(format!("{folder}: {error}"));
                continue;
            }
        };
        let difference = first_difference(&packed(&mine), &packed(&text(folder, "dump.json")));
        wrong.extend(difference.map(|it| format!("{folder} {it}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Spaces and all.
#[test]
fn the_layout_is_that_of_sstabledump() {
    for folder in ["tombstones", "collections"] {
        let (disk, descriptor) = recorded(folder);
        let mine = dump(&disk, &descriptor, RECORDED).unwrap();
        let theirs = text(folder, "dump.txt");
        assert_eq!(first_difference(&mine, theirs.trim_end()), None, "{folder}");
    }
}

#[test]
fn metadata_is_that_of_sstablemetadata() {
    // Where it was, and what could be dropped when Cassandra was asked.
    let settled = |text: &str| -> Vec<String> {
        let volatile = |line: &&str| !line.starts_with("SSTable: ") && !line.starts_with("Estimated droppable");
        text.lines().filter(volatile).map(str::to_owned).collect()
    };
    let mut wrong = Vec::new();
    for folder in FOLDERS {
        let (disk, descriptor) = recorded(folder);
        match metadata(&disk, &descriptor, RECORDED) {
            Ok(mine) => {
                let (mine, theirs) = (settled(&mine), settled(&text(folder, "metadata.txt")));
                let differs = mine.iter().zip(&theirs).find(|(a, b)| a != b);
                wrong.extend(differs.map(|(a, b)| format!("{folder}\n  {a}\n  {b}")));
                if mine.len() != theirs.len() {
                    wrong.push(format!("{folder}: {} lines instead of {}", mine.len(), theirs.len()));
                }
            }
            Err(error) => wrong.push(format!("{folder}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sound_sstables_verify_and_damaged_ones_do_not() {
    for folder in FOLDERS {
        let (disk, descriptor) = recorded(folder);
        let (text, is_sound) = verify(&disk, &descriptor, true);
        assert!(is_sound, "{folder}: {text}");
        assert!(text.ends_with("rows read successfully\n"), "{text}");
    }
    let (disk, descriptor) = recorded("simple_int");
    assert!(disk.flip_bit("nb-1-big-Data.db", 100, 3));
    let (text, is_sound) = verify(&disk, &descriptor, false);
    assert!(!is_sound, "{text}");
    assert!(text.contains("Digest.crc32 is corrupt"), "{text}");
    let (text, _) = verify(&disk, &descriptor, true);
    assert!(text.ends_with("please force a full repair\n"), "{text}");
}

/// A collection of several cells as one value.
fn assembled(ty: &CqlType, data: &ComplexData) -> Option<Bytes> {
    let live = data
        .cells
        .values()
        .filter_map(|(path, cell)| Some((path, cell.value(RECORDED)?)));
    let live: Vec<(&Bytes, &Bytes)> = live.collect();
    let count = live.len();
    let pairs = live.iter();
    (count > 0).then(|| match ty {
        CqlType::Set { .. } => join_collection(count, pairs.map(|(path, _)| &path[..])),
        CqlType::Map { .. } => join_collection(count, pairs.flat_map(|(path, value)| [&path[..], &value[..]])),
        CqlType::UserType(definition) => join_tuple((0..definition.fields.len()).map(|at| {
            let found = live.iter().find(|(path, _)| path[..] == (at as u16).to_be_bytes());
            found.map(|(_, value)| &value[..])
        })),
        _ => join_collection(count, pairs.map(|(_, value)| &value[..])),
    })
}

fn cell_text(ty: &CqlType, value: Option<&[u8]>) -> String {
    // A value of no bytes where its type has none such: the samples show it as nothing at all.
    match value.map(|bytes| ty.decode(bytes)) {
        Some(Ok(Value::Empty)) => String::new(),
        _ => format::value(ty, value).text,
    }
}

fn shown(column: &ColumnMetadata, row: &Row) -> String {
    let value = match row.column(&column.name) {
        None => None,
        Some(ColumnData::Simple(cell)) => cell.shown(RECORDED),
        Some(ColumnData::Complex(data)) => assembled(&column.ty, data),
    };
    cell_text(&column.ty, value.as_deref())
}

/// The rows as cqlsh shows them, each value without the spaces around it.
fn rows(disk: &dyn Disk, descriptor: &Descriptor) -> Vec<Vec<String>> {
    let (reader, table) = super::open(disk, descriptor).unwrap();
    let mut scanner = reader.scanner(&PartitionRange::full());
    let mut found = Vec::new();
    while let Some(partition) = scanner.next(&reader, disk).unwrap() {
        let partition = partition.load().unwrap();
        let keys = composite::split_key(&partition.key.key.0, table.partition_key.len()).unwrap();
        let keys = table.partition_key.iter().zip(&keys);
        let keys: Vec<String> = keys.map(|(column, key)| cell_text(&column.ty, Some(key))).collect();
        let statics: Vec<String> = table
            .statics
            .values()
            .map(|column| shown(column, partition.static_row()))
            .collect();
        let mut live = partition.rows().filter(|(_, row)| row.is_live(RECORDED)).peekable();
        if live.peek().is_none() && partition.static_row().is_live(RECORDED) {
            let null = |_| "null".to_owned();
            let clustering = table.clustering.iter().map(null);
            let regulars = table.regulars.values().map(null);
            found.push(
                keys.iter()
                    .cloned()
                    .chain(clustering)
                    .chain(statics)
                    .chain(regulars)
                    .collect(),
            );
            continue;
        }
        for (clustering, row) in live {
            let values = table.clustering.iter().zip(clustering.values());
            let values = values.map(|(column, value)| cell_text(&column.ty, value.as_deref()));
            let regulars = table.regulars.values().map(|column| shown(column, row));
            found.push(
                keys.iter()
                    .cloned()
                    .chain(values)
                    .chain(statics.clone())
                    .chain(regulars)
                    .collect(),
            );
        }
    }
    found
}

#[test]
fn rows_are_those_of_cqlsh() {
    let mut wrong = Vec::new();
    for folder in FOLDERS {
        // Their writes are those of two others, whose rows were recorded.
        let recorded_in = match folder {
            "bti_da_wide" => "wide_asc",
            "bti_da_many" => "many_partitions",
            same => same,
        };
        let (disk, descriptor) = recorded(folder);
        let mine = rows(&disk, &descriptor);
        let theirs = text(recorded_in, "rows.txt");
        let table = theirs.trim_start().lines().skip(2).take_while(|line| !line.is_empty());
        let theirs: Vec<Vec<String>> = table
            .map(|line| line.split('|').map(|value| value.trim().to_owned()).collect())
            .collect();
        let trimmed = |row: &Vec<String>| row.iter().map(|value| value.trim().to_owned()).collect();
        let mine: Vec<Vec<String>> = mine.iter().map(trimmed).collect();
        let differs = mine.iter().zip(&theirs).find(|(a, b)| a != b);
        wrong.extend(differs.map(|(a, b)| format!("{folder}\n  {a:?}\n  {b:?}")));
        if mine.len() != theirs.len() {
            wrong.push(format!("{folder}: {} rows instead of {}", mine.len(), theirs.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
