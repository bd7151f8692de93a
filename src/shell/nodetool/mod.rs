//! nodetool: its commands' texts, each a pure function of what a node shows of the cluster.
//!
//! Knows Cassandra's wording and layout, to the byte. The texts ask no node anything: a `ClusterView` is handed in, and only
//! `command` makes it from a node.

mod command;
mod describecluster;
mod describering;
mod format;
mod getendpoints;
mod gossipinfo;
mod info;
mod java_order;
mod output;
mod ownership;
mod ring;
mod status;
mod view;

pub use command::nodetool;
pub use describecluster::describe_cluster;
pub use describering::describe_ring;
pub use getendpoints::get_endpoints;
pub use gossipinfo::{failure_detector, gossip_info};
pub use info::{info, version};
pub use output::Output;
pub use ring::ring;
pub use status::status;
pub use view::{BootstrapState, CacheView, ClusterView, InfoView};

#[cfg(test)]
mod tests;
