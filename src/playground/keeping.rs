//! What outlives a run's page: its nodes' disks, and what of the run itself the nodes do not know.
//!
//! A run that is kept has its nodes on disks with the run's tag; a disk with another tag counts as empty. Of the run are kept the
//! configuration, nodes that joined, and a ceiling: no node has been told a later time. It is raised before time comes to
//! it, so a run that goes on after any end begins there, never in its nodes' past and hardly ahead of it.
//!
//! A run that goes on cannot be replayed, as nobody knows its beginning any more: no going back, no link. A run that is replayed is
//! in memory, so looking back or opening a link leaves what is kept as it is.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::api::{Keeping, NoticeKind};
use super::engine::Playground;
use crate::base::Instant;
use crate::sim::{ClusterConfig, Parcel, Place};

/// What is kept of a run besides its nodes' disks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Of the nodes' disks.
    pub tag: u64,
    pub config: ClusterConfig,
    /// Nodes that came later, in that order.
    pub joined: Vec<Place>,
    /// Virtual time has not come beyond this.
    pub ceiling: Instant,
}

/// How a page's first run begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Keep {
    /// In memory; where one would expect otherwise, with the reason.
    No(Option<String>),
    /// From the beginning, on disks of this tag.
    Fresh(u64),
    /// From where it stood.
    On(Box<Kept>),
    /// In memory, as what is kept cannot be read. Emptied, the run is kept with this tag.
    Unread(u64),
}

/// The ceiling is so far ahead at least, of virtual time, and at most.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);
const LONGEST_LEASE: Duration = Duration::from_secs(3600);
/// The ceiling is raised hardly more often than this, of real time: each time is a flush.
const SELDOM: Duration = Duration::from_millis(500);
/// After so much real time the ceiling comes down to where time is.
const LOWERED_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Keeper {
    /// `None`: the run is in memory.
    pub tag: Option<u64>,
    /// What an emptied run is kept with, if this one is not.
    next_tag: Option<u64>,
    /// Where the run begins: later than zero when it goes on.
    pub from: Instant,
    /// Nodes besides those of the configuration, from the beginning and since, of a run that is kept.
    pub joined: Vec<Place>,
    lease: Duration,
    ceiling: Instant,
    /// Where time was when the ceiling was set.
    needed: Instant,
    /// What is kept is not what is to be kept.
    stale: bool,
}

impl Default for Keeper {
    fn default() -> Keeper {
        Keeper {
            tag: None,
            next_tag: None,
            from: Instant::ZERO,
            joined: Vec::new(),
            lease: Duration::from_secs(1),
            ceiling: Instant::ZERO,
            needed: Instant::ZERO,
            stale: true,
        }
    }
}

impl Keeper {
    fn state(&self) -> Keeping {
        match (self.tag, self.next_tag) {
            (Some(_), _) if self.goes_on() => Keeping::Continued,
            (Some(_), _) => Keeping::Kept,
            (None, Some(_)) => Keeping::Unread,
            (None, None) => Keeping::Memory,
        }
    }

    /// Its beginning is not known any more.
    pub fn goes_on(&self) -> bool {
        self.from > Instant::ZERO
    }

    pub fn joined(&mut self, place: &Place) {
        // In memory it is a deed among others, to be replayed.
        if self.tag.is_some() {
            self.joined.push(place.clone());
            self.stale = true;
        }
    }

    /// A fresh run. Whether what was kept is to go.
    pub fn empty(&mut self) -> bool {
        let before = self.tag.map(|tag| tag.wrapping_add(1));
        *self = Keeper {
            tag: before.or(self.next_tag),
            ..Keeper::default()
        };
        self.tag.is_some()
    }
}

impl<P: Parcel + Clone> Playground<P> {
    /// A run as it is to be kept. `config` is for one that does not go on.
    pub fn begin_with(config: ClusterConfig, keep: Keep, rate: super::api::Rate) -> Playground<P> {
        let (mut keeper, mut config, mut notice) = (Keeper::default(), config, None);
        match keep {
            Keep::No(why) => notice = why,
            Keep::Fresh(tag) => keeper.tag = Some(tag),
            Keep::On(kept) => {
                config = kept.config;
                keeper.tag = Some(kept.tag);
                keeper.from = kept.ceiling.max(Instant::from_micros(1));
                keeper.joined = kept.joined;
            }
            Keep::Unread(tag) => {
                keeper.next_tag = Some(tag);
                notice = Some(UNREAD.into());
            }
        }
        let mut playground = Playground::with_keeper(config, rate, keeper);
        if let Some(text) = notice {
            playground.notice(NoticeKind::Information, &text);
        }
        playground
    }

    pub(super) fn keeping(&self) -> Keeping {
        self.keeper.state()
    }

    /// From now on in memory; what is kept stays as it is.
    pub(super) fn stop_keeping(&mut self, why: &str) {
        if self.keeper.tag.is_some() || self.keeper.next_tag.is_some() {
            self.keeper = Keeper::default();
            self.notice(NoticeKind::Information, why);
        }
    }

    /// What is to be kept before the open window runs, if anything is. `since` is the real time since it was last asked for and there was something.
    pub fn to_keep(&mut self, since: Duration) -> Option<Kept> {
        let tag = self.keeper.tag?;
        let reached = self.now().max(self.pacing.position());
        let needed = self.scheduler.window_end().map_or(reached, |end| end.max(reached));
        let keeper = &mut self.keeper;
        let exhausted = needed > keeper.ceiling;
        let may_come_down = since >= LOWERED_AFTER && needed > keeper.needed;
        if !exhausted && !may_come_down && !keeper.stale {
            return None;
        }
        if exhausted && since < SELDOM {
            keeper.lease = (keeper.lease * 2).min(LONGEST_LEASE);
        } else if may_come_down {
            keeper.lease = (keeper.lease / 2).max(SHORTEST_LEASE);
        }
        keeper.stale = false;
        keeper.needed = needed;
        keeper.ceiling = needed + keeper.lease;
        Some(Kept {
            tag,
            config: self.run.config.clone(),
            joined: keeper.joined.clone(),
            ceiling: keeper.ceiling,
        })
    }
}

pub(super) const NOT_REPLAYED: &str = "This cluster goes on from what this browser keeps of it: what was before cannot be replayed. \
    Empty everything for one that can.";
pub(super) const NOT_SHARED: &str = "this cluster goes on from what this browser keeps of it, and a link brings back only what it can \
    replay from the beginning. Empty everything first, and what comes then can be shared.";
pub(super) const LOOKING_BACK: &str = "This is a replay in memory, and so is what you do from here. What this browser keeps stays as \
    it was: reload the page to go on with it.";
pub(super) const SHARED_RUN: &str = "The shared run is in memory. What this browser keeps stays as it is: open the page without the \
    link to go on with it.";
const UNREAD: &str = "What this browser keeps of a cluster was written by another version of Ringscope, or is damaged. It was left as it \
    is, and this cluster is in memory. Empty everything to start over.";
