//! Where the tests in Python find what they need: an environment with the clients, made once under target/.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ringscope::base::Seed;
use ringscope::node::NativeTransport;
use ringscope::server::{ServeError, ServeOptions, Server};
use ringscope::sim::ClusterConfig;

/// The versions that people have.
const CLIENTS: [&str; 2] = ["cqlsh==6.2.2", "cassandra-driver==3.29.2"];

/// The directory of this package.
pub fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program of the environment, which is made when it is not there.
///
/// # Panics
/// Says what to install when there is no Python to make it with.
pub fn client(name: &str) -> PathBuf {
    static MADE: std::sync::Once = std::sync::Once::new();
    let home = here().join("../../target/clients");
    MADE.call_once(|| {
        if home.join("complete").exists() {
            return;
        }
        run(Command::new("python3").arg("-m").arg("venv").arg(&home));
        run(Command::new(home.join("bin/pip"))
            .args(["install", "--quiet"])
            .args(CLIENTS));
        std::fs::write(home.join("complete"), "").unwrap();
    });
    home.join("bin").join(name)
}

/// Runs a program that has to succeed.
///
/// # Panics
/// With what it said when it does not.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "{command:?} cannot be run: {error}. Install Python 3.8 to 3.12 with venv and pip (Debian: python3-venv)."
        )
    });
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        said(&output.stdout),
        said(&output.stderr)
    );
    output
}

/// A cluster for one test, with its control port.
pub fn serve(nodes: usize) -> Server {
    for _ in 0..16 {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut options = ServeOptions::new(ClusterConfig::simple(Seed(1), nodes));
        options.native = NativeTransport::EachItsOwn { port };
        options.control_port = Some(0);
        match Server::start(options) {
            Ok(server) => return server,
            // Taken since, or on another of the addresses.
            Err(ServeError::Listen { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no port is free")
}

/// A script of this package's, told where the cluster is.
pub fn python(server: &Server, script: &str) -> String {
    let port = server.addresses()[0].port().to_string();
    let control = server.control_address().unwrap().port().to_string();
    let output = run(Command::new(client("python"))
        .arg(here().join("python").join(script))
        .args([port, control]));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
