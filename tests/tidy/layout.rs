//! The room order, as the layout block of ARCHITECTURE.md draws it.

use std::collections::BTreeSet;

/// Rooms by rank: a room imports from rooms of a smaller rank only, siblings of one rank never from each other.
pub struct Layout {
    ranks: Vec<Vec<String>>,
    /// Rooms the drawing keeps a place for, as the line `Not built yet: a, b.` says.
    not_built: Vec<String>,
}

impl Layout {
    /// Reads the block that starts with `src/`: each line indented by two spaces names one room, or siblings with `|`.
    pub fn parse(architecture: &str) -> Result<Self, String> {
        let block = architecture
            .split("```")
            .find(|block| block.trim_start().starts_with("src/\n"));
        let block = block.ok_or("ARCHITECTURE.md has no layout block that starts with `src/`")?;
        let lines = block
            .trim_start()
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with("  "));
        let rooms = lines
            .filter_map(|line| line.strip_prefix("  "))
            .filter(|line| !line.starts_with(' '));
        let ranks: Vec<Vec<String>> = rooms.map(rooms_of_line).collect();
        match ranks.iter().position(Vec::is_empty) {
            Some(at) => Err(format!(
                "line {} of the layout block in ARCHITECTURE.md names no `room/`",
                at + 2
            )),
            None if ranks.is_empty() => Err("the layout block in ARCHITECTURE.md names no rooms".to_owned()),
            None => Ok(Layout {
                ranks,
                not_built: not_built(architecture),
            }),
        }
    }

    pub fn rank(&self, room: &str) -> Option<usize> {
        self.ranks
            .iter()
            .position(|siblings| siblings.iter().any(|name| name == room))
    }

    /// What the drawing says of each room against what there is: the list of differences.
    pub fn differs_from(&self, built: &BTreeSet<String>) -> Vec<String> {
        let drawn = || self.ranks.iter().flatten();
        let missing = drawn().filter(|room| !built.contains(*room) && !self.not_built.contains(room));
        let present = self
            .not_built
            .iter()
            .filter(|room| built.contains(*room) || !drawn().any(|drawn| drawn == *room));
        let missing = missing.map(|room| {
            format!("ARCHITECTURE.md draws the room `{room}`, which is not there. Add it to its `Not built yet:` line.")
        });
        missing
            .chain(present.map(|room| {
                format!("ARCHITECTURE.md says of `{room}` that it is not built yet. Take it off that line.")
            }))
            .collect()
    }

    /// Rooms that run inside a simulation, where nothing may differ between two runs of one seed: all that stand above `web`.
    pub fn is_deterministic(&self, room: &str) -> bool {
        self.rank(room) < self.rank("web")
    }
}

fn not_built(architecture: &str) -> Vec<String> {
    let list = architecture
        .lines()
        .find_map(|line| line.strip_prefix("Not built yet: "))
        .unwrap_or_default();
    list.trim_end_matches('.')
        .split(", ")
        .filter(|room| !room.is_empty())
        .map(str::to_owned)
        .collect()
}

fn rooms_of_line(line: &str) -> Vec<String> {
    let mut words = line.split_whitespace();
    let mut rooms = Vec::new();
    while let Some(room) = words.next().and_then(|word| word.strip_suffix('/')) {
        rooms.push(room.to_owned());
        if words.next() != Some("|") {
            break;
        }
    }
    rooms
}
