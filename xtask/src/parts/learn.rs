//! Which functions a page's first statements do not run, learnt from a browser that ran them: makes `rest.txt`.
//!
//! The compiler inlines a little differently with every change of the code, so the list names modules, types and functions above
//! a weight, and no instances of other crates' generic functions: those follow whoever calls them.

use super::program::Program;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of code below which a function is not worth a line.
const MIN_WEIGHT: usize = 150;
/// The same for an instance, whose name is long, and for the standard library.
const MIN_WEIGHT_OF_INSTANCE: usize = 400;

/// What may run before the rest can be there, or in the middle of anything.
const NEVER: [&str; 3] = ["ringscope::web", "ringscope::base", "core::panicking"];
/// Crates that only this one's rooms use.
const OURS: [&str; 9] = [
    "ringscope",
    "lz4_flex",
    "md5",
    "miniz_oxide",
    "num_bigint",
    "ruzstd",
    "sha1",
    "sha2",
    // Whose instances hold the components' own code.
    "yew",
];
const STANDARD: [&str; 4] = ["alloc", "compiler_builtins", "core", "std"];

#[derive(Default)]
struct Branch {
    bytes: usize,
    ran: bool,
    below: BTreeMap<String, Branch>,
}

/// The numbers of the functions that ran, from V8's map of compiled code: `... JS:name-12-liftoff`.
pub fn functions_that_ran(map: &str) -> BTreeSet<u32> {
    let number = |line: &str| {
        let (function, tier) = line.rsplit_once('-')?;
        let (_, number) = function.rsplit_once('-')?;
        let is_compiled = matches!(tier.trim_end(), "liftoff" | "turbofan");
        is_compiled.then(|| number.parse().ok()).flatten()
    };
    map.lines().filter_map(number).collect()
}

/// The shortest paths below which nothing ran, in order.
pub fn paths(program: &Program<'_>, ran: &BTreeSet<u32>) -> Vec<String> {
    let mut root = Branch::default();
    for function in program.own() {
        let name = program.names.get(&function).map_or("", String::as_str);
        let range = program.body(function).range();
        let mut branch = &mut root;
        for part in name.trim_start_matches(|it: char| !it.is_alphanumeric()).split("::") {
            branch = branch.below.entry(part.to_owned()).or_default();
            branch.bytes += (range.end - range.start) as usize;
            branch.ran |= ran.contains(&function);
        }
    }
    let mut paths = Vec::new();
    collect(&root, "", &mut paths);
    paths
}

fn collect(branch: &Branch, path: &str, paths: &mut Vec<String>) {
    for (part, below) in &branch.below {
        let path = if path.is_empty() {
            part.clone()
        } else {
            format!("{path}::{part}")
        };
        if below.ran {
            collect(below, &path, paths);
        } else if is_worth_it(&path, below.bytes) {
            paths.push(path);
        }
    }
}

fn is_worth_it(path: &str, bytes: usize) -> bool {
    let is_in = |modules: &[&str]| super::plan::is_below(path, modules);
    if is_in(&NEVER) {
        return false;
    }
    let is_instance = path.contains('<');
    match (is_in(&OURS), is_in(&STANDARD)) {
        (true, _) => {
            bytes
                >= if is_instance {
                    MIN_WEIGHT_OF_INSTANCE
                } else {
                    MIN_WEIGHT
                }
        }
        (_, true) => !is_instance && bytes >= MIN_WEIGHT_OF_INSTANCE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_functions_are_read_from_the_map() {
        let map = "5631f0 3f8 Builtin:DeoptimizationEntry_Eager\n9848e4 c0 JS:<a::B as c::D>::e-6723-liftoff\n\
            1 2 JS:f-7-turbofan\n1 2 JS:~anonymous https://a-1.js:1:1\n";
        assert_eq!(functions_that_ran(map), BTreeSet::from([7, 6723]));
    }

    #[test]
    fn little_and_other_crates_instances_are_not_worth_a_line() {
        assert!(is_worth_it("ringscope::storage::sstable", 150));
        assert!(!is_worth_it("ringscope::storage::sstable", 149));
        assert!(!is_worth_it("ringscope::web::engine", 9000));
        assert!(!is_worth_it("core::slice::sort::<ringscope", 9000));
        assert!(!is_worth_it("wasm_bindgen::closure", 9000));
        assert!(is_worth_it("core::num::dec2flt", 400));
    }
}
