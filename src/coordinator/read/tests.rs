//! Reads of one partition against replicas that answer as told.

use super::*;
use crate::coordinator::testing::{Driver, TestCluster, partition, read_command, rows, table};
use crate::data::ReadLimits;
use crate::schema::TableParams;
use ConsistencyLevel::*;

struct Setup {
    cluster: TestCluster,
    consistency: ConsistencyLevel,
    limits: ReadLimits,
}

fn setup(consistency: ConsistencyLevel) -> Setup {
    Setup {
        cluster: TestCluster::simple(3, 3),
        consistency,
        limits: ReadLimits::NONE,
    }
}

impl Setup {
    fn limit(mut self, limit: u32) -> Setup {
        self.limits = ReadLimits::rows(limit);
        self
    }

    fn down(mut self, nodes: impl IntoIterator<Item = u8>) -> Setup {
        self.cluster = self.cluster.down(nodes);
        self
    }

    fn start(self, params: impl FnOnce(&mut TableParams)) -> Driver<Read> {
        let request = ReadRequest {
            table: table(params),
            command: read_command(self.limits),
            consistency: self.consistency,
            cause: None,
        };
        let latencies = TableLatencies::default();
        Driver::start(|now, out| Read::start(request, &self.cluster.layout(), &latencies, now, out))
    }
}

