//! Any text as a script: cut into statements, each lexed and parsed. A place that an error names lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::cql::{parse, split};

fuzz_target!(|text: &str| {
    let _ = split(text, |line| line.starts_with("CONSISTENCY"));
    if let Err(error) = parse(text) {
        let _ = error.to_string();
    }
});
