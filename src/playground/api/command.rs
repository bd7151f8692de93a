//! What a host may ask for.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{Endpoint, Instant, RequestId};
use crate::node::Inspect;
use crate::sim::{ClusterConfig, Latency, LinkFaults, Place, Rate};

/// One shell of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShellId(pub u32);

impl ShellId {
    /// The shell that is there from the start.
    pub const FIRST: ShellId = ShellId(0);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    // What changes the run: stamped with virtual time and logged, so that the run can be replayed.
    /// Text typed or pasted into a shell: statements and cqlsh's own commands, any number, possibly unfinished.
    Shell {
        shell: ShellId,
        text: String,
    },
    /// Ctrl+C: forgets unfinished input and what of a script has not begun.
    Interrupt {
        shell: ShellId,
    },
    /// Which node the shell talks to from its next statement on.
    Connect {
        shell: ShellId,
        node: Endpoint,
    },
    /// The process dies; bytes not synced are lost.
    Kill {
        node: Endpoint,
    },
    /// The process starts again on its disk.
    Start {
        node: Endpoint,
    },
    /// Kill and start: `down_for` later.
    Restart {
        node: Endpoint,
        down_for: Duration,
    },
    /// The process stops as in a long garbage collection: messages wait for it.
    PauseNode {
        node: Endpoint,
    },
    ResumeNode {
        node: Endpoint,
    },
    /// Sets one direction of a link.
    SetLink {
        from: Endpoint,
        to: Endpoint,
        faults: LinkFaults,
    },
    /// Latency between two datacentres, both ways; the same one twice for the links within it.
    SetLatency {
        between: (String, String),
        latency: Latency,
    },
    /// A new node joins the cluster.
    AddNode {
        place: Place,
    },

    // Time and the run as a whole.
    SetRate(Rate),
    SetPaused(bool),
    /// To the next event and no further; pauses.
    Step,
    /// A fresh run; `None` keeps the configuration with its seed.
    NewRun {
        config: Option<Box<ClusterConfig>>,
    },
    /// Replays the run up to `to` and stops there, paused. Commands after `to` are forgotten by the next one that changes the run.
    GoTo {
        to: Instant,
    },
    /// Replays the run of a share link (the address's fragment, with or without `#`).
    Load {
        link: String,
    },

    // Looking: no part of the run.
    /// What the frames from now on show besides the cluster.
    Watch(Box<Watch>),
    /// Opens SSTables that come from elsewhere: their files by name, or a tar of them. Answered in a frame's `brought`.
    Bring {
        files: Vec<(String, Vec<u8>)>,
    },
    /// Answered in a frame's `completion`, with the same `id`.
    Complete {
        id: u32,
        shell: ShellId,
        text: String,
        /// In characters.
        cursor: u32,
    },
    /// Answered in a frame's `share`.
    Share,
}

/// What to look at closely. All `None`: nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    pub node: Option<Endpoint>,
    pub partition: Option<PartitionRef>,
    pub trace: Option<RequestId>,
    /// From, to.
    pub timeline: Option<(Instant, Instant)>,
    /// One node's storage, or something in it.
    pub inspect: Option<Inspect>,
}

/// A partition as a person names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionRef {
    pub keyspace: String,
    pub table: String,
    /// The partition key's values as CQL literals, separated by commas.
    pub key: String,
}
