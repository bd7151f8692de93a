//! Reads of ranges against replicas that answer as told.

use super::*;
use crate::coordinator::testing::{Driver, TestCluster, partition, read_command, rows, table};
use crate::data::ConsistencyLevel::{self, *};
use crate::data::{PartitionBound, ReadLimits, Token};
use crate::message::replica::ReadResponse;

/// Reads everything at most `limit` rows of it.
fn scan(cluster: &TestCluster, level: ConsistencyLevel, limit: u32, rows_per_range: f64) -> Driver<RangeRead> {
    let mut command = read_command(ReadLimits::rows(limit));
    command.partitions = PartitionSelection::Range(PartitionRange::full());
    let request = ReadRequest {
        table: table(|_| {}),
        command,
        consistency: level,
        cause: None,
    };
    let latencies = TableLatencies::default();
    Driver::start(|now, out| {
        cluster.with(|cluster| RangeRead::start(request, cluster, &latencies, rows_per_range, now, out))
    })
}

fn data(k: i32, values: &[(i32, Option<&str>, i64)]) -> Payload {
    Payload::RangeResponse(ReadResponse::Data(vec![partition(k, values)]))
}

fn nothing() -> Payload {
    Payload::RangeResponse(ReadResponse::Data(vec![]))
}

/// To whom a range was sent, and the token it ends with.
fn ranges(driver: &Driver<RangeRead>) -> Vec<(u8, i64)> {
    let range = |payload: &Payload| match payload {
        Payload::RangeRequest(request) => match &request.command.partitions {
            PartitionSelection::Range(range) => range.end.token().0,
            PartitionSelection::One(_) => panic!("a read of one partition"),
        },
        other => panic!("{other:?}"),
    };
    driver
        .sent
        .iter()
        .map(|it| (it.to.number(), range(&it.payload)))
        .collect()
}

#[test]
fn replicas_that_hold_everything_are_asked_once() {
    for (level, asked) in [(One, vec![1]), (Quorum, vec![1, 2]), (All, vec![1, 2, 3])] {
        let driver = scan(&TestCluster::simple(3, 3), level, u32::MAX, 0.0);
        assert_eq!(driver.asked(), asked, "{level}");
        assert_eq!(ranges(&driver)[0], (1, Token::MAX.0));
        assert!(driver.saw(|what| *what
            == What::RangeScanPlanned {
                ranges: 4,
                concurrency: 4,
                expected_tenths: 0,
            }));
        assert!(driver.saw(|what| *what == What::RangeSubmitted { requests: 1 }));
    }
}

#[test]
fn ranges_of_different_replicas_are_asked_apart_and_answered_in_order() {
    let mut driver = scan(&TestCluster::simple(4, 1), One, u32::MAX, 0.0);
    assert_eq!(
        ranges(&driver),
        [(1, 100), (2, 200), (3, 300), (4, 400), (1, Token::MAX.0)]
    );
    driver.answer(4, data(4, &[(1, Some("d"), 1)]));
    driver.answer(3, nothing());
    driver.answer(2, data(2, &[(1, Some("b"), 1), (2, Some("b"), 1)]));
    driver.answer(1, nothing());
    assert_eq!(driver.outcome(), None);
    driver.answer(1, data(1, &[(1, Some("a"), 1)]));
    let found = driver.outcome().unwrap().unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(rows(&found).iter().map(|(_, v)| v.as_str()).collect::<String>(), "bbda");
}

#[test]
fn no_more_is_asked_for_than_the_limit_seems_to_need() {
    let mut driver = scan(&TestCluster::simple(4, 1), One, 4, 4.0);
    assert_eq!(
        ranges(&driver),
        [(1, 100), (2, 200)],
        "four rows are not trusted to come from one range"
    );
    driver.answer(1, data(1, &[(1, Some("a"), 1)]));
    driver.answer(2, data(2, &[(1, Some("b"), 1)]));
    assert_eq!(
        ranges(&driver),
        [(3, 300), (4, 400)],
        "one row a range so far, two are missing"
    );
    driver.answer(3, data(3, &[(1, Some("c"), 1), (2, Some("c"), 1), (3, Some("c"), 1)]));
    let found = driver.outcome().unwrap().unwrap();
    assert_eq!(rows(&found).len(), 4);
    assert!(driver.operation.is_finished(), "the fourth range is not waited for");
}

