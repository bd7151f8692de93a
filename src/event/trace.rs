//! Cassandra's words for events, as the activity column of a trace has them.

use super::What;
use crate::data::{PartitionBound, PartitionRange, Token};

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
        What::DeterminingBatchReplicas => "Determining replicas for atomic batch".into(),
        What::CounterForwarded { to, start, end } => {
            format!("Enqueuing counter update to Full(/{to}:{STORAGE_PORT},({start},{end}])")
        }
        What::CounterLocksAcquired => "Acquiring counter locks".into(),
        What::CountersRead { count } => format!("Reading {count} counter values from the CF"),
        What::ReadingData { from } => format!("reading data from /{from}:{STORAGE_PORT}"),
        What::ReadingDigest { from } => format!("reading digest from /{from}:{STORAGE_PORT}"),
        What::ReadingFullData { from } => format!("Enqueuing full data read to /{from}:{STORAGE_PORT}"),
        What::DigestMismatch { key } => {
            let (token, key) = (key.token, &key.key);
            format!("Digest mismatch: Mismatch for key DecoratedKey({token}, {key:?})")
        }
        What::ReadRepairSent { to } => format!("Sending read-repair-mutation to /{to}:{STORAGE_PORT}"),
        What::SpeculativeRetry { to } => format!("speculating read retry on /{to}:{STORAGE_PORT}"),
        What::RangeScanPlanned {
            ranges,
            concurrency,
            expected_tenths,
        } => {
            let (whole, tenths) = (expected_tenths / 10, expected_tenths % 10);
            format!(
                "Submitting range requests on {ranges} ranges with a concurrency of {concurrency} \
                 ({whole}.{tenths} rows per range expected)"
            )
        }
        What::IndexChosen {
            index,
            is_storage_attached,
        } => {
            let rows = if *is_storage_attached { i64::MAX } else { 0 };
            format!("Index mean cardinalities are {index}:{rows}. Scanning with {index}.")
        }
        What::IndexScanPlanned { ranges, concurrency } => {
            format!("Submitting range requests on {ranges} ranges with a concurrency of {concurrency}")
        }
        What::IndexRead { keyspace, table, index } => {
            format!("Executing read on {keyspace}.{table} using index {index}")
        }
        What::ReadingUnheard { from, key, rows } => {
            let (token, key) = (key.token, &key.key);
            format!(
                "Requesting {rows} rows in partition DecoratedKey({token}, {key:?}) from /{from}:{STORAGE_PORT} for replica \
                 filtering protection"
            )
        }
        What::IndexQueried { rows, partitions } => {
            let count = |count: &u32, what: &str| format!("{count} {what}{}", if *count == 1 { "" } else { "s" });
            let (rows, partitions) = (count(rows, "row"), count(partitions, "partition"));
            format!(
                "Index query accessed memtable indexes, 0 SSTable indexes, and 0 segments, post-filtered {rows} in \
                 {partitions}, and took 0 microseconds."
            )
        }
        What::ReadingRange { from } => format!("Enqueuing request to /{from}:{STORAGE_PORT}"),
        What::RangeSubmitted { requests } => format!("Submitted {requests} concurrent range requests"),
        What::ReplicasUnavailable { .. } => "Unavailable".into(),
        What::CommitLogAppended => "Appending to commitlog".into(),
        What::MemtableWritten { table } => format!("Adding to {table} memtable"),
        What::SinglePartitionRead { table } => format!("Executing single-partition query on {table}"),
        What::RangeRead { sstables, range, .. } => {
            format!(
                "Executing seq scan across {sstables} sstables for {}",
                range_text(range)
            )
        }
        What::SstablesAcquired => "Acquiring sstable references".into(),
        What::MemtableMerged => "Merging memtable contents".into(),
        What::SstablesSkipped { skipped, of } => {
            format!("Skipped {skipped}/{of} non-slice-intersecting sstables, included 0 due to tombstones")
        }
        What::SstableFiltered { sstable } => format!("Bloom filter allows skipping sstable {sstable}"),
        What::SstableFound {
            sstable,
            cached: true,
            blocks,
        } => {
            format!("Key cache hit for sstable {sstable}, size = {blocks}")
        }
        What::SstableFound { sstable, blocks, .. } => {
            format!("Partition index found for sstable {sstable}, size = {blocks}")
        }
        What::SourcesMerged { sstables } => format!("Merged data from memtables and {sstables} sstables"),
        What::RowsRead { live, tombstones } => format!("Read {live} live rows and {tombstones} tombstone cells"),
        What::PaxosPreparing { ballot } => format!("Preparing {ballot}"),
        What::PaxosPromised { ballot } => format!("Promising ballot {ballot}"),
        What::PaxosReadingForCondition => "Reading existing values for CAS precondition".into(),
        // Cassandra says so of every proposal of its own, met or not: then the update is empty.
        What::PaxosProposing { ballot } => {
            format!("CAS precondition is met; proposing client-requested updates for {ballot}")
        }
        What::PaxosFinishing { ballot } => format!("Finishing incomplete paxos round {ballot}"),
        What::PaxosTeaching => "Repairing replicas that missed the most recent commit".into(),
        What::PaxosContention { .. } => {
            "Some replicas have already promised a higher ballot than ours; aborting".into()
        }
        What::PaxosRejected { ballot, promised } => {
            format!("Promise rejected; {ballot} is not sufficiently newer than {promised}")
        }
        What::PaxosDone { applied: true } => "CAS applied successfully".into(),
        What::PaxosDone { applied: false } => "CAS did not apply".into(),
        What::PaxosConditionFailed => "CAS precondition does not match current values".into(),
        What::PaxosAccepted { ballot } => format!("Accepting proposal {ballot}"),
        What::PaxosCommitting { ballot } => format!("Committing proposal {ballot}"),
        _ => return None,
    })
}

/// A range as `AbstractBounds.getString` has it: places between keys as `min` or `max` of a token, the whole ring from its minimum
/// round to itself.
fn range_text(range: &PartitionRange) -> String {
    let place = |bound: &PartitionBound| match bound {
        PartitionBound::BeforeToken(token) => format!("min({token})"),
        PartitionBound::AfterToken(Token::MAX) => format!("min({})", Token::MIN),
        PartitionBound::AfterToken(token) => format!("max({token})"),
        PartitionBound::BeforeKey(key) | PartitionBound::AfterKey(key) => {
            format!("DecoratedKey({}, {:?})", key.token, key.key)
        }
    };
    format!("({}, {}]", place(&range.start), place(&range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_as_cassandra_writes_them() {
        let full = "(min(-9223372036854775808), min(-9223372036854775808)]";
        assert_eq!(range_text(&PartitionRange::full()), full);
        let part = PartitionRange {
            start: PartitionBound::AfterToken(Token(-5)),
            end: PartitionBound::AfterToken(Token(7)),
        };
        assert_eq!(range_text(&part), "(max(-5), max(7)]");
    }
}
