//! What a replica remembers of the decisions about one partition.

use serde::{Deserialize, Serialize};

use crate::message::paxos::{Ballot, Proposal};

/// `SystemKeyspace.paxosTtlSec`: state is kept at least this long, in seconds.
const MIN_LIFETIME: i64 = 3 * 60 * 60;

/// How long, in seconds, a table's Paxos state is kept: as its tombstones are, three hours at least.
pub fn state_lifetime(gc_grace_seconds: u32) -> i64 {
    i64::from(gc_grace_seconds).max(MIN_LIFETIME)
}

/// Nothing of it is older than what it replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaxosState {
    pub promised: Ballot,
    /// Accepted since the last commit.
    pub accepted: Option<Proposal>,
    pub committed: Option<Proposal>,
}

impl Default for PaxosState {
    fn default() -> PaxosState {
        PaxosState {
            promised: Ballot::NONE,
            accepted: None,
            committed: None,
        }
    }
}

impl PaxosState {
    /// The newest ballot it has heard of.
    pub fn latest(&self) -> Ballot {
        self.promised
            .max(ballot_of(&self.accepted))
            .max(ballot_of(&self.committed))
    }

    pub fn committed_ballot(&self) -> Ballot {
        ballot_of(&self.committed)
    }

    /// Without what is past its time for a request with this ballot. The ballot's time, not the replica's, so that all
    /// replicas forget alike.
    pub fn as_of(mut self, ballot: Ballot, lifetime: i64) -> PaxosState {
        let now = ballot.micros().seconds();
        let is_over = |it: Ballot| it != Ballot::NONE && it.micros().seconds() + lifetime <= now;
        if is_over(self.promised) {
            self.promised = Ballot::NONE;
        }
        self.accepted = self.accepted.filter(|it| !is_over(it.ballot));
        self.committed = self.committed.filter(|it| !is_over(it.ballot));
        self
    }
}

fn ballot_of(proposal: &Option<Proposal>) -> Ballot {
    proposal.as_ref().map_or(Ballot::NONE, |it| it.ballot)
}
