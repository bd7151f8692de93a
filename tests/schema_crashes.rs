//! A node whose schema changes while the power goes: it starts again whatever was half done, with every row it acknowledged.
//!
//! More runs than those of CI: `PROPTEST_CASES=10000 cargo test --release --test schema_crashes`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;
use ringscope::base::{Duration, Instant, Random, RequestId, Seed};
use ringscope::cql::{QueryError, QueryResult};
use ringscope::data::ConsistencyLevel;
use ringscope::event::What;
use ringscope::node::{
    ClientRequest, Form, Input, Node, NodeConfig, OperatorCall, OperatorRequest, Output, Scope, StorageCall,
};
use ringscope::sim::{ClusterConfig, Roster};
use ringscope::storage::{
    CommitLogConfig, CommitLogSync, Disk, FileInfo, MemoryDisk, PowerLoss, StorageConfig, StorageError,
};

const TABLES: u8 = 2;
const COLUMNS: u8 = 3;
const KEYS: u8 = 4;

#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Drop(u8),
    Truncate(u8),
    AddColumn(u8, u8),
    DropColumn(u8, u8),
    CreateIndex(u8, u8),
    DropIndex(u8, u8),
    Write {
        table: u8,
        key: u8,
        column: u8,
        value: i32,
    },
    Flush(u8),
    Compact(u8),
    /// What is due within so many seconds is done.
    Wait(u8),
    Crash {
        torn: bool,
    },
    /// The power goes at the n-th operation on the disk from here.
    CrashAfter(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let table = || 0..TABLES;
    let column = || 0..COLUMNS;
    prop_oneof![
        3 => table().prop_map(Step::Create),
        1 => table().prop_map(Step::Drop),
        1 => table().prop_map(Step::Truncate),
        3 => (table(), column()).prop_map(|(table, column)| Step::AddColumn(table, column)),
        2 => (table(), column()).prop_map(|(table, column)| Step::DropColumn(table, column)),
        1 => (table(), column()).prop_map(|(table, column)| Step::CreateIndex(table, column)),
        1 => (table(), column()).prop_map(|(table, column)| Step::DropIndex(table, column)),
        12 => (table(), 0..KEYS, column(), any::<i32>())
            .prop_map(|(table, key, column, value)| Step::Write { table, key, column, value }),
        4 => table().prop_map(Step::Flush),
        2 => table().prop_map(Step::Compact),
        1 => (0..30u8).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(|torn| Step::Crash { torn }),
        4 => (0..40u8).prop_map(Step::CrashAfter),
    ]
}

/// A disk whose power goes after a number of operations that change something.
#[derive(Clone, Debug)]
struct Mortal {
    disk: MemoryDisk,
    left: Rc<Cell<Option<u8>>>,
}

impl Mortal {
    fn spend(&self) -> Result<(), StorageError> {
        match self.left.get() {
            Some(0) => Err(StorageError::Io {
                file: String::new(),
                why: "the power is gone".into(),
            }),
            left => {
                self.left.set(left.map(|it| it - 1));
                Ok(())
            }
        }
    }
}

impl Disk for Mortal {
    fn create(&mut self, file: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.create(file)
    }
    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.append(file, bytes)
    }
    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.disk.read_at(file, offset, into)
    }
    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.sync(file)
    }
    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.truncate(file, len)
    }
    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.rename(from, to)
    }
    fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.disk.delete(file)
    }
    fn list(&self) -> Result<Vec<FileInfo>, StorageError> {
        self.disk.list()
    }
    fn len(&self, file: &str) -> Result<u64, StorageError> {
        self.disk.len(file)
    }
}

/// A table's columns and rows, as clients were told.
#[derive(Clone, Debug, Default, PartialEq)]
struct Table {
    /// Those there are, and whether each is indexed.
    columns: BTreeMap<u8, bool>,
    rows: BTreeMap<u8, BTreeMap<u8, i32>>,
}

