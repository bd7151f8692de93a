//! What may be done to a served cluster from outside: a few words, the same in a file of faults and at the control port.

use std::str::FromStr;
use std::time::Duration;

use super::cluster::SimCluster;
use crate::base::Endpoint;
use crate::sim::{Control, LinkFaults, Ppm};

/// One thing done to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Kill(u8),
    Start(u8),
    Restart(u8),
    Pause(u8),
    Resume(u8),
    /// Of a link in both directions, of a node's links to all others, or of all links.
    Links {
        which: Links,
        faults: LinkFaults,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    Between(u8, u8),
    Of(u8),
    All,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongDeed {
    #[error(
        "{0:?} is nothing that can be done: give kill N, start N, restart N, pause N, resume N, cut N [M], slow N [M] DELAY, \
         lose N [M] PERCENT%, or heal [N [M]]"
    )]
    Unknown(String),
    #[error("{0:?} is no node: give its number or address")]
    NoNode(String),
    #[error("there is no node {0}")]
    Missing(u8),
    #[error("{0:?} is no length of time: give a number and us, ms, s or m")]
    NoDuration(String),
    #[error("line {line}: {error}")]
    AtLine { line: usize, error: Box<WrongDeed> },
}

impl Deed {
    /// Reads the words of a deed.
    pub fn read(words: &[&str]) -> Result<Deed, WrongDeed> {
        let unknown = || WrongDeed::Unknown(words.join(" "));
        Ok(match *words {
            ["kill", node] => Deed::Kill(self::node(node)?),
            ["start", node] => Deed::Start(self::node(node)?),
            ["restart", node] => Deed::Restart(self::node(node)?),
            ["pause", node] => Deed::Pause(self::node(node)?),
            ["resume", node] => Deed::Resume(self::node(node)?),
            ["cut", ref of @ ..] => Deed::Links {
                which: links(of).ok_or_else(unknown)??,
                faults: LinkFaults::CUT,
            },
            ["heal", ref of @ ..] => Deed::Links {
                which: if of.is_empty() {
                    Links::All
                } else {
                    links(of).ok_or_else(unknown)??
                },
                faults: LinkFaults::NONE,
            },
            ["slow", ref of @ .., delay] => Deed::Links {
                which: links(of).ok_or_else(unknown)??,
                faults: LinkFaults {
                    extra_latency: duration(delay)?,
                    ..LinkFaults::NONE
                },
            },
            ["lose", ref of @ .., percent] => {
                let percent = percent.trim_end_matches('%').parse().map_err(|_| unknown())?;
                Deed::Links {
                    which: links(of).ok_or_else(unknown)??,
                    faults: LinkFaults {
                        loss: Ppm::percent(percent),
                        ..LinkFaults::NONE
                    },
                }
            }
            _ => return Err(unknown()),
        })
    }

    pub fn apply(&self, cluster: &mut SimCluster) -> Result<(), WrongDeed> {
        let all: Vec<Endpoint> = cluster.endpoints().collect();
        let known = |number: u8| {
            let node = Endpoint::nth(number);
            all.contains(&node).then_some(node).ok_or(WrongDeed::Missing(number))
        };
        match *self {
            Deed::Kill(node) => cluster.control(Control::Kill(known(node)?)),
            Deed::Start(node) => cluster.control(Control::Start(known(node)?)),
            Deed::Restart(node) => {
                cluster.control(Control::Kill(known(node)?));
                cluster.control(Control::Start(known(node)?));
            }
            Deed::Pause(node) => cluster.control(Control::Pause(known(node)?)),
            Deed::Resume(node) => cluster.control(Control::Resume(known(node)?)),
            Deed::Links { which, faults } => {
                let concerned: Box<dyn Fn(Endpoint, Endpoint) -> bool> = match which {
                    Links::All => Box::new(|_, _| true),
                    Links::Of(node) => {
                        let node = known(node)?;
                        Box::new(move |from, to| from == node || to == node)
                    }
                    Links::Between(a, b) => {
                        let (a, b) = (known(a)?, known(b)?);
                        Box::new(move |from, to| (from, to) == (a, b) || (from, to) == (b, a))
                    }
                };
                for (from, to) in all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to))) {
                    if from != to && concerned(from, to) {
                        cluster.control(Control::SetLink { from, to, faults });
                    }
                }
            }
        }
        Ok(())
    }
}

fn links(words: &[&str]) -> Option<Result<Links, WrongDeed>> {
    match *words {
        [one] => Some(node(one).map(Links::Of)),
        [one, other] => Some(node(one).and_then(|one| Ok(Links::Between(one, node(other)?)))),
        _ => None,
    }
}

fn node(word: &str) -> Result<u8, WrongDeed> {
    let number = word.strip_prefix("127.0.0.").unwrap_or(word);
    number.parse().map_err(|_| WrongDeed::NoNode(word.into()))
}

fn duration(word: &str) -> Result<Duration, WrongDeed> {
    let units = [("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000)];
    let read = |(unit, micros): (&str, u64)| {
        let number: u64 = word.strip_suffix(unit)?.parse().ok()?;
        Some(Duration::from_micros(number.checked_mul(micros)?))
    };
    units
        .into_iter()
        .find_map(read)
        .ok_or_else(|| WrongDeed::NoDuration(word.into()))
}

/// Deeds and when each is done, counted from the start: a line each, `10s kill 2`, in any order; `#` begins a comment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultScript(pub Vec<(Duration, Deed)>);

impl FromStr for FaultScript {
    type Err = WrongDeed;

    fn from_str(text: &str) -> Result<FaultScript, WrongDeed> {
        let mut script = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some((when, words)) = words.split_first() else {
                continue;
            };
            let read = || Ok((duration(when)?, Deed::read(words)?));
            let placed = |error| WrongDeed::AtLine {
                line: at + 1,
                error: Box::new(error),
            };
            script.push(read().map_err(placed)?);
        }
        script.sort_by_key(|(when, _)| *when);
        Ok(FaultScript(script))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_lines_of_a_time_and_a_deed() {
        let script: FaultScript = "20s start 2\n# first\n10s kill 127.0.0.2 # gone\n\n1500ms slow 1 3 200ms"
            .parse()
            .unwrap();
        let slow = LinkFaults {
            extra_latency: Duration::from_millis(200),
            ..LinkFaults::NONE
        };
        let expected = [
            (
                Duration::from_millis(1500),
                Deed::Links {
                    which: Links::Between(1, 3),
                    faults: slow,
                },
            ),
            (Duration::from_secs(10), Deed::Kill(2)),
            (Duration::from_secs(20), Deed::Start(2)),
        ];
        assert_eq!(script.0, expected);
    }

    #[test]
    fn what_cannot_be_read_names_its_line() {
        let wrong = |text: &str| FaultScript::from_str(text).unwrap_err().to_string();
        assert_eq!(
            wrong("\n10 kill 2"),
            "line 2: \"10\" is no length of time: give a number and us, ms, s or m"
        );
        assert_eq!(
            wrong("1s kill two"),
            "line 1: \"two\" is no node: give its number or address"
        );
        assert!(wrong("1s explode 2").starts_with("line 1: \"explode 2\" is nothing that can be done"));
        assert_eq!(
            Deed::read(&["heal"]).unwrap(),
            Deed::Links {
                which: Links::All,
                faults: LinkFaults::NONE
            }
        );
        assert!(Deed::read(&["cut"]).is_err());
    }
}
