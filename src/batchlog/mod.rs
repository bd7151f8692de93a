//! Batchlog: batches kept for their coordinators until every replica has them, replayed if a coordinator does not come back.
//!
//! A coordinator has two other nodes keep a logged batch before it writes any of it, and tells them to drop it when the writes are
//! acknowledged. What is still there after a while is written by its keepers. Knows batches and when they are due. Does not know
//! how a batch is written (the coordinator's operations do that) nor which table keeps which row (`node` applies its mutations).
//! Source: Cassandra 5.0, `batchlog/BatchlogManager`, `locator/ReplicaPlans`.

mod endpoints;
mod schedule;
mod table;

pub use endpoints::{Candidate, choose_endpoints};
pub use schedule::{Batchlog, Replay};
pub use table::{batches_table, kept_batch, removal, stored};