type Model = BTreeMap<u8, Table>;

/// What a step makes of the tables; nothing if it cannot be done.
fn after(model: &Model, step: &Step) -> Option<Model> {
    let mut next = model.clone();
    match *step {
        Step::Create(table) => {
            if next.contains_key(&table) {
                return None;
            }
            next.insert(table, Table::default());
        }
        Step::Drop(table) => drop(next.remove(&table)?),
        Step::Truncate(table) => next.get_mut(&table)?.rows.clear(),
        Step::AddColumn(table, column) => {
            let columns = &mut next.get_mut(&table)?.columns;
            if columns.insert(column, false).is_some() {
                return None;
            }
        }
        Step::DropColumn(table, column) => {
            let table = next.get_mut(&table)?;
            // Its index would have to go first.
            if table.columns.remove(&column)? {
                return None;
            }
            for row in table.rows.values_mut() {
                row.remove(&column);
            }
        }
        Step::CreateIndex(table, column) => {
            let indexed = next.get_mut(&table)?.columns.get_mut(&column)?;
            if core::mem::replace(indexed, true) {
                return None;
            }
        }
        Step::DropIndex(table, column) => {
            let indexed = next.get_mut(&table)?.columns.get_mut(&column)?;
            if !core::mem::replace(indexed, false) {
                return None;
            }
        }
        Step::Write {
            table,
            key,
            column,
            value,
        } => {
            let table = next.get_mut(&table)?;
            table.columns.get(&column)?;
            table.rows.entry(key).or_default().insert(column, value);
        }
        Step::Flush(table) | Step::Compact(table) => drop(next.get(&table)?),
        Step::Wait(_) | Step::Crash { .. } | Step::CrashAfter(_) => {}
    }
    Some(next)
}

fn statement(step: &Step) -> Option<String> {
    Some(match *step {
        Step::Create(table) => format!("CREATE TABLE k.t{table} (id int PRIMARY KEY)"),
        Step::Drop(table) => format!("DROP TABLE k.t{table}"),
        Step::Truncate(table) => format!("TRUNCATE k.t{table}"),
        Step::AddColumn(table, column) => format!("ALTER TABLE k.t{table} ADD c{column} int"),
        Step::DropColumn(table, column) => format!("ALTER TABLE k.t{table} DROP c{column}"),
        Step::CreateIndex(table, column) => format!("CREATE INDEX i{table}_{column} ON k.t{table} (c{column})"),
        Step::DropIndex(table, column) => format!("DROP INDEX k.i{table}_{column}"),
        Step::Write {
            table,
            key,
            column,
            value,
        } => {
            format!("INSERT INTO k.t{table} (id, c{column}) VALUES ({key}, {value})")
        }
        _ => return None,
    })
}

struct Bench {
    config: NodeConfig,
    disk: Mortal,
    node: Node,
    now: Instant,
    requests: u64,
    random: Random,
}

impl Bench {
    fn new(sync: CommitLogSync) -> Bench {
        let mut cluster = ClusterConfig::simple(Seed(1), 1);
        cluster.storage = StorageConfig {
            commit_log: CommitLogConfig {
                segment_bytes: 8 * 1024,
                sync,
            },
            memtable_flush_bytes: 48 * 1024,
            commit_log_space_bytes: 32 * 1024,
            compaction_bytes_per_second: 1 << 20,
            flush_bytes_per_second: 1 << 20,
            ..StorageConfig::default()
        };
        let config = Roster::new(&cluster).nodes()[0].clone();
        let disk = Mortal {
            disk: MemoryDisk::new(),
            left: Rc::default(),
        };
        let now = Instant::ZERO + Duration::from_secs(1);
        let mut bench = Bench {
            node: Node::start(config.clone(), Box::new(disk.clone()), now),
            config,
            disk,
            now,
            requests: 0,
            random: Random::stream(Seed(1), "torn"),
        };
        bench.wait(30);
        let keyspace = "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}";
        bench.ask(keyspace).unwrap();
        bench
    }

