//! Materialized views: what base replicas send to the views' replicas, and views made of what was there before them.

use uuid::Uuid;

use super::core::Running;
use super::operations::{self, OperationId, Owner};
use crate::base::{Duration, Instant, SortedMap};
use crate::batchlog;
use crate::coordinator::{Operation, ReplicaLayout, Write, WriteKind, WriteRequest};
use crate::cql::prepare::view_filter;
use crate::data::{
    ColumnSelection, ConsistencyLevel, DecoratedKey, Mutation, Partition, PartitionBound, PartitionRange,
    PartitionSelection, ReadCommand, ReadLimits, RowFilter, Slice, TableId, WriteTimestamp,
};
use crate::message::batch::StoreBatch;
use crate::replica::{self, View, ViewUpdate, Views};
use crate::schema::Schema;
use crate::storage::Durability;

/// Partitions of a base table that are looked at in one go.
const BUILD_PARTITIONS: u32 = 64;

/// From one go to the next.
const BUILD_PAUSE: Duration = Duration::from_millis(5);

/// Under this and the view's id a node notes that it has built a view.
const BUILT: &str = "view_built/";

/// A node's views and how far it is with them.
#[derive(Default)]
pub(super) struct NodeViews {
    pub views: Views,
    /// What replicas of base tables found that is not sent yet.
    pub found: Vec<ViewUpdate>,
    /// Views being built, and the last key of the base table that was looked at.
    building: SortedMap<TableId, Option<DecoratedKey>>,
    due: Option<Instant>,
    /// Updates kept in the own batchlog until other nodes have them: how many are not there yet.
    sent: SortedMap<Uuid, usize>,
}

impl NodeViews {
    pub fn next_timeout(&self) -> Option<Instant> {
        self.due.filter(|_| !self.building.is_empty())
    }
}

fn views_of(schema: &Schema) -> Views {
    let mut views = Views::default();
    for table in schema.keyspaces().flat_map(|keyspace| keyspace.tables.values()) {
        let Some(definition) = &table.view else { continue };
        let Some(base) = schema.table_by_id(definition.base_id) else {
            continue;
        };
        // Only what passed the checks of CREATE MATERIALIZED VIEW is in a schema.
        let (slices, filter) = view_filter(&definition.where_clause, base, schema)
            .unwrap_or_else(|_| (vec![Slice::all()], RowFilter::default()));
        let (table, base) = (table.clone(), base.clone());
        let view = View {
            table,
            base,
            slices,
            filter,
        };
        views.add(definition.base_id, view);
    }
    views
}

impl Running {
    /// Takes up the views of a schema that is new: those not built yet are built of what this node has.
    pub(super) fn follow_views(&mut self) {
        self.views.views = views_of(&self.schema);
        let schema = self.schema.clone();
        let tables = schema.keyspaces().flat_map(|keyspace| keyspace.tables.values());
        let views: Vec<TableId> = tables.filter(|it| it.view.is_some()).map(|it| it.id).collect();
        self.views.building.retain(|id, _| views.contains(id));
        for id in &views {
            let is_built = matches!(self.engine.local(&format!("{BUILT}{id}")), Ok(Some(true)));
            if !is_built {
                self.views.building.entry(*id).or_default();
                self.views.due.get_or_insert(self.now + BUILD_PAUSE);
            }
        }
        let gone = |name: &&str| {
            let id = name.strip_prefix(BUILT).unwrap_or_default();
            !views.iter().any(|view| view.to_string() == id)
        };
        let gone: Vec<String> = self
            .engine
            .local_names(BUILT)
            .filter(gone)
            .map(str::to_string)
            .collect();
        for name in gone {
            if let Err(error) = self.engine.remove_local(&name) {
                self.disk_failed(&error);
            }
        }
    }

    /// Builds views a little further.
    pub(super) fn build_views(&mut self) {
        self.views.due = Some(self.now + BUILD_PAUSE);
        let building: Vec<(TableId, Option<DecoratedKey>)> = self
            .views
            .building
            .iter()
            .map(|(id, after)| (*id, after.clone()))
            .collect();
        for (id, after) in building {
            let partitions = self.base_partitions(id, after);
            let last = partitions.last().map(|it| it.key.clone());
            let (now, is_done) = (self.epoch_seconds(), partitions.len() < BUILD_PARTITIONS as usize);
            if let Some(view) = self.view_being_built(id) {
                let found = partitions.iter().flat_map(|it| replica::view_rows(&view, it, now));
                self.views.found.extend(found);
            }
            self.send_view_updates();
            match is_done {
                false => drop(self.views.building.insert(id, last)),
                true => {
                    self.views.building.remove(&id);
                    if let Err(error) = self.engine.put_local(&format!("{BUILT}{id}"), &true) {
                        self.disk_failed(&error);
                    }
                }
            }
        }
    }

