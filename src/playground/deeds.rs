//! What commands do to a run: the same when they are given and when they are replayed.

use core::time::Duration;

use super::api::{Mark, MarkKind};
use super::engine::{Playground, Timer};
use super::record::Deed;
use crate::sim::{ClusterConfig, Control, Parcel, Place};

impl<P: Parcel + Clone> Playground<P> {
    /// Does something new to the run, now.
    pub(super) fn add(&mut self, deed: Deed) {
        if let Err(error) = self.run.takes(&deed) {
            return self.refuse(&error.to_string());
        }
        self.do_what_is_due();
        // What was done after this moment belongs to a past that is no longer.
        self.run.log.truncate(self.cursor);
        self.end = self.now();
        self.run.log.push((self.now(), deed.clone()));
        self.cursor += 1;
        self.perform(deed);
    }

    pub(super) fn perform(&mut self, deed: Deed) {
        self.mark(&deed);
        match deed {
            Deed::Shell { shell, text } => self.type_into(shell, &text),
            Deed::Interrupt(shell) => {
                if let Some(shell) = self.shells.get(shell) {
                    shell.session.interrupt();
                    shell.changed();
                }
                self.drive(shell, self.now());
            }
            Deed::Connect(shell, node) => {
                if self.roster.get(node).is_some()
                    && let Some(shell) = self.shells.open(shell, node)
                {
                    shell.coordinator = node;
                    shell.session.connect(node);
                    shell.changed();
                }
            }
            Deed::Kill(node) => self.control(Control::Kill(node)),
            Deed::Start(node) => self.control(Control::Start(node)),
            Deed::Restart(node, down_for) => {
                self.control(Control::Kill(node));
                let down_for = down_for.max(Duration::from_micros(1));
                self.set_timer(self.now() + down_for, Timer::Start(node));
            }
            Deed::Pause(node) => self.control(Control::Pause(node)),
            Deed::Resume(node) => self.control(Control::Resume(node)),
            Deed::SetLink { from, to, faults } => {
                self.links_changed = true;
                self.control(Control::SetLink { from, to, faults });
            }
            Deed::SetLatency { between, latency } => {
                self.links_changed = true;
                self.control(Control::SetLatency { between, latency });
            }
            Deed::AddNode(place) => self.add_node(&place),
            Deed::Ask(node, request) => {
                // Shells' requests go on counting after it.
                self.requests = self.requests.max(request.id.0);
                self.scheduler.submit(self.now(), node, *request);
            }
        }
    }

    pub(super) fn add_node(&mut self, place: &Place) {
        match self.roster.join(place).cloned() {
            Some(config) => {
                self.keeper.joined(place);
                self.host(config);
            }
            None => self.refuse(&format!("a cluster has at most {} nodes", ClusterConfig::MAX_NODES)),
        }
    }

    /// Leaves a mark of what was done on the timeline.
    pub(super) fn mark(&mut self, deed: &Deed) {
        let (node, text) = match deed {
            Deed::SetLink { from, to, faults } if faults.cut => (Some(*from), format!("link to {to} cut")),
            Deed::SetLink { from, to, .. } => (Some(*from), format!("link to {to} set")),
            Deed::SetLatency { .. } => (None, "latency set".into()),
            Deed::AddNode(_) => (None, "node added".into()),
            // The nodes' own events tell the others.
            _ => return,
        };
        self.recorder.timeline.mark(Mark {
            at: self.now(),
            node,
            kind: MarkKind::Fault,
            text,
            cause: None,
        });
    }
}
