//! `cargo xtask bench-page`: the page's numbers, in a headless browser.

use crate::browser;
use crate::process::{Result, command, root, run};

/// One JSON line each, of the page that `trunk build --release` has left.
pub fn page() -> Result<()> {
    browser::ensure()?;
    let dist = root().join("dist");
    if !dist.join("service-worker.js").exists() {
        return Err(format!(
            "no release page in {}: run `trunk build --release` first",
            dist.display()
        ));
    }
    run(command(
        "cargo",
        ["run", "--quiet", "--package", "browser-tests", "--bin", "bench-page"],
    ))
}
