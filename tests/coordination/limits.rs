//! Reads of replicas that differ give what one node would that knew it all, whatever the limits; and leave replicas that agree.

use proptest::prelude::*;
use ringscope::base::Endpoint;
use ringscope::coordinator::ReadRequest;
use ringscope::data::*;

use super::cluster::{Happening, Network, TestCluster, Told};
use super::table::{clustering, command, int, key, number};

const KEYS: i32 = 3;

/// Something that happened to one row of one partition, and which replicas know.
#[derive(Clone, Debug)]
struct Fact {
    k: i32,
    what: Change,
    timestamp: i64,
    known_to: u8,
}

#[derive(Clone, Debug)]
enum Change {
    Row { c: i32, v: i32 },
    DeleteRow { c: i32 },
    DeleteValue { c: i32 },
    DeleteRange { from: i32, to: i32 },
    DeletePartition,
    Static { v: i32 },
}

fn change() -> impl Strategy<Value = Change> {
    let c = 0..6;
    prop_oneof![
        6 => (c.clone(), 0..4).prop_map(|(c, v)| Change::Row { c, v }),
        2 => c.clone().prop_map(|c| Change::DeleteRow { c }),
        2 => c.clone().prop_map(|c| Change::DeleteValue { c }),
        2 => (c.clone(), 0..3).prop_map(|(from, more)| Change::DeleteRange { from, to: from + more }),
        1 => Just(Change::DeletePartition),
        1 => (0..4).prop_map(|v| Change::Static { v }),
    ]
}

fn fact() -> impl Strategy<Value = Fact> {
    (0..KEYS, change(), 1..6i64, 1..8u8).prop_map(|(k, what, timestamp, known_to)| Fact {
        k,
        what,
        timestamp,
        known_to,
    })
}

#[derive(Clone, Debug)]
struct Question {
    limits: ReadLimits,
    reversed: bool,
    /// One partition, or all.
    key: Option<i32>,
    slices: Vec<(i32, i32)>,
    /// Only rows with this value.
    filter: Option<i32>,
}

fn question() -> impl Strategy<Value = Question> {
    let limit = prop_oneof![1..5u32, Just(u32::MAX)];
    let limits = (limit.clone(), limit.clone(), limit).prop_map(|(rows, rows_per_partition, partitions)| ReadLimits {
        rows,
        rows_per_partition,
        partitions,
    });
    let slices = prop_oneof![
        Just(vec![]),
        Just(vec![(0, 2), (4, 5)]),
        (0..6, 0..6).prop_map(|it| vec![it])
    ];
    let filter = prop::option::of(0..4);
    (limits, any::<bool>(), prop::option::of(0..KEYS), slices, filter).prop_map(
        |(limits, reversed, key, slices, filter)| Question {
            limits,
            reversed,
            key,
            slices,
            filter,
        },
    )
}

fn apply(cluster: &mut TestCluster, at: Endpoint, fact: &Fact) {
    let table = cluster.table();
    let timestamp = WriteTimestamp(fact.timestamp);
    let deletion = DeletionTime::new(timestamp, EpochSeconds(900_000));
    let mut partition = Partition::empty(key(fact.k));
    let value = |v| {
        let mut row = Row::default();
        row.add_cell(&ColumnName::new("v"), Cell::live(timestamp, int(v)));
        row
    };
    match fact.what {
        Change::Row { c, v } => {
            let mut row = value(v);
            row.liveness = Some(Liveness {
                timestamp,
                expiry: None,
            });
            partition.add_row(clustering(&table, c), row);
        }
        Change::DeleteRow { c } => partition.add_row(clustering(&table, c), Row::deleted(deletion)),
        Change::DeleteValue { c } => {
            let mut row = Row::default();
            row.add_cell(&ColumnName::new("v"), Cell::tombstone(timestamp, EpochSeconds(900_000)));
            partition.add_row(clustering(&table, c), row);
        }
        Change::DeleteRange { from, to } => partition.delete_range(slice(cluster, from, to), deletion),
        Change::DeletePartition => partition.delete(deletion),
        Change::Static { v } => {
            let mut row = Row::default();
            row.add_cell(&ColumnName::new("s"), Cell::live(timestamp, int(v)));
            partition.add_static(row);
        }
    }
    cluster.plant(at, partition);
}

