//! Reads: of one partition, and of a range of them.

use super::{Replica, reason};
use crate::data::{PartitionSelection, digest};
use crate::event::What;
use crate::message::replica::{FailureReason, ReadRequest, ReadResponse};

/// Reads this node's own data, and answers with it or with its digest.
pub fn read(replica: &mut Replica<'_>, request: &ReadRequest) -> Result<ReadResponse, FailureReason> {
    let command = &request.command;
    let schema = replica.schema;
    let table = schema
        .table_by_id(command.table)
        .ok_or(FailureReason::IncompatibleSchema)?;
    let name = table.name.clone();
    match command.partitions {
        PartitionSelection::One(_) => {
            replica.event(What::SinglePartitionRead { table: name });
            replica.event(What::MemtableMerged);
        }
        PartitionSelection::Range(_) => replica.event(What::RangeRead { table: name }),
    }
    let found = replica.engine.read(command, table).map_err(|error| reason(&error))?;
    replica.event(What::RowsRead {
        live: found.live_rows,
        tombstones: found.tombstones,
    });
    Ok(if request.digest_only {
        ReadResponse::Digest(digest(&found.partitions))
    } else {
        ReadResponse::Data(found.partitions)
    })
}
