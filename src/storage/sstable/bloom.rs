//! Filter.db: a bloom filter of the partition keys, sized as Cassandra sizes it.

use bytes::Bytes;

use super::input::{Input, Slab};
use super::output;
use crate::data::murmur3;
use crate::storage::StorageError;

/// By the number of bits an element, the share of false positives with 1, 2, ... hashes. Source: `BloomCalculations.probs`.
const FALSE_POSITIVES: [&[f64]; 21] = [
    &[],
    &[1.0],
    &[0.393, 0.400],
    &[0.283, 0.237, 0.253],
    &[0.221, 0.155, 0.147, 0.160],
    &[0.181, 0.109, 0.092, 0.092, 0.101],
    &[0.154, 0.0804, 0.0609, 0.0561, 0.0578, 0.0638],
    &[0.133, 0.0618, 0.0423, 0.0359, 0.0347, 0.0364],
    &[0.118, 0.0489, 0.0306, 0.024, 0.0217, 0.0216, 0.0229],
    &[0.105, 0.0397, 0.0228, 0.0166, 0.0141, 0.0133, 0.0135, 0.0145],
    &[0.0952, 0.0329, 0.0174, 0.0118, 0.00943, 0.00844, 0.00819, 0.00846],
    &[0.0869, 0.0276, 0.0136, 0.00864, 0.0065, 0.00552, 0.00513, 0.00509],
    &[0.08, 0.0236, 0.0108, 0.00646, 0.00459, 0.00371, 0.00329, 0.00314],
    &[
        0.074, 0.0203, 0.00875, 0.00492, 0.00332, 0.00255, 0.00217, 0.00199, 0.00194,
    ],
    &[
        0.0689, 0.0177, 0.00718, 0.00381, 0.00244, 0.00179, 0.00146, 0.00129, 0.00121, 0.0012,
    ],
    &[
        0.0645, 0.0156, 0.00596, 0.003, 0.00183, 0.00128, 0.001, 0.000852, 0.000775, 0.000744,
    ],
    &[
        0.0606, 0.0138, 0.005, 0.00239, 0.00139, 0.000935, 0.000702, 0.000574, 0.000505, 0.00047, 0.000459,
    ],
    &[
        0.0571, 0.0123, 0.00423, 0.00193, 0.00107, 0.000692, 0.000499, 0.000394, 0.000335, 0.000302, 0.000287, 0.000284,
    ],
    &[
        0.054, 0.0111, 0.00362, 0.00158, 0.000839, 0.000519, 0.00036, 0.000275, 0.000226, 0.000198, 0.000183, 0.000176,
    ],
    &[
        0.0513, 0.00998, 0.00312, 0.0013, 0.000663, 0.000394, 0.000264, 0.000194, 0.000155, 0.000132, 0.000118,
        0.000111, 0.000109,
    ],
    &[
        0.0488, 0.00906, 0.0027, 0.00108, 0.00053, 0.000303, 0.000196, 0.00014, 0.000108, 8.89e-05, 7.77e-05, 7.12e-05,
        6.79e-05, 6.71e-05,
    ],
];

/// `FilterFactory.BITSET_EXCESS`.
const EXCESS_BITS: u64 = 20;
/// Beyond what any false positive chance asks for; more would only be a damaged file.
const MAX_HASHES: u32 = 64;

#[derive(Clone, Debug, PartialEq)]
pub struct BloomFilter {
    hashes: u32,
    bits: Vec<u8>,
}

impl BloomFilter {
    /// For this many keys; none when the table accepts that every answer is "perhaps".
    pub fn new(keys: u64, false_positive_chance: f64) -> Option<BloomFilter> {
        if false_positive_chance >= 1.0 {
            return None;
        }
        let (hashes, bits_a_key) = specification(false_positive_chance);
        let bits = keys.saturating_mul(bits_a_key).saturating_add(EXCESS_BITS);
        let words = (bits - 1) / 64 + 1;
        Some(BloomFilter {
            hashes,
            bits: vec![0; 8 * words as usize],
        })
    }

