//! The rules themselves: each looks at one file and says where it is broken and what would be right.

use super::layout::Layout;
use super::source::{Name, Source, type_arguments};

/// Longer files hold more than one idea.
const MAX_LINES: usize = 600;

/// A room's opening must at least be a sentence.
const MIN_PURPOSE_WORDS: usize = 8;

/// One broken rule: `path:line: what is wrong. What would be right.`
#[derive(Debug)]
pub struct Finding {
    pub path: String,
    pub line: usize,
    pub says: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.says)
    }
}

/// Paths into the platform, and what the rooms use instead.
const PLATFORM_PATHS: [(&[&str], &str); 17] = [
    (
        &["std", "time"],
        "time is virtual: use base's instants, and core::time::Duration for lengths",
    ),
    (&["std", "fs"], "go through the `Disk` port"),
    (&["std", "net"], "messages go out as a node's outputs"),
    (&["std", "thread"], "a node is a state machine without threads"),
    (&["std", "env"], "configuration comes in as values"),
    (&["std", "process"], "only bin/ talks to the operating system"),
    (&["std", "io", "stdin"], "input comes in as values"),
    (&["std", "io", "stdout"], "return what is to be shown"),
    (
        &["std", "sync", "Mutex"],
        "a node is a state machine without locks or shared state",
    ),
    (
        &["std", "sync", "RwLock"],
        "a node is a state machine without locks or shared state",
    ),
    (&["SystemTime"], "time is virtual: take `now` as an argument"),
    (&["Instant", "now"], "time is virtual: take `now` as an argument"),
    (&["rand"], "draw from the node's own seeded generator (base)"),
    (&["getrandom"], "draw from the node's own seeded generator (base)"),
    (&["OsRng"], "draw from the node's own seeded generator (base)"),
    (&["thread_rng"], "draw from the node's own seeded generator (base)"),
    (
        &["Uuid", "new_v4"],
        "make it from the node's own seeded generator (base)",
    ),
];

/// Float functions that differ in the last bit between platforms. `sqrt`, `abs`, `floor` and the like are exact everywhere.
const PLATFORM_FLOATS: [&str; 25] = [
    "ln", "ln_1p", "log2", "log10", "exp", "exp2", "exp_m1", "powf", "powi", "cbrt", "hypot", "sin", "cos", "tan",
    "sin_cos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
];

const UNFINISHED_OR_NOISY: [(&str, &str); 8] = [
    ("todo", "finish it, or leave the feature out"),
    ("unimplemented", "finish it, or leave the feature out"),
    ("dbg", "remove it"),
    ("thread_local", "keep state in the value that owns it"),
    ("println", "return what is to be shown; bin/ prints"),
    ("print", "return what is to be shown; bin/ prints"),
    ("eprintln", "return what is to be shown; bin/ prints"),
    ("eprint", "return what is to be shown; bin/ prints"),
];

/// Applies every rule to one file.
pub fn check(source: &Source, layout: &Layout) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut report = |at: usize, says: String| {
        found.push(Finding {
            path: source.path.clone(),
            line: source.line_of(at),
            says,
        });
    };
    if source.lines() > MAX_LINES {
        report(
            source.text.len(),
            format!("{} lines. Split it by idea: look twice at {MAX_LINES}.", source.lines()),
        );
    }
    for attribute in ["#[allow", "#![allow", "#[expect", "#![expect"] {
        for at in source.positions(attribute) {
            report(at, format!("`{attribute}(..)]` hides a warning. Fix what it warns of."));
        }
    }
    if source.path.ends_with("/mod.rs") && purpose_words(&source.text) < MIN_PURPOSE_WORDS {
        report(
            0,
            "a mod.rs opens with `//!`: what the room is for, and what it must not know.".to_owned(),
        );
    }
    let names = source.names();
    if !source.path.starts_with("tests/") {
        for name in names
            .iter()
            .filter(|name| name.is_method && name.last() == "unwrap" && !source.is_test(name.at))
        {
            report(
                name.at,
                "`unwrap()` outside a test. Return an error, or `expect` with the invariant that holds.".to_owned(),
            );
        }
    }
    let Some(below_src) = source.path.strip_prefix("src/") else {
        return found;
    };
    let Some((room, _)) = below_src.split_once('/') else {
        return found;
    };
    if layout.rank(room).is_none() && room != "bin" {
        report(
            0,
            format!("the room `{room}` is not in the layout of ARCHITECTURE.md. Give it its place in the order there."),
        );
        return found;
    }
    for name in &names {
        if let Some(says) = import_against_the_order(name, room, source, layout) {
            report(name.at, says);
        }
    }
    if layout.is_deterministic(room) {
        for name in names.iter().filter(|name| !source.is_test(name.at)) {
            if let Some(says) = breaks_determinism(name, source) {
                report(name.at, says);
            }
        }
        for at in source.positions("static mut ") {
            report(at, "global state. Keep it in the value that owns it.".to_owned());
        }
    }
    found
}

