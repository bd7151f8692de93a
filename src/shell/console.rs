//! A session at a cluster in this process: its requests are carried out in virtual time, and it is told how they went.

use super::nodetool;
use super::session::{REQUEST_TIMEOUT, Session, SessionConfig, ShellError, Step};
use crate::base::{Duration, Endpoint, Instant, RequestId};
use crate::event::Event;
use crate::message::Envelope;
use crate::node::{Node, ViewRequest};
use crate::sim::{Answer, Cluster, ClusterConfig, Control, Observer, ProcessState, Verdict};

/// Membership is settled long before this: gossip spreads in seconds, and the failure detector takes some twenty.
const SETTLING_LIMIT: Duration = Duration::from_secs(120);
/// How often the nodes' opinions are asked for while one waits for them.
const SETTLING_STEP: Duration = Duration::from_millis(500);

/// Nodes serve clients once gossip has settled, which Cassandra takes for granted after some 8 s at the earliest. Before a node
/// has heard of another twice, it cannot tell when that one falls silent.
const GOSSIP_SETTLES: Duration = Duration::from_secs(8);

/// What a call of nodetool takes at least: golden scripts use it to let time pass.
const NODETOOL_TAKES: Duration = Duration::from_secs(1);
/// Golden scripts were recorded with a pause after a node was seen up again.
const AFTER_UP: Duration = Duration::from_secs(2);

const USAGE: &str = "! down N kills node N, ! up N starts it again, ! nodetool N COMMAND runs nodetool there.\n";

/// The mode and status of a node that serves clients.
const NORMAL: &str = "NORMAL";

/// A cluster as the console runs it.
pub type ConsoleCluster = Cluster<Node, Tracer>;

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

pub struct Console {
    pub session: Session,
    node: Endpoint,
    cluster: ConsoleCluster,
}

impl Console {
    /// Starts a cluster, waits until its nodes know each other, and talks to its first node.
    pub fn start(config: &ClusterConfig, interactive: bool) -> Console {
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

    pub fn cluster(&mut self) -> &mut ConsoleCluster {
        &mut self.cluster
    }

    /// Acts on the cluster: `down N`, `up N`, or `nodetool N COMMAND`. Answers with what there is to say.
    pub fn direct(&mut self, directive: &str) -> String {
        let words: Vec<&str> = directive.split_whitespace().collect();
        let [verb, number, rest @ ..] = &words[..] else {
            return USAGE.into();
        };
        let node = number.parse().ok().map(Endpoint::nth);
        let Some(node) = node.filter(|node| self.cluster.endpoints().any(|other| other == *node)) else {
            return format!("There is no node {number}.\n");
        };
        match (*verb, rest) {
            ("down", []) if self.control(Control::Kill(node)) => String::new(),
            ("down", []) => format!("Node {number} is not seen down.\n"),
            ("up", []) if self.control(Control::Start(node)) => {
                self.cluster.run_for(AFTER_UP);
                String::new()
            }
            ("up", []) => format!("Node {number} is not seen up.\n"),
            ("nodetool", args) => {
                self.cluster.run_for(NODETOOL_TAKES);
                match self.cluster.machine(node) {
                    Some(machine) => {
                        let output = nodetool::nodetool(machine, args);
                        output.stdout + &output.stderr
                    }
                    None => format!(
                        "nodetool: Failed to connect to '{node}:7199' - ConnectException: 'Connection refused'.\n"
                    ),
                }
            }
            _ => USAGE.into(),
        }
    }

    /// Does something to a node and lets the others find out. `false`: they do not.
    fn control(&mut self, control: Control) -> bool {
        self.cluster.control(control);
        self.settle()
    }

    /// Runs until every running node takes those that run for alive and the others for dead. `false`: they never agree.
    fn settle(&mut self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn typed(console: &mut Console, text: &str) -> String {
        let mut shown = String::new();
        console.submit(text, |output| match output {
            Output::Text(text) => shown += &text,
            Output::Error(error) => shown += &error.text,
            Output::Clear | Output::Exit => {}
        });
        shown
    }

    fn with_keyspace() -> Console {
        let mut console = Console::start(&ClusterConfig::simple(Seed(7), 3), false);
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
        let script = format!(
            "CREATE KEYSPACE k WITH replication = {replication}; USE k; CREATE TABLE t (id int PRIMARY KEY, v text);\n"
        );
        assert_eq!(typed(&mut console, &script), "");
        console
    }

    #[test]
    fn nodes_go_down_and_up() {
        let mut console = with_keyspace();
        assert_eq!(console.direct("down 3"), "");
        assert!(console.direct("nodetool 1 status").contains("\nDN  127.0.0.3"));
        assert!(
            console
                .direct("nodetool 3 version")
                .starts_with("nodetool: Failed to connect")
        );
        let refused = typed(&mut console, "CONSISTENCY ALL\nSELECT * FROM t WHERE id = 1;\n");
        assert!(refused.contains("Unavailable: "), "{refused}");
        assert_eq!(console.direct("up 3"), "");
        assert!(console.direct("nodetool 1 status").contains("\nUN  127.0.0.3"));
        assert!(typed(&mut console, "SELECT * FROM t WHERE id = 1;\n").ends_with("(0 rows)\n"));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let mut console = Console::start(&ClusterConfig::simple(Seed(7), 1), false);
        assert_eq!(console.direct("down 2"), "There is no node 2.\n");
        assert_eq!(console.direct("jump 1"), USAGE);
        assert_eq!(console.direct(""), USAGE);
        assert!(
            console
                .direct("nodetool 1 dance")
                .starts_with("nodetool: Found unexpected parameters: [dance]")
        );
    }

    #[test]
    fn a_session_survives_its_coordinator() {
        let mut console = with_keyspace();
        console.direct("down 1");
        let lost = typed(&mut console, "SELECT * FROM t;\n");
        assert!(lost.starts_with("ConnectionShutdown: "), "{lost}");
        console.direct("up 1");
        assert!(typed(&mut console, "SELECT * FROM t;\n").ends_with("(0 rows)\n"));
    }

    #[test]
    fn a_trace_shows_the_replicas_at_work() {
        let mut console = with_keyspace();
        let shown = typed(
            &mut console,
            "CONSISTENCY QUORUM\nTRACING ON\nINSERT INTO t (id, v) VALUES (1, 'x');\n",
        );
        for activity in [
            "Execute CQL3 query",
            "Parsing INSERT INTO t (id, v) VALUES (1, 'x');",
            "Determining replicas for mutation",
            "MUTATION_REQ message received from /127.0.0.1:7000",
            "Appending to commitlog",
            "Adding to t memtable",
            "Processing response from /127.0.0.",
            "Request complete",
        ] {
            assert!(shown.contains(activity), "{activity} is missing in\n{shown}");
        }
        let id = shown
            .lines()
            .find_map(|line| line.strip_prefix("Tracing session: "))
            .expect("a session");
        let again = typed(&mut console, &format!("SHOW SESSION {id}\n"));
        assert!(shown.ends_with(&again) && !again.is_empty());
    }
}
