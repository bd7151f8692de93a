//! What the simulator promises, tried on toy machines.

use super::toy::Toy;
use super::*;
use crate::base::{Duration, Endpoint, Instant, Seed};
use crate::data::ConsistencyLevel;
use crate::event::{DropReason, Event, What};
use crate::message::Envelope;
use crate::node::ClientRequest;

#[derive(Default)]
struct Notes {
    events: Vec<Event>,
    sent: usize,
}

impl Observer<Envelope> for Notes {
    fn event(&mut self, event: &Event) {
        self.events.push(event.clone());
    }

    fn sent(&mut self, at: Instant, _: &Envelope, verdict: Verdict) {
        self.sent += 1;
        if let Verdict::Arrives { at: arrival, .. } = verdict {
            assert!(arrival >= at + Latency::WITHIN_DATACENTER.least);
        }
    }

    fn answer(&mut self, _: Instant, _: Answer) {}
}

type ToyCluster = Cluster<Toy, Notes>;

fn rough(seed: u64) -> ClusterConfig {
    ClusterConfig {
        faults: LinkFaults {
            loss: Ppm::percent(5),
            duplication: Ppm::percent(5),
            reordering: Ppm::percent(5),
            ..LinkFaults::NONE
        },
        ..ClusterConfig::simple(Seed(seed), 5)
    }
}

fn request(cluster: &mut ToyCluster) -> ClientRequest {
    ClientRequest {
        id: cluster.next_request(),
        query: "SELECT".into(),
        form: Default::default(),
        keyspace: None,
        consistency: ConsistencyLevel::One,
        serial_consistency: ConsistencyLevel::Serial,
        page_size: None,
        paging_state: None,
        timestamp: None,
    }
}

/// A run with all that may happen, in which windows are cut after at most `slice`.
fn run(seed: u64, slice: Duration) -> ToyCluster {
    let mut cluster = ToyCluster::start(&rough(seed), Notes::default());
    let node = Endpoint::nth;
    let mut plan = vec![
        (300, Control::Kill(node(2))),
        (500, Control::Start(node(2))),
        (510, Control::Pause(node(3))),
        (700, Control::Resume(node(3))),
        (
            710,
            Control::SetLink {
                from: node(1),
                to: node(3),
                faults: LinkFaults::CUT,
            },
        ),
    ];
    plan.reverse();
    for step in 0..1000 {
        let at = Instant::from_micros(step * 1000);
        while cluster.now() < at {
            let bound = at.min(cluster.now() + slice);
            cluster.run_until(bound);
        }
        if let Some((_, control)) = plan.pop_if(|(millis, _)| *millis == step) {
            cluster.control(control);
        }
        if step % 50 == 0 {
            let request = request(&mut cluster);
            cluster.submit(at, node((step / 50 % 5) as u8 + 1), request);
        }
    }
    cluster
}

#[test]
fn a_seed_replays_and_another_differs() {
    let whole = Duration::from_secs(1);
    let (one, again, other) = (run(1, whole), run(1, whole), run(2, whole));
    assert_eq!(one.scheduler().history(), again.scheduler().history());
    assert_eq!(one.observer.events, again.observer.events);
    assert_ne!(one.scheduler().history(), other.scheduler().history());
    assert!(one.observer.events.len() > 500, "{}", one.observer.events.len());
}

#[test]
fn where_windows_end_changes_nothing() {
    for seed in 1..4 {
        let whole = run(seed, Duration::from_secs(1));
        for slice in [23, 399] {
            let sliced = run(seed, Duration::from_micros(slice));
            assert_eq!(whole.observer.events, sliced.observer.events, "slices of {slice} us");
            assert_eq!(whole.scheduler().history(), sliced.scheduler().history());
        }
    }
}

#[test]
fn events_are_in_order() {
    let cluster = run(3, Duration::from_secs(1));
    assert!(cluster.observer.events.is_sorted_by_key(|event| event.at));
    assert_eq!(cluster.scheduler().events(), cluster.observer.events.len() as u64);
}

