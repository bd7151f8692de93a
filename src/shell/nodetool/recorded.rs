//! Whole command lines against Cassandra's recorded answers: how they are read, what they ask, and what they print.

use super::tests::{assert_same, commands, shop, shown};
use super::{Begun, ClusterView, Output, begin, words};
use crate::base::{Duration, Endpoint, HostId};
use crate::node::{OperatorAnswer, OperatorCall, PendingHints, TrafficView};

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../../tests/golden-nodetool/", $name, ".txt"))
    };
}

/// A line's output, its question answered by a node of this view.
fn run(line: &str, view: &ClusterView) -> Output {
    match begin(words(line), Endpoint::nth(1)) {
        Begun::Said(output) => output,
        Begun::Asks { call, then, .. } => then.told(&match call {
            OperatorCall::Look { .. } => OperatorAnswer::View(Box::new(view.clone())),
            _ => OperatorAnswer::Done,
        }),
    }
}

fn check(view: &ClusterView, recorded: &str) {
    let commands = commands(recorded);
    assert!(!commands.is_empty());
    for (line, expected) in commands {
        assert_same(&shown(&run(line, view)), &expected);
    }
}

#[test]
fn help_is_cassandras() {
    for recorded in [
        golden!("help"),
        golden!("help-status"),
        golden!("help-repair"),
        golden!("help-getendpoints"),
        golden!("help-removenode"),
        golden!("help-version"),
        golden!("help-rebuild"),
    ] {
        check(&shop(), recorded);
    }
    assert_eq!(run("", &shop()), run("help", &shop()));
    assert_eq!(run("help frobnicate", &shop()).stdout, "Unknown command frobnicate\n");
}

#[test]
fn settings_are_cassandras() {
    let mut view = shop();
    view.info.max_hint_window = Duration::from_hours(3);
    for recorded in [
        golden!("gettimeout-cascontention"),
        golden!("gettimeout-counterwrite"),
        golden!("gettimeout-misc"),
        golden!("gettimeout-range"),
        golden!("gettimeout-read"),
        golden!("gettimeout-truncate"),
        golden!("gettimeout-write"),
        golden!("gettimeout-wrong"),
        golden!("getmaxhintwindow"),
        golden!("gettraceprobability"),
        golden!("settraceprobability"),
    ] {
        check(&view, recorded);
    }
}

#[test]
fn states_are_cassandras() {
    let mut view = shop();
    view.info.mode = "NORMAL".into();
    view.info.takes_hints = true;
    view.info.gossip_active = true;
    view.info.native_transport_active = true;
    view.info.seeds = vec![view.local];
    view.info.traffic = TrafficView {
        gossip_sent: 903,
        small_sent: 1013,
        large_sent: 2,
        blocking_read_repairs: 0,
    };
    for recorded in [
        golden!("statushandoff"),
        golden!("enablehandoff"),
        golden!("disablehandoff"),
        golden!("listpendinghints"),
        golden!("statusgossip"),
        golden!("statusbinary"),
        golden!("statusbackup"),
        golden!("getseeds"),
        golden!("netstats"),
        golden!("join-already"),
        golden!("viewbuildstatus-wrong"),
    ] {
        check(&view, recorded);
    }
    view.info.takes_hints = false;
    check(&view, golden!("statushandoff-off"));
}

#[test]
fn wrong_lines_are_told_in_cassandras_words() {
    for recorded in [
        golden!("unknown-command"),
        golden!("unknown-option"),
        golden!("missing-argument"),
    ] {
        check(&shop(), recorded);
    }
    for (line, message) in [
        ("version 1 2", "Found unexpected parameters: [1, 2]"),
        ("describering", "Required parameters are missing: keyspace"),
        (
            "setmaxhintwindow soon",
            "max_hint_window: can not convert \"soon\" to a Integer",
        ),
        ("settraceprobability 2", "Trace probability must be between 0 and 1"),
        ("toppartitions", "toppartitions is not supported: it is not built yet."),
    ] {
        let output = run(line, &shop());
        let expected = format!("nodetool: {message}\nSee 'nodetool help' or 'nodetool help <command>'.\n");
        assert_eq!((output.stdout, output.exit_status), (expected, 1), "{line}");
    }
}

#[test]
fn pending_hints_are_listed_by_host() {
    let mut view = shop();
    let (node, host) = view
        .topology
        .nodes()
        .nth(1)
        .map(|(node, ring)| (node, ring.host_id))
        .unwrap();
    view.info.pending_hints = vec![PendingHints {
        host,
        files: 2,
        oldest_millis: 1_795_175_820_007,
        newest_millis: 1_795_175_830_120,
    }];
    let HostId(id) = host;
    let expected = format!(
        "Host ID                              Address        Rack  DC          Status Total files Newest                  Oldest                 \n\
         {id} {node}:7000 rack1 datacenter1 UP     2           2026-11-20 11:57:10,120 2026-11-20 11:57:00,007\n"
    );
    assert_eq!(run("listpendinghints", &view).stdout, expected);
}
