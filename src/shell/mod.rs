//! Shell: cqlsh's statements, result tables and errors; the commands and texts of nodetool and of the tools for SSTables.
//!
//! Knows a node's edge: requests in, replies and events out. Does not know where nodes run, nor who reads what is printed.

mod command;
mod console;
mod copy;
mod describe;
mod error;
mod format;
pub mod golden;
mod help;
pub mod nodetool;
mod session;
pub mod sstable;
mod table;

pub use console::{Console, ConsoleCluster, Files, Output, Tracer};
pub use error::{NATIVE_TRANSPORT_PORT, error_line};
pub use session::{REQUEST_TIMEOUT, Request, Session, SessionConfig, ShellError, Step};
