//! The hub: owns virtual time, the queue of what is under way, and the order in which everything happens. Does no I/O and runs
//! no node: it opens a window, whoever hosts the nodes runs their batches, and closing the window merges what they did.
//!
//! A window is conservative: it is no longer than the fastest message takes, so that nothing a node does in it can reach
//! another node within it, and all nodes may run it side by side. What happens does not depend on where windows end: a host
//! may cut them short (to pause, to pace, to let a command in) without changing the run.

use core::cmp::Ordering;
use core::time::Duration;
use std::collections::BinaryHeap;

use super::history::{History, HistoryHash};
use super::machine::{Header, Parcel};
use super::network::{Network, Verdict};
use super::step::{Batch, Emission, Report, Step};
use super::{Latency, LinkFaults};
use crate::base::{Arrange, Endpoint, Instant, RequestId, SortedMap};
use crate::event::{DropReason, Event, MessageKind, What};
use crate::node::{ClientReply, ClientRequest, OperatorReply, OperatorRequest};

/// One way between a client and its coordinator: a client in the same datacentre.
pub const CLIENT_LATENCY: Duration = Duration::from_micros(200);

/// A client that is answered at once asks again twice its latency later: no window may be longer.
const LONGEST_WINDOW: Duration = Duration::from_micros(2 * CLIENT_LATENCY.as_micros() as u64);

/// Sees everything that happens, in order of (time, node, index).
pub trait Observer<M> {
    fn event(&mut self, event: &Event);
    /// A message left its sender.
    fn sent(&mut self, at: Instant, message: &M, verdict: Verdict);
    /// What reaches a client at `at`, which lies ahead by `CLIENT_LATENCY` at most.
    fn answer(&mut self, at: Instant, answer: Answer);
}

/// How a client's or an operator's request ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Reply(ClientReply),
    Told(OperatorReply),
    /// The connection broke: whether it was carried out is not known.
    Disconnected(RequestId),
}

impl Answer {
    pub fn request(&self) -> RequestId {
        match self {
            Answer::Reply(reply) => reply.id,
            Answer::Told(reply) => reply.id,
            Answer::Disconnected(request) => *request,
        }
    }
}

/// What may be done to the cluster from outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    Start(Endpoint),
    Kill(Endpoint),
    Pause(Endpoint),
    Resume(Endpoint),
    SetLink {
        from: Endpoint,
        to: Endpoint,
        faults: LinkFaults,
    },
    SetLatency {
        between: (String, String),
        latency: Latency,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    Running,
    Paused,
    Down,
}

pub struct Scheduler<M> {
    /// Everything before this is done.
    now: Instant,
    queue: BinaryHeap<Scheduled<M>>,
    /// In order of endpoints.
    slots: Vec<Slot<M>>,
    network: Network,
    lookahead: Duration,
    history: History,
    /// Requests without an answer, and who coordinates them.
    requests: SortedMap<RequestId, Endpoint>,
    /// Scheduled messages other than gossip, and clients' requests.
    busy: usize,
    /// The end of the open window.
    window: Option<Instant>,
    /// What the network saw in the open window.
    at_the_door: Vec<(Instant, Emission<M>)>,
    merged: Vec<(Instant, Emission<M>)>,
}

struct Slot<M> {
    endpoint: Endpoint,
    state: ProcessState,
    /// Counts the process's deaths: connections do not outlive it.
    incarnation: u32,
    /// Messages it sent, duplicates among them.
    sent: u64,
    /// When the node next acts of its own accord.
    next: Option<Instant>,
    queued: u32,
    batch: Batch<M>,
    report: Report<M>,
    /// Takes part in the open window.
    runs: bool,
}

struct Scheduled<M> {
    at: Instant,
    order: Order,
    to: Endpoint,
    arrival: Arrival<M>,
}

/// Who goes first of those that arrive at the same moment. It must not depend on when they were scheduled: that depends on
/// where windows end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Client(RequestId),
    /// The sender, and how many it sent before.
    Message(Endpoint, u64),
}

enum Arrival<M> {
    Message {
        message: M,
        header: Header,
        incarnation: u32,
    },
    /// From outside, with the step it becomes.
    Request(RequestId, Step<M>),
}

