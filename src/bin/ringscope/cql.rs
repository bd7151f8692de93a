//! `ringscope cql`: cqlsh at a cluster in this process.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use ringscope::shell::{Console, Output};
use ringscope::sim::ClusterConfig;

use super::{Failure, prompt};

/// cqlsh's exit status after a script with errors.
const STATEMENT_FAILED: u8 = 2;

pub fn run(config: &ClusterConfig, script: Option<&Path>) -> Result<ExitCode, Failure> {
    if let Some(path) = script {
        let text = super::read(path)?;
        return self::script(
            config,
            &path.display().to_string(),
            text.lines().map(|line| Ok(line.to_owned())),
        );
    }
    if std::io::stdin().is_terminal() {
        return prompt::run(Console::start(config, true));
    }
    self::script(config, "<stdin>", std::io::stdin().lock().lines())
}

/// Runs a script line by line, as it comes.
fn script(
    config: &ClusterConfig,
    source: &str,
    lines: impl Iterator<Item = std::io::Result<String>>,
) -> Result<ExitCode, Failure> {
    let mut console: Console = Console::start(config, false);
    let mut printer = Printer::new(source);
    for line in lines {
        console.submit(&format!("{}\n", line?), |output| printer.take(output));
        if printer.exits {
            break;
        }
    }
    if !printer.exits {
        console.finish(|output| printer.take(output));
    }
    printer.finish()
}

/// Writes to the process's own output, as cqlsh does for a script.
struct Printer<'a> {
    source: &'a str,
    exits: bool,
    failed: bool,
    broken: Option<std::io::Error>,
}

impl<'a> Printer<'a> {
    fn new(source: &'a str) -> Printer<'a> {
        Printer {
            source,
            exits: false,
            failed: false,
            broken: None,
        }
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Text(text) => {
                let mut stdout = std::io::stdout().lock();
                if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
                    self.broken = Some(error);
                    self.exits = true;
                }
            }
            Output::Error(error) => {
                self.failed = true;
                eprintln!("{}:{}:{}", self.source, error.line, error.text);
            }
            Output::Clear => {}
            Output::Exit => self.exits = true,
        }
    }

    fn finish(self) -> Result<ExitCode, Failure> {
        match self.broken {
            Some(error) => Err(error.into()),
            None if self.failed => Ok(ExitCode::from(STATEMENT_FAILED)),
            None => Ok(ExitCode::SUCCESS),
        }
    }
}
