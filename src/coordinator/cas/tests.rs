//! Conditional updates and serial reads against replicas that answer as told.

use super::*;
use crate::base::{Random, Seed, UnixMicros, WallClock};
use crate::coordinator::testing::{Driver, TestCluster, key, mutation, partition, read_command, rows, table};
use crate::coordinator::{CAS_CONTENTION_TIMEOUT, SerialRead, Shortage, WRITE_REQUEST_TIMEOUT};
use crate::data::{ReadLimits, digest};
use crate::event::Verb;
use crate::message::paxos::{Accept, Promise};
use crate::message::replica::{FailureReason, ReadResponse};
use ConsistencyLevel::*;

fn ballots() -> BallotGenerator {
    let clock = WallClock {
        epoch: UnixMicros(0),
        skew_micros: 0,
    };
    BallotGenerator::new(clock, Random::stream(Seed(1), "ballots"))
}

fn subject() -> Subject {
    Subject {
        table: table(|_| {}).id,
        key: key(1),
    }
}

fn cas_at(cluster: &TestCluster, serial: ConsistencyLevel, commit: ConsistencyLevel) -> Driver<Cas> {
    let request = CasRequest {
        table: table(|params| params.speculative_retry = "NEVER".into()),
        subject: subject(),
        command: read_command(ReadLimits::NONE),
        serial,
        commit,
        cause: None,
    };
    let latencies = TableLatencies::default();
    Driver::start(|now, out| Cas::start(request, cluster.layout(), &latencies, &mut ballots(), now, out))
}

fn cas() -> Driver<Cas> {
    cas_at(&TestCluster::simple(3, 3), Serial, Quorum)
}

impl<O: Operation> Driver<O> {
    fn verbs(&self) -> Vec<Verb> {
        self.sent.iter().map(|message| message.payload.verb()).collect()
    }

    /// The ballot that the node was asked to promise.
    fn asked_ballot(&self, n: u8) -> Ballot {
        let prepares = self.sent.iter().filter(|message| message.to.number() == n);
        let ballot = |payload: &Payload| match payload {
            Payload::PaxosPrepareRequest(prepare) => Some(prepare.ballot),
            _ => None,
        };
        prepares
            .filter_map(|message| ballot(&message.payload))
            .next_back()
            .expect("a prepare")
    }

    fn promise(&mut self, n: u8, accepted: Option<Proposal>, committed: Option<Proposal>) -> Ballot {
        let ballot = self.asked_ballot(n);
        let promise = Promise {
            promised: true,
            ballot,
            accepted,
            committed,
        };
        self.answer_to(n, Verb::PaxosPrepareReq, Payload::PaxosPrepareResponse(promise));
        ballot
    }

    fn accept(&mut self, n: u8, accepted: bool) {
        let ballot = Ballot::NONE;
        let answer = Payload::PaxosProposeResponse(Accept { accepted, ballot });
        self.answer_to(n, Verb::PaxosProposeReq, answer);
    }

    fn answer_to(&mut self, n: u8, verb: Verb, payload: Payload) {
        let is_it = |it: &crate::message::Outgoing| it.to.number() == n && it.payload.verb() == verb;
        let position = self.sent.iter().rposition(is_it).expect("such a message");
        let message = self.sent.remove(position);
        self.operation
            .on_response(self.now, message.to, message.id, payload, &mut self.out);
        self.collect();
    }

    /// Answers a quorum's read of nothing.
    fn read_nothing(&mut self) {
        self.answer_to(1, Verb::ReadReq, Payload::ReadResponse(ReadResponse::Data(vec![])));
        let nothing = ReadResponse::Digest(digest(&[]));
        self.answer_to(2, Verb::ReadReq, Payload::ReadResponse(nothing));
    }
}

impl Driver<Cas> {
    fn proceed(&mut self) {
        self.operation.proceed(self.now, mutation(), &mut self.out);
        self.collect();
    }

    fn refuse(&mut self) {
        self.operation.refuse(self.now, &mut self.out);
        self.collect();
    }

