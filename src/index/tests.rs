//! Searches against a look at every row, whatever was written in whatever order.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::base::SortedMap;
use crate::data::types::ordering::encode_component;
use crate::data::{
    Analyzer, Cell, ColumnCondition, ColumnName, ColumnSelection, CqlType, DecoratedKey, DeletionTime, EpochSeconds,
    Expiry, FilteredColumn, IndexSearch, KeyspaceName, Mutation, Operator, Partition, PartitionKey, PartitionRange,
    PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter, Slice, TableId, TableName, Ttl, WriteTimestamp,
};
use crate::schema::{
    ColumnKind, ColumnMetadata, IndexClass, IndexMetadata, IndexedPart, KeyspaceMetadata, ReplicationParams, Schema,
    TableMetadata, TableParams,
};
use crate::storage::{Durability, Engine, MemoryDisk, PowerLoss, StorageConfig};

const TABLE: TableId = TableId(uuid::Uuid::from_u128(7));

fn table(indexes: impl IntoIterator<Item = IndexMetadata>) -> TableMetadata {
    let column = |name: &str, ty, kind| ColumnMetadata {
        name: ColumnName::new(name),
        ty,
        kind,
        position: 0,
        descending: false,
    };
    let columns = [
        column("p", CqlType::Int, ColumnKind::PartitionKey),
        column("c", CqlType::Int, ColumnKind::Clustering),
        column("v", CqlType::Int, ColumnKind::Regular),
        column("s", CqlType::Int, ColumnKind::Static),
        column("tags", CqlType::set(CqlType::Int), ColumnKind::Regular),
    ];
    let (keyspace, name) = (KeyspaceName::new("k"), TableName::new("t"));
    let mut table = TableMetadata::new(TABLE, keyspace, name, columns, TableParams::default());
    table.indexes = indexes.into_iter().map(|it| (it.name.clone(), it)).collect();
    table
}

fn index(name: &str, column: &str, part: IndexedPart, attached: bool) -> IndexMetadata {
    IndexMetadata {
        name: name.into(),
        column: ColumnName::new(column),
        part,
        class: match attached {
            false => IndexClass::Legacy,
            true => IndexClass::StorageAttached {
                class_name: "sai".into(),
                options: SortedMap::new(),
            },
        },
    }
}

fn all_indexes() -> Vec<IndexMetadata> {
    use IndexedPart::{Simple, Values};
    let columns = [("v", Simple), ("s", Simple), ("c", Simple), ("tags", Values)];
    let both = columns.into_iter().flat_map(|(column, part)| {
        [false, true].map(|attached| {
            let name = format!("{column}_{}", if attached { "sai" } else { "legacy" });
            index(&name, column, part, attached)
        })
    });
    both.collect()
}

fn schema(table: TableMetadata) -> Schema {
    let keyspace = KeyspaceMetadata {
        name: KeyspaceName::new("k"),
        replication: ReplicationParams::Simple { factor: 1 },
        durable_writes: true,
        tables: [(table.name.clone(), table.into())].into(),
        types: Default::default(),
    };
    Schema::new([keyspace], uuid::Uuid::nil())
}

fn open(disk: &MemoryDisk) -> Engine {
    Engine::open(Box::new(disk.clone()), StorageConfig::default())
        .unwrap()
        .0
}

fn int(n: i32) -> Bytes {
    Bytes::copy_from_slice(&n.to_be_bytes())
}

fn key(p: i32) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(int(p)))
}

/// A change of one partition.
#[derive(Clone, Debug)]
enum Change {
    Put { c: i32, v: i32, lives: Option<i64> },
    PutStatic { s: i32 },
    Tag { c: i32, tag: i32, gone: bool },
    ClearTags { c: i32 },
    DropValue { c: i32 },
    DropStatic,
    DropRow { c: i32 },
    DropRange { from: i32, to: i32 },
    DropPartition,
}

fn changes() -> impl Strategy<Value = Change> {
    let (c, v) = (0..3i32, 0..3i32);
    prop_oneof![
        4 => (c.clone(), v.clone(), prop::option::of(1..6i64)).prop_map(|(c, v, lives)| Change::Put { c, v, lives }),
        1 => v.clone().prop_map(|s| Change::PutStatic { s }),
        3 => (c.clone(), v.clone(), any::<bool>()).prop_map(|(c, tag, gone)| Change::Tag { c, tag, gone }),
        1 => c.clone().prop_map(|c| Change::ClearTags { c }),
        1 => c.clone().prop_map(|c| Change::DropValue { c }),
        1 => Just(Change::DropStatic),
        1 => c.clone().prop_map(|c| Change::DropRow { c }),
        1 => (c.clone(), c).prop_map(|(from, to)| Change::DropRange { from, to }),
        1 => Just(Change::DropPartition),
    ]
}

