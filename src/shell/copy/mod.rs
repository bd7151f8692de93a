//! COPY: a table's rows as CSV, and CSV as rows. As cqlsh 6.2.2 writes and reads it, so that files go both ways between the two.
//!
//! Knows no files and no cluster: the session asks its host for both.

mod csv;
mod export;
mod import;
mod options;
mod parse;

pub use export::Export;
pub use import::{Import, Next};
pub use options::Options;
pub use parse::copy;

/// Where the CSV is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    File(String),
    /// STDIN or STDOUT.
    Terminal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    To,
    From,
}

/// `COPY table (columns) TO 'file' WITH ...`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// As it was written, quotes included.
    pub table: String,
    /// As they were written; empty: all.
    pub columns: Vec<String>,
    pub direction: Direction,
    pub place: Place,
    /// In lower case, with their values.
    pub options: Vec<(String, String)>,
}

impl Copy {
    fn selected(&self) -> String {
        match self.columns.as_slice() {
            [] => "*".to_owned(),
            columns => columns.join(", "),
        }
    }
}
