//! The cluster on a thread of its own: takes commands, lets virtual time pass, hands out answers.
//!
//! Clients stamp writes with the clock on the wall, nodes with virtual time: the two are one clock here, or a conditional
//! update could lose to what was written before it. So a request arrives at the virtual time that its arrival stands for.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as RealInstant};

use uuid::Uuid;

use super::ServeError;
use super::data::DataFolder;
use super::keeping::Keeper;
use super::tracing::Trace;
use crate::base::{Endpoint, Instant, RequestId};
use crate::event::{Event, What};
use crate::message::Envelope;
use crate::node::{ClientRequest, NativeTransport, Node};
use crate::sim::{Answer, CLIENT_LATENCY, Cluster, ClusterConfig, Observer, Verdict};

/// How far virtual time may be ahead of real time while a client waits: less than it takes a client to be told and ask again,
/// and about what a quorum takes, so that nobody waits for a timer.
const LEAD: Duration = Duration::from_micros(100);

/// Windows run before commands get in again.
const WINDOWS_AT_ONCE: usize = 32;

/// Nothing sleeps longer.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// Replicas may still work on a request that is answered: its trace is complete this long after.
const TRACE_TAIL: Duration = Duration::from_millis(10);

pub type SimCluster = Cluster<Node, Witness>;

/// What becomes of an answer.
pub(super) type Reply = Box<dyn FnOnce(Answer) + Send>;

pub(super) enum Command {
    Ask {
        node: Endpoint,
        request: Box<ClientRequest>,
        /// The session its events are kept for.
        trace: Option<Box<Trace>>,
        reply: Reply,
    },
    /// Anything else: looks at the cluster or does something to it.
    Run(Box<dyn FnOnce(&mut SimCluster) + Send>),
    SetSpeed(Speed),
    /// Makes safe what memory has, and ends.
    Stop(Sender<Result<(), ServeError>>),
}

/// How virtual time runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// With the clock on the wall.
    Real,
    /// Without waiting, as long as a client waits: delays and timeouts take no time.
    Max,
    /// Not at all but by `advance`.
    Paused,
}

/// Something that clients may want to be told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum News {
    Up {
        seen_by: Endpoint,
        node: Endpoint,
    },
    Down {
        seen_by: Endpoint,
        node: Endpoint,
    },
    Joined {
        seen_by: Endpoint,
        node: Endpoint,
    },
    /// The process itself.
    Started(Endpoint),
    Stopped(Endpoint),
}

/// Picks from the stream of events what the gateway needs.
#[derive(Default)]
pub struct Witness {
    traced: BTreeMap<RequestId, Box<Trace>>,
    news: Vec<News>,
    /// The last node that could not start on its disk, and why.
    pub(super) failed: Option<(Endpoint, String)>,
}

impl Observer<Envelope> for Witness {
    fn event(&mut self, event: &Event) {
        if !self.traced.is_empty()
            && let Some(trace) = event.cause.and_then(|cause| self.traced.get_mut(&cause))
        {
            trace.events.push(event.clone());
        }
        let seen_by = event.node;
        self.news.push(match event.what {
            What::PeerUp { peer: node } => News::Up { seen_by, node },
            What::PeerDown { peer: node, .. } => News::Down { seen_by, node },
            What::PeerJoined { peer: node } => News::Joined { seen_by, node },
            What::NodeStarted { .. } => News::Started(seen_by),
            What::NodeStopped { .. } => News::Stopped(seen_by),
            What::StartFailed { ref why } => {
                self.failed = Some((seen_by, why.clone()));
                return;
            }
            _ => return,
        });
    }

    fn sent(&mut self, _: Instant, _: &Envelope, _: Verdict) {}

    fn answer(&mut self, _: Instant, _: Answer) {}
}

/// A handle to the thread. The cluster ends with the last one.
#[derive(Clone)]
pub struct ClusterThread {
    commands: Sender<Command>,
}