impl<M: Parcel + Clone> Scheduler<M> {
    pub fn new(network: Network) -> Scheduler<M> {
        Scheduler {
            now: Instant::ZERO,
            queue: BinaryHeap::new(),
            slots: Vec::new(),
            network,
            lookahead: LONGEST_WINDOW,
            history: History::default(),
            requests: SortedMap::new(),
            busy: 0,
            window: None,
            at_the_door: Vec::new(),
            merged: Vec::new(),
        }
    }

    /// A new machine, its process not yet started.
    pub fn add_node(&mut self, endpoint: Endpoint, datacenter: &str) {
        let place = match self.slots.binary_search_by_key(&endpoint, |slot| slot.endpoint) {
            Ok(_) => return debug_assert!(false, "{endpoint} is there already"),
            Err(place) => place,
        };
        self.network.add(endpoint, datacenter);
        let slot = Slot {
            endpoint,
            state: ProcessState::Down,
            incarnation: 0,
            sent: 0,
            next: None,
            queued: 0,
            batch: Batch::default(),
            report: Report::default(),
            runs: false,
        };
        self.slots.insert(place, slot);
        self.measure_lookahead();
    }

    fn measure_lookahead(&mut self) {
        let links = self.network.smallest_latency().unwrap_or(LONGEST_WINDOW);
        self.lookahead = links.min(LONGEST_WINDOW);
    }

    /// Everything before this has happened; commands happen at this moment.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The end of the open window.
    pub fn window_end(&self) -> Option<Instant> {
        self.window
    }

    pub fn network(&self) -> &Network {
        &self.network
    }

    pub fn history(&self) -> HistoryHash {
        self.history.hash()
    }

    /// From now on events are not hashed.
    pub fn keep_no_history(&mut self) {
        self.history.turn_off();
    }

    pub fn events(&self) -> u64 {
        self.history.events()
    }

