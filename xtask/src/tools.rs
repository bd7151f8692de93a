//! The tools that make WebAssembly pages, each in the one version that fits the others.

use crate::process::{Result, command, find, first_line, own_tools, root, run};
use std::fs;
use std::time::Instant;

/// Bundles the page. 0.22 asks for a newer rustc than rust-toolchain.toml names.
const TRUNK_VERSION: &str = "0.21.14";

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Everything `trunk build` needs.
pub fn ensure_all() -> Result<()> {
    ensure_target()?;
    ensure_installed(
        "wasm-bindgen-cli",
        &["wasm-bindgen", "wasm-bindgen-test-runner"],
        &wasm_bindgen_version()?,
        4,
    )?;
    ensure_installed("trunk", &["trunk"], TRUNK_VERSION, 9)
}

/// The command-line tool must be of the very version that the library is.
fn wasm_bindgen_version() -> Result<String> {
    let path = root().join("Cargo.toml");
    let manifest = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    pinned_version(&manifest, "wasm-bindgen").ok_or("Cargo.toml pins no `wasm-bindgen = \"=...\"`".to_owned())
}

/// `NAME = "=VERSION"` in a manifest.
fn pinned_version(manifest: &str, name: &str) -> Option<String> {
    let values = manifest
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .filter(|(key, _)| *key == name);
    values
        .map(|(_, value)| value.trim_matches(['"', '=']))
        .map(str::to_owned)
        .next()
}

pub fn ensure_target() -> Result<()> {
    let libraries = first_line("rustc", &["--print", "target-libdir", "--target", TARGET]);
    if libraries.is_some_and(|folder| fs::exists(folder).unwrap_or(false)) {
        return Ok(());
    }
    if find("rustup").is_none() {
        return Err(format!(
            "Rust's {TARGET} target is missing and there is no rustup to add it: install the target with what installed Rust"
        ));
    }
    println!("Adding Rust's {TARGET} target (seconds)");
    run(command("rustup", ["target", "add", TARGET]))
}

/// Installs a package from crates.io unless its programs are there in this version.
fn ensure_installed(package: &str, programs: &[&str], version: &str, minutes: u32) -> Result<()> {
    if programs.iter().all(|program| is_version(program, version)) {
        return Ok(());
    }
    // Another version belongs to somebody: the right one goes beside it, into the checkout.
    let beside = programs.iter().any(|program| find(program).is_some());
    let place = if beside {
        format!("into {}", own_tools().display())
    } else {
        "with cargo".to_owned()
    };
    println!("Installing {package} {version} {place} (once; about {minutes} minutes on two cores)");
    let started = Instant::now();
    let root_arguments = if beside {
        vec!["--root".to_owned(), own_tools().display().to_string()]
    } else {
        vec![]
    };
    let with = |before: &[&str]| {
        let before = before.iter().map(|argument| (*argument).to_owned());
        let what = format!("{package}@{version}");
        run(command(
            "cargo",
            before
                .chain([what])
                .chain(root_arguments.iter().cloned())
                .collect::<Vec<_>>(),
        ))
    };
    let prebuilt = find("cargo-binstall").is_some() && with(&["binstall", "--no-confirm"]).is_ok();
    if !prebuilt {
        with(&["install", "--locked"])?;
    }
    println!("Installed {package} {version} in {} s", started.elapsed().as_secs());
    match programs.iter().find(|program| !is_version(program, version)) {
        Some(program) => Err(format!(
            "{package} {version} was installed, but `{program} --version` does not say so: is an older one first on the PATH?"
        )),
        None => Ok(()),
    }
}

fn is_version(program: &str, version: &str) -> bool {
    first_line(program, &["--version"]).is_some_and(|line| line.split_whitespace().nth(1) == Some(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_found_by_its_whole_name() {
        let manifest = "wasm-bindgen-futures = \"0.4\"\nwasm-bindgen = \"=0.2.1\"\n";
        assert_eq!(pinned_version(manifest, "wasm-bindgen").as_deref(), Some("0.2.1"));
        assert_eq!(pinned_version(manifest, "wasm"), None);
    }

    #[test]
    fn trunk_is_told_the_same_version() {
        let trunk = fs::read_to_string(root().join("Trunk.toml")).unwrap();
        assert!(trunk.contains(&format!("wasm_bindgen = \"{}\"", wasm_bindgen_version().unwrap())));
    }
}
