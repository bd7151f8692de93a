//! Reads: of one partition, and of a range of them.

use super::{Replica, reason};
use crate::data::{FilteredColumn, PartitionSelection, ReadCommand, Slice, TableName, digest};
use crate::event::What;
use crate::index::{self, Found};
use crate::message::replica::{FailureReason, ReadRequest, ReadResponse};
use crate::schema::{ColumnMetadata, TableMetadata};
use crate::storage::{LocalRead, StorageError};

/// Reads this node's own data, and answers with it or with its digest.
pub fn read(replica: &mut Replica<'_>, request: &ReadRequest) -> Result<ReadResponse, FailureReason> {
    let schema = replica.schema;
    let table = schema
        .table_by_id(request.command.table)
        .ok_or(FailureReason::IncompatibleSchema)?;
    let by_index = read_by_index(replica, &request.command, table)?;
    let found = match by_index {
        Some(found) => found,
        None => read_table(replica, &request.command, table).map_err(|error| reason(&error))?,
    };
    Ok(if request.digest_only {
        ReadResponse::Digest(digest(&found.partitions))
    } else {
        ReadResponse::Data(found.partitions)
    })
}

/// Reads this node's own data by an index, if the command says so.
fn read_by_index(
    replica: &mut Replica<'_>,
    command: &ReadCommand,
    table: &TableMetadata,
) -> Result<Option<LocalRead>, FailureReason> {
    let found = index::find(replica.engine, replica.schema, table, command).map_err(|error| reason(&error))?;
    let found = match found {
        // Without the index (yet, or any more) all rows are looked at: that takes longer, and finds the same.
        Found::NotAsked | Found::NoIndex => return Ok(None),
        Found::Refused => return Err(FailureReason::Unknown),
        Found::Rows(found) => found,
    };
    let name = command.filter.search.as_ref().map(|it| it.index.clone());
    let index = name.or_else(|| nearest_index(command, table));
    let attached = index
        .as_ref()
        .and_then(|it| table.indexes.get(it))
        .is_some_and(|it| it.is_storage_attached());
    if let Some(index) = index {
        let index_table = TableName::from(format!("{}.{index}", table.name));
        replica.event(What::IndexRead {
            keyspace: table.keyspace.clone(),
            table: table.name.clone(),
            index,
        });
        if !attached {
            replica.event(What::SinglePartitionRead { table: index_table });
            replica.event(What::SstablesAcquired);
            replica.event(What::SstablesSkipped { skipped: 0, of: 0 });
        }
    }
    for _ in &found.partitions {
        replica.event(What::SinglePartitionRead {
            table: table.name.clone(),
        });
        replica.event(What::SstablesAcquired);
        replica.event(What::MemtableMerged);
    }
    let partitions = found.partitions.len() as u32;
    let rows = found.partitions.iter().map(|it| it.rows().len() as u32).sum();
    replica.event(What::RowsRead {
        live: found.live_rows,
        tombstones: found.tombstones,
    });
    replica.event(match attached {
        true => What::IndexQueried { rows, partitions },
        false => What::SourcesMerged {
            sstables: found.sstables.merged,
        },
    });
    Ok(Some(found))
}

/// The index that a read of the nearest rows goes by.
fn nearest_index(command: &ReadCommand, table: &TableMetadata) -> Option<String> {
    let nearest = command.filter.nearest.as_ref()?;
    let (FilteredColumn::Static(name) | FilteredColumn::Regular(name)) = &nearest.column else {
        return None;
    };
    let mut indexes = table.indexes_of(name);
    indexes.find(|it| it.is_storage_attached()).map(|it| it.name.clone())
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
