//! A hub and its crews, with every message between them turned into bytes and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::base::{Duration, Seed, codec};
use crate::playground::Keep;
use crate::playground::api::{Command, Frame, NoticeKind, Rate, ShellEntry, ShellId};
use crate::playground::tests::eventful;
use crate::sim::ClusterConfig;
use crate::sim::toy::Toy;

const CARRIED_AT_ONCE: usize = 100;

#[derive(Default)]
struct Workers {
    hub: Hub,
    crews: Vec<Crew<Toy>>,
    frames: Vec<Frame>,
}

fn carried<T: Serialize + DeserializeOwned>(message: &T) -> T {
    codec::decode(&codec::encode(message)).unwrap()
}

impl Workers {
    fn begin(nodes: usize, rate: Rate) -> Workers {
        let mut workers = Workers::default();
        let config = Box::new(ClusterConfig::simple(Seed(5), nodes));
        workers.hub.hear_page(carried(&ToHub::Begin {
            config,
            rate,
            keep: Keep::No(None),
        }));
        workers
    }

    /// `real` time passes, in which so many messages are carried at most.
    fn go_on(&mut self, real: Duration) {
        self.hub.go_on(real);
        for _ in 0..CARRIED_AT_ONCE {
            for message in self.hub.take_outgoing() {
                match message {
                    Outgoing::ToPage(frame) => self.frames.push(carried(&*frame)),
                    Outgoing::Keep(kept) => panic!("a run in memory is to be kept: {kept:?}"),
                    Outgoing::ToCrew(crew, message) => {
                        self.crews.resize_with(self.crews.len().max(crew + 1), Crew::default);
                        if let Some(answer) = self.crews[crew].hear(carried(&message), 1000).unwrap() {
                            self.hub.hear_crew(crew, carried(&answer));
                        }
                    }
                }
            }
            self.hub.go_on(Duration::ZERO);
        }
    }

    fn frame(&mut self) -> Frame {
        self.hub.hear_page(ToHub::Frame);
        self.go_on(Duration::from_millis(16));
        self.frames.pop().unwrap()
    }

    fn frames_until(&mut self, done: impl Fn(&Frame) -> bool) -> Frame {
        for _ in 0..2000 {
            let frame = self.frame();
            if done(&frame) {
                return frame;
            }
        }
        panic!("it never came to that");
    }
}

#[test]
fn a_statement_goes_round_by_bytes() {
    let mut workers = Workers::begin(3, Rate::RealTime);
    workers.hub.hear_page(ToHub::Command(Command::Shell {
        shell: ShellId::FIRST,
        text: "one;\n".into(),
    }));
    let answered = |frame: &Frame| {
        let entries = frame.shells.iter().flat_map(|update| &update.entries);
        entries.into_iter().any(|entry| matches!(entry, ShellEntry::Summary(_)))
    };
    let frame = workers.frames_until(answered);
    assert_eq!(frame.statement.unwrap().statement, "one;");
    assert_eq!(workers.crews.len(), 3);
    let frame = workers.frames_until(|frame| frame.summary.memory_bytes > 0);
    assert_eq!(frame.summary.memory_bytes, 3000);
}

#[test]
fn packed_or_not_a_run_is_the_same() {
    let mut local = eventful();
    local.command(Command::Share);
    let link = local.frame().share.unwrap().unwrap().fragment;
    let mut workers = Workers::begin(3, Rate::RealTime);
    workers.hub.hear_page(ToHub::Command(Command::Load { link }));
    let frame = workers.frames_until(|frame| frame.summary.replayed.is_some());
    let replayed = frame.summary.replayed.unwrap();
    assert_eq!(replayed.as_recorded, Some(true));
    assert_eq!(replayed.history, local.playground().history().to_string());
    assert!(frame.notices.iter().all(|notice| notice.kind != NoticeKind::BadLink));
    assert_eq!(workers.crews.len(), 4);
}

#[test]
fn beyond_twelve_nodes_share_workers() {
    let mut workers = Workers::begin(30, Rate::Max);
    let frame = workers.frames_until(|frame| frame.nodes.len() == 30 && frame.summary.events > 1000);
    assert_eq!(workers.crews.len(), 12);
    assert!(frame.summary.memory_bytes <= 12_000);
}
