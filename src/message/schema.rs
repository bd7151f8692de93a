//! How a schema travels: as the rows of `system_schema` that describe it, which merge like any others.

use serde::{Deserialize, Serialize};

use crate::data::Mutation;

/// Rows of `system_schema`: all of them, or those that a change wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    pub mutations: Vec<Mutation>,
}