fn slice(cluster: &TestCluster, from: i32, to: i32) -> Slice {
    let comparator = &cluster.table().comparator;
    Slice {
        start: comparator.before([Some(int(from))]),
        end: comparator.after([Some(int(to))]),
    }
}

/// What a client sees: the static value and the rows of each partition.
type Seen = Vec<(i32, Option<i32>, Vec<(i32, Option<i32>)>)>;

fn see(partitions: &[Partition]) -> Seen {
    let now = super::table::NOW;
    let cell = |row: &Row, name| row.cell(name).and_then(|cell| cell.value(now)).map(number);
    let see = |partition: &Partition| {
        let rows = partition.rows();
        let rows = rows.map(|(c, row)| (number(c.values()[0].as_ref().unwrap()), cell(row, "v")));
        (
            number(&partition.key.key.0),
            cell(partition.static_row(), "s"),
            rows.collect(),
        )
    };
    partitions.iter().map(see).collect()
}

fn ask(cluster: &mut TestCluster, question: &Question, consistency: ConsistencyLevel) -> Seen {
    let table = cluster.table();
    let partitions = match question.key {
        Some(k) => PartitionSelection::One(key(k)),
        None => PartitionSelection::Range(PartitionRange::full()),
    };
    let mut command = command(&table, partitions);
    command.limits = question.limits;
    command.reversed = question.reversed;
    if !question.slices.is_empty() {
        let slices = question.slices.iter().map(|(from, to)| slice(cluster, *from, *to));
        command.slices = slices.filter(|it| !it.is_empty()).collect();
    }
    command
        .filter
        .conditions
        .extend(question.filter.map(|v| ColumnCondition {
            column: FilteredColumn::Regular(ColumnName::new("v")),
            ty: CqlType::Int,
            operator: Operator::Eq,
            value: int(v),
            key: None,
            analyzer: Analyzer::default(),
        }));
    let request = ReadRequest {
        table,
        command,
        consistency,
        cause: None,
    };
    let at = cluster.endpoints()[0];
    cluster.read(at, request);
    match cluster.next() {
        Some(Happening::Told(_, Told::Found(Ok(partitions)))) => see(&partitions),
        Some(Happening::Told(_, told)) => panic!("{told:?}"),
        _ => panic!("no answer"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn limits_hold_for_what_the_replicas_know_together(
        facts in prop::collection::vec(fact(), 0..40),
        question in question(),
        seed in 0..1000u64,
    ) {
        let mut together = TestCluster::new(seed, 4, 3, Network::CALM, |_| {});
        let mut alone = TestCluster::new(seed, 1, 1, Network::CALM, |_| {});
        let only = alone.endpoints()[0];
        for fact in &facts {
            let replicas = together.replicas(&key(fact.k));
            for (n, replica) in replicas.into_iter().enumerate() {
                if fact.known_to >> n & 1 == 1 {
                    apply(&mut together, replica, fact);
                }
            }
            apply(&mut alone, only, fact);
        }
        let expected = ask(&mut alone, &question, ConsistencyLevel::One);
        prop_assert_eq!(ask(&mut together, &question, ConsistencyLevel::All), expected);

        let everything = Question { limits: ReadLimits::NONE, reversed: false, key: None, slices: vec![], filter: None };
        ask(&mut together, &everything, ConsistencyLevel::All);
        for k in 0..KEYS {
            let versions: Vec<_> = together.replicas(&key(k)).iter().map(|it| together.partition_at(*it, &key(k))).collect();
            prop_assert!(versions.windows(2).all(|two| two[0] == two[1]), "replicas differ after a full repair: {versions:?}");
        }
    }
}
