use super::*;
use crate::playground::api::{Counts, NoticeKind, RunSummary, ShellEntry};

fn frame(run: u32) -> Frame {
    Frame {
        number: 1,
        run,
        now: Instant::ZERO,
        wall: crate::base::UnixMicros(0),
        rate: Rate::SlowMotion,
        speed: 0.0,
        paused: false,
        replaying: None,
        end: Instant::ZERO,
        nodes: Vec::new(),
        ranges: None,
        links: None,
        latencies: None,
        flights: Vec::new(),
        sent: Counts::default(),
        unlisted_flights: 0,
        log: Vec::new(),
        unlisted_log: 0,
        sentence: "Nothing happens.".into(),
        statement: None,
        shells: Vec::new(),
        notices: Vec::new(),
        watch: Watch::default(),
        node: None,
        inspected: None,
        brought: None,
        replicas: None,
        trace: None,
        timeline: None,
        completion: None,
        share: None,
        summary: RunSummary {
            keeping: Default::default(),
            config: None,
            commands: 0,
            events: 0,
            history: String::new(),
            replayed: None,
            memory_bytes: 0,
        },
    }
}

fn said(text: &str, busy: bool) -> ShellUpdate {
    ShellUpdate {
        shell: ShellId::FIRST,
        entries: vec![ShellEntry::Input {
            prompt: "cqlsh> ".into(),
            text: text.into(),
        }],
        prompt: "cqlsh> ".into(),
        coordinator: Endpoint::nth(1),
        consistency: ConsistencyLevel::One,
        serial_consistency: ConsistencyLevel::Serial,
        busy,
    }
}

fn after(actions: impl IntoIterator<Item = Action>) -> State {
    let mut state = State::default();
    actions.into_iter().for_each(|action| state.apply(action));
    state
}

#[test]
fn a_frame_that_changes_little_keeps_the_rest_as_it_is() {
    let mut state = after([Action::Frame(Box::new(frame(1)))]);
    let before = state.clone();
    state.apply(Action::Frame(Box::new(Frame {
        now: Instant::from_micros(9),
        number: 2,
        ..frame(1)
    })));
    assert!(state.cluster.nodes == before.cluster.nodes && state.flights == before.flights && state.log == before.log);
    assert!(
        state.transcript == before.transcript && state.session == before.session && state.sentence == before.sentence
    );
    assert_eq!(state.now, Instant::from_micros(9));
}

#[test]
fn the_shell_is_busy_from_sending_to_the_answer() {
    let mut state = after([Action::Frame(Box::new(frame(1))), Action::Sent]);
    state.apply(Action::Frame(Box::new(frame(1))));
    assert!(
        state.session.busy,
        "a frame on its way before the statement arrived says nothing of it"
    );
    state.apply(Action::Frame(Box::new(Frame {
        shells: vec![said("a;", false)],
        ..frame(1)
    })));
    assert!(!state.session.busy);
    assert_eq!(state.transcript.blocks().len(), 1);
}

#[test]
fn a_new_run_forgets_the_last_one_but_not_the_reader() {
    let first = Frame {
        shells: vec![said("a;", true)],
        ..frame(1)
    };
    let state = after([
        Action::Theme(Theme::Dark),
        Action::Frame(Box::new(first)),
        Action::Frame(Box::new(frame(2))),
    ]);
    assert!(state.transcript.is_empty() && !state.session.busy);
    assert_eq!(state.theme, Theme::Dark);
}

#[test]
fn only_what_is_open_is_watched() {
    let mut state = after([Action::Wide(true), Action::Tab(Tab::Node)]);
    assert_eq!(
        state.watch(),
        Watch {
            node: Some(Endpoint::nth(1)),
            inspect: Some(Inspect {
                node: Endpoint::nth(1),
                what: Subject::Storage
            }),
            ..Watch::default()
        }
    );
    state.apply(Action::Choose(Some(Endpoint::nth(2))));
    assert_eq!(state.watch().node, Some(Endpoint::nth(2)));
    state.apply(Action::Tab(Tab::Cluster));
    assert!(
        state.watch().timeline.is_some(),
        "beside the stage the drawer shows the timeline"
    );
    state.apply(Action::Wide(false));
    assert_eq!(state.watch(), Watch::default());
}

#[test]
fn a_script_waits_until_a_death_is_noticed_by_all() {
    let node = |n: u8, state, down_for: &[u8]| NodeSummary {
        endpoint: Endpoint::nth(n),
        datacenter: "dc1".into(),
        rack: "r1".into(),
        state,
        tokens: Vec::new(),
        down_for: down_for.iter().map(|n| Endpoint::nth(*n)).collect(),
        memtable_bytes: 0,
        commit_log_bytes: 0,
        hints: 0,
        queued: 0,
        pending_requests: 0,
    };
    let with = |down_for: &[u8], now| Frame {
        nodes: vec![
            node(1, NodeState::Up, &[]),
            node(2, NodeState::Up, &[]),
            node(3, NodeState::Down, down_for),
        ],
        now: Instant::from_micros(now),
        ..frame(1)
    };
    let mut state = after([Action::Frame(Box::new(with(&[], 0))), Action::Await(Endpoint::nth(3))]);
    assert!(!state.is_noticed());
    state.apply(Action::Frame(Box::new(with(&[2], 1))));
    assert!(!state.is_noticed());
    state.apply(Action::Frame(Box::new(with(&[1, 2], 2))));
    assert!(state.is_noticed());
    let late = 1 + LONGEST_NOTICE.as_micros() as u64;
    state.apply(Action::Frame(Box::new(with(&[], late))));
    assert!(state.is_noticed(), "it does not wait for ever");
    state.apply(Action::Played(None));
    assert!(!state.is_noticed());
}

#[test]
fn notices_are_few_and_can_be_dismissed() {
    let notice = |n: usize| {
        Action::Notice(Notice {
            kind: NoticeKind::Information,
            text: n.to_string(),
        })
    };
    let mut state = after((0..5).map(notice));
    assert_eq!(
        state.notices.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        [2, 3, 4]
    );
    state.apply(Action::Dismiss(3));
    assert_eq!(state.notices.len(), 2);
}
