//! The envelope: who says what to whom, and for whose sake.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{batch, gossip, paxos, replica, schema};
use crate::base::{Endpoint, MessageId, RequestId, codec};
use crate::event::Verb;

/// One message between two nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    pub from: Endpoint,
    pub to: Endpoint,
    pub id: MessageId,
    /// The request this answers.
    pub in_reply_to: Option<MessageId>,
    /// The client's request that led to this message; gossip and other housekeeping has none.
    pub cause: Option<RequestId>,
    pub payload: Payload,
}

impl Envelope {
    pub fn verb(&self) -> Verb {
        self.payload.verb()
    }

    /// Bytes on the wire.
    pub fn wire_size(&self) -> u32 {
        codec::encoded_len(self) as u32
    }
}

/// All that nodes say to each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Payload {
    GossipSyn(gossip::Syn),
    GossipAck(gossip::Ack),
    GossipAck2(gossip::Ack2),
    GossipShutdown(gossip::Shutdown),
    EchoRequest,
    EchoResponse,
    SchemaPush(schema::Push),
    /// The pushed rows are applied. Cassandra sends no such answer: there, drivers poll until all nodes agree.
    SchemaPushResponse,
    SchemaPullRequest,
    SchemaPullResponse(schema::Push),
    MutationRequest(replica::MutationRequest),
    MutationResponse,
    CounterRequest(replica::CounterRequest),
    CounterResponse,
    BatchStoreRequest(batch::StoreBatch),
    BatchStoreResponse,
    /// Drop the batch of this id. Wants no answer.
    BatchRemoveRequest(Uuid),
    HintRequest(replica::HintRequest),
    HintResponse,
    ReadRequest(replica::ReadRequest),
    ReadResponse(replica::ReadResponse),
    RangeRequest(replica::ReadRequest),
    RangeResponse(replica::ReadResponse),
    ReadRepairRequest(replica::MutationRequest),
    ReadRepairResponse,
    PaxosPrepareRequest(paxos::Prepare),
    PaxosPrepareResponse(paxos::Promise),
    PaxosProposeRequest(paxos::Propose),
    PaxosProposeResponse(paxos::Accept),
    PaxosCommitRequest(paxos::Commit),
    PaxosCommitResponse,
    TruncateRequest(replica::TruncateRequest),
    TruncateResponse,
    /// A request that a replica could not carry out.
    Failure(replica::FailureReason),
}

impl Payload {
    pub fn verb(&self) -> Verb {
        match self {
            Payload::GossipSyn(_) => Verb::GossipDigestSyn,
            Payload::GossipAck(_) => Verb::GossipDigestAck,
            Payload::GossipAck2(_) => Verb::GossipDigestAck2,
            Payload::GossipShutdown(_) => Verb::GossipShutdown,
            Payload::EchoRequest => Verb::EchoReq,
            Payload::EchoResponse => Verb::EchoRsp,
            Payload::SchemaPush(_) => Verb::SchemaPushReq,
            Payload::SchemaPushResponse => Verb::SchemaPushRsp,
            Payload::SchemaPullRequest => Verb::SchemaPullReq,
            Payload::SchemaPullResponse(_) => Verb::SchemaPullRsp,
            Payload::MutationRequest(_) => Verb::MutationReq,
            Payload::MutationResponse => Verb::MutationRsp,
            Payload::CounterRequest(_) => Verb::CounterMutationReq,
            Payload::CounterResponse => Verb::CounterMutationRsp,
            Payload::BatchStoreRequest(_) => Verb::BatchStoreReq,
            Payload::BatchStoreResponse => Verb::BatchStoreRsp,
            Payload::BatchRemoveRequest(_) => Verb::BatchRemoveReq,
            Payload::HintRequest(_) => Verb::HintReq,
            Payload::HintResponse => Verb::HintRsp,
            Payload::ReadRequest(_) => Verb::ReadReq,
            Payload::ReadResponse(_) => Verb::ReadRsp,
            Payload::RangeRequest(_) => Verb::RangeReq,
            Payload::RangeResponse(_) => Verb::RangeRsp,
            Payload::ReadRepairRequest(_) => Verb::ReadRepairReq,
            Payload::ReadRepairResponse => Verb::ReadRepairRsp,
            Payload::PaxosPrepareRequest(_) => Verb::PaxosPrepareReq,
            Payload::PaxosPrepareResponse(_) => Verb::PaxosPrepareRsp,
            Payload::PaxosProposeRequest(_) => Verb::PaxosProposeReq,
            Payload::PaxosProposeResponse(_) => Verb::PaxosProposeRsp,
            Payload::PaxosCommitRequest(_) => Verb::PaxosCommitReq,
            Payload::PaxosCommitResponse => Verb::PaxosCommitRsp,
            Payload::TruncateRequest(_) => Verb::TruncateReq,
            Payload::TruncateResponse => Verb::TruncateRsp,
            Payload::Failure(_) => Verb::FailureRsp,
        }
    }
}
