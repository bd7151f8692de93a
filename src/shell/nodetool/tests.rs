//! The commands' texts against Cassandra's. What a run makes up (loads, host ids, who is up) is read from the recorded text and
//! handed in; layout, order, shares and replicas are what is compared.

use uuid::Uuid;

use super::*;
use crate::base::SortedMap;
use crate::base::{Endpoint, HostId};
use crate::data::{CqlType, KeyspaceName, TableId, Token};
use crate::message::gossip::{ApplicationState, EndpointState, Generation, StateVersion, VersionedValue};
use crate::ring::{Location, NodeState, RingNode, Snitch, Topology};
use crate::schema::{
    ColumnKind, ColumnMetadata, KeyspaceMetadata, ReplicationParams, Schema, TableMetadata, TableParams,
};

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../../tests/", $name))
    };
}

const TOKENS_1: &str = golden!("golden-ring/tokens-1token.tsv");
const TOKENS_8: &str = golden!("golden-ring/tokens-8vnodes.tsv");
const TOKENS_MULTIDC: &str = golden!("golden-ring/tokens-multidc.tsv");

fn simple(factor: u32) -> ReplicationParams {
    ReplicationParams::Simple { factor }
}

fn network(factors: &[(&str, u32)]) -> ReplicationParams {
    ReplicationParams::NetworkTopology {
        factors: factors
            .iter()
            .map(|(name, factor)| (name.to_string(), *factor))
            .collect(),
    }
}

fn view(tokens: &str, keyspaces: &[(&str, ReplicationParams)]) -> ClusterView {
    let mut view = ClusterView {
        local: Endpoint::nth(1),
        cluster_name: "Test Cluster".into(),
        snitch: Snitch::Simple,
        dynamic_snitch: true,
        topology: Topology::default(),
        live: Default::default(),
        unreachable: Default::default(),
        gossip: Default::default(),
        phi: Default::default(),
        keyspaces: [
            ("system", ReplicationParams::Local),
            ("system_schema", ReplicationParams::Local),
            ("system_auth", simple(1)),
            ("system_distributed", simple(3)),
            ("system_traces", simple(2)),
        ]
        .iter()
        .chain(keyspaces)
        .map(|(name, params)| (KeyspaceName::from(*name), params.clone()))
        .collect(),
        schema_version: Uuid::nil(),
        schema: Vec::new(),
        info: InfoView::default(),
    };
    for line in tokens.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let tokens = fields[3].split(',').map(|it| Token(it.parse().unwrap())).collect();
        insert(
            &mut view,
            fields[0].parse().map(Endpoint).unwrap(),
            Location::new(fields[1], fields[2]),
            tokens,
        );
    }
    view
}

fn insert(view: &mut ClusterView, endpoint: Endpoint, location: Location, tokens: Vec<Token>) {
    let node = RingNode {
        host_id: HostId(Uuid::from_u128(endpoint.number().into())),
        location,
        state: NodeState::Normal,
        tokens,
    };
    view.topology.insert(endpoint, node);
    view.live.insert(endpoint);
    set(view, endpoint, ApplicationState::ReleaseVersion, "5.0.7");
}

fn set(view: &mut ClusterView, endpoint: Endpoint, name: ApplicationState, value: &str) {
    let state = view.gossip.entry(endpoint).or_insert(EndpointState {
        generation: Generation(1),
        heartbeat: StateVersion(1),
        states: SortedMap::new(),
    });
    let value = VersionedValue {
        value: value.to_string(),
        version: StateVersion(1),
    };
    state.states.insert(name, value);
}

/// The cluster of the lifecycle: four nodes of eight tokens, the fourth's read from when it had joined.
fn lifecycle() -> ClusterView {
    let mut view = view(TOKENS_8, &[("rf2", simple(2))]);
    let fourth = Endpoint("127.0.3.4".parse().unwrap());
    let ring = golden!("golden-nodetool/lifecycle/03-ring-joined.txt").lines();
    let tokens = ring.filter(|line| line.starts_with("127.0.3.4 "));
    let tokens = tokens.map(|line| Token(line.split_whitespace().last().unwrap().parse().unwrap()));
    insert(
        &mut view,
        fourth,
        Location::new("datacenter1", "rack1"),
        tokens.collect(),
    );
    view
}

