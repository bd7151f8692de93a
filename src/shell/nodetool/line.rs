//! A command line of nodetool's: its words, the options before the command, and what the command takes.

use super::Output;
use super::usage::{Flag, Usage, global};
use crate::base::Endpoint;

/// What a command was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// What is no option, in order.
    pub words: Vec<String>,
    options: Vec<(Flag, String)>,
}

impl Arguments {
    /// The value of an option, by its first name; of a switch, nothing. `None`: it was not given.
    pub fn option(&self, name: &str) -> Option<&str> {
        let found = self.options.iter().find(|(flag, _)| flag.first_name() == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.option(name).is_some()
    }

    pub fn word(&self, place: usize) -> Option<&str> {
        self.words.get(place).map(String::as_str)
    }
}

/// A line cut in two: whom to ask, and the command with what follows it.
pub struct Line {
    /// `-h`; none is the node at hand.
    pub host: Option<String>,
    pub command: Option<String>,
    pub rest: Vec<String>,
}

impl Line {
    /// Takes the words after `nodetool`.
    pub fn parse(words: Vec<String>) -> Result<Line, Output> {
        let mut host = None;
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some(flag) = global().find(|flag| flag.names().any(|name| name == word)) else {
                return Ok(Line {
                    host,
                    command: Some(word),
                    rest: words.collect(),
                });
            };
            if flag.takes_value() {
                let value = words.next().ok_or_else(|| value_is_missing(flag))?;
                if flag.first_name() == "-h" {
                    host = Some(value);
                }
            }
        }
        Ok(Line {
            host,
            command: None,
            rest: Vec::new(),
        })
    }

    /// The node that is meant; `here` is the one at hand.
    pub fn node(&self, here: Endpoint) -> Result<Endpoint, Output> {
        match self.host.as_deref() {
            None | Some("localhost") => Ok(here),
            Some(host) => host.parse().map(Endpoint).map_err(|_| {
                let reason = format!("{host}: Name or service not known");
                unreachable(host, "UnknownHostException", &reason)
            }),
        }
    }
}

/// The port that Cassandra's tool connects to.
const JMX_PORT: u16 = 7199;

/// No connection, for a reason with the name of Java's exception.
pub fn unreachable(host: impl core::fmt::Display, exception: &str, reason: &str) -> Output {
    Output::bad_use_without_hint(&format!(
        "Failed to connect to '{host}:{JMX_PORT}' - {exception}: '{reason}'."
    ))
}

/// Sorts what follows a command's name into options and words; `most` is how many words it takes. Like the tool, it takes an
/// option that it does not know for a word.
pub fn arguments(usage: &Usage, rest: &[String], most: usize) -> Result<Arguments, Output> {
    let mut arguments = Arguments::default();
    let mut rest = rest.iter();
    let mut options_are_over = false;
    while let Some(word) = rest.next() {
        match usage.flag(word).filter(|_| !options_are_over) {
            Some(flag) if flag.takes_value() => {
                let value = rest.next().ok_or_else(|| value_is_missing(flag))?;
                arguments.options.push((flag, value.clone()));
            }
            Some(flag) => arguments.options.push((flag, String::new())),
            None if word == "--" && !options_are_over => options_are_over = true,
            None => arguments.words.push(word.clone()),
        }
    }
    match arguments.words.get(most..) {
        None | Some([]) => Ok(arguments),
        Some(unexpected) => Err(unexpected_words(unexpected)),
    }
}

pub fn unexpected_words(words: &[String]) -> Output {
    Output::bad_use(&format!("Found unexpected parameters: [{}]", words.join(", ")))
}

fn value_is_missing(flag: Flag) -> Output {
    let title = flag.title();
    Output::bad_use(&format!("Required values for option '{title}' not provided"))
}

/// Cuts text into words as a command line's shell does: at white space that is not in quotes.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_space_outside_quotes() {
        assert_eq!(
            words(" getendpoints shop orders 'a \"b\" c'  \"\" d'e f'g "),
            ["getendpoints", "shop", "orders", "a \"b\" c", "", "de fg"]
        );
        assert!(words("  ").is_empty());
    }

    #[test]
    fn the_host_comes_before_the_command() {
        let line = Line::parse(words("-pp --host 127.0.0.2 -p 7 status -r -- -r")).unwrap();
        assert_eq!(
            (line.host.as_deref(), line.command.as_deref()),
            (Some("127.0.0.2"), Some("status"))
        );
        assert_eq!(line.node(Endpoint::nth(1)), Ok(Endpoint::nth(2)));
        let status = Usage::of("status").unwrap();
        let given = arguments(&status, &line.rest, 1).unwrap();
        assert!(given.has("-r") && given.words == ["-r"]);
        let missing = Line::parse(words("-h")).map(drop).unwrap_err();
        assert_eq!(
            missing.stdout.lines().next(),
            Some("nodetool: Required values for option 'host' not provided")
        );
    }
}
