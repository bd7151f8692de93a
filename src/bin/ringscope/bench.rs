//! `ringscope bench`: the native numbers of the README, one JSON line each.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Instant as RealInstant;

use clap::ValueEnum;
use ringscope::base::{Duration, Endpoint, Instant, Seed};
use ringscope::data::{ConsistencyLevel, KeyspaceName};
use ringscope::event::Event;
use ringscope::message::Envelope;
use ringscope::node::{ClientRequest, NativeTransport, Node};
use ringscope::server::{ServeOptions, Server};
use ringscope::sim::{Answer, Cluster, ClusterConfig, Observer, Verdict};

use super::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Bench {
    /// From nothing to the first row read, real time.
    FirstAnswer,
    /// Writes a real second: QUORUM, 3 nodes, 3 replicas.
    Write,
    /// Reads a real second, alike.
    Read,
    /// From nothing to the first query answered by a served cluster, real time: 3 nodes.
    Startup,
    /// Virtual seconds a real second: 5 nodes, nothing to do but gossip.
    Idle,
}

/// Requests under way at any time, spread over all nodes.
const CLIENTS: usize = 64;
const OPERATIONS: u64 = 50_000;
/// Rows written, and read again.
const KEYS: u64 = 10_000;
const IDLE_VIRTUAL: Duration = Duration::from_secs(6 * 3600);
/// Gossip has settled by then.
const WARM_UP: Duration = Duration::from_secs(30);
/// Clusters started one after the other.
const STARTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(10);

/// Sees nothing: what is measured is the cluster.
struct Nobody;

impl Observer<Envelope> for Nobody {
    fn event(&mut self, _event: &Event) {}

    fn sent(&mut self, _at: Instant, _message: &Envelope, _verdict: Verdict) {}

    fn answer(&mut self, _at: Instant, _answer: Answer) {}
}

type BenchCluster = Cluster<Node, Nobody>;