/// `lib.rs` lists the rooms in the order of the layout, so that a reader meets them in reading order.
pub fn check_room_list(lib: &Source, layout: &Layout) -> Vec<Finding> {
    let rooms = lib.child_modules();
    let finding = |says: String| Finding {
        path: lib.path.clone(),
        line: 1,
        says,
    };
    let unknown = rooms.iter().filter(|(room, _)| layout.rank(room).is_none());
    let mut found: Vec<_> = unknown
        .map(|(room, _)| {
            finding(format!(
                "`{room}` is not in the layout of ARCHITECTURE.md. Give it its place there."
            ))
        })
        .collect();
    for pair in rooms.windows(2) {
        let ((before, _), (after, _)) = (&pair[0], &pair[1]);
        let known = layout.rank(before).zip(layout.rank(after));
        if known.is_some_and(|(before, after)| before > after) {
            found.push(finding(format!(
                "`{before}` is listed before `{after}`. List rooms in the order of ARCHITECTURE.md's layout."
            )));
        }
    }
    found
}

fn import_against_the_order(name: &Name, room: &str, source: &Source, layout: &Layout) -> Option<String> {
    let own = layout.rank(room)?;
    if name.is_method {
        return None;
    }
    let supers = name.segments.iter().take_while(|segment| *segment == "super").count();
    if supers > 0 && supers >= module_depth(&source.path) + source.inline_modules_around(name.at) {
        return Some("`super` climbs out of the room. Say `crate::room`, so that the order can be checked.".to_owned());
    }
    if name.segments[0] != "crate" {
        return None;
    }
    let target = name.segments.get(1)?;
    if target == "*" {
        return Some("`crate::*` imports every room. Name what is needed.".to_owned());
    }
    if target == room {
        return None;
    }
    match layout.rank(target) {
        Some(rank) if rank < own => None,
        Some(rank) if rank == own => Some(format!(
            "`{room}` imports its sibling `{target}`: they stand on one line of ARCHITECTURE.md's layout and must stay strangers. \
             Join them in a room below (`node`), or move what both need above."
        )),
        Some(_) => Some(format!(
            "`{room}` imports `{target}`, which stands below it in ARCHITECTURE.md's layout. Take what is needed as an argument, \
             return it as a value, or move the shared type above `{room}`."
        )),
        None => Some(format!(
            "`crate::{target}` is no room of ARCHITECTURE.md's layout. Import from the room it belongs to."
        )),
    }
}

fn breaks_determinism(name: &Name, source: &Source) -> Option<String> {
    if name.is_method {
        let called = source.after(name.end).starts_with('(');
        return (called && PLATFORM_FLOATS.contains(&name.last())).then(|| platform_float(name.last()));
    }
    // A lone lower-case word may be a variable's name; a crate's is followed by what is taken from it.
    let is_variable = name.segments.len() == 1
        && !source.after(name.end).starts_with('(')
        && name.last() == name.last().to_lowercase();
    if let Some((path, instead)) = PLATFORM_PATHS
        .iter()
        .find(|(path, _)| name.starts_with(path) && !is_variable)
    {
        return Some(format!(
            "`{}` differs between two runs of one seed. Instead: {instead}.",
            path.join("::")
        ));
    }
    if let [.., float, function] = name.segments.as_slice()
        && ["f32", "f64"].contains(&float.as_str())
        && PLATFORM_FLOATS.contains(&function.as_str())
    {
        return Some(platform_float(function));
    }
    if let Some(map) = name
        .segments
        .iter()
        .find(|segment| ["HashMap", "HashSet"].contains(&segment.as_str()))
    {
        let built_with_default = ["new", "with_capacity", "from", "from_iter"].contains(&name.last());
        let arguments = if name.last() == map {
            type_arguments(source.after(name.end))
        } else {
            None
        };
        let without_hasher = arguments.is_some_and(|count| count < if map == "HashMap" { 3 } else { 2 });
        return (built_with_default || without_hasher).then(|| {
            format!("`{map}` with the default hasher iterates in a different order each run. Use BTreeMap/BTreeSet or IndexMap/IndexSet, \
                     or name a fixed hasher where only look-ups happen.")
        });
    }
    if name.segments.iter().any(|segment| segment == "RandomState") {
        return Some("`RandomState` is seeded by the platform. Name a fixed hasher.".to_owned());
    }
    let noisy = UNFINISHED_OR_NOISY
        .iter()
        .find(|(noisy, _)| name.segments == [*noisy] && source.after(name.end).starts_with('!'));
    noisy.map(|(noisy, instead)| format!("`{noisy}!` in a room. Instead: {instead}."))
}

fn platform_float(function: &str) -> String {
    format!("`{function}` of the platform differs in the last bit between native and wasm. Use the `libm` crate's.")
}

/// How deep a file's module lies below the crate's root: 1 for `src/ring/mod.rs`, 2 for `src/ring/token.rs`.
fn module_depth(path: &str) -> usize {
    path.trim_start_matches("src/")
        .trim_end_matches("/mod.rs")
        .matches('/')
        .count()
        + 1
}

fn purpose_words(text: &str) -> usize {
    let opening = text.lines().map_while(|line| line.strip_prefix("//!"));
    opening.map(|line| line.split_whitespace().count()).sum()
}