impl ClusterThread {
    pub(super) fn start(
        config: &ClusterConfig,
        speed: Speed,
        native: NativeTransport,
        mut keeper: Keeper,
        tell: impl Fn(News) + Send + 'static,
    ) -> Result<(ClusterThread, JoinHandle<()>), ServeError> {
        let (commands, inbox) = channel();
        let (ready, started) = channel();
        let mut config = config.clone();
        let began = RealInstant::now();
        keeper.set_up(&mut config)?;
        let run = move || {
            let disks = keeper.disks(&config);
            let cluster =
                disks.and_then(|disk_of| settled(SimCluster::start_on(&config, native, Witness::default(), disk_of)));
            let cluster = match cluster {
                Ok(cluster) => cluster,
                // Whoever started it waits to be told.
                Err(error) => return drop(ready.send(Err(error))),
            };
            let driver = Driver {
                began,
                origin: cluster.now().max(Instant::ZERO + DataFolder::HEAD_START),
                cluster,
                speed,
                inbox,
                pending: BTreeMap::new(),
                closing: Vec::new(),
                tell: Box::new(tell),
                keeper,
            };
            // Nobody waits only if whoever started it gave up.
            let _ = ready.send(Ok(()));
            driver.run();
        };
        let thread = std::thread::Builder::new().name("cluster".into());
        let thread = thread.spawn(run).map_err(ServeError::Thread)?;
        // An error of the channel is a thread that panicked, which says so.
        started.recv().unwrap_or(Ok(()))?;
        Ok((ClusterThread { commands }, thread))
    }

    /// Asks a node something and waits for the answer; `None` when there is none in time.
    pub fn request(&self, node: Endpoint, request: ClientRequest, patience: Duration) -> Option<Answer> {
        let (done, answer) = channel();
        // Who asked may have given up.
        self.ask(node, request, None, Box::new(move |answer| drop(done.send(answer))));
        answer.recv_timeout(patience).ok()
    }

    /// Sends a request; without a cluster any more, the answer never comes.
    pub(super) fn ask(&self, node: Endpoint, request: ClientRequest, trace: Option<Box<Trace>>, reply: Reply) {
        let request = Box::new(request);
        let asked = Command::Ask {
            node,
            request,
            trace,
            reply,
        };
        // The thread is gone only while the process ends.
        let _ = self.commands.send(asked);
    }

    /// Makes safe what memory has, and ends the cluster.
    pub(super) fn stop(&self) -> Result<(), ServeError> {
        let (done, result) = channel();
        // A thread that is gone has nothing to keep.
        let _ = self.commands.send(Command::Stop(done));
        result.recv().unwrap_or(Ok(()))
    }

    /// From now on, virtual time runs like this.
    pub fn set_speed(&self, speed: Speed) {
        let _ = self.commands.send(Command::SetSpeed(speed));
    }

    /// Does something on the cluster's thread and waits for what comes of it; `None` when the cluster is gone.
    pub fn run<T: Send + 'static>(&self, with: impl FnOnce(&mut SimCluster) -> T + Send + 'static) -> Option<T> {
        let (done, result) = channel();
        let command = move |cluster: &mut SimCluster| drop(done.send(with(cluster)));
        self.commands.send(Command::Run(Box::new(command))).ok()?;
        result.recv().ok()
    }
}

/// Runs until every node knows every other: a client that connects at once sees the whole cluster.
fn settled(mut cluster: SimCluster) -> Result<SimCluster, ServeError> {
    cluster.keep_no_history();
    let count = cluster.endpoints().count();
    let mut seen = 0;
    for _ in 0..600 {
        cluster.run_for(Duration::from_millis(100));
        let news = core::mem::take(&mut cluster.observer.news);
        seen += news.iter().filter(|it| matches!(it, News::Up { .. })).count();
        if let Some((node, why)) = cluster.observer.failed.take() {
            return Err(ServeError::Node { node, why });
        }
        if seen >= count * (count - 1) {
            break;
        }
    }
    Ok(cluster)
}

struct Driver {
    cluster: SimCluster,
    speed: Speed,
    inbox: Receiver<Command>,
    pending: BTreeMap<RequestId, Reply>,
    /// Traces to be written, and when.
    closing: Vec<(Instant, RequestId)>,
    tell: Box<dyn Fn(News) + Send>,
    /// Real time, and the virtual time it stands for.
    began: RealInstant,
    origin: Instant,
    keeper: Keeper,
}

