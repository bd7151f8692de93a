//! A hint as it lies in a file: length, checksum, content.
//!
//! `u32 length, u32 crc32 of the content, content`, both numbers big-endian; the content is the hint by `base::codec`.

use serde::{Deserialize, Serialize};

use crate::base::{codec, crc32};
use crate::data::{Mutation, WriteTimestamp};

/// Before the content: length and checksum.
const HEADER: usize = 8;

/// A longer one is no hint but rubbish: cassandra.yaml `max_mutation_size`, 16 MiB, with room for what surrounds it.
const MAX_CONTENT: usize = 17 << 20;

/// A write that a replica missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintRecord {
    pub created: WriteTimestamp,
    /// The least `gc_grace_seconds` of the tables written to.
    pub gc_grace_seconds: u32,
    pub mutation: Mutation,
}

impl HintRecord {
    /// Whether it may still be delivered. After `gc_grace` the tombstones that shadow it may be gone, so that it would bring
    /// back what was deleted.
    pub fn is_live(&self, now_micros: i64) -> bool {
        let grace_micros = i64::from(self.gc_grace_seconds) * 1_000_000;
        now_micros < self.created.0.saturating_add(grace_micros)
    }

    pub fn append_to(&self, out: &mut Vec<u8>) {
        let content = codec::encode(self);
        out.extend_from_slice(&(content.len() as u32).to_be_bytes());
        out.extend_from_slice(&crc32::hash(&content).to_be_bytes());
        out.extend_from_slice(&content);
    }
}

/// What stands at the start of some bytes.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// A hint, and how many bytes it takes.
    Hint(Box<HintRecord>, usize),
    /// The bytes end within a record: so many it takes. At the end of a file: a write that a crash cut off.
    Partial(usize),
    /// Not what was written.
    Corrupt,
}

pub fn read(bytes: &[u8]) -> Next {
    let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
        return Next::Partial(HEADER);
    };
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (length, checksum) = (number(0) as usize, number(4));
    if length > MAX_CONTENT {
        return Next::Corrupt;
    }
    let Some(content) = rest.get(..length) else {
        return Next::Partial(HEADER + length);
    };
    if crc32::hash(content) != checksum {
        return Next::Corrupt;
    }
    match codec::decode(content) {
        Ok(hint) => Next::Hint(Box::new(hint), HEADER + length),
        Err(_) => Next::Corrupt,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::data::{DecoratedKey, Partition, PartitionKey, TableId};

    pub fn hint(key: &str, created: i64) -> HintRecord {
        let key = DecoratedKey::new(PartitionKey(Bytes::copy_from_slice(key.as_bytes())));
        let table = TableId(uuid::Uuid::from_u128(1));
        HintRecord {
            created: WriteTimestamp(created),
            gc_grace_seconds: 10,
            mutation: Mutation::new("shop".into(), table, Partition::empty(key)),
        }
    }

    #[test]
    fn hints_come_back_and_a_torn_end_is_told_from_rubbish() {
        let mut bytes = Vec::new();
        hint("a", 1).append_to(&mut bytes);
        let first = bytes.len();
        hint("b", 2).append_to(&mut bytes);
        assert_eq!(read(&bytes), Next::Hint(Box::new(hint("a", 1)), first));
        assert!(matches!(read(&bytes[first..]), Next::Hint(it, _) if *it == hint("b", 2)));
        assert_eq!(read(&bytes[..first - 1]), Next::Partial(first));
        assert_eq!(read(&bytes[..5]), Next::Partial(HEADER));
        bytes[first - 1] ^= 1;
        assert_eq!(read(&bytes), Next::Corrupt);
        assert_eq!(read(&[0xff; 20]), Next::Corrupt);
    }

    #[test]
    fn a_hint_dies_with_gc_grace() {
        assert!(hint("a", 5_000_000).is_live(14_999_999));
        assert!(!hint("a", 5_000_000).is_live(15_000_000));
    }
}
