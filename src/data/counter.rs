//! Counter contexts: what a counter cell holds, a count for each node that ever led an increment of it.
//!
//! The bytes are Cassandra's, as SSTables and messages have them: a header that says which shards are global or local, then
//! the shards in the order of their ids. Source: Cassandra 5.0, `db/context/CounterContext`.

use core::cmp::Ordering;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::base::HostId;

/// Bytes of one shard: id, clock, count.
const SHARD_LENGTH: usize = 16 + 8 + 8;

/// `CounterContext.UPDATE_CLOCK_ID`: the id of an increment that no leader has taken up yet.
const UPDATE_ID: [u8; 16] = CounterId::of_number(0);

/// Whose shard it is: a leader's host id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CounterId([u8; 16]);

impl CounterId {
    /// `CounterId.fromInt`: an id that is no host's.
    const fn of_number(number: u8) -> [u8; 16] {
        let mut id = [0; 16];
        id[15] = number;
        id
    }
}

/// Which of two versions of a node's shard counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShardKind {
    /// The whole of what its node ever counted: the later replaces the earlier.
    Global,
    /// An increment: two of them add up.
    Local,
    /// From before Cassandra 2.1; read from its SSTables, never made.
    Remote,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Shard {
    id: CounterId,
    kind: ShardKind,
    clock: i64,
    count: i64,
}

/// What a node's shard says: how often it changed, at least, and what it counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockAndCount {
    pub clock: i64,
    pub count: i64,
}

/// The value of a counter cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CounterContext(Bytes);

/// Bytes that are no counter context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid size for a counter context")]
pub struct InvalidCounterContext;

impl CounterContext {
    /// An increment on its way to a leader.
    pub fn update(count: i64) -> CounterContext {
        let (id, kind) = (CounterId(UPDATE_ID), ShardKind::Local);
        CounterContext::of(&[Shard {
            id,
            kind,
            clock: 1,
            count,
        }])
    }

    /// What a leader makes of an increment: all it has counted under its own id.
    pub fn global(leader: HostId, state: ClockAndCount) -> CounterContext {
        let (id, kind) = (CounterId(*leader.0.as_bytes()), ShardKind::Global);
        let ClockAndCount { clock, count } = state;
        CounterContext::of(&[Shard { id, kind, clock, count }])
    }

    /// A context as an SSTable has it.
    pub fn from_bytes(bytes: Bytes) -> Result<CounterContext, InvalidCounterContext> {
        let shards = Shards::header(&bytes).and_then(|header| bytes.len().checked_sub(header));
        match shards {
            Some(length) if length % SHARD_LENGTH == 0 => Ok(CounterContext(bytes)),
            _ => Err(InvalidCounterContext),
        }
    }

    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The counter's value.
    pub fn total(&self) -> i64 {
        self.shards().fold(0, |total, shard| total.wrapping_add(shard.count))
    }

    /// Whether it is an increment that no leader has taken up.
    pub fn is_update(&self) -> bool {
        self.shards().next().is_some_and(|shard| shard.id.0 == UPDATE_ID)
    }

    /// What a node has counted so far.
    pub fn of_node(&self, node: HostId) -> ClockAndCount {
        let shard = self.shards().find(|shard| shard.id.0 == *node.0.as_bytes());
        shard.map_or(ClockAndCount::default(), |Shard { clock, count, .. }| ClockAndCount {
            clock,
            count,
        })
    }

    /// The shards of both, of each node the one that counts. Commutative and associative; idempotent but for increments.
    #[must_use]
    pub fn merge(&self, other: &CounterContext) -> CounterContext {
        let (mut mine, mut theirs) = (self.shards().peekable(), other.shards().peekable());
        let mut merged = Vec::new();
        loop {
            let next = match (mine.peek(), theirs.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.id.cmp(&b.id),
            };
            merged.extend(match next {
                Ordering::Less => mine.next(),
                Ordering::Greater => theirs.next(),
                Ordering::Equal => mine.next().zip(theirs.next()).map(|(a, b)| a.merge(b)),
            });
        }
        CounterContext::of(&merged)
    }

    fn of(shards: &[Shard]) -> CounterContext {
        let marked = shards.iter().enumerate().filter_map(|(at, shard)| match shard.kind {
            ShardKind::Global => Some((at as i16).wrapping_add(i16::MIN)),
            ShardKind::Local => Some(at as i16),
            ShardKind::Remote => None,
        });
        let marked: Vec<i16> = marked.collect();
        let mut bytes = Vec::with_capacity(2 + 2 * marked.len() + SHARD_LENGTH * shards.len());
        bytes.extend((marked.len() as i16).to_be_bytes());
        marked.iter().for_each(|mark| bytes.extend(mark.to_be_bytes()));
        for shard in shards {
            bytes.extend(shard.id.0);
            bytes.extend(shard.clock.to_be_bytes());
            bytes.extend(shard.count.to_be_bytes());
        }
        CounterContext(bytes.into())
    }

