//! The real node as the simulator's machine, and the disks it may have.

use std::cell::RefCell;
use std::rc::Rc;

use super::machine::{Drive, Machine};
use crate::base::{Instant, Random};
use crate::node::{Input, Node, NodeConfig, NodeView, Output, ViewRequest};
use crate::storage::{Disk, FileInfo, MemoryDisk, PackedDisk, PowerLoss, StorageError};

/// What a node of a run has its data on.
#[derive(Clone, Debug)]
pub enum NodeDisk {
    Memory(MemoryDisk),
    /// Outlives the run. A node that crashes loses as much as on a disk in memory.
    Packed(PackedDisk),
    /// One of the host's own, which keeps everything: a crash of the node is one of its process alone.
    Lasting(Rc<RefCell<dyn Disk>>),
}

impl Default for NodeDisk {
    fn default() -> NodeDisk {
        NodeDisk::Memory(MemoryDisk::new())
    }
}

impl Drive for NodeDisk {
    fn lose_power(&self, random: &mut Random) {
        match self {
            NodeDisk::Memory(disk) => disk.lose_power(PowerLoss::Torn(random)),
            NodeDisk::Packed(disk) => disk.lose_power(PowerLoss::Torn(random)),
            NodeDisk::Lasting(_) => {}
        }
    }
}

/// A handle to a disk that outlives the node.
#[derive(Debug)]
struct Handle(Rc<RefCell<dyn Disk>>);

impl Disk for Handle {
    fn create(&mut self, file: &str) -> Result<(), StorageError> {
        self.0.borrow_mut().create(file)
    }
    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.0.borrow_mut().append(file, bytes)
    }
    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.0.borrow().read_at(file, offset, into)
    }
    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        self.0.borrow_mut().sync(file)
    }
    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        self.0.borrow_mut().truncate(file, len)
    }
    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        self.0.borrow_mut().rename(from, to)
    }
    fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        self.0.borrow_mut().delete(file)
    }
    fn list(&self) -> Result<Vec<FileInfo>, StorageError> {
        self.0.borrow().list()
    }
    fn len(&self, file: &str) -> Result<u64, StorageError> {
        self.0.borrow().len(file)
    }
}

impl Machine for Node {
    type Disk = NodeDisk;

    fn start(config: NodeConfig, disk: NodeDisk, now: Instant) -> Node {
        let disk: Box<dyn Disk> = match disk {
            NodeDisk::Memory(disk) => Box::new(disk),
            NodeDisk::Packed(disk) => Box::new(disk),
            NodeDisk::Lasting(disk) => Box::new(Handle(disk)),
        };
        Node::start(config, disk, now)
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
