//! What weighs: the functions of either part by the module they belong to, for whoever looks for what could go.

use super::plan::Plan;
use super::program::Program;
use crate::size::compressed_len;
use std::collections::BTreeMap;
use std::fmt::Write;

/// So many names of a path make a line.
const DEPTH: usize = 3;

/// A line for each module: bytes, and bytes compressed beside their like, in the first part and in the rest. Heaviest first.
pub fn table(program: &Program<'_>, plan: &Plan, module: &[u8]) -> std::io::Result<String> {
    let mut groups: BTreeMap<String, [Vec<u8>; 2]> = BTreeMap::new();
    for function in program.own() {
        let range = program.body(function).range();
        let code = &module[range.start as usize..range.end as usize];
        let part = usize::from(!plan.number_in_first.contains_key(&function) || plan.slots.contains_key(&function));
        let name = program.names.get(&function).map_or("", String::as_str);
        let group: Vec<&str> = path_of(name).split("::").take(DEPTH).collect();
        groups.entry(group.join("::")).or_default()[part].extend(code);
    }
    let mut lines = Vec::new();
    for (group, [first, rest]) in groups {
        let weights = [first.len(), compressed_len(&first)?, rest.len(), compressed_len(&rest)?];
        lines.push((weights, group));
    }
    lines.sort_by_key(|(weights, _)| std::cmp::Reverse(weights[1]));
    let mut text = format!("{:>10} {:>8} {:>10} {:>8}\n", "first", "gzip -9", "rest", "gzip -9");
    for ([first, first_packed, rest, rest_packed], group) in lines {
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "{first:>10} {first_packed:>8} {rest:>10} {rest_packed:>8}  {group}"
        );
    }
    Ok(text)
}

/// The first of this crate's modules in a name, which for another crate's generic function is what it is made for.
fn path_of(name: &str) -> &str {
    const OWN: &str = "ringscope::";
    match name.find(OWN) {
        Some(place) => &name[place..],
        None => name.trim_start_matches(|character: char| !character.is_alphanumeric()),
    }
}
