//! Judges a run by what its clients saw: no acknowledged write is lost, conditional updates are linearizable, replicas converge.
//!
//! Knows operations with their starts and ends, nothing of the cluster. An operation whose end is not known may have happened
//! at any time after its start, or never.

use std::collections::BTreeMap;

use super::workload::{Action, Ending, Operation};
use crate::base::{Endpoint, Instant};
use crate::node::PartitionView;

/// What must not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("register {key}: a read begun at {start} found {found:?}, but {why} before it began")]
    Stale {
        key: i32,
        start: Instant,
        found: Option<i64>,
        why: String,
    },
    #[error("register {key}: a read that ended at {end} found {found}, which nobody could have written by then")]
    OutOfNowhere { key: i32, end: Instant, found: i64 },
    #[error("counter {key}: the step from {from} was acknowledged {times} times")]
    CountedTwice { key: i32, from: i64, times: usize },
    #[error("counter {key}: {what} begun at {start} saw {seen:?} after another operation had ended that saw {floor}")]
    CounterWentBack {
        key: i32,
        what: &'static str,
        start: Instant,
        seen: Option<i64>,
        floor: i64,
    },
    #[error("counter {key}: was seen at {seen} by {end}, but no step from {} may have been done by then", seen - 1)]
    CountedByNobody { key: i32, seen: i64, end: Instant },
    #[error("counter {key}: a step from {from} was refused because the counter was at {from}")]
    RefusedWrongly { key: i32, from: i64 },
    #[error("{table} {key}: replicas differ once all is healed: {replicas}")]
    Diverged {
        table: &'static str,
        key: i32,
        replicas: String,
    },
    #[error("{statement} on {coordinator} at {start}: {message}")]
    Rejected {
        statement: String,
        coordinator: Endpoint,
        start: Instant,
        message: String,
    },
    #[error("a node's disk failed: {0}")]
    Disk(String),
    #[error("healed, but {statement} fails: {ending}")]
    NotHealed { statement: String, ending: String },
}

/// All violations of a history.
pub fn check<'a>(operations: impl Iterator<Item = &'a Operation>) -> Vec<Violation> {
    let mut registers: BTreeMap<i32, Vec<&Operation>> = BTreeMap::new();
    let mut counters: BTreeMap<i32, Vec<&Operation>> = BTreeMap::new();
    let mut violations = Vec::new();
    for operation in operations {
        if let Some((_, Ending::Rejected(message))) = &operation.end {
            violations.push(Violation::Rejected {
                statement: operation.action.statement(),
                coordinator: operation.coordinator,
                start: operation.start,
                message: message.clone(),
            });
        }
        let (map, key) = match operation.action {
            Action::Write { key, .. } | Action::Delete { key } | Action::Read { key } => (&mut registers, key),
            Action::Increment { key, .. } | Action::ReadCounter { key } => (&mut counters, key),
        };
        map.entry(key).or_default().push(operation);
    }
    for (key, operations) in registers {
        check_register(key, &operations, &mut violations);
    }
    for (key, operations) in counters {
        check_counter(key, &operations, &mut violations);
    }
    violations
}

/// The lower bound that ended operations put on later ones: when, what, and why.
type Floor = (Instant, i64, String);

