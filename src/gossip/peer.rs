//! What one node knows of another.

use super::Status;
use super::detector::ArrivalWindow;
use crate::base::{Instant, MessageId};
use crate::message::gossip::{ApplicationState, EndpointState, StateVersion};

/// A peer: its state by gossip, and this node's own opinion of it.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub state: EndpointState,
    /// The state's newest version, kept because every round asks for it.
    pub max_version: StateVersion,
    /// The newest of its values: all but the heartbeat.
    pub values_version: StateVersion,
    pub status: Option<Status>,
    /// Whether it owns tokens: such a peer is never forgotten for being silent.
    pub is_member: bool,
    pub is_alive: bool,
    /// Since when it does not answer. Neither set nor alive: it left, or nothing but rumour is known yet.
    pub unreachable_since: Option<Instant>,
    /// The latest news of it.
    pub updated: Instant,
    pub arrivals: Option<ArrivalWindow>,
    /// Phi as it was when last looked at.
    pub phi: f64,
    /// An echo request under way, and when it is given up.
    pub echo: Option<(MessageId, Instant)>,
}

impl Peer {
    pub fn new(state: EndpointState, now: Instant) -> Peer {
        let mut peer = Peer {
            max_version: state.max_version(),
            values_version: state.values_version(),
            state,
            status: None,
            is_member: false,
            is_alive: false,
            unreachable_since: None,
            updated: now,
            arrivals: None,
            phi: 0.0,
            echo: None,
        };
        peer.read_status();
        peer
    }

    /// To be called when the state's STATUS may be another.
    pub fn read_status(&mut self) {
        self.status = status_of(&self.state);
        match self.status {
            Some(Status::Normal(_) | Status::Leaving(_) | Status::Removing(_)) => self.is_member = true,
            Some(Status::Boot(_) | Status::Left { .. } | Status::Removed { .. }) => self.is_member = false,
            // A node keeps its part in the ring while it is stopped. One first heard of when stopped had tokens if it says so.
            Some(Status::Shutdown | Status::Hibernate) => {
                self.is_member |= self.state.states.contains_key(&ApplicationState::Tokens);
            }
            None => {}
        }
    }

    pub fn is_dead_by_status(&self) -> bool {
        self.status.is_some_and(Status::is_dead)
    }

    /// News of it arrived.
    pub fn record_arrival(&mut self, now: Instant) {
        match &mut self.arrivals {
            Some(window) => window.record(now),
            None => self.arrivals = Some(ArrivalWindow::starting(now)),
        }
    }
}

/// What a state says of its node's part in the ring. STATUS is the older form, which newer nodes no longer send.
pub fn status_of(state: &EndpointState) -> Option<Status> {
    let text = state.get(ApplicationState::StatusWithPort);
    text.or(state.get(ApplicationState::Status))?.parse().ok()
}
