//! What clients ask of a cluster under test: seeded statements over virtual time, and how each of them ended.
//!
//! Registers are written with values that never repeat, at QUORUM, and read at QUORUM. Counters go up by one with conditional
//! updates that name the value they expect, and are read at SERIAL. Clients know only what the cluster told them.

use core::time::Duration;

use crate::base::{Endpoint, Instant, Random, RequestId, Seed};
use crate::cql::{QueryError, QueryResult};
use crate::data::{ConsistencyLevel, KeyspaceName, WriteTimestamp};
use crate::node::ClientRequest;
use crate::sim::{Answer, ClusterConfig};

/// Registers and counters have the same keys, so that they have the same replicas.
pub const KEYSPACE: &str = "sim";

/// What one statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Write { key: i32, value: i64 },
    Delete { key: i32 },
    Read { key: i32 },
    Increment { key: i32, from: i64 },
    ReadCounter { key: i32 },
}

impl Action {
    pub fn statement(self) -> String {
        match self {
            Action::Write { key, value } => format!("INSERT INTO registers (k, v) VALUES ({key}, {value})"),
            Action::Delete { key } => format!("DELETE FROM registers WHERE k = {key}"),
            Action::Read { key } => format!("SELECT v FROM registers WHERE k = {key}"),
            Action::Increment { key, from } => {
                format!("UPDATE counters SET n = {} WHERE k = {key} IF n = {from}", from + 1)
            }
            Action::ReadCounter { key } => format!("SELECT n FROM counters WHERE k = {key}"),
        }
    }

    /// `registers` is the level that registers are read and written at.
    pub fn consistency(self, registers: ConsistencyLevel) -> ConsistencyLevel {
        match self {
            Action::ReadCounter { .. } => ConsistencyLevel::Serial,
            Action::Increment { .. } => ConsistencyLevel::Quorum,
            Action::Write { .. } | Action::Delete { .. } | Action::Read { .. } => registers,
        }
    }
}

/// What a client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A write or an increment was carried out.
    Acknowledged,
    /// What a read found.
    Found(Option<i64>),
    /// The counter held another value.
    Refused(Option<i64>),
    /// Nothing was done, and nothing will be: too few replicas were alive.
    Impossible,
    /// It may have been done, or may yet be.
    Unknown,
    /// The cluster says that the statement is wrong, which it is not.
    Rejected(String),
}

/// A statement and its end.
#[derive(Clone, Debug)]
pub struct Operation {
    pub action: Action,
    pub coordinator: Endpoint,
    pub start: Instant,
    /// The client's timestamp of a register's write; no two are equal.
    pub timestamp: i64,
    /// `None` while it is under way.
    pub end: Option<(Instant, Ending)>,
}

/// How busy the clients are.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub clients: usize,
    pub registers: i32,
    pub counters: i32,
    /// The longest that a client waits between an answer and its next statement.
    pub longest_think: Duration,
    /// Of the registers' reads and writes.
    pub consistency: ConsistencyLevel,
}

impl Load {
    /// Few keys, so that clients meet on them.
    pub const CAMPAIGN: Load = Load {
        clients: 6,
        registers: 6,
        counters: 2,
        longest_think: Duration::from_millis(300),
        consistency: ConsistencyLevel::Quorum,
    };
}

/// A client that gets no answer goes on after this long: longer than any of the coordinator's own timeouts.
const PATIENCE: Duration = Duration::from_secs(15);

/// Longer than any window of the scheduler, so that a statement is never due before the scheduler's present.
const SHORTEST_THINK: Duration = Duration::from_millis(1);

struct Client {
    random: Random,
    /// When it asks next.
    ready: Instant,
    waits_for: Option<RequestId>,
    /// What it believes the counters to be; `None`: it has to ask.
    counters: Vec<Option<i64>>,
}

/// All clients and all they did.
pub struct Workload {
    load: Load,
    coordinators: Vec<Endpoint>,
    clients: Vec<Client>,
    /// In order of their start, with who asked.
    operations: Vec<(Operation, usize)>,
    /// The request of the first operation; the others follow by one.
    first_request: Option<RequestId>,
    last_timestamp: i64,
    last_value: i64,
}

impl Workload {
    pub fn new(seed: Seed, load: Load, coordinators: Vec<Endpoint>, start: Instant) -> Workload {
        let client = |n: usize| {
            let mut random = Random::stream(seed, &format!("client {n}"));
            Client {
                ready: start + random.duration(SHORTEST_THINK, load.longest_think),
                random,
                waits_for: None,
                counters: vec![None; load.counters as usize],
            }
        };
        Workload {
            load,
            coordinators,
            clients: (0..load.clients).map(client).collect(),
            operations: Vec::new(),
            first_request: None,
            last_timestamp: 0,
            last_value: 0,
        }
    }

    /// When the next statement is due.
    pub fn next(&self) -> Option<Instant> {
        self.clients.iter().map(|client| client.ready).min()
    }

