//! A playground whose nodes run elsewhere: what the hub and the crews that host nodes say to each other, as bytes.
//!
//! Two state machines without I/O, so that the whole can be tried natively; `web` carries the bytes between workers.

mod crew;
mod hub;
mod packed;
mod protocol;
#[cfg(test)]
mod tests;

pub use crew::Crew;
pub use hub::{Hub, MAX_CREWS, Outgoing};
pub use packed::Packed;
pub use protocol::{FromCrew, FromHub, ToCrew, ToHub};
