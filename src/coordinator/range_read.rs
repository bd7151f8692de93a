//! A read of a range of partitions: each part of it from replicas that hold it, neighbouring parts together where they have
//! enough replicas in common, several at once when that is what the limit seems to need. Cassandra's `RangeCommandIterator`.

use std::collections::VecDeque;

use super::cluster::{Cluster, Replica, ReplicaLayout, Replicas};
use super::read::TableLatencies;
use super::read_context::{Patience, ReadContext};
use super::reconciliation::{Reconciled, Reconciliation};
use super::{Operation, RANGE_REQUEST_TIMEOUT, ReadRequest, RequestError};
use crate::base::{Endpoint, Instant, MessageId};
use crate::data::{LimitCounter, Partition, PartitionRange, PartitionSelection, ReadCommand};
use crate::event::What;
use crate::message::{Outbox, Payload};

/// `cassandra.max_concurrent_range_requests`: ten for each processor by default; this is for two.
const MAX_CONCURRENT_RANGE_REQUESTS: u32 = 20;

/// Fewer rows are expected of a range than estimated, so that one turn is more often enough.
/// `RangeCommands.CONCURRENT_SUBREQUESTS_MARGIN`, 10 %.
const EXPECTED_OF_ESTIMATE: f64 = 0.9;

/// A stretch of partitions to be read from the same replicas.
#[derive(Debug)]
struct Part {
    range: PartitionRange,
    /// How many ranges of the ring it has been merged from.
    ranges: u32,
    layout: ReplicaLayout,
    candidates: Replicas,
    contacts: Replicas,
}

#[derive(Debug)]
pub struct RangeRead {
    context: ReadContext,
    command: ReadCommand,
    /// Not asked for yet, in token order.
    waiting: VecDeque<Part>,
    /// Asked for, in token order: the first has to be settled before the next, since that tells how much of the limit is left.
    underway: VecDeque<Reconciliation>,
    total_ranges: u32,
    ranges_queried: u32,
    concurrency: u32,
    counter: LimitCounter,
    found: Vec<Partition>,
    settled: bool,
    outcome: Option<Result<Vec<Partition>, RequestError>>,
}

impl RangeRead {
    /// `rows_per_range`: how many rows a range of the ring is thought to hold; 0 when nothing is known.
    pub fn start(
        request: ReadRequest,
        cluster: &Cluster<'_>,
        latencies: &TableLatencies,
        rows_per_range: f64,
        now: Instant,
        out: &mut Outbox,
    ) -> RangeRead {
        let deadline = now + RANGE_REQUEST_TIMEOUT;
        let context = ReadContext::new(
            &request,
            cluster.local,
            deadline,
            Patience::new(&request.table, latencies),
        );
        let layouts = match &request.command.partitions {
            PartitionSelection::Range(range) => cluster.range_layouts(range),
            PartitionSelection::One(_) => {
                debug_assert!(false, "a read of one partition is no range read");
                Vec::new()
            }
        };
        let total_ranges = layouts.len() as u32;
        let mut read = RangeRead {
            counter: LimitCounter::new(request.command.limits),
            waiting: parts(&context, layouts),
            context,
            command: request.command,
            underway: VecDeque::new(),
            total_ranges,
            ranges_queried: 0,
            concurrency: 1,
            found: Vec::new(),
            settled: false,
            outcome: None,
        };
        read.concurrency = read.first_concurrency(rows_per_range);
        let by_index = read.command.filter.search.as_ref();
        let by_index = by_index.and_then(|search| read.context.table.indexes.get(&search.index));
        if let Some(index) = by_index {
            let chosen = What::IndexChosen {
                index: index.name.clone(),
                is_storage_attached: index.is_storage_attached(),
            };
            out.event(read.context.cause, chosen);
        }
        let (ranges, concurrency) = (total_ranges, read.concurrency);
        let planned = match by_index.is_some_and(|it| it.is_storage_attached()) {
            true => What::IndexScanPlanned { ranges, concurrency },
            false => What::RangeScanPlanned {
                ranges,
                concurrency,
                expected_tenths: (rows_per_range * EXPECTED_OF_ESTIMATE * 10.0) as u32,
            },
        };
        out.event(read.context.cause, planned);
        read.advance(now, out);
        read
    }

    fn max_concurrency(&self) -> u32 {
        let left = self.total_ranges - self.ranges_queried;
        left.clamp(1, MAX_CONCURRENT_RANGE_REQUESTS)
    }

    fn first_concurrency(&self, rows_per_range: f64) -> u32 {
        let expected = rows_per_range * EXPECTED_OF_ESTIMATE;
        if expected <= 0.0 {
            return self.max_concurrency();
        }
        let wanted = (f64::from(self.command.limits.rows) / expected).ceil();
        (wanted as u32).clamp(1, self.max_concurrency())
    }

