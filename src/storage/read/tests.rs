//! Reads against a plainer way to the same answer.

use proptest::prelude::*;

use super::*;
use crate::data::arbitrary::{PLACES, changes, clustering, comparator, int, key, partition, slice};
use crate::data::{
    Analyzer, Cell, CellContent, Clustering, ColumnCondition, ColumnName, ColumnSelection, CqlType, DeletionTime,
    EpochSeconds, FilteredColumn, KeyspaceName, Operator, PartitionBound, PartitionRange, PartitionSelection, Purge,
    ReadLimits, Row, RowFilter, Slice, TableId, TableName, WriteTimestamp,
};
use crate::schema::{ColumnKind, ColumnMetadata, TableParams};
use crate::storage::memtable::Memtable;

const TABLE: TableId = TableId(uuid::Uuid::from_u128(1));

fn table(gc_grace_seconds: u32) -> TableMetadata {
    let column = |name: &str, kind, position, descending| ColumnMetadata {
        name: ColumnName::new(name),
        ty: CqlType::Int,
        kind,
        position,
        descending,
    };
    let columns = [
        column("p", ColumnKind::PartitionKey, 0, false),
        column("c1", ColumnKind::Clustering, 0, false),
        column("c2", ColumnKind::Clustering, 1, true),
    ];
    let params = TableParams {
        gc_grace_seconds,
        ..TableParams::default()
    };
    let table = TableMetadata::new(TABLE, KeyspaceName::new("k"), TableName::new("t"), columns, params);
    assert_eq!(table.comparator, comparator());
    table
}

fn command(partitions: PartitionSelection) -> ReadCommand {
    ReadCommand {
        table: TABLE,
        partitions,
        slices: vec![Slice::all()],
        reversed: false,
        columns: ColumnSelection::All,
        filter: RowFilter::default(),
        limits: ReadLimits::NONE,
        now: EpochSeconds(0),
    }
}

fn memtable(partitions: impl IntoIterator<Item = Partition>) -> Memtable {
    let mut memtable = Memtable::default();
    for partition in partitions {
        memtable.apply(partition);
    }
    memtable
}

fn run(memtables: &[Memtable], command: &ReadCommand, table: &TableMetadata) -> LocalRead {
    let sources: Vec<&dyn TableSource> = memtables.iter().map(|it| it as &dyn TableSource).collect();
    read_range(&sources, command, table, TombstoneThresholds::default()).unwrap()
}

/// Slices in order that do not overlap.
fn slices() -> impl Strategy<Value = Vec<Slice>> {
    let apart = prop::collection::btree_set(0..PLACES, 0..3).prop_map(|firsts| {
        let whole = |n: i32| slice(&[n], &[n]);
        firsts.into_iter().map(whole).collect()
    });
    let one = (
        prop::collection::vec(0..PLACES, 1..=2),
        prop::collection::vec(0..PLACES, 1..=2),
    )
        .prop_map(|(from, to)| vec![slice(&from, &to)])
        .prop_filter("a slice that ends after it starts", |slices| !slices[0].is_empty());
    prop_oneof![Just(vec![Slice::all()]), apart, one]
}

/// The same answer from the whole partition, cut down step by step.
fn plain(whole: &Partition, command: &ReadCommand, table: &TableMetadata) -> Option<Partition> {
    let mut found = whole.within(&command.slices);
    found.purge(&Purge::new(command.now, table.params.gc_grace_seconds));
    let enough = command.limits.rows.min(command.limits.rows_per_partition) as usize;
    let mut order: Vec<(Clustering, bool)> = found
        .rows()
        .map(|(at, row)| (at.clone(), row.is_live(command.now)))
        .collect();
    if command.reversed {
        order.reverse();
    }
    let last = order.iter().filter(|(_, live)| *live).nth(enough - 1);
    if let Some((last, _)) = last {
        let kept = if command.reversed {
            Slice {
                start: comparator().before_row(last),
                end: Slice::all().end,
            }
        } else {
            Slice {
                start: Slice::all().start,
                end: comparator().after_row(last),
            }
        };
        found = found.within(&[kept]);
    }
    (!found.is_empty()).then_some(found)
}

proptest! {
    #[test]
    fn one_partition_from_any_number_of_sources(
        parts in prop::collection::vec(changes(), 1..4),
        slices in slices(),
        reversed in any::<bool>(),
        limit in prop_oneof![Just(u32::MAX), 1..5u32],
        now in 0..6i64,
        grace in 0..4u32,
    ) {
        let table = table(grace);
        let command = ReadCommand {
            slices,
            reversed,
            limits: ReadLimits::rows(limit),
            now: EpochSeconds(now),
            ..command(PartitionSelection::One(key(1)))
        };
        let memtables: Vec<Memtable> = parts.iter().map(|changes| memtable([partition(1, changes)])).collect();
        let mut whole = Partition::empty(key(1));
        parts.iter().for_each(|changes| whole.merge(partition(1, changes)));
        let found = run(&memtables, &command, &table);
        let expected = plain(&whole, &command, &table);
        prop_assert_eq!(found.partitions, expected.into_iter().collect::<Vec<_>>());
        let together = run(&[memtable([whole])], &command, &table);
        prop_assert_eq!((found.live_rows, found.tombstones), (together.live_rows, together.tombstones));
    }

    #[test]
    fn a_range_is_its_partitions_in_token_order(
        parts in prop::collection::vec((0..6u8, changes()), 0..8),
        split in 0..4usize,
        from in 0..6u8,
        limit in 1..12u32,
    ) {
        let table = table(864_000);
        let (first, second) = parts.split_at(split.min(parts.len()));
        let memtables = [first, second].map(|parts| memtable(parts.iter().map(|(n, changes)| partition(*n, changes))));
        let start = PartitionBound::AfterKey(key(from));
        let range = PartitionRange { start, ..PartitionRange::full() };
        let limits = ReadLimits::rows(limit);
        let command = ReadCommand { limits, ..command(PartitionSelection::Range(range)) };
        let found = run(&memtables, &command, &table);

        let mut keys: Vec<_> = (0..6).map(key).filter(|it| *it > key(from)).collect();
        keys.sort();
        let (mut expected, mut left) = (Vec::new(), limit);
        for key in keys {
            if left == 0 {
                break;
            }
            let one = ReadCommand {
                partitions: PartitionSelection::One(key),
                limits: ReadLimits::rows(left),
                ..command.clone()
            };
            for partition in run(&memtables, &one, &table).partitions {
                let rows = partition.rows().filter(|(_, row)| row.is_live(command.now)).count() as u32;
                left -= rows.max(u32::from(partition.is_live(command.now)));
                expected.push(partition);
            }
        }
        prop_assert_eq!(found.partitions, expected);
    }
}

