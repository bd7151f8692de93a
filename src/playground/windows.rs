//! Which window runs next, and when time is to stand.
//!
//! At one moment of virtual time the order is: answers and timers that are due, then commands in the order they came, then
//! the nodes. A replay keeps to it, so that it ends where the run did.

use core::time::Duration;

use super::api::{NoticeKind, Replayed};
use super::engine::{LONGEST_BOOT, Playground};
use crate::base::{Endpoint, Instant};
use crate::sim::{Batch, Leave, Parcel, Rate, Report};

impl<P: Parcel + Clone> Playground<P> {
    /// Opens the next window, if there is one to run before time is to stand.
    pub fn open(&mut self) -> bool {
        debug_assert!(!self.window_is_open, "the window before is still open");
        loop {
            self.do_what_is_due();
            self.replay_what_is_due();
            self.notice_arrival();
            self.take_commands();
            let due = self.next_due();
            let event = self.scheduler.next_event();
            let next = [due, event].into_iter().flatten().min();
            let Some(limit) = self.limit(next) else {
                self.follow_the_clock(next);
                return false;
            };
            let bound = due.map_or(limit, |due| due.min(limit));
            if event.is_some_and(|event| event < bound) {
                self.stepping = false;
                self.window_is_open = self.scheduler.open(bound, &mut self.recorder);
                return self.window_is_open;
            }
            // Nothing but what is due, or the end of a replay.
            self.scheduler.skip_to(bound);
            self.catch_up();
        }
    }

    /// How far time may go now, when something happens at `next`; `None`: it is to stand.
    fn limit(&mut self, next: Option<Instant>) -> Option<Instant> {
        if let Some(replay) = &self.replay {
            return Some(replay.until);
        }
        if self.booting {
            return next.map(|_| Instant::MAX);
        }
        if self.stepping {
            return next.map(|next| next + Duration::from_micros(1));
        }
        let busy = self.is_busy();
        let hop = self.scheduler.network().typical_hop();
        match self.pacing.leave(next, busy, hop) {
            Leave::Until(limit) => Some(limit),
            Leave::Wait => None,
        }
    }

    /// Time that was not paced is shown as it is.
    fn catch_up(&mut self) {
        let now = self.now();
        self.end = self.end.max(now);
        if !self.is_settled() || self.pacing.is_paused() || self.pacing.rate() == Rate::Max {
            self.pacing.catch_up(now);
        }
    }

    /// Something for a client, or other business than gossip, is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.scheduler.is_busy() || !self.answers.is_empty()
    }

    /// Nothing happens before `next`: the nodes' time follows the shown one.
    fn follow_the_clock(&mut self, next: Option<Instant>) {
        let position = self.pacing.position();
        let position = next.map_or(position, |next| next.min(position));
        if position > self.now() {
            self.scheduler.skip_to(position);
        }
    }

    /// When an answer, a timer or a command of the log is due.
    fn next_due(&self) -> Option<Instant> {
        let answer = self.answers.keys().next().map(|(at, _)| *at);
        let timer = self.timers.keys().next().map(|(at, _)| *at);
        let deed = self.run.log.get(self.cursor).map(|(at, _)| *at);
        [answer, timer, deed].into_iter().flatten().min()
    }

    fn replay_what_is_due(&mut self) {
        while let Some((at, deed)) = self.run.log.get(self.cursor)
            && *at <= self.now()
        {
            let deed = deed.clone();
            self.cursor += 1;
            self.perform(deed);
        }
    }

    /// The nodes that run in the open window; for hosts in this process.
    pub fn running(&mut self) -> impl Iterator<Item = (Endpoint, &mut Batch<P>, &mut Report<P>)> {
        self.scheduler.running()
    }

    /// All batches of the open window have run.
    pub fn close(&mut self) {
        self.scheduler.close(&mut self.recorder);
        self.window_is_open = false;
        self.collect_answers();
        self.catch_up();
    }

    /// Whether the cluster is up now, or the replay at its end.
    fn notice_arrival(&mut self) {
        let now = self.now();
        if self.booting {
            let all: Vec<Endpoint> = self.run.config.endpoints().collect();
            let met = all.iter().all(|node| self.recorder.sees_up(*node, all.iter().copied()));
            if met || now >= self.keeper.from + LONGEST_BOOT || self.cursor > 0 {
                self.booting = false;
                self.pacing.jump(now);
            }
        }
        if let Some(replay) = self.replay.take_if(|replay| now >= replay.until) {
            self.booting = false;
            self.pacing.jump(now);
            self.pacing.set_paused(replay.then_pause);
            let history = self.history();
            let as_recorded = replay.history.map(|recorded| recorded == history);
            if as_recorded == Some(false) {
                let text = "This replay differs from the run it was shared from: another version of Ringscope made it.";
                self.notice(NoticeKind::Information, text);
            }
            self.replayed = Some(Replayed {
                until: replay.until,
                history: history.to_string(),
                as_recorded,
            });
        }
    }
}
