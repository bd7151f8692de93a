//! `ringscope golden`: scripts with their recorded output, run anew.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use ringscope::base::Seed;
use ringscope::node::Node;
use ringscope::shell::golden::Runner;

use super::Failure;

pub fn run(files: &[PathBuf], seed: Seed, quiet: bool) -> Result<ExitCode, Failure> {
    let mut stdout = std::io::stdout().lock();
    let (mut passed, mut failed) = (0, 0);
    for path in files {
        let script = super::read(path)?;
        let reports = Runner::<Node>::new(seed).run(&script);
        let equal = reports.iter().filter(|report| report.passed()).count();
        for report in reports.iter().filter(|report| !report.passed() && !quiet) {
            writeln!(
                stdout,
                "{}:{}:\n{}",
                path.display(),
                report.block.line,
                report.difference()
            )?;
        }
        writeln!(stdout, "{}: {equal} of {} blocks", path.display(), reports.len())?;
        passed += equal;
        failed += reports.len() - equal;
    }
    writeln!(stdout, "{passed} passed, {failed} failed")?;
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
