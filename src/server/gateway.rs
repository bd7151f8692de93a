//! Starting and ending: the cluster's thread, a listener a node, the control port, the file of faults.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::cluster::{ClusterThread, News, Speed};
use super::connection::Registered;
use super::data::{DataError, DataFolder};
use super::deed::FaultScript;
use super::keeping::Keeper;
use super::limits::Limits;
use super::protocol::ServerEvent;
use super::{control, listener};
use crate::base::Endpoint;
use crate::node::NativeTransport;
use crate::sim::{ClusterConfig, Latency};

/// Between nodes of a served cluster, unless it is slowed: the least there is.
const LATENCY: Latency = Latency {
    least: Latency::SMALLEST,
    jitter: Duration::ZERO,
};

#[derive(Debug)]
pub struct ServeOptions {
    pub cluster: ClusterConfig,
    pub native: NativeTransport,
    pub speed: Speed,
    pub limits: Limits,
    /// Where the control port is opened on 127.0.0.1; 0 is any free port.
    pub control_port: Option<u16>,
    pub faults: FaultScript,
    /// Where the data is kept; otherwise it is in memory.
    pub data: Option<DataFolder>,
}

impl ServeOptions {
    /// These nodes, each at an address of its own; their clock is the one on the wall.
    pub fn new(mut cluster: ClusterConfig) -> ServeOptions {
        cluster.within_datacenter = LATENCY;
        cluster.service_time = Duration::ZERO;
        ServeOptions {
            cluster,
            native: NativeTransport::default(),
            speed: Speed::Real,
            limits: Limits::default(),
            control_port: None,
            faults: FaultScript::default(),
            data: None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: std::io::Error },
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("node {node} cannot start on its data: {why}")]
    Node { node: Endpoint, why: String },
    #[error(
        "node {node} could not write all it has in memory: {why}. Its commit log is whole: the next start reads it."
    )]
    Drain { node: Endpoint, why: String },
}

/// Those who want to be told, and whose listeners are open.
struct Audience {
    registered: Mutex<Vec<Registered>>,
    runs: BTreeMap<Endpoint, watch::Sender<bool>>,
    addresses: BTreeMap<Endpoint, SocketAddr>,
}

/// What connections have in common.
pub(super) struct Shared {
    pub limits: Limits,
    cluster: ClusterThread,
    audience: Arc<Audience>,
}

impl Shared {
    pub fn cluster(&self) -> &ClusterThread {
        &self.cluster
    }

    pub fn register(&self, client: Registered) {
        self.audience.lock().push(client);
    }

    pub fn tell_all(&self, event: &ServerEvent) {
        self.audience.tell(event, |_| true);
    }

    pub fn address_of(&self, node: Endpoint) -> SocketAddr {
        self.audience.address_of(node)
    }
}

impl Audience {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Registered>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: &ServerEvent, who: impl Fn(&Registered) -> bool) {
        self.lock().retain(|client| !who(client) || client.tell(event));
    }

    fn address_of(&self, node: Endpoint) -> SocketAddr {
        let unknown = SocketAddr::new(IpAddr::V4(node.0), 0);
        self.addresses.get(&node).copied().unwrap_or(unknown)
    }

    fn hear(&self, news: &News) {
        let status = |change, node| ServerEvent::Status {
            change,
            node: self.address_of(node),
        };
        match *news {
            News::Up { seen_by, node } => self.tell(&status("UP", node), |it| it.node == seen_by),
            News::Down { seen_by, node } => self.tell(&status("DOWN", node), |it| it.node == seen_by),
            News::Joined { seen_by, node } => {
                let event = ServerEvent::Topology {
                    change: "NEW_NODE",
                    node: self.address_of(node),
                };
                self.tell(&event, |it| it.node == seen_by);
            }
            News::Started(node) => self.set_runs(node, true),
            News::Stopped(node) => self.set_runs(node, false),
        }
    }

    fn set_runs(&self, node: Endpoint, runs: bool) {
        if let Some(sender) = self.runs.get(&node) {
            sender.send_replace(runs);
        }
    }
}