/// Takes over from the lines of `status` and `ring` what only that run could know.
fn take_over(view: &mut ClusterView, recorded: &str) {
    for line in recorded.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_status_line = words
            .first()
            .is_some_and(|word| matches!(*word, "UN" | "UJ" | "UL" | "DN" | "DL"));
        if let (true, [letters, address, amount, unit, _, _, host_id, _]) = (is_status_line, &words[..]) {
            let endpoint = Endpoint(address.parse().unwrap());
            let mut node = view.topology.get(endpoint).unwrap().clone();
            node.host_id = HostId(host_id.parse().unwrap());
            node.state = match &letters[1..] {
                "J" => NodeState::Joining,
                "L" => NodeState::Leaving,
                _ => NodeState::Normal,
            };
            view.topology.insert(endpoint, node);
            take_over_load(view, endpoint, amount, unit, letters.starts_with('U'));
        } else if let [address, _, up @ ("Up" | "Down"), _, amount, unit, ..] = &words[..] {
            take_over_load(view, Endpoint(address.parse().unwrap()), amount, unit, *up == "Up");
        }
    }
    view.local = *view.live.first().unwrap();
    let own = view
        .said_by(view.local, ApplicationState::Load)
        .unwrap_or("0")
        .parse()
        .unwrap();
    view.info.load_bytes = own;
}

fn take_over_load(view: &mut ClusterView, endpoint: Endpoint, amount: &str, unit: &str, is_up: bool) {
    assert_eq!(unit, "KiB");
    let bytes = amount.parse::<f64>().unwrap() * 1024.0;
    set(view, endpoint, ApplicationState::Load, &bytes.to_string());
    view.live.remove(&endpoint);
    view.unreachable.remove(&endpoint);
    if is_up { &mut view.live } else { &mut view.unreachable }.insert(endpoint);
}

/// `(command, output)` of each command in a recorded file; what went to stderr and the exit status as the file shows them.
pub(super) fn commands(recorded: &str) -> Vec<(&str, String)> {
    let blocks = recorded.split("$ nodetool ").skip(1);
    blocks
        .map(|block| {
            block
                .split_once('\n')
                .map(|(command, rest)| (command, rest.to_string()))
                .unwrap()
        })
        .collect()
}

/// As the recorded files show a command's output; of a stack trace its first line.
pub(super) fn shown(output: &Output) -> String {
    let mut text = output.stdout.clone();
    if !output.stderr.is_empty() {
        text += &format!("[stderr]\n{}", output.stderr);
    }
    if output.exit_status != 0 {
        text += &format!("[exit status {}]", output.exit_status);
    }
    text
}

pub(super) fn assert_same(actual: &str, expected: &str) {
    let without_frames = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("\tat ") && !line.contains("[... cut ...]"));
        lines
            .map(|line| format!("{line}\n"))
            .collect::<String>()
            .trim_end()
            .to_string()
    };
    let (actual, expected) = (without_frames(actual), without_frames(expected));
    assert!(actual == expected, "expected:\n{expected}\nactual:\n{actual}");
}

fn check(mut view: ClusterView, recorded: &str) {
    take_over(&mut view, recorded);
    let commands = commands(recorded);
    assert!(!commands.is_empty());
    for (command, expected) in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let keyspace = words
            .last()
            .copied()
            .filter(|it| words.len() > 1 && !it.starts_with('-'));
        let output = match words[0] {
            "status" => status(&view, keyspace),
            "ring" => ring(&view, keyspace),
            other => panic!("no test of {other}"),
        };
        assert_same(&shown(&output), &expected);
    }
}

pub(super) fn shop() -> ClusterView {
    view(TOKENS_1, &[("shop", simple(3)), ("rf3", simple(3))])
}

fn rf123(tokens: &str) -> ClusterView {
    view(tokens, &[("rf1", simple(1)), ("rf2", simple(2)), ("rf3", simple(3))])
}

fn multidc() -> ClusterView {
    let keyspaces = [
        ("nts21", network(&[("dc1", 2), ("dc2", 1)])),
        ("nts32", network(&[("dc1", 3), ("dc2", 2)])),
        ("nts11", network(&[("dc1", 1), ("dc2", 1)])),
        ("nts20", network(&[("dc1", 2)])),
        ("simple3", simple(3)),
    ];
    let mut view = view(TOKENS_MULTIDC, &keyspaces);
    view.snitch = Snitch::GossipingPropertyFile;
    view
}