fn check_register(key: i32, operations: &[&Operation], violations: &mut Vec<Violation>) {
    let possible = |op: &&&Operation| !matches!(op.end, Some((_, Ending::Impossible)));
    let writes: BTreeMap<i64, &Operation> = operations
        .iter()
        .filter(possible)
        .filter_map(|op| match op.action {
            Action::Write { value, .. } => Some((value, *op)),
            _ => None,
        })
        .collect();
    let newest_delete = |by: Instant| {
        let deletes = operations.iter().filter(possible);
        let deletes = deletes.filter(|op| matches!(op.action, Action::Delete { .. }) && op.start <= by);
        deletes.map(|op| op.timestamp).max()
    };
    let mut floors: Vec<Floor> = Vec::new();
    let mut reads = Vec::new();
    for op in operations {
        match (&op.action, &op.end) {
            (Action::Write { value, .. }, Some((end, Ending::Acknowledged))) => {
                floors.push((
                    *end,
                    op.timestamp,
                    format!("the write of {value} was acknowledged at {end}"),
                ));
            }
            (Action::Delete { .. }, Some((end, Ending::Acknowledged))) => {
                let why = format!("a delete begun at {} was acknowledged at {end}", op.start);
                floors.push((*end, op.timestamp, why));
            }
            (Action::Read { .. }, Some((end, Ending::Found(found)))) => {
                let seen = match found {
                    Some(value) => match writes.get(value).filter(|write| write.start <= *end) {
                        None => {
                            violations.push(Violation::OutOfNowhere {
                                key,
                                end: *end,
                                found: *value,
                            });
                            continue;
                        }
                        Some(write) => {
                            let why = format!("the newer {value} was read at {end}");
                            floors.push((*end, write.timestamp, why));
                            Some(write.timestamp)
                        }
                    },
                    None => newest_delete(*end),
                };
                reads.push((op.start, *found, seen));
            }
            _ => {}
        }
    }
    for (start, found, seen) in reads {
        let before = floors.iter().filter(|(end, ..)| *end < start);
        if let Some((_, floor, why)) = before.max_by_key(|(_, timestamp, _)| *timestamp)
            && seen.is_none_or(|seen| seen < *floor)
        {
            let why = why.clone();
            violations.push(Violation::Stale { key, start, found, why });
        }
    }
}

/// Something that saw the counter: when it began and ended, what it was, what it saw, and what it left.
struct Sighting {
    start: Instant,
    end: Instant,
    what: &'static str,
    seen: Option<i64>,
    left: i64,
}

/// A counter that starts at 0 and only ever goes up by one is linearizable when nobody sees it go back, no step is done twice
/// and each step that was seen was asked for.
fn check_counter(key: i32, operations: &[&Operation], violations: &mut Vec<Violation>) {
    let mut sightings = Vec::new();
    let mut acknowledged: BTreeMap<i64, usize> = BTreeMap::new();
    // The first who may have done each step.
    let mut tried: BTreeMap<i64, Instant> = BTreeMap::new();
    for op in operations {
        if let (Action::Increment { from, .. }, None | Some((_, Ending::Acknowledged | Ending::Unknown))) =
            (op.action, &op.end)
        {
            let first = tried.entry(from).or_insert(op.start);
            *first = op.start.min(*first);
        }
        let Some((end, ending)) = &op.end else { continue };
        let (what, seen, left) = match (op.action, ending) {
            (Action::Increment { from, .. }, Ending::Acknowledged) => {
                *acknowledged.entry(from).or_default() += 1;
                ("a step", Some(from), from + 1)
            }
            (Action::Increment { from, .. }, Ending::Refused(seen)) => {
                if *seen == Some(from) {
                    violations.push(Violation::RefusedWrongly { key, from });
                }
                ("a refused step", *seen, seen.unwrap_or(-1))
            }
            (Action::ReadCounter { .. }, Ending::Found(seen)) => ("a read", *seen, seen.unwrap_or(-1)),
            _ => continue,
        };
        sightings.push(Sighting {
            start: op.start,
            end: *end,
            what,
            seen,
            left,
        });
    }
    for (from, times) in acknowledged.into_iter().filter(|(_, times)| *times > 1) {
        violations.push(Violation::CountedTwice { key, from, times });
    }
    for sighting in &sightings {
        let before = sightings.iter().filter(|other| other.end < sighting.start);
        let floor = before.map(|other| other.left).max().unwrap_or(0);
        let seen = sighting.seen.unwrap_or(-1);
        if seen < floor {
            violations.push(Violation::CounterWentBack {
                key,
                what: sighting.what,
                start: sighting.start,
                seen: sighting.seen,
                floor,
            });
        }
        if seen > 0 && tried.get(&(seen - 1)).is_none_or(|first| *first > sighting.end) {
            violations.push(Violation::CountedByNobody {
                key,
                seen,
                end: sighting.end,
            });
        }
    }
}

