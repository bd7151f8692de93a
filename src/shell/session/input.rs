//! What was typed but is not a whole statement yet, line by line as cqlsh reads it.

use super::super::command::ends_at_newline;
use super::settings::Settings;
use crate::cql::split;

/// What a line of input completes.
#[derive(Debug, PartialEq)]
pub enum Item {
    Statement {
        text: String,
        line: u32,
    },
    /// Not for cqlsh: a line that begins with `nodetool` or `!`, whole.
    Directive {
        text: String,
        line: u32,
    },
    /// What cqlsh cannot cut into statements, with what it says.
    Refused {
        text: String,
        line: u32,
    },
    /// The end of a file that SOURCE ran, and what was set before it: the name of the file around it, if there is one, too.
    Leave {
        settings: Box<Settings>,
        file: Option<String>,
    },
}

#[derive(Default)]
pub struct Input {
    pending: String,
    lines: u32,
}

impl Input {
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub fn clear(&mut self) {
        self.pending.clear();
    }

    /// Takes a line, without the newline at its end.
    pub fn line(&mut self, line: &str) -> Vec<Item> {
        self.lines += 1;
        if self.pending.is_empty() && is_directive(line) {
            return vec![Item::Directive {
                text: line.to_owned(),
                line: self.lines + 1,
            }];
        }
        let goes_on = !self.pending.is_empty() && surely_completes_nothing(line);
        self.pending.push_str(line);
        self.pending.push('\n');
        if goes_on { Vec::new() } else { self.take_complete(false) }
    }

    /// The end of the input.
    pub fn finish(&mut self) -> Vec<Item> {
        if self.pending.trim().is_empty() {
            self.pending.clear();
            return Vec::new();
        }
        self.take_complete(true)
    }

    fn take_complete(&mut self, is_the_end: bool) -> Vec<Item> {
        // cqlsh has counted the line it is about to read.
        let line = self.lines + 1;
        let split = match split(&self.pending, ends_at_newline) {
            Ok(split) => split,
            Err(invalid) => {
                let source = self.pending.lines().nth(invalid.line - 1).unwrap_or_default();
                let refusals = [
                    format!("Invalid syntax at line {}, char {}", invalid.line, invalid.character),
                    format!("  {source}"),
                    format!(" {}^", " ".repeat(invalid.character)),
                ];
                self.pending.clear();
                return refusals.into_iter().map(|text| Item::Refused { text, line }).collect();
            }
        };
        if !split.is_complete {
            if !is_the_end {
                return Vec::new();
            }
            self.pending.clear();
            return vec![Item::Refused {
                text: "Incomplete statement at end of file".into(),
                line,
            }];
        }
        let pending = core::mem::take(&mut self.pending);
        let statement = |range: core::ops::Range<usize>| Item::Statement {
            text: pending[range].to_owned(),
            line,
        };
        split.statements.into_iter().map(statement).collect()
    }
}

/// Whether a line that begins a statement is none: its quotes and dashes are not CQL's.
fn is_directive(line: &str) -> bool {
    let line = line.trim_start();
    let first = line.split(|c: char| c.is_whitespace() || c == ';').next();
    line.starts_with('!') || first == Some("nodetool")
}

/// Spares cutting a long statement anew for each of its lines.
fn surely_completes_nothing(line: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " \t,().:_=<>-+".contains(c);
    line.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: Vec<Item>) -> Vec<String> {
        let text = |item| match item {
            Item::Statement { text, .. } | Item::Directive { text, .. } | Item::Refused { text, .. } => text,
            Item::Leave { .. } => unreachable!("only SOURCE leaves a file"),
        };
        items.into_iter().map(text).collect()
    }

    #[test]
    fn a_statement_may_take_several_lines() {
        let mut input = Input::default();
        assert!(input.line("SELECT id").is_empty());
        assert!(input.line("  FROM t").is_empty());
        assert!(!input.is_empty());
        assert_eq!(texts(input.line("; USE k;")), ["SELECT id\n  FROM t\n;", "USE k;"]);
        assert!(input.is_empty());
    }

    #[test]
    fn comments_and_commands_end_with_their_line() {
        let mut input = Input::default();
        assert!(input.line("-- nothing").is_empty());
        assert!(input.is_empty());
        assert_eq!(texts(input.line("CONSISTENCY")), ["CONSISTENCY\n"]);
        assert!(input.line("/* more").is_empty());
        assert!(!input.is_empty());
        assert!(input.line("to come */").is_empty());
        assert!(input.is_empty());
    }

    #[test]
    fn lines_for_the_cluster_are_taken_whole() {
        let mut input = Input::default();
        let lines = ["! down 2", "nodetool tablestats --format json", "nodetool"];
        for line in lines {
            assert!(matches!(&input.line(line)[..], [Item::Directive { text, .. }] if text == line));
        }
        assert!(input.line("SELECT").is_empty());
        assert!(input.line("nodetool").is_empty(), "within a statement it is none");
    }

    #[test]
    fn what_cannot_be_cut_is_pointed_at() {
        let mut input = Input::default();
        assert_eq!(
            texts(input.line("SELECT i ^ 2;")),
            ["Invalid syntax at line 1, char 10", "  SELECT i ^ 2;", "           ^"]
        );
        assert!(input.is_empty());
    }

    #[test]
    fn the_end_of_the_input_finds_what_is_unfinished() {
        let mut input = Input::default();
        input.line("SELECT 1");
        assert_eq!(texts(input.finish()), ["Incomplete statement at end of file"]);
        assert!(input.finish().is_empty());
    }
}