    /// Up to the caller's verdict.
    fn evaluated(mut self) -> Driver<Cas> {
        self.promise(2, None, None);
        self.promise(3, None, None);
        self.read_nothing();
        assert!(self.operation.take_evaluation().is_some());
        self
    }
}

fn proposal(ballot: Ballot) -> Proposal {
    Proposal {
        ballot,
        update: Some(mutation()),
    }
}

/// The n-th microsecond of 1970: before every ballot of these tests.
fn old(n: i64) -> Ballot {
    Ballot::new(UnixMicros(n), 2, 7)
}

#[test]
fn an_update_goes_through_all_its_steps() {
    let mut driver = cas();
    assert_eq!(driver.asked(), [2, 3, 1]);
    let ballot = driver.promise(2, None, None);
    assert_eq!(driver.verbs().len(), 2, "one promise is no quorum");
    driver.promise(1, None, None);
    driver.read_nothing();
    let evaluation = driver.operation.take_evaluation();
    assert_eq!(
        evaluation,
        Some(Evaluation {
            ballot,
            current: vec![]
        })
    );
    driver.proceed();
    driver.accept(3, true);
    assert_eq!(driver.outcome(), None);
    driver.accept(1, true);
    for n in [1, 2] {
        assert_eq!(driver.outcome(), None);
        driver.answer_to(n, Verb::PaxosCommitReq, Payload::PaxosCommitResponse);
    }
    assert_eq!(driver.outcome(), Some(Ok(CasResult::Applied)));
    assert!(!driver.operation.is_finished(), "the third replica is still waited for");
    driver.wait();
    let hints: Vec<u8> = driver
        .operation
        .take_hints()
        .iter()
        .map(|it| it.endpoint.number())
        .collect();
    assert_eq!(hints, [3]);
    assert!(driver.operation.is_finished());
}

#[test]
fn a_refusal_is_agreed_on_but_not_committed() {
    let mut driver = cas().evaluated();
    driver.refuse();
    driver.accept(1, true);
    driver.accept(2, true);
    assert_eq!(driver.outcome(), Some(Ok(CasResult::Refused)));
    assert!(driver.operation.is_finished() && !driver.verbs().contains(&Verb::PaxosCommitReq));
}

#[test]
fn too_few_replicas_are_unavailable_at_the_serial_level() {
    let unavailable = |consistency, required, alive| RequestError::Unavailable {
        consistency,
        required,
        alive,
        shortage: Shortage::OfReplicas,
    };
    let mut driver = cas_at(&TestCluster::simple(3, 3).down([2, 3]), Serial, One);
    assert_eq!(driver.outcome(), Some(Err(unavailable(Serial, 2, 1))));
    let two = TestCluster::datacenters(&[("dc1", 3), ("dc2", 3)]).down([2, 3]);
    assert_eq!(
        cas_at(&two, LocalSerial, One).outcome(),
        Some(Err(unavailable(LocalSerial, 2, 1)))
    );
    let mut driver = cas_at(&two, Serial, One);
    assert_eq!((driver.outcome(), driver.asked()), (None, vec![4, 5, 6, 1]));
}

#[test]
fn local_serial_asks_this_datacenter_only() {
    let two = TestCluster::datacenters(&[("dc1", 3), ("dc2", 3)]);
    assert_eq!(cas_at(&two, LocalSerial, One).asked(), [2, 3, 1]);
}

#[test]
fn what_another_proposer_left_is_finished_first() {
    let mut driver = cas();
    driver.promise(2, Some(proposal(old(5))), Some(proposal(old(4))));
    let ballot = driver.promise(3, None, Some(proposal(old(4))));
    let Payload::PaxosProposeRequest(replay) = driver.sent.last().unwrap().payload.clone() else {
        panic!("no proposal");
    };
    assert_eq!(replay.proposal, proposal(ballot), "their update, our ballot");
    driver.accept(2, true);
    driver.accept(3, true);
    assert_eq!(
        driver.verbs().iter().filter(|it| **it == Verb::PaxosCommitReq).count(),
        3
    );
    [2, 3]
        .into_iter()
        .for_each(|n| driver.answer_to(n, Verb::PaxosCommitReq, Payload::PaxosCommitResponse));
    assert!(driver.asked_ballot(2) > ballot, "then it begins again");
}

