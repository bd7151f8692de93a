//! One SSTable opened: as rows, and as bytes.

use serde::{Deserialize, Serialize};

use super::super::core::Running;
use super::super::snapshot::partition_view;
use super::super::view::PartitionView;
use super::{Finding, SstableRef};
use crate::data::PartitionRange;
use crate::schema::TableMetadata;
use crate::storage::sstable::annotate::{Annotation, Side, annotate};
use crate::storage::sstable::{Component, SstableReader};
use crate::storage::{Disk, StorageError};

/// Rows shown of an SSTable.
pub const MAX_ROWS: usize = 200;
/// Stretches of bytes shown at a time.
pub const MAX_SPANS: u64 = 300;

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

/// What an SSTable is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilesView {
    /// What the names of its files start with.
    pub prefix: String,
    /// The components, with their lengths.
    pub components: Vec<(String, u64)>,
    /// The class of the compressor, without its package.
    pub compressor: Option<String>,
}

/// An SSTable of the node with its table and the disk it is on.
struct Open<'a> {
    table: &'a TableMetadata,
    disk: &'a dyn Disk,
    reader: &'a SstableReader,
}

impl Running {
    pub(super) fn rows_of(&self, of: &SstableRef) -> Result<Finding, String> {
        let open = self.open(of)?;
        let files = open.files().map_err(told)?;
        let (mut partitions, mut rows) = (Vec::new(), 0);
        let mut scanner = open.reader.scanner(&PartitionRange::full());
        while rows < MAX_ROWS
            && let Some(found) = scanner.next(open.reader, open.disk).map_err(told)?
        {
            let mut view = partition_view(open.table, &found.load().map_err(told)?);
            let over = (rows + view.rows.len()).saturating_sub(MAX_ROWS);
            view.rows.truncate(view.rows.len() - over);
            // A partition without rows takes a line too.
            rows += view.rows.len().max(1) + usize::from(over > 0);
            partitions.push(view);
        }
        let goes_on = rows > MAX_ROWS || scanner.next(open.reader, open.disk).map_err(told)?.is_some();
        Ok(Finding::Rows(Box::new(RowsView {
            files,
            partitions,
            goes_on,
        })))
    }

    /// `inside`: of compressed data the bytes before compression.
    pub(super) fn bytes_of(&self, of: &SstableRef, file: &str, inside: bool, from: u64) -> Result<Finding, String> {
        let open = self.open(of)?;
        let component = Component::parse(file).filter(|it| open.reader.components().contains(it));
        let component = component.ok_or_else(|| format!("The SSTable has no {file}"))?;
        let side = match component {
            Component::Data if inside => Side::Rows,
            other => Side::File(other),
        };
        let window = from..from.saturating_add(MAX_SPANS);
        let annotation = annotate(open.disk, open.reader, open.table, side, window).map_err(told)?;
        Ok(Finding::Bytes(Box::new(BytesView {
            files: open.files().map_err(told)?,
            annotation,
        })))
    }

    fn open(&self, of: &SstableRef) -> Result<Open<'_>, String> {
        let table = self.schema.table(&of.keyspace, &of.table);
        let table = table.ok_or_else(|| format!("There is no table {}.{}", of.keyspace, of.table))?;
        let found = self.engine.sstable(table.id, of.generation);
        let gone = || format!("SSTable {} is no more: a compaction has merged it", of.generation);
        let (disk, reader) = found.ok_or_else(gone)?;
        Ok(Open { table, disk, reader })
    }
}

fn told(error: StorageError) -> String {
    error.to_string()
}

impl Open<'_> {
    fn files(&self) -> Result<FilesView, StorageError> {
        let descriptor = &self.reader.info().descriptor;
        let length = |it: &Component| Ok((it.name().to_owned(), self.disk.len(&descriptor.file(*it))?));
        let components = self.reader.components().iter().map(length);
        Ok(FilesView {
            prefix: descriptor.prefix(),
            components: components.collect::<Result<_, StorageError>>()?,
            compressor: self.reader.compression_class().map(str::to_owned),
        })
    }
}
