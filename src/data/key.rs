//! Partition keys and where they lie on the ring.

use core::cmp::Ordering;
use core::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Token, token_of};

/// A partition key as serialised: the value itself, or for several columns each as u16 length, bytes, 0x00.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartitionKey(pub Bytes);

impl fmt::Debug for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A key with its token: ordered by token first, as partitions lie in a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DecoratedKey {
    pub token: Token,
    pub key: PartitionKey,
}

impl DecoratedKey {
    /// Decorates with the Murmur3 token, the partitioner of every cluster here.
    pub fn new(key: PartitionKey) -> DecoratedKey {
        DecoratedKey {
            token: token_of(&key.0),
            key,
        }
    }
}

impl PartialOrd for DecoratedKey {
    fn partial_cmp(&self, other: &DecoratedKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DecoratedKey {
    fn cmp(&self, other: &DecoratedKey) -> Ordering {
        self.token.cmp(&other.token).then_with(|| self.key.cmp(&other.key))
    }
}

/// One end of a range of partitions, in ring order without wrapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartitionBound {
    /// Before the first key of the token.
    BeforeToken(Token),
    /// After the last key of the token.
    AfterToken(Token),
    /// Before or after one key: where a page resumes.
    BeforeKey(DecoratedKey),
    AfterKey(DecoratedKey),
}

impl PartitionBound {
    pub fn token(&self) -> Token {
        match self {
            PartitionBound::BeforeToken(token) | PartitionBound::AfterToken(token) => *token,
            PartitionBound::BeforeKey(key) | PartitionBound::AfterKey(key) => key.token,
        }
    }

    fn compare(&self, key: &DecoratedKey) -> Ordering {
        match self {
            PartitionBound::BeforeToken(token) => token.cmp(&key.token).then(Ordering::Less),
            PartitionBound::AfterToken(token) => token.cmp(&key.token).then(Ordering::Greater),
            PartitionBound::BeforeKey(bound) => bound.cmp(key).then(Ordering::Less),
            PartitionBound::AfterKey(bound) => bound.cmp(key).then(Ordering::Greater),
        }
    }
}

/// A stretch of partitions that does not wrap round the ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionRange {
    pub start: PartitionBound,
    pub end: PartitionBound,
}

impl PartitionRange {
    pub fn full() -> PartitionRange {
        PartitionRange {
            start: PartitionBound::BeforeToken(Token::MIN),
            end: PartitionBound::AfterToken(Token::MAX),
        }
    }

    pub fn contains(&self, key: &DecoratedKey) -> bool {
        self.is_past_start(key) && !self.is_past_end(key)
    }

    pub fn is_past_start(&self, key: &DecoratedKey) -> bool {
        self.start.compare(key).is_lt()
    }

    pub fn is_past_end(&self, key: &DecoratedKey) -> bool {
        self.end.compare(key).is_lt()
    }
}