    /// Lets what is due be done until so much time has passed.
    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.node.next_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.node.handle(self.now, Input::Timeout);
            if self.disk.left.get() == Some(0) {
                return;
            }
        }
        self.now = until;
        self.node.handle(self.now, Input::Timeout);
    }

    fn next_request(&mut self) -> RequestId {
        // A column that comes back hides what was written in the millisecond in which it went.
        self.now += Duration::from_millis(5);
        self.requests += 1;
        RequestId(self.requests)
    }

    fn ask(&mut self, query: &str) -> Result<QueryResult, QueryError> {
        let id = self.next_request();
        let request = ClientRequest {
            id,
            query: query.into(),
            form: Form::default(),
            keyspace: None,
            consistency: ConsistencyLevel::One,
            serial_consistency: ConsistencyLevel::Serial,
            page_size: None,
            paging_state: None,
            timestamp: None,
        };
        self.node.handle(self.now, Input::Client(request));
        for _ in 0..2 {
            for output in self.node.drain() {
                match output {
                    Output::Reply(reply) if reply.id == id => return reply.result,
                    _ => {}
                }
            }
            // Without a disk an answer may have to wait for a timeout.
            self.wait(30);
        }
        Err(QueryError::Server("no answer".into()))
    }

    fn operate(&mut self, call: StorageCall) {
        let id = self.next_request();
        let call = OperatorCall::Storage(Box::new(call));
        self.node
            .handle(self.now, Input::Operator(OperatorRequest { id, call }));
    }

    /// Carries a step out that can be: an error there is one of the power.
    fn carry_out(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let scope = |table: u8| Scope {
            keyspace: Some("k".into()),
            tables: vec![format!("t{table}")],
        };
        match step {
            Step::Flush(table) => self.operate(StorageCall::Flush(scope(*table))),
            Step::Compact(table) => self.operate(StorageCall::Compact(scope(*table))),
            Step::Wait(seconds) => self.wait((*seconds).into()),
            _ => {
                let statement = statement(step).unwrap_or_default();
                let result = self.ask(&statement);
                let is_dead = self.disk.left.get() == Some(0);
                prop_assert!(is_dead || result.is_ok(), "{}: {:?}", statement, result);
            }
        }
        Ok(())
    }

    /// The node holds what the model says. The power stays while it is asked.
    fn agrees(&mut self, model: &Model) -> Result<(), TestCaseError> {
        let left = self.disk.left.take();
        let agreed = self.holds(model);
        self.disk.left.set(left);
        agreed
    }

    fn holds(&mut self, model: &Model) -> Result<(), TestCaseError> {
        for n in 0..TABLES {
            let found = self.ask(&format!("SELECT * FROM k.t{n}"));
            let Some(table) = model.get(&n) else {
                prop_assert!(found.is_err(), "there should be no table {}", n);
                continue;
            };
            let rows = match found {
                Ok(QueryResult::Rows(rows)) => rows,
                other => return Err(TestCaseError::fail(format!("table {n}: {other:?}"))),
            };
            let names: Vec<String> = table.columns.keys().map(|it| format!("c{it}")).collect();
            let told: Vec<String> = rows.columns.iter().skip(1).map(|it| it.name.to_string()).collect();
            prop_assert_eq!(&told, &names, "columns of table {}", n);
            let int = |it: &Option<bytes::Bytes>| it.as_ref().map(|it| i32::from_be_bytes((**it).try_into().unwrap()));
            let mut found: Vec<Vec<Option<i32>>> = rows.rows.iter().map(|it| it.iter().map(int).collect()).collect();
            found.sort();
            let expected = table.rows.iter().map(|(key, row)| {
                let key = Some(i32::from(*key));
                let cells = table.columns.keys().map(|it| row.get(it).copied());
                [key].into_iter().chain(cells).collect::<Vec<_>>()
            });
            prop_assert_eq!(found, expected.collect::<Vec<_>>(), "rows of table {}", n);
            for (column, _) in table.columns.iter().filter(|(_, indexed)| **indexed) {
                for (key, value) in table.rows.iter().filter_map(|(key, row)| Some((key, row.get(column)?))) {
                    let found = self.ask(&format!("SELECT id FROM k.t{n} WHERE c{column} = {value}"));
                    let Ok(QueryResult::Rows(rows)) = found else {
                        return Err(TestCaseError::fail(format!(
                            "index of c{column} of table {n}: {found:?}"
                        )));
                    };
                    let has = rows.rows.iter().any(|it| int(&it[0]) == Some(i32::from(*key)));
                    prop_assert!(has, "row {} of table {} by c{} = {}", key, n, column, value);
                }
            }
        }
        Ok(())
    }

    /// The power goes; what is left is one of `possible`.
    fn crash(&mut self, torn: bool, possible: &[Model]) -> Result<Model, TestCaseError> {
        let loss = match torn {
            true => PowerLoss::Torn(&mut self.random),
            false => PowerLoss::Clean,
        };
        self.disk.disk.lose_power(loss);
        // It may go again while the node starts.
        for left in [self.disk.left.get().map(|_| 3), None] {
            self.disk.left.set(left);
            self.now += Duration::from_secs(1);
            self.node = Node::start(self.config.clone(), Box::new(self.disk.clone()), self.now);
            let failed = self.node.drain().find_map(|output| match output {
                Output::Event(event) => match event.what {
                    What::StartFailed { why } => Some(why),
                    _ => None,
                },
                _ => None,
            });
            match (failed, self.disk.left.get()) {
                (None, None | Some(1..)) => break,
                (Some(why), None) => return Err(TestCaseError::fail(format!("no start after a crash: {why}"))),
                (_, Some(_)) => self.disk.disk.lose_power(PowerLoss::Clean),
            }
        }
        self.disk.left.set(None);
        let mut why = None;
        for model in possible.iter().rev() {
            match self.agrees(model) {
                Ok(()) => return Ok(model.clone()),
                Err(error) => drop(why.get_or_insert(error)),
            }
        }
        Err(why.unwrap_or_else(|| TestCaseError::fail("nothing is possible")))
    }
}

