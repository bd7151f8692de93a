//! When a node looks at the batches it keeps, and how far it is with writing those whose coordinators did not come back.

use uuid::Uuid;

use crate::base::{Duration, Instant, SortedMap};
use crate::data::WriteTimestamp;

/// Before the first look after a start. `StorageService.RING_DELAY_MILLIS`, 30 s.
const FIRST_LOOK: Duration = Duration::from_secs(30);

/// From the end of one look to the next. `BatchlogManager.REPLAY_INTERVAL`, 10 s.
const LOOK_PERIOD: Duration = Duration::from_secs(10);

/// A batch this old was given up by its coordinator. Twice `write_request_timeout`, 4 s, in microseconds.
const GIVEN_UP_AFTER_MICROS: i64 = 4_000_000;

/// A batch being written by its keeper: so many of its writes are not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    pub id: Uuid,
    left: usize,
}

/// The batches that a node keeps.
#[derive(Debug)]
pub struct Batchlog {
    kept: SortedMap<Uuid, WriteTimestamp>,
    replaying: SortedMap<Uuid, Replay>,
    next_look: Instant,
}

impl Batchlog {
    /// With what is found kept from before a restart.
    pub fn new(kept: impl IntoIterator<Item = (Uuid, WriteTimestamp)>, now: Instant) -> Batchlog {
        Batchlog {
            kept: kept.into_iter().collect(),
            replaying: SortedMap::new(),
            next_look: now + FIRST_LOOK,
        }
    }

    pub fn keep(&mut self, id: Uuid, created: WriteTimestamp, now: Instant) {
        self.kept.insert(id, created);
        // Looks with nothing to see were left out.
        while self.next_look <= now {
            self.next_look += LOOK_PERIOD;
        }
    }

    pub fn forget(&mut self, id: Uuid) {
        self.kept.remove(&id);
    }

    /// How many batches are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        let idle = self.replaying.is_empty();
        (idle && !self.kept.is_empty()).then_some(self.next_look)
    }

    /// The batches to be written now. Each is to be begun, or forgotten.
    pub fn given_up(&mut self, now: Instant, wall_clock: WriteTimestamp) -> Vec<Uuid> {
        self.next_look = now + LOOK_PERIOD;
        let limit = wall_clock.0 - GIVEN_UP_AFTER_MICROS;
        let old = self.kept.iter().filter(|(_, created)| created.0 <= limit);
        old.map(|(id, _)| *id).collect()
    }

    /// A batch is written with so many writes.
    pub fn begin(&mut self, id: Uuid, writes: usize) {
        self.replaying.insert(id, Replay { id, left: writes });
    }

    /// One of its writes has reached every replica, or is kept for those it did not reach. True when it was the last.
    pub fn delivered(&mut self, id: Uuid, now: Instant) -> bool {
        let Some(replay) = self.replaying.get_mut(&id) else {
            return false;
        };
        replay.left = replay.left.saturating_sub(1);
        if replay.left > 0 {
            return false;
        }
        self.replaying.remove(&id);
        self.next_look = self.next_look.max(now + LOOK_PERIOD);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn clock(seconds: i64) -> WriteTimestamp {
        WriteTimestamp(seconds * 1_000_000)
    }

    #[test]
    fn nothing_kept_is_nothing_to_wake_up_for() {
        let mut log = Batchlog::new([], at(0));
        assert_eq!(log.next_timeout(), None);
        log.keep(ID, clock(95), at(95));
        assert_eq!(log.next_timeout(), Some(at(100)));
        log.forget(ID);
        assert_eq!(log.next_timeout(), None);
    }

    #[test]
    fn a_batch_is_given_up_once_it_is_old_and_gone_once_all_is_delivered() {
        let mut log = Batchlog::new([(ID, clock(28))], at(0));
        assert_eq!(log.next_timeout(), Some(at(30)));
        assert!(log.given_up(at(30), clock(30)).is_empty());
        assert_eq!(log.next_timeout(), Some(at(40)));
        assert_eq!(log.given_up(at(40), clock(40)), [ID]);
        log.begin(ID, 2);
        assert_eq!(log.next_timeout(), None, "one look at a time");
        assert!(!log.delivered(ID, at(41)) && log.delivered(ID, at(42)));
        assert_eq!(log.next_timeout(), Some(at(52)));
    }
}
