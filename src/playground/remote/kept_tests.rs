//! A run that is kept, with real nodes: closed, killed, opened again.

use super::*;
use crate::base::{Duration, Endpoint, Instant, Random, Seed, SortedMap};
use crate::node::Node;
use crate::playground::Keep;
use crate::playground::api::{Command, Frame, Keeping, Rate, ShellId};
use crate::sim::{ClusterConfig, NodeDisk, Place};
use crate::storage::PackedDisk;
use crate::storage::disk::packed::crash::{Death, Machine};

/// What outlives a tab.
#[derive(Default)]
struct Computer {
    hub: Machine,
    disks: SortedMap<Endpoint, Machine>,
}

impl Computer {
    fn killed(&mut self, seed: u64) {
        let mut random = Random::stream(Seed(seed), "death");
        self.disks
            .values()
            .chain([&self.hub])
            .for_each(|machine| machine.revive(Death::Power, &mut random));
    }
}

struct Tab<'a> {
    computer: &'a mut Computer,
    hub: Hub,
    crews: Vec<Crew<Node>>,
    file: KeptFile,
    frames: Vec<Frame>,
    /// All that the shell has said.
    said: String,
}

impl<'a> Tab<'a> {
    fn open(computer: &'a mut Computer) -> Tab<'a> {
        let (file, found) = KeptFile::open(computer.hub.files().data).unwrap();
        let keep = match found {
            Found::Nothing => Keep::Fresh(9),
            Found::Kept(kept) => Keep::On(kept),
            Found::Other => Keep::Unread(9),
        };
        let mut hub = Hub::default();
        let config = Box::new(ClusterConfig::simple(Seed(5), 3));
        let rate = Rate::RealTime;
        hub.hear_page(ToHub::Begin { config, rate, keep });
        Tab {
            computer,
            hub,
            crews: Vec::new(),
            file,
            frames: Vec::new(),
            said: String::new(),
        }
    }

    fn go_on(&mut self, real: Duration) {
        self.hub.go_on(real);
        for _ in 0..50 {
            for message in self.hub.take_outgoing() {
                self.carry(message);
            }
            self.hub.go_on(Duration::ZERO);
        }
    }

    fn carry(&mut self, message: Outgoing) {
        match message {
            Outgoing::ToPage(frame) => {
                self.said += &format!("{:?}", frame.shells);
                self.frames.push(*frame);
            }
            Outgoing::Keep(kept) => self.file.save(&kept).unwrap(),
            Outgoing::ToCrew(
                crew,
                ToCrew::Add {
                    config,
                    service_time,
                    disk: Some(tag),
                },
            ) => {
                let machine = self.computer.disks.entry(config.endpoint).or_default();
                let disk = PackedDisk::open(machine.files(), tag).unwrap();
                self.crew(crew).add(*config, service_time, NodeDisk::Packed(disk));
            }
            Outgoing::ToCrew(crew, message) => {
                if let Some(answer) = self.crew(crew).hear(message, 0).unwrap() {
                    self.hub.hear_crew(crew, answer);
                }
            }
        }
    }

    /// Started when it is first spoken to.
    fn crew(&mut self, number: usize) -> &mut Crew<Node> {
        self.crews.resize_with(self.crews.len().max(number + 1), Crew::default);
        &mut self.crews[number]
    }

    fn frame(&mut self) -> Frame {
        self.hub.hear_page(ToHub::Frame);
        self.go_on(Duration::from_millis(16));
        self.frames.pop().unwrap()
    }

    fn until(&mut self, done: impl Fn(&Frame, &str) -> bool) -> Frame {
        for _ in 0..3000 {
            let frame = self.frame();
            if done(&frame, &self.said) {
                return frame;
            }
        }
        panic!("it never came to that: {}", self.said);
    }

    fn say(&mut self, command: Command) {
        self.hub.hear_page(ToHub::Command(command));
    }

    /// Types and waits until all of `expected` was said since.
    fn ask(&mut self, text: &str, expected: &str) -> Frame {
        self.said.clear();
        self.say(Command::Shell {
            shell: ShellId::FIRST,
            text: text.into(),
        });
        self.until(|_, said| said.contains(expected))
    }

    fn up(&mut self) -> Frame {
        self.until(|frame, _| frame.now > Instant::ZERO && frame.nodes.iter().all(|node| node.down_for.is_empty()))
    }
}

const SCHEMA: &str = "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};\n\
    CREATE TABLE ks.t (id int PRIMARY KEY, v text);\n";

fn place() -> Place {
    Place {
        datacenter: "datacenter1".into(),
        rack: "rack2".into(),
    }
}

fn refused(frame: &Frame, what: &str) -> bool {
    frame.notices.iter().any(|notice| notice.text.contains(what))
}

#[test]
fn a_cluster_goes_on_where_it_stood() {
    let mut computer = Computer::default();
    let mut tab = Tab::open(&mut computer);
    assert_eq!(tab.up().summary.keeping, Keeping::Kept);
    tab.ask(
        &format!("{SCHEMA}INSERT INTO ks.t (id, v) VALUES (1, 'one');\nSELECT * FROM ks.t;\n"),
        "(1 rows)",
    );
    tab.say(Command::AddNode { place: place() });
    let before = tab.until(|frame, _| frame.nodes.len() == 4).now;
    drop(tab);
    computer.killed(1);

    let mut tab = Tab::open(&mut computer);
    let frame = tab.up();
    assert_eq!((frame.summary.keeping, frame.nodes.len()), (Keeping::Continued, 4));
    assert!(frame.now >= before, "{} after {before}", frame.now);
    assert!(
        frame.now < before + Duration::from_secs(15),
        "{} after {before}",
        frame.now
    );
    tab.ask("SELECT * FROM ks.t;\n", "  1 | one");
    // Its past is not known any more.
    tab.say(Command::GoTo { to: Instant::ZERO });
    tab.until(|frame, _| refused(frame, "cannot be replayed"));
    tab.say(Command::Share);
    let share = tab.until(|frame, _| frame.share.is_some()).share.unwrap();
    assert!(share.unwrap_err().contains("goes on from what this browser keeps"));

    // Emptied, there is nothing of it, then and later.
    tab.say(Command::NewRun { config: None });
    let frame = tab.until(|frame, _| frame.summary.keeping == Keeping::Kept && frame.now > Instant::ZERO);
    assert_eq!(frame.nodes.len(), 3);
    tab.up();
    tab.ask("DESCRIBE KEYSPACES;\n", "system_views");
    assert!(!tab.said.contains("ks"), "{}", tab.said);
    drop(tab);
    computer.killed(2);
    let mut tab = Tab::open(&mut computer);
    assert_eq!(tab.up().summary.keeping, Keeping::Continued);
    tab.ask("SELECT * FROM ks.t;\n", "does not exist");
}

#[test]
fn looking_back_and_links_leave_what_is_kept() {
    let mut computer = Computer::default();
    let mut tab = Tab::open(&mut computer);
    tab.up();
    tab.ask(&format!("{SCHEMA}SELECT * FROM ks.t;\n"), "(0 rows)");
    tab.say(Command::Share);
    let link = tab.until(|frame, _| frame.share.is_some()).share.unwrap().unwrap();
    tab.ask(
        "INSERT INTO ks.t (id, v) VALUES (1, 'one');\nSELECT * FROM ks.t;\n",
        "(1 rows)",
    );
    // The run is the same in memory as it was on its disks.
    tab.say(Command::Load { link: link.fragment });
    let frame = tab.until(|frame, _| frame.summary.replayed.is_some());
    assert_eq!(frame.summary.replayed.unwrap().as_recorded, Some(true));
    assert_eq!(frame.summary.keeping, Keeping::Memory);
    tab.ask("DROP TABLE ks.t;\nSELECT * FROM ks.t;\n", "does not exist");
    drop(tab);

    let mut tab = Tab::open(&mut computer);
    tab.up();
    tab.ask("SELECT * FROM ks.t;\n", "  1 | one");
    drop(tab);

    // The same for the past of a run that began in this tab.
    let mut computer = Computer::default();
    let mut tab = Tab::open(&mut computer);
    tab.up();
    let early = tab.frame().now;
    tab.ask(&format!("{SCHEMA}SELECT * FROM ks.t;\n"), "(0 rows)");
    tab.say(Command::GoTo { to: early });
    let frame = tab.until(|frame, _| refused(frame, "replay in memory"));
    assert_eq!(frame.summary.keeping, Keeping::Memory);
    // A node that joins there is gone when one looks back once more.
    tab.say(Command::SetPaused(false));
    tab.say(Command::AddNode { place: place() });
    tab.until(|frame, _| frame.nodes.len() == 4);
    tab.say(Command::GoTo { to: early });
    tab.until(|frame, _| frame.nodes.len() == 3);
    drop(tab);
    let mut tab = Tab::open(&mut computer);
    tab.up();
    tab.ask("SELECT * FROM ks.t;\n", "(0 rows)");
}

/// The power goes at a random operation of a node's disk while rows are written; what was acknowledged is there.
#[test]
fn no_acknowledged_row_is_lost_however_often_it_is_killed() {
    let mut computer = Computer::default();
    let mut random = Random::stream(Seed(1), "kills");
    let mut tab = Tab::open(&mut computer);
    tab.up();
    tab.ask(&format!("{SCHEMA}SELECT * FROM ks.t;\n"), "(0 rows)");
    drop(tab);
    let (mut acknowledged, mut now) = (0, Instant::ZERO);
    for round in 0..8 {
        let mut tab = Tab::open(&mut computer);
        let frame = tab.up();
        assert!(frame.now >= now);
        let found = tab.ask("CONSISTENCY QUORUM\nSELECT count(*) FROM ks.t;\n", "(1 rows)");
        assert!(found.now >= now);
        let rows: String = tab.said.rsplit_once("-\\n").unwrap().1.chars().take(12).collect();
        let rows: u64 = rows
            .trim()
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(rows >= acknowledged, "{rows} rows of {acknowledged} in round {round}");
        acknowledged = rows;
        // All of them die at once, in the middle of something.
        for _ in 0..random.below(6) {
            let id = acknowledged;
            let row = format!("INSERT INTO ks.t (id, v) VALUES ({id}, 'x');\nSELECT id FROM ks.t WHERE id = {id};\n");
            now = tab.ask(&row, "(1 rows)").now;
            acknowledged += 1;
        }
        let script: String = (0..20)
            .map(|n| format!("INSERT INTO ks.t (id, v) VALUES ({}, 'x');\n", acknowledged + n))
            .collect();
        tab.said.clear();
        tab.say(Command::Shell {
            shell: ShellId::FIRST,
            text: script,
        });
        for _ in 0..random.below(4) {
            now = tab.frame().now;
        }
        drop(tab);
        computer.killed(round);
    }
}