fn row(cell: Cell) -> Row {
    let mut row = Row::default();
    row.add_cell(&ColumnName::new("v"), cell);
    row
}

fn value(n: i32) -> Cell {
    Cell::live(WriteTimestamp(1), int(n).unwrap())
}

#[test]
fn key_conditions_drop_rows_and_value_conditions_only_do_not_count_them() {
    let condition = |column, value| RowFilter {
        conditions: vec![ColumnCondition {
            column,
            ty: CqlType::Int,
            operator: Operator::Eq,
            value: int(value).unwrap(),
            key: None,
            analyzer: Analyzer::default(),
        }],
        ..RowFilter::default()
    };
    let mut whole = Partition::empty(key(1));
    for n in 0..4 {
        whole.add_row(clustering((n, n % 2)), row(value(n)));
    }
    let memtables = [memtable([whole])];
    let table = table(0);
    let read = |filter: RowFilter| {
        let command = ReadCommand {
            filter,
            limits: ReadLimits::rows(1),
            ..command(PartitionSelection::One(key(1)))
        };
        let found = run(&memtables, &command, &table);
        let rows = found.partitions.first().map_or(0, |it| it.rows().len());
        (rows, found.live_rows)
    };
    assert_eq!(read(condition(FilteredColumn::Clustering(1), 1)), (1, 1));
    assert_eq!(
        read(condition(FilteredColumn::Regular(ColumnName::new("v")), 2)),
        (3, 3)
    );
    // The key is one byte, and so is no value of the key's type.
    assert_eq!(read(condition(FilteredColumn::PartitionKey(0), 9)), (0, 0));
}

#[test]
fn tombstones_are_counted_as_cassandra_does_and_too_many_stop_the_read() {
    let deletion = DeletionTime::new(WriteTimestamp(5), EpochSeconds(100));
    let mut whole = Partition::empty(key(1));
    whole.add_row(
        clustering((0, 0)),
        row(Cell::tombstone(WriteTimestamp(6), EpochSeconds(100))),
    );
    whole.add_row(clustering((1, 0)), Row::deleted(deletion));
    whole.add_row(clustering((2, 0)), row(value(1)));
    whole.delete_range(slice(&[3], &[3]), deletion);
    let memtables = [memtable([whole])];
    let table = table(864_000);
    let command = ReadCommand {
        now: EpochSeconds(100),
        ..command(PartitionSelection::One(key(1)))
    };
    let found = run(&memtables, &command, &table);
    assert_eq!(
        (found.live_rows, found.tombstones, found.tombstone_warning),
        (1, 4, false)
    );
    let sources = [&memtables[0] as &dyn TableSource];
    let limits = |warn, fail| read_range(&sources, &command, &table, TombstoneThresholds { warn, fail });
    assert!(limits(3, 4).unwrap().tombstone_warning);
    assert_eq!(limits(1, 3), Err(StorageError::TooManyTombstones { limit: 3 }));
}

#[test]
fn what_expired_is_a_tombstone_until_its_grace_is_over() {
    use crate::data::{Expiry, Ttl};
    let expiry = Expiry {
        ttl: Ttl(10),
        at: EpochSeconds(100),
    };
    let mut whole = Partition::empty(key(1));
    whole.add_row(
        clustering((0, 0)),
        row(Cell::expiring(WriteTimestamp(1), &b"v"[..], expiry)),
    );
    let memtables = [memtable([whole])];
    let at = |now| {
        let command = ReadCommand {
            now: EpochSeconds(now),
            ..command(PartitionSelection::One(key(1)))
        };
        let found = run(&memtables, &command, &table(5)).partitions;
        let cell = found.first()?.row(&clustering((0, 0)))?.cell("v")?;
        Some(cell.content.clone())
    };
    assert!(matches!(at(99), Some(CellContent::Expiring(..))));
    // Deleted since it was written, ten seconds before; that is past the grace at once.
    assert_eq!(at(100), None);
    let longer = |now| {
        let command = ReadCommand {
            now: EpochSeconds(now),
            ..command(PartitionSelection::One(key(1)))
        };
        let found = run(&memtables, &command, &table(20)).partitions;
        Some(found.first()?.row(&clustering((0, 0)))?.cell("v")?.content.clone())
    };
    assert_eq!(longer(100), Some(CellContent::Deleted(EpochSeconds(90))));
    assert_eq!(longer(110), Some(CellContent::Deleted(EpochSeconds(90))));
    assert_eq!(longer(111), None);
}
