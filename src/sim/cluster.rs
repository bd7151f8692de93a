//! A whole cluster in this process: the scheduler and a host for each node, for tests, the simulator and the command line.

use super::machine::Machine;
use super::network::Verdict;
use super::scheduler::{Answer, Control, Observer, Scheduler};
use super::{ClusterConfig, Deed, Host, Network, Place, Roster, Script};
use crate::base::{Arrange, Duration, Endpoint, Instant, RequestId, SortedMap};
use crate::event::Event;
use crate::message::Envelope;
use crate::node::{ClientRequest, NativeTransport, NodeView, OperatorCall, OperatorRequest, ViewRequest};

/// Runs nodes of kind `M`; `O` sees all that happens.
pub struct Cluster<M: Machine, O> {
    scheduler: Scheduler<Envelope>,
    hosts: SortedMap<Endpoint, Host<M>>,
    roster: Roster,
    service_time: Duration,
    pub observer: O,
    answers: Vec<(Instant, Answer)>,
    requests: u64,
    /// What was done from outside, if that is to be kept.
    log: Option<Vec<(Instant, Deed)>>,
}

impl<M: Machine, O: Observer<Envelope>> Cluster<M, O> {
    /// Machines with their processes started at the same moment.
    pub fn start(config: &ClusterConfig, observer: O) -> Cluster<M, O> {
        Cluster::start_reached(config, NativeTransport::default(), observer)
    }

    /// The same, with nodes that tell clients where to reach them.
    pub fn start_reached(config: &ClusterConfig, native: NativeTransport, observer: O) -> Cluster<M, O> {
        Cluster::start_on(config, native, observer, |_| M::Disk::default())
    }

    /// The same, on disks that may have something on them.
    pub fn start_on(
        config: &ClusterConfig,
        native: NativeTransport,
        observer: O,
        mut disk_of: impl FnMut(Endpoint) -> M::Disk,
    ) -> Cluster<M, O> {
        let roster = Roster::new(config).reached(native);
        let mut cluster = Cluster {
            scheduler: Scheduler::new(Network::new(config)),
            hosts: SortedMap::new(),
            service_time: config.service_time,
            observer,
            answers: Vec::new(),
            requests: 0,
            log: None,
            roster,
        };
        for node in cluster.roster.nodes().to_vec() {
            let disk = disk_of(node.endpoint);
            cluster.host(node, disk);
        }
        cluster
    }

    fn host(&mut self, config: crate::node::NodeConfig, disk: M::Disk) {
        let endpoint = config.endpoint;
        self.scheduler.add_node(endpoint, &config.datacenter);
        self.hosts.insert(endpoint, Host::on(config, self.service_time, disk));
        self.control(Control::Start(endpoint));
    }

    /// A new node joins; `None` when the cluster is full.
    pub fn join(&mut self, place: &Place) -> Option<Endpoint> {
        let config = self.roster.join(place)?.clone();
        let endpoint = config.endpoint;
        self.host(config, M::Disk::default());
        Some(endpoint)
    }

    pub fn scheduler(&self) -> &Scheduler<Envelope> {
        &self.scheduler
    }

    /// From now on what happens is not hashed: real clients make each run another one anyway.
    pub fn keep_no_history(&mut self) {
        self.scheduler.keep_no_history();
    }