pub fn run(which: &[Bench]) -> Result<ExitCode, Failure> {
    let all = [
        Bench::FirstAnswer,
        Bench::Startup,
        Bench::Write,
        Bench::Read,
        Bench::Idle,
    ];
    for bench in if which.is_empty() { &all } else { which } {
        let line = match bench {
            Bench::FirstAnswer => first_answer()?,
            Bench::Startup => startup()?,
            Bench::Write => throughput("write", write)?,
            Bench::Read => throughput("read", read)?,
            Bench::Idle => idle(),
        };
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn first_answer() -> Result<String, Failure> {
    let began = RealInstant::now();
    let mut cluster = start(3);
    prepare(&mut cluster)?;
    ask(&mut cluster, write(0))?;
    ask(&mut cluster, read(0))?;
    let millis = began.elapsed().as_secs_f64() * 1e3;
    Ok(format!(
        r#"{{"bench":"first-answer","nodes":3,"milliseconds":{millis:.1}}}"#
    ))
}

/// Over the socket, as a client sees it; the fastest of a few, for a machine is seldom idle.
fn startup() -> Result<String, Failure> {
    let mut fastest = std::time::Duration::MAX;
    for _ in 0..STARTS {
        let mut options = ServeOptions::new(ClusterConfig::simple(Seed(1), 3));
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        options.native = NativeTransport::OneAddress {
            address: Ipv4Addr::LOCALHOST,
            first_port: port,
        };
        let began = RealInstant::now();
        let server = Server::start(options)?;
        first_query(server.addresses()[0])?;
        fastest = fastest.min(began.elapsed());
    }
    let millis = fastest.as_secs_f64() * 1e3;
    Ok(format!(
        r#"{{"bench":"startup","nodes":3,"starts":{STARTS},"milliseconds":{millis:.1}}}"#
    ))
}

/// STARTUP and one QUERY at ONE, in frames of version 4.
fn first_query(address: SocketAddr) -> Result<(), Failure> {
    const STARTUP: &[u8] = b"\x04\0\0\0\x01\0\0\0\x16\0\x01\0\x0bCQL_VERSION\0\x053.0.0";
    const QUERY: &[u8] = b"\x04\0\0\0\x07\0\0\0\x2f\0\0\0\x28SELECT release_version FROM system.local\0\x01\0";
    const RESULT: u8 = 0x08;
    let mut stream = TcpStream::connect(address)?;
    let mut header = [0; 9];
    for request in [STARTUP, QUERY] {
        stream.write_all(request)?;
        stream.read_exact(&mut header)?;
        let length = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        stream.read_exact(&mut vec![0; length as usize])?;
    }
    match header[4] {
        RESULT => Ok(()),
        other => Err(Failure::Bench(format!("the first query had an answer of kind {other}"))),
    }
}

/// `OPERATIONS` statements, `CLIENTS` at a time, on a table that holds all its rows.
fn throughput(name: &str, statement: fn(u64) -> String) -> Result<String, Failure> {
    let mut cluster = start(3);
    prepare(&mut cluster)?;
    drive(&mut cluster, KEYS, write)?;
    let virtual_began = cluster.now();
    let began = RealInstant::now();
    drive(&mut cluster, OPERATIONS, statement)?;
    let seconds = began.elapsed().as_secs_f64();
    let per_second = OPERATIONS as f64 / seconds;
    let virtual_seconds = cluster.now().since(virtual_began).as_secs_f64();
    Ok(format!(
        r#"{{"bench":"{name}","nodes":3,"replicas":3,"consistency":"QUORUM","clients":{CLIENTS},"operations":{OPERATIONS},"seconds":{seconds:.3},"virtual_seconds":{virtual_seconds:.3},"per_second":{per_second:.0}}}"#
    ))
}

fn idle() -> String {
    let mut cluster = start(5);
    let began = RealInstant::now();
    cluster.run_for(IDLE_VIRTUAL);
    let seconds = began.elapsed().as_secs_f64();
    let virtual_seconds = IDLE_VIRTUAL.as_secs_f64();
    let rate = virtual_seconds / seconds;
    format!(
        r#"{{"bench":"idle","nodes":5,"virtual_seconds":{virtual_seconds},"seconds":{seconds:.3},"virtual_per_real":{rate:.0}}}"#
    )
}

fn start(nodes: usize) -> BenchCluster {
    let mut cluster = Cluster::start(&ClusterConfig::simple(Seed(1), nodes), Nobody);
    cluster.run_for(WARM_UP);
    cluster
}

fn prepare(cluster: &mut BenchCluster) -> Result<(), Failure> {
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
    ask(
        cluster,
        format!("CREATE KEYSPACE bench WITH replication = {replication}"),
    )?;
    ask(
        cluster,
        "CREATE TABLE bench.rows (id int PRIMARY KEY, value text)".into(),
    )
}

/// A statement by itself.
fn ask(cluster: &mut BenchCluster, statement: String) -> Result<(), Failure> {
    let request = request(cluster, statement.clone());
    match cluster.execute(Endpoint::nth(1), request, PATIENCE) {
        Some(Answer::Reply(reply)) if reply.result.is_ok() => Ok(()),
        other => Err(Failure::Bench(format!("{statement}: {other:?}"))),
    }
}

/// Statements 0 to `count`, each client asking again as soon as it is answered.
fn drive(cluster: &mut BenchCluster, count: u64, statement: fn(u64) -> String) -> Result<(), Failure> {
    let nodes: Vec<Endpoint> = cluster.endpoints().collect();
    let (mut sent, mut answered) = (0, 0);
    let mut send = |cluster: &mut BenchCluster, at: Instant| {
        if sent < count {
            let request = request(cluster, statement(sent));
            cluster.submit(at, nodes[sent as usize % nodes.len()], request);
            sent += 1;
        }
    };
    let now = cluster.now();
    (0..CLIENTS).for_each(|_| send(cluster, now));
    while answered < count {
        if !cluster.run_window(Instant::MAX) {
            return Err(Failure::Bench(format!(
                "{answered} of {count} statements were answered"
            )));
        }
        for (at, answer) in cluster.answers() {
            match answer {
                Answer::Reply(reply) if reply.result.is_ok() => answered += 1,
                other => return Err(Failure::Bench(format!("{other:?}"))),
            }
            send(cluster, at);
        }
    }
    Ok(())
}

fn request(cluster: &mut BenchCluster, query: String) -> ClientRequest {
    ClientRequest {
        id: cluster.next_request(),
        query,
        form: Default::default(),
        keyspace: Some(KeyspaceName::new("bench")),
        consistency: ConsistencyLevel::Quorum,
        serial_consistency: ConsistencyLevel::Serial,
        page_size: None,
        paging_state: None,
        timestamp: None,
    }
}

fn write(nth: u64) -> String {
    format!(
        "INSERT INTO bench.rows (id, value) VALUES ({}, 'value number {nth}')",
        nth % KEYS
    )
}

fn read(nth: u64) -> String {
    // Neighbours in time are no neighbours in the table.
    format!("SELECT * FROM bench.rows WHERE id = {}", nth * 7919 % KEYS)
}
