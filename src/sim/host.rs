//! Runs one node: gives it its inputs at their times, with the CPU time each costs, and starts and stops its process.

use core::time::Duration;
use std::collections::VecDeque;

use super::machine::{Drive, Machine};
use super::step::{Batch, Emission, Report, Step};
use crate::base::{Instant, Random};
use crate::event::{Event, What};
use crate::message::Envelope;
use crate::node::{Input, NodeConfig, NodeView, ViewRequest};

/// A node that asks for its timeout again at once, this often in a row, is made to wait a microsecond: time must go on.
const MAX_TIMEOUTS_AT_ONCE: u32 = 1000;

/// A node's process and the machine below it.
pub struct Host<M: Machine> {
    config: NodeConfig,
    service_time: Duration,
    disk: M::Disk,
    /// Decides what a loss of power leaves of unsynced bytes.
    luck: Random,
    machine: Option<M>,
    paused: bool,
    /// Arrived, in order, not yet handled.
    inbox: VecDeque<(Instant, Input)>,
    /// The CPU is taken until then.
    busy_until: Instant,
    timeouts_at_once: u32,
}

/// What the CPU does next.
enum Work {
    Input { done: Instant },
    Timeout { at: Instant },
}

impl Work {
    fn at(&self) -> Instant {
        match *self {
            Work::Input { done } => done,
            Work::Timeout { at } => at,
        }
    }
}

impl<M: Machine> Host<M> {
    /// A node that is not started yet.
    pub fn new(config: NodeConfig, service_time: Duration) -> Host<M> {
        Host::on(config, service_time, M::Disk::default())
    }

    /// The same, on a disk that may have something on it.
    pub fn on(config: NodeConfig, service_time: Duration, disk: M::Disk) -> Host<M> {
        let luck = Random::stream(config.seed, &format!("disk of {}", config.endpoint));
        Host {
            config,
            service_time,
            disk,
            luck,
            machine: None,
            paused: false,
            inbox: VecDeque::new(),
            busy_until: Instant::ZERO,
            timeouts_at_once: 0,
        }
    }

    /// Does everything that happens before `batch.until`. Empties the batch and fills the report.
    pub fn run(&mut self, batch: &mut Batch<Envelope>, report: &mut Report<Envelope>) {
        let mut steps = batch.steps.drain(..).peekable();
        loop {
            let work = self.next_work();
            // What arrives at the moment a piece of work is done arrives before it.
            let arrives = |arrival: &Instant| work.as_ref().is_none_or(|work| *arrival <= work.at());
            if let Some((at, step)) = steps.next_if(|(at, _)| arrives(at)) {
                debug_assert!(
                    at < batch.until,
                    "a step at {at} in a window that ends at {}",
                    batch.until
                );
                self.take(at, step, report);
            } else if let Some(work) = work.filter(|work| work.at() < batch.until) {
                self.work(work, report);
            } else {
                break;
            }
        }
        report.next = self.next_work().map(|work| work.at());
        report.queued = self.inbox.len() as u32;
    }

    fn take(&mut self, at: Instant, step: Step<Envelope>, report: &mut Report<Envelope>) {
        match step {
            Step::Message(envelope) => self.inbox.push_back((at, Input::Message(envelope))),
            Step::Client(request) => self.inbox.push_back((at, Input::Client(request))),
            Step::Operator(request) => self.inbox.push_back((at, Input::Operator(request))),
            Step::Start => self.start(at, report),
            Step::Crash => self.crash(at, report),
            Step::Pause | Step::Resume => {
                let pause = matches!(step, Step::Pause);
                if self.machine.is_some() && self.paused != pause {
                    self.paused = pause;
                    self.busy_until = self.busy_until.max(at);
                    let what = if pause { What::NodePaused } else { What::NodeResumed };
                    self.tell(at, what, report);
                }
            }
        }
    }

    fn start(&mut self, at: Instant, report: &mut Report<Envelope>) {
        if self.machine.is_none() {
            self.paused = false;
            self.busy_until = at;
            self.machine = Some(M::start(self.config.clone(), self.disk.clone(), at));
            self.collect(at, report);
        }
    }

    fn crash(&mut self, at: Instant, report: &mut Report<Envelope>) {
        if self.machine.take().is_some() {
            self.inbox.clear();
            self.disk.lose_power(&mut self.luck);
            self.tell(at, What::NodeStopped { graceful: false }, report);
        }
    }

    fn next_work(&self) -> Option<Work> {
        let machine = self.machine.as_ref().filter(|_| !self.paused)?;
        let begin = |at: Instant| at.max(self.busy_until);
        let input = self.inbox.front().map(|(arrival, _)| begin(*arrival));
        let timeout = machine.next_timeout().map(begin);
        match (input, timeout) {
            (Some(input), timeout) if timeout.is_none_or(|timeout| input <= timeout) => Some(Work::Input {
                done: input + self.service_time,
            }),
            (_, timeout) => timeout.map(|at| Work::Timeout { at }),
        }
    }

    fn work(&mut self, work: Work, report: &mut Report<Envelope>) {
        let at = work.at();
        let Some(machine) = &mut self.machine else {
            return;
        };
        match work {
            Work::Input { .. } => {
                if let Some((_, input)) = self.inbox.pop_front() {
                    machine.handle(at, input);
                }
                self.busy_until = at;
                self.timeouts_at_once = 0;
            }
            Work::Timeout { .. } => {
                machine.handle(at, Input::Timeout);
                self.timeouts_at_once = if at > self.busy_until {
                    0
                } else {
                    self.timeouts_at_once + 1
                };
                self.busy_until = at;
                if self.timeouts_at_once > MAX_TIMEOUTS_AT_ONCE {
                    self.busy_until += Duration::from_micros(1);
                }
            }
        }
        self.collect(at, report);
    }

    fn collect(&mut self, at: Instant, report: &mut Report<Envelope>) {
        if let Some(machine) = &mut self.machine {
            let emissions = machine.drain().map(|output| (at, Emission::from(output)));
            report.emissions.extend(emissions);
        }
    }

    fn tell(&self, at: Instant, what: What, report: &mut Report<Envelope>) {
        let event = Event {
            at,
            node: self.config.endpoint,
            cause: None,
            what,
        };
        report.emissions.push((at, Emission::Event(event)));
    }

    /// The process, when it runs.
    pub fn machine(&self) -> Option<&M> {
        self.machine.as_ref()
    }

    pub fn view(&self, request: &ViewRequest) -> Option<NodeView> {
        self.machine.as_ref().map(|machine| machine.view(request))
    }
}
