//! SSTables that somebody brought, from a real cluster perhaps: opened to be looked at, with what they say of themselves for a schema.
//!
//! No part of the run: no node sees them.

use super::api::{BroughtSstable, NoticeKind};
use super::engine::Playground;
use crate::base::SortedMap;
use crate::node::{Inspected, MAX_ARCHIVE_BYTES, OpenSstable, SstableRef};
use crate::schema::TableMetadata;
use crate::shell::sstable::{open, sstables};
use crate::sim::Parcel;
use crate::storage::sstable::{Component, Descriptor, SstableReader, archive};
use crate::storage::{Disk, MemoryDisk, StorageError};

/// What holds the files, and each SSTable that is among them.
#[derive(Debug, Default)]
pub(super) struct Brought {
    disk: MemoryDisk,
    sstables: Vec<(Descriptor, Opened)>,
}

/// Or why it cannot be read.
type Opened = Result<(SstableReader, TableMetadata), String>;

/// Known by their names, in archives or not.
fn files_of(brought: Vec<(String, Vec<u8>)>) -> Result<SortedMap<String, Vec<u8>>, StorageError> {
    let mut files = SortedMap::new();
    for (name, bytes) in brought {
        if name.ends_with(".tar") {
            for (inner, bytes) in archive::unpack(&name, &bytes)? {
                files.insert(inner, bytes.to_vec());
            }
        } else {
            files.insert(name, bytes);
        }
    }
    Ok(files)
}

impl Brought {
    fn open(brought: Vec<(String, Vec<u8>)>) -> Result<Brought, String> {
        let files = files_of(brought).map_err(|error| error.to_string())?;
        let mut disk = MemoryDisk::new();
        let mut listed: SortedMap<Descriptor, Vec<Component>> = SortedMap::new();
        for (name, bytes) in &files {
            let Some((descriptor, component)) = Descriptor::parse(name) else {
                continue;
            };
            put(&mut disk, name, bytes).map_err(|error| error.to_string())?;
            listed.entry(descriptor).or_default().push(component);
        }
        // Whoever picks files by hand leaves the table of contents out: it says what is there.
        for (descriptor, components) in &listed {
            if !components.contains(&Component::Toc) {
                let names: String = components.iter().map(|it| format!("{}\n", it.name())).collect();
                let toc = descriptor.file(Component::Toc);
                put(&mut disk, &toc, names.as_bytes()).map_err(|error| error.to_string())?;
            }
        }
        let found = sstables(&disk).map_err(|error| error.to_string())?;
        if found.is_empty() {
            return Err(none_among(&files));
        }
        let sstables = found.into_iter().map(|descriptor| {
            let opened = open(&disk, &descriptor).map_err(|error| why_not(&error));
            (descriptor, opened)
        });
        let sstables = sstables.collect();
        Ok(Brought { disk, sstables })
    }
}

fn put(disk: &mut MemoryDisk, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
    disk.create(name)?;
    disk.append(name, bytes)
}

fn why_not(error: &StorageError) -> String {
    match error {
        StorageError::NotFound { file } => {
            format!("{file} is missing: an SSTable is all the files whose names begin alike")
        }
        error => error.to_string(),
    }
}

/// Why there is no SSTable among files.
fn none_among(files: &SortedMap<String, Vec<u8>>) -> String {
    let is_data = |name: &&String| name.ends_with("-Data.db");
    match files.keys().find(is_data) {
        Some(data) => {
            format!("{data} is of a version that is not read here: nb, na and da are, of Cassandra 4.0 and later")
        }
        None => {
            "There is no SSTable among these files: one has names such as nb-1-big-Data.db, or is a .tar of such files"
                .into()
        }
    }
}

impl<P: Parcel + Clone> Playground<P> {
    /// Takes the place of what was brought before.
    pub(super) fn bring(&mut self, files: Vec<(String, Vec<u8>)>) {
        let bytes: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let opened = match bytes <= MAX_ARCHIVE_BYTES {
            true => Brought::open(files),
            false => Err(format!(
                "These files have {bytes} bytes; {MAX_ARCHIVE_BYTES} are taken at most"
            )),
        };
        match opened {
            Ok(brought) => {
                let tell = |(descriptor, opened): &(Descriptor, Opened)| BroughtSstable {
                    name: descriptor.to_string(),
                    error: opened.as_ref().err().cloned(),
                };
                self.brought_news = Some(brought.sstables.iter().map(tell).collect());
                self.brought = brought;
            }
            Err(why) => self.notice(NoticeKind::Refused, &why),
        }
    }

    /// Answers what is asked of what was brought.
    pub(super) fn look_at_brought(&mut self) {
        let Some(question) = &self.watch.inspect else {
            return;
        };
        let Some(SstableRef::Brought(number)) = question.what.sstable() else {
            return;
        };
        let Brought { disk, sstables } = &self.brought;
        let answer = match sstables.get(*number as usize) {
            Some((_, Ok((reader, table)))) => OpenSstable { table, disk, reader }.answer(&question.what),
            Some((_, Err(why))) => Err(why.clone()),
            None => Err("That SSTable was put away".into()),
        };
        let question = question.clone();
        self.inspected = Some(Inspected { question, answer });
    }
}
