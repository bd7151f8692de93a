//! The order in which Java walks a `HashMap`. Cassandra prints some lists straight from one; a script that compares texts sees
//! it, so these texts have it too. Only ever used to order what is printed.

use crate::base::Arrange;
use crate::ring::TokenRange;

/// What a map has buckets for when it is not told how many there will be.
pub const DEFAULT_CAPACITY: usize = 16;

/// `String.hashCode` of ASCII text.
pub fn hash_of_text(text: &str) -> u32 {
    text.bytes()
        .fold(0, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

/// `AbstractBounds.hashCode` of a range of Murmur3 tokens.
pub fn hash_of_range(range: &TokenRange) -> u32 {
    let of_long = |value: i64| (value ^ (value as u64 >> 32) as i64) as u32;
    of_long(range.start.0)
        .wrapping_mul(31)
        .wrapping_add(of_long(range.end.0))
}

/// Puts items, given in the order of their insertion, in that of the map: it doubles its buckets when three quarters full.
pub fn sort<T>(items: &mut [T], expected: usize, hash: impl Fn(&T) -> u32) {
    let mut buckets = expected.max(1).next_power_of_two();
    while items.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    items.arrange_by_key(|item| {
        let hash = hash(item);
        (hash ^ hash >> 16) as usize & (buckets - 1)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_javas() {
        assert_eq!(hash_of_text("dc1"), 99218);
        assert_eq!(hash_of_text("127.0.0.1:7000"), {
            let bytes = b"127.0.0.1:7000";
            bytes.iter().fold(0u32, |hash, byte| {
                (hash << 5).wrapping_sub(hash).wrapping_add(u32::from(*byte))
            })
        });
        let mut options = ["dc1", "dc2"];
        sort(&mut options, DEFAULT_CAPACITY, |text| hash_of_text(text));
        assert_eq!(options, ["dc2", "dc1"]);
    }
}
