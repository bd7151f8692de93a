//! The hub: a playground, and which crew hosts which node. Told what came in and how much real time has passed, it leaves
//! what is to go out.

use core::time::Duration;

use super::{FromCrew, Packed, ToCrew, ToHub};
use crate::base::{Endpoint, SortedMap};
use crate::playground::api::{Frame, NoticeKind};
use crate::playground::{Hosting, Kept, Playground};
use crate::sim::{Batch, Report};

/// Nodes are asked to show themselves this often at most.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Workers that host nodes; beyond it several nodes share one.
const MAX_CREWS: usize = 12;

/// Windows in which no node takes part, run in one go: messages to nodes that are down.
const MAX_EMPTY_WINDOWS: usize = 1000;

/// Something to be carried away.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    ToPage(Box<Frame>),
    /// To the crew of this number, from 0; one that is not there yet is started.
    ToCrew(usize, ToCrew),
    /// To be safe before anything after it is carried.
    Keep(Box<Kept>),
}

pub struct Hub {
    playground: Option<Playground<Packed>>,
    crews: usize,
    crew_of: SortedMap<Endpoint, usize>,
    /// Crews whose reports of the open window are not in yet.
    awaited: usize,
    /// Real time since nodes were last looked at.
    unseen_for: Duration,
    /// Crews that have not shown their nodes since they were asked.
    looked_at: usize,
    memory_bytes: SortedMap<usize, u64>,
    own_memory_bytes: u64,
    /// The page waits for a frame.
    frame_wanted: bool,
    outgoing: Vec<Outgoing>,
    /// Real time since anything was to be kept.
    kept_for: Duration,
}

impl Default for Hub {
    fn default() -> Hub {
        Hub {
            playground: None,
            crews: 0,
            crew_of: SortedMap::new(),
            awaited: 0,
            unseen_for: LOOK_EVERY,
            looked_at: 0,
            memory_bytes: SortedMap::new(),
            own_memory_bytes: 0,
            frame_wanted: false,
            outgoing: Vec::new(),
            kept_for: Duration::ZERO,
        }
    }
}

impl Hub {
    /// What is to be carried away, in order.
    pub fn take_outgoing(&mut self) -> Vec<Outgoing> {
        core::mem::take(&mut self.outgoing)
    }

    pub fn set_own_memory(&mut self, bytes: u64) {
        self.own_memory_bytes = bytes;
    }

    pub fn hear_page(&mut self, message: ToHub) {
        match message {
            ToHub::Begin { config, rate, keep } => {
                if self.playground.is_none() {
                    self.playground = Some(Playground::begin_with(*config, keep, rate));
                }
            }
            ToHub::Command(command) => {
                if let Some(playground) = &mut self.playground {
                    playground.command(command);
                }
            }
            ToHub::Frame => self.frame_wanted = true,
        }
    }

    pub fn hear_crew(&mut self, crew: usize, message: FromCrew) {
        let Some(playground) = &mut self.playground else {
            return;
        };
        match message {
            FromCrew::Reports(reports) => {
                for (node, report) in reports {
                    playground.report(node, report);
                }
                self.awaited = self.awaited.saturating_sub(1);
                if self.awaited == 0 {
                    self.close();
                }
            }
            FromCrew::Views {
                run,
                views,
                memory_bytes,
            } => {
                self.looked_at = self.looked_at.saturating_sub(1);
                self.memory_bytes.insert(crew, memory_bytes);
                if run == playground.run_number() {
                    views.into_iter().for_each(|view| playground.seen(view));
                }
            }
        }
    }

