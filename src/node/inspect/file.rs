//! One SSTable opened: as rows, as bytes, and as a file to take along.

use serde::{Deserialize, Serialize};

use super::super::core::Running;
use super::super::snapshot::partition_view;
use super::super::view::PartitionView;
use super::{Finding, SstableRef, Subject};
use crate::data::PartitionRange;
use crate::schema::TableMetadata;
use crate::storage::sstable::annotate::{Annotation, Side, annotate};
use crate::storage::sstable::{Component, SstableReader, archive};
use crate::storage::{Disk, StorageError};

/// Rows shown of an SSTable.
pub const MAX_ROWS: usize = 200;
/// Stretches of bytes shown at a time.
pub const MAX_SPANS: u64 = 300;
/// What is handed out in one piece, or taken.
pub const MAX_ARCHIVE_BYTES: u64 = 64 << 20;

/// The rows of an SSTable as they lie in it, tombstones and all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowsView {
    pub files: FilesView,
    pub partitions: Vec<PartitionView>,
    /// There are more than `MAX_ROWS`.
    pub goes_on: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BytesView {
    pub files: FilesView,
    pub annotation: Annotation,
}

/// A tar of all components, to be unpacked where Cassandra's tools can read them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchiveView {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What an SSTable is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilesView {
    /// What the names of its files start with.
    pub prefix: String,
    /// Its table's columns with their types, keys first.
    pub columns: Vec<String>,
    /// The components, with their lengths.
    pub components: Vec<(String, u64)>,
    /// The class of the compressor, without its package.
    pub compressor: Option<String>,
}

/// An SSTable with its table and the disk it is on.
pub struct OpenSstable<'a> {
    pub table: &'a TableMetadata,
    pub disk: &'a dyn Disk,
    pub reader: &'a SstableReader,
}

impl OpenSstable<'_> {
    pub fn answer(&self, what: &Subject) -> Result<Finding, String> {
        let answer = match what {
            Subject::Rows(_) => self.rows(),
            Subject::Bytes { file, inside, from, .. } => self.bytes(file, *inside, *from),
            Subject::Archive(_) if self.reader.info().file_lengths > MAX_ARCHIVE_BYTES => {
                return Err(format!(
                    "An SSTable of more than {MAX_ARCHIVE_BYTES} bytes is not handed out"
                ));
            }
            Subject::Archive(_) => self.archive(),
            Subject::Storage | Subject::Sources => return Err("that is no question about an SSTable".into()),
        };
        answer.map_err(|error| error.to_string())
    }

    fn rows(&self) -> Result<Finding, StorageError> {
        let (mut partitions, mut rows) = (Vec::new(), 0);
        let mut scanner = self.reader.scanner(&PartitionRange::full());
        while rows < MAX_ROWS
            && let Some(found) = scanner.next(self.reader, self.disk)?
        {
            let mut view = partition_view(self.table, &found.load()?);
            let over = (rows + view.rows.len()).saturating_sub(MAX_ROWS);
            view.rows.truncate(view.rows.len() - over);
            // A partition without rows takes a line too.
            rows += view.rows.len().max(1) + usize::from(over > 0);
            partitions.push(view);
        }
        let goes_on = rows > MAX_ROWS || scanner.next(self.reader, self.disk)?.is_some();
        Ok(Finding::Rows(Box::new(RowsView {
            files: self.files()?,
            partitions,
            goes_on,
        })))
    }

    /// `inside`: of compressed data the bytes before compression.
    fn bytes(&self, file: &str, inside: bool, from: u64) -> Result<Finding, StorageError> {
        let component = Component::parse(file).filter(|it| self.reader.components().contains(it));
        let component = component.ok_or_else(|| StorageError::NotFound { file: file.to_owned() })?;
        let side = match component {
            Component::Data if inside => Side::Rows,
            other => Side::File(other),
        };
        let window = from..from.saturating_add(MAX_SPANS);
        let annotation = annotate(self.disk, self.reader, self.table, side, window)?;
        Ok(Finding::Bytes(Box::new(BytesView {
            files: self.files()?,
            annotation,
        })))
    }

    fn archive(&self) -> Result<Finding, StorageError> {
        let info = self.reader.info();
        let mut files = Vec::new();
        for component in self.reader.components() {
            let file = info.descriptor.file(*component);
            let bytes = self.disk.read_all(&file)?;
            files.push((file, bytes));
        }
        // A file is as old as its newest write: that is no matter of when it is looked at.
        let seconds = info.statistics.stats.max_timestamp / 1_000_000;
        Ok(Finding::Archive(Box::new(ArchiveView {
            name: format!("{}.tar", info.descriptor.to_string().replace('/', "-")),
            bytes: archive::pack(&files, seconds.max(0) as u64),
        })))
    }

    fn files(&self) -> Result<FilesView, StorageError> {
        let descriptor = &self.reader.info().descriptor;
        let length = |it: &Component| Ok((it.name().to_owned(), self.disk.len(&descriptor.file(*it))?));
        let components = self.reader.components().iter().map(length);
        let table = self.table;
        let keys = table.partition_key.iter().chain(&table.clustering);
        let columns = keys.chain(table.statics.values()).chain(table.regulars.values());
        Ok(FilesView {
            prefix: descriptor.prefix(),
            columns: columns.map(|it| format!("{} {}", it.name, it.ty)).collect(),
            components: components.collect::<Result<_, StorageError>>()?,
            compressor: self.reader.compression_class().map(str::to_owned),
        })
    }
}

impl Running {
    pub(super) fn open(&self, of: &SstableRef) -> Result<OpenSstable<'_>, String> {
        let SstableRef::Own {
            keyspace,
            table,
            generation,
        } = of
        else {
            return Err("The node has no such SSTable".into());
        };
        let found = self.schema.table(keyspace, table);
        let table = found.ok_or_else(|| format!("There is no table {keyspace}.{table}"))?;
        let found = self.engine.sstable(table.id, *generation);
        let gone = || format!("SSTable {generation} is no more: a compaction has merged it");
        let (disk, reader) = found.ok_or_else(gone)?;
        Ok(OpenSstable { table, disk, reader })
    }
}
