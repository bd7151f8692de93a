//! What must hold of merging whatever the data: replicas that saw the same changes in any order and grouping hold the same.

use proptest::prelude::*;

use super::arbitrary::{Change, PLACES, changes, clustering, collection, column, partition, slice};
use super::{Cell, ColumnData, DeletionTime, Liveness, Partition, Purge, Row, digest};
use crate::base::codec;
use crate::data::EpochSeconds;

fn merged(one: &Partition, other: &Partition) -> Partition {
    let mut merged = one.clone();
    merged.merge(other.clone());
    merged
}

/// What a place holds after all changes, worked out one value at a time: the newest deletion over it, then the best of what
/// that leaves.
struct Expected<'a>(&'a [Change]);

impl Expected<'_> {
    fn row_deletion(&self, place: (i32, i32)) -> DeletionTime {
        let over = |change: &Change| match change {
            Change::DeletePartition(deletion) => Some(*deletion),
            Change::DeleteRow(at, deletion) if *at == place => Some(*deletion),
            Change::DeleteRange(from, to, deletion) => {
                slice(from, to).contains(&clustering(place)).then_some(*deletion)
            }
            _ => None,
        };
        self.newest(over)
    }

    fn newest(&self, deletion: impl Fn(&Change) -> Option<DeletionTime>) -> DeletionTime {
        self.0
            .iter()
            .filter_map(deletion)
            .fold(DeletionTime::LIVE, DeletionTime::later)
    }

    fn best(&self, deletion: DeletionTime, cell: impl Fn(&Change) -> Option<Cell>) -> Option<Cell> {
        let cells = self.0.iter().filter_map(cell);
        cells
            .filter(|cell| !cell.is_deleted_by(&deletion))
            .reduce(Cell::reconcile)
    }

    fn cell(&self, place: (i32, i32), n: u8) -> Option<Cell> {
        self.best(self.row_deletion(place), |change| match change {
            Change::Cell(at, m, cell) if *at == place && *m == n => Some(cell.clone()),
            _ => None,
        })
    }

    fn element(&self, place: (i32, i32), n: u8) -> Option<Cell> {
        let whole = self.newest(|change| match change {
            Change::DeleteCollection(at, deletion) if *at == place => Some(*deletion),
            _ => None,
        });
        self.best(self.row_deletion(place).later(whole), |change| match change {
            Change::Element(at, m, cell) if *at == place && *m == n => Some(cell.clone()),
            _ => None,
        })
    }

    fn static_cell(&self, n: u8) -> Option<Cell> {
        let deletion = self.newest(|change| match change {
            Change::DeletePartition(deletion) => Some(*deletion),
            _ => None,
        });
        self.best(deletion, |change| match change {
            Change::Static(m, cell) if *m == n => Some(cell.clone()),
            _ => None,
        })
    }

    fn marker(&self, place: (i32, i32)) -> Option<Liveness> {
        let deletion = self.row_deletion(place);
        let markers = self.0.iter().filter_map(|change| match change {
            Change::Marker(at, liveness) if *at == place && !deletion.deletes(liveness.timestamp) => Some(*liveness),
            _ => None,
        });
        markers.max_by_key(|it| {
            (
                it.timestamp,
                it.expiry.map(|expiry| (expiry.at, -i64::from(expiry.ttl.0))),
            )
        })
    }
}

