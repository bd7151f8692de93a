//! Commands about compactions: how they stand, and their settings.

use super::Output;
use super::command::{Entry, Tell, check, look};
use super::format::{file_size, table};
use super::line::Arguments;
use super::storage::{asks, done};
use crate::node::{StorageAnswer, StorageCall};

/// One compaction at a time.
const COMPACTORS: u32 = 1;
const MEBIBYTE: u64 = 1 << 20;

pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        name: "compactionstats",
        most_words: 0,
        ask: |_| asks(StorageCall::CompactionStats),
        tell: Tell::Storage(stats),
    },
    Entry {
        name: "compactionhistory",
        most_words: 0,
        ask: |_| asks(StorageCall::CompactionHistory),
        tell: Tell::Storage(history),
    },
    Entry {
        name: "getcompactionthreshold",
        most_words: usize::MAX,
        ask: |given| {
            check(given.words.len() == 2, "getcompactionthreshold requires ks and cf args")?;
            thresholds(given, None)
        },
        tell: Tell::Storage(|given, answer| match answer {
            StorageAnswer::Thresholds(min, max) => Output::printed(format!(
                "Current compaction thresholds for {}/{}: \n min = {min},  max = {max}\n",
                given.word(0).unwrap_or_default(),
                given.word(1).unwrap_or_default()
            )),
            other => done(given, other),
        }),
    },
    Entry {
        name: "setcompactionthreshold",
        most_words: usize::MAX,
        ask: |given| {
            check(
                given.words.len() == 4,
                "setcompactionthreshold requires ks, cf, min, and max threshold args.",
            )?;
            let number = |place| {
                let text = given.word(place).unwrap_or_default();
                text.parse::<i32>().map_err(|_| {
                    let message = format!("For input string: \"{text}\"");
                    Output::refused(String::new(), "java.lang.NumberFormatException", &message)
                })
            };
            let (min, max) = (number(2)?, number(3)?);
            check(min >= 0 && max >= 0, "Thresholds must be positive integers")?;
            check(min <= max, "Min threshold cannot be greater than max.")?;
            check(min >= 2 || max == 0, "Min threshold must be at least 2")?;
            check(
                max > 0,
                "Disabling compaction by thresholds of 0 is not supported: use disableautocompaction.",
            )?;
            thresholds(given, Some((min as u32, max as u32)))
        },
        tell: Tell::Storage(|given, answer| match answer {
            StorageAnswer::Thresholds(..) => Output::printed(""),
            other => done(given, other),
        }),
    },
    Entry {
        name: "getcompactionthroughput",
        most_words: 0,
        ask: |_| asks(StorageCall::CompactionStats),
        tell: Tell::Storage(|given, answer| match answer {
            StorageAnswer::CompactionStats(stats) if given.has("-d") => {
                let mebibytes = stats.stats.bytes_per_second as f64 / MEBIBYTE as f64;
                Output::printed(format!("Current compaction throughput: {mebibytes:?} MiB/s\n"))
            }
            StorageAnswer::CompactionStats(stats) => {
                let mebibytes = stats.stats.bytes_per_second / MEBIBYTE;
                Output::printed(format!("Current compaction throughput: {mebibytes} MB/s\n"))
            }
            other => done(given, other),
        }),
    },
    Entry {
        name: "setcompactionthroughput",
        most_words: 1,
        ask: |given| {
            let Some(word) = given.word(0) else {
                return Err(Output::bad_use(
                    "Required parameters are missing: compaction_throughput",
                ));
            };
            let mebibytes: u32 = word.parse().map_err(|_| {
                Output::bad_use(&format!(
                    "compaction_throughput: can not convert \"{word}\" to a Integer"
                ))
            })?;
            asks(StorageCall::SetThroughput(u64::from(mebibytes) * MEBIBYTE))
        },
        tell: Tell::Storage(done),
    },
    Entry {
        name: "getconcurrentcompactors",
        most_words: 0,
        ask: look,
        tell: Tell::View(|_, _| {
            Output::printed(format!(
                "Current concurrent compactors in the system is: \n{COMPACTORS}\n"
            ))
        }),
    },
];

