//! Playground: the one facade for any host: command in, frame out; record, replay and share links.
//!
//! Knows the cluster by its commands, events and views. Does not know what draws a frame, nor whether nodes are workers.

pub mod api;
mod brought;
mod completion;
mod conversation;
mod deeds;
mod engine;
mod flights;
mod keeping;
mod local;
mod locate;
pub mod record;
mod recorder;
pub mod remote;
mod replicas;
pub mod share;
mod shells;
mod snapshot;
mod timeline;
mod traces;
mod windows;
mod words;
#[cfg(test)]
mod tests;

pub use engine::{Hosting, Playground};
pub use keeping::{Keep, Kept};
pub use local::LocalPlayground;
pub use snapshot::Looks;
