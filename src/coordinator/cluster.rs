//! The cluster as an operation sees it when it starts: who holds a token, which of them are up, where they stand.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::base::Endpoint;
use crate::data::{PartitionRange, Token};
use crate::ring::{Placement, Topology, sort_by_proximity};
use crate::schema::ReplicationParams;

/// What a node knows of the cluster, for one keyspace. Borrowed while an operation starts.
pub struct Cluster<'a> {
    /// The coordinator itself.
    pub local: Endpoint,
    pub topology: &'a Topology,
    pub placement: &'a Arc<Placement>,
    pub is_alive: &'a dyn Fn(Endpoint) -> bool,
    /// Whether a write that this node misses may be kept as a hint: it has not been down beyond `max_hint_window`.
    pub takes_hints: &'a dyn Fn(Endpoint) -> bool,
}

impl Cluster<'_> {
    /// Who holds a token.
    pub fn layout(&self, token: Token) -> ReplicaLayout {
        self.describe(self.placement.natural(token), self.placement.pending(token))
    }

    /// Where a replica of a base row sends an update of a view: to itself if it is a replica of the view's row, else to the one
    /// that goes with it, and to those about to be replicas. `None` if this node is no replica of the base row.
    /// `ViewUtils.getViewNaturalEndpoint`.
    pub fn view_layout(&self, base: Token, view: Token) -> Option<ReplicaLayout> {
        let (of_base, of_view) = (self.placement.natural(base), self.placement.natural(view));
        let by_datacenter = matches!(self.placement.params(), ReplicationParams::NetworkTopology { .. });
        let here = self.datacenter(self.local);
        let is_near = |it: &Endpoint| !by_datacenter || self.datacenter(*it) == here;
        let paired = match of_view.contains(&self.local) {
            true => self.local,
            false => {
                let mut base = of_base.iter().filter(|it| !of_view.contains(it) && is_near(it));
                let mut view = of_view.iter().filter(|it| !of_base.contains(it) && is_near(it));
                *view.nth(base.position(|it| *it == self.local)?)?
            }
        };
        Some(self.describe(&[paired], self.placement.pending(view)))
    }

    /// Cuts a stretch of partitions where the replicas change, in token order. Pending nodes are not among them: nobody reads
    /// from those.
    pub fn range_layouts(&self, range: &PartitionRange) -> Vec<(PartitionRange, ReplicaLayout)> {
        let pieces = self.placement.split(range);
        pieces
            .map(|(piece, replicas)| (piece, self.describe(replicas, &[])))
            .collect()
    }

    /// Every node of the ring and whether it is up, by address.
    pub(super) fn members(&self) -> impl Iterator<Item = (Endpoint, bool)> {
        self.topology
            .members()
            .map(|(endpoint, _)| (endpoint, endpoint == self.local || (self.is_alive)(endpoint)))
    }

    fn describe(&self, natural: &[Endpoint], pending: &[Endpoint]) -> ReplicaLayout {
        let mut nearest_first: SmallVec<[Endpoint; 6]> = natural.into();
        sort_by_proximity(self.topology, self.local, &mut nearest_first);
        let describe = |endpoint: &Endpoint| self.replica(*endpoint);
        ReplicaLayout {
            local: self.local,
            datacenter: self.datacenter(self.local),
            placement: self.placement.clone(),
            natural: nearest_first.iter().map(describe).collect(),
            pending: pending.iter().map(describe).collect(),
        }
    }

    fn replica(&self, endpoint: Endpoint) -> Replica {
        let is_local = endpoint == self.local;
        Replica {
            endpoint,
            datacenter: self.datacenter(endpoint),
            // A node does not doubt itself, whatever its failure detector knows of it.
            is_alive: is_local || (self.is_alive)(endpoint),
            takes_hints: !is_local && (self.takes_hints)(endpoint),
        }
    }

    fn datacenter(&self, endpoint: Endpoint) -> Arc<str> {
        match self.topology.location(endpoint) {
            Some(location) => location.datacenter.clone(),
            None => Arc::from(""),
        }
    }
}

/// One replica of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    pub endpoint: Endpoint,
    pub datacenter: Arc<str>,
    pub is_alive: bool,
    pub takes_hints: bool,
}

/// Replicas, mostly few.
pub(super) type Replicas = SmallVec<[Replica; 3]>;

/// All replicas of a token, up or down. Cassandra's `ReplicaLayout`.
#[derive(Clone, Debug)]
pub struct ReplicaLayout {
    pub(super) local: Endpoint,
    pub(super) datacenter: Arc<str>,
    pub(super) placement: Arc<Placement>,
    /// The owners, nearest first.
    pub(super) natural: Replicas,
    /// Those about to own it: written to already, not read from.
    pub(super) pending: Replicas,
}

impl ReplicaLayout {
    /// Whether nobody but the coordinator itself is written to.
    pub fn is_this_node_alone(&self) -> bool {
        self.all().all(|replica| replica.endpoint == self.local)
    }

    /// Everyone a write goes to.
    pub fn all(&self) -> impl Iterator<Item = &Replica> + Clone {
        self.natural.iter().chain(&self.pending)
    }

    pub fn live(&self) -> impl Iterator<Item = &Replica> + Clone {
        self.all().filter(|replica| replica.is_alive)
    }

    /// The order to send in: what the coordinator asks of itself may be answered at once, and by then the others are under way.
    pub(super) fn live_local_last(&self) -> impl Iterator<Item = &Replica> {
        let is_local = |replica: &&Replica| replica.endpoint == self.local;
        let remote = self.live().filter(move |it| !is_local(it));
        remote.chain(self.live().filter(is_local))
    }

    pub(super) fn is_in_our_datacenter(&self, replica: &Replica) -> bool {
        replica.datacenter == self.datacenter
    }
}
