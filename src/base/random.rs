//! Seeded randomness: one generator a purpose, all split from the run's seed by name.

use core::time::Duration;

use rand_core::RngCore;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// What a whole run is a function of, together with its configuration and commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seed(pub u64);

/// A stream of random numbers that replays from its seed. Streams of different names are independent.
#[derive(Clone, Debug)]
pub struct Random(Pcg64Mcg);

impl Random {
    pub fn stream(seed: Seed, name: &str) -> Random {
        // The generator wants an odd state; it sets that bit itself.
        Random(Pcg64Mcg::new(xxh3_128_with_seed(name.as_bytes(), seed.0)))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0..bound`; `bound` must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        debug_assert!(bound > 0, "a choice among nothing");
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// Uniform in `0.0..1.0`, with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `low..=high`, to the microsecond.
    pub fn duration(&mut self, low: Duration, high: Duration) -> Duration {
        debug_assert!(low <= high, "a range from {low:?} down to {high:?}");
        let span = (high - low).as_micros() as u64;
        low + Duration::from_micros(self.below(span + 1))
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() {
            None
        } else {
            items.get(self.below(items.len() as u64) as usize)
        }
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    pub fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_replays_and_names_differ() {
        let draw = |name| {
            (0..4)
                .map(|_| 0)
                .scan(Random::stream(Seed(7), name), |r, _: i32| Some(r.bits()))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
    }

    #[test]
    fn bounds_hold() {
        let mut random = Random::stream(Seed(1), "bounds");
        for _ in 0..1000 {
            assert!(random.below(3) < 3);
            assert!(random.unit() < 1.0);
            let length = random.duration(Duration::from_micros(5), Duration::from_micros(7));
            assert!((5..=7).contains(&(length.as_micros() as u64)));
        }
    }
}