#[test]
fn an_unfinished_empty_update_or_a_committed_one_is_left_alone() {
    let empty = Proposal {
        ballot: old(9),
        update: None,
    };
    for left in [empty, proposal(old(3))] {
        let mut driver = cas();
        let committed = Some(proposal(old(4)));
        driver.promise(2, Some(left), committed.clone());
        driver.promise(3, None, committed);
        assert!(driver.verbs().contains(&Verb::ReadReq), "it goes on to its own update");
    }
}

#[test]
fn a_replica_that_missed_the_last_decision_is_told_it() {
    let mut driver = cas();
    driver.promise(2, None, Some(proposal(old(5))));
    let ballot = driver.promise(3, None, Some(proposal(old(4))));
    let commits = driver
        .sent
        .iter()
        .filter(|it| it.payload.verb() == Verb::PaxosCommitReq);
    assert_eq!(commits.map(|it| it.to.number()).collect::<Vec<_>>(), [3]);
    assert!(driver.asked_ballot(3) > ballot);
}

#[test]
fn a_newer_promise_is_waited_out_and_outbid() {
    let mut driver = cas();
    let theirs = Ballot::new(UnixMicros(50_000_000), 2, 7);
    let refused = Promise {
        promised: false,
        ballot: theirs,
        accepted: None,
        committed: None,
    };
    driver.answer(2, Payload::PaxosPrepareResponse(refused));
    assert!(driver.saw(|what| matches!(what, What::PaxosContention { .. })));
    let before = driver.now;
    driver.wait();
    assert!(driver.now > before && driver.asked_ballot(2) > theirs);
}

#[test]
fn a_ballot_of_the_last_decisions_microsecond_is_not_used() {
    let mut driver = cas();
    let ours = driver.asked_ballot(2);
    let just_before = Ballot::new(ours.micros(), 0, 0);
    assert!(just_before < ours);
    driver.promise(2, None, Some(proposal(just_before)));
    driver.promise(3, None, Some(proposal(just_before)));
    assert!(!driver.verbs().contains(&Verb::ReadReq) && driver.asked_ballot(2).micros() > just_before.micros());
}

#[test]
fn a_proposal_refused_by_all_is_tried_again_and_by_some_unknown() {
    let mut driver = cas().evaluated();
    driver.proceed();
    [1, 2, 3].into_iter().for_each(|n| driver.accept(n, false));
    assert_eq!(driver.outcome(), None);
    driver.wait();
    driver.promise(1, None, None);
    driver.promise(2, None, None);
    driver.read_nothing();
    assert!(
        driver.operation.take_evaluation().is_some(),
        "the condition is looked at again"
    );
    driver.proceed();
    driver.accept(1, false);
    driver.accept(2, true);
    assert_eq!(driver.outcome(), None);
    driver.accept(3, false);
    let unknown = RequestError::CasWriteUnknown {
        consistency: Serial,
        received: 1,
        required: 2,
    };
    assert_eq!(
        unknown.to_string(),
        "CAS operation result is unknown - proposal accepted by 1 but not a quorum."
    );
    assert_eq!(driver.outcome(), Some(Err(unknown)));
}

fn timeout(received: u32, required: u32) -> RequestError {
    RequestError::WriteTimeout {
        consistency: Serial,
        received,
        required,
        kind: WriteKind::Cas,
    }
}

#[test]
fn replicas_that_do_not_answer_are_a_timeout_of_a_cas() {
    let mut driver = cas();
    let started = driver.now;
    driver.promise(3, None, None);
    driver.wait();
    assert_eq!(driver.now, started + WRITE_REQUEST_TIMEOUT);
    assert_eq!(driver.outcome(), Some(Err(timeout(1, 2))));
    let mut driver = cas().evaluated();
    driver.proceed();
    driver.accept(3, true);
    driver.wait();
    assert_eq!(
        driver.outcome(),
        Some(Err(timeout(1, 3))),
        "as Cassandra counts: of all that were asked"
    );
}

