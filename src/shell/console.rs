//! A session at a cluster in this process: its requests are carried out in virtual time, and it is told how they went.

use super::session::{REQUEST_TIMEOUT, Session, SessionConfig, ShellError, Step};
use crate::base::{Duration, Endpoint, Instant, RequestId};
use crate::event::Event;
use crate::message::Envelope;
use crate::node::ViewRequest;
use crate::sim::{Answer, Cluster, ClusterConfig, Control, Machine, Observer, ProcessState, Verdict};

/// Membership is settled long before this: gossip spreads in seconds, and the failure detector takes some twenty.
const SETTLING_LIMIT: Duration = Duration::from_secs(120);
/// How often the nodes' opinions are asked for while one waits for them.
const SETTLING_STEP: Duration = Duration::from_millis(500);

/// Nodes serve clients once gossip has settled, which Cassandra takes for granted after some 8 s at the earliest. Before a node
/// has heard of another twice, it cannot tell when that one falls silent.
const GOSSIP_SETTLES: Duration = Duration::from_secs(8);

/// The mode and status of a node that serves clients.
const NORMAL: &str = "NORMAL";

/// A cluster as the console runs it.
pub type ConsoleCluster<M> = Cluster<M, Tracer>;

/// Keeps the events of the request under way.
#[derive(Default)]
pub struct Tracer {
    request: Option<RequestId>,
    events: Vec<Event>,
}

impl Tracer {
    fn watch(&mut self, request: RequestId) {
        self.request = Some(request);
        self.events.clear();
    }
}

impl Observer<Envelope> for Tracer {
    fn event(&mut self, event: &Event) {
        if event.cause.is_some() && event.cause == self.request {
            self.events.push(event.clone());
        }
    }

    fn sent(&mut self, _at: Instant, _message: &Envelope, _verdict: Verdict) {}

    fn answer(&mut self, _at: Instant, _answer: Answer) {}
}

/// What comes out, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Text(String),
    Error(ShellError),
    Clear,
    Exit,
}

pub struct Console<M: Machine> {
    pub session: Session,
    node: Endpoint,
    cluster: ConsoleCluster<M>,
}

impl<M: Machine> Console<M> {
    /// Starts a cluster, waits until its nodes know each other, and talks to its first node.
    pub fn start(config: &ClusterConfig, interactive: bool) -> Console<M> {
        let node = Endpoint::nth(1);
        let mut console = Console {
            session: Session::new(SessionConfig {
                interactive,
                ..SessionConfig::new(node)
            }),
            node,
            cluster: Cluster::start(config, Tracer::default()),
        };
        console.cluster.run_for(GOSSIP_SETTLES);
        console.settle();
        console
    }

    pub fn cluster(&mut self) -> &mut ConsoleCluster<M> {
        &mut self.cluster
    }

    /// Kills a node and lets the others find out. `false`: they do not, or there is no such node.
    pub fn take_down(&mut self, node: Endpoint) -> bool {
        self.control(node, Control::Kill(node))
    }

    /// Starts a node again and lets the others find out. `false`: they do not, or there is no such node.
    pub fn bring_up(&mut self, node: Endpoint) -> bool {
        self.control(node, Control::Start(node))
    }

    fn control(&mut self, node: Endpoint, control: Control) -> bool {
        let exists = self.cluster.endpoints().any(|endpoint| endpoint == node);
        if exists {
            self.cluster.control(control);
        }
        exists && self.settle()
    }

    /// Runs until every running node takes those that run for alive and the others for dead. `false`: they never agree.
    pub fn settle(&mut self) -> bool {
        let until = self.cluster.now() + SETTLING_LIMIT;
        while !self.is_settled() {
            if self.cluster.now() >= until {
                return false;
            }
            self.cluster.run_for(SETTLING_STEP);
        }
        true
    }

    fn is_settled(&self) -> bool {
        let endpoints: Vec<Endpoint> = self.cluster.endpoints().collect();
        let runs = |node: Endpoint| self.cluster.scheduler().state(node) == Some(ProcessState::Running);
        endpoints.iter().filter(|node| runs(**node)).all(|node| {
            let Some(view) = self.cluster.view(*node, &ViewRequest::default()) else {
                return false;
            };
            let thinks_alive = |other: Endpoint| {
                let mut peers = view.peers.iter();
                other == *node || peers.any(|peer| peer.endpoint == other && peer.alive && peer.status == NORMAL)
            };
            view.mode == NORMAL && endpoints.iter().all(|other| thinks_alive(*other) == runs(*other))
        })
    }

    /// Types text and runs until everything it asks for is done.
    pub fn submit(&mut self, text: &str, mut output: impl FnMut(Output)) {
        self.session.submit(text);
        self.run(&mut output);
    }

    /// The input is over.
    pub fn finish(&mut self, mut output: impl FnMut(Output)) {
        self.session.finish();
        self.run(&mut output);
    }

    fn run(&mut self, output: &mut impl FnMut(Output)) {
        while let Some(step) = self.session.step() {
            match step {
                Step::Print(text) => output(Output::Text(text)),
                Step::Error(error) => output(Output::Error(error)),
                Step::Clear => output(Output::Clear),
                Step::Exit => {
                    self.session.interrupt();
                    output(Output::Exit);
                }
                Step::Done => {}
                Step::Request(request) => {
                    let id = self.cluster.next_request();
                    self.cluster.observer.watch(id);
                    match self.cluster.execute(self.node, request.with_id(id), REQUEST_TIMEOUT) {
                        Some(Answer::Reply(reply)) => self.session.on_reply(reply),
                        Some(Answer::Disconnected(_)) => self.session.on_disconnect(),
                        None => self.session.on_timeout(),
                    }
                }
                Step::Trace(request) => {
                    let tracer = &self.cluster.observer;
                    let events = if tracer.request == Some(request) {
                        tracer.events.as_slice()
                    } else {
                        &[]
                    };
                    let clock = self.cluster.roster().nodes()[0].clock;
                    self.session.on_trace(events, clock);
                }
            }
        }
    }
}
