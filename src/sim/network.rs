//! The network between nodes: when a message arrives, or why it does not. Knows nothing of what it carries.

use core::time::Duration;

use super::{ClusterConfig, Latency, LinkFaults, Ppm};
use crate::base::{Endpoint, Instant, Random, Seed};
use crate::event::DropReason;

/// All links. A link keeps the order of its messages, as the TCP connection it stands for does, unless told to reorder.
#[derive(Debug)]
pub struct Network {
    random: Random,
    endpoints: Vec<Endpoint>,
    /// For each endpoint, its datacentre's place in `datacenters`.
    datacenter_of: Vec<usize>,
    datacenters: Vec<String>,
    /// A row a datacentre, symmetric.
    latencies: Vec<Vec<Latency>>,
    /// What two datacentres get that nothing was said about.
    within: Latency,
    between: Latency,
    initial_faults: LinkFaults,
    /// A row a sender, a column a receiver.
    links: Vec<Vec<Link>>,
}

#[derive(Clone, Debug)]
struct Link {
    faults: LinkFaults,
    /// Nothing overtakes what arrives then.
    last_arrival: Instant,
    /// The wire is taken by earlier messages until then.
    busy_until: Instant,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Arrives {
        at: Instant,
        again_at: Option<Instant>,
    },
    /// It would have arrived at `at`.
    Dropped {
        at: Instant,
        reason: DropReason,
    },
}

impl Network {
    /// How long a reordered message is held back at most.
    pub const REORDER_WITHIN: Duration = Duration::from_millis(50);

    pub fn new(config: &ClusterConfig) -> Network {
        Network {
            random: Random::stream(Seed(config.seed.0), "network"),
            endpoints: Vec::new(),
            datacenter_of: Vec::new(),
            datacenters: Vec::new(),
            latencies: Vec::new(),
            within: config.within_datacenter.bounded(),
            between: config.between_datacenters.bounded(),
            initial_faults: config.faults,
            links: Vec::new(),
        }
    }

    /// Connects a node with all others.
    pub fn add(&mut self, endpoint: Endpoint, datacenter: &str) {
        debug_assert!(!self.endpoints.contains(&endpoint), "{endpoint} is connected already");
        let datacenter = self.datacenter(datacenter);
        self.datacenter_of.push(datacenter);
        self.endpoints.push(endpoint);
        let link = Link {
            faults: self.initial_faults,
            last_arrival: Instant::ZERO,
            busy_until: Instant::ZERO,
        };
        self.links.iter_mut().for_each(|row| row.push(link.clone()));
        self.links.push(vec![link; self.endpoints.len()]);
    }

    fn datacenter(&mut self, name: &str) -> usize {
        if let Some(known) = self.datacenters.iter().position(|known| known == name) {
            return known;
        }
        self.datacenters.push(name.to_owned());
        let between = self.between;
        self.latencies.iter_mut().for_each(|row| row.push(between));
        let mut row = vec![between; self.datacenters.len()];
        row[self.datacenters.len() - 1] = self.within;
        self.latencies.push(row);
        self.datacenters.len() - 1
    }

    fn index(&self, endpoint: Endpoint) -> Option<usize> {
        self.endpoints.iter().position(|known| *known == endpoint)
    }

    /// No message travels faster. `None` without links.
    pub fn smallest_latency(&self) -> Option<Duration> {
        let mut nodes_in = vec![0u32; self.datacenters.len()];
        self.datacenter_of.iter().for_each(|dc| nodes_in[*dc] += 1);
        let pairs = (0..nodes_in.len()).flat_map(|a| (a..nodes_in.len()).map(move |b| (a, b)));
        pairs
            .filter(|(a, b)| a != b || nodes_in[*a] > 1)
            .map(|(a, b)| self.latencies[a][b].least)
            .min()
    }

    /// The mean latency of the fastest pair of datacentres: what one hop is, to an eye.
    pub fn typical_hop(&self) -> Duration {
        let all = self.latencies.iter().flatten();
        all.map(|latency| latency.mean()).min().unwrap_or(self.within.mean())
    }

