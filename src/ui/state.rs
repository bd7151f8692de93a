//! The page's state and the one place that changes it.

use std::collections::VecDeque;
use std::rc::Rc;

use super::samples::{LONGEST_NOTICE, SHORTEST_NOTICE, Step};
use super::shared::Shared;
use super::transcript::Transcript;
use super::words;
use crate::base::{Endpoint, Instant, MessageId, RequestId};
use crate::data::ConsistencyLevel;
use crate::node::{Inspect, Inspected, NodeView, SstableRef, Subject};
use crate::playground::api::{
    BroughtSstable, Completion, Flight, Frame, Keeping, LinkState, LogEntry, NodeState, NodeSummary, Notice,
    PartitionRef, RangeOwner, Rate, Replayed, ReplicaView, ShellId, ShellUpdate, StatementSummary, TimelineView,
    TraceView, Watch,
};
use crate::sim::{Latency, LinkFaults};

/// Lines of the event log that are kept.
pub const LOG_KEPT: usize = 2_000;
/// Notices shown at once.
pub const NOTICES_KEPT: usize = 3;
/// The drawer's least, first and greatest height, in pixels.
pub const DRAWER_HEIGHTS: (u32, u32, u32) = (96, 264, 640);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Only where the drawer takes the stage's place.
    #[default]
    Cluster,
    Timeline,
    Replicas,
    Node,
    Events,
}

impl Tab {
    pub const ALL: [Tab; 5] = [Tab::Cluster, Tab::Timeline, Tab::Replicas, Tab::Node, Tab::Events];

    pub const fn name(self) -> &'static str {
        match self {
            Tab::Cluster => "cluster",
            Tab::Timeline => "timeline",
            Tab::Replicas => "replicas",
            Tab::Node => "node",
            Tab::Events => "events",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// What is open over the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Popover {
    Node(Endpoint),
    Link(Endpoint, Endpoint),
    Network,
    Legend,
}

/// One message, wherever it is drawn: as a dot, as an arrow, or as a line of a list.
pub type MessageKey = (Endpoint, MessageId, Instant);

/// The cluster as the stage draws it.
#[derive(Clone, Default, PartialEq)]
pub struct Cluster {
    pub nodes: Shared<Vec<NodeSummary>>,
    pub ranges: Shared<Vec<RangeOwner>>,
    pub links: Shared<Vec<LinkState>>,
    pub latencies: Shared<Vec<(String, String, Latency)>>,
}

impl Cluster {
    pub fn node(&self, endpoint: Endpoint) -> Option<&NodeSummary> {
        self.nodes.iter().find(|node| node.endpoint == endpoint)
    }

    pub fn faults(&self, from: Endpoint, to: Endpoint) -> LinkFaults {
        let link = self.links.iter().find(|link| link.from == from && link.to == to);
        link.map_or(LinkFaults::NONE, |link| link.faults)
    }
}

/// The shell as its last update left it.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub prompt: String,
    pub coordinator: Endpoint,
    pub consistency: ConsistencyLevel,
    /// A statement runs or waits; also from sending one until the first word about it.
    pub busy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noticing {
    pub node: Endpoint,
    pub since: Instant,
    pub rate: Rate,
}

#[derive(Clone, PartialEq)]
pub struct State {
    // The run, as the last frame has it.
    pub ready: bool,
    pub run: u32,
    pub now: Instant,
    pub end: Instant,
    pub paused: bool,
    pub speed: f64,
    pub rate: Rate,
    /// How far a replay is, in percent.
    pub replaying: Option<u8>,
    /// How the last replay ended.
    pub replayed: Option<Replayed>,
    pub keeping: Keeping,
    pub flights: Shared<Vec<Flight>>,
    pub unlisted_flights: u32,
    pub cluster: Cluster,
    pub statement: Shared<Option<StatementSummary>>,
    pub sentence: Shared<String>,
    /// The last thing worth saying aloud.
    pub announced: Shared<String>,
    pub log: Shared<VecDeque<Rc<LogEntry>>>,
    pub unlisted_log: u64,
    pub notices: Shared<Vec<(u64, Notice)>>,
    pub next_notice: u64,
    pub node: Shared<Option<NodeView>>,
    pub inspected: Shared<Option<Inspected>>,
    pub replicas: Shared<Option<ReplicaView>>,
    pub trace: Shared<Option<TraceView>>,
    pub timeline: Shared<Option<TimelineView>>,
    pub completion: Shared<Option<Completion>>,

