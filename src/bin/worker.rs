//! A node or the network, as its first message says.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    ringscope::web::worker::run();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("This is the page's worker: `cargo xtask serve` builds and serves it.");
    std::process::ExitCode::FAILURE
}
