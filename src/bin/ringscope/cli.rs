//! What may be asked on the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use ringscope::base::Seed;
use ringscope::server::{DataError, DataFolder, Speed};
use ringscope::sim::ClusterConfig;
use ringscope::sim::faults::FaultSet;

#[path = "bench.rs"]
mod bench;
#[path = "cql.rs"]
mod cql;
#[path = "golden.rs"]
mod golden;
#[path = "prompt.rs"]
mod prompt;
#[path = "serve.rs"]
mod serve;
#[path = "sim.rs"]
mod sim;
#[path = "sstable.rs"]
mod sstable;

/// A Cassandra-compatible database in one process, its whole cluster with it.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// cqlsh at a fresh cluster: a prompt, or a script from a file or standard input.
    Cql(CqlArgs),
    /// Serves a cluster to Cassandra's clients: cqlsh, and drivers of any language.
    Serve(ServeArgs),
    /// Runs golden scripts and shows where their output differs.
    Golden(GoldenArgs),
    /// Simulates clusters under faults, one a seed, and checks what their clients saw.
    Sim(SimArgs),
    /// Prints the histories of the fixed workloads, as tests/gate.txt holds them.
    Gate,
    /// Looks into SSTables, whoever wrote them.
    #[command(subcommand)]
    Sstable(sstable::SstableCommand),
    /// Measures this build, one JSON line a benchmark; all of them when none is named.
    Bench {
        #[arg(value_enum, value_name = "NAME")]
        names: Vec<bench::Bench>,
    },
}

#[derive(Args)]
struct CqlArgs {
    /// The script to run instead of asking.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Args)]
struct ServeArgs {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// The port of the native protocol. Node n listens on 127.0.0.n, so that all may have the same.
    #[arg(long, default_value_t = 9042)]
    port: u16,
    /// One address for all nodes, which then have a port each: the one above, and those that follow it.
    #[arg(long, value_name = "ADDRESS", value_parser = serve::parse_address)]
    listen: Option<std::net::Ipv4Addr>,
    /// How virtual time runs: `real`, with the clock on the wall; `max`, without waiting for delays and timeouts while a
    /// client waits, so that timestamps may get ahead of the clock.
    #[arg(long, default_value = "real", value_parser = serve::parse_rate)]
    rate: Speed,
    /// What goes wrong and when: a line each, such as `10s kill 2`.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// The HTTP port on 127.0.0.1 at which nodes are killed, started, cut off and slowed.
    #[arg(long, default_value_t = 9043)]
    control_port: u16,
    /// Opens no control port.
    #[arg(long)]
    no_control: bool,
}

#[derive(Args)]
struct GoldenArgs {
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only says how many blocks of each file are equal.
    #[arg(short, long)]
    quiet: bool,
    /// Makes docs/cql-coverage.md of the scripts and the list of known differences beside them; runs nothing.
    #[arg(long)]
    coverage: bool,
    /// Only names the blocks that differ, by file and line, as `tests/golden/known-differences.txt` lists them.
    #[arg(long, conflicts_with = "quiet")]
    list: bool,
    /// What the run's random choices follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Args)]
struct SimArgs {
    /// The seeds from A up to B, without B.
    #[arg(long, value_name = "A..B", value_parser = sim::parse_seeds)]
    seeds: std::ops::Range<u64>,
    /// What goes wrong: all, none, or some of crash,pause,cut,loss,latency.
    #[arg(long, value_name = "SET", default_value = "all")]
    faults: FaultSet,
    /// Memtables are flushed after a few writes, and compacted: SSTables take part.
    #[arg(long)]
    flushes: bool,
    /// Also prints the history of each seed.
    #[arg(long)]
    each: bool,
}

#[derive(Args)]
struct ClusterArgs {
    /// How many nodes the cluster has: those whose data is kept, or else 3.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=ClusterConfig::MAX_NODES as i64))]
    nodes: Option<u16>,
    /// What the run's random choices follow from: the same seed and input give the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keeps each node's files below this folder, and goes on from what is there. Otherwise all is in memory.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl ClusterArgs {
    fn folder(&self) -> Result<Option<DataFolder>, DataError> {
        self.data.as_ref().map(DataFolder::open).transpose()
    }

    fn config(&self, data: Option<&DataFolder>) -> ClusterConfig {
        let kept = data.map(DataFolder::nodes).filter(|kept| *kept > 0);
        let nodes = self.nodes.map(usize::from).or(kept);
        ClusterConfig::simple(Seed(self.seed), nodes.unwrap_or(ClusterConfig::DEFAULT_NODES))
    }
}

pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Cql(args) => cql::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Golden(args) => golden::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::Gate => sim::gate(),
        Command::Sstable(command) => sstable::run(&command),
        Command::Bench { names } => bench::run(&names),
    };
    match done {
        Ok(code) => code,
        // Whoever reads the output has read enough.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("ringscope: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn read(path: &std::path::Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::Input {
        path: path.to_owned(),
        error,
    })
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot read {}: {error}", path.display())]
    Input { path: PathBuf, error: std::io::Error },
    #[error("in {}: {error}", path.display())]
    Faults {
        path: PathBuf,
        error: ringscope::server::WrongDeed,
    },
    #[error(transparent)]
    Serve(#[from] ringscope::server::ServeError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("{0}")]
    Output(#[from] std::io::Error),
    #[error("{0}")]
    Storage(#[from] ringscope::storage::StorageError),
    #[error("there are no SSTables in {}", .0.display())]
    NoSstables(PathBuf),
    #[error("the benchmark failed: {0}")]
    Bench(String),
    #[error("the prompt cannot be shown: {0}. Give a script with -f, or on standard input.")]
    Prompt(String),
}
