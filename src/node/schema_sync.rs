//! How nodes come to one schema: a change is pushed to all that are up and acknowledged; a node whose version differs from a
//! peer's, as gossip tells, pulls the peer's. Rows merge, so the order in which changes arrive does not matter.

use std::cell::RefCell;

use std::sync::Arc;

use super::core::{Running, SCHEMA_AGREEMENT_TIMEOUT};
use crate::base::{Duration, Endpoint, Instant, MessageId, RequestId, SortedMap, SortedSet};
use crate::data::{
    ColumnSelection, EpochSeconds, Mutation, Partition, PartitionRange, PartitionSelection, ReadCommand, ReadLimits,
    RowFilter, Slice, TableId,
};
use crate::event::What;
use crate::index;
use crate::message::gossip::ApplicationState;
use crate::message::schema::Push;
use crate::message::{Envelope, Payload};
use crate::schema::change::is_local_system_keyspace;
use crate::schema::{
    SYSTEM_SCHEMA, Schema, TableMetadata, is_virtual_keyspace, load_schema, local_keyspaces, system_schema,
};
use crate::storage::{Durability, Engine, StorageError};

/// A peer's version may differ because a push is on its way: it is pulled only if it still differs after this. Cassandra waits
/// 60 s (`MIGRATION_DELAY_IN_MS`), being wary of large schemas.
const PULL_DELAY: Duration = Duration::from_secs(1);

/// How long until a pull that brought no agreement is tried again.
const PULL_RETRY: Duration = Duration::from_secs(5);

/// Changes on their way out, and peers that seem to know something else.
#[derive(Default)]
pub(super) struct SchemaSync {
    /// Requests that wait for acknowledgements, by when they stop waiting.
    waiting: SortedMap<RequestId, (Instant, SortedSet<MessageId>)>,
    pushed: SortedMap<MessageId, RequestId>,
    /// Peers to pull from unless they agree by then.
    pulls: SortedMap<Endpoint, Instant>,
}

impl SchemaSync {
    pub fn next_timeout(&self) -> Option<Instant> {
        let waiting = self.waiting.values().map(|(deadline, _)| *deadline);
        waiting.chain(self.pulls.values().copied()).min()
    }
}

impl Running {
    /// Applies a change made here and sends it to all live peers; the request is answered once they have it.
    pub(super) fn announce_schema(&mut self, request: RequestId, mutation: Mutation) -> Result<(), StorageError> {
        self.apply_schema(vec![mutation.clone()], Some(request))?;
        let peers: Vec<Endpoint> = self.gossiper.live_peers().collect();
        let mut awaited = SortedSet::new();
        for peer in peers {
            let push = Payload::SchemaPush(Push {
                mutations: vec![mutation.clone()],
            });
            let id = self.out.send(peer, Some(request), push);
            self.schema_sync.pushed.insert(id, request);
            awaited.insert(id);
        }
        if awaited.is_empty() {
            self.finish_change(request);
        } else {
            self.schema_sync
                .waiting
                .insert(request, (self.now + SCHEMA_AGREEMENT_TIMEOUT, awaited));
        }
        Ok(())
    }

    pub(super) fn on_schema_message(&mut self, message: &Envelope) {
        match &message.payload {
            Payload::SchemaPush(push) => match self.apply_schema(push.mutations.clone(), message.cause) {
                Ok(()) => self.out.reply(message, Payload::SchemaPushResponse),
                Err(error) => self.disk_failed(&error),
            },
            Payload::SchemaPushResponse => self.on_push_acknowledged(message),
            Payload::SchemaPullRequest => match self.all_schema_rows() {
                Ok(mutations) => self.out.reply(message, Payload::SchemaPullResponse(Push { mutations })),
                Err(error) => self.disk_failed(&error),
            },
            Payload::SchemaPullResponse(push) => {
                if let Err(error) = self.apply_schema(push.mutations.clone(), None) {
                    self.disk_failed(&error);
                }
            }
            _ => {}
        }
    }

    /// Looks at a peer's schema version, of which gossip just told.
    pub(super) fn compare_schema_version(&mut self, peer: Endpoint) {
        if self.agrees(peer) {
            self.schema_sync.pulls.remove(&peer);
        } else {
            self.schema_sync.pulls.entry(peer).or_insert(self.now + PULL_DELAY);
        }
    }

