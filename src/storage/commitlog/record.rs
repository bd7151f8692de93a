//! What a record of the commit log says.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::CommitLogPosition;
use crate::data::{Mutation, TableId, WriteTimestamp};

/// One change, in the order in which it was made. Stands for itself: no schema is needed to read it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record<'a> {
    Mutation(Cow<'a, Mutation>),
    /// A value of the node's own; `None` removes it.
    Local {
        name: Cow<'a, str>,
        value: Option<Cow<'a, [u8]>>,
    },
    /// All of a table that was written before this record is gone, its SSTables of generations below `below` too.
    Truncated {
        table: TableId,
        at: WriteTimestamp,
        below: u64,
    },
    /// A truncation told once more, so that its first record may go. Says nothing of what was written since.
    TruncatedAt {
        table: TableId,
        at: WriteTimestamp,
        below: u64,
    },
    /// What the log has of a table up to a position is in SSTables.
    Flushed {
        table: TableId,
        upto: CommitLogPosition,
    },
}
