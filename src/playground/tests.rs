//! What the playground promises, tried on toy nodes, which answer everything with nothing.

use super::api::*;
use super::*;
use crate::base::{Duration, Endpoint, Instant, RequestId, Seed};
use crate::shell::REQUEST_TIMEOUT;
use crate::sim::toy::Toy;
use crate::sim::{ClusterConfig, LinkFaults, Place};

pub type Toys = LocalPlayground<Toy>;

const PATIENCE: Duration = Duration::from_secs(60);

fn up(rate: Rate) -> Toys {
    let mut toys = Toys::new(ClusterConfig::simple(Seed(1), 3), rate);
    assert!(toys.run_until_idle(PATIENCE));
    toys
}

fn type_in(toys: &mut Toys, text: &str) {
    toys.command(Command::Shell {
        shell: ShellId::FIRST,
        text: text.into(),
    });
}

/// The first shell's text since the last frame, without the lines of facts.
fn transcript(frame: &Frame) -> String {
    let updates = frame.shells.iter().filter(|update| update.shell == ShellId::FIRST);
    let text = |entry: &ShellEntry| match entry {
        ShellEntry::Input { prompt, text } => format!("{prompt}{text}\n"),
        ShellEntry::Output(text) => text.clone(),
        ShellEntry::Summary(summary) => format!("({})\n", summary.statement),
        other => format!("{other:?}\n"),
    };
    updates.flat_map(|update| &update.entries).map(text).collect()
}

#[test]
fn what_is_typed_is_asked_in_turn_and_answered() {
    let mut toys = up(Rate::Max);
    type_in(&mut toys, "one;\ntwo;\n");
    assert!(toys.run_until_idle(PATIENCE));
    let frame = toys.frame();
    assert_eq!(transcript(&frame), "cqlsh> one;\ntwo;\n\n(one;)\n(two;)\n");
    let statement = frame.statement.unwrap();
    assert_eq!((statement.statement.as_str(), statement.messages), ("two;", 2));
    assert!(statement.took.unwrap() > Duration::from_millis(1));
}

#[test]
fn time_follows_the_rate() {
    let mut toys = up(Rate::RealTime);
    let start = toys.playground().now();
    toys.pump(Duration::from_millis(16));
    assert_eq!(toys.playground().now().since(start), Duration::from_millis(16));
    toys.command(Command::SetPaused(true));
    toys.pump(Duration::from_millis(16));
    assert_eq!(toys.playground().now().since(start), Duration::from_millis(16));
    toys.command(Command::Step);
    toys.pump(Duration::ZERO);
    let stepped = toys.playground().now();
    assert!(stepped.since(start) > Duration::from_millis(16));
    toys.pump(Duration::from_millis(16));
    assert_eq!(toys.playground().now(), stepped);
    let frame = toys.frame();
    assert!(frame.paused && frame.speed == 0.0);
}

#[test]
fn a_statement_is_slow_to_watch_and_idle_time_is_not() {
    let mut toys = up(Rate::SlowMotion);
    let idle = toys.playground().now();
    toys.pump(Duration::from_millis(100));
    assert_eq!(toys.playground().now().since(idle), Duration::from_millis(100));
    type_in(&mut toys, "one;\n");
    let mut real = Duration::ZERO;
    while !toys.playground().is_idle() {
        toys.pump(Duration::from_millis(16));
        real += Duration::from_millis(16);
        assert!(real < Duration::from_secs(10), "no answer after {real:?}");
    }
    // Client to coordinator, to its partner, back, and to the client: 1.2 ms and more, at half a second a hop of 0.5 ms.
    assert!(real > Duration::from_millis(1150), "{real:?}");
}

/// A run with everything in it.
pub fn eventful() -> Toys {
    let mut toys = up(Rate::Max);
    let node = Endpoint::nth;
    let place = Place {
        datacenter: "datacenter1".into(),
        rack: "rack1".into(),
    };
    let later = Duration::from_millis(7);
    let commands = [
        Command::Kill { node: node(2) },
        Command::Start { node: node(2) },
        Command::PauseNode { node: node(3) },
        Command::ResumeNode { node: node(3) },
        Command::SetLink {
            from: node(1),
            to: node(3),
            faults: LinkFaults::CUT,
        },
        Command::Restart {
            node: node(1),
            down_for: later,
        },
        Command::AddNode { place },
        Command::Connect {
            shell: ShellId::FIRST,
            node: node(2),
        },
    ];
    for command in commands {
        type_in(&mut toys, "some;\nmore;\n");
        let until = toys.playground().now() + Duration::from_micros(650);
        toys.run_until(until);
        toys.command(command);
        let until = toys.playground().now() + Duration::from_millis(20);
        toys.run_until(until);
    }
    assert!(toys.run_until_idle(PATIENCE));
    toys
}

#[test]
fn a_link_replays_the_run() {
    let mut toys = eventful();
    let (now, history) = (toys.playground().now(), toys.playground().history());
    let shown = transcript(&toys.frame());
    assert!(
        shown.contains("(some;)") && shown.contains("ConnectionShutdown"),
        "{shown}"
    );
    toys.command(Command::Share);
    let link = toys.frame().share.unwrap().unwrap().fragment;

    let mut fresh = up(Rate::RealTime);
    fresh.command(Command::Load { link });
    while !fresh.playground().is_settled() {
        fresh.run_window();
    }
    assert_eq!(fresh.playground().now(), now);
    assert_eq!(fresh.playground().history(), history);
    let frame = fresh.frame();
    let replayed = frame.summary.replayed.clone().unwrap();
    assert_eq!((replayed.as_recorded, replayed.until), (Some(true), now));
    assert_eq!(transcript(&frame), shown);
    assert_eq!((frame.run, frame.nodes.len(), frame.notices), (2, 4, vec![]));
}

