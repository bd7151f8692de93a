//! A playground whose nodes run in this process: for the command line, for tests, and where there are no workers.

use super::api::{Command, Frame, ShellUpdate};
use super::engine::{Hosting, Playground};
use crate::base::{Duration, Endpoint, Instant, SortedMap};
use crate::message::Envelope;
use crate::sim::{ClusterConfig, Host, Machine, Rate};

pub struct LocalPlayground<M: Machine> {
    pub(super) playground: Playground<Envelope>,
    hosts: SortedMap<Endpoint, Host<M>>,
}

impl<M: Machine> LocalPlayground<M> {
    pub fn new(config: ClusterConfig, rate: Rate) -> LocalPlayground<M> {
        LocalPlayground {
            playground: Playground::new(config, rate),
            hosts: SortedMap::new(),
        }
    }

    pub fn command(&mut self, command: Command) {
        self.playground.command(command);
    }

    pub fn playground(&self) -> &Playground<Envelope> {
        &self.playground
    }

    /// Runs one window, if time may go on.
    pub fn run_window(&mut self) -> bool {
        if !self.playground.open() {
            return false;
        }
        for hosting in self.playground.take_hosting() {
            match hosting {
                Hosting::Clear { .. } => self.hosts.clear(),
                // A run that is kept has another host.
                Hosting::Add {
                    config, service_time, ..
                } => {
                    self.hosts.insert(config.endpoint, Host::new(*config, service_time));
                }
            }
        }
        for (endpoint, batch, report) in self.playground.running() {
            if let Some(host) = self.hosts.get_mut(&endpoint) {
                host.run(batch, report);
            }
        }
        self.playground.close();
        true
    }

    /// Lets as much virtual time pass as `real` time allows.
    pub fn pump(&mut self, real: Duration) {
        self.playground.elapse(real);
        while self.run_window() {}
    }

    /// Runs until the cluster is up, any replay is done and no shell waits; at rate `Max`, or it may stand still. Gives up
    /// after `patience` of virtual time.
    pub fn run_until_idle(&mut self, patience: Duration) -> bool {
        let until = self.playground.now() + patience;
        while !(self.playground.is_settled() && self.playground.is_idle()) {
            if self.playground.now() >= until || !self.run_window() {
                return self.playground.is_settled() && self.playground.is_idle();
            }
        }
        true
    }

    /// Runs up to a moment at full speed.
    pub fn run_until(&mut self, at: Instant) {
        while self.playground.now() < at && self.run_window() {}
    }

    /// A frame, with the nodes' own views as they are now.
    pub fn frame(&mut self) -> Frame {
        let looks = self.playground.looks();
        for node in looks.nodes {
            if let Some(view) = self.hosts.get(&node).and_then(|host| host.view(&looks.request)) {
                self.playground.seen(view);
            }
        }
        self.playground.frame(0)
    }

    /// What the shells have to show, for hosts that draw nothing else.
    pub fn shell_updates(&mut self) -> Vec<ShellUpdate> {
        self.playground.shells.take_updates()
    }
}
