//! Tokens: positions on the ring.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A position on the ring: a key's is -2^63+1 ..= 2^63-1, and -2^63 is kept as the minimum that no key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token(pub i64);

impl Token {
    /// Before every key; also the end of the last range, so that the ring closes.
    pub const MIN: Token = Token(i64::MIN);
    pub const MAX: Token = Token(i64::MAX);
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
