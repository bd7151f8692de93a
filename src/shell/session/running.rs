//! The statement under way: what its answers turn into.

use std::collections::VecDeque;

use super::super::describe::{Described, described};
use super::super::error::{describe_error, disconnected, error_line, position, timed_out};
use super::super::table::Table;
use super::trace::Trace;
use super::{MAX_TRACES, Request, Session, Step};
use crate::base::{RequestId, WallClock};
use crate::cql::{QueryError, QueryResult, Rows};
use crate::data::ConsistencyLevel;
use crate::event::Event;
use crate::node::ClientReply;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Statement,
    Use,
    Describe(Described),
}

pub struct Running {
    statement: String,
    line: u32,
    kind: Kind,
    tracing: bool,
    /// Once its first page is there.
    table: Option<Table>,
    /// Rows of DESCRIBE from the pages before.
    described: Vec<Vec<Option<bytes::Bytes>>>,
    /// Requests whose traces are still to be shown, the first being waited for.
    traces: VecDeque<RequestId>,
}

impl Session {
    pub(super) fn ask(&mut self, statement: String, line: u32, kind: Kind) {
        let settings = &self.settings;
        let reads_traces = settings
            .keyspace
            .as_ref()
            .is_some_and(|keyspace| &**keyspace == "system_traces")
            || statement.to_lowercase().contains("system_traces.");
        let running = Running {
            tracing: settings.tracing && kind == Kind::Statement && !(reads_traces && is_select(&statement)),
            statement,
            line,
            kind,
            table: None,
            described: Vec::new(),
            traces: VecDeque::new(),
        };
        self.steps.push_back(Step::Request(self.request(&running, None)));
        self.running = Some(running);
    }

    fn request(&self, running: &Running, paging_state: Option<bytes::Bytes>) -> Request {
        let settings = &self.settings;
        Request {
            query: running.statement.clone(),
            keyspace: settings.keyspace.clone(),
            consistency: match running.kind {
                Kind::Statement => settings.consistency,
                Kind::Use => ConsistencyLevel::One,
                Kind::Describe(_) => ConsistencyLevel::LocalOne,
            },
            serial_consistency: settings.serial_consistency,
            page_size: settings.page_size(),
            paging_state,
            timestamp: None,
            hidden: false,
        }
    }

    /// The answer to the last request. One that comes after an interruption is ignored.
    pub fn on_reply(&mut self, reply: ClientReply) {
        if let Some(errand) = self.errand.take() {
            return self.on_copy_reply(errand, reply);
        }
        let Some(mut running) = self.running.take() else {
            return;
        };
        let result = match reply.result {
            Ok(result) => result,
            Err(error) => return self.failed(running, &error),
        };
        if running.tracing {
            running.traces.push_back(reply.id);
        }
        if let QueryResult::SetKeyspace(keyspace) = &result {
            self.settings.keyspace = Some(keyspace.clone());
        }
        let next_page = match (running.kind, result) {
            (Kind::Describe(what), QueryResult::Rows(rows)) => {
                // DESCRIBE answers in pages too, all of which make one text.
                running.described.extend(rows.rows);
                let next_page = rows.paging_state;
                if next_page.is_none() {
                    let all = Rows {
                        rows: core::mem::take(&mut running.described),
                        paging_state: None,
                        ..rows
                    };
                    self.say(described(what, &all, self.settings.keyspace.is_some()));
                }
                next_page
            }
            (_, QueryResult::Rows(rows)) => self.show(&mut running, rows),
            _ => None,
        };
        if next_page.is_some() {
            self.steps.push_back(Step::Request(self.request(&running, next_page)));
            self.running = Some(running);
        } else {
            self.warn(&reply.warnings);
            self.next_trace(running);
        }
    }

    /// The coordinator died, or there is none at that address.
    pub fn on_disconnect(&mut self) {
        if self.tool_failed("ConnectException", "Connection refused") {
            return;
        }
        let text = disconnected(self.config.host);
        if self.copy_failed(&text) {
            return;
        }
        self.broken_off(text);
    }

    /// No answer came within `REQUEST_TIMEOUT`. A later one is not to be passed on.
    pub fn on_timeout(&mut self) {
        if self.tool_failed("SocketTimeoutException", "Read timed out") {
            return;
        }
        let text = timed_out(self.config.host);
        if self.copy_failed(&text) {
            return;
        }
        self.broken_off(text);
    }

    fn broken_off(&mut self, text: String) {
        if let Some(running) = self.running.take() {
            self.error(text, None, running.statement, running.line);
            self.steps.push_back(Step::Done);
        }
    }

    /// What happened for the request that `Step::Trace` names, so far.
    pub fn on_trace(&mut self, events: &[Event], clock: WallClock) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        let Some(request) = running.traces.pop_front() else {
            self.running = Some(running);
            return;
        };
        match Trace::of(request, events, clock, self.config.host) {
            Some(trace) => {
                let text = trace.text(self.config.interactive);
                self.say(text.clone());
                self.traces.truncate(MAX_TRACES - 1);
                self.traces.push_front((trace.session(), text));
            }
            None => {
                let text = format!("No rows for session {} found.", request.0);
                self.error(text, None, running.statement.clone(), running.line);
            }
        }
        self.next_trace(running);
    }

    fn next_trace(&mut self, running: Running) {
        match running.traces.front() {
            Some(request) => {
                self.steps.push_back(Step::Trace(*request));
                self.running = Some(running);
            }
            None => self.steps.push_back(Step::Done),
        }
    }

    /// A page of a result. Answers where the next one begins.
    fn show(&mut self, running: &mut Running, rows: Rows) -> Option<bytes::Bytes> {
        let interactive = self.config.interactive;
        let is_query = is_select(&running.statement) || starts_with(&running.statement, "list");
        let is_first = running.table.is_none();
        let expand = self.settings.expand;
        let table = running.table.get_or_insert_with(|| Table::new(expand, interactive));
        if !is_query {
            // Whether a condition held, and what stood in the way.
            if !rows.rows.is_empty() {
                let text = table.page(&rows);
                self.say(format!("\n{text}"));
            }
            return None;
        }
        let mut text = String::from(if is_first { "\n" } else { "" });
        text += &table.page(&rows);
        if rows.paging_state.is_none() {
            if !interactive {
                text.push('\n');
            }
            text += &format!("({} rows)\n", table.rows());
        }
        self.say(text);
        rows.paging_state
    }

    fn warn(&mut self, warnings: &[String]) {
        if !warnings.is_empty() {
            let warnings: String = warnings.iter().map(|warning| format!("{warning}\n\n")).collect();
            self.say(format!("\nWarnings :\n{warnings}"));
        }
    }

    fn failed(&mut self, running: Running, error: &QueryError) {
        let text = match running.kind {
            Kind::Describe(_) => describe_error(error),
            Kind::Statement | Kind::Use => error_line(error),
        };
        // Of what fails after the first page, cqlsh leaves out the class.
        let text = match text.split_once(": ") {
            Some((_, message)) if running.table.is_some() => message.to_owned(),
            _ => text,
        };
        self.error(text, position(error), running.statement, running.line);
        self.steps.push_back(Step::Done);
    }
}

fn is_select(statement: &str) -> bool {
    starts_with(statement, "select")
}

fn starts_with(statement: &str, word: &str) -> bool {
    statement
        .get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}
