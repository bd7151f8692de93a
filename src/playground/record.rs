//! A run as a value: seed, configuration and what was done to it. Whoever replays it sees the same history.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::api::{Command, MAX_SHELL_INPUT_BYTES, MAX_SHELLS, ShellId};
use crate::base::{Endpoint, Instant};
use crate::node::ClientRequest;
use crate::sim::{self, ClusterConfig, Control, HistoryHash, Latency, LinkFaults, Place, Script};

/// Everything a run is a function of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub config: ClusterConfig,
    /// In order of time; those of one moment in the order they were done.
    pub log: Vec<(Instant, Deed)>,
}

/// A run up to a moment, and the history it had then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    pub run: Run,
    pub until: Instant,
    pub history: HistoryHash,
}

/// A command that changes a run. Links hold these: their form changes only together with `share`'s version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Deed {
    Shell {
        shell: ShellId,
        text: String,
    },
    Interrupt(ShellId),
    Connect(ShellId, Endpoint),
    Kill(Endpoint),
    Start(Endpoint),
    Restart(Endpoint, Duration),
    Pause(Endpoint),
    Resume(Endpoint),
    SetLink {
        from: Endpoint,
        to: Endpoint,
        faults: LinkFaults,
    },
    SetLatency {
        between: (String, String),
        latency: Latency,
    },
    AddNode(Place),
    /// A request of no shell, whose answer nobody waits for: how the simulator's runs are replayed.
    Ask(Endpoint, Box<ClientRequest>),
}

impl Deed {
    /// The part of the commands that changes a run; the others come back.
    pub fn of(command: Command) -> Result<Deed, Command> {
        Ok(match command {
            Command::Shell { shell, text } => Deed::Shell { shell, text },
            Command::Interrupt { shell } => Deed::Interrupt(shell),
            Command::Connect { shell, node } => Deed::Connect(shell, node),
            Command::Kill { node } => Deed::Kill(node),
            Command::Start { node } => Deed::Start(node),
            Command::Restart { node, down_for } => Deed::Restart(node, down_for),
            Command::PauseNode { node } => Deed::Pause(node),
            Command::ResumeNode { node } => Deed::Resume(node),
            Command::SetLink { from, to, faults } => Deed::SetLink { from, to, faults },
            Command::SetLatency { between, latency } => Deed::SetLatency { between, latency },
            Command::AddNode { place } => Deed::AddNode(place),
            other => return Err(other),
        })
    }

    fn of_script(deed: &sim::Deed) -> Deed {
        match deed.clone() {
            sim::Deed::Ask(node, request) => Deed::Ask(node, Box::new(request)),
            sim::Deed::Control(control) => match control {
                Control::Start(node) => Deed::Start(node),
                Control::Kill(node) => Deed::Kill(node),
                Control::Pause(node) => Deed::Pause(node),
                Control::Resume(node) => Deed::Resume(node),
                Control::SetLink { from, to, faults } => Deed::SetLink { from, to, faults },
                Control::SetLatency { between, latency } => Deed::SetLatency { between, latency },
            },
        }
    }

