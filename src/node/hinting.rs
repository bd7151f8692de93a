//! Hints: what writes leave for replicas that missed them, and their way to those that are back.

use super::core::Running;
use crate::base::{Endpoint, HostId, MessageId};
use crate::coordinator::Hint;
use crate::hints::HintTargets;
use crate::message::Payload;

impl Running {
    pub(super) fn store_hint(&mut self, hint: Hint) {
        let Some(host) = self.ring.topology().host_id(hint.endpoint) else {
            return;
        };
        let tables = hint
            .mutation
            .updates()
            .iter()
            .filter_map(|(id, _)| self.schema.table_by_id(*id));
        let gc_grace_seconds = tables
            .map(|table| table.params.gc_grace_seconds)
            .min()
            .unwrap_or_default();
        let target = (host, hint.endpoint);
        let (disk, out) = (self.engine.disk(), &mut self.out);
        self.hints
            .store(self.now, target, hint.mutation, gc_grace_seconds, disk, out);
    }

    pub(super) fn on_hints_due(&mut self) {
        self.with_hints(None);
    }

    /// Whether a message answers one of this node's hints; if so it is taken.
    pub(super) fn on_hint_response(&mut self, id: MessageId, answer: &Payload) -> bool {
        let awaited = self.hints.awaits(id);
        if awaited {
            self.with_hints(Some((id, answer)));
        }
        awaited
    }

    pub(super) fn forget_hints(&mut self, host: HostId, endpoint: Endpoint) {
        let (disk, out) = (self.engine.disk(), &mut self.out);
        if let Err(error) = self.hints.forget(host, endpoint, disk, out) {
            self.disk_failed(&error);
        }
    }

    fn with_hints(&mut self, answer: Option<(MessageId, &Payload)>) {
        let (gossiper, topology) = (&self.gossiper, self.ring.topology());
        let live_endpoint = |host| {
            topology
                .endpoint_of(host)
                .filter(|endpoint| gossiper.is_alive(*endpoint))
        };
        let targets = HintTargets {
            live_endpoint: &live_endpoint,
            other_nodes: topology.members().count().saturating_sub(1),
        };
        let (now, disk, out) = (self.now, self.engine.disk(), &mut self.out);
        let done = match answer {
            None => self.hints.on_timeout(now, &targets, disk, out),
            Some((id, answer)) => self.hints.on_response(now, id, answer, &targets, disk, out),
        };
        if let Err(error) = done {
            self.disk_failed(&error);
        }
    }
}
