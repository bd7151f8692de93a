//! What a consistency level asks of a set of replicas. Cassandra's `ConsistencyLevel` and `ReplicaPlans`.

use std::sync::Arc;

use super::cluster::{Replica, ReplicaLayout, Replicas};
use super::{RequestError, Shortage};
use crate::base::SortedMap;
use crate::data::ConsistencyLevel;
use crate::schema::ReplicationParams;

/// More than half.
pub(super) const fn majority(of: usize) -> usize {
    of / 2 + 1
}

impl ReplicaLayout {
    /// How many replicas have to answer at this level. `ConsistencyLevel.blockFor`.
    pub fn block_for(&self, level: ConsistencyLevel) -> usize {
        match level {
            ConsistencyLevel::Any | ConsistencyLevel::One | ConsistencyLevel::LocalOne => 1,
            ConsistencyLevel::Two => 2,
            ConsistencyLevel::Three => 3,
            ConsistencyLevel::Quorum | ConsistencyLevel::Serial => self.quorum(),
            ConsistencyLevel::All => self.placement.replication_factor() as usize,
            ConsistencyLevel::LocalQuorum | ConsistencyLevel::LocalSerial => self.quorum_in(&self.datacenter),
            ConsistencyLevel::EachQuorum => match self.quorum_of_each_datacenter() {
                Some(quorums) => quorums.values().sum(),
                None => self.quorum(),
            },
        }
    }

    /// `block_for`, and besides the nodes that are about to own the token. `ConsistencyLevel.blockForWrite`.
    pub fn block_for_write(&self, level: ConsistencyLevel) -> usize {
        let pending = match level {
            ConsistencyLevel::Any => 0,
            _ if level.is_datacenter_local() => self.count_in_our_datacenter(self.pending.iter()),
            _ => self.pending.len(),
        };
        self.block_for(level) + pending
    }

    /// Whether two requests at this level always meet at a replica.
    pub(super) fn is_quorum(&self, level: ConsistencyLevel) -> bool {
        let quorum = match level.is_datacenter_local() {
            true => ConsistencyLevel::LocalQuorum,
            false => ConsistencyLevel::Quorum,
        };
        self.block_for(level) >= self.block_for(quorum)
    }

    fn quorum(&self) -> usize {
        majority(self.placement.replication_factor() as usize)
    }

    /// Where the strategy does not look at datacentres, all nodes are one.
    fn quorum_in(&self, datacenter: &str) -> usize {
        match self.placement.replication_factor_in(datacenter) {
            Some(factor) => majority(factor as usize),
            None => self.quorum(),
        }
    }

    /// For EACH_QUORUM; `None` where the strategy does not look at datacentres.
    pub(super) fn quorum_of_each_datacenter(&self) -> Option<SortedMap<Arc<str>, usize>> {
        let ReplicationParams::NetworkTopology { factors } = self.placement.params() else {
            return None;
        };
        let quorum =
            |(datacenter, factor): (&String, &u32)| (Arc::from(datacenter.as_str()), majority(*factor as usize));
        Some(factors.iter().map(quorum).collect())
    }