#[test]
fn status_is_cassandras() {
    check(shop(), golden!("golden-nodetool/status.txt"));
    check(shop(), golden!("golden-nodetool/status-keyspace.txt"));
    check(shop(), golden!("golden-nodetool/status-resolve-port.txt"));
    check(shop(), golden!("golden-nodetool/status-wrong-keyspace.txt"));
    check(shop(), golden!("golden-nodetool/lifecycle/status-one-down.txt"));
    check(rf123(TOKENS_8), golden!("golden-ring/nodetool-status-8vnodes.txt"));
    check(multidc(), golden!("golden-ring/nodetool-status-multidc.txt"));
}

#[test]
fn status_through_a_nodes_life_is_cassandras() {
    check(lifecycle(), golden!("golden-nodetool/lifecycle/02-status-joining.txt"));
    check(lifecycle(), golden!("golden-nodetool/lifecycle/03-status-joined.txt"));
    check(lifecycle(), golden!("golden-nodetool/lifecycle/04-status-leaving.txt"));
    check(lifecycle(), golden!("golden-nodetool/lifecycle/06-status-down.txt"));
    check(
        lifecycle(),
        golden!("golden-nodetool/lifecycle/07-status-during-removenode.txt"),
    );
}

#[test]
fn ring_is_cassandras() {
    check(shop(), golden!("golden-nodetool/ring.txt"));
    check(shop(), golden!("golden-nodetool/ring-keyspace.txt"));
    check(shop(), golden!("golden-nodetool/lifecycle/ring-one-down.txt"));
    check(lifecycle(), golden!("golden-nodetool/lifecycle/03-ring-joined.txt"));
    check(rf123(TOKENS_1), golden!("golden-ring/nodetool-ring-1token.txt"));
    check(rf123(TOKENS_8), golden!("golden-ring/nodetool-ring-8vnodes.txt"));
    check(multidc(), golden!("golden-ring/nodetool-ring-multidc.txt"));
}

#[test]
fn a_single_node_with_one_token_shows_it() {
    let mut view = shop();
    for n in [2, 3] {
        view.topology.remove(Endpoint(core::net::Ipv4Addr::new(127, 0, 3, n)));
    }
    let text = status(&view, None).stdout;
    assert!(text.contains(
        "--  Address    Load  Owns (effective)  Host ID                               Token                Rack"
    ));
    assert!(
        ring(&view, None)
            .stdout
            .contains("Token                                       \n\n127.0.3.1")
    );
}

#[test]
fn describering_is_cassandras() {
    for (mut view, recorded) in [
        (rf123(TOKENS_1), golden!("golden-ring/nodetool-describering-1token.txt")),
        (
            rf123(TOKENS_8),
            golden!("golden-ring/nodetool-describering-8vnodes.txt"),
        ),
        (multidc(), golden!("golden-ring/nodetool-describering-multidc.txt")),
        (shop(), golden!("golden-nodetool/describering.txt")),
        (shop(), golden!("golden-nodetool/describering-wrong.txt")),
    ] {
        let (command, expected) = &commands(recorded)[0];
        let version = expected.lines().next().unwrap().trim_start_matches("Schema Version:");
        view.schema_version = version.parse().unwrap();
        let keyspace = command.split_whitespace().last().unwrap();
        assert_same(&shown(&describe_ring(&view, keyspace)), expected);
    }
}

