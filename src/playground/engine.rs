//! The playground itself: applies commands at their virtual times, replays, paces, and says which window runs next.
//!
//! Whoever hosts the nodes does, over and over: `open`; if it opened, run what `running` gives and `close`. Between windows it
//! may bring commands, tell how much real time has passed, and take a frame.

use core::time::Duration;
use std::collections::VecDeque;

use super::api::{BroughtSstable, Command, Completion, MAX_NOTICES, Notice, NoticeKind, Replayed, ShareLink, Watch};
use super::brought::Brought;
use super::completion::complete;
use super::keeping::{self, Keeper};
use super::record::{Deed, Recording, Run, check_config};
use super::recorder::Recorder;
use super::share;
use super::shells::Shells;
use crate::base::{Endpoint, Instant, RequestId, SortedMap};
use crate::node::{Inspect, Inspected, NodeConfig, NodeView, PartitionView};
use crate::schema::Schema;
use crate::sim::{Answer, ClusterConfig, Control, HistoryHash, Network, Pacing, Parcel, Rate, Roster, Scheduler};

/// A cluster whose nodes have not all met by then is shown as it is.
pub(super) const LONGEST_BOOT: Duration = Duration::from_secs(120);

/// How much real time's worth shown time may be ahead of the nodes.
const LONGEST_LEAD: Duration = Duration::from_millis(100);

/// Commands that wait for a window to close, or for the cluster to be up.
const MAX_WAITING: usize = 1000;

/// What is wanted of whoever hosts the nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Hosting {
    /// All nodes go: another run begins. With `wipe`, what they keep goes too.
    Clear { wipe: bool },
    /// A machine, its process not started, with an empty disk or one of the host's with this tag.
    Add {
        config: Box<NodeConfig>,
        service_time: Duration,
        disk: Option<u64>,
    },
}

/// Something that is due at a moment.
#[derive(Debug)]
pub(super) enum Timer {
    Start(Endpoint),
    Kill(Endpoint),
    GiveUp(RequestId),
    /// Whether the others have noticed what a script did to a node's process.
    Look {
        request: RequestId,
        node: Endpoint,
        until: Instant,
    },
}

/// Where a replay is to end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Replay {
    pub(super) from: Instant,
    pub(super) until: Instant,
    /// The history there should be then.
    pub(super) history: Option<HistoryHash>,
    pub(super) then_pause: bool,
}

pub struct Playground<P> {
    pub(super) run: Run,
    /// How many runs there were before.
    pub(super) run_number: u32,
    pub(super) scheduler: Scheduler<P>,
    pub(super) roster: Roster,
    pub(super) recorder: Recorder,
    pub(super) pacing: Pacing,
    pub(super) shells: Shells,
    /// How much of the log has been done.
    pub(super) cursor: usize,
    pub(super) timers: SortedMap<(Instant, u64), Timer>,
    timers_set: u64,
    pub(super) answers: SortedMap<(Instant, RequestId), Answer>,
    pub(super) requests: u64,
    /// The latest moment the run is known to.
    pub(super) end: Instant,
    pub(super) booting: bool,
    pub(super) replay: Option<Replay>,
    pub(super) stepping: bool,
    pub(super) window_is_open: bool,
    waiting: VecDeque<Command>,
    /// Deeds that wait for the run to be settled.
    deeds: VecDeque<Deed>,
    hosting: Vec<Hosting>,
    pub(super) keeper: Keeper,

    // What frames show besides.
    pub(super) watch: Watch,
    pub(super) views: SortedMap<Endpoint, NodeView>,
    /// The schema as the node knows it that showed it last.
    pub(super) schema: Schema,
    /// How many schema changes there had been when it was asked for, and when it was last shown.
    pub(super) schema_asked: u64,
    pub(super) schema_seen: u64,
    /// What running nodes hold of the watched partition.
    pub(super) partitions: SortedMap<Endpoint, Option<PartitionView>>,
    /// The question of an inspector that was answered last, and an answer that no frame has carried yet.
    pub(super) answered: Option<Inspect>,
    pub(super) inspected: Option<Inspected>,
    pub(super) brought: Brought,
    /// What no frame has told yet.
    pub(super) brought_news: Option<Vec<BroughtSstable>>,
    pub(super) notices: Vec<Notice>,
    pub(super) completion: Option<Completion>,
    pub(super) share: Option<Result<ShareLink, String>>,
    pub(super) frames: u64,
    /// The ring, links or latencies changed since the last frame.
    pub(super) ring_changed: bool,
    pub(super) links_changed: bool,
    pub(super) replayed: Option<Replayed>,
}

impl<P: Parcel + Clone> Playground<P> {
    /// In memory.
    pub fn new(config: ClusterConfig, rate: Rate) -> Playground<P> {
        Playground::with_keeper(config, rate, Keeper::default())
    }

