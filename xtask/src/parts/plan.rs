//! Which function goes where, and under what number.

use super::program::Program;
use std::collections::{BTreeMap, BTreeSet};

/// The export that loads the rest. Without it there is none.
pub const LOAD_REST: &str = "ringscope_load_rest";

pub struct Plan {
    /// Own functions of the first module, in its order: a stub for those that are in the rest.
    pub first: Vec<u32>,
    /// Functions of the rest, in its order.
    pub rest: Vec<u32>,
    /// Those of the rest that the first module calls, in the order of their slots in the table between the two.
    pub entries: Vec<u32>,
    pub slots: BTreeMap<u32, u32>,
    /// Functions of the first module that the rest calls, in the order in which it imports them.
    pub links: Vec<u32>,
    /// Numbers in the first module, by the number in the program.
    pub number_in_first: BTreeMap<u32, u32>,
    pub number_in_rest: BTreeMap<u32, u32>,
    pub load: Option<u32>,
    /// Which of the late texts go with the rest.
    pub late_texts: Vec<usize>,
}

impl Plan {
    pub fn new(program: &Program<'_>, later: &[&str]) -> Plan {
        let load = program.exported.get(LOAD_REST).copied();
        let rest = match load {
            Some(_) => rest(program, later),
            None => BTreeSet::new(),
        };
        let called = |from: &dyn Fn(u32) -> bool| -> BTreeSet<u32> {
            let callers = program.own().filter(|function| from(*function));
            callers.flat_map(|caller| program.called_by(caller)).collect()
        };
        let mut entries = called(&|function| !rest.contains(&function));
        entries.extend(&program.tabled);
        entries.retain(|function| rest.contains(function));
        let mut links = called(&|function| rest.contains(&function));
        links.retain(|function| !rest.contains(function));

        let first = in_order(
            program,
            program.own().filter(|it| !rest.contains(it) || entries.contains(it)),
        );
        let rest = in_order(program, rest.into_iter());
        let entries = in_order(program, entries.into_iter());
        let links = in_order(program, links.into_iter());
        let imported = (0..program.imported).map(|function| (function, function));
        let late_texts = if rest.is_empty() {
            Vec::new()
        } else {
            late_texts(program, &first, &entries)
        };
        Plan {
            late_texts,
            number_in_first: imported.chain(numbered(&first, program.imported)).collect(),
            number_in_rest: numbered(&links, 0).chain(numbered(&rest, links.len() as u32)).collect(),
            slots: numbered(&entries, 0).collect(),
            first,
            rest,
            entries,
            links,
            load,
        }
    }
}

fn numbered(functions: &[u32], begin: u32) -> impl Iterator<Item = (u32, u32)> {
    functions.iter().copied().zip(begin..)
}

/// Those that neither a function of the first module nor any data points into.
fn late_texts(program: &Program<'_>, first: &[u32], stubs: &[u32]) -> Vec<usize> {
    let mut free: BTreeSet<usize> = (0..program.late_texts.len()).collect();
    for word in program.data.iter().flat_map(|data| data.as_chunks::<4>().0) {
        free.retain(|text| !program.late_texts[*text].contains(u32::from_le_bytes(*word)));
    }
    for function in first.iter().filter(|function| !stubs.contains(function)) {
        for constant in program.constants(*function) {
            free.retain(|text| !program.late_texts[*text].contains(constant));
        }
    }
    free.into_iter().collect()
}

/// What does the same for different types side by side: methods of one trait, of one generic type, each by size.
fn in_order(program: &Program<'_>, functions: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut functions: Vec<u32> = functions.collect();
    functions.sort_by_cached_key(|function| {
        let name = program.names.get(function).map_or("", String::as_str);
        let range = function
            .checked_sub(program.imported)
            .map(|own| program.bodies[own as usize].range());
        (kind_of(name), range.map(|range| range.end - range.start))
    });
    functions
}

/// `<a::B<C> as d::E<F>>::g` is `(d::E, g)`, `<a::B<C>>::g` is `(a::B, g)`, and other functions are of a kind of their own.
fn kind_of(name: &str) -> (String, String) {
    let of_its_own = || (name.to_owned(), String::new());
    let Some((of, method)) = name.strip_prefix('<').and_then(|inner| {
        let end = closing(inner)?;
        Some((&inner[..end], inner[end + 1..].strip_prefix("::")?))
    }) else {
        return of_its_own();
    };
    let plain = without_arguments(of);
    let of = plain.rsplit(" as ").next().unwrap_or_default();
    (of.to_owned(), method.to_owned())
}

/// Where the bracket closes that was opened before the text. An arrow is none.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (place, character) in text.char_indices() {
        match character {
            '<' => depth += 1,
            '>' if text[..place].ends_with('-') => {}
            '>' if depth == 0 => return Some(place),
            '>' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn without_arguments(name: &str) -> String {
    let (mut plain, mut depth) = (String::new(), 0);
    for character in name.chars() {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    plain
}

/// What only the functions named in `later` lead to, and they themselves, but for what loads them.
fn rest(program: &Program<'_>, later: &[&str]) -> BTreeSet<u32> {
    let below = |function: &u32, modules: &[&str]| {
        let name = program.names.get(function);
        name.is_some_and(|name| is_below(name, modules))
    };
    let load = program.exported.get(LOAD_REST).copied();
    let mut kept = reachable(program, load.into_iter(), |_| true);
    kept.extend(program.exported.values().copied().chain(program.start));
    let not_named = |function: u32| kept.contains(&function) || !below(&function, later);
    let tabled = program.tabled.iter().copied().filter(|function| not_named(*function));
    let first = reachable(program, tabled.chain(kept.iter().copied()), not_named);
    program.own().filter(|function| !first.contains(function)).collect()
}

/// What calls lead to from some functions, by way of those that `pass` only.
fn reachable(program: &Program<'_>, from: impl Iterator<Item = u32>, pass: impl Fn(u32) -> bool) -> BTreeSet<u32> {
    let mut to_visit: Vec<u32> = from.collect();
    let mut reached = BTreeSet::new();
    while let Some(function) = to_visit.pop() {
        if reached.insert(function) {
            to_visit.extend(program.called_by(function).filter(|callee| pass(*callee)));
        }
    }
    reached
}

/// Whether a function belongs to one of the modules: `<a::B as c::D>::e` belongs to `a`. An instance of another crate's generic
/// function belongs to that crate, whatever it is made for: the compiler keeps one of several that are alike, under any of their names.
pub fn is_below(name: &str, modules: &[&str]) -> bool {
    let path = name.trim_start_matches(|character: char| !is_of_name(character));
    modules.iter().any(|module| {
        let after = path.strip_prefix(module);
        after.is_some_and(|after| !after.starts_with(is_of_name))
    })
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
