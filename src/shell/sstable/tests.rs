//! What the tools say of SSTables that a real Cassandra wrote, beside what Cassandra's tools said.

use std::io::Read;

use super::{dump, metadata, verify};
use crate::data::EpochSeconds;
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