    // The shell.
    pub transcript: Shared<Transcript>,
    pub session: Shared<Session>,
    /// What a sample script has still to do.
    pub script: Shared<VecDeque<Step>>,
    /// A script waits until this node is noticed; since when, and the rate before.
    pub noticing: Option<Noticing>,

    // The page.
    pub tab: Tab,
    /// Whether the stage has a place of its own beside the drawer: 1024 px and more.
    pub wide: bool,
    /// Under 640 px, whether the shell or what the tab names is shown.
    pub shell_in_front: bool,
    pub drawer_height: u32,
    pub theme: Theme,
    /// Whether gossip is drawn on the stage, and on the timeline.
    pub gossip: bool,
    pub gossip_lanes: bool,
    pub chosen: Option<Endpoint>,
    pub popover: Option<Popover>,
    pub help: bool,
    pub hovered: Option<MessageKey>,
    /// The request whose trace the timeline shows; `None` shows the run.
    pub traced: Option<RequestId>,
    /// Where the stretch of the run ends that the timeline shows; `None` follows the run.
    pub timeline_to: Option<Instant>,
    /// The partition that is watched; `None` follows the last statement.
    pub partition: Option<PartitionRef>,
    /// What of the node's storage is open; `None` is the overview.
    pub subject: Option<Subject>,
    /// The SSTable whose files are fetched, to be saved.
    pub fetched: Option<SstableRef>,
    /// SSTables that came from files.
    pub brought: Shared<Vec<BroughtSstable>>,
    /// The replica of which it is shown where its cells come from.
    pub sources_of: Option<Endpoint>,
}

impl Default for State {
    fn default() -> State {
        let session = Session {
            prompt: "cqlsh> ".into(),
            coordinator: Endpoint::nth(1),
            consistency: ConsistencyLevel::One,
            busy: false,
        };
        State {
            ready: false,
            run: 0,
            now: Instant::ZERO,
            end: Instant::ZERO,
            paused: false,
            speed: 0.0,
            rate: Rate::SlowMotion,
            replaying: None,
            replayed: None,
            keeping: Keeping::default(),
            flights: Shared::default(),
            unlisted_flights: 0,
            cluster: Cluster::default(),
            statement: Shared::default(),
            sentence: Shared::new("The cluster is starting.".into()),
            announced: Shared::default(),
            log: Shared::default(),
            unlisted_log: 0,
            notices: Shared::default(),
            next_notice: 0,
            node: Shared::default(),
            inspected: Shared::default(),
            replicas: Shared::default(),
            trace: Shared::default(),
            timeline: Shared::default(),
            completion: Shared::default(),
            transcript: Shared::default(),
            session: Shared::new(session),
            script: Shared::default(),
            noticing: None,
            tab: Tab::default(),
            wide: true,
            shell_in_front: true,
            drawer_height: DRAWER_HEIGHTS.1,
            theme: Theme::default(),
            gossip: true,
            gossip_lanes: false,
            chosen: None,
            popover: None,
            help: false,
            hovered: None,
            traced: None,
            timeline_to: None,
            partition: None,
            subject: None,
            sources_of: None,
            fetched: None,
            brought: Shared::default(),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Action {
    Frame(Box<Frame>),
    Notice(Notice),
    /// A remark for the transcript.
    Note(String),
    Dismiss(u64),
    /// Steps of a sample to do, one after the other.
    Play(Vec<Step>),
    /// The first step is done: typed and sent, or what it did in words.
    Played(Option<String>),
    /// Nothing of what is left of a script is done.
    StopScript,
    /// The first step waits until its node is noticed.
    Await(Endpoint),
    /// Text went to the shell: it is busy until it says otherwise.
    Sent,
    Tab(Tab),
    Wide(bool),
    ShowShell(bool),
    DrawerHeight(u32),
    Theme(Theme),
    Gossip(bool),
    GossipLanes(bool),
    Choose(Option<Endpoint>),
    Popover(Option<Popover>),
    Help(bool),
    Hover(Option<MessageKey>),
    Trace(Option<RequestId>),
    TimelineTo(Option<Instant>),
    Partition(Option<PartitionRef>),
    Inspect(Option<Subject>),
    Sources(Option<Endpoint>),
    Fetch(Option<SstableRef>),
}

impl State {
    /// The tab that is shown: the cluster needs none where the stage has its own place.
    pub fn shown_tab(&self) -> Tab {
        if self.wide && self.tab == Tab::Cluster {
            Tab::Timeline
        } else {
            self.tab
        }
    }

    /// Whether the page shows an earlier moment than the run has reached.
    pub fn looks_back(&self) -> bool {
        self.now < self.end
    }

    /// The node whose own view is shown: the chosen one, or the shell's coordinator.
    pub fn viewed_node(&self) -> Endpoint {
        self.chosen.unwrap_or(self.session.coordinator)
    }

    /// Whether the node a script waits for is noticed by all, or will not be.
    pub fn is_noticed(&self) -> bool {
        let Some(Noticing { node, since, .. }) = self.noticing else {
            return false;
        };
        let running = |state| matches!(state, NodeState::Up | NodeState::Joining);
        let others = self
            .cluster
            .nodes
            .iter()
            .filter(|other| other.endpoint != node && running(other.state));
        let all = self.cluster.node(node).is_none_or(|found| match found.state {
            NodeState::Down | NodeState::Paused => found.down_for.len() >= others.count(),
            NodeState::Joining => false,
            // As it was before the step took effect it looks the same: only a later frame counts.
            NodeState::Up => found.down_for.is_empty() && self.now.since(since) > SHORTEST_NOTICE,
        });
        all || self.now.since(since) > LONGEST_NOTICE
    }

    /// What the next frames should show, for the tab that is open.
    pub fn watch(&self) -> Watch {
        let last = self.statement.as_ref();
        let mut watch = Watch::default();
        match self.shown_tab() {
            Tab::Timeline => {
                watch.timeline = Some((Instant::ZERO, self.timeline_to.unwrap_or(Instant::MAX)));
                watch.trace = self.traced;
            }
            Tab::Replicas => {
                watch.partition = self
                    .partition
                    .clone()
                    .or_else(|| last.and_then(|statement| statement.partition.clone()));
                let what = Subject::Sources;
                watch.inspect = self.sources_of.map(|node| Inspect { node, what });
            }
            Tab::Node => {
                let node = self.viewed_node();
                watch.node = Some(node);
                let fetched = self.fetched.clone().map(Subject::Archive);
                let what = fetched.or_else(|| self.subject.clone()).unwrap_or(Subject::Storage);
                watch.inspect = Some(Inspect { node, what });
            }
            Tab::Cluster | Tab::Events => {}
        }
        watch
    }

    pub fn apply(&mut self, action: Action) {
        match action {
            Action::Frame(frame) => self.take(*frame),
            Action::Notice(notice) => self.notice(notice),
            Action::Note(note) => self.transcript.make_mut().note(note, self.now),
            Action::Dismiss(number) => self.notices.make_mut().retain(|(found, _)| *found != number),
            Action::Play(steps) => self.script = Shared::new(steps.into()),
            Action::Played(note) => {
                self.script.make_mut().pop_front();
                self.noticing = None;
                if let Some(note) = note {
                    self.transcript.make_mut().note(note, self.now);
                }
            }
            Action::StopScript => {
                self.script = Shared::default();
                self.noticing = None;
            }
            Action::Await(node) => {
                let (since, rate) = (self.now, self.rate);
                self.noticing = Some(Noticing { node, since, rate });
            }
            Action::Sent => self.session.make_mut().busy = true,
            Action::Tab(tab) => {
                self.tab = tab;
                self.shell_in_front = false;
                self.popover = None;
            }
            Action::Wide(wide) => self.wide = wide,
            Action::ShowShell(shown) => self.shell_in_front = shown,
            Action::DrawerHeight(height) => self.drawer_height = height.clamp(DRAWER_HEIGHTS.0, DRAWER_HEIGHTS.2),
            Action::Theme(theme) => self.theme = theme,
            Action::Gossip(shown) => self.gossip = shown,
            Action::GossipLanes(shown) => self.gossip_lanes = shown,
            Action::Choose(node) => (self.chosen, self.subject) = (node, None),
            Action::Popover(popover) => self.popover = popover,
            Action::Help(open) => self.help = open,
            Action::Hover(message) => self.hovered = message,
            Action::Trace(request) => self.traced = request,
            Action::TimelineTo(to) => self.timeline_to = to,
            Action::Partition(partition) => self.partition = partition,
            Action::Sources(node) => self.sources_of = node,
            Action::Inspect(subject) => self.subject = subject,
            Action::Fetch(sstable) => self.fetched = sstable,
        }
    }

    fn take(&mut self, frame: Frame) {
        if self.ready && frame.run != self.run {
            self.begin_again();
        }
        (self.ready, self.run) = (true, frame.run);
        (self.now, self.end) = (frame.now, frame.end.max(frame.now));
        (self.paused, self.speed, self.rate) = (frame.paused, frame.speed, frame.rate);
        self.replaying = frame.replaying.map(|part| (part * 100.0) as u8);
        self.flights.update(frame.flights);
        self.unlisted_flights = frame.unlisted_flights;
        self.cluster.nodes.update(frame.nodes);
        frame
            .ranges
            .into_iter()
            .for_each(|ranges| self.cluster.ranges.update(ranges));
        frame
            .links
            .into_iter()
            .for_each(|links| self.cluster.links.update(links));
        frame
            .latencies
            .into_iter()
            .for_each(|latencies| self.cluster.latencies.update(latencies));
        if frame.statement.as_ref().map(|statement| statement.request)
            != self.statement.as_ref().map(|statement| statement.request)
        {
            // A new statement: what is shown of one statement follows it.
            self.partition = None;
            self.traced = self
                .traced
                .and(frame.statement.as_ref().map(|statement| statement.request));
        }
        let was_running = self
            .statement
            .as_ref()
            .is_some_and(|statement| statement.took.is_none());
        self.statement.update(frame.statement);
        self.sentence.update(frame.sentence);
        let ended = was_running
            && self
                .statement
                .as_ref()
                .is_some_and(|statement| statement.took.is_some());
        if let Some(notable) = frame.log.iter().rev().find(|entry| entry.notable) {
            self.announced.update(notable.text.clone());
        } else if ended {
            self.announced = self.sentence.clone();
        }
        self.log_entries(frame.log, frame.unlisted_log);
        frame.notices.into_iter().for_each(|notice| self.notice(notice));
        let watch = frame.watch;
        keep(&mut self.node, frame.node, watch.node.is_some());
        keep(&mut self.inspected, frame.inspected, watch.inspect.is_some());
        if let Some(brought) = frame.brought {
            self.brought = Shared::new(brought);
            self.apply(Action::Tab(Tab::Node));
            self.subject = Some(Subject::Rows(SstableRef::Brought(0)));
        }
        keep(&mut self.replicas, frame.replicas, watch.partition.is_some());
        keep(&mut self.trace, frame.trace, watch.trace.is_some());
        keep(&mut self.timeline, frame.timeline, watch.timeline.is_some());
        if frame.completion.is_some() {
            self.completion = Shared::new(frame.completion);
        }
        frame
            .shells
            .into_iter()
            .filter(|update| update.shell == ShellId::FIRST)
            .for_each(|update| self.hear(update));
        self.keeping = frame.summary.keeping;
        if frame.summary.replayed != self.replayed {
            if let Some(note) = frame.summary.replayed.as_ref().and_then(words::replayed) {
                self.transcript.make_mut().note(note, self.now);
            }
            self.replayed = frame.summary.replayed;
        }
    }

    fn log_entries(&mut self, entries: Vec<LogEntry>, unlisted: u64) {
        self.unlisted_log += unlisted;
        if entries.is_empty() {
            return;
        }
        let log = self.log.make_mut();
        log.extend(entries.into_iter().map(Rc::new));
        let over = log.len().saturating_sub(LOG_KEPT);
        log.drain(..over);
    }

    fn notice(&mut self, notice: Notice) {
        let notices = self.notices.make_mut();
        notices.push((self.next_notice, notice));
        self.next_notice += 1;
        let over = notices.len().saturating_sub(NOTICES_KEPT);
        notices.drain(..over);
    }

    fn hear(&mut self, update: ShellUpdate) {
        let ShellUpdate {
            entries,
            prompt,
            coordinator,
            consistency,
            busy,
            ..
        } = update;
        self.session.update(Session {
            prompt,
            coordinator,
            consistency,
            busy,
        });
        for entry in entries {
            self.transcript.make_mut().hear(entry, self.now);
        }
    }

    /// Keeps what belongs to the page and its reader; the rest belonged to the run.
    fn begin_again(&mut self) {
        let kept = self.clone();
        *self = State {
            notices: kept.notices,
            next_notice: kept.next_notice,
            tab: kept.tab,
            wide: kept.wide,
            shell_in_front: kept.shell_in_front,
            drawer_height: kept.drawer_height,
            theme: kept.theme,
            gossip: kept.gossip,
            gossip_lanes: kept.gossip_lanes,
            ..State::default()
        };
    }
}

/// What is watched stays as it was in a frame that brings nothing new of it.
fn keep<T: PartialEq>(shown: &mut Shared<Option<T>>, new: Option<T>, watched: bool) {
    if new.is_some() || !watched {
        shown.update(new);
    }
}

#[cfg(test)]
mod tests;
