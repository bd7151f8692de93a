//! Commands about the cluster and a node's place in it.

use super::command::{Entry, Tell, check, look};
use super::format::columns_apart;
use super::line::Arguments;
use super::{ClusterView, Output, java_order};
use crate::node::OperatorCall;
use crate::schema::Schema;

const fn shown(name: &'static str, most_words: usize, tell: fn(&Arguments, &ClusterView) -> Output) -> Entry {
    Entry {
        name,
        most_words,
        ask: look,
        tell: Tell::View(tell),
    }
}

pub(super) const COMMANDS: &[Entry] = &[
    shown("tpstats", 0, |_, view| super::tpstats::tpstats(view)),
    shown("proxyhistograms", 0, |_, view| {
        super::proxyhistograms::proxy_histograms(view)
    }),
    shown("status", 1, |given, view| super::status(view, given.word(0))),
    shown("ring", 1, |given, view| super::ring(view, given.word(0))),
    shown("describecluster", 0, |_, view| super::describe_cluster(view)),
    Entry {
        ask: |given| {
            check(!given.words.is_empty(), "Required parameters are missing: keyspace")?;
            look(given)
        },
        ..shown("describering", 1, |given, view| {
            super::describe_ring(view, given.word(0).unwrap_or_default())
        })
    },
    shown("gossipinfo", 0, |_, view| super::gossip_info(view)),
    shown("failuredetector", 0, |_, view| super::failure_detector(view)),
    Entry {
        ask: |given| {
            let message = "getendpoints requires keyspace, table and partition key arguments";
            check(given.words.len() == 3, message)?;
            Ok(OperatorCall::Look { schema: true })
        },
        ..shown("getendpoints", usize::MAX, |given, view| match &given.words[..] {
            [keyspace, table, key] => {
                let schema = Schema::new(view.schema.iter().cloned(), view.schema_version);
                super::get_endpoints(view, &schema, keyspace, table, key)
            }
            _ => Output::printed(""),
        })
    },
    shown("info", 0, |given, view| super::info(view, given.has("-T"))),
    shown("version", 0, |_, _| super::version()),
    shown("netstats", 0, |_, view| net_stats(view)),
    shown("getseeds", 0, |_, view| seeds(view, "Current list of seed node IPs")),
    shown("reloadseeds", 0, |_, view| seeds(view, "Updated seed node IP list")),
    shown("statusgossip", 0, |_, view| running(view.info.gossip_active)),
    shown("statusbinary", 0, |_, view| running(view.info.native_transport_active)),
    // There are no incremental backups.
    shown("statusbackup", 0, |_, _| running(false)),
    shown("join", 0, |_, _| {
        Output::bad_use("This node has already joined the ring.")
    }),
    Entry {
        ask: |given| {
            let message = "viewbuildstatus requires keyspace and view name arguments";
            check(view_name(&given.words).is_some(), message)?;
            look(given)
        },
        ..shown("viewbuildstatus", usize::MAX, |given, view| {
            let (keyspace, name) = view_name(&given.words).unwrap_or_default();
            view_build_status(view, keyspace, name)
        })
    },
];

fn running(is_running: bool) -> Output {
    Output::printed(if is_running { "running\n" } else { "not running\n" })
}

/// Those it would ask when it starts, but for itself.
fn seeds(view: &ClusterView, title: &str) -> Output {
    let others = view.info.seeds.iter().filter(|seed| **seed != view.local);
    let others: Vec<String> = others
        .map(|seed| format!("/{seed}:{}", super::view::STORAGE_PORT))
        .collect();
    Output::printed(match &others[..] {
        [] => "Seed node list does not contain any remote node IPs\n".to_owned(),
        others => format!("{title}, excluding the current node's IP: {}\n", others.join(" ")),
    })
}

/// Nothing is ever queued here for want of a connection, nor dropped by the sender, and reads are repaired before they are answered.
fn net_stats(view: &ClusterView) -> Output {
    let traffic = view.info.traffic;
    let mut text = format!(
        "Mode: {}\nNot sending any streams.\nRead Repair Statistics:\nAttempted: 0\nMismatch (Blocking): {}\n\
         Mismatch (Background): 0\n",
        view.info.mode, traffic.blocking_read_repairs
    );
    let mut line = |name: &str, active: &str, pending: &str, completed: &str, dropped: &str| {
        text += &format!("{name:<25}{active:>10}{pending:>10}{completed:>15}{dropped:>10}\n");
    };
    line("Pool Name", "Active", "Pending", "Completed", "Dropped");
    for (name, sent) in [
        ("Large messages", traffic.large_sent),
        ("Small messages", traffic.small_sent),
        ("Gossip messages", traffic.gossip_sent),
    ] {
        line(name, "n/a", "0", &sent.to_string(), "0");
    }
    Output::printed(text)
}

/// `KEYSPACE VIEW` or `KEYSPACE.VIEW`.
fn view_name(words: &[String]) -> Option<(&str, &str)> {
    match words {
        [keyspace, view] => Some((keyspace, view)),
        [both] => both.split_once('.').filter(|(_, view)| !view.contains('.')),
        _ => None,
    }
}

/// Of a view that no node has begun to build: there are no others.
fn view_build_status(view: &ClusterView, keyspace: &str, name: &str) -> Output {
    let mut hosts: Vec<String> = view.topology.nodes().map(|(node, _)| format!("/{node}")).collect();
    java_order::sort(&mut hosts, java_order::DEFAULT_CAPACITY, |host| {
        java_order::hash_of_text(host)
    });
    let mut rows = vec![vec!["Host".to_owned(), "Info".to_owned()]];
    rows.extend(hosts.into_iter().map(|host| vec![host, "UNKNOWN".to_owned()]));
    Output {
        exit_status: 1,
        ..Output::printed(format!(
            "{keyspace}.{name} has not finished building; node status is below.\n\n{}",
            columns_apart(&rows, " ")
        ))
    }
}