    /// Decides a message's fate. `size` is asked for only when the wire is narrow.
    pub fn send(&mut self, now: Instant, from: Endpoint, to: Endpoint, size: impl FnOnce() -> u32) -> Verdict {
        let (Some(i), Some(j)) = (self.index(from), self.index(to)) else {
            return Verdict::Dropped {
                at: now + self.within.least,
                reason: DropReason::ReceiverDown,
            };
        };
        let latency = self.latencies[self.datacenter_of[i]][self.datacenter_of[j]];
        let random = &mut self.random;
        let link = &mut self.links[i][j];
        let faults = link.faults;
        let mut at = now;
        if let Some(bandwidth) = faults.bandwidth {
            let micros = u64::from(size()) * 1_000_000 / u64::from(bandwidth.max(1));
            link.busy_until = link.busy_until.max(now) + Duration::from_micros(micros);
            at = link.busy_until;
        }
        at += latency.least + faults.extra_latency + exponential(random, latency.jitter);
        if faults.cut {
            let reason = DropReason::LinkCut;
            return Verdict::Dropped { at, reason };
        }
        if happens(random, faults.loss) {
            let reason = DropReason::Lost;
            return Verdict::Dropped { at, reason };
        }
        if happens(random, faults.reordering) {
            at += random.duration(Duration::ZERO, Network::REORDER_WITHIN);
        } else {
            at = at.max(link.last_arrival);
            link.last_arrival = at;
        }
        let again_at = happens(random, faults.duplication)
            .then(|| at + random.duration(Duration::from_micros(1), Network::REORDER_WITHIN));
        Verdict::Arrives { at, again_at }
    }

    /// Whether the link lets nothing through at the moment.
    pub fn is_cut(&self, from: Endpoint, to: Endpoint) -> bool {
        self.faults(from, to).is_some_and(|faults| faults.cut)
    }

    pub fn faults(&self, from: Endpoint, to: Endpoint) -> Option<LinkFaults> {
        Some(self.links[self.index(from)?][self.index(to)?].faults)
    }

    pub fn set_faults(&mut self, from: Endpoint, to: Endpoint, faults: LinkFaults) {
        if let (Some(i), Some(j)) = (self.index(from), self.index(to)) {
            let extra_latency = faults.extra_latency.min(Latency::LARGEST);
            self.links[i][j].faults = LinkFaults {
                extra_latency,
                ..faults
            };
        }
    }

    /// Sets the latency between two datacentres, both ways; within one when they are the same.
    pub fn set_latency(&mut self, one: &str, other: &str, latency: Latency) {
        let place = |name: &str| self.datacenters.iter().position(|known| known == name);
        if let (Some(a), Some(b)) = (place(one), place(other)) {
            self.latencies[a][b] = latency.bounded();
            self.latencies[b][a] = latency.bounded();
        }
    }

    /// Links that are not as they were made: from, to, faults.
    pub fn faulty_links(&self) -> impl Iterator<Item = (Endpoint, Endpoint, LinkFaults)> {
        let rows = self.endpoints.iter().zip(&self.links);
        rows.flat_map(|(from, row)| {
            let links = self.endpoints.iter().zip(row);
            links.map(|(to, link)| (*from, *to, link.faults))
        })
        .filter(|(_, _, faults)| *faults != LinkFaults::NONE)
    }

    /// Every pair of datacentres, each with itself among them.
    pub fn latencies(&self) -> impl Iterator<Item = (&str, &str, Latency)> {
        let names = &self.datacenters;
        (0..names.len()).flat_map(move |a| {
            (a..names.len()).map(move |b| (names[a].as_str(), names[b].as_str(), self.latencies[a][b]))
        })
    }
}

fn happens(random: &mut Random, probability: Ppm) -> bool {
    probability > Ppm::NEVER && random.below(u64::from(Ppm::ALWAYS.parts())) < u64::from(probability.parts())
}

