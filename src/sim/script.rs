//! Scripts: runs as plain data, so that every kind of host runs the same. Do each deed at its moment, run on to the end.

use super::{Answer, Cluster, ClusterConfig, Control, HistoryHash, NodeDisk, Observer, Verdict};
use crate::base::{Endpoint, Instant};
use crate::event::Event;
use crate::message::Envelope;
use crate::node::{ClientRequest, NativeTransport, Node};

/// Something done from outside at a moment, whatever came of what was done before.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Control(Control),
    Ask(Endpoint, ClientRequest),
}

/// A run as a function of nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub config: ClusterConfig,
    /// In order of time.
    pub deeds: Vec<(Instant, Deed)>,
    pub until: Instant,
}

impl Script {
    /// All in this thread.
    pub fn run(&self) -> HistoryHash {
        self.run_on(|_| NodeDisk::default())
    }

    /// The same, on disks that the nodes are given.
    pub fn run_on(&self, disk_of: impl FnMut(Endpoint) -> NodeDisk) -> HistoryHash {
        let native = NativeTransport::default();
        let mut cluster: Cluster<Node, Nobody> = Cluster::start_on(&self.config, native, Nobody, disk_of);
        for (at, deed) in &self.deeds {
            cluster.run_until(*at);
            match deed {
                Deed::Control(control) => cluster.control(control.clone()),
                Deed::Ask(node, request) => cluster.submit(*at, *node, request.clone()),
            }
        }
        cluster.run_until(self.until);
        cluster.scheduler().history()
    }
}

/// Sees nothing: what counts is the history.
struct Nobody;

impl Observer<Envelope> for Nobody {
    fn event(&mut self, _event: &Event) {}

    fn sent(&mut self, _at: Instant, _message: &Envelope, _verdict: Verdict) {}

    fn answer(&mut self, _at: Instant, _answer: Answer) {}
}
