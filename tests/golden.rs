//! Golden scripts, recorded from Apache Cassandra 5.0.7: every block gives the same output here, or is a known difference.
//!
//! `tests/golden/known-differences.txt` lists those, each by file and line with the reason. It is written anew by
//! `ringscope golden --list tests/golden/*.golden > tests/golden/known-differences.txt`; a block comes off it, never onto it.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ringscope::base::Seed;
use ringscope::shell::golden::{BlockReport, Runner};

/// The part that is done: of its blocks at least 95 in 100 are equal.
const FIRST_LIGHT: [&str; 11] = [
    "00-", "01-", "04-", "05-", "06-", "07-", "08-", "09-", "10-", "11-", "13-",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn scripts() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("the folder of golden scripts");
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut scripts: Vec<String> = names.filter(|name| name.ends_with(".golden")).collect();
    scripts.sort();
    scripts
}

fn run(name: &str, seed: u64) -> Vec<BlockReport> {
    Runner::new(Seed(seed)).run(&read(name))
}

#[test]
fn blocks_are_equal_or_known_to_differ() {
    let list = read("known-differences.txt");
    let known: BTreeSet<&str> = list.lines().filter_map(|line| line.split(' ').next()).collect();
    let (mut equal, mut different, mut unknown) = (0, 0, String::new());
    for name in scripts() {
        for report in run(&name, 1) {
            let place = format!("{name}:{}", report.block.line);
            match report.passed() {
                true if known.contains(&*place) => println!("{place} is equal now: take it off the list"),
                true => {}
                false if known.contains(&*place) => {}
                false => unknown += &format!("{place}\n{}\n", report.difference()),
            }
            if report.passed() { equal += 1 } else { different += 1 }
        }
    }
    println!("{equal} of {} blocks are equal", equal + different);
    assert!(unknown.is_empty(), "new differences:\n{unknown}");
}

#[test]
fn nearly_all_of_first_light_is_equal() {
    let is_part = |name: &String| FIRST_LIGHT.iter().any(|start| name.starts_with(start));
    let reports: Vec<BlockReport> = scripts()
        .iter()
        .filter(|name| is_part(name))
        .flat_map(|name| run(name, 1))
        .collect();
    let equal = reports.iter().filter(|report| report.passed()).count();
    println!("{equal} of {} blocks of first light are equal", reports.len());
    assert!(equal * 100 >= reports.len() * 95, "{equal} of {}", reports.len());
}

/// What a script answers does not hang on the run's random choices: latencies, tokens, which replica is asked.
#[test]
fn answers_do_not_depend_on_the_seed() {
    for name in [
        "00-first-steps.golden",
        "13-clustering-ranges.golden",
        "52-consistency-all-up.golden",
    ] {
        for seed in 2..12 {
            for report in run(name, seed) {
                assert!(
                    report.passed(),
                    "seed {seed}, {name}:{}\n{}",
                    report.block.line,
                    report.difference()
                );
            }
        }
    }
}