/// Writes, and searches in between, which clean up what they find out of date.
#[derive(Clone, Debug)]
enum Step {
    Write { p: i32, at: i64, change: Change },
    Search { value: i32 },
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (0..2i32, 1..9i64, changes()).prop_map(|(p, at, change)| Step::Write { p, at, change });
    let step = prop_oneof![
        10 => write,
        3 => (0..3i32).prop_map(|value| Step::Search { value }),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..40)
}

fn mutation(table: &TableMetadata, p: i32, at: i64, change: &Change, now: i64) -> Mutation {
    let mut update = Partition::empty(key(p));
    let (stamp, seconds) = (WriteTimestamp(at), EpochSeconds(now));
    let deletion = DeletionTime::new(stamp, seconds);
    let clustering = |c: i32| table.comparator.clustering([Some(int(c))]);
    let name = ColumnName::new;
    let cell = |value: i32, lives: Option<i64>| match lives {
        None => Cell::live(stamp, int(value)),
        Some(lives) => {
            let at = EpochSeconds(now + lives);
            let ttl = Ttl(lives as u32);
            Cell::expiring(stamp, int(value), Expiry { ttl, at })
        }
    };
    match *change {
        Change::Put { c, v, lives } => {
            let mut row = Row::inserted(stamp, None);
            row.add_cell(&name("v"), cell(v, lives));
            update.add_row(clustering(c), row);
        }
        Change::PutStatic { s } => {
            let mut row = Row::default();
            row.add_cell(&name("s"), cell(s, None));
            update.add_static(row);
        }
        Change::Tag { c, tag, gone } => {
            let mut order = Vec::new();
            encode_component(&CqlType::Int, Some(&int(tag)), false, &mut order);
            let cell = match gone {
                true => Cell::tombstone(stamp, seconds),
                false => Cell::live(stamp, Bytes::new()),
            };
            let mut row = Row::default();
            row.add_complex_cell(&name("tags"), order.into(), int(tag), cell);
            update.add_row(clustering(c), row);
        }
        Change::ClearTags { c } => {
            let mut row = Row::default();
            row.add_complex_deletion(&name("tags"), deletion);
            update.add_row(clustering(c), row);
        }
        Change::DropValue { c } => {
            let mut row = Row::default();
            row.add_cell(&name("v"), Cell::tombstone(stamp, seconds));
            update.add_row(clustering(c), row);
        }
        Change::DropStatic => {
            let mut row = Row::default();
            row.add_cell(&name("s"), Cell::tombstone(stamp, seconds));
            update.add_static(row);
        }
        Change::DropRow { c } => update.add_row(clustering(c), Row::deleted(deletion)),
        Change::DropRange { from, to } => {
            let slice = Slice {
                start: table.comparator.before([Some(int(from))]),
                end: table.comparator.after([Some(int(to))]),
            };
            update.delete_range(slice, deletion);
        }
        Change::DropPartition => update.delete(deletion),
    }
    Mutation::new(table.keyspace.clone(), table.id, update)
}

/// What each index is asked for.
fn questions(value: i32) -> Vec<(&'static str, Vec<ColumnCondition>)> {
    let condition = |column, ty: CqlType, operator| ColumnCondition {
        column,
        ty,
        operator,
        value: int(value),
        key: None,
        analyzer: Analyzer::default(),
    };
    let regular = |name| FilteredColumn::Regular(ColumnName::new(name));
    let of = |column: &FilteredColumn, operator| condition(column.clone(), CqlType::Int, operator);
    let (v, s, c) = (
        regular("v"),
        FilteredColumn::Static(ColumnName::new("s")),
        FilteredColumn::Clustering(0),
    );
    let tags = condition(regular("tags"), CqlType::set(CqlType::Int), Operator::Contains);
    vec![
        ("v_legacy", vec![of(&v, Operator::Eq)]),
        ("v_sai", vec![of(&v, Operator::Eq)]),
        ("v_sai", vec![of(&v, Operator::GtEq)]),
        ("v_sai", vec![of(&v, Operator::Lt)]),
        ("s_legacy", vec![of(&s, Operator::Eq)]),
        ("s_sai", vec![of(&s, Operator::Gt)]),
        ("c_legacy", vec![of(&c, Operator::Eq)]),
        ("c_sai", vec![of(&c, Operator::LtEq)]),
        ("tags_legacy", vec![tags.clone()]),
        ("tags_sai", vec![tags]),
    ]
}

fn command(filter: RowFilter, rows: u32, now: i64) -> ReadCommand {
    ReadCommand {
        table: TABLE,
        partitions: PartitionSelection::Range(PartitionRange::full()),
        slices: vec![Slice::all()],
        reversed: false,
        columns: ColumnSelection::All,
        filter,
        limits: ReadLimits::rows(rows),
        now: EpochSeconds(now),
    }
}

