//! Runs a script's blocks one after the other, in one session on a cluster of its own.

use super::super::console::{Console, Output};
use super::difference::{diff, same_output};
use super::script::{Block, parse, tidy};
use crate::base::Seed;
use crate::sim::ClusterConfig;

/// Scripts were recorded on so many nodes.
const NODES: usize = 3;
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

pub struct Runner {
    console: Console,
}

impl Runner {
    pub fn new(seed: Seed) -> Runner {
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
            let directives = block.input.iter();
            return directives.flat_map(|line| self.submit(line)).collect();
        }
        self.submit(&block.input.join("\n"))
    }

    fn submit(&mut self, text: &str) -> Vec<String> {
        let mut shown = String::new();
        self.console.submit(&format!("{text}\n"), |output| match output {
            Output::Text(text) => shown += &text,
            Output::Error(error) => shown += &format!("{}\n", error.text),
            Output::Clear | Output::Exit => {}
        });
        tidy(&shown)
    }
}
