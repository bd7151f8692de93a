//! Version 1 UUIDs from virtual time.

use uuid::Uuid;

use crate::base::{Random, UnixMicros};

/// From 1582-10-15 to 1970-01-01, in ticks of 100 ns.
const TICKS_BEFORE_UNIX: u64 = 0x01b2_1dd2_1381_4000;

/// A node's source of version 1 UUIDs: each is later than the one before, so that elements appended to a list stay in order.
#[derive(Debug, Default)]
pub(super) struct TimeUuids {
    last_ticks: u64,
}

impl TimeUuids {
    /// A UUID of this time, or as little later as it takes; with random bits for node and clock sequence.
    pub fn next(&mut self, now: UnixMicros, random: &mut Random) -> Uuid {
        let clock = TICKS_BEFORE_UNIX.wrapping_add((now.0 as u64).wrapping_mul(10));
        let ticks = clock.max(self.last_ticks + 1);
        self.last_ticks = ticks;
        let high = (ticks & 0xffff_ffff) << 32 | (ticks >> 32 & 0xffff) << 16 | 0x1000 | (ticks >> 48 & 0x0fff);
        let low = 0x8000_0000_0000_0000 | (random.bits() & 0x3fff_ffff_ffff_ffff) | 0x0000_0100_0000_0000;
        Uuid::from_u64_pair(high, low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn times_are_the_given_ones_and_never_repeat() {
        let (mut random, mut uuids) = (Random::stream(Seed(1), "uuids"), TimeUuids::default());
        let now = UnixMicros(1_700_000_000_123_456);
        let [first, second] = [(); 2].map(|()| uuids.next(now, &mut random));
        let (seconds, nanos) = first.get_timestamp().expect("version 1 has a time").to_unix();
        assert_eq!((seconds, nanos / 1000), (1_700_000_000, 123_456));
        assert_eq!(first.get_version_num(), 1);
        assert!(first.get_timestamp().map(|it| it.to_gregorian()) < second.get_timestamp().map(|it| it.to_gregorian()));
    }
}
