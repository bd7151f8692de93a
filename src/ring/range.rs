//! Ranges of tokens: arcs of the ring.

use core::fmt;

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};

use crate::data::{PartitionBound, PartitionRange, Token};

/// The arc after `start` up to and with `end`. Wraps round the ring when `end` is not after `start`; with both equal it is the
/// whole ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenRange {
    pub start: Token,
    pub end: Token,
}

impl TokenRange {
    pub fn new(start: Token, end: Token) -> TokenRange {
        TokenRange { start, end }
    }

    pub fn wraps(&self) -> bool {
        self.end <= self.start
    }

    pub fn contains(&self, token: Token) -> bool {
        if self.wraps() {
            self.start < token || token <= self.end
        } else {
            self.start < token && token <= self.end
        }
    }

    /// How many tokens it holds, of the 2^64 of the ring.
    pub fn width(&self) -> u128 {
        match self.end.0.wrapping_sub(self.start.0) as u64 {
            0 => 1 << 64,
            width => u128::from(width),
        }
    }

    /// Its part of the ring, 0 to 1.
    pub fn fraction(&self) -> f64 {
        self.width() as f64 / (1u128 << 64) as f64
    }

    /// As stretches of partitions that do not wrap, in token order.
    pub fn unwrapped(&self) -> SmallVec<[PartitionRange; 2]> {
        let stretch = |start, end| PartitionRange { start, end };
        let (after_start, after_end) = (
            PartitionBound::AfterToken(self.start),
            PartitionBound::AfterToken(self.end),
        );
        if !self.wraps() {
            return smallvec![stretch(after_start, after_end)];
        }
        if self.start == self.end {
            return smallvec![PartitionRange::full()];
        }
        smallvec![
            stretch(PartitionBound::BeforeToken(Token::MIN), after_end),
            stretch(after_start, PartitionBound::AfterToken(Token::MAX)),
        ]
    }
}

impl fmt::Display for TokenRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({},{}]", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DecoratedKey, PartitionKey};

    fn range(start: i64, end: i64) -> TokenRange {
        TokenRange::new(Token(start), Token(end))
    }

    #[test]
    fn a_range_holds_its_end_and_not_its_start() {
        assert!(!range(1, 5).contains(Token(1)) && range(1, 5).contains(Token(5)));
        assert!(range(5, 1).contains(Token(1)) && range(5, 1).contains(Token(6)) && !range(5, 1).contains(Token(5)));
        assert!(range(5, 5).contains(Token(5)) && range(5, 5).contains(Token::MAX));
    }

    #[test]
    fn widths_add_up_to_the_ring() {
        let tokens = [-9_000, -3, 0, i64::MAX];
        let total: u128 = (0..4).map(|i| range(tokens[i], tokens[(i + 1) % 4]).width()).sum();
        assert_eq!(total, 1 << 64);
        assert_eq!(range(7, 7).fraction(), 1.0);
    }

    #[test]
    fn stretches_hold_the_same_keys() {
        for arc in [range(-5, 5), range(5, -5), range(3, 3)] {
            for token in [i64::MIN + 1, -6, -5, -4, 0, 3, 5, 6, i64::MAX].map(Token) {
                let key = DecoratedKey {
                    token,
                    key: PartitionKey(bytes::Bytes::from_static(b"k")),
                };
                let inside = arc.unwrapped().iter().filter(|part| part.contains(&key)).count();
                assert_eq!(inside, usize::from(arc.contains(token)), "{token} in {arc}");
            }
        }
    }
}
