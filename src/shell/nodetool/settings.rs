//! Commands about settings. All are Cassandra's defaults; those that cannot be changed here have no command to set them.

use super::Output;
use super::command::{Entry, Tell, check, look};
use super::line::Arguments;
use crate::base::Duration;
use crate::coordinator::{
    CAS_CONTENTION_TIMEOUT, RANGE_REQUEST_TIMEOUT, READ_REQUEST_TIMEOUT, TRUNCATE_REQUEST_TIMEOUT,
    WRITE_REQUEST_TIMEOUT,
};

pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        name: "gettimeout",
        most_words: usize::MAX,
        ask: |given| {
            let message = format!("gettimeout requires a timeout type, one of ({TIMEOUT_TYPES})");
            check(given.words.len() == 1, &message)?;
            timeout(given)?;
            look(given)
        },
        tell: Tell::View(|given, _| {
            let name = given.word(0).unwrap_or_default();
            timeout(given).map_or_else(
                |output| output,
                |timeout| {
                    let millis = timeout.as_millis();
                    Output::printed(format!("Current timeout for type {name}: {millis} ms\n"))
                },
            )
        }),
    },
    Entry {
        name: "gettraceprobability",
        most_words: 0,
        ask: look,
        // Every request is followed here; none is chosen by chance to be traced into tables.
        tell: Tell::View(|_, _| Output::printed("Current trace probability: 0.0\n")),
    },
    Entry {
        name: "settraceprobability",
        most_words: 1,
        ask: |given| {
            let Some(word) = given.word(0) else {
                return Err(Output::bad_use("Required parameters are missing: trace_probability"));
            };
            let probability: f64 = word.parse().map_err(|_| {
                let message = format!("trace_probability: can not convert \"{word}\" to a Double");
                Output::bad_use(&message)
            })?;
            check(
                (0.0..=1.0).contains(&probability),
                "Trace probability must be between 0 and 1",
            )?;
            let message = "A trace probability other than 0 is not supported yet: TRACING ON traces every statement.";
            check(probability == 0.0, message)?;
            look(given)
        },
        tell: Tell::Nothing,
    },
    Entry {
        name: "getdefaultrf",
        most_words: 0,
        ask: look,
        // cassandra.yaml `default_keyspace_rf`.
        tell: Tell::View(|_, _| Output::printed("1\n")),
    },
];

const TIMEOUT_TYPES: &str = "read, range, write, counterwrite, cascontention, truncate, internodeconnect, internodeuser, \
                             internodestreaminguser, misc (general rpc_timeout_in_ms)";

fn timeout(given: &Arguments) -> Result<Duration, Output> {
    Ok(match given.word(0).unwrap_or_default() {
        "read" => READ_REQUEST_TIMEOUT,
        "range" => RANGE_REQUEST_TIMEOUT,
        "write" => WRITE_REQUEST_TIMEOUT,
        // cassandra.yaml `counter_write_request_timeout`.
        "counterwrite" => Duration::from_secs(5),
        "cascontention" => CAS_CONTENTION_TIMEOUT,
        "truncate" => TRUNCATE_REQUEST_TIMEOUT,
        // cassandra.yaml `internode_tcp_connect_timeout`, `internode_tcp_user_timeout`, `internode_streaming_tcp_user_timeout`,
        // `request_timeout`.
        "internodeconnect" => Duration::from_secs(2),
        "internodeuser" => Duration::from_secs(30),
        "internodestreaminguser" => Duration::from_secs(300),
        "misc" => Duration::from_secs(10),
        _ => {
            return Err(Output::bad_use(&format!(
                "Timeout type requires one of ({TIMEOUT_TYPES})"
            )));
        }
    })
}
