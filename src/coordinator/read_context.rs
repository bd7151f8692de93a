//! What all parts of one read know.

use std::sync::Arc;

use super::error::Failures;
use super::speculation::SpeculativeRetry;
use super::{ReadRequest, RequestError, TableLatencies};
use crate::base::{Duration, Endpoint, Instant, RequestId};
use crate::data::ConsistencyLevel;
use crate::message::replica::FailureReason;
use crate::schema::TableMetadata;

/// How long a read of a table waits before it does more than it has to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until one replica more is asked.
    pub speculate_after: Option<Duration>,
    /// Until repairs are sent to replicas that were not read from.
    pub rewrite_after: Option<Duration>,
}

impl Patience {
    pub fn new(table: &TableMetadata, latencies: &TableLatencies) -> Patience {
        let threshold = |policy: &str, latencies| SpeculativeRetry::parse(policy).threshold(latencies);
        Patience {
            speculate_after: threshold(&table.params.speculative_retry, &latencies.reads),
            rewrite_after: threshold(&table.params.additional_write_policy, &latencies.writes),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct ReadContext {
    /// The coordinator itself.
    pub local: Endpoint,
    pub table: Arc<TableMetadata>,
    pub consistency: ConsistencyLevel,
    pub cause: Option<RequestId>,
    pub deadline: Instant,
    pub patience: Patience,
    /// The table's `read_repair` is BLOCKING, rather than NONE.
    pub repairs: bool,
}

impl ReadContext {
    pub fn new(request: &ReadRequest, local: Endpoint, deadline: Instant, mut patience: Patience) -> ReadContext {
        // With EACH_QUORUM one more answer would be counted for the wrong datacentre.
        if request.consistency == ConsistencyLevel::EachQuorum {
            patience.speculate_after = None;
        }
        ReadContext {
            local,
            table: request.table.clone(),
            consistency: request.consistency,
            cause: request.cause,
            deadline,
            patience,
            repairs: request.table.params.read_repair == "BLOCKING",
        }
    }

    pub fn timeout(&self, received: usize, required: usize, data_present: bool) -> RequestError {
        RequestError::ReadTimeout {
            consistency: self.consistency,
            received: received as u32,
            required: required as u32,
            data_present,
        }
    }

    /// Too many replicas answered that they cannot.
    pub fn failure(&self, received: usize, required: usize, failures: &Failures, data_present: bool) -> RequestError {
        if failures.values().all(|reason| *reason == FailureReason::Timeout) {
            return self.timeout(received, required, data_present);
        }
        RequestError::ReadFailure {
            consistency: self.consistency,
            received: received as u32,
            required: required as u32,
            failures: failures.clone(),
            data_present,
        }
    }
}
