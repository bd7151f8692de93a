//! `ringscope golden`: scripts with their recorded output, run anew.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use ringscope::base::Seed;
use ringscope::shell::golden::{BlockReport, Runner, coverage};

use super::{Failure, GoldenArgs};

pub fn run(args: &GoldenArgs) -> Result<ExitCode, Failure> {
    let mut stdout = std::io::stdout().lock();
    if args.coverage {
        return show_coverage(args, &mut stdout);
    }
    let (mut passed, mut failed) = (0, 0);
    for path in &args.files {
        let script = super::read(path)?;
        let reports = Runner::new(Seed(args.seed)).run(&script);
        let different: Vec<&BlockReport> = reports.iter().filter(|report| !report.passed()).collect();
        let equal = reports.len() - different.len();
        passed += equal;
        failed += different.len();
        if args.list {
            for report in different {
                writeln!(stdout, "{}", entry(path, report))?;
            }
            continue;
        }
        for report in different.iter().filter(|_| !args.quiet) {
            writeln!(
                stdout,
                "{}:{}:\n{}",
                path.display(),
                report.block.line,
                report.difference()
            )?;
        }
        writeln!(stdout, "{}: {equal} of {} blocks", path.display(), reports.len())?;
    }
    if !args.list {
        writeln!(stdout, "{passed} passed, {failed} failed")?;
    }
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The table of what works, from the scripts and the list of known differences beside them. Nothing is run.
fn show_coverage(args: &GoldenArgs, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let mut scripts = Vec::new();
    for path in &args.files {
        let name = path.file_name().unwrap_or_default().display().to_string();
        scripts.push((name, super::read(path)?));
    }
    let list = args.files.first().and_then(|path| path.parent());
    let known = match list.map(|folder| folder.join("known-differences.txt")) {
        Some(path) if path.exists() => super::read(&path)?,
        _ => String::new(),
    };
    let scripts = scripts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    write!(out, "{}", coverage(scripts, &known))?;
    Ok(ExitCode::SUCCESS)
}

/// A line of the list of known differences: where, and why.
fn entry(path: &Path, report: &BlockReport) -> String {
    let name = path.file_name().unwrap_or_default().display();
    let unsupported = report.actual.iter().find_map(|line| {
        let (before, _) = line.split_once(": Ringscope does not support this yet")?;
        let (_, what) = before.rsplit_once('"').unwrap_or(("", before));
        Some(format!("not supported yet: {what}"))
    });
    let why = unsupported.or_else(|| report.first_difference()).unwrap_or_default();
    format!("{name}:{} {why}", report.block.line)
}
