//! What a consistency level asks of a set of replicas. Cassandra's `ConsistencyLevel` and `ReplicaPlans`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cluster::{Replica, ReplicaLayout, Replicas};
use super::{RequestError, Shortage};
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
    pub(super) fn quorum_of_each_datacenter(&self) -> Option<BTreeMap<Arc<str>, usize>> {
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
