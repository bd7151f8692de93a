//! Leading a counter's increment: what this node has counted so far, and the increment added to it.
//!
//! Source: Cassandra 5.0, `db/CounterMutation`.

use super::{Replica, apply, reason};
use crate::base::{HostId, SortedSet, UnixMicros};
use crate::data::{
    Cell, CellContent, ClockAndCount, ColumnName, ColumnSelection, CounterContext, Mutation, Partition,
    PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter, Slice,
};
use crate::event::What;
use crate::message::replica::FailureReason;
use crate::schema::TableMetadata;

use super::read::read_table;

/// Turns increments into this node's new counts, applies those here, and returns them: the other replicas are to have the same.
pub fn lead(
    replica: &mut Replica<'_>,
    node: HostId,
    now: UnixMicros,
    mutation: Mutation,
) -> Result<Mutation, FailureReason> {
    replica.event(What::CounterLocksAcquired);
    let keyspace = mutation.keyspace.clone();
    let mut led: Option<Mutation> = None;
    for (id, update) in mutation.into_updates() {
        let table = replica
            .schema
            .table_by_id(id)
            .ok_or(FailureReason::IncompatibleSchema)?
            .clone();
        let update = count(replica, node, now, &table, update)?;
        match &mut led {
            Some(led) => led.add(id, update),
            None => led = Some(Mutation::new(keyspace.clone(), id, update)),
        }
    }
    let led = led.ok_or(FailureReason::Unknown)?;
    apply(replica, led.clone())?;
    Ok(led)
}

/// The update with every increment replaced by what this node has counted with it.
fn count(
    replica: &mut Replica<'_>,
    node: HostId,
    now: UnixMicros,
    table: &TableMetadata,
    update: Partition,
) -> Result<Partition, FailureReason> {
    let rows = update.rows().map(|(_, row)| row).chain([update.static_row()]);
    let increments = rows
        .map(|row| row.cells().filter(|cell| increment(cell).is_some()).count())
        .sum::<usize>();
    if increments == 0 {
        return Ok(update);
    }
    replica.event(What::CountersRead {
        count: increments as u32,
    });
    let found = current(replica, now, table, &update)?;
    let nothing = Row::default();
    let mut counted = update;
    counted.change_rows(|clustering, row| {
        let before = found.as_ref().and_then(|it| match clustering {
            None => Some(it.static_row()),
            Some(clustering) => it.row(clustering),
        });
        lead_row(row, before.unwrap_or(&nothing), node, now);
    });
    Ok(counted)
}

fn increment(cell: &Cell) -> Option<&CounterContext> {
    match &cell.content {
        CellContent::Counter(context) if context.is_update() => Some(context),
        _ => None,
    }
}

fn lead_row(row: &mut Row, before: &Row, node: HostId, now: UnixMicros) {
    row.change_cells(|name, cell| {
        let Some(added) = increment(cell) else { return };
        let state = match before.cell(name).map(|cell| &cell.content) {
            Some(CellContent::Counter(context)) => context.of_node(node),
            _ => ClockAndCount::default(),
        };
        let state = ClockAndCount {
            clock: now.0.max(state.clock.saturating_add(1)),
            count: state.count.wrapping_add(added.total()),
        };
        cell.content = CellContent::Counter(CounterContext::global(node, state));
    });
}

/// What this node has of the counters that an update increments.
fn current(
    replica: &mut Replica<'_>,
    now: UnixMicros,
    table: &TableMetadata,
    update: &Partition,
) -> Result<Option<Partition>, FailureReason> {
    let columns = |row: &Row| row.columns().map(|(name, _)| name.clone()).collect::<Vec<ColumnName>>();
    let rows = update.rows().map(|(_, row)| row).chain([update.static_row()]);
    let columns: SortedSet<ColumnName> = rows.flat_map(columns).collect();
    let values = |it: &crate::data::Clustering| it.values().to_vec();
    let slices = update.rows().map(|(clustering, _)| Slice {
        start: table.comparator.before(values(clustering)),
        end: table.comparator.after(values(clustering)),
    });
    let command = ReadCommand {
        table: table.id,
        partitions: PartitionSelection::One(update.key.clone()),
        slices: slices.collect(),
        reversed: false,
        columns: ColumnSelection::Only(columns),
        filter: RowFilter::default(),
        limits: ReadLimits::NONE,
        now: now.into(),
    };
    let found = read_table(replica, &command, table).map_err(|error| reason(&error))?;
    Ok(found.partitions.into_iter().next())
}
