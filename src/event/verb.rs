//! Verbs: what kinds of message there are, under Cassandra's names.

use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! verbs {
    ($($verb:ident = $name:literal, $kind:ident;)*) => {
        /// The kind of a message. `org.apache.cassandra.net.Verb`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Verb { $($verb),* }

        impl Verb {
            pub const ALL: &[Verb] = &[$(Verb::$verb),*];

            pub const fn name(self) -> &'static str {
                match self { $(Verb::$verb => $name),* }
            }

            /// The family it is drawn as.
            pub const fn kind(self) -> MessageKind {
                match self { $(Verb::$verb => MessageKind::$kind),* }
            }
        }
    };
}

verbs! {
    GossipDigestSyn = "GOSSIP_DIGEST_SYN", Gossip;
    GossipDigestAck = "GOSSIP_DIGEST_ACK", Gossip;
    GossipDigestAck2 = "GOSSIP_DIGEST_ACK2", Gossip;
    GossipShutdown = "GOSSIP_SHUTDOWN", Gossip;
    EchoReq = "ECHO_REQ", Gossip;
    EchoRsp = "ECHO_RSP", Gossip;
    SchemaPushReq = "SCHEMA_PUSH_REQ", Schema;
    SchemaPushRsp = "SCHEMA_PUSH_RSP", Schema;
    SchemaPullReq = "SCHEMA_PULL_REQ", Schema;
    SchemaPullRsp = "SCHEMA_PULL_RSP", Schema;
    MutationReq = "MUTATION_REQ", Write;
    MutationRsp = "MUTATION_RSP", Write;
    CounterMutationReq = "COUNTER_MUTATION_REQ", Write;
    CounterMutationRsp = "COUNTER_MUTATION_RSP", Write;
    BatchStoreReq = "BATCH_STORE_REQ", Write;
    BatchStoreRsp = "BATCH_STORE_RSP", Write;
    BatchRemoveReq = "BATCH_REMOVE_REQ", Write;
    HintReq = "HINT_REQ", Hint;
    HintRsp = "HINT_RSP", Hint;
    ReadReq = "READ_REQ", Read;
    ReadRsp = "READ_RSP", Read;
    RangeReq = "RANGE_REQ", Read;
    RangeRsp = "RANGE_RSP", Read;
    ReadRepairReq = "READ_REPAIR_REQ", Repair;
    ReadRepairRsp = "READ_REPAIR_RSP", Repair;
    PaxosPrepareReq = "PAXOS_PREPARE_REQ", Paxos;
    PaxosPrepareRsp = "PAXOS_PREPARE_RSP", Paxos;
    PaxosProposeReq = "PAXOS_PROPOSE_REQ", Paxos;
    PaxosProposeRsp = "PAXOS_PROPOSE_RSP", Paxos;
    PaxosCommitReq = "PAXOS_COMMIT_REQ", Paxos;
    PaxosCommitRsp = "PAXOS_COMMIT_RSP", Paxos;
    TruncateReq = "TRUNCATE_REQ", Write;
    TruncateRsp = "TRUNCATE_RSP", Write;
    FailureRsp = "FAILURE_RSP", Failure;
}

impl Verb {
    /// Whether it answers a request: drawn hollow.
    pub fn is_response(self) -> bool {
        self.name().ends_with("_RSP")
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Families of verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MessageKind {
    Gossip,
    Schema,
    Write,
    Read,
    Hint,
    Repair,
    Paxos,
    Failure,
}
