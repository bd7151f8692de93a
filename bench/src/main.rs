//! QUORUM writes and reads through a driver, prepared, at three replicas; what they take of the server, one JSON line each.
//!
//! The same load for whatever listens: `--start` runs a server and takes its start-up too, `--process` names one that runs.

mod process;
mod work;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;

use process::{Server, Usage};
use work::{Done, Kind, Work};

#[derive(Parser)]
struct Args {
    /// Where a node listens; the driver finds the others.
    #[arg(long, default_value = "127.0.0.1:9042")]
    address: SocketAddr,
    /// The server's command line, to be started and ended here.
    #[arg(long, value_name = "COMMAND", conflicts_with = "process")]
    start: Option<String>,
    /// The server's processes, with commas between them.
    #[arg(long, value_name = "PID", value_delimiter = ',')]
    process: Vec<u32>,
    /// Requests under way at any time.
    #[arg(long, default_value_t = 64)]
    clients: u32,
    /// Of each kind, besides those to warm up.
    #[arg(long, default_value_t = 100_000)]
    operations: u32,
    /// Not measured: what the server compiles and caches at first is there by then.
    #[arg(long, default_value_t = 20_000)]
    warm_up: u32,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("load: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let server = match &args.start {
        Some(command) => Server::start(command, args.address)?,
        None => Server::running(&args.process),
    };
    if let Some(started) = server.started_in {
        let usage = server.usage()?;
        println!(
            r#"{{"load":"start","milliseconds":{:.1},"cpu_seconds":{:.2},"resident_mib":{:.1}}}"#,
            started.as_secs_f64() * 1e3,
            usage.cpu_seconds,
            usage.resident_mib
        );
    }
    let work = runtime.block_on(Work::prepare(args.address))?;
    for (name, kind) in [("write", Kind::Write), ("read", Kind::Read), ("mixed", Kind::Mixed)] {
        runtime.block_on(work.run(kind, args.warm_up, args.clients))?;
        let before = server.usage()?;
        let done = runtime.block_on(work.run(kind, args.operations, args.clients))?;
        println!("{}", line(name, args, &done, before, server.usage()?));
    }
    Ok(())
}

fn line(name: &str, args: &Args, done: &Done, before: Usage, after: Usage) -> String {
    let seconds = done.took.as_secs_f64();
    let operations = f64::from(args.operations);
    let cpu = after.cpu_seconds - before.cpu_seconds;
    format!(
        r#"{{"load":"{name}","consistency":"QUORUM","clients":{},"operations":{},"seconds":{seconds:.2},"per_second":{:.0},"p50_ms":{:.2},"p99_ms":{:.2},"cpu_seconds_per_million":{:.1},"per_cpu_second":{:.0},"resident_mib":{:.1}}}"#,
        args.clients,
        args.operations,
        operations / seconds,
        done.quantile(0.5).as_secs_f64() * 1e3,
        done.quantile(0.99).as_secs_f64() * 1e3,
        cpu * 1e6 / operations,
        operations / cpu,
        after.resident_mib
    )
}
