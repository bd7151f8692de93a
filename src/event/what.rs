//! What can happen.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Verb;
use crate::base::{Endpoint, Instant, MessageId, RequestId};
use crate::data::{ConsistencyLevel, DecoratedKey, KeyspaceName, PartitionRange, TableName, Token};

/// Something that happened on a node, and the client's request that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub at: Instant,
    pub node: Endpoint,
    pub cause: Option<RequestId>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    // A client's statement.
    StatementReceived {
        query: String,
        consistency: ConsistencyLevel,
    },
    Parsing {
        query: String,
    },
    Preparing,
    StatementDone {
        outcome: Outcome,
    },

    // Messages. The receiver is `node` for `MessageReceived`; for the others it is the sender.
    MessageSent {
        to: Endpoint,
        id: MessageId,
        in_reply_to: Option<MessageId>,
        verb: Verb,
        bytes: u32,
    },
    MessageReceived {
        from: Endpoint,
        id: MessageId,
        verb: Verb,
    },
    MessageDropped {
        to: Endpoint,
        id: MessageId,
        verb: Verb,
        reason: DropReason,
    },
    ResponseProcessed {
        from: Endpoint,
    },
    ResponseEnqueued {
        to: Endpoint,
    },

    // Coordinating.
    DeterminingReplicas {
        token: Token,
        replicas: Vec<Endpoint>,
    },
    DeterminingBatchReplicas,
    /// An increment goes to the replica that leads it, which holds this stretch of the ring.
    CounterForwarded {
        to: Endpoint,
        start: Token,
        end: Token,
    },
    ReadingData {
        from: Endpoint,
    },
    ReadingDigest {
        from: Endpoint,
    },
    /// The data of one that sent a digest, or data, before.
    ReadingFullData {
        from: Endpoint,
    },
    RangeScanPlanned {
        ranges: u32,
        concurrency: u32,
        /// How many rows are thought to be in each, in tenths.
        expected_tenths: u32,
    },
    ReadingRange {
        from: Endpoint,
    },
    RangeSubmitted {
        requests: u32,
    },
    DigestMismatch {
        key: DecoratedKey,
    },
    ReadRepairSent {
        to: Endpoint,
    },
    SpeculativeRetry {
        to: Endpoint,
    },
    ReplicasUnavailable {
        required: u32,
        alive: u32,
    },
    RequestTimedOut {
        received: u32,
        required: u32,
    },
    HintStored {
        host: Endpoint,
    },
    HintReplayed {
        host: Endpoint,
    },
    HintsDropped {
        host: Endpoint,
        count: u32,
    },

    // Paxos.
    PaxosPreparing {
        ballot: Uuid,
    },
    PaxosPromised {
        ballot: Uuid,
    },
    PaxosRejected {
        ballot: Uuid,
        promised: Uuid,
    },
    PaxosReadingForCondition,
    PaxosConditionMet {
        ballot: Uuid,
    },
    PaxosConditionFailed,
    PaxosProposing {
        ballot: Uuid,
    },
    /// What another proposer left unfinished is proposed again.
    PaxosFinishing {
        ballot: Uuid,
    },
    /// Replicas are told a decision that they missed.
    PaxosTeaching,
    PaxosDone {
        applied: bool,
    },
    PaxosAccepted {
        ballot: Uuid,
    },
    PaxosCommitting {
        ballot: Uuid,
    },
    PaxosContention {
        ballot: Uuid,
    },

    // Counters.
    CounterLocksAcquired,
    CountersRead {
        count: u32,
    },

    // Storage.
    CommitLogAppended,
    MemtableWritten {
        table: TableName,
    },
    SinglePartitionRead {
        table: TableName,
    },
    RangeRead {
        table: TableName,
        sstables: u32,
        range: Box<PartitionRange>,
    },
    SstablesAcquired,
    /// A read by whole clusterings looks into memtables first.
    MemtableMerged,
    /// A read by slices takes all SSTables but those that hold nothing of the slices.
    SstablesSkipped {
        skipped: u32,
        of: u32,
    },
    /// An SSTable was left out by its bloom filter.
    SstableFiltered {
        sstable: u64,
    },
    /// Where a partition is in an SSTable was found in its index, or in the key cache. `blocks`: those of a wide one's own index.
    SstableFound {
        sstable: u64,
        cached: bool,
        blocks: u32,
    },
    SourcesMerged {
        sstables: u32,
    },
    RowsRead {
        live: u32,
        tombstones: u32,
    },
    /// A memtable takes no more writes, and is being written to an SSTable.
    FlushStarted {
        table: TableName,
        bytes: u64,
    },
    /// Its SSTable is there, of so many bytes.
    MemtableFlushed {
        table: TableName,
        bytes: u64,
    },
    CommitLogSegmentsDeleted {
        segments: u32,
    },
    CompactionStarted {
        table: TableName,
        /// As `nodetool compactionstats` calls it.
        kind: String,
        /// Generations of SSTables.
        inputs: Vec<u64>,
        bytes: u64,
    },
    CompactionFinished {
        table: TableName,
        kind: String,
        inputs: Vec<u64>,
        outputs: Vec<u64>,
        bytes_in: u64,
        bytes_out: u64,
    },
    CommitLogReplayed {
        mutations: u64,
        torn: bool,
    },
    Truncated {
        table: TableName,
    },

    // Membership.
    NodeStarted {
        generation: u32,
    },
    /// The node's disk could not be read: it does not run.
    StartFailed {
        why: String,
    },
    /// The disk refused something: the node leaves gossip and hears no clients any more.
    DiskFailed {
        why: String,
    },
    NodeStopped {
        graceful: bool,
    },
    NodePaused,
    NodeResumed,
    PeerJoined {
        peer: Endpoint,
    },
    PeerUp {
        peer: Endpoint,
    },
    PeerDown {
        peer: Endpoint,
        phi_thousandths: u32,
    },
    PeerState {
        peer: Endpoint,
        status: String,
    },
    SchemaApplied {
        version: Uuid,
    },

    // Indexes. (Last: the codes of those above stay what they were.)
    /// The coordinator has chosen the index to look in.
    IndexChosen {
        index: String,
        /// Cassandra cannot tell how many rows a storage-attached index will find, and has none estimated.
        is_storage_attached: bool,
    },
    IndexScanPlanned {
        ranges: u32,
        concurrency: u32,
    },
    IndexRead {
        keyspace: KeyspaceName,
        table: TableName,
        index: String,
    },
    IndexQueried {
        rows: u32,
        partitions: u32,
    },
    /// A replica is asked for rows that another's index found.
    ReadingUnheard {
        from: Endpoint,
        key: DecoratedKey,
        rows: u32,
    },
    /// What is on the disk is not what was written.
    DiskCorrupt {
        why: String,
    },
}

/// Why a message did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DropReason {
    Lost,
    LinkCut,
    ReceiverDown,
}

/// How a client's request ended, in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Done {
        rows: Option<u32>,
    },
    /// Cassandra's error code and text.
    Failed {
        code: u16,
        message: String,
    },
}
