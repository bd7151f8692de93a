//! A node's storage laid open: what its files and memtables hold, for someone who looks. Changes nothing.
//!
//! Knows the engine and the schema of its own node. Nothing here runs unless somebody looks.

mod file;
mod sources;
mod storage;

use serde::{Deserialize, Serialize};

use super::core::Running;
use crate::base::Endpoint;
use crate::data::{DecoratedKey, TableId};
pub use file::{ArchiveView, BytesView, FilesView, MAX_ARCHIVE_BYTES, MAX_ROWS, MAX_SPANS, OpenSstable, RowsView};
pub use sources::{MAX_VERSIONS, SourcesView, VersionView};
pub use storage::{
    AmplificationView, CompactionUnderWay, GroupView, SegmentView, SstableView, StorageView, TableStorageView,
};

/// A question to one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspect {
    pub node: Endpoint,
    pub what: Subject,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// Segments, memtables and SSTables, and the compaction under way.
    Storage,
    /// Every version of each cell of the partition that is watched.
    Sources,
    /// An SSTable as rows.
    Rows(SstableRef),
    /// The bytes of one of its files, from the stretch with the number `from` on.
    Bytes {
        of: SstableRef,
        file: String,
        /// Of compressed data, the bytes before compression.
        inside: bool,
        from: u64,
    },
    /// All its files in one.
    Archive(SstableRef),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SstableRef {
    /// One of the node's.
    Own {
        keyspace: String,
        table: String,
        generation: u64,
    },
    /// One that was brought from elsewhere, by its place among these. No node knows of it.
    Brought(u32),
}

impl Subject {
    /// The SSTable that is asked about.
    pub fn sstable(&self) -> Option<&SstableRef> {
        match self {
            Subject::Rows(of) | Subject::Bytes { of, .. } | Subject::Archive(of) => Some(of),
            Subject::Storage | Subject::Sources => None,
        }
    }

    /// Whether the answer changes as the node goes on.
    pub fn changes(&self) -> bool {
        matches!(self, Subject::Storage | Subject::Sources)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspected {
    pub question: Inspect,
    pub answer: Result<Finding, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Finding {
    Storage(Box<StorageView>),
    Sources(Box<SourcesView>),
    Rows(Box<RowsView>),
    Bytes(Box<BytesView>),
    Archive(Box<ArchiveView>),
}

impl Running {
    /// Nothing from a node that was not asked.
    pub(super) fn inspect(&self, question: &Inspect, partition: Option<&(TableId, DecoratedKey)>) -> Option<Inspected> {
        if question.node != self.endpoint() {
            return None;
        }
        let answer = match &question.what {
            Subject::Storage => Ok(Finding::Storage(Box::new(self.storage_view()))),
            Subject::Sources => self.sources_of(partition),
            Subject::Rows(of) | Subject::Bytes { of, .. } | Subject::Archive(of) => {
                self.open(of).and_then(|open| open.answer(&question.what))
            }
        };
        let question = question.clone();
        Some(Inspected { question, answer })
    }
}
