//! Replication options: from what the user wrote to checked parameters.
//!
//! Source: Cassandra 5.0, `ReplicationParams`, `SimpleStrategy`, `NetworkTopologyStrategy` and `ReplicationFactor`.

use super::{ReplicationParams, SchemaError, replication_options};
use crate::base::SortedMap;

/// `default_keyspace_rf` of cassandra.yaml: used where a strategy is given no factor.
const DEFAULT_FACTOR: u32 = 1;

/// The cluster as checks of a schema need it: how many nodes each datacentre has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterShape {
    pub datacenters: SortedMap<String, u32>,
}

impl ClusterShape {
    fn nodes(&self) -> u32 {
        self.datacenters.values().sum()
    }
}

impl ReplicationParams {
    /// Reads and checks the map of a `replication` property. `before` are the options it replaces, if any: a factor for
    /// every datacentre does not change those that are named there.
    pub fn from_options(
        keyspace: &str,
        mut options: SortedMap<String, String>,
        before: Option<&ReplicationParams>,
        cluster: &ClusterShape,
    ) -> Result<ReplicationParams, SchemaError> {
        let class = options
            .remove("class")
            .ok_or_else(|| SchemaError::configuration("Missing replication strategy class"))?;
        let full = if class.contains('.') {
            class
        } else {
            format!("org.apache.cassandra.locator.{class}")
        };
        match full.strip_prefix("org.apache.cassandra.locator.") {
            Some("SimpleStrategy") => simple(keyspace, options),
            Some("NetworkTopologyStrategy") => network_topology(keyspace, options, before, cluster),
            Some("LocalStrategy") => Err(SchemaError::invalid(
                "Unable to use given strategy class: LocalStrategy is reserved for internal use.",
            )),
            _ => Err(SchemaError::configuration(format!(
                "Unable to find replication strategy class '{full}'"
            ))),
        }
    }

    /// Copies in all.
    pub fn total_factor(&self) -> u32 {
        match self {
            ReplicationParams::Local => 1,
            ReplicationParams::Simple { factor } => *factor,
            ReplicationParams::NetworkTopology { factors } => factors.values().sum(),
        }
    }

    /// What Cassandra warns of when a keyspace asks for more copies than there are nodes.
    pub fn warnings(&self, keyspace: &str, cluster: &ClusterShape) -> Vec<String> {
        let too_high = |factor: u32, nodes: u32| {
            format!(
                "Your replication factor {factor} for keyspace {keyspace} is higher than the number of nodes {nodes}"
            )
        };
        match self {
            ReplicationParams::Local => Vec::new(),
            ReplicationParams::Simple { factor } => {
                let nodes = cluster.nodes();
                if *factor > nodes {
                    vec![too_high(*factor, nodes)]
                } else {
                    Vec::new()
                }
            }
            ReplicationParams::NetworkTopology { factors } => {
                let nodes = |datacenter: &String| cluster.datacenters.get(datacenter).copied().unwrap_or_default();
                let high = factors
                    .iter()
                    .filter(|(datacenter, factor)| **factor > nodes(datacenter));
                high.map(|(it, factor)| format!("{} for datacenter {it}", too_high(*factor, nodes(it))))
                    .collect()
            }
        }
    }

    pub fn options(&self) -> SortedMap<String, String> {
        replication_options(self).into_iter().collect()
    }
}

fn simple(keyspace: &str, mut options: SortedMap<String, String>) -> Result<ReplicationParams, SchemaError> {
    let factor = options
        .remove("replication_factor")
        .map_or(Ok(DEFAULT_FACTOR), |text| parse_factor(&text))?;
    match options.keys().next() {
        Some(unknown) => Err(unrecognized(unknown, "SimpleStrategy", keyspace)),
        None => Ok(ReplicationParams::Simple { factor }),
    }
}

fn network_topology(
    keyspace: &str,
    mut options: SortedMap<String, String>,
    before: Option<&ReplicationParams>,
    cluster: &ClusterShape,
) -> Result<ReplicationParams, SchemaError> {
    let everywhere = options.remove("replication_factor").or_else(|| match before {
        // A change of strategy alone keeps the factor.
        Some(ReplicationParams::Simple { factor }) if options.is_empty() => Some(factor.to_string()),
        None if options.is_empty() => Some(DEFAULT_FACTOR.to_string()),
        _ => None,
    });
    if let Some(factor) = everywhere {
        if let Some(ReplicationParams::NetworkTopology { factors }) = before {
            for (datacenter, factor) in factors {
                options.entry(datacenter.clone()).or_insert_with(|| factor.to_string());
            }
        }
        for datacenter in cluster.datacenters.keys() {
            options.entry(datacenter.clone()).or_insert_with(|| factor.clone());
        }
    }
    if let Some(unknown) = options.keys().find(|name| !cluster.datacenters.contains_key(*name)) {
        return Err(unrecognized(unknown, "NetworkTopologyStrategy", keyspace));
    }
    let mut factors = SortedMap::new();
    for (datacenter, text) in options {
        match parse_factor(&text)? {
            0 => {}
            factor => drop(factors.insert(datacenter, factor)),
        }
    }
    Ok(ReplicationParams::NetworkTopology { factors })
}

fn unrecognized(option: &str, strategy: &str, keyspace: &str) -> SchemaError {
    SchemaError::configuration(format!(
        "Unrecognized strategy option {{{option}}} passed to {strategy} for keyspace {keyspace}"
    ))
}

fn parse_factor(text: &str) -> Result<u32, SchemaError> {
    if text.contains('/') {
        return Err(SchemaError::configuration(
            "Transient replication is disabled. Enable in cassandra.yaml to use.",
        ));
    }
    let number: i32 = text
        .parse()
        .map_err(|_| SchemaError::configuration(format!("For input string: \"{text}\"")))?;
    u32::try_from(number)
        .map_err(|_| SchemaError::configuration(format!("Replication factor must be non-negative, found {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> ClusterShape {
        ClusterShape {
            datacenters: [("dc1".to_string(), 3), ("dc2".to_string(), 2)].into(),
        }
    }

    fn parse(pairs: &[(&str, &str)], before: Option<&ReplicationParams>) -> Result<ReplicationParams, SchemaError> {
        let options = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        ReplicationParams::from_options("ks", options, before, &shape())
    }

    #[test]
    fn a_factor_for_all_datacentres_leaves_those_alone_that_were_named() {
        let named = parse(&[("class", "NetworkTopologyStrategy"), ("dc1", "3")], None).unwrap();
        let spread = parse(
            &[("class", "NetworkTopologyStrategy"), ("replication_factor", "2")],
            Some(&named),
        )
        .unwrap();
        let factors = [("dc1".to_string(), 3), ("dc2".to_string(), 2)].into();
        assert_eq!(spread, ReplicationParams::NetworkTopology { factors });
    }

    #[test]
    fn too_many_copies_are_warned_of() {
        let wide = parse(&[("class", "NetworkTopologyStrategy"), ("dc2", "3")], None).unwrap();
        let expected =
            "Your replication factor 3 for keyspace ks is higher than the number of nodes 2 for datacenter dc2";
        assert_eq!(wide.warnings("ks", &shape()), [expected]);
    }
}
