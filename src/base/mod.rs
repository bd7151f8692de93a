//! Base: virtual time, seeded randomness, identities, byte codecs and bounded collections.
//!
//! Knows nothing of databases: everything here would fit any simulated distributed system.

mod arrange;
mod bounded;
pub mod codec;
pub mod crc32;
mod ids;
pub mod later;
mod random;
mod rate;
mod sorted;
mod time;
pub mod vint;

pub use arrange::Arrange;
pub use bounded::Recent;
pub use ids::{Endpoint, HostId, MessageId, RequestId};
pub use random::{Random, Seed};
pub use rate::Rate;
pub use sorted::{SortedMap, SortedSet};
pub use time::{Duration, Instant, UnixMicros, WallClock};
