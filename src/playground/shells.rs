//! The shells of a run: who talks to which node, what waits for an answer, and what is still to be shown.

use std::collections::VecDeque;

use super::api::{MAX_SHELL_BACKLOG, MAX_SHELL_BYTES, MAX_SHELL_ENTRIES, MAX_SHELLS, ShellEntry, ShellId, ShellUpdate};
use crate::base::{Endpoint, RequestId, SortedMap};
use crate::shell::{Session, SessionConfig};

pub struct Shell {
    pub session: Session,
    pub coordinator: Endpoint,
    pub pending: Option<RequestId>,
    /// The first request of the statement that runs.
    pub statement: Option<RequestId>,
    entries: VecDeque<ShellEntry>,
    changed: bool,
}

impl Shell {
    fn new(coordinator: Endpoint) -> Shell {
        Shell {
            session: Session::new(SessionConfig::new(coordinator)),
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

    /// Leaves out the oldest results beyond what may wait for frames; errors last.
    fn shorten(&mut self) {
        while self.entries.len() > MAX_SHELL_BACKLOG {
            let plain = |entry: &ShellEntry| matches!(entry, ShellEntry::Output(_) | ShellEntry::Summary(_));
            let error = |entry: &ShellEntry| matches!(entry, ShellEntry::Error { .. });
            let oldest = self.entries.iter().position(plain);
            let Some(at) = oldest.or_else(|| self.entries.iter().position(error)) else {
                return;
            };
            let gone = u64::from(matches!(self.entries.remove(at), Some(ShellEntry::Summary(_))));
            match at.checked_sub(1).and_then(|before| self.entries.get_mut(before)) {
                Some(ShellEntry::Skipped(statements)) => *statements += gone,
                _ => self.entries.insert(at, ShellEntry::Skipped(gone)),
            }
        }
    }

    /// As much of what is new as a frame carries.
    fn take_update(&mut self, shell: ShellId) -> Option<ShellUpdate> {
        if !self.changed {
            return None;
        }
        let mut entries = Vec::new();
        let mut room = MAX_SHELL_BYTES;
        while entries.len() < MAX_SHELL_ENTRIES
            && let Some(entry) = self.entries.pop_front()
        {
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
            prompt: self.session.prompt(),
            coordinator: self.coordinator,
            consistency: self.session.consistency(),
            serial_consistency: self.session.serial_consistency(),
            busy: self.pending.is_some(),
        })
    }
}

fn size(entry: &ShellEntry) -> usize {
    match entry {
        ShellEntry::Input { text, .. }
        | ShellEntry::Output(text)
        | ShellEntry::Error { text, .. }
        | ShellEntry::File { text, .. } => text.len(),
        ShellEntry::Summary(summary) => summary.statement.len(),
        ShellEntry::Skipped(_) | ShellEntry::Clear => 0,
    }
}

/// All shells.
pub struct Shells {
    all: SortedMap<ShellId, Shell>,
}

impl Shells {
    /// With the first one, which talks to `coordinator`.
    pub fn new(coordinator: Endpoint) -> Shells {
        Shells {
            all: SortedMap::from([(ShellId::FIRST, Shell::new(coordinator))]),
        }
    }

    pub fn get(&mut self, id: ShellId) -> Option<&mut Shell> {
        self.all.get_mut(&id)
    }

    /// The shell, opened if it is not yet; `None` when there are too many.
    pub fn open(&mut self, id: ShellId, coordinator: Endpoint) -> Option<&mut Shell> {
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

    /// All say with the next frame how they stand.
    pub fn tell_all(&mut self) {
        self.all.values_mut().for_each(Shell::changed);
    }

    /// For hosts that take frames: what waits for them stays bounded.
    pub fn shorten(&mut self) {
        self.all.values_mut().for_each(Shell::shorten);
    }

    pub fn take_updates(&mut self) -> Vec<ShellUpdate> {
        self.all
            .iter_mut()
            .filter_map(|(id, shell)| shell.take_update(*id))
            .collect()
    }
}
