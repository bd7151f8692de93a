//! Reads: of one partition, and of a range of them.

use super::{Replica, reason};
use crate::data::{PartitionSelection, ReadCommand, Slice, digest};
use crate::event::What;
use crate::message::replica::{FailureReason, ReadRequest, ReadResponse};
use crate::schema::{ColumnMetadata, TableMetadata};
use crate::storage::{LocalRead, StorageError};

/// Reads this node's own data, and answers with it or with its digest.
pub fn read(replica: &mut Replica<'_>, request: &ReadRequest) -> Result<ReadResponse, FailureReason> {
    let schema = replica.schema;
    let table = schema
        .table_by_id(request.command.table)
        .ok_or(FailureReason::IncompatibleSchema)?;
    let found = read_table(replica, &request.command, table).map_err(|error| reason(&error))?;
    Ok(if request.digest_only {
        ReadResponse::Digest(digest(&found.partitions))
    } else {
        ReadResponse::Data(found.partitions)
    })
}

/// Reads this node's own data of a table, whoever wants it.
pub fn read_table(
    replica: &mut Replica<'_>,
    command: &ReadCommand,
    table: &TableMetadata,
) -> Result<LocalRead, StorageError> {
    let found = replica.engine.read(command, table);
    let name = table.name.clone();
    let sstables = found.as_ref().map(|it| it.sstables.clone()).unwrap_or_default();
    let mut by_slices = false;
    match &command.partitions {
        PartitionSelection::One(_) => {
            replica.event(What::SinglePartitionRead { table: name });
            replica.event(What::SstablesAcquired);
            by_slices = !is_by_clusterings(command, table);
            replica.event(if by_slices {
                What::SstablesSkipped {
                    skipped: sstables.skipped,
                    of: sstables.of,
                }
            } else {
                What::MemtableMerged
            });
            for sstable in &sstables.by_filter {
                replica.event(What::SstableFiltered { sstable: *sstable });
            }
            for it in &sstables.found {
                replica.event(What::SstableFound {
                    sstable: it.generation,
                    cached: it.cached,
                    blocks: it.blocks,
                });
            }
        }
        PartitionSelection::Range(range) => replica.event(What::RangeRead {
            table: name,
            sstables: sstables.merged,
            range: Box::new(range.clone()),
        }),
    }
    let found = found?;
    if by_slices && !found.partitions.is_empty() {
        replica.event(What::SourcesMerged {
            sstables: sstables.merged,
        });
    }
    replica.event(What::RowsRead {
        live: found.live_rows,
        tombstones: found.tombstones,
    });
    Ok(found)
}

/// Whether rows are asked for each by its whole clustering. Cassandra then looks into its sources from the newest to the oldest
/// and stops early, unless collections are among the columns.
fn is_by_clusterings(command: &ReadCommand, table: &TableMetadata) -> bool {
    let columns = table.comparator.len();
    let is_row = |slice: &Slice| slice.start.prefix().len() == columns && slice.start.prefix() == slice.end.prefix();
    let is_collection = |column: &ColumnMetadata| command.columns.includes(&column.name) && column.ty.is_multi_cell();
    let mut read = table.statics.values().chain(table.regulars.values());
    !command.slices.is_empty() && command.slices.iter().all(is_row) && !read.any(is_collection)
}
