//! `nodetool describecluster`: the cluster in numbers, its schema versions and keyspaces.

use super::java_order;
use super::ownership::{Ownership, effective_ownership};
use super::view::STORAGE_PORT;
use super::{ClusterView, Output};
use crate::base::{Endpoint, SortedMap, SortedSet};
use crate::data::Partitioner;
use crate::message::gossip::ApplicationState;
use crate::ring::NodeState;
use crate::schema::ReplicationParams;

pub fn describe_cluster(view: &ClusterView) -> Output {
    let mut text = format!(
        "Cluster Information:\n\tName: {}\n\tSnitch: {}\n\tDynamicEndPointSnitch: {}\n\tPartitioner: {}\n\tSchema versions:\n",
        view.cluster_name,
        view.snitch.class_name(),
        if view.dynamic_snitch { "enabled" } else { "disabled" },
        Partitioner::Murmur3.class_name(),
    );
    for (version, endpoints) in schema_versions(view) {
        text += &format!("\t\t{version}: [{}]\n\n", join(endpoints, ""));
    }
    let in_state = |state| view.topology.nodes().filter(|(_, node)| node.state == state).count();
    text += &format!(
        "Stats for all nodes:\n\tLive: {}\n\tJoining: {}\n\tMoving: 0\n\tLeaving: {}\n\tUnreachable: {}\n\n",
        view.live.len(),
        in_state(NodeState::Joining),
        in_state(NodeState::Leaving),
        view.unreachable.len(),
    );
    text += "Data Centers: \n";
    for (datacenter, nodes) in view.nodes_by_datacenter() {
        let down = nodes.iter().filter(|node| view.unreachable.contains(node)).count();
        text += &format!("\t{datacenter} #Nodes: {} #Down: {down}\n", nodes.len());
    }
    text += "\nDatabase versions:\n";
    for (version, endpoints) in database_versions(view) {
        text += &format!("\t{version}: [{}]\n\n", join(endpoints, &format!(":{STORAGE_PORT}")));
    }
    text += "Keyspaces:\n";
    for (name, params) in in_tool_order(view) {
        text += &format!("\t{name} -> Replication class: {}\n", replication(params));
    }
    if let Ownership::Unknown(note) = effective_ownership(view, None) {
        text += &format!("\nNote: {note}\n");
    }
    Output::printed(text)
}

fn join(endpoints: impl IntoIterator<Item = Endpoint>, port: &str) -> String {
    let texts: Vec<String> = endpoints.into_iter().map(|it| format!("{it}{port}")).collect();
    texts.join(", ")
}

/// Who has which schema, and who cannot be asked.
fn schema_versions(view: &ClusterView) -> Vec<(String, Vec<Endpoint>)> {
    let mut versions: SortedMap<String, Vec<Endpoint>> = SortedMap::new();
    for &endpoint in &view.live {
        let said = view.said_by(endpoint, ApplicationState::Schema);
        let version = match said {
            _ if endpoint == view.local => view.schema_version.to_string(),
            Some(version) => version.to_string(),
            None => continue,
        };
        versions.entry(version).or_default().push(endpoint);
    }
    let unreachable: Vec<Endpoint> = view.unreachable.iter().copied().collect();
    let mut versions: Vec<_> = versions.into_iter().collect();
    if !unreachable.is_empty() {
        versions.push(("UNREACHABLE".to_string(), unreachable));
    }
    versions
}

fn database_versions(view: &ClusterView) -> SortedMap<&str, Vec<Endpoint>> {
    let mut versions: SortedMap<&str, Vec<Endpoint>> = SortedMap::new();
    for &endpoint in &view
        .live
        .iter()
        .chain(&view.unreachable)
        .copied()
        .collect::<SortedSet<_>>()
    {
        if let Some(version) = view.said_by(endpoint, ApplicationState::ReleaseVersion) {
            versions.entry(version).or_default().push(endpoint);
        }
    }
    versions
}

/// The replicated system keyspaces first, then the users', then those that are each node's own.
fn in_tool_order(view: &ClusterView) -> Vec<(&str, &ReplicationParams)> {
    let first = ["system_traces", "system_distributed", "system_auth"];
    let last = ["system_schema", "system"];
    let found = |name: &'static str| view.keyspace(name).map(|params| (name, params));
    let users = view.keyspaces.iter().map(|(name, params)| (&**name, params));
    let users = users.filter(|(name, _)| !first.contains(name) && !last.contains(name));
    let before = first.into_iter().filter_map(found);
    before.chain(users).chain(last.into_iter().filter_map(found)).collect()
}

fn replication(params: &ReplicationParams) -> String {
    match params {
        ReplicationParams::Local => "LocalStrategy {}".to_string(),
        ReplicationParams::Simple { factor } => format!("SimpleStrategy {{replication_factor={factor}}}"),
        ReplicationParams::NetworkTopology { factors } => {
            let mut factors: Vec<(&String, &u32)> = factors.iter().collect();
            java_order::sort(&mut factors, java_order::DEFAULT_CAPACITY, |(name, _)| {
                java_order::hash_of_text(name)
            });
            let texts: Vec<String> = factors
                .iter()
                .map(|(name, factor)| format!("{name}={factor}"))
                .collect();
            format!("NetworkTopologyStrategy {{{}}}", texts.join(", "))
        }
    }
}
