//! Golden scripts: CQL with the output a real Cassandra gave, run against a cluster in this process and compared.
//!
//! Knows the scripts' format and a console. Does not read files: a script comes in as text.

mod coverage;
mod difference;
mod runner;
mod script;

pub use coverage::coverage;
pub use difference::same_output;
pub use runner::{BlockReport, Runner};
pub use script::{Block, parse};
