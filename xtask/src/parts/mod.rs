//! Takes the page's program apart: what the page opens with, and the rest, which follows when it is first needed.
//!
//! Rust builds one WebAssembly module. Much of it no first statement runs (SSTables, compaction, indexes, nodetool ...:
//! `rest.txt`), so those functions become a module of their own, on the same memory and tables. In the first module a short stub
//! stands for each of them that is called from there; the first stub that runs has the rest loaded, by the export
//! [`LOAD_REST`](plan::LOAD_REST), before it goes on. What a function does, and when, stays the same.
//!
//! In both modules functions of a kind stand side by side: compression finds what repeats within 32 KB, and the instances of one
//! generic function are alike. That is some 6 % of all that travels.
//!
//! Knows the format. Does not know what any function does, or who serves the files.

mod first;
mod learn;
mod plan;
mod program;
mod rest;
#[cfg(test)]
mod tests;
mod weigh;

use crate::process::Result;
use crate::size::compressed_len;
use plan::Plan;
use program::Program;

/// Paths of modules and crates whose functions the first statements of a page do not run.
const LATER: &str = include_str!("rest.txt");

pub struct Parts {
    pub first: Vec<u8>,
    pub rest: Option<Vec<u8>>,
}

/// With names of functions or without them. As it was, when it names no functions; in one part, when it has no way to load another.
pub fn take_apart(module: &[u8], names: bool) -> Result<Parts> {
    take_apart_by(module, &later(), names)
}

fn take_apart_by(module: &[u8], later: &[&str], names: bool) -> Result<Parts> {
    let program = Program::read(module).map_err(|error| wrong(&error))?;
    if program.names.is_empty() {
        let first = module.to_vec();
        return Ok(Parts { first, rest: None });
    }
    let plan = Plan::new(&program, later);
    let first = first::encode(&program, &plan, module, names).map_err(|error| wrong(&error))?;
    let rest = match plan.rest.is_empty() {
        true => None,
        false => Some(rest::encode(&program, &plan, names).map_err(|error| wrong(&error))?),
    };
    Ok(Parts { first, rest })
}

fn later() -> Vec<&'static str> {
    let lines = LATER.lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// The contents of `rest.txt`, from a program with names and V8's maps of what of it was compiled.
pub fn learn(module: &[u8], maps: &[String]) -> Result<String> {
    let program = Program::read(module).map_err(|error| wrong(&error))?;
    let ran = maps.iter().flat_map(|map| learn::functions_that_ran(map)).collect();
    let paths = learn::paths(&program, &ran);
    let head = LATER.lines().take_while(|line| line.starts_with('#'));
    let lines: Vec<&str> = head.chain(paths.iter().map(String::as_str)).collect();
    Ok(lines.join("\n") + "\n")
}

fn wrong(error: &dyn std::fmt::Display) -> String {
    format!("the WebAssembly is not understood: {error}")
}

/// What of a program with names weighs how much in either part.
pub fn weights(module: &[u8]) -> Result<String> {
    let program = Program::read(module).map_err(|error| wrong(&error))?;
    let plan = Plan::new(&program, &later());
    let mut table = weigh::table(&program, &plan, module).map_err(|error| error.to_string())?;
    let parts = take_apart(module, false)?;
    for (part, name) in [(Some(parts.first), "first"), (parts.rest, "rest")] {
        let part = part.unwrap_or_default();
        let compressed = compressed_len(&part).map_err(|error| error.to_string())?;
        table += &format!("{:>10} {compressed:>8}  the whole {name} part\n", part.len());
    }
    Ok(table)
}
