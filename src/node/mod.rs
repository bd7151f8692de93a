//! Node: the composition root. Input in, outputs out; the only room that knows all the protocol rooms.
//!
//! A node is a state machine: `handle(now, input)`, drain `outputs`, ask `next_timeout()`. It has no clock, thread, socket or
//! `async`; its disk is the `Disk` it was given. Does not know whether it runs in a worker, a test or a server.

mod api;
mod config;
mod view;

pub use api::{ClientReply, ClientRequest, Input, Output};
pub use config::NodeConfig;
pub use view::{
    CellView, CommitLogView, DeletionView, HintView, NodeView, PartitionView, PeerView, RowView, TableView, ViewRequest,
};
