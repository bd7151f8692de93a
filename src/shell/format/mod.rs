//! How values look in a result table: as cqlsh 6.2.2 shows them, its odd corners included. Knows types and values, nothing else.

mod number;
mod text;
mod time;
mod value;

pub use text::Shown;
pub use time::python_moment;
pub use value::{Style, column_name, exported, value};
