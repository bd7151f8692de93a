//! Who keeps a batch: two nodes of the coordinator's datacentre that are up, of different racks where there are several, and none of
//! them the coordinator, unless the datacentre has no more than two.

use crate::base::{Endpoint, Random, SortedMap};

/// `ReplicaPlans.REQUIRED_BATCHLOG_REPLICA_COUNT`
const KEEPERS: usize = 2;

/// A node of the coordinator's datacentre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    pub endpoint: Endpoint,
    pub rack: &'a str,
    pub is_alive: bool,
}

/// Chooses among all nodes of the datacentre. `ReplicaPlans.filterBatchlogEndpointsRandom`, with
/// `batchlog_endpoint_strategy: random_remote`.
pub fn choose_endpoints(local: Endpoint, candidates: &[Candidate<'_>], random: &mut Random) -> Vec<Endpoint> {
    if candidates.len() <= KEEPERS {
        return candidates.iter().map(|it| it.endpoint).collect();
    }
    let local_rack = candidates.iter().find(|it| it.endpoint == local).map(|it| it.rack);
    let mut racks: SortedMap<&str, Vec<Endpoint>> = SortedMap::new();
    for it in candidates.iter().filter(|it| it.is_alive && it.endpoint != local) {
        racks.entry(it.rack).or_default().push(it.endpoint);
    }
    let count = |racks: &SortedMap<&str, Vec<Endpoint>>| racks.values().map(Vec::len).sum::<usize>();
    if count(&racks) <= KEEPERS {
        return racks.into_values().flatten().collect();
    }
    if let Some(rack) = local_rack {
        let near = racks.get(rack).map_or(0, Vec::len);
        if count(&racks) - near >= KEEPERS {
            racks.remove(rack);
        }
    }
    let mut racks: Vec<Vec<Endpoint>> = racks.into_values().collect();
    let mut chosen = Vec::new();
    while chosen.len() < KEEPERS && !racks.is_empty() {
        let rack = random.below(racks.len() as u64) as usize;
        let member = random.below(racks[rack].len() as u64) as usize;
        chosen.push(racks[rack].swap_remove(member));
        // The second is of another rack, unless there is but one.
        if racks.len() > 1 {
            racks.swap_remove(rack);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn choose(nodes: &[(&str, bool)]) -> Vec<Vec<u8>> {
        let candidate = |(n, (rack, is_alive)): (usize, &(&'static str, bool))| Candidate {
            endpoint: Endpoint::nth(n as u8 + 1),
            rack,
            is_alive: *is_alive,
        };
        let nodes: Vec<(&'static str, bool)> = nodes
            .iter()
            .map(|(rack, alive)| {
                (
                    if *rack == "a" {
                        "a"
                    } else if *rack == "b" {
                        "b"
                    } else {
                        "c"
                    },
                    *alive,
                )
            })
            .collect();
        let candidates: Vec<Candidate<'_>> = nodes.iter().enumerate().map(candidate).collect();
        let mut random = Random::stream(Seed(1), "keepers");
        let chosen = (0..50).map(|_| {
            let mut chosen = choose_endpoints(Endpoint::nth(1), &candidates, &mut random);
            chosen.sort();
            chosen.into_iter().map(Endpoint::number).collect::<Vec<u8>>()
        });
        let mut all: Vec<Vec<u8>> = chosen.collect();
        all.sort();
        all.dedup();
        all
    }

    #[test]
    fn two_others_that_are_up() {
        assert_eq!(choose(&[("a", true), ("a", true), ("a", true)]), [[2, 3]]);
        assert_eq!(
            choose(&[("a", true), ("a", true), ("a", true), ("a", true)]),
            [[2, 3], [2, 4], [3, 4]]
        );
        assert_eq!(choose(&[("a", true), ("a", false), ("a", true)]), [[3]]);
        assert_eq!(choose(&[("a", true), ("a", false), ("a", false)]), [[0u8; 0]]);
    }

    #[test]
    fn a_datacenter_of_two_keeps_what_it_has_itself() {
        assert_eq!(choose(&[("a", true)]), [[1]]);
        assert_eq!(choose(&[("a", true), ("a", false)]), [[1, 2]]);
    }

    #[test]
    fn other_racks_first_and_of_different_ones() {
        let nodes = [("a", true), ("a", true), ("b", true), ("b", true), ("c", true)];
        assert_eq!(choose(&nodes), [[3, 5], [4, 5]]);
        assert_eq!(choose(&[("a", true), ("a", true), ("b", true), ("b", true)]), [[3, 4]]);
    }
}