#[test]
fn nothing_found_asks_for_all_the_rest() {
    let mut driver = scan(&TestCluster::simple(4, 1), One, 1, 2.0);
    assert_eq!(ranges(&driver), [(1, 100)]);
    driver.answer(1, nothing());
    assert_eq!(driver.asked(), [2, 3, 4, 1]);
}

#[test]
fn a_range_without_replicas_matters_when_it_is_reached() {
    let cluster = TestCluster::simple(4, 1).down([3]);
    let mut driver = scan(&cluster, One, 2, 1.5);
    driver.answer(1, data(1, &[(1, Some("a"), 1)]));
    driver.answer(2, data(2, &[(1, Some("b"), 1)]));
    assert_eq!(rows(&driver.outcome().unwrap().unwrap()).len(), 2);
    let mut driver = scan(&cluster, One, 3, 1.5);
    assert!(matches!(
        driver.outcome(),
        Some(Err(RequestError::Unavailable {
            required: 1,
            alive: 0,
            ..
        }))
    ));
}

#[test]
fn replicas_in_common_are_worth_a_merge_unless_they_are_far() {
    // Two of three copies: neighbours share one replica, which is enough for ONE but not for QUORUM.
    let cluster = TestCluster::simple(3, 2);
    assert_eq!(scan(&cluster, One, u32::MAX, 0.0).asked(), [2, 1]);
    assert_eq!(scan(&cluster, Quorum, u32::MAX, 0.0).sent.len(), 8);
    let far = TestCluster::datacenters(&[("dc1", 2), ("dc2", 2)]);
    assert_eq!(scan(&far, LocalQuorum, u32::MAX, 0.0).asked(), [1, 2]);
    assert_eq!(
        scan(&far, All, u32::MAX, 0.0).asked(),
        [1, 2, 3, 4],
        "they are asked anyway"
    );
}

#[test]
fn replicas_that_differ_are_merged_and_repaired_before_the_answer() {
    let mut driver = scan(&TestCluster::simple(3, 3), Quorum, u32::MAX, 0.0);
    driver.answer(1, data(1, &[(1, Some("old"), 1)]));
    driver.answer(2, data(1, &[(1, Some("new"), 2)]));
    assert_eq!(driver.outcome(), None);
    assert!(driver.saw(|what| *what == What::ReadRepairSent { to: Endpoint::nth(1) }));
    driver.answer(1, Payload::ReadRepairResponse);
    assert_eq!(rows(&driver.outcome().unwrap().unwrap()), [(1, "new".to_string())]);
}

#[test]
fn a_page_begins_where_the_last_ended() {
    let cluster = TestCluster::simple(4, 1);
    let mut command = read_command(ReadLimits::NONE);
    let start = PartitionBound::AfterToken(Token(250));
    let end = PartitionBound::AfterToken(Token(350));
    command.partitions = PartitionSelection::Range(PartitionRange { start, end });
    let request = ReadRequest {
        table: table(|_| {}),
        command,
        consistency: One,
        cause: None,
    };
    let latencies = TableLatencies::default();
    let driver =
        Driver::start(|now, out| cluster.with(|cluster| RangeRead::start(request, cluster, &latencies, 0.0, now, out)));
    assert_eq!(ranges(&driver), [(3, 300), (4, 350)]);
}

#[test]
fn who_does_not_answer_is_a_timeout() {
    let mut driver = scan(&TestCluster::simple(3, 3), All, u32::MAX, 0.0);
    let started = driver.now;
    driver.answer(2, nothing());
    driver.wait();
    assert_eq!(driver.now, started + RANGE_REQUEST_TIMEOUT);
    let timeout = RequestError::ReadTimeout {
        consistency: All,
        received: 1,
        required: 3,
        data_present: true,
    };
    assert_eq!(driver.outcome(), Some(Err(timeout)));
}