fn check(sync: CommitLogSync, steps: &[Step]) -> Result<(), TestCaseError> {
    let loses_nothing = sync == CommitLogSync::Batch;
    let mut bench = Bench::new(sync);
    // Every state that a crash may leave; the last one has everything.
    let mut possible = vec![Model::new()];
    for step in steps {
        match step {
            Step::CrashAfter(left) => bench.disk.left.set(Some(*left)),
            Step::Crash { torn } => possible = vec![bench.crash(*torn, &possible)?],
            step => {
                let Some(next) = possible.last().and_then(|model| after(model, step)) else {
                    continue;
                };
                bench.carry_out(step)?;
                let is_dead = bench.disk.left.get() == Some(0);
                if loses_nothing && !is_dead {
                    possible.clear();
                }
                possible.push(next);
                if is_dead {
                    possible = vec![bench.crash(true, &possible)?];
                }
            }
        }
        if let Some(held) = possible.last()
            && bench.disk.left.get() != Some(0)
        {
            bench.agrees(held)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_stays(steps in prop::collection::vec(step(), 1..50)) {
        check(CommitLogSync::Batch, &steps)?;
    }

    /// Synced every ten seconds: a crash takes the last of what was done, the schema's changes among it, never the middle.
    #[test]
    fn what_is_lost_is_the_end(steps in prop::collection::vec(step(), 1..50)) {
        check(CommitLogSync::CASSANDRA_DEFAULT, &steps)?;
    }
}