    fn shards(&self) -> Shards<'_> {
        Shards {
            bytes: &self.0,
            at: Shards::header(&self.0).unwrap_or(self.0.len()),
            index: 0,
        }
    }
}

impl Shard {
    fn merge(self, other: Shard) -> Shard {
        use ShardKind::{Global, Local, Remote};
        let newer = |a: Shard, b: Shard| if (a.clock, a.count) >= (b.clock, b.count) { a } else { b };
        match (self.kind, other.kind) {
            (Local, Local) => Shard {
                clock: self.clock.wrapping_add(other.clock),
                count: self.count.wrapping_add(other.count),
                ..self
            },
            (Global, Global) | (Remote, Remote) => newer(self, other),
            (Global, _) | (Local, Remote) => self,
            (_, Global) | (Remote, Local) => other,
        }
    }
}

/// The shards of a context, in the order of their ids.
struct Shards<'a> {
    bytes: &'a [u8],
    at: usize,
    index: i16,
}

impl Shards<'_> {
    /// How long the header is. A negative count of marks is Cassandra's note that local shards are to be dropped.
    fn header(bytes: &[u8]) -> Option<usize> {
        let count = i16::from_be_bytes(bytes.get(..2)?.try_into().ok()?);
        Some(2 + 2 * usize::from(count.unsigned_abs()))
    }

    fn kind(&self) -> ShardKind {
        let header = Shards::header(self.bytes).unwrap_or(2);
        let marks = self.bytes.get(2..header).unwrap_or_default().chunks_exact(2);
        for mark in marks.map(|mark| i16::from_be_bytes([mark[0], mark[1]])) {
            if mark == self.index.wrapping_add(i16::MIN) {
                return ShardKind::Global;
            }
            if mark == self.index {
                return ShardKind::Local;
            }
        }
        ShardKind::Remote
    }
}

impl Iterator for Shards<'_> {
    type Item = Shard;

    fn next(&mut self) -> Option<Shard> {
        let bytes = self.bytes.get(self.at..self.at + SHARD_LENGTH)?;
        let number = |at: usize| i64::from_be_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
        let shard = Shard {
            id: CounterId(bytes[..16].try_into().unwrap_or_default()),
            kind: self.kind(),
            clock: number(16),
            count: number(24),
        };
        self.at += SHARD_LENGTH;
        self.index = self.index.wrapping_add(1);
        Some(shard)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn node(number: u128) -> HostId {
        HostId(Uuid::from_u128(number))
    }

    fn global(number: u128, clock: i64, count: i64) -> CounterContext {
        CounterContext::global(node(number), ClockAndCount { clock, count })
    }

    #[test]
    fn the_bytes_are_cassandras() {
        let id = 0xfcd9_4e90_0000_1000_8000_0000_0000_0001_u128;
        let context = global(id, 3, 5);
        let mut expected = vec![0x00, 0x01, 0x80, 0x00];
        expected.extend(id.to_be_bytes());
        expected.extend(3i64.to_be_bytes());
        expected.extend(5i64.to_be_bytes());
        assert_eq!(context.as_bytes()[..], expected[..]);
        assert_eq!(CounterContext::from_bytes(expected.into()), Ok(context));
        assert!(CounterContext::from_bytes(Bytes::from_static(&[0, 1, 0, 0, 7])).is_err());
        assert!(CounterContext::from_bytes(Bytes::new()).is_err());
    }

    #[test]
    fn increments_add_up_and_wrap() {
        let twice = CounterContext::update(i64::MAX).merge(&CounterContext::update(1));
        assert!(twice.is_update());
        assert_eq!(twice.total(), i64::MIN);
        assert!(!global(7, 1, 1).is_update());
    }

    #[test]
    fn the_later_shard_of_a_node_replaces_the_earlier() {
        let merged = global(1, 1, 10).merge(&global(2, 1, 5)).merge(&global(1, 2, 4));
        assert_eq!(merged.total(), 9);
        assert_eq!(merged.of_node(node(1)), ClockAndCount { clock: 2, count: 4 });
        assert_eq!(merged.of_node(node(3)), ClockAndCount::default());
    }

    fn contexts() -> impl Strategy<Value = CounterContext> {
        let shard = (1u128..4, 0i64..4, -3i64..4).prop_map(|(id, clock, count)| global(id, clock, count));
        proptest::collection::vec(shard, 1..5)
            .prop_map(|all| all.iter().skip(1).fold(all[0].clone(), |a, b| a.merge(b)))
    }

    proptest! {
        #[test]
        fn merging_depends_on_neither_order_nor_repetition(a in contexts(), b in contexts(), c in contexts()) {
            prop_assert_eq!(a.merge(&b), b.merge(&a));
            prop_assert_eq!(a.merge(&b).merge(&c), a.merge(&b.merge(&c)));
            prop_assert_eq!(a.merge(&a), a.clone());
            prop_assert_eq!(CounterContext::from_bytes(a.as_bytes().clone()), Ok(a));
        }
    }
}