    pub(super) fn on_schema_timeout(&mut self) {
        let now = self.now;
        let due: Vec<Endpoint> = self
            .schema_sync
            .pulls
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(peer, _)| *peer)
            .collect();
        for peer in due {
            if self.agrees(peer) || self.gossiper.endpoint_state(peer).is_none() {
                self.schema_sync.pulls.remove(&peer);
                continue;
            }
            if self.gossiper.is_alive(peer) {
                self.out.send(peer, None, Payload::SchemaPullRequest);
            }
            self.schema_sync.pulls.insert(peer, now + PULL_RETRY);
        }
        // A peer that does not answer is taken not to be up: it pulls when it is back.
        let over = self
            .schema_sync
            .waiting
            .iter()
            .filter(|(_, (deadline, _))| *deadline <= now);
        let over: Vec<RequestId> = over.map(|(request, _)| *request).collect();
        for request in over {
            self.schema_sync.waiting.remove(&request);
            self.schema_sync.pushed.retain(|_, it| *it != request);
            self.finish_change(request);
        }
    }

    fn on_push_acknowledged(&mut self, message: &Envelope) {
        let Some(id) = message.in_reply_to else { return };
        let Some(request) = self.schema_sync.pushed.remove(&id) else {
            return;
        };
        let Some((_, awaited)) = self.schema_sync.waiting.get_mut(&request) else {
            return;
        };
        awaited.remove(&id);
        if awaited.is_empty() {
            self.schema_sync.waiting.remove(&request);
            self.finish_change(request);
        }
    }

    fn agrees(&self, peer: Endpoint) -> bool {
        let state = self.gossiper.endpoint_state(peer);
        let theirs = state.and_then(|state| state.get(ApplicationState::Schema));
        theirs.is_none_or(|version| version == self.schema.version().to_string())
    }

    /// Merges rows of `system_schema` in, and takes up the schema they make.
    fn apply_schema(&mut self, mutations: Vec<Mutation>, cause: Option<RequestId>) -> Result<(), StorageError> {
        for mutation in mutations {
            let known = |table: &TableId| system_schema().tables.values().any(|it| it.id == *table);
            if mutation.keyspace.as_str() != SYSTEM_SCHEMA || !mutation.updates().iter().all(|(table, _)| known(table))
            {
                continue;
            }
            self.engine.apply(mutation, Durability::Logged)?;
        }
        let schema = load(&self.engine, self.epoch_seconds())?;
        self.engine.use_schema(stored_tables(&schema))?;
        if schema.version() == self.schema.version() {
            return Ok(());
        }
        let user_tables = |schema: &Schema| -> SortedSet<TableId> {
            schema
                .keyspaces()
                .flat_map(|it| it.tables.values())
                .map(|it| it.id)
                .collect()
        };
        let gone: Vec<TableId> = user_tables(&self.schema)
            .difference(&user_tables(&schema))
            .copied()
            .collect();
        let hidden =
            |schema: &Schema| -> SortedSet<TableId> { schema.all_indexes().map(|(_, it)| it.table.id).collect() };
        let forgotten: Vec<TableId> = hidden(&self.schema).difference(&hidden(&schema)).copied().collect();
        self.schema = Arc::new(schema);
        for table in gone {
            self.engine.drop_table(table)?;
        }
        for index in forgotten {
            index::forget(&mut self.engine, index)?;
        }
        let now = self.epoch_seconds();
        index::build_missing(&mut self.engine, &self.schema, now, false)?;
        self.follow_views();
        let version = self.schema.version();
        self.gossiper
            .set_local_state(ApplicationState::Schema, version.to_string());
        self.event(cause, What::SchemaApplied { version });
        self.write_own_row()
    }

    /// All rows of `system_schema`, deletions among them, one mutation a keyspace.
    fn all_schema_rows(&self) -> Result<Vec<Mutation>, StorageError> {
        let mut mutations: SortedMap<_, Mutation> = SortedMap::new();
        for table in system_schema().tables.values() {
            let all = read_all(&self.engine, table, self.epoch_seconds())?;
            // Every node has the rows of its own keyspaces from its start.
            let own = |it: &Partition| core::str::from_utf8(&it.key.key.0).is_ok_and(is_local_system_keyspace);
            for partition in all.into_iter().filter(|it| !own(it)) {
                match mutations.get_mut(&partition.key) {
                    Some(mutation) => mutation.add(table.id, partition),
                    None => {
                        let key = partition.key.clone();
                        mutations.insert(key, Mutation::new(SYSTEM_SCHEMA.into(), table.id, partition));
                    }
                }
            }
        }
        Ok(mutations.into_values().collect())
    }
}

/// The tables whose data is stored, those of indexes among them: those of virtual keyspaces are made up at every start.
pub(super) fn stored_tables(schema: &Schema) -> impl Iterator<Item = &Arc<TableMetadata>> {
    let stored = schema.keyspaces().filter(|it| !is_virtual_keyspace(&it.name));
    let hidden = schema
        .all_indexes()
        .filter_map(|(_, it)| schema.table_by_id(it.table.id));
    stored.flat_map(|it| it.tables.values()).chain(hidden)
}

/// The schema as its rows in this node's storage make it.
pub(super) fn load(engine: &Engine, now: EpochSeconds) -> Result<Schema, StorageError> {
    let failed = RefCell::new(None);
    let read = |table: &TableMetadata| {
        read_all(engine, table, now).unwrap_or_else(|error| {
            failed.borrow_mut().get_or_insert(error);
            Vec::new()
        })
    };
    let schema = load_schema(read, local_keyspaces().iter().cloned(), now);
    match failed.into_inner() {
        Some(error) => Err(error),
        None => Ok(schema.expect("only rows that a schema was written as are ever applied to system_schema")),
    }
}

pub(super) fn read_all(
    engine: &Engine,
    table: &TableMetadata,
    now: EpochSeconds,
) -> Result<Vec<Partition>, StorageError> {
    let command = ReadCommand {
        table: table.id,
        partitions: PartitionSelection::Range(PartitionRange::full()),
        slices: vec![Slice::all()],
        reversed: false,
        columns: ColumnSelection::All,
        filter: RowFilter::default(),
        limits: ReadLimits::NONE,
        now,
    };
    Ok(engine.read(&command, table)?.partitions)
}