#[test]
fn endless_contention_ends() {
    let mut driver = cas();
    let started = driver.now;
    while driver.operation.next_timeout().is_some() {
        let refused = Promise {
            promised: false,
            ballot: driver.asked_ballot(2),
            accepted: None,
            committed: None,
        };
        driver.answer_to(2, Verb::PaxosPrepareReq, Payload::PaxosPrepareResponse(refused));
        driver.wait();
    }
    assert!(driver.now >= started + CAS_CONTENTION_TIMEOUT);
    assert_eq!(driver.outcome(), Some(Err(timeout(0, 2))));
}

#[test]
fn replicas_that_fail_to_promise_fail_the_update() {
    let mut driver = cas();
    driver.answer(2, Payload::Failure(FailureReason::Unknown));
    assert_eq!(driver.outcome(), None);
    driver.answer(3, Payload::Failure(FailureReason::Unknown));
    assert!(matches!(
        driver.outcome(),
        Some(Err(RequestError::WriteFailure {
            received: 0,
            required: 2,
            kind: WriteKind::Cas,
            ..
        }))
    ));
}

#[test]
fn a_commit_has_its_own_level() {
    let decided = |cluster: TestCluster, commit| {
        let mut driver = cas_at(&cluster, Serial, commit).evaluated();
        driver.proceed();
        driver.accept(2, true);
        driver.accept(3, true);
        driver
    };
    let mut driver = decided(TestCluster::simple(3, 3), Any);
    assert_eq!(
        driver.outcome(),
        Some(Ok(CasResult::Applied)),
        "it is decided: ANY waits for nobody"
    );
    let mut driver = decided(TestCluster::simple(3, 3), All);
    let started = driver.now;
    driver.wait();
    let timeout = RequestError::WriteTimeout {
        consistency: All,
        received: 0,
        required: 3,
        kind: WriteKind::Simple,
    };
    assert_eq!(driver.outcome(), Some(Err(timeout)));
    assert_eq!(driver.now, started + WRITE_REQUEST_TIMEOUT);
}

fn serial_read() -> Driver<SerialRead> {
    let request = ReadRequest {
        table: table(|params| params.speculative_retry = "NEVER".into()),
        command: read_command(ReadLimits::NONE),
        consistency: Serial,
        cause: None,
    };
    let (layout, latencies) = (TestCluster::simple(3, 3).layout(), TableLatencies::default());
    Driver::start(|now, out| SerialRead::start(request, subject(), layout, &latencies, &mut ballots(), now, out))
}

#[test]
fn a_serial_read_agrees_on_nothing_and_reads_a_quorum() {
    let mut driver = serial_read();
    driver.promise(1, None, None);
    driver.promise(3, None, None);
    let Payload::PaxosProposeRequest(empty) = driver.sent.last().unwrap().payload.clone() else {
        panic!("no proposal");
    };
    assert_eq!(empty.proposal.update, None);
    driver.accept(1, true);
    driver.accept(2, true);
    let found = partition(1, &[(1, Some("a"), 1)]);
    let same = Payload::ReadResponse(ReadResponse::Digest(digest(core::slice::from_ref(&found))));
    driver.answer_to(1, Verb::ReadReq, Payload::ReadResponse(ReadResponse::Data(vec![found])));
    driver.answer_to(2, Verb::ReadReq, same);
    assert_eq!(rows(&driver.outcome().unwrap().unwrap()), [(1, "a".to_string())]);
    assert!(driver.operation.is_finished());
}

#[test]
fn a_serial_read_that_cannot_decide_is_a_read_timeout() {
    let mut driver = serial_read();
    driver.promise(1, None, None);
    driver.wait();
    let timeout = RequestError::ReadTimeout {
        consistency: Serial,
        received: 0,
        required: 2,
        data_present: false,
    };
    assert_eq!(driver.outcome(), Some(Err(timeout)));
}
