//! `ringscope cql`: cqlsh at a cluster in this process.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use ringscope::base::Instant;
use ringscope::server::DataFolder;
use ringscope::shell::{Console, Files, Output};

use super::{CqlArgs, Failure, prompt};

/// cqlsh's exit status after a script with errors.
const STATEMENT_FAILED: u8 = 2;

pub fn run(args: &CqlArgs) -> Result<ExitCode, Failure> {
    let mut data = args.cluster.folder()?;
    let asks = args.file.is_none() && std::io::stdin().is_terminal();
    let mut console = console(args, asks, data.as_ref())?;
    console.files = Some(Box::new(HostFiles));
    let code = match &args.file {
        Some(path) => {
            let text = super::read(path)?;
            let lines = text.lines().map(|line| Ok(line.to_owned()));
            script(&mut console, &path.display().to_string(), lines)?
        }
        None if asks => prompt::run(&mut console)?,
        None => script(&mut console, "<stdin>", std::io::stdin().lock().lines())?,
    };
    if let Some(folder) = &mut data {
        let cluster = console.cluster();
        folder.stop_at(cluster.roster().nodes()[0].clock.at(cluster.now()))?;
    }
    Ok(code)
}

/// A cluster of nodes in memory, or with a folder each.
fn console(args: &CqlArgs, interactive: bool, data: Option<&DataFolder>) -> Result<Console, Failure> {
    let mut config = args.cluster.config(data);
    let Some(folder) = data else {
        return Ok(Console::start(&config, interactive));
    };
    folder.prepare(&config)?;
    // What was written before must be older than what is written now.
    config.epoch = folder.epoch();
    let mut console = Console::start_on(&config, interactive, folder.disks(&config)?);
    let until = Instant::ZERO + DataFolder::HEAD_START;
    console.cluster().run_until(until);
    Ok(console)
}

/// Runs a script line by line, as it comes.
fn script(
    console: &mut Console,
    source: &str,
    lines: impl Iterator<Item = std::io::Result<String>>,
) -> Result<ExitCode, Failure> {
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

/// The files of this machine. A path may begin with `~/`.
struct HostFiles;

impl HostFiles {
    fn path(file: &str) -> std::path::PathBuf {
        match (file.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(rest), Some(home)) => std::path::Path::new(&home).join(rest),
            _ => file.into(),
        }
    }

    /// As Python puts it.
    fn failure(file: &str, error: &std::io::Error) -> String {
        let text = error.to_string();
        match (error.raw_os_error(), text.split_once(" (os error")) {
            (Some(number), Some((what, _))) => format!("[Errno {number}] {what}: '{file}'"),
            _ => text,
        }
    }
}

impl Files for HostFiles {
    fn read(&self, file: &str) -> Result<String, String> {
        std::fs::read_to_string(HostFiles::path(file)).map_err(|error| HostFiles::failure(file, &error))
    }

    fn write(&mut self, file: &str, text: &str) -> Result<(), String> {
        std::fs::write(HostFiles::path(file), text).map_err(|error| HostFiles::failure(file, &error))
    }
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
                let source = error.file.as_deref().unwrap_or(self.source);
                eprintln!("{source}:{}:{}", error.line, error.text);
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
