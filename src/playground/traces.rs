//! Statements and everything they led to: summaries for the shell and the ring, traces for the diagram.

use core::time::Duration;

use indexmap::IndexMap;

use super::api::{
    Arrow, Fate, Flight, MAX_TRACE_ARROWS, MAX_TRACE_ROWS, ShellId, StatementSummary, TraceRow, TraceView,
};
use super::timeline::settled;
use crate::base::{Endpoint, Instant, MessageId, RequestId, SortedMap, SortedSet};
use crate::data::KeyspaceName;
use crate::event::{DropReason, Event, What, activity};
use crate::shell::Request;

/// Statements whose traces are remembered.
const MAX_STATEMENTS: usize = 64;

#[derive(Debug, Default)]
pub struct Traces {
    /// The oldest first.
    recent: IndexMap<RequestId, Trace>,
}

#[derive(Debug)]
struct Trace {
    summary: StatementSummary,
    /// The keyspace in use.
    keyspace: Option<KeyspaceName>,
    events: Vec<Event>,
    arrows: Vec<Arrow>,
    unlisted_events: u32,
    unlisted_arrows: u32,
}

impl Traces {
    pub fn begin(&mut self, summary: StatementSummary, keyspace: Option<KeyspaceName>) {
        if self.recent.len() == MAX_STATEMENTS {
            self.recent.shift_remove_index(0);
        }
        let trace = Trace {
            summary,
            keyspace,
            events: Vec::new(),
            arrows: Vec::new(),
            unlisted_events: 0,
            unlisted_arrows: 0,
        };
        self.recent.insert(trace.summary.request, trace);
    }

    /// The answer reached its client.
    pub fn end(&mut self, request: RequestId, at: Instant) -> Option<&mut StatementSummary> {
        let summary = &mut self.recent.get_mut(&request)?.summary;
        summary.took = Some(at.since(summary.started));
        Some(summary)
    }

    pub fn summary(&self, request: RequestId) -> Option<&StatementSummary> {
        self.recent.get(&request).map(|trace| &trace.summary)
    }

    pub fn last(&self) -> Option<&StatementSummary> {
        self.recent.last().map(|(_, trace)| &trace.summary)
    }

    /// The last statement, with the keyspace it was given in.
    pub fn last_mut(&mut self) -> Option<(&mut StatementSummary, Option<&KeyspaceName>)> {
        let (_, trace) = self.recent.last_mut()?;
        Some((&mut trace.summary, trace.keyspace.as_ref()))
    }

    /// Everything a statement led to, in order, as far as it is remembered.
    pub fn events(&self, request: RequestId) -> &[Event] {
        self.recent.get(&request).map_or(&[], |trace| &trace.events)
    }

    pub fn event(&mut self, event: &Event) {
        let Some(trace) = event.cause.and_then(|cause| self.recent.get_mut(&cause)) else {
            return;
        };
        trace.summary.note(event);
        if trace.events.len() < MAX_TRACE_ROWS {
            trace.events.push(event.clone());
        } else {
            trace.unlisted_events += 1;
        }
    }

    pub fn sent(&mut self, flight: &Flight) {
        let Some(trace) = flight.cause.and_then(|cause| self.recent.get_mut(&cause)) else {
            return;
        };
        trace.summary.messages += 1;
        if trace.arrows.len() < MAX_TRACE_ARROWS {
            trace.arrows.push(arrow(flight));
        } else {
            trace.unlisted_arrows += 1;
        }
    }

    pub fn dropped(&mut self, cause: Option<RequestId>, from: Endpoint, id: MessageId, reason: DropReason) {
        let trace = cause.and_then(|cause| self.recent.get_mut(&cause));
        let found = trace.and_then(|trace| {
            trace
                .arrows
                .iter_mut()
                .find(|arrow| (arrow.from, arrow.id) == (from, id))
        });
        if let Some(arrow) = found {
            arrow.fate = Fate::Dropped(reason);
        }
    }

