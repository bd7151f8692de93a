//! Playground: the one facade for any host: command in, frame out; record, replay and share links.
//!
//! Knows the cluster by its commands, events and views. Does not know what draws a frame, nor whether nodes are workers.

pub mod api;
pub mod record;
pub mod share;
