//! Running other programs from the checkout's root, with the project's own tools first on the PATH.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What went wrong, in words for the person at the terminal.
pub type Result<T> = std::result::Result<T, String>;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask/ lies in the checkout's root")
}

/// Where a tool goes when another version of it is already installed, which stays untouched.
pub fn own_tools() -> PathBuf {
    root().join(".tools")
}

/// The project's own tools, then cargo's, then whatever the caller has.
fn search_path() -> Vec<PathBuf> {
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or(env::home_dir().map(|home| home.join(".cargo")));
    let given = env::var_os("PATH").unwrap_or_default();
    let first = [Some(own_tools()), cargo_home]
        .into_iter()
        .flatten()
        .map(|folder| folder.join("bin"));
    first.chain(env::split_paths(&given)).collect()
}

/// The file a program's name stands for.
pub fn find(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    search_path()
        .into_iter()
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

pub fn command<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(find(program).unwrap_or_else(|| program.into()));
    command.args(arguments).current_dir(root());
    if let Ok(path) = env::join_paths(search_path()) {
        command.env("PATH", path);
    }
    command
}

/// The first line a program prints, if it can be run.
pub fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = command(program, arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .map(str::to_owned)
}

/// Runs to the end with its output shown; an error unless it succeeds.
pub fn run(mut command: Command) -> Result<()> {
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", name_of(&command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` failed ({status})", name_of(&command)))
    }
}

/// Runs to the end with its output shown, and hands back what it wrote to standard output and whether it succeeded.
pub fn run_and_read(mut command: Command) -> Result<(String, bool)> {
    let start = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = start.map_err(|error| format!("{}: {error}", name_of(&command)))?;
    let mut output = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n').map_while(std::result::Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            output.push_str(&line);
            output.push('\n');
        }
    }
    // A closed terminal is no reason to stop counting.
    std::io::stdout().flush().ok();
    let status = child
        .wait()
        .map_err(|error| format!("{}: {error}", name_of(&command)))?;
    Ok((output, status.success()))
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}