    pub fn view(&self, request: RequestId, now: Instant) -> Option<TraceView> {
        let trace = self.recent.get(&request)?;
        let arrow_of: SortedMap<(Endpoint, MessageId), u32> = (0..)
            .zip(&trace.arrows)
            .map(|(n, arrow)| ((arrow.from, arrow.id), n))
            .collect();
        let mut first_on: SortedMap<Endpoint, Instant> = SortedMap::new();
        let mut rows = Vec::new();
        for event in &trace.events {
            let first = *first_on.entry(event.node).or_insert(event.at);
            let end_of = match event.what {
                What::MessageSent { id, .. } => Some((event.node, id)),
                What::MessageReceived { from, id, .. } => Some((from, id)),
                _ => None,
            };
            let Some(activity) = activity(&event.what) else {
                continue;
            };
            rows.push(TraceRow {
                at: event.at,
                node: event.node,
                activity,
                elapsed: event.at.since(first),
                arrow: end_of.and_then(|end| arrow_of.get(&end).copied()),
            });
        }
        let coordinator = trace.summary.coordinator;
        let arrow_ends = trace.arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]);
        let others: SortedSet<Endpoint> = arrow_ends.chain(first_on.keys().copied()).collect();
        let mut lanes = vec![coordinator];
        lanes.extend(others.into_iter().filter(|other| *other != coordinator));
        let ends = trace.events.iter().map(|event| event.at);
        let to = ends.chain(trace.arrows.iter().map(|arrow| arrow.arrives_at)).max();
        let started = trace.summary.started;
        let done = started + trace.summary.took.unwrap_or(Duration::ZERO);
        Some(TraceView {
            request,
            statement: trace.summary.clone(),
            lanes,
            from: started,
            to: to.unwrap_or(started).max(done),
            rows,
            arrows: trace.arrows.iter().map(|arrow| settled(arrow, now)).collect(),
            unlisted_rows: trace.unlisted_events,
            unlisted_arrows: trace.unlisted_arrows,
        })
    }
}

pub fn arrow(flight: &Flight) -> Arrow {
    Arrow {
        from: flight.from,
        to: flight.to,
        id: flight.id,
        verb: flight.verb,
        kind: flight.kind,
        cause: flight.cause,
        bytes: flight.bytes,
        sent_at: flight.sent_at,
        arrives_at: flight.arrives_at,
        fate: flight.fate,
    }
}

impl StatementSummary {
    pub fn begin(
        shell: ShellId,
        request: RequestId,
        coordinator: Endpoint,
        started: Instant,
        asks: &Request,
    ) -> StatementSummary {
        StatementSummary {
            shell,
            request,
            statement: asks.query.clone(),
            coordinator,
            consistency: asks.consistency,
            started,
            took: None,
            outcome: None,
            token: None,
            replicas: Vec::new(),
            partition: None,
            answered: Vec::new(),
            required: None,
            messages: 0,
        }
    }

    /// Learns from an event that this statement led to.
    fn note(&mut self, event: &Event) {
        match &event.what {
            What::DeterminingReplicas { token, replicas } => {
                self.token = Some(*token);
                self.replicas.clone_from(replicas);
            }
            What::ReadingData { from } | What::ReadingDigest { from } if !self.replicas.contains(from) => {
                self.replicas.push(*from);
            }
            What::ResponseProcessed { from } => self.answer(*from),
            // The coordinator is its own replica without a message.
            What::MemtableWritten { .. } | What::RowsRead { .. } if event.node == self.coordinator => {
                self.answer(event.node);
            }
            What::StatementDone { outcome } => self.outcome = Some(outcome.clone()),
            _ => {}
        }
    }

    fn answer(&mut self, from: Endpoint) {
        if !self.answered.contains(&from) {
            self.answered.push(from);
        }
    }
}