#[test]
fn describecluster_is_cassandras() {
    let alike = [("rf3", simple(3)), ("shop", simple(3))];
    let unlike = [
        ("rf3", simple(3)),
        ("shop", simple(3)),
        ("tr1", simple(1)),
        ("tr", simple(3)),
    ];
    let joining = || {
        let mut view = lifecycle();
        view.topology
            .set_state(Endpoint("127.0.3.4".parse().unwrap()), NodeState::Joining);
        view
    };
    let one_down = || {
        let mut view = view(TOKENS_1, &unlike);
        let third = Endpoint("127.0.3.3".parse().unwrap());
        view.live.remove(&third);
        view.unreachable.insert(third);
        view
    };
    for (mut view, recorded) in [
        (view(TOKENS_1, &alike), golden!("golden-nodetool/describecluster.txt")),
        (
            joining(),
            golden!("golden-nodetool/lifecycle/02-describecluster-joining.txt"),
        ),
        (
            one_down(),
            golden!("golden-nodetool/lifecycle/describecluster-one-down.txt"),
        ),
        (
            view(TOKENS_8, &[("rf2", simple(2))]),
            golden!("golden-nodetool/lifecycle/08-describecluster-after-assassinate.txt"),
        ),
        (multidc(), golden!("golden-ring/nodetool-describecluster-multidc.txt")),
    ] {
        let (_, expected) = &commands(recorded)[0];
        let mut lines = expected.lines().skip_while(|line| !line.contains("Schema versions"));
        let version = lines.nth(1).unwrap().trim().split(':').next().unwrap();
        view.schema_version = version.parse().unwrap();
        view.local = *view.live.first().unwrap();
        for endpoint in view.live.clone() {
            set(&mut view, endpoint, ApplicationState::Schema, version);
        }
        assert_same(&shown(&describe_cluster(&view)), expected);
    }
}

#[test]
fn gossipinfo_is_cassandras() {
    let names: SortedMap<&str, ApplicationState> = ApplicationState::ALL.iter().map(|it| (it.name(), *it)).collect();
    for recorded in [
        golden!("golden-nodetool/gossipinfo.txt"),
        golden!("golden-nodetool/lifecycle/02-gossipinfo-joining.txt"),
        golden!("golden-nodetool/lifecycle/07-gossipinfo-after-removenode.txt"),
        golden!("golden-nodetool/lifecycle/gossipinfo-one-down.txt"),
    ] {
        // What nodes of this kind never say is left out.
        let never_said = ["  RPC_ADDRESS:", "  INDEX_STATUS:"];
        let is_said = |line: &&str| !never_said.iter().any(|name| line.starts_with(name));
        let expected: String = recorded
            .lines()
            .skip(1)
            .filter(is_said)
            .map(|line| format!("{line}\n"))
            .collect();
        let mut view = shop();
        view.gossip.clear();
        let mut endpoint = view.local;
        for line in expected.lines() {
            let number = |text: &str| text.parse().unwrap();
            let mut parts = line.trim_start().splitn(3, ':');
            match (parts.next().unwrap(), parts.next(), parts.next()) {
                (address, None, None) if address.starts_with('/') => {
                    endpoint = Endpoint(address[1..].parse().unwrap());
                    let state = EndpointState {
                        generation: Generation(0),
                        heartbeat: StateVersion(0),
                        states: SortedMap::new(),
                    };
                    view.gossip.insert(endpoint, state);
                }
                ("generation", Some(it), _) => {
                    view.gossip.get_mut(&endpoint).unwrap().generation = Generation(number(it))
                }
                ("heartbeat", Some(it), _) => {
                    view.gossip.get_mut(&endpoint).unwrap().heartbeat = StateVersion(number(it))
                }
                (name, Some(version), Some(value)) => {
                    let value = VersionedValue {
                        value: value.to_string(),
                        version: StateVersion(number(version)),
                    };
                    view.gossip
                        .get_mut(&endpoint)
                        .unwrap()
                        .states
                        .insert(names[name], value);
                }
                _ => {}
            }
        }
        assert_same(&shown(&gossip_info(&view)), &expected);
    }
}

#[test]
fn failuredetector_is_cassandras() {
    for recorded in [
        golden!("golden-nodetool/failuredetector.txt"),
        golden!("golden-nodetool/lifecycle/06-failuredetector-down.txt"),
    ] {
        let (_, expected) = &commands(recorded)[0];
        let mut view = shop();
        for line in expected.lines().skip(1) {
            let (address, phi) = line.split_once(',').unwrap();
            view.phi
                .insert(Endpoint(address[1..].parse().unwrap()), phi.trim().parse().unwrap());
        }
        assert_same(&shown(&failure_detector(&view)), expected);
    }
}

