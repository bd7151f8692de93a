//! What a host draws: the cluster at one moment, and what happened since the frame before.

use serde::{Deserialize, Serialize};

use super::{
    Completion, PartitionRef, Rate, ReplicaView, ShellUpdate, StatementSummary, TimelineView, TraceView, Watch,
};
use crate::base::{Endpoint, Instant, MessageId, RequestId, UnixMicros};
use crate::data::Token;
use crate::event::{DropReason, MessageKind, Verb, What};
use crate::node::{Inspected, NodeView};
use crate::sim::{ClusterConfig, Latency, LinkFaults};

/// A snapshot. Lists are bounded (see the limits in `api`); what is not listed is counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Counts up from 1 within a run; a frame of another `run` starts anew and makes everything drawn before it void.
    pub number: u64,
    pub run: u32,
    pub now: Instant,
    /// `now` on the cluster's wall clock.
    pub wall: UnixMicros,
    pub rate: Rate,
    /// Virtual seconds a real second at this moment, to draw on between frames; 0 when paused.
    pub speed: f64,
    pub paused: bool,
    /// Catching up with a replay: drawn as a progress, 0.0 to 1.0.
    pub replaying: Option<f64>,
    /// Where the timeline ends: later than `now` after a `GoTo`.
    pub end: Instant,
    pub nodes: Vec<NodeSummary>,
    /// The ring's ranges in token order; only when they changed, and in a run's first frame.
    pub ranges: Option<Vec<RangeOwner>>,
    /// Links that differ from a sound one; only when they changed, and in a run's first frame.
    pub links: Option<Vec<LinkState>>,
    /// Latency between pairs of datacentres; as `links`.
    pub latencies: Option<Vec<(String, String, Latency)>>,
    /// Under way at `now`, then those that arrived or were lost since the frame before. Client's first, gossip last.
    pub flights: Vec<Flight>,
    /// Messages sent since the frame before, all of them.
    pub sent: Counts,
    /// Under way or just ended but not in `flights`.
    pub unlisted_flights: u32,
    pub log: Vec<LogEntry>,
    pub unlisted_log: u64,
    /// One sentence: what is going on.
    pub sentence: String,
    /// What the last statement is about, for the marks on the ring, while it runs and after.
    pub statement: Option<StatementSummary>,
    pub shells: Vec<ShellUpdate>,
    pub notices: Vec<Notice>,

    // What is watched.
    pub watch: Watch,
    pub node: Option<NodeView>,
    /// Only when it is new.
    pub inspected: Option<Inspected>,
    /// The SSTables that were brought, once.
    pub brought: Option<Vec<BroughtSstable>>,
    pub replicas: Option<ReplicaView>,
    pub trace: Option<TraceView>,
    /// Only when it looks different from the one before, and not in every frame then.
    pub timeline: Option<TimelineView>,

    // Answers.
    pub completion: Option<Completion>,
    pub share: Option<Result<ShareLink, String>>,
    pub summary: RunSummary,
}

/// An SSTable that was brought, by the start of its files' names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroughtSstable {
    pub name: String,
    /// Why it cannot be read.
    pub error: Option<String>,
}

/// The run so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Only in a run's first frame.
    pub config: Option<Box<ClusterConfig>>,
    /// Commands in the log.
    pub commands: u32,
    pub events: u64,
    pub history: HashText,
    /// How the last replay ended: of a share link, or of `GoTo`.
    pub replayed: Option<Replayed>,
    /// Bytes of the engine's memory, all workers together; 0 where it is not known.
    pub memory_bytes: u64,
    pub keeping: Keeping,
}

/// What becomes of the run when the page is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keeping {
    /// It is gone.
    #[default]
    Memory,
    /// It goes on when the page is opened again.
    Kept,
    /// The same, and it has gone on before: its beginning is not known any more.
    Continued,
    /// It is gone; something else is kept that cannot be read.
    Unread,
}

/// A link to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLink {
    /// An address's fragment, without `#`.
    pub fragment: String,
    /// How far the run had come, and the history it had then: what a replay is held to.
    pub until: Instant,
    pub history: HashText,
}

/// A replay that has reached its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    pub until: Instant,
    pub history: HashText,
    /// Whether the history is the one the link promised; `None` when it promised none.
    pub as_recorded: Option<bool>,
}

/// A history hash as text: 32 hexadecimal digits.
pub type HashText = String;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeSummary {
    pub endpoint: Endpoint,
    pub datacenter: String,
    pub rack: String,
    pub state: NodeState,
    pub tokens: Vec<Token>,
    /// Running peers that take this node for dead.
    pub down_for: Vec<Endpoint>,
    pub memtable_bytes: u64,
    pub commit_log_bytes: u64,
    /// Hints this node keeps for others.
    pub hints: u32,
    /// Inputs that wait for the node's CPU, and requests it has under way.
    pub queued: u32,
    pub pending_requests: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    /// Joining: has tokens but takes no reads yet.
    Joining,
    Up,
    Paused,
    Down,
}

/// The range (from, to] and the nodes that own it first, for keyspaces of any replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeOwner {
    pub from: Token,
    pub to: Token,
    pub primary: Endpoint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkState {
    pub from: Endpoint,
    pub to: Endpoint,
    pub faults: LinkFaults,
}

/// A message between two nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    pub from: Endpoint,
    pub to: Endpoint,
    /// Unique together with `from` and `sent_at`.
    pub id: MessageId,
    pub in_reply_to: Option<MessageId>,
    pub verb: Verb,
    pub kind: MessageKind,
    /// Asks for data only to compare it.
    pub digest: bool,
    pub cause: Option<RequestId>,
    pub bytes: u32,
    pub sent_at: Instant,
    /// When it arrives, or would have arrived.
    pub arrives_at: Instant,
    pub fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    UnderWay,
    Arrived,
    /// Breaks half-way, or at the receiver's door when the receiver is down.
    Dropped(DropReason),
}

/// How many messages of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub gossip: u32,
    pub schema: u32,
    pub write: u32,
    pub read: u32,
    pub hint: u32,
    pub repair: u32,
    pub paxos: u32,
    pub failure: u32,
}

impl Counts {
    pub fn count(&mut self, kind: MessageKind) {
        *match kind {
            MessageKind::Gossip => &mut self.gossip,
            MessageKind::Schema => &mut self.schema,
            MessageKind::Write => &mut self.write,
            MessageKind::Read => &mut self.read,
            MessageKind::Hint => &mut self.hint,
            MessageKind::Repair => &mut self.repair,
            MessageKind::Paxos => &mut self.paxos,
            MessageKind::Failure => &mut self.failure,
        } += 1;
    }

    pub fn total(&self) -> u32 {
        self.gossip + self.schema + self.write + self.read + self.hint + self.repair + self.paxos + self.failure
    }
}

/// A line of the event log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    pub at: Instant,
    pub node: Endpoint,
    pub cause: Option<RequestId>,
    pub what: What,
    /// In words a person understands.
    pub text: String,
    /// Worth saying aloud: a fault, a change of state, an error.
    pub notable: bool,
    /// The partition it is about, when known.
    pub partition: Option<PartitionRef>,
}

/// Something the host should tell the person at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub kind: NoticeKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeKind {
    Information,
    /// A command was refused.
    Refused,
    /// A share link could not be opened; a fresh cluster runs instead.
    BadLink,
    /// A worker crashed, or a node's disk failed.
    Broken,
}
