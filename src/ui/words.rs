//! Numbers with their units, and names for what is drawn.

use crate::base::{Duration, Instant};
use crate::event::{DropReason, MessageKind};
use crate::playground::api::{MarkKind, NodeState, Rate, Replayed, ShareLink};

/// Three digits that matter: `412 µs`, `2.31 ms`, `14.0 s`, `3 min 20 s`.
pub fn duration(length: Duration) -> String {
    let micros = length.as_micros() as f64;
    match micros {
        ..1e3 => format!("{micros} µs"),
        ..1e6 => format!("{} ms", three_digits(micros / 1e3)),
        ..6e7 => format!("{} s", three_digits(micros / 1e6)),
        ..3.6e9 => format!("{} min {:02} s", (micros / 6e7) as u64, (micros / 1e6) as u64 % 60),
        ..8.64e10 => format!("{} h {:02} min", (micros / 3.6e9) as u64, (micros / 6e7) as u64 % 60),
        _ => format!("{} d {:02} h", (micros / 8.64e10) as u64, (micros / 3.6e9) as u64 % 24),
    }
}

fn three_digits(number: f64) -> String {
    match number {
        ..9.995 => format!("{number:.2}"),
        ..99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// As nodetool writes sizes: `0 bytes`, `14.2 KiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut size, mut unit) = (count as f64, 0);
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{count} bytes")
    } else {
        format!("{} {}", three_digits(size), UNITS[unit])
    }
}

/// `1 row`, `2 rows`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A moment on an axis whose ticks lie `step` apart: only the digits that change, and what they are in.
pub fn tick(at: Instant, step: Duration) -> String {
    let micros = at.as_micros();
    let clock = at.to_string();
    match step.as_micros() {
        1_000_000.. => clock[..8].to_owned(),
        1_000.. => clock[3..].to_owned(),
        _ => format!("{}.{:03} ms", micros / 1_000 % 60_000, micros % 1_000),
    }
}

/// Microseconds since the epoch, as cqlsh shows a timestamp; the date is left to the tooltip.
pub fn write_time(micros: i64) -> String {
    let day = micros.rem_euclid(86_400_000_000);
    let (seconds, rest) = (day / 1_000_000, day % 1_000_000);
    format!(
        "{:02}:{:02}:{:02}.{rest:06}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

pub const fn kind(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Gossip => "gossip",
        MessageKind::Schema => "schema",
        MessageKind::Write => "write",
        MessageKind::Read => "read",
        MessageKind::Hint => "hint",
        MessageKind::Repair => "repair",
        MessageKind::Paxos => "paxos",
        MessageKind::Failure => "failure",
    }
}

pub const fn mark(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Statement => "statement",
        MarkKind::StatementDone => "statement done",
        MarkKind::StatementFailed => "statement failed",
        MarkKind::Fault => "fault",
        MarkKind::NodeState => "change of state",
        MarkKind::Opinion => "a node's opinion of another",
        MarkKind::Hint => "hint",
        MarkKind::Flush => "flush",
        MarkKind::Schema => "schema change",
    }
}

pub const fn lost(reason: DropReason) -> &'static str {
    match reason {
        DropReason::Lost => "lost on the way",
        DropReason::LinkCut => "the link is cut",
        DropReason::ReceiverDown => "the receiver is down",
    }
}

pub const fn node_state(state: NodeState) -> &'static str {
    match state {
        NodeState::Joining => "joining",
        NodeState::Up => "up",
        NodeState::Paused => "paused",
        NodeState::Down => "down",
    }
}

pub fn rate(rate: Rate) -> String {
    match rate {
        Rate::SlowMotion => "slow motion".into(),
        Rate::RealTime => "real time".into(),
        Rate::Max => "max".into(),
        Rate::Custom(speed) => format!("{speed} x"),
    }
}

/// A statement on one line, as a label can hold it.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the transcript says when a link was made.
pub fn shared(link: &ShareLink) -> String {
    format!(
        "A link to the run up to {}; its history is {}",
        link.until, link.history
    )
}

/// What it says when a link's run was replayed; nothing after merely going back and forth.
pub fn replayed(replayed: &Replayed) -> Option<String> {
    let Replayed { until, history, .. } = replayed;
    Some(match replayed.as_recorded? {
        true => format!("The run of the link, replayed up to {until}; its history is {history}, as it was"),
        false => format!("The run of the link, replayed up to {until}; its history is {history}, and was another"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_digits_and_a_unit() {
        let said = [
            0,
            412,
            2_310,
            9_996,
            14_040,
            999_000,
            14_000_000,
            200_000_000,
            7_500_000_000,
            180_000_000_000,
        ]
        .map(|micros| duration(Duration::from_micros(micros)));
        let expected = [
            "0 µs",
            "412 µs",
            "2.31 ms",
            "10.0 ms",
            "14.0 ms",
            "999 ms",
            "14.0 s",
            "3 min 20 s",
            "2 h 05 min",
            "2 d 02 h",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn sizes_are_written_as_nodetool_does() {
        assert_eq!(
            [0, 1023, 1024, 14_541, 5 << 20].map(bytes),
            ["0 bytes", "1023 bytes", "1.00 KiB", "14.2 KiB", "5.00 MiB"]
        );
    }

    #[test]
    fn ticks_show_what_changes() {
        let at = Instant::from_micros(12_345_678);
        assert_eq!(tick(at, Duration::from_secs(1)), "00:00:12");
        assert_eq!(tick(at, Duration::from_millis(5)), "00:12.345");
        assert_eq!(tick(at, Duration::from_micros(50)), "12345.678 ms");
    }

    #[test]
    fn write_times_are_a_time_of_day() {
        assert_eq!(write_time(1_767_225_600_000_000 + 3_723_004_005), "01:02:03.004005");
    }
}
