//! Node: the composition root. Input in, outputs out; the only room that knows all the protocol rooms.
//!
//! A node is a state machine: `handle(now, input)`, drain `outputs`, ask `next_timeout()`. It has no clock, thread, socket or
//! `async`; its disk is the `Disk` it was given. Does not know whether it runs in a worker, a test or a server.

mod api;
mod batches;
mod bootstrap;
mod compaction_history;
mod config;
mod core;
mod counters;
mod dispatch;
mod hinting;
mod inspect;
mod operations;
mod operator;
mod paxos_store;
mod schema_sync;
mod session;
mod snapshot;
mod start;
mod system_tables;
mod system_views;
mod uuids;
mod view;
mod views;
mod work;

pub use self::core::Node;
pub use api::{BatchPart, ClientReply, ClientRequest, Form, Input, Output};
pub use compaction_history::PastCompaction;
pub use config::{NativeTransport, NodeConfig};
pub use inspect::{
    AmplificationView, ArchiveView, BytesView, CompactionUnderWay, FilesView, Finding, GroupView, Inspect, Inspected,
    MAX_ARCHIVE_BYTES, MAX_ROWS, MAX_SPANS, MAX_VERSIONS, OpenSstable, RowsView, SegmentView, SourcesView, SstableRef,
    SstableView, StorageView, Subject, TableStorageView, VersionView,
};
pub use operator::{
    BootstrapState, CacheView, ClusterView, CompactionView, Histograms, InfoView, OperatorAnswer, OperatorCall,
    OperatorReply, OperatorRequest, PendingHints, PoolView, Scope, StorageAnswer, StorageCall, TableStats, TrafficView,
};
pub use session::USE_WARNING;
pub use system_tables::RELEASE_VERSION;
pub use view::{
    CellView, CommitLogView, DeletionView, HintView, NodeView, PartitionView, PeerView, RowView, TableView, ViewRequest,
};
