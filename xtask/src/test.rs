//! `cargo xtask test`: every step CI holds the project to. One that fails does not stop the others.

use crate::process::{Result, command, root, run, run_and_read};
use crate::{browser, size, tools};
use std::fs;
use std::time::Instant;

#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    fn one(succeeded: bool) -> Self {
        Tally {
            passed: u64::from(succeeded),
            failed: u64::from(!succeeded),
        }
    }

    fn plus(self, other: Tally) -> Self {
        Tally {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

type Step = fn() -> Result<Tally>;

/// Runs all steps and prints the sum last; true when nothing failed.
pub fn test() -> bool {
    let steps: [(&str, Step); 9] = [
        ("format", || checked(cargo(&["fmt", "--all", "--check"]))),
        ("lints, native", || {
            checked(cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ]))
        }),
        ("lints, wasm32", lints_for_wasm),
        ("tests, native", || {
            counted(cargo(&[
                "test",
                "--workspace",
                "--exclude",
                "browser-tests",
                "--no-fail-fast",
            ]))
        }),
        ("tests, Cassandra's own clients", || {
            counted(cargo(&[
                "test",
                "--manifest-path",
                "tests/drivers/Cargo.toml",
                "--target-dir",
                "target/drivers",
                "--no-fail-fast",
            ]))
        }),
        ("the page, release build", build_page),
        ("the page, size over the wire", page_size),
        ("tests, wasm32 in a browser", tests_in_wasm),
        ("tests, the page in a browser", tests_of_the_page),
    ];
    let mut summary = Vec::new();
    let mut total = Tally::default();
    for (name, step) in steps {
        println!("\n=== {name}");
        let started = Instant::now();
        let tally = step().unwrap_or_else(|message| {
            eprintln!("error: {message}");
            Tally::one(false)
        });
        summary.push(format!(
            "{:>6} passed {:>4} failed {:>5} s  {name}",
            tally.passed,
            tally.failed,
            started.elapsed().as_secs()
        ));
        total = total.plus(tally);
    }
    println!(
        "\n{}\n\n{} passed, {} failed",
        summary.join("\n"),
        total.passed,
        total.failed
    );
    total.failed == 0
}

fn cargo(arguments: &[&str]) -> std::process::Command {
    command("cargo", arguments)
}

fn lints_for_wasm() -> Result<Tally> {
    tools::ensure_target()?;
    let targets = ["--lib", "--bin", "app", "--test", "web"];
    let arguments = ["clippy", "--target", tools::TARGET]
        .into_iter()
        .chain(targets)
        .chain(["--", "--deny", "warnings"]);
    checked(command("cargo", arguments))
}

fn build_page() -> Result<Tally> {
    tools::ensure_all()?;
    // Trunk leaves the old page when the build fails; the steps that follow must not test that one.
    fs::remove_dir_all(root().join("dist")).ok();
    checked(command("trunk", ["build", "--release"]))
}

fn page_size() -> Result<Tally> {
    let report = size::measure(&root().join("dist"))?;
    println!("{report}");
    Ok(Tally::one(report.is_within_limits()))
}

fn tests_in_wasm() -> Result<Tally> {
    tools::ensure_all()?;
    browser::ensure()?;
    counted(cargo(&["test", "--target", tools::TARGET, "--test", "web"]))
}

fn tests_of_the_page() -> Result<Tally> {
    browser::ensure()?;
    counted(cargo(&["test", "--package", "browser-tests", "--no-fail-fast"]))
}

/// A step that is right or wrong as a whole.
fn checked(command: std::process::Command) -> Result<Tally> {
    run(command).map(|()| Tally::one(true))
}

/// A step whose test runners say how many passed and failed.
fn counted(command: std::process::Command) -> Result<Tally> {
    let (output, succeeded) = run_and_read(command)?;
    let tally = closing_lines(&output);
    match (tally, succeeded) {
        (Tally { passed: 0, failed: 0 }, true) => Err("no test was run".to_owned()),
        // It did not build, or a runner broke off: no closing line tells of that.
        (Tally { failed: 0, .. }, false) => Ok(tally.plus(Tally::one(false))),
        _ => Ok(tally),
    }
}

/// Adds up `test result: ok. 3 passed; 0 failed; ...`, which every runner of Rust tests prints.
fn closing_lines(output: &str) -> Tally {
    let number_before = |line: &str, word: &str| -> Option<u64> {
        let before = &line[..line.find(word)?];
        before.split_whitespace().last()?.parse().ok()
    };
    let results = output.lines().filter(|line| line.starts_with("test result: "));
    let tallies = results.filter_map(|line| {
        Some(Tally {
            passed: number_before(line, " passed")?,
            failed: number_before(line, " failed")?,
        })
    });
    tallies.fold(Tally::default(), Tally::plus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up() {
        let output = "running 2 tests\ntest a ... ok\n\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured\n\
                      test result: FAILED. 10 passed; 3 failed; 0 ignored\nsays test result: ok. 9 passed; 9 failed\n";
        assert_eq!(closing_lines(output), Tally { passed: 12, failed: 3 });
        assert_eq!(closing_lines("error: could not compile"), Tally::default());
    }
}
