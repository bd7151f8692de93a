//! nodetool: its commands' texts, each a pure function of what a node shows of the cluster.
//!
//! Knows Cassandra's wording and layout, to the byte, and how its command lines read. Asks no node anything: a line becomes a call
//! for whoever runs nodes (`begin`), and the answer to that becomes text (`Asked::told`). A family of commands is a table in a file.

mod cluster;
mod command;
mod compaction;
mod describecluster;
mod describering;
mod format;
mod getendpoints;
mod gossipinfo;
mod hints;
mod info;
pub(super) mod java_order;
mod line;
mod operating;
mod output;
mod ownership;
mod proxyhistograms;
mod ring;
mod settings;
mod snapshots;
mod status;
mod storage;
mod tablestats;
mod tpstats;
mod usage;
mod view;

pub use crate::node::{BootstrapState, CacheView, ClusterView, InfoView};
pub use command::{Asked, Begun, begin, names};
pub use describecluster::describe_cluster;
pub use describering::describe_ring;
pub use getendpoints::get_endpoints;
pub use gossipinfo::{failure_detector, gossip_info};
pub use info::{info, version};
pub use line::{unreachable, words};
pub use output::Output;
pub use ring::ring;
pub use status::status;

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod storage_recorded;
#[cfg(test)]
mod tests;