    pub(super) fn with_keeper(config: ClusterConfig, rate: Rate, keeper: Keeper) -> Playground<P> {
        let config = if check_config(&config).is_ok() {
            config
        } else {
            ClusterConfig::simple(config.seed, ClusterConfig::DEFAULT_NODES)
        };
        let mut playground = Playground {
            scheduler: Scheduler::new(Network::new(&config)),
            roster: Roster::new(&config),
            recorder: Recorder::default(),
            pacing: Pacing::new(rate),
            shells: Shells::new(Endpoint::nth(1)),
            run: Run::new(config),
            run_number: 0,
            cursor: 0,
            timers: SortedMap::new(),
            timers_set: 0,
            answers: SortedMap::new(),
            requests: 0,
            end: Instant::ZERO,
            booting: true,
            replay: None,
            stepping: false,
            window_is_open: false,
            waiting: VecDeque::new(),
            deeds: VecDeque::new(),
            hosting: Vec::new(),
            keeper,
            watch: Watch::default(),
            views: SortedMap::new(),
            schema: Schema::default(),
            schema_asked: 0,
            schema_seen: 0,
            partitions: SortedMap::new(),
            answered: None,
            inspected: None,
            brought: Brought::default(),
            brought_news: None,
            notices: Vec::new(),
            completion: None,
            share: None,
            frames: 0,
            ring_changed: true,
            links_changed: true,
            replayed: None,
        };
        playground.begin(None, false);
        playground
    }

    /// Starts the run from its beginning, up to `replay` at full speed. With `wipe`, what was kept goes.
    fn begin(&mut self, replay: Option<Replay>, wipe: bool) {
        let config = &self.run.config;
        let from = self.keeper.from;
        self.scheduler = Scheduler::new(Network::new(config));
        self.scheduler.skip_to(from);
        self.roster = Roster::new(config);
        for place in &self.keeper.joined {
            self.roster.join(place);
        }
        self.recorder = Recorder::default();
        self.shells = Shells::new(Endpoint::nth(1));
        self.run_number += 1;
        self.cursor = 0;
        self.timers.clear();
        self.answers.clear();
        self.requests = 0;
        self.booting = true;
        self.replay = replay;
        self.stepping = false;
        self.deeds.clear();
        self.views.clear();
        self.partitions.clear();
        (self.answered, self.inspected) = (None, None);
        self.schema = Schema::default();
        self.schema_seen = 0;
        self.frames = 0;
        self.ring_changed = true;
        self.links_changed = true;
        self.pacing.jump(from);
        self.end = self.end.max(from);
        self.hosting.push(Hosting::Clear { wipe });
        for node in self.roster.nodes().to_vec() {
            self.host(node);
        }
    }

    pub(super) fn host(&mut self, config: NodeConfig) {
        let endpoint = config.endpoint;
        self.scheduler.add_node(endpoint, &config.datacenter);
        self.hosting.push(Hosting::Add {
            config: Box::new(config),
            service_time: self.run.config.service_time,
            disk: self.keeper.tag,
        });
        self.control(Control::Start(endpoint));
        self.ring_changed = true;
    }

    pub(super) fn control(&mut self, control: Control) {
        self.scheduler.control(control, &mut self.recorder);
        self.collect_answers();
    }

    pub(super) fn collect_answers(&mut self) {
        for (at, answer) in self.recorder.answers.drain(..) {
            self.answers.insert((at, answer.request()), answer);
        }
    }

    /// Takes what is wanted of the hosts, in order. To be done before the next batches run.
    pub fn take_hosting(&mut self) -> Vec<Hosting> {
        core::mem::take(&mut self.hosting)
    }

    pub fn now(&self) -> Instant {
        self.scheduler.now()
    }

    pub fn history(&self) -> HistoryHash {
        self.scheduler.history()
    }

    /// The cluster is up and no replay is under way.
    pub fn is_settled(&self) -> bool {
        !self.booting && self.replay.is_none()
    }

    pub fn is_idle(&self) -> bool {
        !self.shells.is_busy() && self.waiting.is_empty() && self.deeds.is_empty()
    }

    /// Real time has passed. Where the nodes cannot keep up, shown time waits for them.
    pub fn elapse(&mut self, real: Duration) {
        let hop = self.scheduler.network().typical_hop();
        let speed = self.pacing.speed(self.is_busy(), hop).unwrap_or(0.0);
        let lead = self.pacing.position().since(self.now());
        if lead.as_secs_f64() <= speed * LONGEST_LEAD.as_secs_f64() {
            self.pacing.elapse(real);
        }
    }

    /// How many runs there were, this one included.
    pub fn run_number(&self) -> u32 {
        self.run_number
    }

