//! Partitioners: where on the ring a partition key falls.
//!
//! The ring of this database is Murmur3's, so a `Token` is always that. The other two are known by name and by what they
//! would answer, for files and `token()` texts that come from a cluster that uses them.

use bytes::Bytes;
use md5::{Digest, Md5};

use super::{murmur3, token::Token};

/// The position of a serialised partition key on the Murmur3 ring.
pub fn token_of(key: &[u8]) -> Token {
    if key.is_empty() {
        return Token::MIN;
    }
    match murmur3::hash(key) {
        i64::MIN => Token::MAX,
        hash => Token(hash),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Partitioner {
    #[default]
    Murmur3,
    Random,
    ByteOrdered,
}

/// A position as some partitioner gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartitionerToken {
    Murmur3(Token),
    /// 0 to 2^127, both included.
    Random(u128),
    ByteOrdered(Bytes),
}

impl Partitioner {
    pub fn class_name(self) -> &'static str {
        match self {
            Partitioner::Murmur3 => "org.apache.cassandra.dht.Murmur3Partitioner",
            Partitioner::Random => "org.apache.cassandra.dht.RandomPartitioner",
            Partitioner::ByteOrdered => "org.apache.cassandra.dht.ByteOrderedPartitioner",
        }
    }

    /// Takes the full class name or its last part, as cassandra.yaml does.
    pub fn from_class_name(name: &str) -> Option<Self> {
        let simple = name.strip_prefix("org.apache.cassandra.dht.").unwrap_or(name);
        match simple {
            "Murmur3Partitioner" => Some(Partitioner::Murmur3),
            "RandomPartitioner" => Some(Partitioner::Random),
            "ByteOrderedPartitioner" => Some(Partitioner::ByteOrdered),
            _ => None,
        }
    }

    pub fn token_of(self, key: &[u8]) -> PartitionerToken {
        match self {
            Partitioner::Murmur3 => PartitionerToken::Murmur3(token_of(key)),
            // The digest read as a signed number, without its sign.
            Partitioner::Random => {
                let digest: [u8; 16] = Md5::digest(key).into();
                PartitionerToken::Random(i128::from_be_bytes(digest).unsigned_abs())
            }
            Partitioner::ByteOrdered => PartitionerToken::ByteOrdered(Bytes::copy_from_slice(key)),
        }
    }
}

/// As `token()` and nodetool show it.
impl core::fmt::Display for PartitionerToken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            PartitionerToken::Murmur3(token) => token.fmt(f),
            PartitionerToken::Random(token) => token.fmt(f),
            PartitionerToken::ByteOrdered(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees(partitioner: Partitioner, recorded: &str) {
        let mut lines = 0;
        for line in recorded.lines() {
            let (key, token) = line.split_once('\t').unwrap();
            let key: Vec<u8> = (0..key.len() / 2)
                .map(|i| u8::from_str_radix(&key[2 * i..2 * i + 2], 16).unwrap())
                .collect();
            assert_eq!(partitioner.token_of(&key).to_string(), token, "{line}");
            lines += 1;
        }
        assert!(lines >= 40);
    }

    #[test]
    fn murmur3_is_cassandras() {
        agrees(
            Partitioner::Murmur3,
            include_str!("../../tests/golden-hash/murmur3.txt"),
        );
    }

    #[test]
    fn random_is_cassandras() {
        agrees(Partitioner::Random, include_str!("../../tests/golden-hash/random.txt"));
    }

    #[test]
    fn byte_ordered_is_cassandras() {
        agrees(
            Partitioner::ByteOrdered,
            include_str!("../../tests/golden-hash/byteordered.txt"),
        );
    }

    #[test]
    fn the_empty_key_has_the_minimum_token() {
        assert_eq!(token_of(b""), Token::MIN);
    }

    #[test]
    fn names_are_read_back() {
        for partitioner in [Partitioner::Murmur3, Partitioner::Random, Partitioner::ByteOrdered] {
            assert_eq!(
                Partitioner::from_class_name(partitioner.class_name()),
                Some(partitioner)
            );
        }
        assert_eq!(
            Partitioner::from_class_name("Murmur3Partitioner"),
            Some(Partitioner::Murmur3)
        );
        assert_eq!(Partitioner::from_class_name("NoSuchPartitioner"), None);
    }
}