#[test]
fn going_back_and_on_again_is_the_same_run() {
    let mut toys = eventful();
    let (end, history) = (toys.playground().now(), toys.playground().history());
    let middle = Instant::from_micros(end.as_micros() / 2);
    let reach = |toys: &mut Toys, to| {
        toys.command(Command::GoTo { to });
        while !toys.playground().is_settled() {
            toys.run_window();
        }
    };
    reach(&mut toys, middle);
    assert_eq!(toys.playground().now(), middle);
    let frame = toys.frame();
    assert!(frame.paused && frame.end == end);
    reach(&mut toys, end);
    assert_eq!(toys.playground().history(), history);
    // From the middle, another command makes it another run.
    reach(&mut toys, middle);
    toys.command(Command::Kill { node: Endpoint::nth(1) });
    assert_eq!(toys.frame().end, middle);
    reach(&mut toys, end);
    assert_ne!(toys.playground().history(), history);
}

#[test]
fn pacing_changes_nothing() {
    let fast = eventful();
    let log = fast.playground().recording();
    let slow = || {
        let mut slow = Toys::new(log.run.config.clone(), Rate::Custom(0.02));
        slow.playground.run.log = log.run.log.clone();
        while slow.playground().now() < log.until {
            slow.pump(Duration::from_millis(13));
        }
        slow
    };
    // Both stop just beyond the end, at the same moment only by luck: compare what came before.
    let slow = slow();
    let mut again = Toys::new(log.run.config.clone(), Rate::Max);
    again.playground.run.log = log.run.log.clone();
    again.command(Command::GoTo {
        to: slow.playground().now(),
    });
    while again.playground().now() < slow.playground().now() {
        again.run_window();
    }
    assert_eq!(again.playground().history(), slow.playground().history());
}

#[test]
fn bad_links_get_a_clear_message_and_a_fresh_cluster() {
    let mut toys = eventful();
    toys.command(Command::Load {
        link: "#run1.nonsense".into(),
    });
    assert!(toys.run_until_idle(PATIENCE));
    let frame = toys.frame();
    assert_eq!(frame.notices[0].kind, NoticeKind::BadLink);
    assert_eq!((frame.nodes.len(), frame.summary.commands), (3, 0));
    assert!(frame.summary.config.is_some() && frame.ranges.unwrap().len() == 24);
}

#[test]
fn commands_wait_for_the_cluster_and_too_many_are_refused() {
    let mut toys = Toys::new(ClusterConfig::simple(Seed(1), 3), Rate::Max);
    type_in(&mut toys, "early;\n");
    for _ in 0..2000 {
        toys.command(Command::Kill { node: Endpoint::nth(9) });
    }
    assert!(toys.run_until_idle(PATIENCE));
    let frame = toys.frame();
    assert!(transcript(&frame).starts_with("cqlsh> early;\n\n(early;)\n"));
    assert!(frame.notices.iter().all(|notice| notice.kind == NoticeKind::Refused));
    assert_eq!(frame.notices.len(), MAX_NOTICES);
}

#[test]
fn a_shell_gives_up_on_a_coordinator_that_stands_still() {
    let mut toys = up(Rate::Max);
    toys.command(Command::PauseNode { node: Endpoint::nth(1) });
    type_in(&mut toys, "one;\n");
    assert!(toys.run_until_idle(PATIENCE));
    let statement = toys.frame().statement.unwrap();
    assert_eq!(statement.took, Some(REQUEST_TIMEOUT));
    assert_eq!((statement.request, statement.outcome), (RequestId(1), None));
}

#[test]
fn a_trace_has_lanes_and_arrows() {
    let mut toys = up(Rate::Max);
    type_in(&mut toys, "one;\n");
    toys.run_until_idle(PATIENCE);
    toys.command(Command::Watch(Box::new(Watch {
        trace: Some(RequestId(1)),
        timeline: Some((Instant::ZERO, Instant::MAX)),
        node: Some(Endpoint::nth(2)),
        partition: None,
        inspect: None,
    })));
    let frame = toys.frame();
    let trace = frame.trace.unwrap();
    assert_eq!(trace.lanes[0], Endpoint::nth(1));
    assert_eq!((trace.lanes.len(), trace.arrows.len()), (2, 2));
    assert_eq!(trace.rows.len(), 2);
    assert!(trace.rows.iter().all(|row| row.arrow.is_some()));
    assert!(
        trace
            .arrows
            .iter()
            .all(|arrow| arrow.fate == Fate::Arrived && arrow.arrives_at <= trace.to)
    );
    assert!(frame.timeline.unwrap().arrows.len() > 2);
    assert_eq!(frame.node.unwrap().endpoint, Endpoint::nth(2));
}

#[test]
fn a_frame_survives_its_journey_to_the_page() {
    let mut toys = eventful();
    let frame = toys.frame();
    let bytes = crate::base::codec::encode(&frame);
    assert_eq!(crate::base::codec::decode::<Frame>(&bytes), Ok(frame));
}