    fn count_in_our_datacenter<'a>(&self, replicas: impl Iterator<Item = &'a Replica>) -> usize {
        replicas.filter(|replica| self.is_in_our_datacenter(replica)).count()
    }

    /// Refuses a write at once when too few replicas are up. `ReplicaPlans.assureSufficientLiveReplicasForWrite`.
    pub fn assure_sufficient_for_write(&self, level: ConsistencyLevel) -> Result<(), RequestError> {
        self.assure_sufficient(level, self.live(), self.block_for_write(level))
    }

    fn assure_sufficient<'a>(
        &self,
        level: ConsistencyLevel,
        live: impl Iterator<Item = &'a Replica> + Clone,
        required: usize,
    ) -> Result<(), RequestError> {
        let unavailable = |required: usize, alive: usize, shortage: Shortage| RequestError::Unavailable {
            consistency: level,
            required: required as u32,
            alive: alive as u32,
            shortage,
        };
        match level {
            // A hint is enough, and this node is up.
            ConsistencyLevel::Any => return Ok(()),
            ConsistencyLevel::LocalOne => {
                let alive = self.count_in_our_datacenter(live);
                return if alive >= 1 {
                    Ok(())
                } else {
                    Err(unavailable(1, alive, Shortage::OfReplicas))
                };
            }
            ConsistencyLevel::LocalQuorum => {
                let alive = self.count_in_our_datacenter(live);
                return if alive >= required {
                    Ok(())
                } else {
                    Err(unavailable(required, alive, Shortage::OfReplicas))
                };
            }
            _ => {}
        }
        if let (ConsistencyLevel::EachQuorum, Some(quorums)) = (level, self.quorum_of_each_datacenter()) {
            for (datacenter, required) in &quorums {
                let alive = live.clone().filter(|it| it.datacenter == *datacenter).count();
                if alive < *required {
                    return Err(unavailable(
                        *required,
                        alive,
                        Shortage::InDatacenter(datacenter.clone()),
                    ));
                }
            }
            return Ok(());
        }
        let alive = live.count();
        if alive >= required {
            Ok(())
        } else {
            Err(unavailable(required, alive, Shortage::OfReplicas))
        }
    }

    /// Whom a read may ask, nearest first; the live owners, at a local level those of this datacentre.
    /// `ReplicaPlans.candidatesForRead`.
    pub(super) fn read_candidates(&self, level: ConsistencyLevel) -> Replicas {
        let is_candidate =
            |it: &&Replica| it.is_alive && (!level.is_datacenter_local() || self.is_in_our_datacenter(it));
        self.natural.iter().filter(is_candidate).cloned().collect()
    }

    /// Whom of `candidates` a read asks first. `ReplicaPlans.contactForRead`.
    pub(super) fn read_contacts(&self, level: ConsistencyLevel, candidates: &[Replica], extra: usize) -> Replicas {
        if let (ConsistencyLevel::EachQuorum, Some(mut wanted)) = (level, self.quorum_of_each_datacenter()) {
            let mut is_wanted = |it: &&Replica| match wanted.get_mut(&it.datacenter) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    true
                }
                _ => false,
            };
            return candidates.iter().filter(|it| is_wanted(it)).cloned().collect();
        }
        let extra = if level == ConsistencyLevel::All { 0 } else { extra };
        let count = self.block_for(level) + extra;
        candidates.iter().take(count).cloned().collect()
    }

    /// Refuses a read at once when too few replicas are up. `ReplicaPlans.assureSufficientLiveReplicasForRead`.
    pub(super) fn assure_sufficient_for_read(
        &self,
        level: ConsistencyLevel,
        live: &[Replica],
    ) -> Result<(), RequestError> {
        self.assure_sufficient(level, live.iter(), self.block_for(level))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestCluster;
    use super::*;
    use ConsistencyLevel::*;

    #[test]
    fn levels_ask_for_so_many_replicas() {
        let simple = TestCluster::simple(5, 5).layout();
        let datacenters = TestCluster::datacenters(&[("dc1", 3), ("dc2", 2)]).layout();
        for (level, in_one, in_two) in [
            (Any, 1, 1),
            (One, 1, 1),
            (LocalOne, 1, 1),
            (Two, 2, 2),
            (Three, 3, 3),
            (Quorum, 3, 3),
            (Serial, 3, 3),
            (LocalQuorum, 3, 2),
            (LocalSerial, 3, 2),
            (EachQuorum, 3, 4),
            (All, 5, 5),
        ] {
            assert_eq!(simple.block_for(level), in_one, "{level}");
            assert_eq!(datacenters.block_for(level), in_two, "{level}");
        }
    }

    /// `None` when there are enough, else what is asked for and what is there.
    fn shortage(cluster: &TestCluster, level: ConsistencyLevel) -> Option<(u32, u32)> {
        let layout = cluster.layout();
        let write = layout.assure_sufficient_for_write(level);
        let contacts = layout.read_contacts(level, &layout.read_candidates(level), 0);
        let read = layout.assure_sufficient_for_read(level, &contacts);
        if level != Any && level != EachQuorum {
            assert_eq!(write, read, "{level}");
        }
        match write {
            Ok(()) => None,
            Err(RequestError::Unavailable { required, alive, .. }) => Some((required, alive)),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn too_few_replicas_are_refused_with_cassandras_numbers() {
        for (down, short_of) in [
            (0, vec![]),
            (1, vec![(Three, (3, 2)), (All, (3, 2))]),
            (
                2,
                vec![
                    (Two, (2, 1)),
                    (Three, (3, 1)),
                    (Quorum, (2, 1)),
                    (All, (3, 1)),
                    (LocalQuorum, (2, 1)),
                    (EachQuorum, (2, 1)),
                ],
            ),
        ] {
            let cluster = TestCluster::simple(3, 3).down(4 - down..=3);
            let found: Vec<_> = [Any, One, Two, Three, Quorum, All, LocalQuorum, EachQuorum, LocalOne]
                .into_iter()
                .filter_map(|level| Some((level, shortage(&cluster, level)?)))
                .collect();
            assert_eq!(found, short_of, "{down} down");
        }
    }

    #[test]
    fn levels_of_a_datacenter_look_at_that_one_only() {
        let remote_down = TestCluster::datacenters(&[("dc1", 3), ("dc2", 3)]).down(4..=5);
        for level in [LocalOne, LocalQuorum, Quorum, All, EachQuorum] {
            let expected = match level {
                All => Some((6, 4)),
                EachQuorum => Some((2, 1)),
                _ => None,
            };
            assert_eq!(shortage(&remote_down, level), expected, "{level}");
        }
        let error = remote_down
            .layout()
            .assure_sufficient_for_write(EachQuorum)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "Cannot achieve consistency level EACH_QUORUM in DC dc2"
        );
        let local_down = TestCluster::datacenters(&[("dc1", 3), ("dc2", 3)]).down(2..=3);
        assert_eq!(shortage(&local_down, LocalQuorum), Some((2, 1)));
        assert_eq!(shortage(&local_down, Quorum), None);
    }

    #[test]
    fn each_quorum_reads_from_every_datacenter() {
        let layout = TestCluster::datacenters(&[("dc1", 3), ("dc2", 2)]).layout();
        let contacts = layout.read_contacts(EachQuorum, &layout.read_candidates(EachQuorum), 0);
        let endpoints: Vec<u8> = contacts.iter().map(|it| it.endpoint.number()).collect();
        assert_eq!(endpoints, [1, 2, 4, 5]);
    }

    #[test]
    fn writes_wait_for_nodes_that_are_joining_too() {
        let layout = TestCluster::simple(3, 3).joining(4).layout();
        assert_eq!(layout.pending.len(), 1, "token 0 is to be the fourth node's too");
        assert_eq!(layout.block_for_write(Quorum), 3);
        assert_eq!(layout.block_for_write(Any), 1);
    }
}