    pub fn now(&self) -> Instant {
        self.scheduler.now()
    }

    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.hosts.keys().copied()
    }

    pub fn observer(&self) -> &O {
        &self.observer
    }

    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    pub fn machine(&self, node: Endpoint) -> Option<&M> {
        self.hosts.get(&node)?.machine()
    }

    pub fn view(&self, node: Endpoint, request: &ViewRequest) -> Option<NodeView> {
        self.hosts.get(&node)?.view(request)
    }

    /// From now on, what is done to the cluster is kept, for `script`.
    pub fn keep_log(&mut self) {
        self.log.get_or_insert_default();
    }

    /// The run up to now as a script; without joining nodes, and as far as its log was kept.
    pub fn script(&self, config: &ClusterConfig) -> Script {
        let mut deeds = self.log.clone().unwrap_or_default();
        // A client that was answered ahead of the nodes' time may have asked again in their past.
        deeds.arrange_by_key(|(at, _)| *at);
        Script {
            config: config.clone(),
            deeds,
            until: self.now(),
        }
    }

    /// Does something to the cluster now.
    pub fn control(&mut self, control: Control) {
        let now = self.now();
        if let Some(log) = &mut self.log {
            log.push((now, Deed::Control(control.clone())));
        }
        let mut tap = Tap {
            observer: &mut self.observer,
            answers: &mut self.answers,
        };
        self.scheduler.control(control, &mut tap);
    }

    /// Runs one window if anything happens before `bound`.
    pub fn run_window(&mut self, bound: Instant) -> bool {
        let mut tap = Tap {
            observer: &mut self.observer,
            answers: &mut self.answers,
        };
        if !self.scheduler.open(bound, &mut tap) {
            return false;
        }
        for (endpoint, batch, report) in self.scheduler.running() {
            let host = self.hosts.get_mut(&endpoint);
            host.expect("every node of the scheduler has a host").run(batch, report);
        }
        self.scheduler.close(&mut tap);
        true
    }

    pub fn run_until(&mut self, at: Instant) {
        while self.run_window(at) {}
        self.scheduler.skip_to(at);
    }

    pub fn run_for(&mut self, length: Duration) {
        self.run_until(self.now() + length);
    }

    /// A fresh request id.
    pub fn next_request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    /// Sends a client's request at `at`, not before now.
    pub fn submit(&mut self, at: Instant, node: Endpoint, request: ClientRequest) {
        if let Some(log) = &mut self.log {
            log.push((at, Deed::Ask(node, request.clone())));
        }
        self.scheduler.submit(at, node, request);
    }

    /// Takes the answers that came since the last time, with the moments they reach their clients.
    pub fn answers(&mut self) -> Vec<(Instant, Answer)> {
        core::mem::take(&mut self.answers)
    }

    /// Sends a request and runs until its answer arrives, or `patience` is over. Other answers are kept for `answers`.
    pub fn execute(&mut self, node: Endpoint, request: ClientRequest, patience: Duration) -> Option<Answer> {
        let id = request.id;
        self.submit(self.now(), node, request);
        self.wait_for(id, patience)
    }

    /// Asks a node what an operator's tool asks, and runs until its answer arrives, or `patience` is over.
    pub fn operate(&mut self, node: Endpoint, call: OperatorCall, patience: Duration) -> Option<Answer> {
        let id = self.next_request();
        self.scheduler
            .operate(self.scheduler.now(), node, OperatorRequest { id, call });
        self.wait_for(id, patience)
    }

    fn wait_for(&mut self, id: RequestId, patience: Duration) -> Option<Answer> {
        let until = self.now() + patience;
        loop {
            if let Some(place) = self.answers.iter().position(|(_, answer)| answer.request() == id) {
                let (at, answer) = self.answers.remove(place);
                self.run_until(at);
                return Some(answer);
            }
            if !self.run_window(until) {
                self.scheduler.skip_to(until);
                return None;
            }
        }
    }
}

/// Keeps answers for the cluster and passes the rest on.
struct Tap<'a, O> {
    observer: &'a mut O,
    answers: &'a mut Vec<(Instant, Answer)>,
}

impl<O: Observer<Envelope>> Observer<Envelope> for Tap<'_, O> {
    fn event(&mut self, event: &Event) {
        self.observer.event(event);
    }

    fn sent(&mut self, at: Instant, message: &Envelope, verdict: Verdict) {
        self.observer.sent(at, message, verdict);
    }

    fn answer(&mut self, at: Instant, answer: Answer) {
        self.observer.answer(at, answer.clone());
        self.answers.push((at, answer));
    }
}
