//! A partition as each replica holds it, laid side by side, and judged cell by cell.

use super::api::{CellState, MAX_REPLICA_ROWS, PartitionRef, ReplicaCell, ReplicaRow, ReplicaView};
use crate::base::{Endpoint, SortedMap, SortedSet};
use crate::data::Token;
use crate::node::{CellView, DeletionView, PartitionView, RowView};

/// A row's own presence and its deletion stand in this column.
const ROW: &str = "(row)";
/// The deletion of the whole partition stands in a row of this name.
const PARTITION: &str = "partition";

/// What a replica says: it cannot be asked, it has nothing, or this.
pub type Held<'a> = Option<Option<&'a PartitionView>>;

pub fn unanswered(partition: &PartitionRef, error: String) -> ReplicaView {
    ReplicaView {
        partition: partition.clone(),
        error: Some(error),
        token: None,
        replicas: Vec::new(),
        unreachable: Vec::new(),
        rows: Vec::new(),
        unlisted_rows: 0,
        agree: true,
    }
}

pub fn side_by_side(partition: PartitionRef, token: Token, held: &[(Endpoint, Held<'_>)]) -> ReplicaView {
    let sides: Vec<Held<'_>> = held.iter().map(|(_, held)| *held).collect();
    let reachable: Vec<Option<&PartitionView>> = sides.iter().filter_map(|held| *held).collect();
    let mut rows = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    for view in reachable.iter().flatten() {
        merge_order(&mut keys, view.rows.iter().map(|row| row.clustering.as_str()));
    }
    if reachable.iter().flatten().any(|view| view.deletion.is_some()) {
        rows.push(partition_row(&sides));
    }
    rows.extend(range_rows(&sides));
    let unlisted_rows = keys.len().saturating_sub(MAX_REPLICA_ROWS) as u32;
    rows.extend(keys.iter().take(MAX_REPLICA_ROWS).map(|key| row(key, &sides)));
    let nothing_held =
        |view: &Option<&PartitionView>| view.is_none_or(|view| view.rows.is_empty() && view.deletion.is_none());
    let agree = reachable
        .windows(2)
        .all(|pair| pair[0] == pair[1] || (nothing_held(&pair[0]) && nothing_held(&pair[1])));
    ReplicaView {
        partition,
        error: None,
        token: Some(token),
        replicas: held.iter().map(|(node, _)| *node).collect(),
        unreachable: held
            .iter()
            .filter(|(_, held)| held.is_none())
            .map(|(node, _)| *node)
            .collect(),
        rows,
        unlisted_rows,
        agree,
    }
}

/// Adds what is missing, after what it follows: replicas list their rows in the table's order, each some of them.
fn merge_order<'a>(keys: &mut Vec<String>, own: impl Iterator<Item = &'a str>) {
    let mut after = 0;
    for key in own {
        match keys.iter().position(|known| known == key) {
            Some(known) => after = known + 1,
            None => {
                keys.insert(after.min(keys.len()), key.to_owned());
                after += 1;
            }
        }
    }
}

fn partition_row(sides: &[Held<'_>]) -> ReplicaRow {
    let deletion = |view: &PartitionView| view.deletion.as_ref().map(Fact::deletion);
    ReplicaRow {
        clustering: PARTITION.into(),
        cells: vec![cell(ROW.into(), sides, deletion)],
    }
}

fn range_rows(sides: &[Held<'_>]) -> Vec<ReplicaRow> {
    let ranges: SortedSet<(&str, &str)> = sides
        .iter()
        .flatten()
        .flatten()
        .flat_map(|view| view.ranges.iter().map(|(from, to, _)| (from.as_str(), to.as_str())))
        .collect();
    let of = |view: &PartitionView, from: &str, to: &str| {
        let found = view.ranges.iter().find(|range| range.0 == from && range.1 == to);
        found.map(|(_, _, deletion)| Fact::deletion(deletion))
    };
    let row = |(from, to): (&str, &str)| ReplicaRow {
        clustering: format!("{from} … {to}"),
        cells: vec![cell(ROW.into(), sides, |view| of(view, from, to))],
    };
    ranges.into_iter().map(row).collect()
}

fn row(key: &str, sides: &[Held<'_>]) -> ReplicaRow {
    let own = |view: &PartitionView| find(view, key).cloned();
    let rows: Vec<Option<Option<RowView>>> = sides.iter().map(|held| held.map(|view| view.and_then(own))).collect();
    let mut columns: SortedMap<(String, Option<String>), ()> = SortedMap::new();
    for cell in rows.iter().flatten().flatten().flat_map(|row| &row.cells) {
        columns.insert((cell.column.clone(), cell.path.clone()), ());
    }
    // What deletes the row's cells on this replica: its own deletion or the partition's.
    let deleted = |view: &PartitionView| {
        let row = find(view, key).and_then(|row| row.deletion.as_ref());
        let all = row.into_iter().chain(&view.deletion);
        all.max_by_key(|deletion| deletion.timestamp).map(Fact::deletion)
    };
    let marker = |view: &PartitionView| {
        let liveness = find(view, key)
            .and_then(|row| row.liveness)
            .map(|timestamp| Fact::Live {
                value: String::new(),
                timestamp,
                expires_at: None,
            });
        newest(liveness, deleted(view))
    };
    let has_marker = sides.iter().flatten().flatten().any(|view| marker(view).is_some());
    let mut cells = Vec::new();
    if has_marker {
        cells.push(cell(ROW.into(), sides, marker));
    }
    for (column, path) in columns.into_keys() {
        let fact = |view: &PartitionView| {
            let cells = find(view, key).into_iter().flat_map(|row| &row.cells);
            let own = cells
                .into_iter()
                .find(|cell| cell.column == column && cell.path == path)
                .map(Fact::cell);
            newest(own, deleted(view))
        };
        let name = match &path {
            Some(path) => format!("{column}[{path}]"),
            None => column.clone(),
        };
        cells.push(cell(name, sides, fact));
    }
    ReplicaRow {
        clustering: key.to_owned(),
        cells,
    }
}

fn find<'a>(view: &'a PartitionView, key: &str) -> Option<&'a RowView> {
    view.rows.iter().find(|row| row.clustering == key)
}

/// What one replica knows of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fact {
    Live {
        value: String,
        timestamp: i64,
        expires_at: Option<i64>,
    },
    Deleted {
        timestamp: i64,
    },
}

impl Fact {
    fn cell(cell: &CellView) -> Fact {
        let timestamp = cell.timestamp;
        match &cell.value {
            Some(value) => Fact::Live {
                value: value.clone(),
                timestamp,
                expires_at: cell.expires_at,
            },
            None => Fact::Deleted { timestamp },
        }
    }

    fn deletion(deletion: &DeletionView) -> Fact {
        Fact::Deleted {
            timestamp: deletion.timestamp,
        }
    }

    /// Which one wins: the later; of one moment a deletion, then the greater value.
    fn rank(&self) -> (i64, bool, &str) {
        match self {
            Fact::Live { value, timestamp, .. } => (*timestamp, false, value),
            Fact::Deleted { timestamp } => (*timestamp, true, ""),
        }
    }
}

fn newest(one: Option<Fact>, other: Option<Fact>) -> Option<Fact> {
    one.into_iter().chain(other).max_by(|a, b| a.rank().cmp(&b.rank()))
}

fn cell(column: String, sides: &[Held<'_>], fact: impl Fn(&PartitionView) -> Option<Fact>) -> ReplicaCell {
    let facts: Vec<Option<Option<Fact>>> = sides.iter().map(|held| held.map(|view| view.and_then(&fact))).collect();
    let best = facts
        .iter()
        .flatten()
        .flatten()
        .max_by(|a, b| a.rank().cmp(&b.rank()))
        .cloned();
    let state = |fact: Option<Fact>| {
        let stale = fact
            .as_ref()
            .zip(best.as_ref())
            .is_some_and(|(own, best)| own.rank() < best.rank());
        match fact {
            None => CellState::Missing,
            Some(Fact::Live {
                value,
                timestamp,
                expires_at,
            }) => CellState::Live {
                value,
                timestamp,
                expires_at,
                stale,
            },
            Some(Fact::Deleted { timestamp }) => CellState::Deleted { timestamp, stale },
        }
    };
    ReplicaCell {
        column,
        states: facts.into_iter().map(|reachable| reachable.map(state)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: &[(&str, &str, i64)]) -> PartitionView {
        let row = |(clustering, value, timestamp): &(&str, &str, i64)| RowView {
            clustering: (*clustering).into(),
            liveness: None,
            deletion: None,
            cells: vec![CellView {
                column: "v".into(),
                path: None,
                value: (!value.is_empty()).then(|| (*value).into()),
                timestamp: *timestamp,
                expires_at: None,
            }],
        };
        PartitionView {
            key: "1".into(),
            deletion: None,
            rows: rows.iter().map(row).collect(),
            ranges: Vec::new(),
        }
    }

    fn view(sides: &[Held<'_>]) -> ReplicaView {
        let partition = PartitionRef {
            keyspace: "ks".into(),
            table: "t".into(),
            key: "1".into(),
        };
        let held: Vec<_> = (1..).map(Endpoint::nth).zip(sides.iter().copied()).collect();
        side_by_side(partition, Token(0), &held)
    }

    #[test]
    fn the_newest_wins_and_the_others_are_stale_missing_or_unreachable() {
        let (new, old) = (held(&[("a", "2", 20)]), held(&[("a", "1", 10)]));
        let view = view(&[Some(Some(&new)), Some(Some(&old)), Some(None), None]);
        let states = &view.rows[0].cells[0].states;
        assert!(matches!(&states[0], Some(CellState::Live { value, stale: false, .. }) if value == "2"));
        assert!(matches!(&states[1], Some(CellState::Live { stale: true, .. })));
        assert_eq!((&states[2], &states[3]), (&Some(CellState::Missing), &None));
        assert!(!view.agree);
        assert_eq!(view.unreachable, [Endpoint::nth(4)]);
    }

    #[test]
    fn a_row_deletion_covers_what_another_replica_still_has() {
        let mut deleted = held(&[]);
        deleted.rows.push(RowView {
            clustering: "a".into(),
            liveness: None,
            deletion: Some(DeletionView {
                timestamp: 20,
                at_seconds: 0,
            }),
            cells: Vec::new(),
        });
        let old = held(&[("a", "1", 10)]);
        let view = view(&[Some(Some(&deleted)), Some(Some(&old))]);
        let cell = view.rows[0].cells.iter().find(|cell| cell.column == "v").unwrap();
        assert_eq!(
            cell.states[0],
            Some(CellState::Deleted {
                timestamp: 20,
                stale: false
            })
        );
        assert!(matches!(cell.states[1], Some(CellState::Live { stale: true, .. })));
    }

    #[test]
    fn rows_stand_in_the_tables_order_and_equals_agree() {
        let one = held(&[("a", "1", 1), ("c", "1", 1)]);
        let other = held(&[("a", "1", 1), ("b", "1", 1), ("c", "1", 1), ("d", "1", 1)]);
        let both = view(&[Some(Some(&one)), Some(Some(&other))]);
        let order: Vec<&str> = both.rows.iter().map(|row| row.clustering.as_str()).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
        assert!(view(&[Some(Some(&one)), Some(Some(&one.clone()))]).agree);
        assert!(view(&[Some(None), Some(Some(&held(&[])))]).agree);
    }
}
