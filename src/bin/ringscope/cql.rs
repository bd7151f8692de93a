//! `ringscope cql`: cqlsh at a cluster in this process.

use std::cell::RefCell;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use ringscope::base::UnixMicros;
use ringscope::server::FileDisk;
use ringscope::shell::{Console, Output};
use ringscope::sim::{ClusterConfig, NodeDisk};

use super::{Failure, prompt};

/// cqlsh's exit status after a script with errors.
const STATEMENT_FAILED: u8 = 2;

pub fn run(config: &ClusterConfig, script: Option<&Path>, data: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut config = config.clone();
    if data.is_some() {
        // What was written before must be older than what is written now.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        config.epoch = UnixMicros(now.as_micros() as i64);
    }
    let config = &config;
    if let Some(path) = script {
        let text = super::read(path)?;
        return self::script(
            config,
            data,
            &path.display().to_string(),
            text.lines().map(|line| Ok(line.to_owned())),
        );
    }
    if std::io::stdin().is_terminal() {
        return prompt::run(console(config, true, data)?);
    }
    self::script(config, data, "<stdin>", std::io::stdin().lock().lines())
}

/// A cluster of nodes in memory, or with a folder each below `data`.
fn console(config: &ClusterConfig, interactive: bool, data: Option<&Path>) -> Result<Console, Failure> {
    let Some(folder) = data else {
        return Ok(Console::start(config, interactive));
    };
    let mut disks = Vec::new();
    for endpoint in config.endpoints() {
        disks.push((
            endpoint,
            FileDisk::open(folder.join(endpoint.to_string())).map_err(std::io::Error::other)?,
        ));
    }
    Ok(Console::start_on(config, interactive, |endpoint| {
        let place = disks.iter().position(|(it, _)| *it == endpoint);
        place.map_or_else(NodeDisk::default, |at| {
            NodeDisk::Lasting(Rc::new(RefCell::new(disks.swap_remove(at).1)))
        })
    }))
}

/// Runs a script line by line, as it comes.
fn script(
    config: &ClusterConfig,
    data: Option<&Path>,
    source: &str,
    lines: impl Iterator<Item = std::io::Result<String>>,
) -> Result<ExitCode, Failure> {
    let mut console = console(config, false, data)?;
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
