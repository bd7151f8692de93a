//! Runs a script's blocks one after the other, in one session on a cluster of its own.

use super::super::console::{Console, Output};
use super::super::nodetool;
use super::difference::{diff, same_output};
use super::script::{Block, parse, tidy};
use crate::base::{Duration, Endpoint, Seed};
use crate::sim::{ClusterConfig, Machine};

/// Scripts were recorded on so many nodes.
const NODES: usize = 3;
/// What a call of nodetool takes at least: scripts use it to let time pass.
const NODETOOL_TAKES: Duration = Duration::from_secs(1);
/// Scripts were recorded with a pause after a node was seen up again.
const AFTER_UP: Duration = Duration::from_secs(2);

/// How a block went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockReport {
    pub block: Block,
    pub actual: Vec<String>,
}

impl BlockReport {
    pub fn passed(&self) -> bool {
        same_output(&self.block.output, &self.actual)
    }

    /// The first line that is missing (`-`) or too much (`+`).
    pub fn first_difference(&self) -> Option<String> {
        let lines = diff(&self.block.output, &self.actual);
        lines.into_iter().find(|line| !line.starts_with("  "))
    }

    /// The input and where the outputs differ.
    pub fn difference(&self) -> String {
        let input = self.block.input.iter().map(|line| format!("  > {line}\n"));
        let lines = diff(&self.block.output, &self.actual);
        let changes = lines.iter().map(|line| format!("  {line}\n"));
        input.chain(changes).collect()
    }
}

pub struct Runner<M: Machine> {
    console: Console<M>,
}

impl<M: Machine> Runner<M> {
    pub fn new(seed: Seed) -> Runner<M> {
        Runner {
            console: Console::start(&ClusterConfig::simple(seed, NODES), false),
        }
    }

    /// Runs a whole script.
    pub fn run(&mut self, script: &str) -> Vec<BlockReport> {
        let report = |block: Block| {
            let actual = self.block(&block);
            BlockReport { block, actual }
        };
        parse(script).into_iter().map(report).collect()
    }

    fn block(&mut self, block: &Block) -> Vec<String> {
        if block.input.first().is_some_and(|line| line.starts_with('!')) {
            let directives = block.input.iter().map(|line| line.trim_start_matches('!').trim());
            return directives.flat_map(|line| tidy(&self.directive(line))).collect();
        }
        let mut shown = String::new();
        self.console
            .submit(&(block.input.join("\n") + "\n"), |output| match output {
                Output::Text(text) => shown += &text,
                Output::Error(error) => shown += &format!("{}\n", error.text),
                Output::Clear | Output::Exit => {}
            });
        tidy(&shown)
    }

    /// Acts on the cluster; what it says.
    fn directive(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let node = |text: &str| text.parse().ok().map(Endpoint::nth);
        match words[..] {
            ["down", number] => match node(number) {
                Some(node) if self.console.take_down(node) => String::new(),
                _ => format!("node {number} is not seen down"),
            },
            ["up", number] => match node(number) {
                Some(node) if self.console.bring_up(node) => {
                    self.console.cluster().run_for(AFTER_UP);
                    String::new()
                }
                _ => format!("node {number} is not seen up"),
            },
            ["nodetool", _, ref command @ ..] => {
                self.console.cluster().run_for(NODETOOL_TAKES);
                match command {
                    ["version"] => nodetool::version().stdout,
                    _ => format!("nodetool {} is not supported in scripts yet", command.join(" ")),
                }
            }
            _ => format!("unknown directive: {line}"),
        }
    }
}