/// The keys of the rows that pass, in order.
fn passing(found: &[Partition], filter: &RowFilter, now: i64) -> Vec<(DecoratedKey, Bytes)> {
    let now = EpochSeconds(now);
    let mut rows = Vec::new();
    for partition in found {
        for (at, row) in partition.rows() {
            let passes = row.is_live(now)
                && filter.accepts_static(partition.static_row(), now)
                && filter.accepts_clustering(at)
                && filter.accepts_row(row, now);
            if passes {
                rows.push((partition.key.clone(), at.values()[0].clone().unwrap()));
            }
        }
    }
    rows
}

proptest! {
    #[test]
    fn a_search_finds_what_a_look_at_every_row_finds(
        steps in steps(),
        late in any::<bool>(),
        rows in prop_oneof![Just(u32::MAX), 1..4u32],
        is_alone in any::<bool>(),
    ) {
        let with = schema(table(all_indexes()));
        let without = schema(table([]));
        let disk = MemoryDisk::new();
        let mut engine = open(&disk);
        let mut now = 100;
        // Indexes that come late are built from what is there.
        let late_from = if late { steps.len() / 2 } else { 0 };
        for (at, step) in steps.iter().enumerate() {
            let schema = if at < late_from { &without } else { &with };
            let table = schema.table_by_id(TABLE).unwrap();
            build_missing(&mut engine, schema, EpochSeconds(now), false).unwrap();
            match step {
                Step::Write { p, at, change } => {
                    now += 1;
                    let mutation = mutation(table, *p, *at, change, now);
                    for entries in entries_of(&mutation, schema) {
                        engine.apply(entries, Durability::Logged).unwrap();
                    }
                    engine.apply(mutation, Durability::Logged).unwrap();
                }
                Step::Restart => {
                    engine.sync().unwrap();
                    drop(engine);
                    disk.lose_power(PowerLoss::Clean);
                    engine = open(&disk);
                }
                Step::Search { value } if at >= late_from => {
                    for (index, conditions) in questions(*value) {
                        check(&mut engine, schema, index, conditions, rows, is_alone, now)?;
                    }
                }
                Step::Search { .. } => {}
            }
        }
        build_missing(&mut engine, &with, EpochSeconds(now), false).unwrap();
        for value in 0..3 {
            for (index, conditions) in questions(value) {
                check(&mut engine, &with, index, conditions, rows, is_alone, now)?;
            }
        }
    }
}

fn check(
    engine: &mut Engine,
    schema: &Schema,
    index: &str,
    conditions: Vec<ColumnCondition>,
    rows: u32,
    is_alone: bool,
    now: i64,
) -> Result<(), TestCaseError> {
    let table = schema.table_by_id(TABLE).unwrap();
    let plain = RowFilter {
        conditions,
        ..RowFilter::default()
    };
    let search = IndexSearch {
        index: index.into(),
        conditions: vec![0],
        is_alone,
    };
    let by_index = RowFilter {
        search: Some(Box::new(search)),
        ..plain.clone()
    };
    let all = engine
        .read(&command(plain.clone(), rows, now), table)
        .unwrap()
        .partitions;
    let found = match find(engine, schema, table, &command(by_index, rows, now)).unwrap() {
        Found::Rows(found) => found.partitions,
        other => panic!("no search: {other:?}"),
    };
    let (expected, found) = (passing(&all, &plain, now), passing(&found, &plain, now));
    prop_assert_eq!(found, expected, "{}", index);
    Ok(())
}

#[test]
fn what_a_search_finds_out_of_date_is_deleted() {
    let schema = schema(table([index("v", "v", IndexedPart::Simple, false)]));
    let table = schema.table_by_id(TABLE).unwrap().clone();
    let mut engine = open(&MemoryDisk::new());
    for (at, v) in [(1, 5), (2, 6)] {
        let mutation = mutation(&table, 0, at, &Change::Put { c: 0, v, lives: None }, 100);
        for entries in entries_of(&mutation, &schema) {
            engine.apply(entries, Durability::Logged).unwrap();
        }
        engine.apply(mutation, Durability::Logged).unwrap();
    }
    let hidden = &schema.indexes(TABLE)[0].table;
    let live = |engine: &Engine| {
        let all = ReadCommand {
            table: hidden.id,
            ..command(RowFilter::default(), u32::MAX, 101)
        };
        let found = engine.read(&all, hidden).unwrap().partitions;
        found
            .iter()
            .flat_map(|it| it.rows().map(|(_, row)| row.is_live(EpochSeconds(101))))
            .filter(|it| *it)
            .count()
    };
    assert_eq!(
        live(&engine),
        2,
        "nothing takes back the entry of a value that was overwritten"
    );
    let (_, conditions) = questions(5).swap_remove(0);
    let search = IndexSearch {
        index: "v".into(),
        conditions: vec![0],
        is_alone: true,
    };
    let filter = RowFilter {
        conditions,
        search: Some(Box::new(search)),
        ..RowFilter::default()
    };
    let found = find(&mut engine, &schema, &table, &command(filter, 10, 101)).unwrap();
    assert!(matches!(found, Found::Rows(found) if found.partitions.is_empty()));
    assert_eq!(live(&engine), 1, "the search did");
}