    fn view_being_built(&self, id: TableId) -> Option<View> {
        let base = self.schema.table_by_id(id)?.view.as_ref()?.base_id;
        self.views
            .views
            .of(base)
            .iter()
            .find(|view| view.table.id == id)
            .cloned()
    }

    fn base_partitions(&self, view: TableId, after: Option<DecoratedKey>) -> Vec<Partition> {
        let Some(View { base, .. }) = self.view_being_built(view) else {
            return Vec::new();
        };
        let mut range = PartitionRange::full();
        if let Some(after) = after {
            range.start = PartitionBound::AfterKey(after);
        }
        let command = ReadCommand {
            table: base.id,
            partitions: PartitionSelection::Range(range),
            slices: vec![Slice::all()],
            reversed: false,
            columns: ColumnSelection::All,
            filter: RowFilter::default(),
            limits: ReadLimits {
                partitions: BUILD_PARTITIONS,
                ..ReadLimits::NONE
            },
            now: self.epoch_seconds(),
        };
        self.engine
            .read(&command, &base)
            .map(|found| found.partitions)
            .unwrap_or_default()
    }

    /// Sends on what replicas of base tables found: each update to the one replica of the view that goes with this replica of the
    /// base table. What is for other nodes is kept in this node's batchlog until they have it. `StorageProxy.mutateMV`.
    pub(super) fn send_view_updates(&mut self) {
        let mut remote: Vec<(ViewUpdate, ReplicaLayout)> = Vec::new();
        for update in core::mem::take(&mut self.views.found) {
            let (keyspace, token) = (update.mutation.keyspace.clone(), update.mutation.key.token);
            let layout = self.with_cluster(&keyspace, |cluster, _, _| cluster.view_layout(update.base_token, token));
            match layout {
                Ok(Some(layout)) if layout.is_this_node_alone() => {
                    let mut replica = self.replica(update.cause);
                    // A node whose disk refuses a view's row refuses the base table's as well, and says so there.
                    let _refused = replica::apply(&mut replica, update.mutation);
                }
                Ok(Some(layout)) => remote.push((update, layout)),
                // This node is no replica of the base row any more, or the keyspace is gone.
                Ok(None) | Err(_) => {}
            }
        }
        if !remote.is_empty() {
            self.send_remote_updates(remote);
        }
    }

    fn send_remote_updates(&mut self, remote: Vec<(ViewUpdate, ReplicaLayout)>) {
        let batch = StoreBatch {
            id: self.time_uuid(),
            created: WriteTimestamp::from(self.wall_clock()),
            mutations: remote
                .iter()
                .map(|(update, _)| update.mutation.clone())
                .collect::<Vec<Mutation>>(),
        };
        if let Err(error) = self.engine.apply(batchlog::stored(&batch), Durability::Logged) {
            self.disk_failed(&error);
        }
        self.batchlog.keep(batch.id, batch.created, self.now);
        self.views.sent.insert(batch.id, remote.len());
        for (update, layout) in remote {
            let request = WriteRequest {
                mutation: update.mutation,
                // A replica that is down is left a hint, and the batchlog is not done with it.
                consistency: ConsistencyLevel::Any,
                kind: WriteKind::Batch,
                cause: update.cause,
            };
            let first = self.out.messages.len();
            let write = Write::quietly(request, &layout, self.now, &mut self.out);
            let running = operations::Running::Write(Box::new(write));
            let operation = self.operations.add(Owner::View(batch.id), running, &self.out, first);
            let first = self.out.messages.len();
            if let Some(stepped) = self.operations.stepped(operation, &self.out, first) {
                self.after_step(stepped);
            }
        }
    }

    /// Looks at an update on its way to a view's replica: once all of a batch are there it need not be kept.
    pub(super) fn after_view_write(&mut self, operation: OperationId, batch: Uuid) {
        let Some(operations::Running::Write(write)) = self.operations.get_mut(operation) else {
            return;
        };
        write.take_outcome();
        if !write.is_finished() {
            return;
        }
        let reached_everyone = write.reached_everyone();
        self.operations.forget_if_finished(operation);
        if !reached_everyone {
            self.views.sent.remove(&batch);
            return;
        }
        let Some(left) = self.views.sent.get_mut(&batch) else {
            return;
        };
        *left -= 1;
        if *left == 0 {
            self.views.sent.remove(&batch);
            self.drop_batch(batch);
        }
    }
}
