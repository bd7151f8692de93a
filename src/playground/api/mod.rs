//! What any host of a run says and hears: `Command` in, a `Frame` back whenever it asks.
//!
//! Plain data, all of it serialisable: the page's main thread holds these types and nothing else of the engine. What a frame
//! holds is bounded by the limits here, however much went on since the one before.

mod command;
mod frame;
mod shell;
mod trace;
mod view;

pub use crate::sim::Rate;
pub use command::{Command, PartitionRef, ShellId, Watch};
pub use frame::{
    BroughtSstable, Counts, Fate, Flight, Frame, HashText, Keeping, LinkState, LogEntry, NodeState, NodeSummary,
    Notice, NoticeKind, RangeOwner, Replayed, RunSummary, ShareLink,
};
pub use shell::{Candidate, CandidateKind, Completion, ShellEntry, ShellUpdate, StatementSummary};
pub use trace::{Arrow, Mark, MarkKind, TimelineView, TraceRow, TraceView};
pub use view::{CellState, ReplicaCell, ReplicaRow, ReplicaView};

/// Messages listed in a frame; the rest are counted.
pub const MAX_FLIGHTS: usize = 200;
/// Events listed in a frame; the rest are counted.
pub const MAX_LOG_ENTRIES: usize = 100;
/// Text a frame carries to one shell; what is longer comes with later frames.
pub const MAX_SHELL_BYTES: usize = 64 * 1024;
/// Entries a frame carries to one shell, and entries that wait for frames: beyond it the oldest results are left out.
pub const MAX_SHELL_ENTRIES: usize = 100;
pub const MAX_SHELL_BACKLOG: usize = 400;
/// Text one command may bring to a shell.
pub const MAX_SHELL_INPUT_BYTES: usize = 1024 * 1024;
/// Rows and arrows of a trace; the rest are counted.
pub const MAX_TRACE_ROWS: usize = 1000;
pub const MAX_TRACE_ARROWS: usize = 1000;
/// Arrows and marks of a timeline; the rest are counted.
pub const MAX_TIMELINE_ARROWS: usize = 500;
pub const MAX_TIMELINE_MARKS: usize = 500;
/// Rows of a partition shown side by side; the rest are counted.
pub const MAX_REPLICA_ROWS: usize = 200;
/// Suggestions for completion.
pub const MAX_CANDIDATES: usize = 100;
/// Notices a frame carries.
pub const MAX_NOTICES: usize = 20;
/// Shells at once.
pub const MAX_SHELLS: usize = 8;
