//! A cqlsh session as a state machine: text in; output, requests and waits for answers out.
//!
//! It has no clock, no cluster and no request numbers of its own: whoever hosts it sends its requests and brings the answers.

mod files;
mod input;
mod running;
mod settings;
mod tool;
mod trace;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use bytes::Bytes;
use uuid::Uuid;

use super::command::{Command, command};
use super::error::NATIVE_TRANSPORT_PORT;
use super::help::help;
use crate::base::{Duration, Endpoint, RequestId};
use crate::cql::SourcePosition;
use crate::data::{ConsistencyLevel, KeyspaceName, WriteTimestamp};
use crate::node::{ClientRequest, OperatorCall};
use files::Errand;
use input::{Input, Item};
use running::{Kind, Running};
use settings::Settings;
use tool::Tool;

/// What this shell and its cluster are like.
const VERSIONS: &str = "[cqlsh 6.2.2 | Cassandra 5.0.7 | CQL spec 3.4.7 | Native protocol v5]\n";

/// How long the session waits for an answer. cqlsh's `request_timeout`, 10 s.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Traces kept for SHOW SESSION; older ones are forgotten.
pub const MAX_TRACES: usize = 50;

#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The node it talks to.
    pub host: Endpoint,
    pub cluster_name: String,
    /// For a person rather than for a script: each page has its header and a blank line below.
    pub interactive: bool,
}

impl SessionConfig {
    pub fn new(host: Endpoint) -> SessionConfig {
        SessionConfig {
            host,
            cluster_name: crate::node::NodeConfig::DEFAULT_CLUSTER_NAME.into(),
            interactive: false,
        }
    }
}

/// What the host is to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// For standard output, byte for byte.
    Print(String),
    /// For standard error, without the newline at its end.
    Error(ShellError),
    Clear,
    /// To be sent; the session goes on once it is answered.
    Request(Request),
    /// nodetool's question to a node: see `on_told`.
    Operate {
        node: Endpoint,
        call: OperatorCall,
    },
    /// A node's process is to die (`false`) or to start, and the others to notice: see `on_process`.
    Process {
        node: Endpoint,
        runs: bool,
    },
    /// A file's text is wanted: see `on_file`.
    ReadFile(String),
    /// A file is to hold this, whatever it held: see `on_written`.
    WriteFile {
        file: String,
        text: String,
    },
    /// Wants the events of a request, for its trace: see `on_trace`.
    Trace(RequestId),
    /// A statement that asked the cluster something is over, its output given.
    Done,
    Exit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellError {
    pub text: String,
    /// Where in `statement` the trouble is.
    pub position: Option<SourcePosition>,
    pub statement: String,
    /// The file it is in, if SOURCE runs one.
    pub file: Option<String>,
    /// The line of input that comes next, counted from 1: what cqlsh prints before errors of a script.
    pub line: u32,
}

/// A client's request, still without its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub query: String,
    pub keyspace: Option<KeyspaceName>,
    pub consistency: ConsistencyLevel,
    pub serial_consistency: ConsistencyLevel,
    pub page_size: Option<u32>,
    pub paging_state: Option<Bytes>,
    pub timestamp: Option<WriteTimestamp>,
    /// The shell's own: not to be drawn as a statement.
    pub hidden: bool,
}

impl Request {
    pub fn with_id(self, id: RequestId) -> ClientRequest {
        ClientRequest {
            id,
            query: self.query,
            form: Default::default(),
            keyspace: self.keyspace,
            consistency: self.consistency,
            serial_consistency: self.serial_consistency,
            page_size: self.page_size,
            paging_state: self.paging_state,
            timestamp: self.timestamp,
        }
    }
}

pub struct Session {
    config: SessionConfig,
    settings: Settings,
    input: Input,
    queue: VecDeque<Item>,
    steps: VecDeque<Step>,
    running: Option<Running>,
    /// What was asked of a node or of the cluster, other than by CQL.
    tool: Option<Tool>,
    /// A command about a file.
    errand: Option<Errand>,
    /// The file that SOURCE runs.
    file: Option<String>,
    traces: VecDeque<(Uuid, String)>,
}

impl Session {
    pub fn new(config: SessionConfig) -> Session {
        Session {
            config,
            settings: Settings::default(),
            input: Input::default(),
            queue: VecDeque::new(),
            steps: VecDeque::new(),
            running: None,
            tool: None,
            errand: None,
            file: None,
            traces: VecDeque::new(),
        }
    }

