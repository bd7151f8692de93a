//! What a gossiper does each second: beat, greet up to three peers, and look at who has been silent.

use super::Gossiper;
use super::detector::PHI_CONVICT_THRESHOLD;
use super::gossiper::{GOSSIP_INTERVAL, QUARANTINE_DELAY, RING_DELAY};
use crate::base::{Endpoint, Instant};
use crate::message::gossip::{Digest, Syn};
use crate::message::{Outbox, Payload};

impl Gossiper {
    /// When to be called again if nothing arrives. `None` when stopped.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.next_round
    }

    /// Does what is due by now.
    pub fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        if self.next_round.is_none_or(|due| now < due) {
            return;
        }
        self.next_round = Some(now + GOSSIP_INTERVAL);
        self.local.heartbeat = self.next_version();
        self.greet(out);
        self.look_at_peers(now, out);
    }

    /// Opens an exchange with one live peer, maybe with an unreachable one, maybe with a seed: so that the news runs fast, the
    /// dead are found when they rise, and a cluster that fell apart finds together again.
    fn greet(&mut self, out: &mut Outbox) {
        let live = self.live_peers().count();
        let unreachable = self.unreachable_peers().count();
        let mut greeted_seed = false;
        if live > 0 {
            let nth = self.random.below(live as u64) as usize;
            if let Some(peer) = self.live_peers().nth(nth) {
                greeted_seed = self.other_seeds.contains(&peer);
                self.send_syn(peer, out);
            }
        }
        if unreachable > 0 && self.random.chance(unreachable as f64 / (live as f64 + 1.0)) {
            let is_worth_it = |peer: &Endpoint| !self.peers[peer].is_dead_by_status();
            let candidates: Vec<Endpoint> = self.unreachable_peers().filter(is_worth_it).collect();
            if let Some(&peer) = self.random.pick(&candidates) {
                self.send_syn(peer, out);
            }
        }
        let seeds = self.other_seeds.len();
        if seeds > 0 && (!greeted_seed || live < seeds) {
            // With nobody live, always; otherwise about one seed a round from all nodes together.
            let probability = seeds as f64 / (live + unreachable) as f64;
            if (live == 0 || self.random.chance(probability))
                && let Some(&seed) = self.random.pick(&self.other_seeds)
            {
                self.send_syn(seed, out);
            }
        }
    }

    fn send_syn(&self, to: Endpoint, out: &mut Outbox) {
        let own = Digest {
            endpoint: self.config.endpoint,
            generation: self.local.generation,
            max_version: self.versions,
        };
        let peers = self.peers.iter().map(|(&endpoint, peer)| Digest {
            endpoint,
            generation: peer.state.generation,
            max_version: peer.max_version,
        });
        let syn = Syn {
            cluster_name: self.names.0.clone(),
            partitioner: self.names.1.clone(),
            digests: core::iter::once(own).chain(peers).collect(),
        };
        out.send(to, None, Payload::GossipSyn(syn));
    }

    /// Convicts the silent, and forgets those whose time is over.
    fn look_at_peers(&mut self, now: Instant, out: &mut Outbox) {
        let may_judge = self.pause.may_judge(now);
        let now_millis = self.config.clock.at(now).millis();
        let (mut convicted, mut silent, mut over) = (Vec::new(), Vec::new(), Vec::new());
        for (&endpoint, peer) in self.peers.iter_mut() {
            if let Some(arrivals) = &peer.arrivals {
                peer.phi = arrivals.phi(now);
                if may_judge && peer.is_alive && peer.phi > PHI_CONVICT_THRESHOLD {
                    convicted.push(endpoint);
                }
            }
            // A node that never got tokens leaves no gap: half the quarantine, so that its removal spreads before that ends.
            let is_guest = !peer.is_member && !peer.is_dead_by_status();
            if is_guest && !self.quarantined.contains_key(&endpoint) && now.since(peer.updated) > RING_DELAY {
                silent.push(endpoint);
            }
            let expires = peer.status.and_then(|status| status.expires_millis());
            if !peer.is_alive && !peer.is_member && expires.is_some_and(|expires| now_millis > expires) {
                over.push(endpoint);
            }
        }
        for endpoint in convicted {
            self.mark_down(endpoint, now, out);
        }
        for endpoint in silent {
            self.remove(endpoint, now);
            self.peers.remove(&endpoint);
        }
        for endpoint in over {
            self.peers.remove(&endpoint);
            self.quarantined.insert(endpoint, now);
        }
        self.quarantined
            .retain(|_, since| now.since(*since) <= QUARANTINE_DELAY);
    }
}