type Rows<'a> = &'a [(i32, Option<&'a str>, i64)];

fn data(rows: Rows) -> Payload {
    Payload::ReadResponse(ReadResponse::Data(vec![partition(1, rows)]))
}

fn digest_of(rows: Rows) -> Payload {
    Payload::ReadResponse(ReadResponse::Digest(digest(&[partition(1, rows)])))
}

fn found(driver: &mut Driver<Read>) -> Option<Vec<(i32, String)>> {
    driver
        .outcome()
        .map(|outcome| rows(&outcome.expect("the read succeeds")))
}

fn some(rows: &[(i32, &str)]) -> Option<Vec<(i32, String)>> {
    Some(rows.iter().map(|(c, v)| (*c, v.to_string())).collect())
}

/// To whom a read or a repair was sent, and what.
fn verbs(driver: &Driver<Read>) -> Vec<(u8, &'static str)> {
    let verb = |payload: &Payload| match payload {
        Payload::ReadRequest(request) if request.digest_only => "digest",
        Payload::ReadRequest(_) => "data",
        Payload::ReadRepairRequest(_) => "repair",
        _ => "other",
    };
    driver
        .sent
        .iter()
        .map(|it| (it.to.number(), verb(&it.payload)))
        .collect()
}

const OLD: Rows = &[(1, Some("old"), 1), (2, Some("same"), 1)];
const NEW: Rows = &[(1, Some("new"), 2), (2, Some("same"), 1)];

#[test]
fn each_level_asks_so_many_and_no_more() {
    for (level, asked) in [
        (One, vec![(1, "data")]),
        (LocalOne, vec![(1, "data")]),
        (Two, vec![(1, "data"), (2, "digest")]),
        (Quorum, vec![(1, "data"), (2, "digest")]),
        (EachQuorum, vec![(1, "data"), (2, "digest")]),
        (All, vec![(1, "data"), (2, "digest"), (3, "digest")]),
    ] {
        let mut driver = setup(level).start(|_| {});
        assert_eq!(verbs(&driver), asked, "{level}");
        for (n, verb) in asked {
            assert_eq!(driver.outcome(), None);
            driver.answer(n, if verb == "data" { data(OLD) } else { digest_of(OLD) });
        }
        assert_eq!(found(&mut driver), some(&[(1, "old"), (2, "same")]), "{level}");
        assert!(driver.operation.is_finished());
    }
}

#[test]
fn too_few_replicas_are_unavailable() {
    let mut driver = setup(Quorum).down([1, 2, 3]).start(|_| {});
    let unavailable = RequestError::Unavailable {
        consistency: Quorum,
        required: 2,
        alive: 1,
        shortage: crate::coordinator::Shortage::OfReplicas,
    };
    assert_eq!(
        driver.outcome(),
        Some(Err(unavailable)),
        "the coordinator itself is always up"
    );
    assert!(driver.asked().is_empty());
}

#[test]
fn a_mismatch_reads_all_data_and_repairs_who_lacks_some() {
    let mut driver = setup(Quorum).start(|_| {});
    driver.answer(2, digest_of(NEW));
    driver.answer(1, data(OLD));
    assert!(driver.saw(|what| matches!(what, What::DigestMismatch { .. })));
    assert_eq!(verbs(&driver), [(1, "data"), (2, "data")]);
    driver.answer(1, data(OLD));
    driver.answer(2, data(NEW));
    assert_eq!(verbs(&driver), [(1, "repair")]);
    let Payload::ReadRepairRequest(repair) = driver.sent[0].payload.clone() else {
        panic!("not a repair");
    };
    assert_eq!(
        repair.mutation.updates()[0].1,
        partition(1, &[(1, Some("new"), 2)]),
        "only what is missing"
    );
    assert_eq!(driver.outcome(), None, "the repair is waited for");
    driver.answer(1, Payload::ReadRepairResponse);
    assert_eq!(found(&mut driver), some(&[(1, "new"), (2, "same")]));
}

#[test]
fn each_may_lack_something_of_the_other() {
    let mut driver = setup(All).down([3]).start(|_| {});
    assert!(driver.outcome().is_some_and(|it| it.is_err()));
    let mut driver = setup(Two).start(|_| {});
    let (ours, theirs): (Rows, Rows) = (
        &[(1, Some("a"), 2), (2, Some("gone"), 1)],
        &[(2, None, 2), (3, Some("c"), 1)],
    );
    driver.answer(1, data(ours));
    driver.answer(2, digest_of(theirs));
    driver.answer(1, data(ours));
    driver.answer(2, data(theirs));
    assert_eq!(verbs(&driver), [(1, "repair"), (2, "repair")]);
    driver.answer(2, Payload::ReadRepairResponse);
    assert_eq!(driver.outcome(), None, "both have to know it all");
    driver.answer(1, Payload::ReadRepairResponse);
    assert_eq!(found(&mut driver), some(&[(1, "a"), (3, "c")]));
}

#[test]
fn a_table_without_read_repair_only_merges() {
    let mut driver = setup(Quorum).start(|params| params.read_repair = "NONE".into());
    driver.answer(1, data(OLD));
    driver.answer(2, digest_of(NEW));
    driver.answer(1, data(OLD));
    driver.answer(2, data(NEW));
    assert_eq!(found(&mut driver), some(&[(1, "new"), (2, "same")]));
    assert!(driver.asked().is_empty());
}

#[test]
fn a_repair_that_takes_long_goes_to_another_replica() {
    let mut driver = setup(Quorum).start(|params| {
        params.speculative_retry = "NEVER".into();
        params.additional_write_policy = "20ms".into();
    });
    driver.answer(1, data(NEW));
    driver.answer(2, digest_of(OLD));
    driver.answer(1, data(NEW));
    driver.answer(2, data(OLD));
    driver.wait();
    assert_eq!(verbs(&driver), [(2, "repair"), (3, "repair")]);
    driver.answer(3, Payload::ReadRepairResponse);
    assert_eq!(found(&mut driver), some(&[(1, "new"), (2, "same")]));
}

#[test]
fn a_repair_never_acknowledged_is_a_timeout_with_data() {
    let mut driver = setup(All).start(|_| {});
    driver.answer(1, data(NEW));
    driver.answer_all([2, 3], digest_of(OLD));
    driver.answer(1, data(NEW));
    driver.answer_all([2, 3], data(OLD));
    driver.answer(3, Payload::ReadRepairResponse);
    driver.wait();
    let timeout = RequestError::ReadTimeout {
        consistency: All,
        received: 1,
        required: 2,
        data_present: true,
    };
    assert_eq!(driver.outcome(), Some(Err(timeout)));
}

#[test]
fn answers_that_do_not_come_are_a_timeout() {
    let start = || setup(All).start(|params| params.speculative_retry = "NEVER".into());
    for (answers, received, data_present) in [(vec![], 0, false), (vec![2, 3], 2, false), (vec![1, 3], 2, true)] {
        let mut driver = start();
        let started = driver.now;
        for n in answers {
            driver.answer(n, if n == 1 { data(OLD) } else { digest_of(OLD) });
        }
        driver.wait();
        assert_eq!(driver.now, started + READ_REQUEST_TIMEOUT);
        let timeout = RequestError::ReadTimeout {
            consistency: All,
            received,
            required: 3,
            data_present,
        };
        assert_eq!(driver.outcome(), Some(Err(timeout)));
    }
}

#[test]
fn one_more_is_asked_when_it_takes_long() {
    let start = || setup(Quorum).start(|params| params.speculative_retry = "10ms".into());
    let mut without_data = start();
    without_data.answer(2, digest_of(OLD));
    without_data.wait();
    assert_eq!(verbs(&without_data), [(1, "data"), (3, "data")]);
    without_data.answer(3, data(OLD));
    assert_eq!(found(&mut without_data), some(&[(1, "old"), (2, "same")]));
    let mut with_data = start();
    with_data.answer(1, data(OLD));
    with_data.wait();
    assert_eq!(verbs(&with_data), [(2, "digest"), (3, "digest")]);
    assert!(with_data.saw(|what| *what == What::SpeculativeRetry { to: Endpoint::nth(3) }));
    let mut none_to_ask = setup(All).start(|params| params.speculative_retry = "10ms".into());
    none_to_ask.wait();
    assert!(none_to_ask.operation.is_finished(), "all were asked from the start");
    let always = setup(One).start(|params| params.speculative_retry = "ALWAYS".into());
    assert_eq!(verbs(&always), [(2, "data"), (1, "data")]);
}

#[test]
fn a_replica_that_cannot_answer_fails_the_read() {
    let mut driver = setup(Quorum).start(|_| {});
    driver.answer(1, data(OLD));
    driver.answer(2, Payload::Failure(FailureReason::ReadTooManyTombstones));
    let failure = RequestError::ReadFailure {
        consistency: Quorum,
        received: 1,
        required: 2,
        failures: [(Endpoint::nth(2), FailureReason::ReadTooManyTombstones)]
            .into_iter()
            .collect(),
        data_present: true,
    };
    assert_eq!(
        failure.to_string(),
        "Operation failed - received 1 responses and 1 failures: READ_TOO_MANY_TOMBSTONES from /127.0.0.2:7000"
    );
    assert_eq!(driver.outcome(), Some(Err(failure)));
}

#[test]
fn a_short_read_is_read_on() {
    let mut driver = setup(Quorum).limit(1).start(|_| {});
    // The first replica stops at its first live row, which the second knows to be deleted.
    let (ours, theirs): (Rows, Rows) = (&[(1, Some("gone"), 1)], &[(1, None, 2), (3, Some("c"), 1)]);
    driver.answer(1, data(ours));
    driver.answer(2, digest_of(theirs));
    driver.answer(1, data(ours));
    driver.answer(2, data(theirs));
    assert_eq!(driver.asked(), [1], "it may hold rows before the other's third");
    driver.answer(1, data(&[(2, Some("b"), 1)]));
    assert_eq!(verbs(&driver), [(1, "repair"), (2, "repair")]);
    driver.answer_all([1, 2], Payload::ReadRepairResponse);
    assert_eq!(found(&mut driver), some(&[(2, "b")]));
}