    /// As many ranges as should hold what is missing, if they are like those read so far. `computeConcurrencyFactor`.
    fn next_concurrency(&self) -> u32 {
        let rows = self.counter.rows();
        if rows == 0 {
            return self.max_concurrency();
        }
        let rows_per_range = f64::from(rows) / f64::from(self.ranges_queried.max(1));
        let wanted = (f64::from(self.command.limits.rows - rows) / rows_per_range).round();
        (wanted as u32).clamp(1, self.max_concurrency())
    }

    fn advance(&mut self, now: Instant, out: &mut Outbox) {
        while !self.settled {
            while let Some(first) = self.underway.front_mut() {
                match first.advance(self.counter, now, out) {
                    None => return,
                    Some(Ok(Reconciled { partitions, counter })) => {
                        self.underway.pop_front();
                        self.found.extend(partitions);
                        self.counter = counter;
                    }
                    Some(Err(error)) => return self.settle(Err(error), out),
                }
                if self.counter.is_done() {
                    break;
                }
            }
            if self.counter.is_done() || self.waiting.is_empty() {
                let found = core::mem::take(&mut self.found);
                return self.settle(Ok(found), out);
            }
            if self.ranges_queried > 0 {
                self.concurrency = self.next_concurrency();
            }
            if let Err(error) = self.send_next(out) {
                return self.settle(Err(error), out);
            }
        }
    }

    fn send_next(&mut self, out: &mut Outbox) -> Result<(), RequestError> {
        let level = self.context.consistency;
        let mut ranges = 0;
        let mut requests = 0;
        while ranges < self.concurrency
            && let Some(part) = self.waiting.pop_front()
        {
            part.layout.assure_sufficient_for_read(level, &part.contacts)?;
            let mut command = ReadCommand {
                partitions: PartitionSelection::Range(part.range),
                ..self.command.clone()
            };
            let required = part.layout.block_for(level).min(part.contacts.len());
            if let Some(search) = &mut command.filter.search {
                search.is_alone = part.contacts.len() == 1;
            }
            let context = self.context.clone();
            let reconciliation =
                Reconciliation::start(context, command, part.candidates, &part.contacts, required, out);
            self.underway.push_back(reconciliation);
            ranges += part.ranges;
            requests += 1;
        }
        self.ranges_queried += ranges;
        out.event(self.context.cause, What::RangeSubmitted { requests });
        Ok(())
    }

    fn settle(&mut self, outcome: Result<Vec<Partition>, RequestError>, out: &mut Outbox) {
        if let Err(error) = &outcome {
            error.report(self.context.cause, out);
        }
        self.settled = true;
        self.waiting.clear();
        self.underway.clear();
        self.outcome = Some(outcome);
    }
}

/// Parts of the range with whom to read them from, neighbours merged where it is worth it. `ReplicaPlanMerger`.
fn parts(context: &ReadContext, layouts: Vec<(PartitionRange, ReplicaLayout)>) -> VecDeque<Part> {
    let level = context.consistency;
    let mut parts: VecDeque<Part> = VecDeque::new();
    for (range, layout) in layouts {
        let candidates = layout.read_candidates(level);
        let contacts = layout.read_contacts(level, &candidates, 0);
        let part = Part {
            range,
            ranges: 1,
            layout,
            candidates,
            contacts,
        };
        if !parts.back_mut().is_some_and(|last| last.try_merge(context, &part)) {
            parts.push_back(part);
        }
    }
    parts
}

impl Part {
    fn try_merge(&mut self, context: &ReadContext, next: &Part) -> bool {
        let level = context.consistency;
        let is_common = |it: &&Replica| next.candidates.iter().any(|other| other.endpoint == it.endpoint);
        let candidates: Replicas = self.candidates.iter().filter(is_common).cloned().collect();
        if self.layout.assure_sufficient_for_read(level, &candidates).is_err() {
            return false;
        }
        let contacts = self.layout.read_contacts(level, &candidates, 0);
        let is_remote = |replicas: &[Replica]| replicas.iter().any(|it| !self.layout.is_in_our_datacenter(it));
        // Two reads nearby are better than one far away.
        if is_remote(&contacts) && !is_remote(&self.contacts) && !is_remote(&next.contacts) {
            return false;
        }
        self.range.end = next.range.end.clone();
        self.ranges += next.ranges;
        self.candidates = candidates;
        self.contacts = contacts;
        true
    }
}

impl Operation for RangeRead {
    /// Partitions in token order; only live rows that pass the filter, within the limits.
    type Outcome = Result<Vec<Partition>, RequestError>;

    fn on_response(&mut self, now: Instant, from: Endpoint, id: MessageId, payload: Payload, out: &mut Outbox) {
        let asked = self.underway.iter_mut().find(|it| it.awaits(id));
        if let Some(reconciliation) = asked {
            reconciliation.on_response(from, id, payload);
            self.advance(now, out);
        }
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        for reconciliation in &mut self.underway {
            reconciliation.on_timeout(now, out);
        }
        self.advance(now, out);
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.underway.iter().filter_map(Reconciliation::next_timeout).min()
    }

    fn take_outcome(&mut self) -> Option<Self::Outcome> {
        self.outcome.take()
    }

    fn is_finished(&self) -> bool {
        self.settled
    }
}

#[cfg(test)]
mod tests;