    /// Whether anything but gossip is under way.
    pub fn is_busy(&self) -> bool {
        self.busy > 0
    }

    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.slots.iter().map(|slot| slot.endpoint)
    }

    pub fn state(&self, node: Endpoint) -> Option<ProcessState> {
        Some(self.slots[self.place(node)?].state)
    }

    /// Inputs that wait for the node's CPU.
    pub fn queued(&self, node: Endpoint) -> u32 {
        self.place(node).map_or(0, |place| self.slots[place].queued)
    }

    fn place(&self, endpoint: Endpoint) -> Option<usize> {
        self.slots.binary_search_by_key(&endpoint, |slot| slot.endpoint).ok()
    }

    /// When something next happens, if left alone.
    pub fn next_event(&self) -> Option<Instant> {
        let queued = self.queue.peek().map(|scheduled| scheduled.at);
        let given = |slot: &Slot<M>| slot.batch.steps.first().map(|(at, _)| *at);
        let nodes = self.slots.iter().flat_map(|slot| [slot.next, given(slot)]);
        nodes.chain([queued]).flatten().min()
    }

    /// Lets time pass up to `until`, in which nothing happens.
    pub fn skip_to(&mut self, until: Instant) {
        debug_assert!(self.window.is_none(), "time passes in an open window");
        debug_assert!(
            self.next_event().is_none_or(|next| next >= until),
            "skipping what happens before {until}"
        );
        self.now = self.now.max(until);
    }

    /// Does something to the cluster now.
    pub fn control(&mut self, control: Control, observer: &mut impl Observer<M>) {
        debug_assert!(self.window.is_none(), "a command in an open window");
        match control {
            Control::Start(node) => self.change(node, ProcessState::Down, ProcessState::Running, Step::Start),
            Control::Pause(node) => self.change(node, ProcessState::Running, ProcessState::Paused, Step::Pause),
            Control::Resume(node) => self.change(node, ProcessState::Paused, ProcessState::Running, Step::Resume),
            Control::Kill(node) => self.kill(node, observer),
            Control::SetLink { from, to, faults } => self.network.set_faults(from, to, faults),
            Control::SetLatency { between, latency } => {
                self.network.set_latency(&between.0, &between.1, latency);
                self.measure_lookahead();
            }
        }
    }

    fn change(&mut self, node: Endpoint, from: ProcessState, to: ProcessState, step: Step<M>) {
        let now = self.now;
        if let Some(place) = self.place(node)
            && self.slots[place].state == from
        {
            self.slots[place].state = to;
            self.slots[place].batch.steps.push((now, step));
        }
    }

    fn kill(&mut self, node: Endpoint, observer: &mut impl Observer<M>) {
        let now = self.now;
        let Some(slot) = self.place(node).map(|place| &mut self.slots[place]) else {
            return;
        };
        if slot.state == ProcessState::Down {
            return;
        }
        slot.state = ProcessState::Down;
        slot.incarnation += 1;
        slot.batch.steps.push((now, Step::Crash));
        self.requests.retain(|request, coordinator| {
            let keep = *coordinator != node;
            if !keep {
                observer.answer(now + CLIENT_LATENCY, Answer::Disconnected(*request));
            }
            keep
        });
    }

    /// A client sends a request at `at`, which must not lie before now less the client's latency.
    pub fn submit(&mut self, at: Instant, node: Endpoint, request: ClientRequest) {
        self.ask(at, node, request.id, Step::Client(request));
    }

    /// An operator's tool, as close as a client, sends a request.
    pub fn operate(&mut self, at: Instant, node: Endpoint, request: OperatorRequest) {
        self.ask(at, node, request.id, Step::Operator(request));
    }

    fn ask(&mut self, at: Instant, node: Endpoint, id: RequestId, step: Step<M>) {
        debug_assert!(at + CLIENT_LATENCY >= self.now, "a request sent at {at}, which is past");
        self.requests.insert(id, node);
        self.busy += 1;
        self.queue.push(Scheduled {
            at: at + CLIENT_LATENCY,
            order: Order::Client(id),
            to: node,
            arrival: Arrival::Request(id, step),
        });
    }

    /// Opens the next window if anything happens before `bound`; it will end there at the latest.
    pub fn open(&mut self, bound: Instant, observer: &mut impl Observer<M>) -> bool {
        debug_assert!(self.window.is_none(), "the window before is still open");
        let Some(start) = self.next_event().filter(|start| *start < bound) else {
            return false;
        };
        debug_assert!(start >= self.now, "{start} comes after {}", self.now);
        let end = (start + self.lookahead).min(bound);
        while let Some(scheduled) = self.queue.peek()
            && scheduled.at < end
        {
            if let Some(scheduled) = self.queue.pop() {
                self.deliver(scheduled, observer);
            }
        }
        for slot in &mut self.slots {
            slot.runs = !slot.batch.steps.is_empty() || slot.next.is_some_and(|next| next < end);
            slot.batch.until = end;
        }
        self.window = Some(end);
        true
    }

    fn deliver(&mut self, scheduled: Scheduled<M>, observer: &mut impl Observer<M>) {
        let Scheduled { at, to, arrival, .. } = scheduled;
        let slot = self.place(to).map(|place| &mut self.slots[place]);
        match arrival {
            Arrival::Message {
                message,
                header,
                incarnation,
            } => {
                self.busy -= usize::from(is_business(&header));
                let reason = match slot {
                    _ if self.network.is_cut(header.from, to) => DropReason::LinkCut,
                    Some(slot) if slot.state != ProcessState::Down && slot.incarnation == incarnation => {
                        return slot.batch.steps.push((at, Step::Message(message)));
                    }
                    _ => DropReason::ReceiverDown,
                };
                self.at_the_door
                    .push((at, Emission::Event(dropped(at, &header, reason))));
            }
            Arrival::Request(id, step) => {
                self.busy -= 1;
                match slot {
                    Some(slot) if slot.state != ProcessState::Down => {
                        slot.batch.steps.push((at, step));
                    }
                    _ if self.requests.remove(&id).is_some() => {
                        observer.answer(at + CLIENT_LATENCY, Answer::Disconnected(id));
                    }
                    _ => {}
                }
            }
        }
    }

    /// The nodes that take part in the open window, with their batches and where their reports go; for hosts in this process.
    pub fn running(&mut self) -> impl Iterator<Item = (Endpoint, &mut Batch<M>, &mut Report<M>)> {
        let running = self.slots.iter_mut().filter(|slot| slot.runs);
        running.map(|slot| (slot.endpoint, &mut slot.batch, &mut slot.report))
    }

    /// Ends the open window: everything the nodes did happens, in order of (time, node, index).
    pub fn close(&mut self, observer: &mut impl Observer<M>) {
        let Some(end) = self.window.take() else {
            return debug_assert!(false, "no window is open");
        };
        let mut merged = core::mem::take(&mut self.merged);
        merged.append(&mut self.at_the_door);
        let mut sources = usize::from(!merged.is_empty());
        for slot in self.slots.iter_mut().filter(|slot| slot.runs) {
            debug_assert!(slot.batch.steps.is_empty(), "{} left steps undone", slot.endpoint);
            slot.runs = false;
            slot.next = slot.report.next;
            slot.queued = slot.report.queued;
            sources += usize::from(!slot.report.emissions.is_empty());
            merged.append(&mut slot.report.emissions);
        }
        if sources > 1 {
            // Stable, and the network comes first, then nodes by address: this is the order of (time, node, index).
            merged.arrange_by_key(|(at, _)| *at);
        }
        for (at, emission) in merged.drain(..) {
            debug_assert!(at < end, "something at {at} in a window that ends at {end}");
            match emission {
                Emission::Event(event) => self.tell(&event, observer),
                Emission::Send(message) => self.send(at, message, observer),
                Emission::Reply(reply) => {
                    if self.requests.remove(&reply.id).is_some() {
                        observer.answer(at + CLIENT_LATENCY, Answer::Reply(reply));
                    }
                }
                Emission::Disconnected(request) => {
                    if self.requests.remove(&request).is_some() {
                        observer.answer(at + CLIENT_LATENCY, Answer::Disconnected(request));
                    }
                }
                Emission::Told(reply) => {
                    if self.requests.remove(&reply.id).is_some() {
                        observer.answer(at + CLIENT_LATENCY, Answer::Told(reply));
                    }
                }
            }
        }
        self.merged = merged;
        self.now = end;
    }

    fn tell(&mut self, event: &Event, observer: &mut impl Observer<M>) {
        self.history.record(event);
        observer.event(event);
    }

    fn send(&mut self, at: Instant, message: M, observer: &mut impl Observer<M>) {
        let header = message.header();
        let verdict = self.network.send(at, header.from, header.to, || message.size());
        observer.sent(at, &message, verdict);
        let incarnation = self.place(header.to).map_or(0, |place| self.slots[place].incarnation);
        match verdict {
            Verdict::Arrives { at: arrival, again_at } => {
                if let Some(again_at) = again_at {
                    self.post(again_at, message.clone(), header, incarnation);
                }
                self.post(arrival, message, header, incarnation);
            }
            Verdict::Dropped { reason, .. } => self.tell(&dropped(at, &header, reason), observer),
        }
    }

    fn post(&mut self, at: Instant, message: M, header: Header, incarnation: u32) {
        self.busy += usize::from(is_business(&header));
        let sent = self.place(header.from).map_or(0, |place| {
            self.slots[place].sent += 1;
            self.slots[place].sent
        });
        self.queue.push(Scheduled {
            at,
            order: Order::Message(header.from, sent),
            to: header.to,
            arrival: Arrival::Message {
                message,
                header,
                incarnation,
            },
        });
    }
}

fn is_business(header: &Header) -> bool {
    header.verb.kind() != MessageKind::Gossip
}

fn dropped(at: Instant, header: &Header, reason: DropReason) -> Event {
    Event {
        at,
        node: header.from,
        cause: header.cause,
        what: What::MessageDropped {
            to: header.to,
            id: header.id,
            verb: header.verb,
            reason,
        },
    }
}

/// The earliest is the greatest, so that a heap has it on top.
impl<M> Ord for Scheduled<M> {
    fn cmp(&self, other: &Scheduled<M>) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl<M> PartialOrd for Scheduled<M> {
    fn partial_cmp(&self, other: &Scheduled<M>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M> PartialEq for Scheduled<M> {
    fn eq(&self, other: &Scheduled<M>) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<M> Eq for Scheduled<M> {}
