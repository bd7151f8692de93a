//! `cargo xtask serve`: from a fresh checkout to an address to open.

use crate::process::{Result, command};
use crate::tools;
use std::net::{Ipv4Addr, TcpStream};
use std::thread;
use std::time::Duration;

/// Trunk.toml's `port`.
const DEFAULT_PORT: u16 = 8080;

pub fn serve(arguments: &[String]) -> Result<()> {
    let port = port_of(arguments)?;
    if is_listening(port) {
        return Err(format!(
            "something already listens on port {port}: stop it, or choose another with --port"
        ));
    }
    tools::ensure_all()?;
    println!("Building the page (the first time a few minutes)");
    let mut trunk = command("trunk", ["serve".to_owned()].iter().chain(arguments));
    let mut child = trunk.spawn().map_err(|error| format!("trunk: {error}"))?;
    let mut announced = false;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| format!("trunk: {error}"))? {
            return if status.success() {
                Ok(())
            } else {
                Err(format!("`trunk serve` ended ({status})"))
            };
        }
        if !announced && is_listening(port) {
            announced = true;
            println!("\n  Ringscope is at http://127.0.0.1:{port}/   (Ctrl+C stops it)\n");
        }
        thread::sleep(Duration::from_millis(200));
    }
}

fn port_of(arguments: &[String]) -> Result<u16> {
    let mut given = None;
    for (argument, next) in arguments.iter().zip(arguments.iter().skip(1).map(Some).chain([None])) {
        match argument.as_str() {
            "--port" | "-p" => given = next.cloned(),
            argument => given = given.or(argument.strip_prefix("--port=").map(str::to_owned)),
        }
    }
    let parse = |text: String| text.parse().map_err(|_| format!("`{text}` is no port"));
    given.map_or(Ok(DEFAULT_PORT), parse)
}

fn is_listening(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_as_trunk_reads_it() {
        let port = |text: &str| port_of(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(port("--release"), Ok(DEFAULT_PORT));
        assert_eq!(port("--port 9000 --release"), Ok(9000));
        assert_eq!(port("-p 9000"), Ok(9000));
        assert_eq!(port("--port=9000"), Ok(9000));
        assert!(port("--port far").is_err());
    }
}
