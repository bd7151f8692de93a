//! Storage's commands against Cassandra's recorded answers.

use super::tests::{assert_same, commands, shown};
use super::{Begun, Output, begin, words};
use crate::base::Endpoint;
use crate::data::{TableId, TableName};
use crate::node::{OperatorAnswer, OperatorCall, Scope, StorageAnswer, StorageCall, TableStats};
use crate::storage::{CountersSummary, TableSummary};

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../../tests/golden-nodetool/", $name, ".txt"))
    };
}

/// What a node with the keyspace `shop` and its fresh table `orders` answers.
fn answer(call: &StorageCall) -> StorageAnswer {
    let wrong_scope = |scope: &Scope| {
        let keyspace = scope.keyspace.as_ref()?;
        if keyspace != "shop" {
            return Some(StorageAnswer::NoKeyspace(keyspace.clone()));
        }
        let table = scope.tables.iter().find(|it| *it != "orders")?;
        Some(StorageAnswer::NoTable(keyspace.clone(), table.clone()))
    };
    match call {
        StorageCall::Flush(scope) | StorageCall::Compact(scope) | StorageCall::Rewrite(scope, _) => {
            wrong_scope(scope).unwrap_or(StorageAnswer::Done)
        }
        StorageCall::IsAutoCompactionOn(_) => {
            StorageAnswer::AutoCompaction(vec![("shop".into(), "orders".into(), true)])
        }
        StorageCall::Snapshot { name, keyspaces, .. } => match (keyspaces.first(), name.clone()) {
            (Some(keyspace), name) if keyspace != "shop" => StorageAnswer::NoSuchSnapshotable {
                name: name.unwrap_or("1795176099100".into()),
                keyspace: keyspace.clone(),
            },
            (_, name) => StorageAnswer::Snapshot(name.unwrap_or_default()),
        },
        StorageCall::Thresholds { set, .. } => match set {
            Some((min, max)) => StorageAnswer::Thresholds(*min, *max),
            None => StorageAnswer::Thresholds(4, 32),
        },
        StorageCall::Histograms { table, keyspace } if table != "orders" => {
            StorageAnswer::NoTable(keyspace.clone(), table.clone())
        }
        StorageCall::Histograms { .. } => StorageAnswer::Histograms(Box::default()),
        StorageCall::Tables => StorageAnswer::Tables(vec![("shop".into(), vec![fresh()])]),
        StorageCall::SstablesOf { .. } => StorageAnswer::Files(vec![
            "shop/orders-1715e3b0e4da11f1b9fcdbbd278c9145/nb-6-big-Data.db".into(),
        ]),
        _ => StorageAnswer::Done,
    }
}

fn fresh() -> TableStats {
    TableStats {
        name: TableName::new("orders"),
        summary: TableSummary {
            table: TableId(uuid::Uuid::nil()),
            memtable_bytes: 0,
            memtable_partitions: 0,
            memtable_rows: 0,
            memtable_tombstones: 0,
            is_flushing: false,
            sstables: Vec::new(),
            counters: CountersSummary::default(),
        },
        snapshot_bytes: 0,
        is_leveled: false,
    }
}

fn run(line: &str) -> Output {
    match begin(words(line), Endpoint::nth(1)) {
        Begun::Said(output) => output,
        Begun::Asks { call, then, .. } => match call {
            OperatorCall::Storage(call) => then.told(&OperatorAnswer::Storage(Box::new(answer(&call)))),
            other => panic!("{line} asks {other:?}"),
        },
    }
}

#[test]
fn they_are_cassandras() {
    for recorded in [
        golden!("flush"),
        golden!("flush-wrong-keyspace"),
        golden!("flush-wrong-table"),
        golden!("compact"),
        golden!("compact-wrong-keyspace"),
        golden!("garbagecollect"),
        golden!("scrub"),
        golden!("getsstables"),
        golden!("getcompactionthreshold"),
        golden!("setcompactionthreshold"),
        golden!("statusautocompaction"),
        golden!("snapshot"),
        golden!("snapshot-wrong-keyspace"),
        golden!("clearsnapshot"),
        golden!("clearsnapshot-wrong"),
        golden!("tablestats-fresh"),
        golden!("tablestats-wrong"),
        golden!("tablehistograms-fresh"),
        golden!("tablehistograms-wrong"),
    ] {
        for (line, expected) in commands(recorded) {
            assert_same(&shown(&run(line)), &expected);
        }
    }
}