/// Whether all replicas of a partition hold the same.
pub fn check_replicas(
    table: &'static str,
    key: i32,
    replicas: &[(Endpoint, Option<PartitionView>)],
) -> Option<Violation> {
    let same = replicas.windows(2).all(|pair| pair[0].1 == pair[1].1);
    (!same).then(|| Violation::Diverged {
        table,
        key,
        replicas: format!("{replicas:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Instant {
        Instant::from_micros(micros)
    }

    fn op(action: Action, start: u64, end: u64, ending: Ending) -> Operation {
        Operation {
            action,
            coordinator: Endpoint::nth(1),
            start: at(start),
            timestamp: start as i64,
            end: Some((at(end), ending)),
        }
    }

    fn write(value: i64, start: u64, end: u64, ending: Ending) -> Operation {
        op(Action::Write { key: 1, value }, start, end, ending)
    }

    fn read(found: Option<i64>, start: u64, end: u64) -> Operation {
        op(Action::Read { key: 1 }, start, end, Ending::Found(found))
    }

    fn step(from: i64, start: u64, end: u64, ending: Ending) -> Operation {
        op(Action::Increment { key: 1, from }, start, end, ending)
    }

    fn count(seen: i64, start: u64, end: u64) -> Operation {
        op(Action::ReadCounter { key: 1 }, start, end, Ending::Found(Some(seen)))
    }

    fn verdict(operations: &[Operation]) -> Vec<Violation> {
        check(operations.iter())
    }

    #[test]
    fn a_read_may_find_what_is_under_way_and_must_find_what_was_acknowledged() {
        let first = write(1, 0, 10, Ending::Acknowledged);
        let unknown = write(2, 5, 40, Ending::Unknown);
        let fine = [
            first.clone(),
            unknown.clone(),
            read(Some(1), 20, 30),
            read(Some(2), 50, 60),
        ];
        assert_eq!(verdict(&fine), []);
        for wrong in [
            vec![first.clone(), read(None, 20, 30)],
            vec![first.clone(), read(Some(9), 20, 30)],
            vec![
                first.clone(),
                unknown.clone(),
                read(Some(2), 12, 14),
                read(Some(1), 20, 30),
            ],
            vec![write(1, 0, 10, Ending::Impossible), read(Some(1), 20, 30)],
            vec![write(1, 40, 50, Ending::Acknowledged), read(Some(1), 20, 30)],
        ] {
            assert_eq!(verdict(&wrong).len(), 1, "{wrong:?}");
        }
    }

    #[test]
    fn a_delete_explains_that_nothing_is_found_until_a_newer_write() {
        let delete = op(Action::Delete { key: 1 }, 12, 18, Ending::Unknown);
        let history = [write(1, 0, 10, Ending::Acknowledged), delete, read(None, 20, 30)];
        assert_eq!(verdict(&history), []);
        let mut again = history.to_vec();
        again.insert(2, write(2, 13, 19, Ending::Acknowledged));
        assert_eq!(verdict(&again).len(), 1);
    }

    #[test]
    fn steps_count_once_each_in_real_time_order() {
        let fine = [
            step(0, 0, 10, Ending::Acknowledged),
            step(1, 20, 30, Ending::Unknown),
            count(1, 31, 32),
            count(2, 40, 50),
            step(0, 60, 70, Ending::Refused(Some(2))),
        ];
        assert_eq!(verdict(&fine), []);
        let first = || step(0, 0, 10, Ending::Acknowledged);
        for wrong in [
            vec![first(), step(0, 5, 15, Ending::Acknowledged)],
            vec![first(), count(0, 20, 30)],
            vec![first(), count(2, 20, 30)],
            vec![step(0, 0, 10, Ending::Refused(Some(0)))],
            vec![step(0, 0, 10, Ending::Refused(Some(1)))],
        ] {
            assert_eq!(verdict(&wrong).len(), 1, "{wrong:?}");
        }
    }
}
