//! Ballots: times from the node's clock, made unique by random bits.

use crate::base::{Instant, Random, Seed, UnixMicros, WallClock};
use crate::data::ConsistencyLevel;
use crate::message::paxos::Ballot;

/// A node's source of ballots. Operations take a source of their own from it, so that they need nothing of the node later.
#[derive(Clone, Debug)]
pub struct BallotGenerator {
    clock: WallClock,
    random: Random,
    last: UnixMicros,
}

impl BallotGenerator {
    pub fn new(clock: WallClock, random: Random) -> BallotGenerator {
        BallotGenerator {
            clock,
            random,
            last: UnixMicros(i64::MIN),
        }
    }

    /// When the node's clock is set.
    pub fn set_clock(&mut self, clock: WallClock) {
        self.clock = clock;
    }

    /// For one operation: its ballots are later than those of all operations that this node began before.
    pub(super) fn split(&mut self, now: Instant) -> BallotGenerator {
        self.last = self.clock.at(now).max(UnixMicros(self.last.0.saturating_add(1)));
        BallotGenerator {
            clock: self.clock,
            random: Random::stream(Seed(self.random.bits()), "ballots"),
            last: UnixMicros(self.last.0 - 1),
        }
    }

    /// Later than the ones before and than `heard_of`, else it would not be promised.
    pub(super) fn next(&mut self, now: Instant, heard_of: Ballot, level: ConsistencyLevel) -> Ballot {
        let earliest = self.last.max(heard_of.micros());
        self.last = self.clock.at(now).max(UnixMicros(earliest.0.saturating_add(1)));
        // Cassandra's `Ballot.Flag`: a ballot tells by its last digit how far its quorum reaches.
        let tick = match level {
            ConsistencyLevel::LocalSerial => 1,
            _ => 2,
        };
        Ballot::new(self.last, tick, self.random.bits())
    }

    pub(super) fn random(&mut self) -> &mut Random {
        &mut self.random
    }
}
