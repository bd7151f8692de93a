//! A playground whose nodes run elsewhere: what the hub and the crews that host nodes say to each other, as bytes.
//!
//! Two state machines without I/O, so that the whole can be tried natively; `web` carries the bytes between workers.

mod crew;
mod hub;
mod kept_file;
mod packed;
mod protocol;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod kept_tests;

pub use crew::Crew;
pub use hub::{Hub, Outgoing};
pub use kept_file::{Found, KeptFile};
pub use packed::Packed;
pub use protocol::{FromCrew, ToCrew, ToHub};
