//! Joining a cluster: hear who is there, tell one's tokens, wait, be part of it.
//!
//! Limit of this version: no data is moved. A node that joined holds what is written from then on, and what read repair and
//! hints bring it; the old owners keep theirs.

use super::core::Running;
use crate::base::{Duration, Instant};
use crate::gossip::{RING_DELAY, Status};
use crate::ring::NodeState;

/// How often a node that waits for word of the ring looks whether it came.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How far a node is with joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bootstrap {
    /// Knows of no ring yet; looks again then.
    LearningRing(Instant),
    /// Has told its tokens; joins then, when all should have heard.
    Joining(Instant),
    Done,
}

impl Bootstrap {
    pub fn new(now: Instant) -> Bootstrap {
        Bootstrap::LearningRing(now + CHECK_INTERVAL)
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        match self {
            Bootstrap::LearningRing(at) | Bootstrap::Joining(at) => Some(*at),
            Bootstrap::Done => None,
        }
    }

    /// The mode `nodetool netstats` names.
    pub fn mode(&self) -> &'static str {
        match self {
            Bootstrap::LearningRing(_) => "STARTING",
            Bootstrap::Joining(_) => "JOINING",
            Bootstrap::Done => "NORMAL",
        }
    }
}

impl Running {
    pub(super) fn continue_bootstrap(&mut self) {
        match self.bootstrap {
            Bootstrap::Done => {}
            Bootstrap::LearningRing(_) => {
                let knows_a_ring = self.ring.topology().members().next().is_some();
                if !knows_a_ring {
                    self.bootstrap = Bootstrap::LearningRing(self.now + CHECK_INTERVAL);
                    return;
                }
                if let Some(first) = self.tokens.first() {
                    self.gossiper.set_local_status(Status::Boot(*first), &self.tokens);
                }
                self.insert_self(NodeState::Joining);
                self.bootstrap = Bootstrap::Joining(self.now + RING_DELAY);
            }
            Bootstrap::Joining(_) => {
                if let Err(error) = self.become_normal() {
                    self.disk_failed(&error);
                }
            }
        }
    }
}
