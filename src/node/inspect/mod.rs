//! A node's storage laid open: what its files and memtables hold, for someone who looks. Changes nothing.
//!
//! Knows the engine and the schema of its own node. Nothing here runs unless somebody looks.

mod storage;

use serde::{Deserialize, Serialize};

use super::core::Running;
use crate::base::Endpoint;
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
}

impl Subject {
    /// Whether the answer changes as the node goes on.
    pub fn changes(&self) -> bool {
        matches!(self, Subject::Storage)
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
}

impl Running {
    /// Nothing from a node that was not asked.
    pub(super) fn inspect(&self, question: &Inspect) -> Option<Inspected> {
        if question.node != self.endpoint() {
            return None;
        }
        let answer = match &question.what {
            Subject::Storage => Ok(Finding::Storage(Box::new(self.storage_view()))),
        };
        let question = question.clone();
        Some(Inspected { question, answer })
    }
}
