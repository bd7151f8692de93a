//! What a prepared statement is called: the MD5 of its keyspace and text, so that every node calls it the same.

use core::fmt;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatementId(pub [u8; 16]);

impl StatementId {
    /// `keyspace`: the one in use, for a statement whose tables do not say theirs.
    pub fn of(keyspace: Option<&str>, text: &str) -> StatementId {
        let hash = Md5::new().chain_update(keyspace.unwrap_or_default()).chain_update(text);
        StatementId(hash.finalize().into())
    }
}

impl fmt::Display for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
