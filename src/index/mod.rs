//! Secondary indexes on a node's own data: entries for what is written, and rows found by them.
//!
//! Knows the engine and the schema. Does not know what other replicas have: whoever asks them merges and checks again.
//!
//! Entries are only ever a hint to a row that may hold the value. They are written before the row, so that a crash between the
//! two leaves one too many and never one too few; nothing takes back those of values that were overwritten or deleted. A search
//! reads the rows that its entries lead to, leaves out those that hold the value no more, and deletes their entries where what
//! the row has instead can never lose to them.
//!
//! Unlike Cassandra's, a storage-attached index has no files of its own beside the SSTables, and the nearest vectors are found by
//! looking at all of them: answers are the same, or nearer.

mod build;
mod entries;
mod limits;
mod nearest;
mod search;
#[cfg(test)]
mod tests;
mod vectors;

pub use build::{build_missing, forget};
pub use entries::entries_of;
pub use limits::check_sizes;
pub use search::{Found, find};
pub use vectors::refuses;
