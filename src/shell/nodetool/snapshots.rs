//! Commands about snapshots.

use super::Output;
use super::command::{Entry, Tell, check};
use super::format::{file_size, moment, table};
use super::line::Arguments;
use super::storage::{asks, done};
use crate::node::{StorageAnswer, StorageCall};

pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        name: "snapshot",
        most_words: usize::MAX,
        ask: |given| {
            for option in ["-kt", "--ttl"] {
                let message = format!("snapshot {option} is not supported yet.");
                check(!given.has(option), &message)?;
            }
            let table = given.option("-cf").or(given.option("--table"));
            let message = "When specifying the table for a snapshot, you must specify one and only one keyspace";
            check(table.is_none() || given.words.len() == 1, message)?;
            let keyspace = given.word(0).unwrap_or_default().to_owned();
            asks(StorageCall::Snapshot {
                name: given.option("-t").map(str::to_owned),
                keyspaces: if table.is_some() {
                    Vec::new()
                } else {
                    given.words.clone()
                },
                table: table.map(|table| (keyspace, table.to_owned())),
                flush: !given.has("-sf"),
            })
        },
        tell: Tell::Storage(taken),
    },
    Entry {
        name: "listsnapshots",
        most_words: 0,
        ask: |_| asks(StorageCall::Snapshots),
        tell: Tell::Storage(list),
    },
    Entry {
        name: "clearsnapshot",
        most_words: usize::MAX,
        ask: |given| {
            let (name, all) = (given.option("-t"), given.has("--all"));
            check(name.is_some() || all, "Specify snapshot name or --all")?;
            check(!(name.is_some() && all), "Specify only one of snapshot name or --all")?;
            for option in ["--older-than", "--older-than-timestamp"] {
                let message = format!("clearsnapshot {option} is not supported yet.");
                check(!given.has(option), &message)?;
            }
            asks(StorageCall::ClearSnapshots {
                name: name.map(str::to_owned),
                keyspaces: given.words.clone(),
            })
        },
        tell: Tell::Storage(|given, answer| match answer {
            StorageAnswer::Done => {
                let which = given
                    .option("-t")
                    .map_or("[all snapshots]".to_owned(), |it| format!("snapshot name [{it}]"));
                let keyspaces = keyspaces(given);
                Output::printed(format!(
                    "Requested clearing snapshot(s) for [{keyspaces}] with {which}\n"
                ))
            }
            other => done(given, other),
        }),
    },
];

fn keyspaces(given: &Arguments) -> String {
    match given.words.as_slice() {
        [] => "all keyspaces".to_owned(),
        words => words.join(", "),
    }
}

fn taken(given: &Arguments, answer: &StorageAnswer) -> Output {
    let said = |name: &str| {
        let (keyspaces, skip) = (keyspaces(given), given.has("-sf"));
        format!(
            "Requested creating snapshot(s) for [{keyspaces}] with snapshot name [{name}] and options {{skipFlush={skip}}}\n"
        )
    };
    match answer {
        StorageAnswer::Snapshot(name) => Output::printed(format!("{}Snapshot directory: {name}\n", said(name))),
        StorageAnswer::NoSuchSnapshotable { name, keyspace } => {
            let mut output = Output::bad_use(&format!("Keyspace {keyspace} does not exist"));
            output.stdout = said(name) + &output.stdout;
            output
        }
        StorageAnswer::SnapshotExists(name) => {
            let message = format!("Snapshot {name} already exists.");
            Output::refused(said(name), "java.io.IOException", &message)
        }
        other => done(given, other),
    }
}

fn list(given: &Arguments, answer: &StorageAnswer) -> Output {
    let StorageAnswer::Snapshots(snapshots) = answer else {
        return done(given, answer);
    };
    if snapshots.is_empty() {
        return Output::printed("Snapshot Details: \nThere are no snapshots\n");
    }
    let rows = snapshots.iter().map(|it| {
        vec![
            it.name.clone(),
            it.keyspace.clone(),
            it.table.clone(),
            file_size(it.own_bytes as f64),
            file_size(it.bytes as f64),
            moment(it.created.millis()) + "Z",
            String::new(),
        ]
    });
    let titles = [
        "Snapshot name",
        "Keyspace name",
        "Column family name",
        "True size",
        "Size on disk",
        "Creation time",
        "Expiration time",
    ];
    let own: u64 = snapshots.iter().map(|it| it.own_bytes).sum();
    Output::printed(format!(
        "Snapshot Details: \n{}\nTotal TrueDiskSpaceUsed: {}\n\n",
        table(titles, rows),
        file_size(own as f64)
    ))
}