/// Exponentially distributed, cut off at ten times its mean.
fn exponential(random: &mut Random, mean: Duration) -> Duration {
    if mean.is_zero() {
        return Duration::ZERO;
    }
    let mean = mean.as_micros() as f64;
    let drawn = -mean * libm::log(1.0 - random.unit());
    Duration::from_micros(drawn.min(mean * 10.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(faults: LinkFaults) -> Network {
        let config = ClusterConfig {
            faults,
            ..ClusterConfig::simple(Seed(1), 3)
        };
        let mut network = Network::new(&config);
        network.add(Endpoint::nth(1), "east");
        network.add(Endpoint::nth(2), "east");
        network.add(Endpoint::nth(3), "west");
        network
    }

    fn fates(network: &mut Network, to: Endpoint) -> Vec<Verdict> {
        let send = |n: u64| network.send(Instant::from_micros(n * 10), Endpoint::nth(1), to, || 1000);
        (0..1000).map(send).collect()
    }

    fn arrivals(verdicts: &[Verdict]) -> Vec<Instant> {
        let arrival = |verdict: &Verdict| match verdict {
            Verdict::Arrives { at, .. } => Some(*at),
            Verdict::Dropped { .. } => None,
        };
        verdicts.iter().filter_map(arrival).collect()
    }

    #[test]
    fn a_sound_link_delivers_all_in_order_and_none_too_early() {
        let mut network = network(LinkFaults::NONE);
        let near = arrivals(&fates(&mut network, Endpoint::nth(2)));
        assert!(near.len() == 1000 && near.is_sorted());
        for (n, at) in near.iter().enumerate() {
            assert!(*at >= Instant::from_micros(n as u64 * 10) + Latency::WITHIN_DATACENTER.least);
        }
        let far = arrivals(&fates(&mut network, Endpoint::nth(3)));
        assert!(far[0] >= Instant::ZERO + Latency::BETWEEN_DATACENTERS.least);
        assert_eq!(network.smallest_latency(), Some(Latency::WITHIN_DATACENTER.least));
    }

    #[test]
    fn a_cut_is_one_way() {
        let mut network = network(LinkFaults::NONE);
        let (one, two) = (Endpoint::nth(1), Endpoint::nth(2));
        network.set_faults(one, two, LinkFaults::CUT);
        assert!(arrivals(&fates(&mut network, two)).is_empty());
        assert!(matches!(
            network.send(Instant::ZERO, two, one, || 0),
            Verdict::Arrives { .. }
        ));
        assert_eq!(
            network.faulty_links().collect::<Vec<_>>(),
            [(one, two, LinkFaults::CUT)]
        );
    }

    #[test]
    fn loss_duplication_and_reordering_happen_about_as_often_as_asked() {
        let faults = LinkFaults {
            loss: Ppm::percent(10),
            duplication: Ppm::percent(20),
            reordering: Ppm::percent(30),
            ..LinkFaults::NONE
        };
        let verdicts = fates(&mut network(faults), Endpoint::nth(2));
        let arrived = arrivals(&verdicts);
        assert!((870..930).contains(&arrived.len()), "{}", arrived.len());
        assert!(!arrived.is_sorted());
        let again =
            |verdict: &&Verdict| matches!(verdict, Verdict::Arrives { again_at: Some(again), at } if again > at);
        let twice = verdicts.iter().filter(again).count();
        assert!((140..220).contains(&twice), "{twice}");
    }

    #[test]
    fn a_narrow_wire_makes_messages_queue() {
        let faults = LinkFaults {
            bandwidth: Some(1_000_000),
            ..LinkFaults::NONE
        };
        // A thousand messages of a thousand bytes each: a second's worth.
        let last = *arrivals(&fates(&mut network(faults), Endpoint::nth(2))).last().unwrap();
        assert!(last > Instant::from_micros(1_000_000) && last < Instant::from_micros(1_010_000));
    }

    #[test]
    fn an_unknown_receiver_is_down() {
        let mut network = network(LinkFaults::NONE);
        let verdict = network.send(Instant::ZERO, Endpoint::nth(1), Endpoint::nth(9), || 0);
        assert!(matches!(
            verdict,
            Verdict::Dropped {
                reason: DropReason::ReceiverDown,
                ..
            }
        ));
    }
}
