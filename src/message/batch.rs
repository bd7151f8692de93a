//! What a coordinator says to those who keep its logged batches.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::data::{Mutation, WriteTimestamp};

/// Keep this batch until told to drop it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreBatch {
    /// A timeuuid.
    pub id: Uuid,
    pub created: WriteTimestamp,
    pub mutations: Vec<Mutation>,
}
