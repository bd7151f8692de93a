//! The shells of a run: who talks to which node, what waits for an answer, and what is still to be shown.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use super::api::{MAX_SHELL_BYTES, MAX_SHELLS, ShellEntry, ShellId, ShellUpdate};
use crate::base::{Endpoint, RequestId, WallClock};
use crate::cql::SourcePosition;
use crate::data::{ConsistencyLevel, KeyspaceName, WriteTimestamp};
use crate::event::Event;
use crate::node::{ClientReply, ClientRequest};

/// How long a shell waits for an answer. cqlsh's `request_timeout`, 10 s.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A session of a shell, as the playground speaks with it: text in; requests, output and waits for answers out.
pub trait Dialogue {
    fn start(host: Endpoint) -> Self;
    fn submit(&mut self, text: &str);
    fn interrupt(&mut self);
    /// What to do next; `None`: it waits for more input or for an answer.
    fn step(&mut self) -> Option<Turn>;
    fn on_reply(&mut self, reply: ClientReply);
    fn on_disconnect(&mut self);
    fn on_timeout(&mut self);
    fn on_trace(&mut self, events: &[Event], clock: WallClock);
    fn connect(&mut self, host: Endpoint);
    fn prompt(&self) -> String;
    /// The keyspace in use.
    fn keyspace(&self) -> Option<KeyspaceName>;
    fn consistency(&self) -> ConsistencyLevel;
    fn serial_consistency(&self) -> ConsistencyLevel;
}

pub enum Turn {
    Print(String),
    Error {
        text: String,
        position: Option<SourcePosition>,
    },
    Clear,
    /// A statement that asked the cluster something is over, its output given.
    Done,
    Request(Question),
    /// Wants what the request led to, for its trace.
    Trace(RequestId),
}

/// A client's request, still without its number.
pub struct Question {
    pub query: String,
    pub keyspace: Option<KeyspaceName>,
    pub consistency: ConsistencyLevel,
    pub serial_consistency: ConsistencyLevel,
    pub page_size: Option<u32>,
    pub paging_state: Option<bytes::Bytes>,
    pub timestamp: Option<WriteTimestamp>,
    /// The shell's own: not drawn as a statement.
    pub hidden: bool,
}

impl Question {
    pub fn with_id(self, id: RequestId) -> ClientRequest {
        ClientRequest {
            id,
            query: self.query,
            form: Default::default(),
            keyspace: self.keyspace,
            consistency: self.consistency,
            serial_consistency: self.serial_consistency,
            page_size: self.page_size,
            paging_state: self.paging_state,
            timestamp: self.timestamp,
        }
    }
}

pub struct Shell<D> {
    pub dialogue: D,
    pub coordinator: Endpoint,
    pub pending: Option<RequestId>,
    /// The first request of the statement that runs.
    pub statement: Option<RequestId>,
    entries: VecDeque<ShellEntry>,
    changed: bool,
}

impl<D: Dialogue> Shell<D> {
    fn new(coordinator: Endpoint) -> Shell<D> {
        Shell {
            dialogue: D::start(coordinator),
            coordinator,
            pending: None,
            statement: None,
            entries: VecDeque::new(),
            changed: true,
        }
    }

    pub fn show(&mut self, entry: ShellEntry) {
        self.changed = true;
        match (self.entries.back_mut(), entry) {
            (Some(ShellEntry::Output(text)), ShellEntry::Output(more)) if text.len() < MAX_SHELL_BYTES => {
                text.push_str(&more);
            }
            (_, ShellEntry::Clear) => {
                self.entries.clear();
                self.entries.push_back(ShellEntry::Clear);
            }
            (_, entry) => self.entries.push_back(entry),
        }
    }

    pub fn changed(&mut self) {
        self.changed = true;
    }

    /// As much of what is new as a frame carries.
    fn take_update(&mut self, shell: ShellId) -> Option<ShellUpdate> {
        if !self.changed {
            return None;
        }
        let mut entries = Vec::new();
        let mut room = MAX_SHELL_BYTES;
        while let Some(entry) = self.entries.pop_front() {
            let size = size(&entry);
            match entry {
                ShellEntry::Output(text) if size > room => {
                    let (now, later) = text.split_at(text.floor_char_boundary(room));
                    self.entries.push_front(ShellEntry::Output(later.to_owned()));
                    entries.push(ShellEntry::Output(now.to_owned()));
                    break;
                }
                entry if size > room && !entries.is_empty() => {
                    self.entries.push_front(entry);
                    break;
                }
                entry => entries.push(entry),
            }
            room = room.saturating_sub(size);
        }
        self.changed = !self.entries.is_empty();
        Some(ShellUpdate {
            shell,
            entries,
            prompt: self.dialogue.prompt(),
            coordinator: self.coordinator,
            consistency: self.dialogue.consistency(),
            serial_consistency: self.dialogue.serial_consistency(),
            busy: self.pending.is_some(),
        })
    }
}

fn size(entry: &ShellEntry) -> usize {
    match entry {
        ShellEntry::Input { text, .. } | ShellEntry::Output(text) | ShellEntry::Error { text, .. } => text.len(),
        ShellEntry::Summary(summary) => summary.statement.len(),
        ShellEntry::Clear => 0,
    }
}

/// All shells.
pub struct Shells<D> {
    all: BTreeMap<ShellId, Shell<D>>,
}

impl<D: Dialogue> Shells<D> {
    /// With the first one, which talks to `coordinator`.
    pub fn new(coordinator: Endpoint) -> Shells<D> {
        Shells {
            all: BTreeMap::from([(ShellId::FIRST, Shell::new(coordinator))]),
        }
    }

    pub fn get(&mut self, id: ShellId) -> Option<&mut Shell<D>> {
        self.all.get_mut(&id)
    }

    /// The shell, opened if it is not yet; `None` when there are too many.
    pub fn open(&mut self, id: ShellId, coordinator: Endpoint) -> Option<&mut Shell<D>> {
        if id.0 as usize >= MAX_SHELLS {
            return None;
        }
        Some(self.all.entry(id).or_insert_with(|| Shell::new(coordinator)))
    }

    pub fn waiting_for(&self, request: RequestId) -> Option<ShellId> {
        let found = self.all.iter().find(|(_, shell)| shell.pending == Some(request));
        found.map(|(id, _)| *id)
    }

    pub fn is_busy(&self) -> bool {
        self.all.values().any(|shell| shell.pending.is_some())
    }

    pub fn take_updates(&mut self) -> Vec<ShellUpdate> {
        self.all
            .iter_mut()
            .filter_map(|(id, shell)| shell.take_update(*id))
            .collect()
    }
}