    /// Goes on as far as it can, `elapsed` of real time after the last call. False: it waits for real time to pass and not
    /// for a crew, so that the next call is due by a timer.
    pub fn go_on(&mut self, elapsed: Duration) -> bool {
        let Some(playground) = &mut self.playground else {
            return true;
        };
        playground.elapse(elapsed);
        self.unseen_for += elapsed;
        self.kept_for += elapsed;
        if core::mem::take(&mut self.frame_wanted) {
            let memory = self.own_memory_bytes + self.memory_bytes.values().sum::<u64>();
            let frame = Box::new(playground.frame(memory));
            self.outgoing.push(Outgoing::ToPage(frame));
        }
        if self.awaited > 0 {
            return true;
        }
        for _ in 0..MAX_EMPTY_WINDOWS {
            let opened = self.playground.as_mut().is_some_and(Playground::open);
            self.keep();
            self.assign();
            self.look();
            if !opened {
                return false;
            }
            self.dispatch();
            if self.awaited > 0 {
                return true;
            }
            self.close();
        }
        false
    }

    fn close(&mut self) {
        if let Some(playground) = &mut self.playground {
            playground.close();
            playground.shells.shorten();
        }
    }

    /// Has kept what the open window must not be ahead of.
    fn keep(&mut self) {
        let kept = self.playground.as_mut().and_then(|it| it.to_keep(self.kept_for));
        if let Some(kept) = kept {
            self.kept_for = Duration::ZERO;
            self.outgoing.push(Outgoing::Keep(Box::new(kept)));
        }
    }

    /// What was to be kept is not.
    pub fn cannot_keep(&mut self, why: &str) {
        if let Some(playground) = &mut self.playground {
            let text = format!("This browser does not keep the cluster any more: {why}");
            playground.notice(NoticeKind::Broken, &text);
        }
    }

    /// Hands nodes to crews: one each as long as there are enough, then by turns.
    fn assign(&mut self) {
        let hosting = self
            .playground
            .as_mut()
            .map(Playground::take_hosting)
            .unwrap_or_default();
        for hosting in hosting {
            match hosting {
                Hosting::Clear { wipe } => {
                    self.crew_of.clear();
                    let clear = (0..self.crews).map(|crew| Outgoing::ToCrew(crew, ToCrew::Clear { wipe }));
                    self.outgoing.extend(clear);
                }
                Hosting::Add {
                    config,
                    service_time,
                    disk,
                } => {
                    let crew = self.crew_of.len() % MAX_CREWS;
                    self.crews = self.crews.max(crew + 1);
                    self.crew_of.insert(config.endpoint, crew);
                    let add = ToCrew::Add {
                        config,
                        service_time,
                        disk,
                    };
                    self.outgoing.push(Outgoing::ToCrew(crew, add));
                }
            }
        }
    }

    fn look(&mut self) {
        if self.looked_at > 0 || self.unseen_for < LOOK_EVERY {
            return;
        }
        if let Some(playground) = &mut self.playground {
            let request = playground.looks().request;
            self.unseen_for = Duration::ZERO;
            self.looked_at = self.crews;
            for crew in 0..self.crews {
                let look = ToCrew::Look {
                    run: playground.run_number(),
                    request: request.clone(),
                };
                self.outgoing.push(Outgoing::ToCrew(crew, look));
            }
        }
    }

    fn dispatch(&mut self) {
        let mut batches: SortedMap<usize, Vec<(Endpoint, Batch<Packed>)>> = SortedMap::new();
        for (node, batch, _) in self.playground.iter_mut().flat_map(Playground::running) {
            let crew = self.crew_of.get(&node).copied().unwrap_or_default();
            batches.entry(crew).or_default().push((node, core::mem::take(batch)));
        }
        self.awaited = batches.len();
        let run = |(crew, batches)| Outgoing::ToCrew(crew, ToCrew::Run(batches));
        self.outgoing.extend(batches.into_iter().map(run));
    }
}

impl Playground<Packed> {
    /// What a node did in the open window.
    fn report(&mut self, node: Endpoint, report: Report<Packed>) {
        if let Some((_, _, place)) = self.running().find(|(running, _, _)| *running == node) {
            *place = report;
        }
    }
}