#[test]
fn a_dead_node_hears_and_says_nothing() {
    let cluster = run(4, Duration::from_secs(1));
    let of = |node: u8, from: u64, to: u64| {
        let span = Instant::from_micros(from * 1000)..Instant::from_micros(to * 1000);
        let events = cluster.observer.events.iter();
        events.filter(move |event| event.node == Endpoint::nth(node) && span.contains(&event.at))
    };
    let [stopped] = &of(2, 300, 301).collect::<Vec<_>>()[..] else {
        panic!("one event at its death")
    };
    assert_eq!(stopped.what, What::NodeStopped { graceful: false });
    // Its own messages may still arrive or be lost at the door; it hears none.
    assert!(of(2, 301, 500).all(|event| matches!(event.what, What::MessageDropped { .. })));
    let refused = |event: &&Event| matches!(event.what, What::MessageDropped { to, reason: DropReason::ReceiverDown, .. } if to == Endpoint::nth(2));
    assert!(cluster.observer.events.iter().filter(refused).count() > 5);
    assert!(of(2, 500, 501).any(|event| matches!(event.what, What::NodeStarted { .. })));
}

#[test]
fn a_paused_node_catches_up() {
    let cluster = run(5, Duration::from_secs(1));
    let heard = |from: u64, to: u64| {
        let span = Instant::from_micros(from * 1000)..Instant::from_micros(to * 1000);
        let events = cluster.observer.events.iter();
        let own = events.filter(move |event| event.node == Endpoint::nth(3) && span.contains(&event.at));
        own.filter(|event| matches!(event.what, What::MessageReceived { .. }))
            .count()
    };
    assert_eq!(heard(511, 700), 0);
    assert!(heard(700, 710) > 5, "{}", heard(700, 710));
}

#[test]
fn a_busy_node_makes_messages_wait() {
    let mut cluster = ToyCluster::start(&ClusterConfig::simple(Seed(1), 3), Notes::default());
    for _ in 0..1000 {
        let request = request(&mut cluster);
        cluster.submit(Instant::ZERO, Endpoint::nth(1), request);
    }
    cluster.run_until(Instant::from_micros(1000));
    assert!(cluster.scheduler().queued(Endpoint::nth(1)) > 900);
    cluster.run_until(Instant::from_micros(500_000));
    let answers = cluster.answers();
    assert_eq!(answers.len(), 1000);
    // Each costs its coordinator two inputs, of 50 us each.
    assert!(answers.last().unwrap().0 >= Instant::from_micros(1000 * 2 * 50));
}

#[test]
fn a_broken_connection_is_told() {
    let mut cluster = ToyCluster::start(&ClusterConfig::simple(Seed(1), 3), Notes::default());
    let one = Endpoint::nth(1);
    let patience = Duration::from_secs(1);
    let first = request(&mut cluster);
    assert!(matches!(cluster.execute(one, first, patience), Some(Answer::Reply(_))));
    let second = request(&mut cluster);
    cluster.submit(cluster.now(), one, second.clone());
    cluster.run_for(Duration::from_micros(300));
    cluster.control(Control::Kill(one));
    let [(_, answer)] = &cluster.answers()[..] else {
        panic!("one answer")
    };
    assert_eq!(*answer, Answer::Disconnected(second.id));
    // And to a node that is down already.
    let third = request(&mut cluster);
    assert_eq!(
        cluster.execute(one, third.clone(), patience),
        Some(Answer::Disconnected(third.id))
    );
}

#[test]
fn a_newcomer_takes_part() {
    let mut cluster = ToyCluster::start(&ClusterConfig::simple(Seed(1), 2), Notes::default());
    cluster.run_for(Duration::from_millis(100));
    let place = ClusterConfig::simple(Seed(1), 1).nodes.remove(0);
    assert_eq!(cluster.join(&place), Some(Endpoint::nth(3)));
    cluster.run_for(Duration::from_millis(100));
    let heard = cluster
        .observer
        .events
        .iter()
        .filter(|event| event.node == Endpoint::nth(3));
    assert!(heard.count() > 5);
}
