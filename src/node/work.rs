//! What a node has done since it started, as it counts it on the way: `system_views` and nodetool tell of it.

use super::core::Running;
use super::operator::PoolView;
use crate::base::{Duration, Endpoint, Instant, Rate, Recent, SortedMap};
use crate::data::{Mutation, TableId};
use crate::event::{MessageKind, Verb};
use crate::storage::Histogram;

/// How many of the last requests tell how long one takes.
const KEPT: usize = 1_024;

/// Counts of what was done.
pub(super) struct WorkDone {
    /// By verb: messages taken, from others and from the node itself.
    taken: [u64; Verb::ALL.len()],
    pub links: SortedMap<Endpoint, LinkTraffic>,
    /// What this node did for clients, by table.
    pub coordinated: SortedMap<TableId, Coordinated>,
    /// The same by kind, whatever the table.
    pub requests_by_kind: [Timer; RequestKind::ALL],
    pub batches: [Recent<u32>; 3],
    pub requests: u64,
    pub executed_prepared: u64,
    pub executed_regular: u64,
}

/// Messages to and from one other node.
#[derive(Clone, Copy, Default)]
pub(super) struct LinkTraffic {
    pub sent: u64,
    pub sent_bytes: u64,
    pub received: u64,
}

/// Requests by what they did.
#[derive(Default)]
pub(super) struct Coordinated {
    pub reads: Timer,
    pub scans: Timer,
    pub writes: Timer,
}

/// How many requests there were and how long the last ones took.
pub(super) struct Timer {
    pub rate: Rate,
    pub last: Recent<Duration>,
}

/// Requests as Cassandra measures them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestKind {
    Read,
    Write,
    Scan,
    SerialRead,
    ConditionalWrite,
}

impl RequestKind {
    pub const ALL: usize = 5;
}

/// Which of the kinds of batches.
#[derive(Clone, Copy)]
pub(super) enum BatchMetric {
    Logged,
    Unlogged,
    Counter,
}

impl Default for WorkDone {
    fn default() -> WorkDone {
        WorkDone {
            taken: [0; Verb::ALL.len()],
            links: SortedMap::new(),
            coordinated: SortedMap::new(),
            requests_by_kind: core::array::from_fn(|_| Timer::default()),
            batches: core::array::from_fn(|_| Recent::new(KEPT)),
            requests: 0,
            executed_prepared: 0,
            executed_regular: 0,
        }
    }
}

impl Default for Timer {
    fn default() -> Timer {
        Timer {
            rate: Rate::default(),
            last: Recent::new(KEPT),
        }
    }
}

impl Timer {
    fn note(&mut self, began: Instant, now: Instant) {
        self.rate.note(now);
        self.last.push(now.since(began));
    }
}

impl WorkDone {
    pub fn note_taken(&mut self, verb: Verb) {
        self.taken[verb as usize] += 1;
    }

    pub fn note_sent(&mut self, to: Endpoint, bytes: u32) {
        let link = self.links.entry(to).or_default();
        link.sent += 1;
        link.sent_bytes += u64::from(bytes);
    }

    pub fn note_received(&mut self, from: Endpoint) {
        self.links.entry(from).or_default().received += 1;
    }

    /// A request of this kind was answered; writes are of several tables.
    pub fn note_request(&mut self, kind: RequestKind, began: Instant, now: Instant) {
        self.requests_by_kind[kind as usize].note(began, now);
    }

    pub fn note_read(&mut self, table: TableId, is_scan: bool, began: Instant, now: Instant) {
        let table = self.coordinated.entry(table).or_default();
        let timer = if is_scan { &mut table.scans } else { &mut table.reads };
        timer.note(began, now);
    }

    pub fn note_writes(&mut self, tables: &[TableId], began: Instant, now: Instant) {
        self.note_request(RequestKind::Write, began, now);
        for table in tables {
            self.coordinated.entry(*table).or_default().writes.note(began, now);
        }
    }

    pub fn note_batch(&mut self, kind: BatchMetric, partitions: usize) {
        self.batches[kind as usize].push(partitions as u32);
    }

    fn sum(&self, which: impl Fn(Verb) -> bool) -> u64 {
        let taken = Verb::ALL.iter().filter(|verb| which(**verb));
        taken.map(|verb| self.taken[*verb as usize]).sum()
    }
}

/// The tables of mutations, one that is in several as often.
pub(super) fn tables_of(mutations: &[Mutation]) -> Vec<TableId> {
    let updates = mutations.iter().flat_map(Mutation::updates);
    updates.map(|(table, _)| *table).collect()
}

/// The pools that Cassandra always shows, in its order, then those that come with what they are for.
const POOLS: [&str; 28] = [
    "RequestResponseStage",
    "MutationStage",
    "ReadStage",
    "CompactionExecutor",
    "SecondaryIndexExecutor",
    "MemtableReclaimMemory",
    "PendingRangeCalculator",
    "GossipStage",
    "SecondaryIndexManagement",
    "HintsDispatcher",
    "StatusPropagationExecutor",
    "MigrationStage",
    "MemtablePostFlush",
    "PerDiskMemtableFlushWriter_0",
    "ValidationExecutor",
    "Sampler",
    "ViewBuildExecutor",
    "MemtableFlushWriter",
    "CacheCleanupExecutor",
    "Native-Transport-Auth-Requests",
    "Native-Transport-Requests",
    "AntiEntropyStage",
    "CounterMutationStage",
    "InternalResponseStage",
    "MiscStage",
    "PaxosRepairStage",
    "TracingStage",
    "ViewMutationStage",
];

/// The stage Cassandra handles a message in.
fn stage(verb: Verb) -> &'static str {
    match verb {
        Verb::CounterMutationReq => "CounterMutationStage",
        Verb::ReadReq | Verb::RangeReq => "ReadStage",
        _ => match verb.kind() {
            MessageKind::Gossip => "GossipStage",
            MessageKind::Schema => "MigrationStage",
            _ if verb.is_response() => "RequestResponseStage",
            _ => "MutationStage",
        },
    }
}

impl Running {
    /// How long clients' requests took, in microseconds: of each kind.
    pub(super) fn request_latencies(&self) -> Vec<Histogram> {
        let kinds = self.work.requests_by_kind.iter();
        kinds
            .map(|it| Histogram::of(it.last.iter().map(|it| it.as_micros() as i64)))
            .collect()
    }

    /// A node does one thing at a time: nothing waits in a stage, and one is the limit. What a client waits for is under way.
    pub(super) fn pools(&self) -> Vec<PoolView> {
        let compactions = self.engine.compaction_stats();
        let under_way = self.statements.len() as u64;
        let pool = |name: &&str| {
            let (active, completed) = match *name {
                "CompactionExecutor" => (compactions.active.len() as u64, compactions.completed),
                "MemtableFlushWriter" | "MemtablePostFlush" => (0, self.flushes()),
                "Native-Transport-Requests" => (under_way, self.work.requests.saturating_sub(under_way)),
                stage_name => (0, self.work.sum(|verb| stage(verb) == stage_name)),
            };
            PoolView {
                name: (*name).to_owned(),
                active,
                completed,
            }
        };
        POOLS.iter().map(pool).collect()
    }

    fn flushes(&self) -> u64 {
        let tables = self.engine.summary().tables;
        tables.iter().map(|it| it.counters.memtable_switches).sum()
    }
}
