//! A replica: real storage, and real acceptors that keep their state in it.

use ringscope::data::{EpochSeconds, Mutation, TableId, WriteTimestamp};
use ringscope::message::paxos::Subject;
use ringscope::message::{Envelope, Outbox, Payload};
use ringscope::paxos::{self, PaxosState, PaxosStore};
use ringscope::replica::{Replica, Views};
use ringscope::schema::Schema;
use ringscope::storage::{Durability, Engine, StorageError};

/// What it says to a request.
pub fn answer(engine: &mut Engine, schema: &Schema, envelope: &Envelope, out: &mut Outbox) -> Payload {
    let cause = envelope.cause;
    let mut store = Store { engine };
    match &envelope.payload {
        Payload::PaxosPrepareRequest(request) => {
            Payload::PaxosPrepareResponse(paxos::prepare(request, cause, &mut store, out).unwrap())
        }
        Payload::PaxosProposeRequest(request) => {
            Payload::PaxosProposeResponse(paxos::propose(request, cause, &mut store, out).unwrap())
        }
        Payload::PaxosCommitRequest(request) => {
            paxos::commit(request, cause, &mut store, out).unwrap();
            Payload::PaxosCommitResponse
        }
        request => {
            let mut replica = Replica {
                engine,
                schema,
                outbox: out,
                cause,
                now: EpochSeconds(0),
                views: &Views::default(),
                view_updates: &mut Vec::new(),
            };
            replica.answer(request).expect("a request to a replica")
        }
    }
}

struct Store<'a> {
    engine: &'a mut Engine,
}

impl Store<'_> {
    fn name(subject: &Subject) -> String {
        format!("paxos/{}/{:?}", subject.table, subject.key.key)
    }
}

impl PaxosStore for Store<'_> {
    type Error = StorageError;

    fn load(&mut self, subject: &Subject) -> Result<PaxosState, StorageError> {
        Ok(self.engine.local(&Store::name(subject))?.unwrap_or_default())
    }

    fn save(&mut self, subject: &Subject, state: &PaxosState) -> Result<(), StorageError> {
        self.engine.put_local(&Store::name(subject), state)
    }

    fn apply(&mut self, mutation: &Mutation) -> Result<(), StorageError> {
        self.engine.apply(mutation.clone(), Durability::Logged).map(drop)
    }

    fn truncated_at(&self, table: TableId) -> WriteTimestamp {
        self.engine.truncated_at(table).unwrap_or(WriteTimestamp::NONE)
    }

    fn lifetime(&self, _table: TableId) -> i64 {
        paxos::state_lifetime(0)
    }
}
