//! Cassandra's words for events, as the activity column of a trace has them.

use super::What;

/// Cassandra's storage port, which its traces name with every address.
const STORAGE_PORT: u16 = 7000;

/// The activity a trace shows for an event; `None` for those Cassandra does not trace.
pub fn activity(what: &What) -> Option<String> {
    Some(match what {
        What::StatementReceived { .. } => "Execute CQL3 query".into(),
        What::Parsing { query } => format!("Parsing {query}"),
        What::Preparing => "Preparing statement".into(),
        What::StatementDone { .. } => "Request complete".into(),
        What::MessageSent { to, verb, bytes, .. } => {
            format!("Sending {verb} message to /{to}:{STORAGE_PORT} message size {bytes} bytes")
        }
        What::MessageReceived { from, verb, .. } => format!("{verb} message received from /{from}:{STORAGE_PORT}"),
        What::ResponseProcessed { from } => format!("Processing response from /{from}:{STORAGE_PORT}"),
        What::ResponseEnqueued { to } => format!("Enqueuing response to /{to}:{STORAGE_PORT}"),
        What::DeterminingReplicas { .. } => "Determining replicas for mutation".into(),
        What::ReadingData { from } => format!("reading data from /{from}:{STORAGE_PORT}"),
        What::ReadingDigest { from } => format!("reading digest from /{from}:{STORAGE_PORT}"),
        What::CommitLogAppended => "Appending to commitlog".into(),
        What::MemtableWritten { table } => format!("Adding to {table} memtable"),
        What::SinglePartitionRead { table } => format!("Executing single-partition query on {table}"),
        What::RangeRead { table } => format!("Executing seq scan across 0 sstables for {table}"),
        What::MemtableMerged => "Merging memtable contents".into(),
        What::RowsRead { live, tombstones } => format!("Read {live} live rows and {tombstones} tombstone cells"),
        What::PaxosPreparing { ballot } => format!("Preparing {ballot}"),
        What::PaxosPromised { ballot } => format!("Promising ballot {ballot}"),
        What::PaxosReadingForCondition => "Reading existing values for CAS precondition".into(),
        What::PaxosConditionMet { ballot } => {
            format!("CAS precondition is met; proposing client-requested updates for {ballot}")
        }
        What::PaxosConditionFailed => "CAS precondition does not match current values".into(),
        What::PaxosAccepted { ballot } => format!("Accepting proposal {ballot}"),
        What::PaxosCommitting { ballot } => format!("Committing proposal {ballot}"),
        _ => return None,
    })
}
