//! `ringscope sim`: seeds run under faults, their histories checked.

use std::io::Write;
use std::ops::Range;
use std::process::ExitCode;

use ringscope::base::Seed;
use ringscope::playground::record::Recording;
use ringscope::playground::share::to_link;
use ringscope::sim::campaign::{self, Flushes, Summary};
use ringscope::sim::gate;
use ringscope::sim::workload::Load;

use super::{Failure, SimArgs};

/// `A..B` is A up to B, without B.
pub fn parse_seeds(text: &str) -> Result<Range<u64>, String> {
    let (from, to) = text.split_once("..").ok_or("give A..B")?;
    let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no seed"));
    let seeds = number(from)?..number(to)?;
    if seeds.is_empty() {
        return Err("there is no seed in it".into());
    }
    Ok(seeds)
}

pub fn run(args: &SimArgs) -> Result<ExitCode, Failure> {
    let mut stdout = std::io::stdout().lock();
    let mut summary = Summary::default();
    let flushes = if args.flushes { Flushes::Often } else { Flushes::Never };
    for seed in args.seeds.clone() {
        let outcome = campaign::run_load(Seed(seed), &args.faults, Load::CAMPAIGN, flushes);
        if args.each {
            writeln!(stdout, "seed {seed}: history {}", outcome.history)?;
        }
        for violation in &outcome.violations {
            writeln!(stdout, "seed {seed}: {violation}")?;
        }
        if !outcome.violations.is_empty() {
            writeln!(
                stdout,
                "seed {seed}: again with ringscope sim --seeds {seed}..{} --faults {}{}",
                seed + 1,
                args.faults,
                if args.flushes { " --flushes" } else { "" }
            )?;
            match to_link(&Recording::of_script(&outcome.script, outcome.history)) {
                Ok(link) => writeln!(stdout, "seed {seed}: or open the page at #{link}")?,
                Err(error) => writeln!(stdout, "seed {seed}: {error}")?,
            }
        }
        summary.add(outcome);
    }
    writeln!(
        stdout,
        "{} seeds, {} failed; {} statements, {} writes acknowledged, {} events",
        summary.seeds,
        summary.failures.len(),
        summary.operations,
        summary.acknowledged,
        summary.events
    )?;
    for (name, times) in summary.sightings.list() {
        writeln!(stdout, "{times:>12} {name}")?;
    }
    Ok(if summary.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The histories that every kind of host has to come to.
pub fn gate() -> Result<ExitCode, Failure> {
    let mut stdout = std::io::stdout().lock();
    for workload in gate::WORKLOADS {
        writeln!(stdout, "{} {}", workload.name, (workload.script)().run())?;
    }
    Ok(ExitCode::SUCCESS)
}
