//! Shell: cqlsh's statements, result tables and errors, and nodetool's commands and texts.

pub mod nodetool;