    /// Takes a command; what it changes, it changes before the next window.
    pub fn command(&mut self, command: Command) {
        if self.waiting.len() + self.deeds.len() >= MAX_WAITING {
            return self.refuse("too many commands at once; this one was dropped");
        }
        self.waiting.push_back(command);
        if !self.window_is_open {
            self.take_commands();
        }
    }

    pub(super) fn take_commands(&mut self) {
        while let Some(command) = self.waiting.pop_front() {
            match Deed::of(command) {
                Ok(deed) => self.deeds.push_back(deed),
                Err(command) => self.carry_out(command),
            }
        }
        // A run is not changed while it is still on its way.
        while self.is_settled()
            && let Some(deed) = self.deeds.pop_front()
        {
            self.add(deed);
        }
    }

    pub(super) fn set_timer(&mut self, at: Instant, timer: Timer) {
        self.timers_set += 1;
        self.timers.insert((at, self.timers_set), timer);
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::SetRate(rate) => self.pacing.set_rate(rate),
            Command::SetPaused(paused) => self.pacing.set_paused(paused),
            Command::Step => {
                self.pacing.set_paused(true);
                self.stepping = true;
            }
            Command::NewRun { config } => self.new_run(config.map(|config| *config)),
            Command::GoTo { to } => self.go_to(to),
            Command::Load { link } => self.load(&link),
            Command::Watch(watch) => {
                if watch.partition != self.watch.partition {
                    self.partitions.clear();
                }
                if watch.inspect != self.watch.inspect {
                    (self.answered, self.inspected) = (None, None);
                }
                self.watch = *watch;
                self.look_at_brought();
            }
            Command::Bring { files } => self.bring(files),
            Command::Complete {
                id,
                shell,
                text,
                cursor,
            } => {
                let keyspace = self
                    .shells
                    .get(shell)
                    .and_then(|shell| shell.session.keyspace().cloned());
                let current = keyspace.as_ref().map(|name| name.as_str());
                self.completion = Some(complete(id, &text, cursor, &self.schema, current));
            }
            Command::Share => self.share = Some(self.link()),
            // Commands that change the run became deeds before.
            _ => debug_assert!(false, "a deed among the other commands"),
        }
    }

    fn new_run(&mut self, config: Option<ClusterConfig>) {
        if let Some(config) = config {
            match check_config(&config) {
                Ok(()) => self.run.config = config,
                Err(error) => return self.refuse(&error.to_string()),
            }
        }
        self.run.log.clear();
        self.end = Instant::ZERO;
        self.replayed = None;
        let wipe = self.keeper.empty();
        self.begin(None, wipe);
    }

    fn go_to(&mut self, to: Instant) {
        let from = self.now();
        let replay = |from| Replay {
            from,
            until: to,
            history: None,
            then_pause: true,
        };
        if to < from {
            if self.keeper.goes_on() {
                return self.refuse(keeping::NOT_REPLAYED);
            }
            self.stop_keeping(keeping::LOOKING_BACK);
            self.begin(Some(replay(Instant::ZERO)), false);
        } else if to > from {
            self.replay = Some(replay(from));
        }
    }

    fn load(&mut self, link: &str) {
        self.stop_keeping(keeping::SHARED_RUN);
        match share::from_link(link) {
            Ok(recording) => {
                self.end = recording.until;
                self.run = recording.run;
                self.replayed = None;
                self.begin(
                    Some(Replay {
                        from: Instant::ZERO,
                        until: recording.until,
                        history: Some(recording.history),
                        then_pause: false,
                    }),
                    false,
                );
            }
            Err(error) => {
                self.notice(NoticeKind::BadLink, &error.to_string());
                self.run.log.clear();
                self.end = Instant::ZERO;
                self.begin(None, false);
            }
        }
    }

    /// The run up to now.
    pub fn recording(&self) -> Recording {
        Recording {
            run: Run {
                config: self.run.config.clone(),
                log: self.run.log[..self.cursor].to_vec(),
            },
            until: self.now(),
            history: self.history(),
        }
    }

    fn link(&self) -> Result<ShareLink, String> {
        if self.keeper.goes_on() {
            return Err(keeping::NOT_SHARED.into());
        }
        let recording = self.recording();
        Ok(ShareLink {
            fragment: share::to_link(&recording).map_err(|error| error.to_string())?,
            until: recording.until,
            history: recording.history.to_string(),
        })
    }

    pub(super) fn refuse(&mut self, why: &str) {
        self.notice(NoticeKind::Refused, why);
        // Who was spoken to hears that nothing is under way.
        self.shells.tell_all();
    }

    pub fn notice(&mut self, kind: NoticeKind, text: &str) {
        if self.notices.len() < MAX_NOTICES {
            self.notices.push(Notice {
                kind,
                text: text.to_owned(),
            });
        }
    }
}
