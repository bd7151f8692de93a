//! Web: wasm only. The two worker roles, the page driver, and the JavaScript edge.
//!
//! Knows the browser: workers, ports, storage, the document the build made. Does not know how anything looks (`ui` does).

mod bytes;
mod engine;
mod opfs;
pub mod page;
mod rest;
pub mod worker;
mod worker_script;

pub use engine::Engine;
pub use worker_script::{WorkerScriptError, start_worker};

/// What a worker says first, before it has been told what to be.
pub const READY: &str = "ready";