#[test]
fn info_is_cassandras() {
    let mut view = shop();
    view.local = *view.live.first().unwrap();
    let local = view.local;
    set(
        &mut view,
        local,
        ApplicationState::HostId,
        "cfadc250-7f33-49ca-b0ca-5adbe3290c1b",
    );
    view.info = InfoView {
        gossip_active: true,
        native_transport_active: true,
        load_bytes: 271.94 * 1024.0,
        uncompressed_load_bytes: 325.28 * 1024.0,
        generation: 1_795_175_820,
        uptime_seconds: 282,
        heap_used_bytes: (301.48 * 1048576.0) as u64,
        heap_max_bytes: 640 << 20,
        key_cache: CacheView {
            entries: 115,
            bytes: (8.99 * 1024.0) as u64,
            capacity_bytes: 32 << 20,
            hits: 95,
            requests: 149,
            recent_hit_rate: Some(0.638),
            save_period_seconds: 14400,
        },
        counter_cache: CacheView {
            capacity_bytes: 16 << 20,
            save_period_seconds: 7200,
            ..CacheView::default()
        },
        network_cache_bytes: 8 << 20,
        network_cache_capacity_bytes: 40 << 20,
        ..InfoView::default()
    };
    let (_, expected) = &commands(golden!("golden-nodetool/info.txt"))[0];
    assert_same(&shown(&info(&view, false)), expected);
    let shape = |text: &str| text.lines().map(|line| line[..25].to_string()).collect::<Vec<_>>();
    let (_, with_tokens) = &commands(golden!("golden-nodetool/info-tokens.txt"))[0];
    assert_eq!(shape(&info(&view, true).stdout), shape(with_tokens));

    view.topology.set_state(local, NodeState::Joining);
    view.info.bootstrap = BootstrapState::InProgress;
    let (_, joining) = &commands(golden!("golden-nodetool/lifecycle/02-info-joining-node.txt"))[0];
    let token_on = |text: &str| {
        text.lines()
            .skip_while(|line| !line.starts_with("Token"))
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(token_on(&info(&view, false).stdout), token_on(joining));
}

#[test]
fn many_tokens_are_shown_when_asked_for() {
    let mut view = rf123(TOKENS_8);
    view.local = *view.live.first().unwrap();
    let hidden = info(&view, false).stdout;
    assert!(hidden.contains("Token                  : (invoke with -T/--tokens to see all 8 tokens)\n"));
    assert_eq!(info(&view, true).stdout.matches("\nToken  ").count(), 8);
}

#[test]
fn version_is_the_one_stood_in_for() {
    let (_, expected) = &commands(golden!("golden-nodetool/version.txt"))[0];
    assert_same(&shown(&version()), expected);
}

fn schema() -> Schema {
    let column = |name: &str, ty, kind, position| ColumnMetadata {
        name: name.into(),
        ty,
        kind,
        position,
        descending: false,
    };
    let table = |n: u128, name: &str, columns: Vec<ColumnMetadata>| {
        let id = TableId(Uuid::from_u128(n));
        TableMetadata::new(id, "shop".into(), name.into(), columns, TableParams::default())
    };
    let orders = table(
        1,
        "orders",
        vec![column("id", CqlType::Int, ColumnKind::PartitionKey, 0)],
    );
    let pairs = vec![
        column("a", CqlType::Int, ColumnKind::PartitionKey, 0),
        column("b", CqlType::Text, ColumnKind::PartitionKey, 1),
    ];
    let tables = [orders, table(2, "pairs", pairs)];
    let shop = KeyspaceMetadata {
        name: "shop".into(),
        replication: simple(3),
        durable_writes: true,
        tables: tables.into_iter().map(|it| (it.name.clone(), it.into())).collect(),
        types: SortedMap::new(),
    };
    Schema::new([shop], Uuid::nil())
}

#[test]
fn getendpoints_is_cassandras() {
    let schema = schema();
    for recorded in [
        golden!("golden-nodetool/getendpoints.txt"),
        golden!("golden-nodetool/getendpoints-wrong-key.txt"),
        golden!("golden-nodetool/getendpoints-wrong-keyspace.txt"),
        golden!("golden-nodetool/getendpoints-wrong-table.txt"),
    ] {
        let (command, expected) = &commands(recorded)[0];
        let [_, keyspace, table, key] = command.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{command}");
        };
        assert_same(&shown(&get_endpoints(&shop(), &schema, keyspace, table, key)), expected);
    }
    let of_two = get_endpoints(&shop(), &schema, "shop", "pairs", "7:seven");
    assert_eq!((of_two.stdout.lines().count(), of_two.exit_status), (3, 0));
    assert_eq!(get_endpoints(&shop(), &schema, "shop", "pairs", "7").exit_status, 2);
}
