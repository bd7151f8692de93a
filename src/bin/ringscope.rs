//! The command line: a cluster in this process, at a prompt or for a script.

#[cfg(not(target_arch = "wasm32"))]
#[path = "ringscope/cli.rs"]
mod cli;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    cli::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}
