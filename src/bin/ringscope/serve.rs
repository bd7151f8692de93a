//! `ringscope serve`: a cluster in this process, its nodes on ports of their own for Cassandra's clients.

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Instant;

use ringscope::node::NativeTransport;
use ringscope::server::{FaultScript, Limits, ServeOptions, Server, Speed};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, ServeArgs};

pub fn run(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let server = Server::start(options(args)?)?;
    println!(
        "The cluster is up, {:.0} ms after it was asked for.",
        began.elapsed().as_secs_f64() * 1e3
    );
    for (n, address) in server.addresses().iter().enumerate() {
        println!("  node {} listens on {address}", n + 1);
    }
    if let Some(control) = server.control_address() {
        println!(
            "Control: curl -X POST http://{control}/kill/2, or start, restart, pause, resume, cut, slow, lose, heal"
        );
    }
    println!(
        "Try: cqlsh {}",
        server
            .addresses()
            .first()
            .map_or_else(String::new, |it| it.ip().to_string())
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(asked_to_stop())?;
    server.stop()?;
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, or what `kill` and service managers send.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}

pub fn options(args: &ServeArgs) -> Result<ServeOptions, Failure> {
    let data = args.cluster.folder()?;
    let mut options = ServeOptions::new(args.cluster.config(data.as_ref()));
    options.data = data;
    options.native = match args.listen {
        Some(address) => NativeTransport::OneAddress {
            address,
            first_port: args.port,
        },
        None => NativeTransport::EachItsOwn { port: args.port },
    };
    options.speed = args.rate;
    options.limits = Limits::default();
    options.control_port = Some(args.control_port).filter(|_| !args.no_control);
    if let Some(path) = &args.faults {
        let text = super::read(path)?;
        options.faults = text.parse::<FaultScript>().map_err(|error| Failure::Faults {
            path: path.clone(),
            error,
        })?;
    }
    Ok(options)
}

/// `real` or `max`.
pub fn parse_rate(text: &str) -> Result<Speed, String> {
    match text {
        "real" => Ok(Speed::Real),
        "max" => Ok(Speed::Max),
        _ => Err("give real or max".into()),
    }
}

/// Where to listen instead of on 127.0.0.1, 127.0.0.2 and so on.
pub fn parse_address(text: &str) -> Result<Ipv4Addr, String> {
    text.parse().map_err(|_| format!("{text} is no IPv4 address"))
}
