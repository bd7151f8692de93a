//! What a reviewer should not have to say twice: room order, determinism, openings, length. See ARCHITECTURE.md.

#[path = "tidy/layout.rs"]
mod layout;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;

use layout::Layout;
use rules::{Finding, check, check_room_list};
use source::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[test]
fn the_checkout_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let layout = Layout::parse(&fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    for folder in ["src", "tests", "xtask"] {
        read_folder(root, folder, &mut files);
    }
    let mut sources: BTreeMap<_, _> = files
        .iter()
        .map(|(path, text)| (path.clone(), Source::new(path, text)))
        .collect();
    assert!(sources.len() > 20, "the checker looked at {} files only", sources.len());
    for path in test_only_files(&sources) {
        sources.get_mut(&path).into_iter().for_each(Source::mark_as_test);
    }
    let mut found: Vec<Finding> = sources.values().flat_map(|source| check(source, &layout)).collect();
    found.extend(check_room_list(&sources["src/lib.rs"], &layout));
    let mut list: Vec<String> = found.iter().map(Finding::to_string).collect();
    let rooms = sources
        .keys()
        .filter_map(|path| Some(path.strip_prefix("src/")?.split_once('/')?.0.to_owned()));
    let rooms: BTreeSet<String> = rooms.collect();
    list.extend(layout.differs_from(&rooms));
    assert!(list.is_empty(), "{} untidy places:\n{}\n", list.len(), list.join("\n"));
}

