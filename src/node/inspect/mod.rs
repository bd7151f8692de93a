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
pub use file::{BytesView, FilesView, MAX_ROWS, MAX_SPANS, RowsView};
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
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SstableRef {
    pub keyspace: String,
    pub table: String,
    pub generation: u64,
}

impl Subject {
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
            Subject::Rows(of) => self.rows_of(of),
            Subject::Bytes { of, file, inside, from } => self.bytes_of(of, file, *inside, *from),
        };
        let question = question.clone();
        Some(Inspected { question, answer })
    }
}
