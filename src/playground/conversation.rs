//! Between shells and the cluster: what is typed becomes requests, and answers become output.

use super::api::{ShellEntry, ShellId, StatementSummary};
use super::engine::{Playground, Timer};
use crate::base::{Duration, Endpoint, Instant, RequestId};
use crate::node::OperatorRequest;
use crate::shell::{REQUEST_TIMEOUT, Request, ShellError, Step};
use crate::sim::{Answer, CLIENT_LATENCY, Control, Parcel, ProcessState};

/// A script that killed or started a node goes on when the others have noticed: looked for first after so long,
const FIRST_LOOK: Duration = Duration::from_secs(2);
/// then so often,
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// and for so long at most: a paused node notices nothing.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

const NO_FILES: &str = "a page reads no files; paste what is in it";
const STAYS: &str = "This shell stays open as long as the page does.\n";

impl<P: Parcel + Clone> Playground<P> {
    pub(super) fn type_into(&mut self, id: ShellId, text: &str) {
        let first = Endpoint::nth(1);
        if let Some(shell) = self.shells.open(id, first) {
            let prompt = shell.session.prompt();
            let text = text.to_owned();
            shell.session.submit(&text);
            shell.show(ShellEntry::Input { prompt, text });
            self.drive(id, self.now());
        }
    }

    /// Lets a shell go on until it waits. `at` is the shell's own now: an answer may have reached it ahead of the nodes.
    pub(super) fn drive(&mut self, id: ShellId, at: Instant) {
        while let Some(shell) = self.shells.get(id)
            && shell.pending.is_none()
            && let Some(step) = shell.session.step()
        {
            match step {
                Step::Print(text) => shell.show(ShellEntry::Output(text)),
                Step::Error(ShellError { text, position, .. }) => shell.show(ShellEntry::Error { text, position }),
                Step::Clear => shell.show(ShellEntry::Clear),
                Step::Done => {
                    let request = shell.statement.take();
                    let summary = request.and_then(|request| self.recorder.traces.summary(request));
                    let summary = summary.map(|summary| self.completed(summary));
                    if let (Some(summary), Some(shell)) = (summary, self.shells.get(id)) {
                        shell.show(ShellEntry::Summary(summary));
                    }
                }
                // There is nothing to leave.
                Step::Exit => shell.show(ShellEntry::Output(STAYS.into())),
                Step::ReadFile(_) => shell.session.on_file(Err(NO_FILES.into())),
                Step::WriteFile { file, text } => {
                    let name = file.rsplit('/').next().unwrap_or(&file).to_owned();
                    shell.show(ShellEntry::File { name, text });
                    shell.session.on_written(Ok(()));
                }
                Step::Trace(request) => {
                    let clock = self.roster.nodes()[0].clock;
                    shell.session.on_trace(self.recorder.traces.events(request), clock);
                }
                Step::Request(request) => self.ask(id, at, request),
                Step::Operate { node, call } => {
                    if let Some(id) = self.wait_for_node(id, at, node) {
                        self.scheduler.operate(at, node, OperatorRequest { id, call });
                    }
                }
                Step::Process { node, runs } => self.change_process(id, at, node, runs),
            }
        }
    }

    /// A shell's request goes out to its coordinator.
    fn ask(&mut self, id: ShellId, at: Instant, asks: Request) {
        let Some(coordinator) = self.shells.get(id).map(|shell| shell.coordinator) else {
            return;
        };
        let Some(request) = self.wait_for_node(id, at, coordinator) else {
            return;
        };
        if !asks.hidden {
            if let Some(shell) = self.shells.get(id) {
                shell.statement.get_or_insert(request);
            }
            let summary = StatementSummary::begin(id, request, coordinator, at, &asks);
            self.recorder.traces.begin(summary, asks.keyspace.clone());
            self.locate_last();
        }
        self.scheduler.submit(at, coordinator, asks.with_id(request));
    }