/// A cluster being served; it ends when this is dropped.
pub struct Server {
    cluster: ClusterThread,
    addresses: Vec<SocketAddr>,
    control: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    pub fn start(options: ServeOptions) -> Result<Server, ServeError> {
        let nodes: Vec<Endpoint> = options.cluster.endpoints().collect();
        let mut listeners = Vec::new();
        for node in &nodes {
            let address = SocketAddr::from(options.native.of(*node));
            let opened = listener::open(address).map_err(|error| ServeError::Listen { address, error })?;
            listeners.push((*node, address, opened));
        }
        let control = match options.control_port {
            None => None,
            Some(port) => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
                let opened = listener::open(address).map_err(|error| ServeError::Listen { address, error })?;
                let address = opened.local_addr().unwrap_or(address);
                Some((address, opened))
            }
        };
        let audience = Arc::new(Audience {
            registered: Mutex::default(),
            runs: nodes.iter().map(|node| (*node, watch::Sender::new(true))).collect(),
            addresses: listeners.iter().map(|(node, address, _)| (*node, *address)).collect(),
        });
        let (hearing, native) = (audience.clone(), options.native);
        let keeper = Keeper::new(options.data);
        let (cluster, driver) = ClusterThread::start(&options.cluster, options.speed, native, keeper, move |news| {
            hearing.hear(&news)
        })?;
        let shared = Arc::new(Shared {
            limits: options.limits,
            cluster: cluster.clone(),
            audience,
        });
        let (stop, stopped) = oneshot::channel();
        let addresses = listeners.iter().map(|(_, address, _)| *address).collect();
        let control_address = control.as_ref().map(|(address, _)| *address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(ServeError::Thread)?;
        let faults = options.faults;
        let io = std::thread::Builder::new()
            .name("native transport".into())
            .spawn(move || {
                runtime.block_on(async move {
                    for (node, address, opened) in listeners {
                        if let Some(runs) = shared.audience.runs.get(&node) {
                            tokio::spawn(listener::listen(
                                shared.clone(),
                                node,
                                address,
                                opened,
                                runs.subscribe(),
                            ));
                        }
                    }
                    if let Some(opened) = control.and_then(|(_, it)| tokio::net::TcpListener::from_std(it).ok()) {
                        tokio::spawn(control::listen(shared.clone(), opened));
                    }
                    tokio::spawn(play(shared.cluster.clone(), faults));
                    // Ends with the server, or when the server was dropped without a word.
                    let _ = stopped.await;
                });
            });
        Ok(Server {
            cluster,
            addresses,
            control: control_address,
            stop: Some(stop),
            threads: vec![io.map_err(ServeError::Thread)?, driver],
        })
    }

    /// Where each node listens, in the order of their numbers.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control
    }

    pub fn cluster(&self) -> &ClusterThread {
        &self.cluster
    }

    /// Lets clients go, and makes safe what is in memory only: the next start on the same folder goes on from here.
    pub fn stop(mut self) -> Result<(), ServeError> {
        self.let_clients_go();
        let kept = self.cluster.stop();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
        kept
    }

    fn let_clients_go(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The other end is gone already when its thread is.
            let _ = stop.send(());
        }
        if !self.threads.is_empty() {
            let _ = self.threads.remove(0).join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.let_clients_go();
    }
}

/// Does what a file of faults says, when it says so.
async fn play(cluster: ClusterThread, faults: FaultScript) {
    let began = tokio::time::Instant::now();
    for (at, deed) in faults.0 {
        tokio::time::sleep_until(began + at).await;
        let cluster = cluster.clone();
        let done = tokio::task::spawn_blocking(move || cluster.run(move |cluster| deed.apply(cluster)));
        if let Ok(Some(Err(error))) = done.await {
            eprintln!("ringscope: a fault that cannot be: {error}");
        }
    }
}
