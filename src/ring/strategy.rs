//! Replication strategies: whom a walk round the ring picks as replicas.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Location, Topology};
use crate::base::{Arrange, Endpoint, SortedMap};
use crate::data::Token;
use crate::schema::ReplicationParams;

/// Replicas in the order in which the walk met them: the first owns the token.
pub type Replicas = SmallVec<[Endpoint; 6]>;

/// One token on a ring, its node's place given by number so that a walk compares no names.
#[derive(Clone, Copy)]
struct Stop {
    token: Token,
    endpoint: Endpoint,
    datacenter: u16,
    /// Unique over all datacentres.
    rack: u16,
}

struct Datacenter {
    name: Arc<str>,
    nodes: u32,
    racks: u32,
}

/// A ring prepared for walking: that of a topology, or one it will become.
pub(super) struct Walk {
    stops: Vec<Stop>,
    datacenters: Vec<Datacenter>,
}

impl Walk {
    /// The ring of the nodes that `is_on_it` picks.
    pub(super) fn over(topology: &Topology, is_on_it: impl Fn(Endpoint) -> bool) -> Walk {
        let mut walk = Walk {
            stops: Vec::new(),
            datacenters: Vec::new(),
        };
        let mut numbers: SortedMap<&str, u16> = SortedMap::new();
        let mut racks: SortedMap<&Location, u16> = SortedMap::new();
        for (endpoint, node) in topology.nodes().filter(|(endpoint, _)| is_on_it(*endpoint)) {
            let name = &node.location.datacenter;
            let datacenter = *numbers.entry(name).or_insert_with(|| {
                walk.datacenters.push(Datacenter {
                    name: name.clone(),
                    nodes: 0,
                    racks: 0,
                });
                (walk.datacenters.len() - 1) as u16
            });
            let its = &mut walk.datacenters[usize::from(datacenter)];
            its.nodes += 1;
            let next_rack = racks.len() as u16;
            let rack = *racks.entry(&node.location).or_insert_with(|| {
                its.racks += 1;
                next_rack
            });
            walk.stops.extend(node.tokens.iter().map(|&token| Stop {
                token,
                endpoint,
                datacenter,
                rack,
            }));
        }
        walk.stops.arrange_by_key(|stop| (stop.token, stop.endpoint));
        walk
    }

    pub(super) fn tokens(&self) -> impl Iterator<Item = Token> {
        self.stops.iter().map(|stop| stop.token)
    }

    /// The replicas of a token under a strategy. `local` is who asks: all that `Local` ever picks.
    pub(super) fn replicas(&self, params: &ReplicationParams, token: Token, local: Endpoint) -> Replicas {
        let from = self.stops.partition_point(|stop| stop.token < token);
        let clockwise = self.stops[from..].iter().chain(&self.stops[..from]);
        match params {
            ReplicationParams::Local => Replicas::from_slice(&[local]),
            ReplicationParams::Simple { factor } => simple(clockwise, *factor),
            ReplicationParams::NetworkTopology { factors } => {
                let quotas = self.datacenters.iter().map(|its| Quota::new(factors, its));
                network_topology(clockwise, quotas.collect())
            }
        }
    }
}

/// The next nodes clockwise, whatever their place.
fn simple<'a>(clockwise: impl Iterator<Item = &'a Stop>, factor: u32) -> Replicas {
    let mut replicas = Replicas::new();
    for stop in clockwise {
        if replicas.len() >= factor as usize {
            break;
        }
        if !replicas.contains(&stop.endpoint) {
            replicas.push(stop.endpoint);
        }
    }
    replicas
}

/// What is still to be found in one datacentre.
struct Quota {
    left: u32,
    /// How many replicas may lie in a rack that has one already: as many as the racks fall short of the factor.
    rack_repeats: u32,
}

impl Quota {
    fn new(factors: &SortedMap<String, u32>, datacenter: &Datacenter) -> Quota {
        let factor = factors.get(&*datacenter.name).copied().unwrap_or(0);
        Quota {
            left: factor.min(datacenter.nodes),
            rack_repeats: factor.saturating_sub(datacenter.racks),
        }
    }
}

/// In each datacentre the next nodes clockwise, a second one of a rack only when there are fewer racks than replicas.
fn network_topology<'a>(clockwise: impl Iterator<Item = &'a Stop>, mut quotas: SmallVec<[Quota; 4]>) -> Replicas {
    let mut replicas = Replicas::new();
    let mut racks: SmallVec<[u16; 8]> = SmallVec::new();
    let mut left: u32 = quotas.iter().map(|quota| quota.left).sum();
    for stop in clockwise {
        if left == 0 {
            break;
        }
        let quota = &mut quotas[usize::from(stop.datacenter)];
        if quota.left == 0 {
            continue;
        }
        if !racks.contains(&stop.rack) {
            racks.push(stop.rack);
        } else if quota.rack_repeats > 0 && !replicas.contains(&stop.endpoint) {
            quota.rack_repeats -= 1;
        } else {
            continue;
        }
        replicas.push(stop.endpoint);
        quota.left -= 1;
        left -= 1;
    }
    replicas
}
