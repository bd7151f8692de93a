//! Ringscope: a Cassandra-compatible distributed database that runs in a browser tab, every message in view.
//!
//! The rooms below stand in import order: each knows only those above it. `ARCHITECTURE.md` draws the map.

pub mod base;
pub mod data;
pub mod schema;
pub mod event;
pub mod storage;
pub mod cql;
pub mod ring;
pub mod message;
pub mod index;
pub mod gossip;
pub mod hints;
pub mod replica;
pub mod paxos;
pub mod coordinator;
pub mod batchlog;
pub mod node;
pub mod sim;
pub mod shell;
pub mod playground;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod ui;
#[cfg(not(target_arch = "wasm32"))]
pub mod server;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