fn thresholds(given: &Arguments, set: Option<(u32, u32)>) -> Result<crate::node::OperatorCall, Output> {
    let word = |place| given.word(place).unwrap_or_default().to_owned();
    asks(StorageCall::Thresholds {
        keyspace: word(0),
        table: word(1),
        set,
    })
}

fn stats(given: &Arguments, answer: &StorageAnswer) -> Output {
    let StorageAnswer::CompactionStats(view) = answer else {
        return done(given, answer);
    };
    let stats = &view.stats;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |cells: &[&str]| rows.push(cells.iter().map(|it| it.to_string()).collect());
    let pending: u32 = view.pending.iter().map(|(.., count)| count).sum();
    row(&["concurrent compactors", &COMPACTORS.to_string()]);
    row(&["pending tasks", &pending.to_string()]);
    for (keyspace, table, count) in &view.pending {
        row(&[keyspace.as_str(), table.as_str(), &count.to_string()]);
    }
    row(&["compactions completed", &stats.completed.to_string()]);
    let size = |bytes: u64| {
        if given.has("-H") {
            file_size(bytes as f64)
        } else {
            bytes.to_string()
        }
    };
    row(&["data compacted", &size(stats.bytes_compacted)]);
    row(&["compactions aborted", &stats.aborted.to_string()]);
    row(&["compactions reduced", "0"]);
    row(&["sstables dropped from compaction", &stats.sstables_dropped.to_string()]);
    row(&[
        "15 minute rate",
        &format!("{:.2}/minute", f64::from(view.in_15_minutes) / 15.0),
    ]);
    let hours = view.uptime_seconds.max(1) as f64 / 3600.0;
    row(&["mean rate", &format!("{:.2}/hour", stats.completed as f64 / hours)]);
    let throughput = match stats.bytes_per_second {
        0 => "throttling disabled (0)".to_string(),
        bytes => format!("{:?}", bytes as f64 / MEBIBYTE as f64),
    };
    row(&["compaction throughput (MiB/s)", &throughput]);
    if view.active.is_empty() {
        return Output::printed(super::format::rows(&rows));
    }
    row(&[
        "id",
        "compaction type",
        "keyspace",
        "table",
        "completed",
        "total",
        "unit",
        "progress",
    ]);
    let mut remaining = 0;
    for (id, keyspace, name, it) in &view.active {
        let progress = format!("{:.2}%", 100.0 * it.bytes_done as f64 / it.bytes_total.max(1) as f64);
        let (done, total) = (size(it.bytes_done), size(it.bytes_total));
        row(&[
            id,
            it.kind.name(),
            keyspace.as_str(),
            name.as_str(),
            &done,
            &total,
            "bytes",
            &progress,
        ]);
        remaining += it.bytes_total - it.bytes_done;
    }
    let time = match stats.bytes_per_second {
        0 => "n/a".to_string(),
        rate => {
            let seconds = remaining / rate;
            format!("{}h{:02}m{:02}s", seconds / 3600, seconds / 60 % 60, seconds % 60)
        }
    };
    Output::printed(super::format::rows(&rows) + &format!("Active compaction remaining time : {time:>10}\n"))
}

fn history(given: &Arguments, answer: &StorageAnswer) -> Output {
    let StorageAnswer::CompactionHistory(history) = answer else {
        return done(given, answer);
    };
    if history.is_empty() {
        return Output::printed("There is no compaction history\n");
    }
    let rows = history.iter().map(|it| {
        let merged: Vec<String> = it
            .merged
            .iter()
            .map(|(versions, count)| format!("{versions}:{count}"))
            .collect();
        vec![
            it.id.to_string(),
            it.keyspace.clone(),
            it.table.clone(),
            super::format::moment(it.at),
            it.bytes_in.to_string(),
            it.bytes_out.to_string(),
            format!("{{{}}}", merged.join(", ")),
            format!("{{compaction_type:{}}}", it.kind),
        ]
    });
    let titles = [
        "id",
        "keyspace_name",
        "columnfamily_name",
        "compacted_at",
        "bytes_in",
        "bytes_out",
        "rows_merged",
        "compaction_properties",
    ];
    Output::printed(format!("Compaction History: \n{}", table(titles, rows)))
}
