//! Watches a run as it happens and keeps what frames show of it.

use super::api::{Fate, Flight, LogEntry, MAX_LOG_ENTRIES, MAX_NOTICES};
use super::flights::Flights;
use super::timeline::Timeline;
use super::traces::{Traces, arrow};
use super::words;
use crate::base::{Endpoint, Instant, Recent, SortedMap, SortedSet};
use crate::event::{Event, What};
use crate::sim::{Answer, Observer, Parcel, Verdict};

#[derive(Debug)]
pub struct Recorder {
    pub flights: Flights,
    pub timeline: Timeline,
    pub traces: Traces,
    log: Recent<LogEntry>,
    unlisted_log: u64,
    /// The last thing worth saying aloud.
    pub notable: Option<(Instant, String)>,
    /// For each node, the peers it takes for up.
    ups: SortedMap<Endpoint, SortedSet<Endpoint>>,
    /// For each node, the peers it takes for down.
    downs: SortedMap<Endpoint, SortedSet<Endpoint>>,
    /// Answers on their way to clients.
    pub answers: Vec<(Instant, Answer)>,
    pub schema_changes: u64,
    /// What went wrong with disks since the last frame.
    pub disk_trouble: Vec<String>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            flights: Flights::default(),
            timeline: Timeline::default(),
            traces: Traces::default(),
            log: Recent::new(MAX_LOG_ENTRIES),
            unlisted_log: 0,
            notable: None,
            ups: SortedMap::new(),
            downs: SortedMap::new(),
            answers: Vec::new(),
            schema_changes: 0,
            disk_trouble: Vec::new(),
        }
    }
}

impl Recorder {
    /// Whether `node` has heard from all `others`.
    pub fn sees_up(&self, node: Endpoint, others: impl Iterator<Item = Endpoint>) -> bool {
        let seen = self.ups.get(&node);
        let mut others = others.filter(|other| *other != node);
        others.all(|other| seen.is_some_and(|seen| seen.contains(&other)))
    }

    /// Who takes `node` for down.
    pub fn takes_for_down(&self, node: Endpoint) -> impl Iterator<Item = Endpoint> {
        let sceptics = self.downs.iter().filter(move |(_, peers)| peers.contains(&node));
        sceptics.map(|(sceptic, _)| *sceptic)
    }

    /// The log since the last time, and how much of it was left out.
    pub fn take_log(&mut self) -> (Vec<LogEntry>, u64) {
        let unlisted = core::mem::take(&mut self.unlisted_log);
        let entries = self.log.iter().cloned().collect();
        self.log.clear();
        (entries, unlisted)
    }

    fn opinion(&mut self, event: &Event) {
        let node = event.node;
        let mut set = |peer: Endpoint, up: bool| {
            let (into, out_of) = if up {
                (&mut self.ups, &mut self.downs)
            } else {
                (&mut self.downs, &mut self.ups)
            };
            into.entry(node).or_default().insert(peer);
            out_of.entry(node).or_default().remove(&peer);
        };
        match event.what {
            What::PeerUp { peer } => set(peer, true),
            What::PeerDown { peer, .. } => set(peer, false),
            // It forgets what it thought of others.
            What::NodeStarted { .. } | What::NodeStopped { .. } => {
                self.ups.remove(&node);
                self.downs.remove(&node);
            }
            _ => {}
        }
    }
}

impl<P: Parcel> Observer<P> for Recorder {
    fn event(&mut self, event: &Event) {
        self.opinion(event);
        self.timeline.event(event);
        self.traces.event(event);
        match event.what {
            What::MessageDropped { id, reason, .. } => {
                self.flights.dropped(event.node, id, reason);
                self.timeline.dropped(event.node, id, reason);
                self.traces.dropped(event.cause, event.node, id, reason);
            }
            What::SchemaApplied { .. } => self.schema_changes += 1,
            _ => {}
        }
        if let Some((text, notable)) = words::describe(event) {
            let of_disk = matches!(
                event.what,
                What::StartFailed { .. } | What::DiskFailed { .. } | What::DiskCorrupt { .. }
            );
            if of_disk && self.disk_trouble.len() < MAX_NOTICES {
                self.disk_trouble.push(text.clone());
            }
            if notable {
                self.notable = Some((event.at, text.clone()));
            }
            let before = self.log.forgotten();
            self.log.push(LogEntry {
                at: event.at,
                node: event.node,
                cause: event.cause,
                what: event.what.clone(),
                text,
                notable,
                partition: None,
            });
            self.unlisted_log += self.log.forgotten() - before;
        }
    }

    fn sent(&mut self, at: Instant, message: &P, verdict: Verdict) {
        let header = message.header();
        let (arrives_at, fate) = match verdict {
            Verdict::Arrives { at, .. } => (at, Fate::UnderWay),
            Verdict::Dropped { at, reason } => (at, Fate::Dropped(reason)),
        };
        let flight = Flight {
            from: header.from,
            to: header.to,
            id: header.id,
            in_reply_to: header.in_reply_to,
            verb: header.verb,
            kind: header.verb.kind(),
            digest: header.digest,
            cause: header.cause,
            bytes: message.size(),
            sent_at: at,
            arrives_at,
            fate,
        };
        self.traces.sent(&flight);
        self.timeline.sent(arrow(&flight));
        self.flights.sent(flight);
    }

    fn answer(&mut self, at: Instant, answer: Answer) {
        self.answers.push((at, answer));
    }
}
