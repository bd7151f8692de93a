//! `nodetool describering KEYSPACE`: each range of the ring with its replicas.

use super::java_order;
use super::{ClusterView, Output};
use crate::ring::{Placement, TokenRange};

pub fn describe_ring(view: &ClusterView, keyspace: &str) -> Output {
    let mut text = format!("Schema Version:{}\nTokenRange: \n", view.schema_version);
    let Some(params) = view.keyspace(keyspace) else {
        let message = format!("No such keyspace: {keyspace}");
        return Output::refused(text, "java.io.IOException", &message);
    };
    let placement = Placement::new(params, &view.topology, view.local);
    // The range that closes the ring comes last into Cassandra's map.
    let mut ranges: Vec<(TokenRange, &[_])> = placement.ranges().collect();
    let count = ranges.len();
    ranges.rotate_left(count.min(1));
    java_order::sort(&mut ranges, count, |(range, _)| java_order::hash_of_range(range));
    for (range, replicas) in ranges {
        let addresses: Vec<String> = replicas.iter().map(ToString::to_string).collect();
        let addresses = addresses.join(", ");
        let details: Vec<String> = replicas
            .iter()
            .map(|replica| {
                let (datacenter, rack) = view.place(*replica);
                format!("EndpointDetails(host:{replica}, datacenter:{datacenter}, rack:{rack})")
            })
            .collect();
        text += &format!(
            "\tTokenRange(start_token:{}, end_token:{}, endpoints:[{addresses}], rpc_endpoints:[{addresses}], \
             endpoint_details:[{}])\n",
            range.start,
            range.end,
            details.join(", ")
        );
    }
    Output::printed(text)
}
