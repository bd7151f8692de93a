//! Snapshots: copies of a table's SSTables under a name, in `<table's folder>/snapshots/<name>/`, as Cassandra has its links.
//!
//! `manifest.json` is written last: what has none was never finished.

use serde::{Deserialize, Serialize};

use super::super::StorageError;
use super::super::disk::{Disk, FileInfo};
use super::super::sstable::{Component, Descriptor};
use super::Engine;
use super::open::table_of;
use crate::base::{SortedMap, SortedSet, UnixMicros};
use crate::data::TableId;

const MANIFEST: &str = "manifest.json";
const COPY_BYTES: usize = 1 << 20;

/// A snapshot of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotInfo {
    pub name: String,
    pub keyspace: String,
    pub table: String,
    pub bytes: u64,
    /// What would be gained by clearing it: not what its table still has.
    pub own_bytes: u64,
    pub created: UnixMicros,
}

impl Engine {
    /// Copies what tables have on the disk, memtables flushed first unless told otherwise.
    pub fn snapshot(&mut self, name: &str, tables: &[TableId], flush: bool) -> Result<(), StorageError> {
        if flush {
            self.flush(tables)?;
        }
        for id in tables {
            let Some(table) = self.tables.get(id) else { continue };
            let Some(metadata) = &table.metadata else { continue };
            let folder = Descriptor::folder_of(metadata);
            let into = format!("{folder}/snapshots/{name}/");
            let mut files = Vec::new();
            for sstable in table.sstables.values() {
                for component in sstable.reader.components() {
                    let from = sstable.descriptor().file(*component);
                    let file = from.trim_start_matches(&format!("{folder}/")).to_owned();
                    copy(&mut *self.disk, &from, &format!("{into}{file}"))?;
                    if *component == Component::Data {
                        files.push(format!("\"{file}\""));
                    }
                }
            }
            let manifest = format!(
                "{{\"files\":[{}],\"created_at_millis\":{},\"expires_at\":null}}\n",
                files.join(","),
                self.wall.millis()
            );
            let file = format!("{into}{MANIFEST}");
            self.disk.create(&file)?;
            self.disk.append(&file, manifest.as_bytes())?;
            self.disk.sync(&file)?;
        }
        Ok(())
    }

    /// By name, then by table.
    pub fn snapshots(&self) -> Result<Vec<SnapshotInfo>, StorageError> {
        let files = self.disk.list()?;
        let live: SortedSet<&str> = files.iter().map(|it| it.name.as_str()).collect();
        let mut found: SortedMap<(String, String), SnapshotInfo> = SortedMap::new();
        for FileInfo { name: file, len } in &files {
            let Some((folder, snapshot, component)) = parse(file) else {
                continue;
            };
            let (keyspace, table) = folder.split_once('/').unwrap_or_default();
            let info = found
                .entry((snapshot.to_owned(), folder.to_owned()))
                .or_insert_with(|| SnapshotInfo {
                    name: snapshot.to_owned(),
                    keyspace: keyspace.to_owned(),
                    table: table.rsplit_once('-').map_or(table, |(table, _)| table).to_owned(),
                    bytes: 0,
                    own_bytes: 0,
                    created: UnixMicros(0),
                });
            info.bytes += len;
            if !live.contains(format!("{folder}/{component}").as_str()) {
                info.own_bytes += len;
            }
            if component == MANIFEST {
                let text = String::from_utf8_lossy(&self.disk.read_all(file)?).into_owned();
                let millis = text
                    .split("\"created_at_millis\":")
                    .nth(1)
                    .and_then(|it| it.split(',').next());
                let millis: i64 = millis.and_then(|it| it.parse().ok()).unwrap_or(0);
                info.created = UnixMicros(millis.saturating_mul(1_000));
            }
        }
        Ok(found.into_values().collect())
    }

    /// Deletes snapshots of a name, or of any, in these keyspaces, or in all.
    pub fn clear_snapshots(&mut self, name: Option<&str>, keyspaces: &[String]) -> Result<(), StorageError> {
        for file in self.disk.list()? {
            let Some((folder, snapshot, _)) = parse(&file.name) else {
                continue;
            };
            let keyspace = folder.split('/').next().unwrap_or_default();
            let is_meant = keyspaces.is_empty() || keyspaces.iter().any(|it| it == keyspace);
            if is_meant && name.is_none_or(|name| name == snapshot) {
                self.disk.delete(&file.name)?;
            }
        }
        Ok(())
    }
}

/// The table's folder, the snapshot and the file within it.
fn parse(file: &str) -> Option<(&str, &str, &str)> {
    let (folder, rest) = file.split_once("/snapshots/")?;
    let (snapshot, name) = rest.split_once('/')?;
    table_of(folder)?;
    Some((folder, snapshot, name))
}

fn copy(disk: &mut dyn Disk, from: &str, to: &str) -> Result<(), StorageError> {
    disk.create(to)?;
    let (mut at, mut block) = (0, vec![0; COPY_BYTES]);
    loop {
        let read = disk.read_at(from, at, &mut block)?;
        disk.append(to, &block[..read])?;
        at += read as u64;
        if read < block.len() {
            return disk.sync(to);
        }
    }
}
