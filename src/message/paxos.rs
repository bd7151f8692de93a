//! Paxos messages: one decision per partition and ballot.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::data::{DecoratedKey, Mutation, TableId};

/// A ballot: a version 1 UUID, compared by its time first, unique to its proposer by the rest. Its time is the write's timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ballot(pub Uuid);

impl Ballot {
    /// Older than every ballot in use.
    pub const NONE: Ballot = Ballot(Uuid::nil());

    /// 100-nanosecond ticks since 1582-10-15.
    pub fn ticks(self) -> u64 {
        let (high, _) = self.0.as_u64_pair();
        (high & 0x0fff) << 48 | (high >> 16 & 0xffff) << 32 | high >> 32
    }
}

impl PartialOrd for Ballot {
    fn partial_cmp(&self, other: &Ballot) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ballot {
    fn cmp(&self, other: &Ballot) -> core::cmp::Ordering {
        (self.ticks(), self.0).cmp(&(other.ticks(), other.0))
    }
}

/// What is decided about: one partition of one table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    pub table: TableId,
    pub key: DecoratedKey,
}

/// A ballot with the update it proposes; `None` is the empty update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub ballot: Ballot,
    pub update: Option<Mutation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepare {
    pub subject: Subject,
    pub ballot: Ballot,
}

/// A replica's answer to `Prepare`: whether it promises to take no older ballot, and what it already accepted and committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub promised: bool,
    /// The newest ballot this replica promised: the asked one when `promised`.
    pub ballot: Ballot,
    pub accepted: Option<Proposal>,
    pub committed: Option<Proposal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Propose {
    pub subject: Subject,
    pub proposal: Proposal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    pub accepted: bool,
    /// The newest ballot this replica promised.
    pub ballot: Ballot,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub subject: Subject,
    pub proposal: Proposal,
}
