//! A session at a cluster in this process: its requests are carried out in virtual time, and it is told how they went.

use super::session::{REQUEST_TIMEOUT, Session, SessionConfig, ShellError, Step};
use crate::base::{Duration, Endpoint, Instant, RequestId};
use crate::event::Event;
use crate::message::Envelope;
use crate::node::{NativeTransport, Node, ViewRequest};
use crate::sim::{Answer, Cluster, ClusterConfig, Control, NodeDisk, Observer, ProcessState, Verdict};

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

/// The mode and status of a node that serves clients.
const NORMAL: &str = "NORMAL";

const NO_FILES: &str = "there are no files here";

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

/// The files of whoever hosts a console, by their paths. Errors say why not, as Python would.
pub trait Files {
    fn read(&self, file: &str) -> Result<String, String>;
    fn write(&mut self, file: &str, text: &str) -> Result<(), String>;
}

pub struct Console {
    pub session: Session,
    /// What SOURCE and COPY read and write.
    pub files: Option<Box<dyn Files>>,
    node: Endpoint,
    cluster: ConsoleCluster,
}

impl Console {
    /// Starts a cluster, waits until its nodes know each other, and talks to its first node.
    pub fn start(config: &ClusterConfig, interactive: bool) -> Console {
        Console::start_on(config, interactive, |_| NodeDisk::default())
    }

    /// The same, with nodes on disks that may have something on them.
    pub fn start_on(config: &ClusterConfig, interactive: bool, disk_of: impl FnMut(Endpoint) -> NodeDisk) -> Console {
        let node = Endpoint::nth(1);
        let mut console = Console {
            session: Session::new(SessionConfig {
                interactive,
                ..SessionConfig::new(node)
            }),
            files: None,
            node,
            cluster: Cluster::start_on(config, NativeTransport::default(), Tracer::default(), disk_of),
        };
        console.cluster.run_for(GOSSIP_SETTLES);
        console.settle();
        console
    }

    pub fn cluster(&mut self) -> &mut ConsoleCluster {
        &mut self.cluster
    }

    /// Kills or starts a node and waits until the others have noticed.
    fn process(&mut self, node: Endpoint, runs: bool) -> Result<(), String> {
        let number = node.number();
        if !self.cluster.endpoints().any(|other| other == node) {
            return Err(format!("There is no node {number}."));
        }
        match (
            runs,
            self.control(if runs {
                Control::Start(node)
            } else {
                Control::Kill(node)
            }),
        ) {
            (true, true) => {
                self.cluster.run_for(AFTER_UP);
                Ok(())
            }
            (false, true) => Ok(()),
            (true, false) => Err(format!("Node {number} is not seen up.")),
            (false, false) => Err(format!("Node {number} is not seen down.")),
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
                        Some(_) => self.session.on_disconnect(),
                        None => self.session.on_timeout(),
                    }
                }
                Step::Operate { node, call } => {
                    self.cluster.run_for(NODETOOL_TAKES);
                    match self.cluster.operate(node, call, REQUEST_TIMEOUT) {
                        Some(Answer::Told(reply)) => self.session.on_told(&reply.answer),
                        Some(_) => self.session.on_disconnect(),
                        None => self.session.on_timeout(),
                    }
                }
                Step::Process { node, runs } => {
                    let done = self.process(node, runs);
                    self.session.on_process(done);
                }
                Step::ReadFile(file) => {
                    let read = self.files.as_ref().map(|files| files.read(&file));
                    self.session.on_file(read.unwrap_or(Err(NO_FILES.into())));
                }
                Step::WriteFile { file, text } => {
                    let written = self.files.as_mut().map(|files| files.write(&file, &text));
                    self.session.on_written(written.unwrap_or(Err(NO_FILES.into())));
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
            Output::Error(error) => shown += &format!("{}\n", error.text),
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
        assert_eq!(typed(&mut console, "! down 3\n"), "");
        assert!(typed(&mut console, "! nodetool 1 status\n").contains("\nDN  127.0.0.3"));
        assert!(typed(&mut console, "! nodetool 3 version\n").starts_with("nodetool: Failed to connect"));
        let refused = typed(&mut console, "CONSISTENCY ALL\nSELECT * FROM t WHERE id = 1;\n");
        assert!(refused.contains("Unavailable: "), "{refused}");
        assert_eq!(typed(&mut console, "! up 3\n"), "");
        assert!(typed(&mut console, "! nodetool 1 status\n").contains("\nUN  127.0.0.3"));
        assert!(typed(&mut console, "SELECT * FROM t WHERE id = 1;\n").ends_with("(0 rows)\n"));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let mut console = Console::start(&ClusterConfig::simple(Seed(7), 1), false);
        assert_eq!(typed(&mut console, "! down 2\n"), "There is no node 2.\n");
        for nonsense in ["! jump 1\n", "!\n", "! down\n"] {
            assert!(typed(&mut console, nonsense).contains("! up N starts it again"));
        }
        assert!(
            typed(&mut console, "! nodetool 1 dance\n").starts_with("nodetool: Found unexpected parameters: [dance]")
        );
    }

    #[test]
    fn a_session_survives_its_coordinator() {
        let mut console = with_keyspace();
        typed(&mut console, "! down 1\n");
        let lost = typed(&mut console, "SELECT * FROM t;\n");
        assert!(lost.starts_with("ConnectionShutdown: "), "{lost}");
        typed(&mut console, "! up 1\n");
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