    pub fn add(&mut self, key: &[u8]) {
        for place in places(key, self.hashes, 8 * self.bits.len() as i64) {
            self.bits[(place >> 3) as usize] |= 1 << (place & 7);
        }
    }

    /// False: the key is not there, for certain.
    pub fn may_contain(&self, key: &[u8]) -> bool {
        places(key, self.hashes, 8 * self.bits.len() as i64)
            .all(|place| self.bits[(place >> 3) as usize] & 1 << (place & 7) != 0)
    }

    pub fn size(&self) -> usize {
        self.bits.len()
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(8 + self.bits.len());
        output::u32(self.hashes, &mut out);
        output::u32((self.bits.len() / 8) as u32, &mut out);
        out.extend_from_slice(&self.bits);
        out
    }

    pub fn decode(file: &str, bytes: Bytes) -> Result<BloomFilter, StorageError> {
        let mut input = Slab::new(file, bytes);
        let hashes = input.u32()?;
        let words = u64::from(input.u32()?);
        if hashes == 0 || hashes > MAX_HASHES || words == 0 || words * 8 != input.remaining() as u64 {
            return Err(input.corrupt(&format!("a filter of {words} words and {hashes} hashes")));
        }
        let bits = input.take(8 * words as usize)?.to_vec();
        Ok(BloomFilter { hashes, bits })
    }
}

fn places(key: &[u8], hashes: u32, capacity: i64) -> impl Iterator<Item = i64> {
    let [step, start] = murmur3::hash_128(key);
    (0..i64::from(hashes)).map(move |n| (start.wrapping_add(step.wrapping_mul(n)) % capacity).abs())
}

/// The number of hashes, counted from 1, with the fewest false positives.
fn best_hashes(bits: usize) -> usize {
    let row = FALSE_POSITIVES[bits];
    let best = row
        .iter()
        .enumerate()
        .min_by(|(_, one), (_, other)| one.total_cmp(other));
    best.map_or(1, |(at, _)| at + 1)
}

/// Hashes and bits a key: few bits first, then few hashes. `BloomCalculations.computeBloomSpec`.
fn specification(false_positive_chance: f64) -> (u32, u64) {
    let rate = |bits: usize, hashes: usize| match hashes {
        0 => 1.0,
        _ => FALSE_POSITIVES[bits][hashes - 1],
    };
    if false_positive_chance >= rate(2, 1) {
        return (2, best_hashes(2) as u64);
    }
    let enough = |bits: &usize| rate(*bits, best_hashes(*bits)) <= false_positive_chance;
    let bits = (2..FALSE_POSITIVES.len())
        .find(enough)
        .unwrap_or(FALSE_POSITIVES.len() - 1);
    let mut hashes = best_hashes(bits);
    while rate(bits, hashes - 1) <= false_positive_chance {
        hashes -= 1;
    }
    (hashes as u32, bits as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_cassandras() {
        assert_eq!(specification(0.01), (5, 10));
        assert_eq!(specification(0.1), (3, 5));
        assert_eq!(BloomFilter::new(10, 1.0), None);
    }

    #[test]
    fn what_was_added_is_there_and_little_else() {
        let mut filter = BloomFilter::new(1000, 0.01).unwrap();
        let key = |n: u32| n.to_be_bytes();
        (0..1000).for_each(|n| filter.add(&key(n)));
        assert!((0..1000).all(|n| filter.may_contain(&key(n))));
        let wrong = (1000..11_000).filter(|n| filter.may_contain(&key(*n))).count();
        assert!(wrong < 200, "{wrong} false positives of 10,000");
        let read = BloomFilter::decode("f", filter.encode().into()).unwrap();
        assert_eq!(read, filter);
    }
}
