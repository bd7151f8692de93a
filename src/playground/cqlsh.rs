//! cqlsh as a playground's shell.

use super::shells::{Dialogue, Question, Turn};
use crate::base::{Endpoint, WallClock};
use crate::data::{ConsistencyLevel, KeyspaceName};
use crate::event::Event;
use crate::node::ClientReply;
use crate::shell::{Session, SessionConfig, Step};

impl Dialogue for Session {
    fn start(host: Endpoint) -> Session {
        Session::new(SessionConfig::new(host))
    }

    fn submit(&mut self, text: &str) {
        Session::submit(self, text);
    }

    fn interrupt(&mut self) {
        Session::interrupt(self);
    }

    fn step(&mut self) -> Option<Turn> {
        Some(match Session::step(self)? {
            Step::Print(text) => Turn::Print(text),
            Step::Error(error) => Turn::Error {
                text: error.text,
                position: error.position,
            },
            Step::Clear => Turn::Clear,
            Step::Done => Turn::Done,
            Step::Trace(request) => Turn::Trace(request),
            Step::Request(it) => Turn::Request(Question {
                query: it.query,
                keyspace: it.keyspace,
                consistency: it.consistency,
                serial_consistency: it.serial_consistency,
                page_size: it.page_size,
                paging_state: it.paging_state,
                timestamp: it.timestamp,
                hidden: it.hidden,
            }),
            // There is nothing to leave: the page's shell stays.
            Step::Exit => Turn::Print("This shell stays open as long as the page does.\n".into()),
        })
    }

    fn on_reply(&mut self, reply: ClientReply) {
        Session::on_reply(self, reply);
    }

    fn on_disconnect(&mut self) {
        Session::on_disconnect(self);
    }

    fn on_timeout(&mut self) {
        Session::on_timeout(self);
    }

    fn on_trace(&mut self, events: &[Event], clock: WallClock) {
        Session::on_trace(self, events, clock);
    }

    fn connect(&mut self, host: Endpoint) {
        Session::connect(self, host);
    }

    fn prompt(&self) -> String {
        Session::prompt(self)
    }

    fn keyspace(&self) -> Option<KeyspaceName> {
        Session::keyspace(self).cloned()
    }

    fn consistency(&self) -> ConsistencyLevel {
        Session::consistency(self)
    }

    fn serial_consistency(&self) -> ConsistencyLevel {
        Session::serial_consistency(self)
    }
}
