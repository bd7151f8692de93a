//! Commands about hinted handoff.

use super::command::{Entry, Tell, look};
use super::format::columns_apart;
use super::view::STORAGE_PORT;
use super::{ClusterView, Output};
use crate::base::{Duration, Endpoint};
use crate::data::types::calendar::civil_from_days;
use crate::node::OperatorCall;

pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        name: "statushandoff",
        most_words: 0,
        ask: look,
        tell: Tell::View(|_, view| {
            let state = if view.info.takes_hints {
                "running"
            } else {
                "not running"
            };
            Output::printed(format!("Hinted handoff is {state}\n"))
        }),
    },
    Entry {
        name: "enablehandoff",
        most_words: 0,
        ask: |_| Ok(OperatorCall::SetHandoff(true)),
        tell: Tell::Nothing,
    },
    Entry {
        name: "disablehandoff",
        most_words: 0,
        ask: |_| Ok(OperatorCall::SetHandoff(false)),
        tell: Tell::Nothing,
    },
    Entry {
        name: "listpendinghints",
        most_words: 0,
        ask: look,
        tell: Tell::View(|_, view| pending(view)),
    },
    Entry {
        name: "truncatehints",
        most_words: 1,
        ask: |given| {
            let endpoint = given.word(0).map(|word| word.parse().map(Endpoint)).transpose();
            let endpoint = endpoint.map_err(|_| {
                let word = given.word(0).unwrap_or_default();
                Output::refused(
                    String::new(),
                    "java.net.UnknownHostException",
                    &format!("{word}: Name or service not known"),
                )
            })?;
            Ok(OperatorCall::TruncateHints(endpoint))
        },
        tell: Tell::Nothing,
    },
    Entry {
        name: "getmaxhintwindow",
        most_words: 0,
        ask: look,
        tell: Tell::View(|_, view| {
            let window = view.info.max_hint_window.as_millis();
            Output::printed(format!("Current max hint window: {window} ms\n"))
        }),
    },
    Entry {
        name: "setmaxhintwindow",
        most_words: 1,
        ask: |given| {
            let Some(word) = given.word(0) else {
                return Err(Output::bad_use("Required parameters are missing: max_hint_window"));
            };
            let window: u32 = word
                .parse()
                .map_err(|_| Output::bad_use(&format!("max_hint_window: can not convert \"{word}\" to a Integer")))?;
            Ok(OperatorCall::SetMaxHintWindow(Duration::from_millis(window.into())))
        },
        tell: Tell::Nothing,
    },
];

fn pending(view: &ClusterView) -> Output {
    if view.info.pending_hints.is_empty() {
        return Output::printed("This node does not have any pending hints\n");
    }
    let head = [
        "Host ID",
        "Address",
        "Rack",
        "DC",
        "Status",
        "Total files",
        "Newest",
        "Oldest",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for hints in &view.info.pending_hints {
        let endpoint = view.topology.endpoint_of(hints.host);
        let (datacenter, rack) = endpoint.map_or(("Unknown", "Unknown"), |endpoint| view.place(endpoint));
        let status = match endpoint {
            Some(endpoint) if view.live.contains(&endpoint) => "UP",
            Some(endpoint) if view.unreachable.contains(&endpoint) => "DOWN",
            _ => "Unknown",
        };
        rows.push(vec![
            hints.host.to_string(),
            endpoint.map_or_else(|| "null".to_owned(), |endpoint| format!("{endpoint}:{STORAGE_PORT}")),
            rack.to_owned(),
            datacenter.to_owned(),
            status.to_owned(),
            hints.files.to_string(),
            moment(hints.newest_millis),
            moment(hints.oldest_millis),
        ]);
    }
    Output::printed(columns_apart(&rows, " "))
}

const MILLIS_IN_DAY: i64 = 86_400_000;

fn moment(millis: i64) -> String {
    let (year, month, day) = civil_from_days(millis.div_euclid(MILLIS_IN_DAY));
    let of_day = millis.rem_euclid(MILLIS_IN_DAY);
    let (hours, minutes, seconds) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60);
    format!(
        "{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02},{:03}",
        of_day % 1000
    )
}
