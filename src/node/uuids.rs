//! Version 1 UUIDs from virtual time.

use uuid::Uuid;

use crate::base::{Random, UnixMicros};

/// From 1582-10-15 to 1970-01-01, in ticks of 100 ns.
const TICKS_BEFORE_UNIX: u64 = 0x01b2_1dd2_1381_4000;

/// A version 1 UUID of this time, with random bits for node and clock sequence.
pub(super) fn time_uuid(now: UnixMicros, random: &mut Random) -> Uuid {
    let ticks = TICKS_BEFORE_UNIX.wrapping_add((now.0 as u64).wrapping_mul(10)) + random.below(10);
    let high = (ticks & 0xffff_ffff) << 32 | (ticks >> 32 & 0xffff) << 16 | 0x1000 | (ticks >> 48 & 0x0fff);
    let low = 0x8000_0000_0000_0000 | (random.bits() & 0x3fff_ffff_ffff_ffff) | 0x0000_0100_0000_0000;
    Uuid::from_u64_pair(high, low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn its_time_is_the_given_one() {
        let mut random = Random::stream(Seed(1), "uuids");
        let uuid = time_uuid(UnixMicros(1_700_000_000_123_456), &mut random);
        let (seconds, nanos) = uuid.get_timestamp().expect("version 1 has a time").to_unix();
        assert_eq!((seconds, nanos / 1000), (1_700_000_000, 123_456));
        assert_eq!(uuid.get_version_num(), 1);
    }
}
