//! `docs/cql-coverage.md` claims no more than the golden scripts show.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;
use std::path::Path;

use ringscope::shell::golden::coverage;

/// The state of each part, by its name.
fn states(table: &str) -> BTreeMap<String, String> {
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let cells = rows.map(|line| line.split('|').map(str::trim).map(String::from).collect::<Vec<_>>());
    cells.map(|cells| (cells[1].clone(), cells[2].clone())).collect()
}

#[test]
fn the_table_of_what_works_is_made_from_the_scripts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut scripts = Vec::new();
    for file in std::fs::read_dir(root.join("tests/golden")).expect("the golden scripts") {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".golden") {
            let text = read(&format!("tests/golden/{name}"));
            scripts.push((name, text));
        }
    }
    scripts.sort();
    let scripts = scripts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let shown = states(&coverage(scripts, &read("tests/golden/known-differences.txt")));
    let written = states(&read("docs/cql-coverage.md"));
    let rank = |state: &str| {
        ["untested", "refused", "differs", "works"]
            .iter()
            .position(|it| *it == state)
    };
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        shown.keys().collect::<Vec<_>>(),
        "make docs/cql-coverage.md anew"
    );
    for (part, state) in &written {
        if part != "statement" && part != "function" {
            assert!(
                rank(state) <= rank(&shown[part]),
                "{part} is {}, the table says it {state}: make docs/cql-coverage.md anew",
                shown[part]
            );
        }
    }
}
