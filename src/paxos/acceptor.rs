//! The three requests that a replica answers.

use super::PaxosState;
use crate::base::RequestId;
use crate::data::{Mutation, TableId, WriteTimestamp};
use crate::event::What;
use crate::message::Outbox;
use crate::message::paxos::{Accept, Commit, Prepare, Promise, Propose, Subject};

/// Where a replica keeps its state, and its data. What is saved must be as durable as a write is, before it is answered.
pub trait PaxosStore {
    type Error;

    /// The default state when nothing is kept of the subject.
    fn load(&mut self, subject: &Subject) -> Result<PaxosState, Self::Error>;

    fn save(&mut self, subject: &Subject, state: &PaxosState) -> Result<(), Self::Error>;

    /// Carries a decided update out.
    fn apply(&mut self, mutation: &Mutation) -> Result<(), Self::Error>;

    /// When the table was last truncated: decisions from before must not bring its data back.
    fn truncated_at(&self, table: TableId) -> WriteTimestamp;

    /// How long, in seconds, state is kept: see `state_lifetime`.
    fn lifetime(&self, table: TableId) -> i64;
}

/// Promises to take nothing older than the ballot, unless something newer has been heard of.
pub fn prepare<S: PaxosStore>(
    request: &Prepare,
    cause: Option<RequestId>,
    store: &mut S,
    out: &mut Outbox,
) -> Result<Promise, S::Error> {
    let Prepare { subject, ballot } = request;
    let mut state = store.load(subject)?.as_of(*ballot, store.lifetime(subject.table));
    let latest = state.latest();
    let promised = *ballot > latest;
    if promised {
        out.event(cause, What::PaxosPromised { ballot: ballot.0 });
        state.promised = *ballot;
        store.save(subject, &state)?;
    } else {
        reject(cause, ballot.0, latest.0, out);
    }
    Ok(Promise {
        promised,
        ballot: (*ballot).max(latest),
        accepted: state.accepted,
        committed: state.committed,
    })
}

/// Accepts unless something newer has been heard of.
pub fn propose<S: PaxosStore>(
    request: &Propose,
    cause: Option<RequestId>,
    store: &mut S,
    out: &mut Outbox,
) -> Result<Accept, S::Error> {
    let Propose { subject, proposal } = request;
    let ballot = proposal.ballot;
    let mut state = store.load(subject)?.as_of(ballot, store.lifetime(subject.table));
    let latest = state.latest();
    let accepted = ballot >= latest;
    if !accepted {
        reject(cause, ballot.0, latest.0, out);
    } else if ballot != state.committed_ballot() {
        out.event(cause, What::PaxosAccepted { ballot: ballot.0 });
        state.accepted = Some(proposal.clone());
        store.save(subject, &state)?;
    }
    Ok(Accept {
        accepted,
        ballot: ballot.max(latest),
    })
}

/// Carries out what was decided. May come twice, and late.
pub fn commit<S: PaxosStore>(
    request: &Commit,
    cause: Option<RequestId>,
    store: &mut S,
    out: &mut Outbox,
) -> Result<(), S::Error> {
    let Commit { subject, proposal } = request;
    let ballot = proposal.ballot;
    if let Some(update) = &proposal.update
        && WriteTimestamp::from(ballot.micros()) >= store.truncated_at(subject.table)
    {
        out.event(cause, What::PaxosCommitting { ballot: ballot.0 });
        store.apply(update)?;
    }
    let mut state = store.load(subject)?;
    if ballot > state.committed_ballot() {
        state.committed = Some(proposal.clone());
    }
    let committed = state.committed_ballot();
    state.accepted = state.accepted.filter(|it| it.ballot > committed);
    store.save(subject, &state)
}

fn reject(cause: Option<RequestId>, ballot: uuid::Uuid, promised: uuid::Uuid, out: &mut Outbox) {
    out.event(cause, What::PaxosRejected { ballot, promised });
}
