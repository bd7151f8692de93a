//! Statements that clients prepared: kept by id, prepared anew when the schema has changed, forgotten when there are too many.

use std::sync::Arc;

use uuid::Uuid;

use crate::base::SortedMap;
use crate::cql::ast::{Modification, QualifiedName, Statement};
use crate::cql::prepare::{Markers, Plan, PrepareContext, Prepared, prepare};
use crate::cql::{Parsed, PreparedStatement, QueryError, StatementId, parse};
use crate::data::KeyspaceName;
use crate::node::core::Running;
use crate::schema::Schema;

/// Cassandra bounds the bytes of these (`prepared_statements_cache_size`), 10 MiB at least; this is about as many.
const MAX_PREPARED_STATEMENTS: usize = 10_000;

/// The statements prepared on this node since it started.
#[derive(Default)]
pub(in crate::node) struct PreparedStatements {
    entries: SortedMap<StatementId, Entry>,
    uses: u64,
    /// Forgotten for want of room.
    pub(in crate::node) evicted: u64,
}

struct Entry {
    text: Arc<str>,
    keyspace: Option<KeyspaceName>,
    statement: Statement,
    prepared: Arc<Prepared>,
    /// The schema it was prepared for.
    schema: Uuid,
    last_used: u64,
}

/// A statement that is ready to be carried out.
pub(super) struct Ready {
    pub text: Arc<str>,
    pub keyspace: Option<KeyspaceName>,
    pub prepared: Arc<Prepared>,
}

impl PreparedStatements {
    pub(in crate::node) fn len(&self) -> usize {
        self.entries.len()
    }

    fn insert(&mut self, id: StatementId, mut entry: Entry) {
        if self.entries.len() >= MAX_PREPARED_STATEMENTS && !self.entries.contains_key(&id) {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.last_used);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                self.entries.remove(&oldest);
                self.evicted += 1;
            }
        }
        self.uses += 1;
        entry.last_used = self.uses;
        self.entries.insert(id, entry);
    }

    /// The statement under an id, fit for the schema as it is.
    fn ready(&mut self, id: StatementId, schema: &Schema) -> Result<Ready, QueryError> {
        self.uses += 1;
        let uses = self.uses;
        let Some(entry) = self.entries.get_mut(&id) else {
            return Err(QueryError::Unprepared(id));
        };
        entry.last_used = uses;
        if entry.schema != schema.version() {
            match prepare_for(&entry.statement, entry.keyspace.as_ref(), schema) {
                Ok(prepared) => {
                    entry.prepared = Arc::new(prepared);
                    entry.schema = schema.version();
                }
                // What it is about is gone. A client that prepares it again is told so.
                Err(_) => {
                    self.entries.remove(&id);
                    return Err(QueryError::Unprepared(id));
                }
            }
        }
        Ok(Ready {
            text: entry.text.clone(),
            keyspace: entry.keyspace.clone(),
            prepared: entry.prepared.clone(),
        })
    }
}

/// Prepares a parsed statement.
pub(super) fn prepare_for(
    statement: &Statement,
    keyspace: Option<&KeyspaceName>,
    schema: &Schema,
) -> Result<Prepared, QueryError> {
    let markers = Markers::default();
    let context = PrepareContext {
        schema,
        keyspace,
        markers: &markers,
    };
    prepare(statement, &context)
}

/// Whether every table that a statement names is named with its keyspace: then the keyspace in use does not matter.
fn is_fully_qualified(statement: &Statement) -> bool {
    match statement {
        Statement::Select(select) => select.from.keyspace.is_some(),
        Statement::Modification(modification) => table_of(modification).keyspace.is_some(),
        Statement::Batch(batch) => batch.statements.iter().all(|it| table_of(it).keyspace.is_some()),
        Statement::Truncate(name) => name.keyspace.is_some(),
        _ => false,
    }
}

/// Against preparing statements that mean another table when another keyspace is in use. Cassandra says it once a connection.
pub(super) fn use_warning(prepared: &PreparedStatement, keyspace: Option<&KeyspaceName>, text: &str) -> Option<String> {
    let keyspace = keyspace?;
    (prepared.id != StatementId::of(None, text)).then(|| {
        format!(
            "{USE_WARNING} is considered to be an anti-pattern due to ambiguity in non-qualified table names. Please consider \
             removing instances of `Session#setKeyspace(<keyspace>)`, `Session#execute(\"USE <keyspace>\")` and \
             `cluster.newSession(<keyspace>)` from your code, and always use fully qualified table names (e.g. \
             <keyspace>.<table>). Keyspace used: {keyspace}, statement keyspace: {keyspace}, statement id: {}",
            prepared.id
        )
    })
}

/// How that warning begins.
pub const USE_WARNING: &str = "`USE <keyspace>` with prepared statements";

fn table_of(modification: &Modification) -> &QualifiedName {
    match modification {
        Modification::Insert(it) => &it.table,
        Modification::InsertJson(it) => &it.table,
        Modification::Update(it) => &it.table,
        Modification::Delete(it) => &it.table,
    }
}

/// Puts a modification into the keyspace it was prepared in.
pub(super) fn qualify(modification: &mut Modification, keyspace: Option<&KeyspaceName>) {
    let table = match modification {
        Modification::Insert(it) => &mut it.table,
        Modification::InsertJson(it) => &mut it.table,
        Modification::Update(it) => &mut it.table,
        Modification::Delete(it) => &mut it.table,
    };
    if table.keyspace.is_none() {
        table.keyspace = keyspace.map(ToString::to_string);
    }
}

impl Running {
    /// Prepares a statement for later.
    pub(super) fn prepare_statement(
        &mut self,
        text: &str,
        keyspace: Option<&KeyspaceName>,
    ) -> Result<(PreparedStatement, Vec<String>), QueryError> {
        let Parsed { statement, markers } = parse(text)?;
        if markers.len() > crate::cql::prepare::MAX_MARKERS {
            return Err(QueryError::invalid(format!(
                "Too many markers(?). {} markers exceed the allowed maximum of {}",
                markers.len(),
                crate::cql::prepare::MAX_MARKERS
            )));
        }
        let prepared = Arc::new(prepare_for(&statement, keyspace, &self.schema)?);
        let keyspace = keyspace.filter(|_| !is_fully_qualified(&statement));
        let id = StatementId::of(keyspace.map(|it| it.as_str()), text);
        let answer = PreparedStatement {
            id,
            markers: prepared.markers.clone(),
            partition_key: prepared.partition_key.clone(),
            columns: match &prepared.plan {
                Plan::Select(plan) => Some(plan.columns().to_vec()),
                _ => None,
            },
        };
        let warnings = prepared.warnings.clone();
        let entry = Entry {
            text: text.into(),
            keyspace: keyspace.cloned(),
            statement,
            prepared,
            schema: self.schema.version(),
            last_used: 0,
        };
        self.prepared_statements.insert(id, entry);
        Ok((answer, warnings))
    }

    /// The prepared statement of an id.
    pub(super) fn prepared_statement(&mut self, id: StatementId) -> Result<Ready, QueryError> {
        self.prepared_statements.ready(id, &self.schema)
    }
}
