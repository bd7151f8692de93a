//! The project's commands: `cargo xtask serve` and `cargo xtask test` are all a newcomer, a developer and CI need.
//!
//! Knows which tools the project takes and how its parts are checked. Does not know what they do: it runs them.

mod bench;
mod browser;
mod dist;
mod learn;
mod parts;
mod process;
mod serve;
mod size;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  serve [ARGS]   install what is missing, build the page and serve it; ARGS go to `trunk serve` (--release, --port 8080, ...)
  test           everything CI runs: format, lints, tests, the page in a headless browser; ends with `N passed, N failed`
  size           bytes of the built page over the wire
  weigh PROGRAM  what of a WebAssembly program with names weighs how much: the one in target/wasm-bindgen/page, say
  learn-rest     learns anew, from a browser, what of the program the page need not open with (xtask/src/parts/rest.txt)
  bench-page     the numbers of the built page, in a headless browser, one JSON line each
  finish-dist    the last step of trunk's build (its hook calls this)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments
        .split_first()
        .map_or(("", &[][..]), |(command, rest)| (command.as_str(), rest));
    let result = match command {
        "serve" => serve::serve(rest),
        "test" => {
            return if test::test() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
        "size" => size::measure(&process::root().join("dist")).map(|report| println!("{report}")),
        "learn-rest" => learn::learn_rest(),
        "weigh" => weigh(rest),
        "bench-page" => bench::page(),
        "finish-dist" => dist::finish_for_trunk(),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn weigh(arguments: &[String]) -> process::Result<()> {
    let [program] = arguments else {
        return Err("weigh takes the path of one program".into());
    };
    let module = std::fs::read(program).map_err(|error| format!("{program}: {error}"))?;
    parts::weights(&module).map(|table| print!("{table}"))
}