    /// Why it cannot be done in any run.
    fn fault(&self) -> Option<RunError> {
        match self {
            Deed::Shell { shell, .. } | Deed::Interrupt(shell) | Deed::Connect(shell, _)
                if shell.0 as usize >= MAX_SHELLS =>
            {
                Some(RunError::TooManyShells)
            }
            Deed::Shell { text, .. } if text.len() > MAX_SHELL_INPUT_BYTES => Some(RunError::TooMuchInput),
            Deed::Ask(_, request) if request.query.len() > MAX_SHELL_INPUT_BYTES => Some(RunError::TooMuchInput),
            _ => None,
        }
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RunError {
    #[error("a cluster has 1 to {max} nodes, not {0}", max = ClusterConfig::MAX_NODES)]
    Nodes(usize),
    #[error("a node has 1 to {max} tokens, not {0}", max = ClusterConfig::MAX_TOKENS_PER_NODE)]
    Tokens(u16),
    #[error("a name of {0} bytes is too long for a datacentre or rack; {max} is the limit", max = Run::MAX_NAME_BYTES)]
    Name(usize),
    #[error("there are at most {MAX_SHELLS} shells")]
    TooManyShells,
    #[error("a shell takes at most {MAX_SHELL_INPUT_BYTES} bytes at once")]
    TooMuchInput,
    #[error("a run has at most {max} commands, not {0}", max = Run::MAX_DEEDS)]
    TooManyDeeds(usize),
    #[error("commands are not in order of time")]
    OutOfOrder,
    #[error("a run lasts at most {max} virtual days", max = Run::LONGEST.as_secs() / 86_400)]
    TooLong,
}

impl Run {
    /// Commands a run remembers.
    pub const MAX_DEEDS: usize = 10_000;
    /// Names come into the page and into every message of gossip.
    pub const MAX_NAME_BYTES: usize = 64;
    /// Beyond that, replaying an idle cluster in a page takes hours.
    pub const LONGEST: Duration = Duration::from_secs(30 * 86_400);

    pub fn new(config: ClusterConfig) -> Run {
        Run {
            config,
            log: Vec::new(),
        }
    }

    pub fn check(&self) -> Result<(), RunError> {
        check_config(&self.config)?;
        if self.log.len() > Run::MAX_DEEDS {
            return Err(RunError::TooManyDeeds(self.log.len()));
        }
        if !self.log.is_sorted_by_key(|(at, _)| *at) {
            return Err(RunError::OutOfOrder);
        }
        let last = self.log.last().map_or(Instant::ZERO, |(at, _)| *at);
        if last > Instant::ZERO + Run::LONGEST {
            return Err(RunError::TooLong);
        }
        self.log.iter().find_map(|(_, deed)| deed.fault()).map_or(Ok(()), Err)
    }

    /// Whether one more deed may be added.
    pub fn takes(&self, deed: &Deed) -> Result<(), RunError> {
        if self.log.len() >= Run::MAX_DEEDS {
            return Err(RunError::TooManyDeeds(self.log.len() + 1));
        }
        deed.fault().map_or(Ok(()), Err)
    }
}

pub fn check_config(config: &ClusterConfig) -> Result<(), RunError> {
    let nodes = config.nodes.len();
    if !(1..=ClusterConfig::MAX_NODES).contains(&nodes) {
        return Err(RunError::Nodes(nodes));
    }
    if !(1..=ClusterConfig::MAX_TOKENS_PER_NODE).contains(&config.tokens_per_node) {
        return Err(RunError::Tokens(config.tokens_per_node));
    }
    let names = config.nodes.iter().flat_map(|place| [&place.datacenter, &place.rack]);
    match names.map(String::len).max() {
        Some(longest) if longest > Run::MAX_NAME_BYTES => Err(RunError::Name(longest)),
        _ => Ok(()),
    }
}

impl Recording {
    /// A run of the simulator, and the history it came to.
    pub fn of_script(script: &Script, history: HistoryHash) -> Recording {
        let deeds = script.deeds.iter().map(|(at, deed)| (*at, Deed::of_script(deed)));
        Recording {
            run: Run {
                config: script.config.clone(),
                log: deeds.collect(),
            },
            until: script.until,
            history,
        }
    }

    pub fn check(&self) -> Result<(), RunError> {
        self.run.check()?;
        if self.run.log.last().is_some_and(|(at, _)| *at > self.until) {
            return Err(RunError::OutOfOrder);
        }
        if self.until > Instant::ZERO + Run::LONGEST {
            return Err(RunError::TooLong);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn what_cannot_run_is_refused() {
        let run = |change: fn(&mut Run)| {
            let mut run = Run::new(ClusterConfig::simple(Seed(1), 3));
            change(&mut run);
            run.check()
        };
        assert_eq!(run(|_| ()), Ok(()));
        assert_eq!(run(|run| run.config.nodes.clear()), Err(RunError::Nodes(0)));
        assert_eq!(run(|run| run.config.tokens_per_node = 0), Err(RunError::Tokens(0)));
        let long = |run: &mut Run| run.config.nodes[1].rack = "r".repeat(65);
        assert_eq!(run(long), Err(RunError::Name(65)));
    }

    #[test]
    fn a_log_is_in_order_and_names_what_there_is() {
        let run = |log| Run {
            log,
            ..Run::new(ClusterConfig::simple(Seed(1), 3))
        };
        let (early, late) = (Instant::from_micros(1), Instant::from_micros(2));
        let deed = Deed::Kill(Endpoint::nth(1));
        assert_eq!(run(vec![(early, deed.clone()), (late, deed.clone())]).check(), Ok(()));
        assert_eq!(
            run(vec![(late, deed.clone()), (early, deed)]).check(),
            Err(RunError::OutOfOrder)
        );
        let stranger = Deed::Interrupt(ShellId(8));
        assert_eq!(run(vec![(early, stranger)]).check(), Err(RunError::TooManyShells));
    }
}
