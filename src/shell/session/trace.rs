//! TRACING: what a request led to, as cqlsh's table of activities.

use uuid::Uuid;

use super::super::format::{self, Shown};
use super::super::table;
use crate::base::{Arrange, Endpoint, RequestId, WallClock};
use crate::event::{Event, What, activity};

/// From the start of the Gregorian calendar to the Unix epoch, in microseconds: version 1 ids count from the former.
const GREGORIAN_TO_UNIX_MICROS: u64 = 12_219_292_800_000_000;

/// A request's events in the words of Cassandra's traces.
pub struct Trace {
    session: Uuid,
    rows: Vec<[String; 5]>,
}

impl Trace {
    /// `None` when nothing is known of the request.
    pub fn of(request: RequestId, events: &[Event], clock: WallClock, client: Endpoint) -> Option<Trace> {
        let first = events
            .iter()
            .find(|event| matches!(event.what, What::StatementReceived { .. }))
            .or(events.first())?;
        let coordinator = first.node;
        let wall = |event: &Event| clock.at(event.at).0;
        let moment = |event: &Event| format::python_moment(wall(event)).unwrap_or_default();
        let mut ordered: Vec<&Event> = events.iter().collect();
        ordered.arrange_by_key(|event| event.at);
        let elapsed = |event: &Event| {
            let of_node = ordered.iter().find(|other| other.node == event.node);
            of_node.map_or(0, |start| event.at.since(start.at).as_micros())
        };
        let row = |activity: String, moment: String, event: &Event, elapsed: u128| {
            [
                activity,
                moment,
                event.node.to_string(),
                elapsed.to_string(),
                client.to_string(),
            ]
        };
        let mut rows = vec![row("Execute CQL3 query".into(), moment(first), first, 0)];
        let mut done = None;
        for event in &ordered {
            match &event.what {
                What::StatementReceived { .. } => {}
                What::StatementDone { .. } if event.node == coordinator => done = Some(*event),
                what => {
                    if let Some(text) = activity(what) {
                        let thread = thread(what);
                        rows.push(row(
                            format!("{text} [{thread}]"),
                            format!("{}+00:00", moment(event)),
                            event,
                            elapsed(event),
                        ));
                    }
                }
            }
        }
        if let Some(done) = done {
            rows.push(row("Request complete".into(), moment(done), done, elapsed(done)));
        }
        Some(Trace {
            session: session_id(request, wall(first), coordinator),
            rows,
        })
    }

    pub fn session(&self) -> Uuid {
        self.session
    }

    pub fn text(&self, interactive: bool) -> String {
        let names = ["activity", "timestamp", "source", "source_elapsed", "client"].map(Shown::plain);
        let cells = |row: &[String; 5]| row.iter().map(|cell| format::column_name(cell)).collect();
        let rows: Vec<Vec<Shown>> = self.rows.iter().map(cells).collect();
        let table = table::horizontally(&names, &rows, true, interactive);
        format!("\nTracing session: {}\n\n{table}\n", self.session)
    }
}

/// A version 1 id, as a trace's always is; unique because a request's number is.
fn session_id(request: RequestId, unix_micros: i64, coordinator: Endpoint) -> Uuid {
    let ticks = (unix_micros.max(0) as u64 + GREGORIAN_TO_UNIX_MICROS) * 10;
    let [a, b, c, d] = coordinator.0.octets();
    let [.., high, low] = request.0.to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&(ticks as u32).to_be_bytes());
    bytes[4..6].copy_from_slice(&((ticks >> 32) as u16).to_be_bytes());
    bytes[6..8].copy_from_slice(&((ticks >> 48) as u16 & 0x0fff | 0x1000).to_be_bytes());
    bytes[8..10].copy_from_slice(&[high & 0x3f | 0x80, low]);
    bytes[10..].copy_from_slice(&[0, 0, a, b, c, d]);
    Uuid::from_bytes(bytes)
}

/// The kind of thread that does it in Cassandra. A node here does one thing at a time, so there is one of each.
fn thread(what: &What) -> &'static str {
    match what {
        What::MessageSent { .. } | What::MessageReceived { .. } => "Messaging-EventLoop-3-1",
        What::ResponseProcessed { .. } => "RequestResponseStage-1",
        What::CommitLogAppended | What::MemtableWritten { .. } | What::ResponseEnqueued { .. } => "MutationStage-1",
        What::SinglePartitionRead { .. }
        | What::RangeRead { .. }
        | What::SstablesAcquired
        | What::MemtableMerged
        | What::SstablesSkipped { .. }
        | What::SourcesMerged { .. }
        | What::RowsRead { .. } => "ReadStage-1",
        _ => "Native-Transport-Requests-1",
    }
}
