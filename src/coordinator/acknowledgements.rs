//! Counting the answers to a write until its level is met, or cannot be any more. Cassandra's `WriteResponseHandler`s.

use std::sync::Arc;

use super::cluster::{Replica, ReplicaLayout};
use super::error::Failures;
use super::{RequestError, WriteKind};
use crate::base::SortedMap;
use crate::data::ConsistencyLevel;
use crate::message::replica::FailureReason;

/// Who counts.
#[derive(Debug)]
enum Rule {
    Everyone,
    OneDatacenter(Arc<str>),
    /// How many are still wanted from each.
    EachDatacenter(SortedMap<Arc<str>, usize>),
}

#[derive(Debug)]
pub(super) struct Acknowledgements {
    level: ConsistencyLevel,
    kind: WriteKind,
    rule: Rule,
    required: usize,
    /// How many could answer and count, were they all up.
    candidates: usize,
    received: usize,
    /// Of all replicas, whether they count or not, and no hint among them.
    answered: usize,
    failures: Failures,
}

impl Acknowledgements {
    pub fn new(level: ConsistencyLevel, kind: WriteKind, layout: &ReplicaLayout) -> Acknowledgements {
        let rule = match (level, layout.quorum_of_each_datacenter()) {
            _ if level.is_datacenter_local() => Rule::OneDatacenter(layout.datacenter.clone()),
            (ConsistencyLevel::EachQuorum, Some(mut wanted)) => {
                for pending in &layout.pending {
                    *wanted.entry(pending.datacenter.clone()).or_default() += 1;
                }
                Rule::EachDatacenter(wanted)
            }
            _ => Rule::Everyone,
        };
        let mut acknowledgements = Acknowledgements {
            level,
            kind,
            rule,
            required: layout.block_for_write(level),
            candidates: 0,
            received: 0,
            answered: 0,
            failures: Failures::new(),
        };
        acknowledgements.candidates = layout.all().filter(|it| acknowledgements.counts(it)).count();
        acknowledgements
    }

    fn counts(&self, replica: &Replica) -> bool {
        match &self.rule {
            Rule::OneDatacenter(datacenter) => replica.datacenter == *datacenter,
            Rule::Everyone | Rule::EachDatacenter(_) => true,
        }
    }

    pub fn acknowledge(&mut self, replica: &Replica) {
        self.answered += 1;
        if !self.counts(replica) {
            return;
        }
        self.received += 1;
        if let Rule::EachDatacenter(wanted) = &mut self.rule
            && let Some(left) = wanted.get_mut(&replica.datacenter)
        {
            *left = left.saturating_sub(1);
        }
    }

    pub fn candidates(&self) -> usize {
        self.candidates
    }

    pub fn answered(&self) -> usize {
        self.answered
    }

    /// At ANY a hint is an answer.
    pub fn acknowledge_hint(&mut self) {
        if self.level == ConsistencyLevel::Any {
            self.received += 1;
        }
    }

    pub fn fail(&mut self, replica: &Replica, reason: FailureReason) {
        if self.counts(replica) {
            self.failures.insert(replica.endpoint, reason);
        }
    }

    pub fn is_met(&self) -> bool {
        match &self.rule {
            Rule::EachDatacenter(wanted) => wanted.values().all(|left| *left == 0),
            Rule::Everyone | Rule::OneDatacenter(_) => self.received >= self.required,
        }
    }

    /// The error, once so many have failed that the level is out of reach.
    pub fn failure(&self) -> Option<RequestError> {
        if self.required + self.failures.len() <= self.candidates {
            return None;
        }
        let all_timed_out = self
            .failures
            .iter()
            .all(|(_, reason)| *reason == FailureReason::Timeout);
        if self.failures.is_empty() || all_timed_out {
            return (!self.failures.is_empty()).then(|| self.timeout());
        }
        Some(RequestError::WriteFailure {
            consistency: self.level,
            received: self.received as u32,
            required: self.required as u32,
            failures: self.failures.clone(),
            kind: self.kind,
        })
    }

    pub fn timeout(&self) -> RequestError {
        // Answers enough, yet a datacentre short of its own: Cassandra then reports one less than it asked for.
        let received = self.received.min(self.required.saturating_sub(1));
        RequestError::WriteTimeout {
            consistency: self.level,
            received: received as u32,
            required: self.required as u32,
            kind: self.kind,
        }
    }
}
