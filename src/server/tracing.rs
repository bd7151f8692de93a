//! Traces: the events of one request, as rows of `system_traces`.

use core::net::IpAddr;

use uuid::Uuid;

use crate::base::{Endpoint, Instant, RequestId, UnixMicros, WallClock};
use crate::data::ConsistencyLevel;
use crate::event::{Event, What, activity};
use crate::node::{ClientRequest, Form};

/// `trace_type_query_ttl`: traces go after a day.
const TIME_TO_LIVE_SECONDS: u32 = 86_400;
const STORAGE_PORT: u16 = 7000;

/// What is gathered of a request that is traced.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    pub session: Uuid,
    pub coordinator: Endpoint,
    pub client: IpAddr,
    /// `Execute CQL3 query`, and so on.
    pub request: &'static str,
    pub parameters: Vec<(&'static str, String)>,
    pub events: Vec<Event>,
    pub answered: Option<Instant>,
}

impl Trace {
    /// The statements that write it: one for the session, one an event.
    pub fn statements(&self, clock: &WallClock) -> Vec<ClientRequest> {
        let began = self.events.first().map_or(Instant::ZERO, |event| event.at);
        let ended = self.answered.unwrap_or(began);
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|(name, value)| format!("'{name}': {}", quoted(value)))
            .collect();
        let session = format!(
            "INSERT INTO system_traces.sessions (session_id, client, command, coordinator, coordinator_port, duration, parameters, \
             request, started_at) VALUES ({}, '{}', 'QUERY', '{}', {STORAGE_PORT}, {}, {{{}}}, '{}', {}) USING TTL {TIME_TO_LIVE_SECONDS}",
            self.session,
            self.client,
            self.coordinator,
            ended.since(began).as_micros(),
            parameters.join(", "),
            self.request,
            clock.at(began).millis(),
        );
        let mut statements = vec![statement(session)];
        let mut number = 0;
        // The session itself tells of the beginning and the end.
        let is_between =
            |event: &&Event| !matches!(event.what, What::StatementReceived { .. } | What::StatementDone { .. });
        for event in self.events.iter().filter(is_between) {
            let Some(activity) = activity(&event.what) else {
                continue;
            };
            number += 1;
            statements.push(statement(format!(
                "INSERT INTO system_traces.events (session_id, event_id, activity, source, source_elapsed, source_port, thread) \
                 VALUES ({}, {}, {}, '{}', {}, {STORAGE_PORT}, '{}') USING TTL {TIME_TO_LIVE_SECONDS}",
                self.session,
                event_id(clock.at(event.at), number),
                quoted(&activity),
                event.node,
                event.at.since(began).as_micros(),
                thread(event.node == self.coordinator),
            )));
        }
        statements
    }
}

/// Nodes have no threads; this is whose work it was.
fn thread(at_coordinator: bool) -> &'static str {
    if at_coordinator { "coordinator" } else { "replica" }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Ordered by time, and events of one moment as they happened.
fn event_id(at: UnixMicros, number: u64) -> Uuid {
    let ticks = 0x01b2_1dd2_1381_4000u64.wrapping_add((at.0 as u64).wrapping_mul(10));
    let high = (ticks & 0xffff_ffff) << 32 | (ticks >> 32 & 0xffff) << 16 | 0x1000 | (ticks >> 48 & 0x0fff);
    Uuid::from_u64_pair(high, 0x8000_0000_0000_0000 | number)
}

fn statement(query: String) -> ClientRequest {
    ClientRequest {
        id: RequestId(0),
        query,
        form: Form::default(),
        keyspace: None,
        consistency: ConsistencyLevel::Any,
        serial_consistency: ConsistencyLevel::Serial,
        page_size: None,
        paging_state: None,
        timestamp: None,
    }
}
