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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use uuid::Uuid;

    use super::*;
    use crate::base::UnixMicros;
    use crate::data::{DecoratedKey, KeyspaceName, Partition, PartitionKey};
    use crate::message::paxos::{Ballot, Proposal};

    #[derive(Default)]
    struct Store {
        states: BTreeMap<Subject, PaxosState>,
        applied: Vec<Mutation>,
        truncated_at: i64,
    }

    impl PaxosStore for Store {
        type Error = Infallible;

        fn load(&mut self, subject: &Subject) -> Result<PaxosState, Infallible> {
            Ok(self.states.get(subject).cloned().unwrap_or_default())
        }

        fn save(&mut self, subject: &Subject, state: &PaxosState) -> Result<(), Infallible> {
            self.states.insert(subject.clone(), state.clone());
            Ok(())
        }

        fn apply(&mut self, mutation: &Mutation) -> Result<(), Infallible> {
            self.applied.push(mutation.clone());
            Ok(())
        }

        fn truncated_at(&self, _table: TableId) -> WriteTimestamp {
            WriteTimestamp(self.truncated_at)
        }

        fn lifetime(&self, _table: TableId) -> i64 {
            100
        }
    }

    fn subject() -> Subject {
        Subject {
            table: TableId(Uuid::from_u128(1)),
            key: DecoratedKey::new(PartitionKey(bytes::Bytes::from_static(b"key"))),
        }
    }

    /// At so many seconds.
    fn ballot(seconds: i64) -> Ballot {
        Ballot::new(UnixMicros(seconds * 1_000_000), 2, 1)
    }

    fn proposal(seconds: i64) -> Proposal {
        let Subject { table, key } = subject();
        Proposal {
            ballot: ballot(seconds),
            update: Some(Mutation::new(KeyspaceName::new("ks"), table, Partition::empty(key))),
        }
    }

    impl Store {
        fn prepare(&mut self, seconds: i64) -> Promise {
            let request = Prepare {
                subject: subject(),
                ballot: ballot(seconds),
            };
            prepare(&request, None, self, &mut Outbox::default()).unwrap()
        }

        fn propose(&mut self, seconds: i64) -> Accept {
            let request = Propose {
                subject: subject(),
                proposal: proposal(seconds),
            };
            propose(&request, None, self, &mut Outbox::default()).unwrap()
        }

        fn commit(&mut self, seconds: i64) {
            let request = Commit {
                subject: subject(),
                proposal: proposal(seconds),
            };
            commit(&request, None, self, &mut Outbox::default()).unwrap();
        }
    }

    fn times(promise: &Promise) -> (bool, Ballot, Option<Ballot>, Option<Ballot>) {
        let time = |it: &Option<Proposal>| it.as_ref().map(|it| it.ballot);
        (
            promise.promised,
            promise.ballot,
            time(&promise.accepted),
            time(&promise.committed),
        )
    }

    #[test]
    fn only_a_newer_ballot_is_promised_and_told_what_was_before() {
        let mut store = Store::default();
        assert_eq!(times(&store.prepare(5)), (true, ballot(5), None, None));
        assert_eq!(
            times(&store.prepare(5)),
            (false, ballot(5), None, None),
            "a copy of the request"
        );
        assert_eq!(times(&store.prepare(4)), (false, ballot(5), None, None));
        assert!(store.propose(5).accepted);
        assert_eq!(times(&store.prepare(6)), (true, ballot(6), Some(ballot(5)), None));
        store.commit(5);
        assert_eq!(times(&store.prepare(7)), (true, ballot(7), None, Some(ballot(5))));
    }

    #[test]
    fn nothing_older_than_a_promise_is_accepted() {
        let mut store = Store::default();
        assert!(
            store.propose(3).accepted,
            "a replica that missed the prepare may accept"
        );
        store.prepare(5);
        let refused = Accept {
            accepted: false,
            ballot: ballot(5),
        };
        assert_eq!(store.propose(4), refused);
        assert!(store.propose(5).accepted && store.propose(6).accepted);
        store.commit(9);
        assert_eq!(
            store.propose(8).ballot,
            ballot(9),
            "a decision made elsewhere counts as heard of"
        );
    }

    #[test]
    fn commits_come_twice_late_and_out_of_order() {
        let mut store = Store::default();
        store.prepare(8);
        store.propose(8);
        store.commit(7);
        assert_eq!(
            times(&store.prepare(9)),
            (true, ballot(9), Some(ballot(8)), Some(ballot(7)))
        );
        store.commit(8);
        store.commit(7);
        assert_eq!(times(&store.prepare(10)), (true, ballot(10), None, Some(ballot(8))));
        assert_eq!(store.applied.len(), 3, "all are written: timestamps say which wins");
        assert!(
            store.propose(8)
                == Accept {
                    accepted: false,
                    ballot: ballot(10)
                }
        );
    }

    #[test]
    fn a_decision_from_before_a_truncation_is_noted_and_not_written() {
        let mut store = Store {
            truncated_at: 6_000_000,
            ..Store::default()
        };
        store.commit(5);
        assert!(store.applied.is_empty());
        assert_eq!(times(&store.prepare(7)).3, Some(ballot(5)));
    }

    #[test]
    fn state_is_forgotten_by_the_time_of_the_ballot() {
        let mut store = Store::default();
        store.propose(2);
        store.commit(1);
        assert_eq!(
            times(&store.prepare(100)),
            (true, ballot(100), Some(ballot(2)), Some(ballot(1)))
        );
        let (promised, _, accepted, committed) = times(&store.prepare(101));
        assert_eq!((promised, accepted, committed), (true, Some(ballot(2)), None));
        assert_eq!(times(&store.prepare(201)), (true, ballot(201), None, None));
    }
}
