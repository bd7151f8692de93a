//! Between shells and the cluster: what is typed becomes requests, and answers become output.

use super::api::{ShellEntry, ShellId, StatementSummary};
use super::engine::{Playground, Timer};
use super::shells::{Dialogue, REQUEST_TIMEOUT, Turn};
use crate::base::{Endpoint, Instant, RequestId};
use crate::sim::{Answer, Control, Parcel, ProcessState};

impl<P: Parcel + Clone, D: Dialogue> Playground<P, D> {
    pub(super) fn type_into(&mut self, id: ShellId, text: &str) {
        let first = Endpoint::nth(1);
        if let Some(shell) = self.shells.open(id, first) {
            let prompt = shell.dialogue.prompt();
            let text = text.to_owned();
            shell.dialogue.submit(&text);
            shell.show(ShellEntry::Input { prompt, text });
            self.drive(id, self.now());
        }
    }

    /// Lets a shell go on until it waits. `at` is the shell's own now: an answer may have reached it ahead of the nodes.
    pub(super) fn drive(&mut self, id: ShellId, at: Instant) {
        while let Some(shell) = self.shells.get(id)
            && shell.pending.is_none()
            && let Some(turn) = shell.dialogue.step()
        {
            match turn {
                Turn::Print(text) => shell.show(ShellEntry::Output(text)),
                Turn::Error { text, position } => shell.show(ShellEntry::Error { text, position }),
                Turn::Clear => shell.show(ShellEntry::Clear),
                Turn::Done => {
                    let summary = shell
                        .statement
                        .take()
                        .and_then(|request| self.recorder.traces.summary(request));
                    if let Some(summary) = summary {
                        shell.show(ShellEntry::Summary(summary.clone()));
                    }
                }
                Turn::Trace(request) => {
                    let clock = self.roster.nodes()[0].clock;
                    shell.dialogue.on_trace(self.recorder.traces.events(request), clock);
                }
                Turn::Request(question) => {
                    let coordinator = shell.coordinator;
                    if self
                        .scheduler
                        .state(coordinator)
                        .is_none_or(|state| state == ProcessState::Down)
                    {
                        shell.dialogue.on_disconnect();
                        shell.changed();
                        continue;
                    }
                    self.requests += 1;
                    let request = RequestId(self.requests);
                    shell.pending = Some(request);
                    shell.changed();
                    if !question.hidden {
                        shell.statement.get_or_insert(request);
                        let summary = StatementSummary::begin(id, request, coordinator, at, &question);
                        self.recorder.traces.begin(summary, question.keyspace.clone());
                        self.locate_last();
                    }
                    self.scheduler.submit(at, coordinator, question.with_id(request));
                    self.set_timer(at + REQUEST_TIMEOUT, Timer::GiveUp(request));
                }
            }
        }
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
                Timer::GiveUp(request) => self.answered(at, request, None),
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
                Some(Answer::Reply(reply)) => shell.dialogue.on_reply(reply),
                Some(Answer::Disconnected(_)) => shell.dialogue.on_disconnect(),
                None => shell.dialogue.on_timeout(),
            }
        }
        self.drive(id, at);
    }
}