    /// The shell waits for what a node will answer to the request of this number; `None`: the node is down, and it knows.
    fn wait_for_node(&mut self, id: ShellId, at: Instant, node: Endpoint) -> Option<RequestId> {
        let is_down = |state| state == ProcessState::Down;
        let shell = self.shells.get(id)?;
        if self.scheduler.state(node).is_none_or(is_down) {
            shell.session.on_disconnect();
            shell.changed();
            return None;
        }
        self.requests += 1;
        let request = RequestId(self.requests);
        shell.pending = Some(request);
        shell.changed();
        self.set_timer(at + REQUEST_TIMEOUT, Timer::GiveUp(request));
        Some(request)
    }

    /// A script kills or starts a node; it goes on once the others have noticed.
    fn change_process(&mut self, id: ShellId, at: Instant, node: Endpoint, runs: bool) {
        let Some(shell) = self.shells.get(id) else { return };
        if self.roster.get(node).is_none() {
            let why = format!("There is no node {}.", node.number());
            return shell.session.on_process(Err(why));
        }
        self.requests += 1;
        let request = RequestId(self.requests);
        shell.pending = Some(request);
        shell.changed();
        // As a click takes its moment: not before what the nodes have done already.
        let done = at + CLIENT_LATENCY;
        let change = if runs { Timer::Start(node) } else { Timer::Kill(node) };
        self.set_timer(done, change);
        let until = done + LONGEST_WAIT;
        self.set_timer(done + FIRST_LOOK, Timer::Look { request, node, until });
    }

    fn is_noticed(&self, node: Endpoint) -> bool {
        let runs = |it| self.scheduler.state(it) == Some(ProcessState::Running);
        let takes_for_down = |it| self.recorder.takes_for_down(node).any(|sceptic| sceptic == it);
        let mut others = self.scheduler.endpoints().filter(|it| *it != node && runs(*it));
        others.all(|it| takes_for_down(it) != runs(node))
    }

    /// Goes on with the script if all running nodes know by now whether `node` runs; else looks again later.
    fn look(&mut self, at: Instant, request: RequestId, node: Endpoint, until: Instant) {
        let known = self.is_noticed(node);
        if !known && at < until {
            return self.set_timer(at + LOOK_EVERY, Timer::Look { request, node, until });
        }
        let Some(id) = self.shells.waiting_for(request) else {
            return;
        };
        if let Some(shell) = self.shells.get(id) {
            shell.pending = None;
            shell.changed();
            let why = format!(
                "Not every node has noticed by now what became of node {}.",
                node.number()
            );
            shell.session.on_process(if known { Ok(()) } else { Err(why) });
        }
        self.drive(id, at);
    }

    /// Answers reach their shells, and what was set for now is done.
    pub(super) fn do_what_is_due(&mut self) {
        let now = self.now();
        while let Some(((at, request), answer)) = self.answers.pop_first() {
            if at > now {
                self.answers.insert((at, request), answer);
                break;
            }
            self.answered(at, request, Some(answer));
        }
        while let Some(((at, number), timer)) = self.timers.pop_first() {
            if at > now {
                self.timers.insert((at, number), timer);
                break;
            }
            match timer {
                Timer::Start(node) => self.control(Control::Start(node)),
                Timer::Kill(node) => self.control(Control::Kill(node)),
                Timer::GiveUp(request) => self.answered(at, request, None),
                Timer::Look { request, node, until } => self.look(at, request, node, until),
            }
        }
    }

    pub(super) fn answered(&mut self, at: Instant, request: RequestId, answer: Option<Answer>) {
        let Some(id) = self.shells.waiting_for(request) else {
            return;
        };
        self.recorder.traces.end(request, at);
        if let Some(shell) = self.shells.get(id) {
            shell.pending = None;
            shell.changed();
            match answer {
                Some(Answer::Reply(reply)) => shell.session.on_reply(reply),
                Some(Answer::Told(reply)) => shell.session.on_told(&reply.answer),
                Some(Answer::Disconnected(_)) => shell.session.on_disconnect(),
                None => shell.session.on_timeout(),
            }
        }
        self.drive(id, at);
    }
}
