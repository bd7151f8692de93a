//! Web: wasm only. The two worker roles, the page driver, and the JavaScript edge.
//!
//! Knows the browser: workers, ports, storage, the document the build made. Does not know how anything looks (`ui` does).

mod bytes;
mod engine;
mod line;
mod opfs;
pub mod page;
mod rest;
pub mod worker;
mod worker_script;

pub use engine::Engine;
pub use rest::bring_to_page;
pub use worker_script::{WorkerScriptError, start_hub};

/// What a worker says first: that it listens.
pub const READY: &str = "ready";
