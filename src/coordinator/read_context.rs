//! What all parts of one read know.

use std::sync::Arc;

use super::speculation::{Latencies, SpeculativeRetry};
use super::{ReadRequest, RequestError};
use crate::base::{Duration, Endpoint, Instant, RequestId};
use crate::data::ConsistencyLevel;
use crate::message::replica::FailureReason;
use crate::schema::TableMetadata;

#[derive(Clone, Debug)]
pub(super) struct ReadContext {
    pub table: Arc<TableMetadata>,
    pub consistency: ConsistencyLevel,
    pub cause: Option<RequestId>,
    pub deadline: Instant,
    /// When one replica more is asked.
    pub speculate_after: Option<Duration>,
    /// When repairs are sent to replicas that were not read from.
    pub rewrite_after: Option<Duration>,
    /// The table's `read_repair` is BLOCKING, rather than NONE.
    pub repairs: bool,
}

impl ReadContext {
    pub fn new(request: &ReadRequest, deadline: Instant, reads: &Latencies, writes: &Latencies) -> ReadContext {
        let params = &request.table.params;
        // With EACH_QUORUM one more answer would be counted for the wrong datacentre.
        let may_speculate = request.consistency != ConsistencyLevel::EachQuorum;
        let threshold = |policy: &str, latencies| SpeculativeRetry::parse(policy).threshold(latencies);
        ReadContext {
            table: request.table.clone(),
            consistency: request.consistency,
            cause: request.cause,
            deadline,
            speculate_after: threshold(&params.speculative_retry, reads).filter(|_| may_speculate),
            rewrite_after: threshold(&params.additional_write_policy, writes),
            repairs: params.read_repair == "BLOCKING",
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
    pub fn failure(
        &self,
        received: usize,
        required: usize,
        failures: &[(Endpoint, FailureReason)],
        data_present: bool,
    ) -> RequestError {
        if failures.iter().all(|(_, reason)| *reason == FailureReason::Timeout) {
            return self.timeout(received, required, data_present);
        }
        RequestError::ReadFailure {
            consistency: self.consistency,
            received: received as u32,
            required: required as u32,
            failures: failures.to_vec(),
            data_present,
        }
    }
}