fn read_folder(root: &Path, folder: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            read_folder(root, &path, files);
        } else if path.ends_with(".rs") {
            files.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// Files whose parent declares them under `#[cfg(test)]`.
fn test_only_files(sources: &BTreeMap<String, Source>) -> Vec<String> {
    let mut paths = Vec::new();
    for source in sources.values() {
        let folder = match source
            .path
            .strip_suffix("/mod.rs")
            .or(source.path.strip_suffix("/lib.rs"))
        {
            Some(folder) => folder,
            None => source.path.trim_end_matches(".rs"),
        };
        for (child, _) in source.child_modules().into_iter().filter(|(_, is_test)| *is_test) {
            paths.extend([format!("{folder}/{child}.rs"), format!("{folder}/{child}/mod.rs")]);
        }
    }
    paths
}

/// The checker checked: each rule finds what is planted and lets the right form pass.
mod checker {
    use super::*;

    const DRAWING: &str = "# Layout\n```\nsrc/\n  base/        time\n  storage/ | cql/ | ring/\n      storage/ disk (the port)\n  node/   root\n  \
                           web/   wasm\n  ui/   Yew\n  bin/  thin\nwww/  styles\n```\n";

    fn findings(path: &str, text: &str) -> Vec<String> {
        let layout = Layout::parse(DRAWING).unwrap();
        check(&Source::new(path, text), &layout)
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    fn finds(path: &str, text: &str, expected: &str) {
        let found = findings(path, text);
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "expected one finding with {expected:?} in {text:?}, got {found:?}"
        );
    }

    fn passes(path: &str, text: &str) {
        let found = findings(path, text);
        assert!(found.is_empty(), "expected nothing in {text:?}, got {found:?}");
    }

    #[test]
    fn a_drawing_without_rooms_is_an_error() {
        assert!(Layout::parse("no block").is_err());
        assert!(Layout::parse("```\nsrc/\n  just words\n```").is_err());
    }

    #[test]
    fn the_drawing_tells_what_is_built() {
        let differences = |line: &str, built: &str| {
            let built: BTreeSet<String> = built.split(' ').map(str::to_owned).collect();
            Layout::parse(&format!("{DRAWING}\n{line}\n"))
                .unwrap()
                .differs_from(&built)
        };
        assert!(differences("", "base storage cql ring node web ui bin").is_empty());
        assert!(differences("Not built yet: cql, ring.", "base storage node web ui bin").is_empty());
        assert!(differences("", "base storage cql node web ui bin")[0].contains("`ring`, which is not there"));
        assert!(differences("Not built yet: cql.", "base storage cql ring node web ui bin")[0].contains("Take it off"));
    }

    #[test]
    fn imports_go_up_only() {
        passes(
            "src/node/session.rs",
            "use crate::cql::Plan;\nuse crate::storage::Engine;\nfn f() { crate::base::now(); }",
        );
        finds(
            "src/base/ids.rs",
            "//! Ids.\n\nuse crate::ring::Token;",
            "src/base/ids.rs:3: `base` imports `ring`, which stands below",
        );
        finds(
            "src/base/ids.rs",
            "fn f() -> crate::ring::Token { todo }",
            "src/base/ids.rs:1: `base` imports `ring`",
        );
        finds(
            "src/ring/plan.rs",
            "use crate::{base::{Id, Rng}, node::Node};",
            "`ring` imports `node`",
        );
        finds(
            "src/base/ids.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::node::Node;\n}",
            "src/base/ids.rs:3: `base` imports `node`",
        );
        finds(
            "src/base/ids.rs",
            "macro_rules! id { () => { $crate::node::Id } }",
            "`base` imports `node`",
        );
    }

    #[test]
    fn siblings_are_strangers() {
        finds(
            "src/cql/plan.rs",
            "use crate::ring::Token;",
            "`cql` imports its sibling `ring`",
        );
        finds(
            "src/storage/disk.rs",
            "pub use crate::{cql as language};",
            "`storage` imports its sibling `cql`",
        );
        passes("src/cql/plan.rs", "use crate::cql::ast::Statement;");
    }

    #[test]
    fn the_order_cannot_be_sidestepped() {
        finds(
            "src/cql/plan.rs",
            "use super::super::ring::Token;",
            "`super` climbs out of the room",
        );
        finds(
            "src/cql/mod.rs",
            "//! CQL is a language of which this is the whole room.\nuse super::ring;",
            "`super` climbs out",
        );
        finds("src/cql/plan.rs", "use crate::*;", "imports every room");
        finds(
            "src/cql/plan.rs",
            "use crate::kitchen::Sink;",
            "`crate::kitchen` is no room",
        );
        finds("src/kitchen/sink.rs", "", "the room `kitchen` is not in the layout");
        passes(
            "src/cql/parser/select.rs",
            "use super::super::ast;\nmod tests { use super::super::super::ast; }",
        );
        passes(
            "src/cql/plan.rs",
            "use super::ast;\nmod tests {\n    use super::super::lexer;\n}",
        );
    }

    #[test]
    fn rooms_are_listed_in_order() {
        let layout = Layout::parse(DRAWING).unwrap();
        let list = |text| check_room_list(&Source::new("src/lib.rs", text), &layout).len();
        assert_eq!(
            list("pub mod base;\npub mod cql;\npub mod storage;\npub mod web;\npub mod ui;"),
            0
        );
        assert_eq!(list("pub mod base;\npub mod ui;\npub mod web;"), 1);
        assert_eq!(list("pub mod base;\npub mod kitchen;"), 1);
    }

    #[test]
    fn the_platform_stays_outside() {
        finds(
            "src/node/mod.rs",
            &with_purpose("use std::time::Instant;"),
            "`std::time` differs",
        );
        finds(
            "src/node/timers.rs",
            "use std::{fmt, time::Duration};",
            "`std::time` differs",
        );
        finds(
            "src/node/timers.rs",
            "fn f() { std::thread::sleep(x) }",
            "`std::thread` differs",
        );
        finds("src/storage/log.rs", "use std::fs::File;", "`Disk` port");
        finds(
            "src/storage/log.rs",
            "fn f() -> u64 { rand::random() }",
            "seeded generator",
        );
        finds("src/storage/log.rs", "static mut COUNT: u32 = 0;", "global state");
        finds(
            "src/storage/log.rs",
            "thread_local! { static COUNT: u32 = 0; }",
            "`thread_local!`",
        );
        finds("src/storage/log.rs", "fn f() { println!(\"x\") }", "`println!`");
        passes(
            "src/node/timers.rs",
            "use core::time::Duration;\nfn f(rand: u64) -> u64 { rand }",
        );
        passes(
            "src/node/timers.rs",
            "// std::time is banned\nconst WORDS: &str = \"std::fs\";",
        );
        passes("src/web/clock.rs", "use std::time::Instant;");
        passes("src/bin/ringscope.rs", "use std::{env, fs};");
        passes("src/node/timers.rs", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}");
    }

    #[test]
    fn hash_order_stays_outside() {
        finds(
            "src/node/peers.rs",
            "struct P { m: HashMap<Id, Vec<u8>> }",
            "`HashMap` with the default hasher",
        );
        finds(
            "src/node/peers.rs",
            "fn f() { let m = std::collections::HashMap::new(); }",
            "`HashMap` with the default hasher",
        );
        finds(
            "src/node/peers.rs",
            "fn f() { ids.collect::<HashSet<_>>() }",
            "`HashSet` with the default hasher",
        );
        passes(
            "src/node/peers.rs",
            "struct P { m: HashMap<Id, fn(u8) -> u8, FixedHasher>, s: HashSet<Id, FixedHasher> }",
        );
        passes("src/node/peers.rs", "use std::collections::{BTreeMap, HashMap};");
    }

    #[test]
    fn floats_are_the_same_everywhere() {
        finds(
            "src/node/phi.rs",
            "fn f(x: f64) -> f64 { x.ln() }",
            "`ln` of the platform",
        );
        finds(
            "src/node/phi.rs",
            "fn f(x: f64) -> f64 { -(x / 2.0).exp() }",
            "`exp` of the platform",
        );
        finds(
            "src/node/phi.rs",
            "fn f(x: f64) -> f64 { f64::powi(x, 2) }",
            "`powi` of the platform",
        );
        finds(
            "src/node/phi.rs",
            "const F: fn(f64, f64) -> f64 = std::primitive::f64::powf;",
            "`powf` of the platform",
        );
        passes(
            "src/node/phi.rs",
            "fn f(x: f64) -> f64 { libm::log(x).sqrt().abs() * y.exp.floor() }",
        );
    }

    #[test]
    fn nothing_is_hidden_or_left_to_luck() {
        finds(
            "src/node/timers.rs",
            "#[allow(dead_code)]\nfn f() {}",
            "hides a warning",
        );
        finds("tests/golden.rs", "#![allow(unused)]", "hides a warning");
        finds(
            "src/bin/ringscope.rs",
            "fn f() { x.unwrap(); }",
            "`unwrap()` outside a test",
        );
        finds("src/node/timers.rs", "fn f() { todo!() }", "`todo!`");
        passes(
            "src/node/timers.rs",
            "fn f() { x.unwrap_or(1); }\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() { x.unwrap(); }\n}",
        );
        passes("tests/golden.rs", "fn f() { x.unwrap(); }");
    }

    #[test]
    fn files_open_with_a_purpose_and_end_in_time() {
        finds("src/node/mod.rs", "mod timers;", "opens with `//!`");
        finds("src/node/mod.rs", "//! Node.\n\nmod timers;", "opens with `//!`");
        finds("src/node/timers.rs", &"fn f() {}\n".repeat(601), "601 lines");
        passes("src/node/mod.rs", &with_purpose("mod timers;"));
        passes("src/node/timers.rs", &"fn f() {}\n".repeat(600));
    }

    #[test]
    fn literals_and_lifetimes_do_not_confuse_the_reader() {
        let text = "fn f<'a>(q: char, s: &'a str) { let _ = ('\"', '\\'', b'\"', r#\"\"x.unwrap()\"#, \"\\\"x.unwrap()\"); /* /* */ x.unwrap() */ }";
        passes("src/node/timers.rs", text);
        finds(
            "src/node/timers.rs",
            "fn f<'a>(s: &'a str) { let c = '\\''; s.unwrap() }",
            "`unwrap()`",
        );
    }

    #[test]
    fn a_captured_lifetime_is_no_import() {
        let text = "fn f<'a>(&'a self) -> impl Iterator<Item = u8> + use<'a> { if true { a(); } b.unwrap(); c() }";
        finds("src/node/timers.rs", text, "`unwrap()`");
    }

    #[test]
    fn a_test_file_is_known_by_its_parent() {
        let files = [
            ("src/node/mod.rs", "mod timers;\n#[cfg(test)]\nmod tests;"),
            ("src/node/timers.rs", "#[cfg(test)]\nmod proofs;"),
            ("src/lib.rs", "pub mod node;"),
        ];
        let sources = files.map(|(path, text)| (path.to_owned(), Source::new(path, text)));
        let expected = [
            "src/node/tests.rs",
            "src/node/tests/mod.rs",
            "src/node/timers/proofs.rs",
            "src/node/timers/proofs/mod.rs",
        ];
        assert_eq!(test_only_files(&BTreeMap::from(sources)), expected);
    }

    fn with_purpose(code: &str) -> String {
        format!("//! Node: joins the rooms above, knows their order, not the network.\n\n{code}")
    }
}
