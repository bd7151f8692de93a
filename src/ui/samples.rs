//! Scripts a reader can have typed: real statements, with what is done to the cluster between them.

use crate::base::{Duration, Endpoint};
use crate::playground::api::{Command, ShellId};
use crate::sim::LinkFaults;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Shown as it is written, letter by letter, and run.
    Type(String),
    Kill(Endpoint),
    Start(Endpoint),
    Cut(Endpoint, Endpoint),
    Heal(Endpoint, Endpoint),
    Connect(Endpoint),
    /// At full speed until all running nodes have noticed whether this one is down or up.
    Notice(Endpoint),
}

/// Nothing is noticed sooner, in virtual time: a frame from before tells nothing of what was just done.
pub const SHORTEST_NOTICE: Duration = Duration::from_secs(1);

/// A node that is not noticed by then never will be: virtual time a script waits at most.
pub const LONGEST_NOTICE: Duration = Duration::from_secs(120);

impl Step {
    /// What it asks of the cluster, if it is not typed, and that in words for the transcript.
    pub fn act(&self, shell: ShellId) -> Option<(Command, String)> {
        Some(match *self {
            Step::Type(_) | Step::Notice(_) => return None,
            Step::Kill(node) => (Command::Kill { node }, format!("{node} is killed")),
            Step::Start(node) => (Command::Start { node }, format!("{node} is started again")),
            Step::Cut(from, to) => {
                let faults = LinkFaults::CUT;
                (
                    Command::SetLink { from, to, faults },
                    format!("The link from {from} to {to} is cut"),
                )
            }
            Step::Heal(from, to) => {
                let faults = LinkFaults::NONE;
                (
                    Command::SetLink { from, to, faults },
                    format!("The link from {from} to {to} is whole again"),
                )
            }
            Step::Connect(node) => (
                Command::Connect { shell, node },
                format!("The shell is connected to {node}"),
            ),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub name: &'static str,
    /// What one sees happen.
    pub about: &'static str,
    script: &'static str,
}

/// The first three are offered where the transcript is empty.
pub const FIRST: usize = 3;

pub const SAMPLES: [Sample; 5] = [
    Sample {
        name: "Write a row and watch it replicate",
        about: "One statement goes to three replicas; two answers are enough.",
        script: "
            CREATE KEYSPACE IF NOT EXISTS shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};
            CREATE TABLE IF NOT EXISTS shop.orders (id int PRIMARY KEY, item text, price decimal);
            CONSISTENCY QUORUM
            INSERT INTO shop.orders (id, item, price) VALUES (1, 'telescope', 249.00);
            SELECT * FROM shop.orders WHERE id = 1;",
    },
    Sample {
        name: "Lose a node",
        about: "QUORUM goes on without it, ALL cannot; a hint waits for its return.",
        script: "
            CREATE KEYSPACE IF NOT EXISTS shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};
            CREATE TABLE IF NOT EXISTS shop.orders (id int PRIMARY KEY, item text, price decimal);
            ! down 3
            ! notice 3
            CONSISTENCY QUORUM
            INSERT INTO shop.orders (id, item, price) VALUES (2, 'star chart', 12.50);
            SELECT * FROM shop.orders WHERE id = 2;
            CONSISTENCY ALL
            SELECT * FROM shop.orders WHERE id = 2;",
    },
    Sample {
        name: "Read while replicas disagree",
        about: "A replica misses a write; reading at ALL finds the difference and repairs it.",
        script: "
            CREATE KEYSPACE IF NOT EXISTS shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};
            CREATE TABLE IF NOT EXISTS shop.orders (id int PRIMARY KEY, item text, price decimal);
            CONSISTENCY ALL
            INSERT INTO shop.orders (id, item, price) VALUES (3, 'tripod', 79.90);
            ! cut 1 3
            CONSISTENCY QUORUM
            UPDATE shop.orders SET price = 59.90 WHERE id = 3;
            ! connect 2
            CONSISTENCY ALL
            SELECT * FROM shop.orders WHERE id = 3;
            ! heal 1 3
            ! connect 1",
    },
    Sample {
        name: "Two clients, one seat",
        about: "A lightweight transaction: Paxos lets one of two inserts win.",
        script: "
            CREATE KEYSPACE IF NOT EXISTS shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};
            CREATE TABLE IF NOT EXISTS shop.seats (seat text PRIMARY KEY, holder text);
            CONSISTENCY QUORUM
            INSERT INTO shop.seats (seat, holder) VALUES ('12A', 'Ada') IF NOT EXISTS;
            ! connect 2
            INSERT INTO shop.seats (seat, holder) VALUES ('12A', 'Grace') IF NOT EXISTS;
            ! connect 1",
    },
    Sample {
        name: "A hint finds its way home",
        about: "A write for a dead node is kept as a hint and delivered when it is back.",
        script: "
            CREATE KEYSPACE IF NOT EXISTS shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};
            CREATE TABLE IF NOT EXISTS shop.orders (id int PRIMARY KEY, item text, price decimal);
            ! down 3
            ! notice 3
            CONSISTENCY ONE
            INSERT INTO shop.orders (id, item, price) VALUES (4, 'eyepiece', 34.00);
            ! up 3
            ! notice 3",
    },
];

impl Sample {
    pub fn steps(&self) -> Vec<Step> {
        let lines = self.script.lines().map(str::trim).filter(|line| !line.is_empty());
        lines
            .map(|line| act(line).unwrap_or_else(|| Step::Type(line.to_owned())))
            .collect()
    }
}

/// A line that acts on the cluster: `! down N`, `! up N`, `! cut N M`, `! heal N M`, `! connect N`, `! notice N`.
fn act(line: &str) -> Option<Step> {
    let mut words = line.strip_prefix('!')?.split_whitespace();
    let word = words.next()?;
    let mut node = || words.next()?.parse().ok().map(Endpoint::nth);
    Some(match word {
        "down" => Step::Kill(node()?),
        "up" => Step::Start(node()?),
        "cut" => Step::Cut(node()?, node()?),
        "heal" => Step::Heal(node()?, node()?),
        "connect" => Step::Connect(node()?),
        "notice" => Step::Notice(node()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_act_or_a_statement() {
        for sample in SAMPLES {
            for step in sample.steps() {
                if let Step::Type(text) = step {
                    assert!(!text.starts_with('!'), "{}: {text} is not understood", sample.name);
                    assert!(
                        text.ends_with(';') || text.starts_with("CONSISTENCY"),
                        "{}: {text} does not end",
                        sample.name
                    );
                }
            }
        }
    }

    #[test]
    fn acts_are_read() {
        assert_eq!(act("! cut 1 3"), Some(Step::Cut(Endpoint::nth(1), Endpoint::nth(3))));
        assert_eq!(act("! cut 1"), None);
        assert_eq!(act("SELECT 1"), None);
    }
}