    /// The statement that is due at `now`. Request ids have to follow one another.
    pub fn ask(&mut self, now: Instant, id: RequestId) -> Option<(Endpoint, ClientRequest)> {
        let at = self.clients.iter().position(|client| client.ready <= now)?;
        let first = self.first_request.get_or_insert(id);
        debug_assert_eq!(
            id.0,
            first.0 + self.operations.len() as u64,
            "a request id was left out"
        );
        let client = &mut self.clients[at];
        let action = client.choose(self.load, &mut self.last_value);
        let coordinator = *client.random.pick(&self.coordinators)?;
        client.ready = now + PATIENCE;
        client.waits_for = Some(id);
        let clock = ClusterConfig::EPOCH.0 + now.as_micros() as i64;
        self.last_timestamp = clock.max(self.last_timestamp + 1);
        let operation = Operation {
            action,
            coordinator,
            start: now,
            timestamp: self.last_timestamp,
            end: None,
        };
        self.operations.push((operation, at));
        let timestamp = matches!(action, Action::Write { .. } | Action::Delete { .. });
        let timestamp = timestamp.then_some(WriteTimestamp(self.last_timestamp));
        let request = request(
            id,
            action.statement(),
            action.consistency(self.load.consistency),
            timestamp,
        );
        Some((coordinator, request))
    }

    /// Takes an answer; those of requests that are not this workload's are left alone.
    pub fn answered(&mut self, at: Instant, answer: Answer) {
        let id = answer.request();
        let place = self.first_request.and_then(|first| id.0.checked_sub(first.0));
        let Some((operation, asker)) = place.and_then(|place| self.operations.get_mut(place as usize)) else {
            return;
        };
        let ending = match answer {
            Answer::Disconnected(_) | Answer::Told(_) => Ending::Unknown,
            Answer::Reply(reply) => ending(operation.action, reply.result),
        };
        let client = &mut self.clients[*asker];
        client.learn(operation.action, &ending);
        operation.end = Some((at, ending));
        if client.waits_for == Some(id) {
            client.waits_for = None;
            client.ready = at + client.random.duration(SHORTEST_THINK, self.load.longest_think);
        }
    }

    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().map(|(operation, _)| operation)
    }
}

impl Client {
    fn choose(&mut self, load: Load, last_value: &mut i64) -> Action {
        let register = self.random.below(load.registers.max(1) as u64) as i32;
        let counter = self.random.below(load.counters.max(1) as u64) as i32;
        match self.random.below(100) {
            0..40 => {
                *last_value += 1;
                Action::Write {
                    key: register,
                    value: *last_value,
                }
            }
            40..45 => Action::Delete { key: register },
            45..80 => Action::Read { key: register },
            choice => match self.counters.get(counter as usize).copied().flatten() {
                Some(from) if choice < 95 => Action::Increment { key: counter, from },
                _ => Action::ReadCounter { key: counter },
            },
        }
    }

    fn learn(&mut self, action: Action, ending: &Ending) {
        let (key, known) = match (action, ending) {
            (Action::ReadCounter { key }, Ending::Found(value)) => (key, *value),
            (Action::Increment { key, .. }, Ending::Refused(value)) => (key, *value),
            (Action::Increment { key, from }, Ending::Acknowledged) => (key, Some(from + 1)),
            (Action::Increment { key, .. }, _) => (key, None),
            _ => return,
        };
        if let Some(counter) = self.counters.get_mut(key as usize) {
            *counter = known;
        }
    }
}

/// A request of a client that USEs the keyspace.
pub fn request(
    id: RequestId,
    query: String,
    consistency: ConsistencyLevel,
    timestamp: Option<WriteTimestamp>,
) -> ClientRequest {
    ClientRequest {
        id,
        query,
        form: Default::default(),
        keyspace: Some(KeyspaceName::new(KEYSPACE)),
        consistency,
        serial_consistency: ConsistencyLevel::Serial,
        page_size: Some(100),
        paging_state: None,
        timestamp,
    }
}

/// What a client makes of a coordinator's answer.
pub fn ending(action: Action, result: Result<QueryResult, QueryError>) -> Ending {
    let conditional = matches!(action, Action::Increment { .. });
    match result {
        Ok(QueryResult::Rows(rows)) => {
            let first = rows.rows.first();
            let value = |at: usize| first.and_then(|row| row.get(at)?.as_deref());
            match (conditional, value(0)) {
                (true, Some([1])) => Ending::Acknowledged,
                (true, _) => Ending::Refused(value(1).and_then(integer)),
                (false, found) => Ending::Found(found.and_then(integer)),
            }
        }
        Ok(_) => Ending::Acknowledged,
        // A conditional update that cannot commit is accepted already.
        Err(QueryError::Unavailable { .. }) if !conditional => Ending::Impossible,
        Err(
            QueryError::Unavailable { .. }
            | QueryError::Overloaded(_)
            | QueryError::IsBootstrapping(_)
            | QueryError::WriteTimeout { .. }
            | QueryError::ReadTimeout { .. }
            | QueryError::ReadFailure { .. }
            | QueryError::WriteFailure { .. }
            | QueryError::CasWriteUnknown { .. },
        ) => Ending::Unknown,
        Err(other) => Ending::Rejected(other.to_string()),
    }
}

/// A `bigint` from its bytes.
fn integer(bytes: &[u8]) -> Option<i64> {
    bytes.try_into().ok().map(i64::from_be_bytes)
}
