//! A command line of nodetool's, carried out on a node.

use std::collections::BTreeMap;

use super::{ClusterView, InfoView, Output};
use crate::node::Node;
use crate::ring::Snitch;

/// Runs `nodetool ARGS` on a node.
pub fn nodetool(node: &Node, args: &[&str]) -> Output {
    let Some((view, schema)) = ClusterView::of(node).zip(node.schema()) else {
        return Output::bad_use("Failed to connect: the node could not start.");
    };
    match *args {
        ["version"] => super::version(),
        ["status"] => super::status(&view, None),
        ["status", keyspace] => super::status(&view, Some(keyspace)),
        ["ring"] => super::ring(&view, None),
        ["ring", keyspace] => super::ring(&view, Some(keyspace)),
        ["describecluster"] => super::describe_cluster(&view),
        ["describering", keyspace] => super::describe_ring(&view, keyspace),
        ["gossipinfo"] => super::gossip_info(&view),
        ["failuredetector"] => super::failure_detector(&view),
        ["getendpoints", keyspace, table, key] => super::get_endpoints(&view, schema, keyspace, table, key),
        _ => Output::bad_use(&format!(
            "Found unexpected parameters: [{}]. There are version, status, ring, describecluster, describering, gossipinfo, \
             failuredetector and getendpoints.",
            args.join(", ")
        )),
    }
}

impl ClusterView {
    /// What a node knows; `None` when it could not start.
    fn of(node: &Node) -> Option<ClusterView> {
        let (gossiper, topology, schema) = (node.gossiper()?, node.topology()?, node.schema()?);
        let gossip: BTreeMap<_, _> = gossiper
            .endpoint_states()
            .map(|(endpoint, state)| (endpoint, state.clone()))
            .collect();
        let local = node.endpoint();
        let phi = |endpoint| Some((endpoint, gossiper.phi(endpoint)?));
        Some(ClusterView {
            local,
            cluster_name: node.cluster_name().to_owned(),
            snitch: Snitch::Simple,
            dynamic_snitch: false,
            topology: topology.clone(),
            live: gossiper.live_peers().chain([local]).collect(),
            unreachable: gossiper.unreachable_peers().collect(),
            phi: gossip
                .keys()
                .copied()
                .filter(|peer| *peer != local)
                .filter_map(phi)
                .collect(),
            gossip,
            keyspaces: schema
                .keyspaces()
                .map(|keyspace| (keyspace.name.clone(), keyspace.replication.clone()))
                .collect(),
            schema_version: schema.version(),
            info: InfoView::default(),
        })
    }
}
