//! The real node as the simulator's machine, on a disk in memory.

use super::machine::{Drive, Machine};
use crate::base::{Instant, Random};
use crate::node::{Input, Node, NodeConfig, NodeView, Output, ViewRequest};
use crate::storage::{MemoryDisk, PowerLoss};

impl Drive for MemoryDisk {
    fn lose_power(&self, random: &mut Random) {
        MemoryDisk::lose_power(self, PowerLoss::Torn(random));
    }
}

impl Machine for Node {
    type Disk = MemoryDisk;

    fn start(config: NodeConfig, disk: MemoryDisk, now: Instant) -> Node {
        Node::start(config, Box::new(disk), now)
    }

    fn handle(&mut self, now: Instant, input: Input) {
        Node::handle(self, now, input);
    }

    fn drain(&mut self) -> impl Iterator<Item = Output> {
        Node::drain(self)
    }

    fn next_timeout(&self) -> Option<Instant> {
        Node::next_timeout(self)
    }

    fn view(&self, request: &ViewRequest) -> NodeView {
        Node::view(self, request)
    }
}
