//! Paxos messages: one decision per partition and ballot.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::UnixMicros;
use crate::data::{DecoratedKey, Mutation, TableId};

/// A ballot: a version 1 UUID, compared by its time first, unique to its proposer by the rest. Its time is the write's timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ballot(pub Uuid);

/// From 1582-10-15, where the time of version 1 UUIDs starts, to 1970-01-01: in ticks of 100 ns.
const EPOCH_TICKS: u64 = 0x01b2_1dd2_1381_4000;
const TICKS_PER_MICRO: u64 = 10;
/// The version's place in a UUID's upper half.
const VERSION_1: u64 = 0x1000;

impl Ballot {
    /// Older than every ballot in use.
    pub const NONE: Ballot = Ballot(Uuid::nil());

    /// `tick`: which of the ten ticks of the microsecond. `node`: makes it unique among all proposers.
    pub fn new(micros: UnixMicros, tick: u8, node: u64) -> Ballot {
        debug_assert!(u64::from(tick) < TICKS_PER_MICRO, "a microsecond has ten ticks");
        let ticks = EPOCH_TICKS.wrapping_add_signed(micros.0 * TICKS_PER_MICRO as i64) + u64::from(tick);
        let high = ticks << 32 | (ticks >> 32 & 0xffff) << 16 | VERSION_1 | ticks >> 48 & 0x0fff;
        Ballot(Uuid::from_u64_pair(high, node))
    }

    /// The timestamp of what this ballot writes.
    pub fn micros(self) -> UnixMicros {
        let ticks = self.ticks() as i64 - EPOCH_TICKS as i64;
        UnixMicros(ticks.div_euclid(TICKS_PER_MICRO as i64))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ballot_is_as_cassandra_writes_it() {
        // From a trace: ballot 7a6c08e2-e4da-11f1-086e-d43d06064e48 wrote at 1795176243310000.
        let micros = UnixMicros(1_795_176_243_310_000);
        let ballot = Ballot::new(micros, 2, 0x086e_d43d_0606_4e48);
        assert_eq!(ballot.0.to_string(), "7a6c08e2-e4da-11f1-086e-d43d06064e48");
        assert_eq!((ballot.ticks(), ballot.micros()), (140_144_690_433_100_002, micros));
        assert!(ballot < Ballot::new(micros, 2, u64::MAX) && ballot < Ballot::new(UnixMicros(micros.0 + 1), 1, 0));
        assert!(Ballot::NONE < Ballot::new(UnixMicros(0), 0, 0));
    }
}