    /// Takes text as typed or pasted: any number of lines and statements, the last possibly unfinished.
    pub fn submit(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            self.queue.extend(self.input.line(line.trim_end_matches(['\n', '\r'])));
        }
    }

    /// No more input will come.
    pub fn finish(&mut self) {
        self.queue.extend(self.input.finish());
    }

    /// Ctrl+C: forgets unfinished input, statements that wait, and what of the running one is still to come.
    pub fn interrupt(&mut self) {
        self.input.clear();
        self.queue.clear();
        self.steps.clear();
        self.running = None;
        self.tool = None;
        self.errand = None;
        self.file = None;
    }

    /// Talks to another node from the next statement on.
    pub fn connect(&mut self, host: Endpoint) {
        self.config.host = host;
    }

    pub fn prompt(&self) -> String {
        match (&self.settings.keyspace, self.input.is_empty()) {
            (None, true) => "cqlsh> ".into(),
            (None, false) => "   ... ".into(),
            (Some(keyspace), true) => format!("cqlsh:{keyspace}> "),
            (Some(keyspace), false) => format!("{}    ... ", " ".repeat(keyspace.chars().count())),
        }
    }

    /// The keyspace in use.
    pub fn keyspace(&self) -> Option<&KeyspaceName> {
        self.settings.keyspace.as_ref()
    }

    pub fn consistency(&self) -> ConsistencyLevel {
        self.settings.consistency
    }

    pub fn serial_consistency(&self) -> ConsistencyLevel {
        self.settings.serial_consistency
    }

    /// A request is out.
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || self.tool.is_some() || self.errand.is_some()
    }

    /// The next thing to do; `None`: it waits for input, or for the answer to its last request.
    pub fn step(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Some(step);
            }
            if self.is_busy() {
                return None;
            }
            match self.queue.pop_front()? {
                Item::Statement { text, line } => self.begin(text, line),
                Item::Directive { text, line } => self.direct(&text, line),
                Item::Refused { text, line } => self.error(text, None, String::new(), line),
                Item::Leave { settings, file } => (self.settings, self.file) = (*settings, file),
            }
        }
    }

    fn begin(&mut self, statement: String, line: u32) {
        let shown = statement.clone();
        let refuse = |session: &mut Session, text: String| session.error(text, None, shown, line);
        match command(&statement) {
            Command::Cql => self.ask(statement, line, Kind::Statement),
            Command::Use { .. } => self.ask(statement, line, Kind::Use),
            Command::Describe(what) => self.ask(statement, line, Kind::Describe(what)),
            Command::Consistency(level) => {
                let text = self.settings.consistency(level);
                self.say(text);
            }
            Command::SerialConsistency(level) => {
                let text = self.settings.serial_consistency(level);
                self.say(text);
            }
            Command::Tracing(switch) => {
                let text = settings::switch("TRACING", &mut self.settings.tracing, switch);
                self.say(text);
            }
            Command::Expand(switch) => {
                let text = settings::switch("EXPAND", &mut self.settings.expand, switch);
                self.say(text);
            }
            Command::Paging(paging) => {
                let text = self.settings.paging(paging);
                self.say(text);
            }
            Command::ShowVersion => self.say(VERSIONS.into()),
            Command::ShowHost => self.say(format!(
                "Connected to {} at {}:{}\n",
                self.config.cluster_name, self.config.host, NATIVE_TRANSPORT_PORT
            )),
            Command::ShowSession(id) => match self.traces.iter().find(|(other, _)| *other == id) {
                Some((_, text)) => self.say(text.clone()),
                None => refuse(self, format!("Session {id} wasn't found.")),
            },
            Command::Clear => self.steps.push_back(Step::Clear),
            Command::Exit if self.leave_file() => {}
            Command::Exit => self.steps.push_back(Step::Exit),
            Command::Help(topics) => match help(&topics) {
                Ok(text) => self.say(text),
                Err(unknown) => refuse(self, format!("*** No help on {unknown}")),
            },
            Command::Source(file) => self.source(file, line),
            Command::Copy(copy) => self.copy(copy, line),
            Command::Unsupported { word, instead } => {
                refuse(self, format!("{word} is not supported: {instead}."));
            }
            Command::Improper(word) => refuse(self, format!("Improper {word} command.")),
        }
    }

    fn say(&mut self, text: String) {
        if !text.is_empty() {
            self.steps.push_back(Step::Print(text));
        }
    }

    fn error(&mut self, text: String, position: Option<SourcePosition>, statement: String, line: u32) {
        self.steps.push_back(Step::Error(ShellError {
            text,
            position,
            statement,
            file: self.file.clone(),
            line,
        }));
    }
}
