//! Commands about a node's storage: flushes, compactions and rewrites.

use super::Output;
use super::command::{Entry, Tell, check};
use super::line::Arguments;
use crate::node::{OperatorCall, Scope, StorageAnswer, StorageCall};
use crate::storage::Rewrite;
use crate::storage::compaction::TombstoneOption;

pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        name: "flush",
        most_words: usize::MAX,
        ask: |given| asks(StorageCall::Flush(scope(given))),
        tell: Tell::Storage(done),
    },
    Entry {
        name: "compact",
        most_words: usize::MAX,
        ask: |given| {
            let refused = ["--user-defined", "--partition", "-st", "-et", "-s"];
            let unknown = refused.into_iter().find(|it| given.has(it));
            let message = format!("compact {} is not supported yet.", unknown.unwrap_or_default());
            check(unknown.is_none(), &message)?;
            asks(StorageCall::Compact(scope(given)))
        },
        tell: Tell::Storage(done),
    },
    Entry {
        name: "garbagecollect",
        most_words: usize::MAX,
        ask: |given| {
            let option = match given.option("-g").unwrap_or("ROW") {
                "ROW" => TombstoneOption::Row,
                "CELL" => TombstoneOption::Cell,
                other => {
                    return Err(Output::bad_use(&format!(
                        "Value for option 'granularity' was given as '{other}' which is not in the list of allowed values: [ROW, CELL]"
                    )));
                }
            };
            asks(StorageCall::Rewrite(scope(given), Rewrite::GarbageCollect(option)))
        },
        tell: Tell::Storage(done),
    },
    Entry {
        name: "upgradesstables",
        most_words: usize::MAX,
        // All are of the current version: without -a there is nothing to do but to look whether the tables are there.
        ask: |given| match given.has("-a") {
            true => asks(StorageCall::Rewrite(scope(given), Rewrite::Upgrade)),
            false => asks(StorageCall::IsAutoCompactionOn(scope(given))),
        },
        tell: Tell::Storage(done),
    },
    Entry {
        name: "scrub",
        most_words: usize::MAX,
        ask: |given| asks(StorageCall::Rewrite(scope(given), Rewrite::Scrub)),
        tell: Tell::Storage(done),
    },
    Entry {
        name: "verify",
        most_words: usize::MAX,
        ask: |given| {
            if !given.has("-f") {
                return Err(Output {
                    stdout:
                        "verify is disabled unless a [-f|--force] override flag is provided. See CASSANDRA-9947 and \
                             CASSANDRA-17017 for details.\n"
                            .into(),
                    stderr: String::new(),
                    exit_status: 1,
                });
            }
            asks(StorageCall::Verify(scope(given)))
        },
        tell: Tell::Storage(done),
    },
    Entry {
        name: "enableautocompaction",
        most_words: usize::MAX,
        ask: |given| {
            asks(StorageCall::AutoCompaction {
                scope: scope(given),
                on: true,
            })
        },
        tell: Tell::Storage(done),
    },
    Entry {
        name: "disableautocompaction",
        most_words: usize::MAX,
        ask: |given| {
            asks(StorageCall::AutoCompaction {
                scope: scope(given),
                on: false,
            })
        },
        tell: Tell::Storage(done),
    },
    Entry {
        name: "statusautocompaction",
        most_words: usize::MAX,
        ask: |given| asks(StorageCall::IsAutoCompactionOn(scope(given))),
        tell: Tell::Storage(|given, answer| {
            let StorageAnswer::AutoCompaction(states) = answer else {
                return done(given, answer);
            };
            let running = states.iter().filter(|(.., on)| *on).count();
            let status = |on| if on { "running" } else { "not running" };
            if given.has("-a") {
                let rows = states.iter().map(|(keyspace, table, on)| {
                    vec![keyspace.to_string(), table.to_string(), status(*on).to_string()]
                });
                return Output::printed(super::format::table(["Keyspace", "Table", "Status"], rows));
            }
            Output::printed(match running {
                count if count == states.len() => "running\n",
                0 => "not running\n",
                _ => "partially running\n",
            })
        }),
    },
    Entry {
        name: "getsstables",
        most_words: usize::MAX,
        ask: |given| {
            let message = "getsstables requires ks, cf and key args";
            check(given.words.len() == 3, message)?;
            let word = |place| given.word(place).unwrap_or_default().to_owned();
            asks(StorageCall::SstablesOf {
                keyspace: word(0),
                table: word(1),
                key: word(2),
                is_hex: given.has("-hf"),
            })
        },
        tell: Tell::Storage(|given, answer| match answer {
            StorageAnswer::Files(files) => Output::printed(
                files
                    .iter()
                    .map(|file| format!("data/data/{file}\n"))
                    .collect::<String>(),
            ),
            other => done(given, other),
        }),
    },
];

/// For a command that asks of the storage.
pub(super) fn asks(call: StorageCall) -> Result<OperatorCall, Output> {
    Ok(OperatorCall::Storage(Box::new(call)))
}

/// A keyspace and tables of it, all if none is named.
pub(super) fn scope(given: &Arguments) -> Scope {
    Scope {
        keyspace: given.word(0).map(str::to_owned),
        tables: given.words.iter().skip(1).cloned().collect(),
    }
}

/// What there is to say of a command that has nothing to say unless something is wrong.
pub(super) fn done(_: &Arguments, answer: &StorageAnswer) -> Output {
    const ILLEGAL_ARGUMENT: &str = "java.lang.IllegalArgumentException";
    match answer {
        StorageAnswer::NoKeyspace(keyspace) => Output::bad_use(&format!("Keyspace [{keyspace}] does not exist.")),
        StorageAnswer::NoTable(keyspace, table) => {
            let message = format!("Unknown keyspace/cf pair ({keyspace}.{table})");
            Output::refused(String::new(), ILLEGAL_ARGUMENT, &message)
        }
        StorageAnswer::Failed(why) => Output::refused(String::new(), "java.lang.RuntimeException", why),
        StorageAnswer::BadKey { class, message } => Output::refused(String::new(), class, message),
        _ => Output::printed(""),
    }
}