proptest! {
    #[test]
    fn merge_is_commutative(a in changes(), b in changes()) {
        let (a, b) = (partition(1, &a), partition(1, &b));
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
    }

    #[test]
    fn merge_is_associative(a in changes(), b in changes(), c in changes()) {
        let (a, b, c) = (partition(1, &a), partition(1, &b), partition(1, &c));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
    }

    #[test]
    fn merge_is_idempotent(a in changes(), b in changes()) {
        let (a, b) = (partition(1, &a), partition(1, &b));
        let both = merged(&a, &b);
        prop_assert_eq!(&merged(&a, &a), &a);
        prop_assert_eq!(&merged(&both, &b), &both);
        prop_assert_eq!(&merged(&a, &both), &both);
    }

    #[test]
    fn changes_in_any_order_and_grouping_give_the_same(all in changes(), order in any::<prop::sample::Index>()) {
        let whole = partition(1, &all);
        let turned: Vec<_> = if all.is_empty() {
            Vec::new()
        } else {
            let middle = order.index(all.len());
            all[middle..].iter().rev().chain(&all[..middle]).cloned().collect()
        };
        prop_assert_eq!(&partition(1, &turned), &whole);
        let middle = turned.len() / 2;
        prop_assert_eq!(&merged(&partition(1, &turned[..middle]), &partition(1, &turned[middle..])), &whole);
    }

    #[test]
    fn every_value_is_the_best_that_the_deletions_leave(all in changes()) {
        let (found, expected) = (partition(1, &all), Expected(&all));
        let nothing = Row::default();
        for place in (0..PLACES).flat_map(|n| (0..PLACES).map(move |m| (n, m))) {
            let row = found.row(&clustering(place)).unwrap_or(&nothing);
            prop_assert_eq!(row.liveness, expected.marker(place));
            for n in 0..3 {
                prop_assert_eq!(row.cell(&column(n)).cloned(), expected.cell(place, n));
                let element = match row.column(&collection()) {
                    Some(ColumnData::Complex(data)) => {
                        let mut cells = data.cells.values();
                        cells.find(|(path, _)| path[..] == [n]).map(|(_, cell)| cell.clone())
                    },
                    _ => None,
                };
                prop_assert_eq!(element, expected.element(place, n));
            }
        }
        for n in 0..3 {
            prop_assert_eq!(found.static_row().cell(&column(n)).cloned(), expected.static_cell(n));
        }
    }

    #[test]
    fn growth_adds_up_to_the_weight(a in changes(), b in changes()) {
        let (mut whole, b) = (partition(1, &a), partition(1, &b));
        let mut weight = whole.weight();
        weight += whole.merge_weighed(b);
        prop_assert_eq!(weight, whole.weight());
    }

    #[test]
    fn encodings_and_digests_tell_what_is_equal(a in changes(), b in changes()) {
        let (a, b) = (partition(1, &a), partition(1, &b));
        let read_back: Partition = codec::decode(&codec::encode(&a)).unwrap();
        prop_assert_eq!(digest(core::slice::from_ref(&read_back)), digest(core::slice::from_ref(&a)));
        prop_assert_eq!(&read_back, &a);
        let (one, other) = (merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(digest(&[one]), digest(&[other]));
        prop_assert_eq!(digest(core::slice::from_ref(&a)) == digest(core::slice::from_ref(&b)), a == b);
    }

    #[test]
    fn slices_taken_apart_merge_to_the_whole(all in changes(), cut in prop::collection::vec(0..PLACES, 1..=2)) {
        use crate::data::{ClusteringBound, Slice};
        let whole = partition(1, &all);
        let middle = slice(&cut, &cut).start;
        let first = whole.within(&[Slice { start: ClusteringBound::start(), end: middle.clone() }]);
        let second = whole.within(&[Slice { start: middle, end: ClusteringBound::end() }]);
        prop_assert_eq!(merged(&first, &second), whole);
    }

    /// Before anything is past its grace, purging first or last makes no difference to what a reader sees. On equal timestamps it
    /// may, in Cassandra too: an expired cell becomes a tombstone, which wins over a cell with which it would have tied.
    #[test]
    fn purging_before_or_after_a_merge_shows_the_same_rows(a in changes(), b in changes(), now in 0..6i64) {
        let purge = Purge { now: EpochSeconds(now), gc_before: EpochSeconds(i64::MIN), stamped_before: None };
        let [a, b] = [(a, 0), (b, 1)].map(|(changes, turn)| {
            let distinct = changes.into_iter().enumerate().map(|(n, change)| change.at(2 * n as i64 + turn));
            partition(1, &distinct.collect::<Vec<_>>())
        });
        let mut late = merged(&a, &b);
        late.purge(&purge);
        let (mut a, mut b) = (a, b);
        a.purge(&purge);
        b.purge(&purge);
        let mut early = merged(&a, &b);
        early.purge(&purge);
        let visible = |partition: &Partition| -> Vec<_> {
            let live = |row: &Row| row.cells().filter_map(|cell| cell.value(purge.now).cloned()).collect::<Vec<_>>();
            partition.rows().filter(|(_, row)| row.is_live(purge.now)).map(|(at, row)| (at.clone(), live(row))).collect()
        };
        prop_assert_eq!(visible(&early), visible(&late));
    }
}
