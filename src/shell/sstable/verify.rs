//! `sstableverify`: all of an SSTable held against its checksums and its index. Source of the words: Cassandra 5.0,
//! `SortedTableVerifier`.

use core::fmt::Write;

use super::words::memory;
use crate::storage::sstable::{Component, Descriptor};
use crate::storage::{Disk, StorageError};

/// What the tool prints, and whether the SSTable is sound. `extended`: every row is read, also when the digest is right.
pub fn verify(disk: &dyn Disk, descriptor: &Descriptor, extended: bool) -> (String, bool) {
    let mut out = String::new();
    let file = descriptor.file(Component::Data);
    let class = if descriptor.version.has_tries() {
        "BtiTableReader:bti"
    } else {
        "BigTableReader:big"
    };
    let name = format!("{class}(path='{file}')");
    let mut say = |line: String| {
        let _ = writeln!(out, "{line}");
    };
    let done = run(disk, descriptor, extended, &name, &mut say);
    if let Err(error) = &done {
        say(format!("WARNING: {error}"));
        say(format!(
            "Error verifying {name}: Invalid SSTable {file}, please force a full repair"
        ));
    }
    (out, done.is_ok())
}

fn run(
    disk: &dyn Disk,
    descriptor: &Descriptor,
    extended: bool,
    name: &str,
    say: &mut dyn FnMut(String),
) -> Result<(), StorageError> {
    let (reader, _) = super::open(disk, descriptor)?;
    say(format!("Verifying {name} ({})", memory(reader.info().data_length)));
    say(format!("Deserializing sstable metadata for {name} "));
    say(format!("Checking computed hash of {name} "));
    let has_digest = reader.verify_digest(disk)?;
    if !has_digest {
        say("Data digest missing, assuming extended verification of disk values".to_owned());
    }
    if has_digest && !extended {
        return Ok(());
    }
    say("Extended Verify requested, proceeding to inspect values".to_owned());
    let partitions = reader.verify(disk)?;
    say(format!(
        "Verify of {name} succeeded. All {partitions} rows read successfully"
    ));
    Ok(())
}
