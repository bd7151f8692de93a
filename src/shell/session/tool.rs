//! Lines that are not for cqlsh: nodetool's, and those that begin with `!` and act on the cluster.

use super::super::nodetool::{self, Asked, Begun, Output};
use super::{Session, Step};
use crate::base::Endpoint;
use crate::node::OperatorAnswer;

const USAGE: &str = "nodetool [-h HOST] COMMAND asks the node this shell talks to, or HOST; in scripts also: ! nodetool N COMMAND \
                     for node N, ! down N kills node N, ! up N starts it again.";

/// What is waited for.
pub(super) enum Tool {
    Command { node: Endpoint, asked: Asked, line: u32 },
    Process { line: u32 },
}

impl Session {
    pub(super) fn direct(&mut self, text: &str, line: u32) {
        let text = text.trim();
        let text = text.strip_suffix(';').unwrap_or(text);
        let Some(directive) = text.strip_prefix('!') else {
            let words = nodetool::words(text).split_off(1);
            return self.tool(words, self.config.host, line);
        };
        let mut words = nodetool::words(directive);
        let node = words.get(1).and_then(|number| number.parse().ok()).map(Endpoint::nth);
        match (words.first().map(String::as_str), node, words.len()) {
            (Some("nodetool"), Some(node), _) => {
                words.drain(..2);
                self.tool(words, node, line);
            }
            (Some(verb @ ("down" | "up")), Some(node), 2) => {
                let runs = verb == "up";
                self.steps.push_back(Step::Process { node, runs });
                self.tool = Some(Tool::Process { line });
            }
            _ => self.error(USAGE.into(), None, String::new(), line),
        }
    }

    fn tool(&mut self, words: Vec<String>, here: Endpoint, line: u32) {
        match nodetool::begin(words, here) {
            Begun::Said(output) => self.printed(output, line),
            Begun::Asks { node, call, then } => {
                self.steps.push_back(Step::Operate { node, call });
                let asked = then;
                self.tool = Some(Tool::Command { node, asked, line });
            }
        }
    }

    /// The node's answer to nodetool. One that comes after an interruption is ignored.
    pub fn on_told(&mut self, answer: &OperatorAnswer) {
        if let Some(Tool::Command { asked, line, .. }) = self.tool.take() {
            self.printed(asked.told(answer), line);
        }
    }

    /// The cluster has done what `Step::Process` wanted; or why not.
    pub fn on_process(&mut self, done: Result<(), String>) {
        if let Some(Tool::Process { line }) = self.tool.take()
            && let Err(why) = done
        {
            self.error(why, None, String::new(), line);
        }
    }

    /// Whether it was nodetool that got no answer, for the reason given as Java names it; if so it is told.
    pub(super) fn tool_failed(&mut self, exception: &str, reason: &str) -> bool {
        match self.tool.take() {
            Some(Tool::Command { node, line, .. }) => {
                self.printed(nodetool::unreachable(node, exception, reason), line);
                true
            }
            other => other.is_some(),
        }
    }

    fn printed(&mut self, output: Output, line: u32) {
        let Output {
            stdout,
            stderr,
            exit_status,
        } = output;
        // `ring` leaves its last line open; what comes next begins on one of its own.
        let whole = |text: String| match text.ends_with('\n') || text.is_empty() {
            true => text,
            false => text + "\n",
        };
        let (said, wrong) = match exit_status {
            0 => (stdout + &stderr, String::new()),
            _ if stderr.is_empty() => (String::new(), stdout),
            _ => (stdout, stderr),
        };
        self.say(whole(said));
        if !wrong.is_empty() {
            self.error(wrong.trim_end_matches('\n').to_owned(), None, String::new(), line);
        }
    }
}