impl Driver {
    fn run(mut self) {
        loop {
            loop {
                match self.inbox.try_recv() {
                    Ok(Command::Stop(done)) => return drop(done.send(self.stop())),
                    Ok(command) => self.take(command),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            let bound = self.bound();
            let mut windows = 0;
            while windows < WINDOWS_AT_ONCE && self.run_window(bound) {
                windows += 1;
                if self.answer() {
                    break;
                }
            }
            self.answer();
            core::mem::take(&mut self.cluster.observer.news)
                .into_iter()
                .for_each(|it| (self.tell)(it));
            self.close_traces();
            if windows > 0 {
                continue;
            }
            match self.inbox.recv_timeout(self.sleep()) {
                Ok(Command::Stop(done)) => return drop(done.send(self.stop())),
                Ok(command) => self.take(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn run_window(&mut self, bound: Instant) -> bool {
        self.keeper.before_window(&self.cluster);
        self.cluster.run_window(bound)
    }

    fn stop(mut self) -> Result<(), ServeError> {
        let kept = self.keeper.keep_all(&mut self.cluster);
        self.answer();
        kept
    }

    fn take(&mut self, command: Command) {
        match command {
            // The loop knows what to do.
            Command::Stop(_) => {}
            Command::Ask {
                node,
                mut request,
                trace,
                reply,
            } => {
                let id = self.cluster.next_request();
                request.id = id;
                self.pending.insert(id, reply);
                if let Some(trace) = trace {
                    self.cluster.observer.traced.insert(id, trace);
                }
                // The client's own way to its coordinator is a real one.
                let at = self.due().max(self.cluster.now()) - CLIENT_LATENCY;
                self.cluster.submit(at, node, *request);
            }
            Command::Run(with) => {
                if self.cluster.now() < self.due() {
                    self.cluster.run_until(self.due());
                }
                with(&mut self.cluster);
                let now = self.cluster.now();
                self.keeper.reach(now);
                self.answer();
                if now > self.due() {
                    self.begin_at(now);
                }
            }
            Command::SetSpeed(speed) => {
                let now = self.cluster.now();
                self.begin_at(now);
                self.speed = speed;
            }
        }
    }

    fn begin_at(&mut self, now: Instant) {
        (self.began, self.origin) = (RealInstant::now(), now);
    }

    /// The virtual time that real time has come to.
    fn due(&self) -> Instant {
        match self.speed {
            Speed::Paused => self.origin,
            Speed::Real | Speed::Max => self.origin + self.began.elapsed(),
        }
    }

    /// Everything before this may happen now.
    fn bound(&self) -> Instant {
        let due = self.due() + Duration::from_micros(1);
        match self.speed {
            _ if self.pending.is_empty() => due,
            Speed::Max => Instant::MAX,
            Speed::Real => due + LEAD,
            Speed::Paused => due,
        }
    }

    fn sleep(&self) -> Duration {
        if self.speed == Speed::Paused {
            return LONGEST_SLEEP;
        }
        let traces = self.closing.iter().map(|(at, _)| *at).min();
        let next = [self.cluster.scheduler().next_event(), traces]
            .into_iter()
            .flatten()
            .min();
        let wait = next.map_or(LONGEST_SLEEP, |next| next.since(self.due()));
        let wait = if self.pending.is_empty() {
            wait
        } else {
            wait.saturating_sub(LEAD)
        };
        wait.clamp(Duration::from_micros(20), LONGEST_SLEEP)
    }

    /// Hands out what was answered; whether anything was.
    fn answer(&mut self) -> bool {
        let answers = self.cluster.answers();
        let any = !answers.is_empty();
        for (at, answer) in answers {
            let id = answer.request();
            if let Some(trace) = self.cluster.observer.traced.get_mut(&id) {
                trace.answered = Some(at - CLIENT_LATENCY);
                self.closing.push((at + TRACE_TAIL, id));
            }
            if let Some(reply) = self.pending.remove(&id) {
                reply(answer);
            }
        }
        any
    }

    /// Writes the traces of requests that are through into `system_traces`, as their coordinators.
    fn close_traces(&mut self) {
        let now = self.cluster.now().max(self.due());
        while let Some(place) = self.closing.iter().position(|(at, _)| *at <= now) {
            let (_, id) = self.closing.swap_remove(place);
            let Some(trace) = self.cluster.observer.traced.remove(&id) else {
                continue;
            };
            let Some(config) = self.cluster.roster().get(trace.coordinator) else {
                continue;
            };
            let clock = config.clock;
            for request in trace.statements(&clock) {
                let id = self.cluster.next_request();
                let at = self.cluster.now() - CLIENT_LATENCY;
                self.cluster
                    .submit(at, trace.coordinator, ClientRequest { id, ..request });
                self.pending.insert(id, Box::new(drop));
            }
        }
    }
}

/// A version 1 UUID of real time, as sessions of traces have.
pub(super) fn session_id() -> Uuid {
    use std::sync::atomic::{AtomicU64, Ordering};
    static LAST: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let clock = 0x01b2_1dd2_1381_4000 + since.as_nanos() as u64 / 100;
    let before = LAST.fetch_max(clock, Ordering::Relaxed);
    let ticks = match before < clock {
        true => clock,
        false => LAST.fetch_add(1, Ordering::Relaxed) + 1,
    };
    let high = (ticks & 0xffff_ffff) << 32 | (ticks >> 32 & 0xffff) << 16 | 0x1000 | (ticks >> 48 & 0x0fff);
    Uuid::from_u64_pair(high, 0x8000_0100_0000_0000 | u64::from(std::process::id()))
}
