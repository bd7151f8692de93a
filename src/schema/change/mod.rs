//! Changes of schema: each a pure function from the schema before to the keyspace after, with Cassandra's checks.

mod columns;
mod index;
mod keyspace;
mod new_table;
mod table;
mod user_type;
mod view;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use index::NewIndex;
pub use new_table::{NewColumn, NewTable, PrimaryKey};
pub use view::{NewView, ViewWhere};

use super::{ClusterShape, KeyspaceMetadata, Properties, Schema, SchemaError};
use crate::data::{ColumnName, CqlType, KeyspaceName, TableName, WriteTimestamp};

/// What a statement wants changed. Names and types are resolved, nothing else is checked yet.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeRequest {
    CreateKeyspace {
        name: KeyspaceName,
        if_not_exists: bool,
        properties: Properties,
    },
    AlterKeyspace {
        name: KeyspaceName,
        if_exists: bool,
        properties: Properties,
    },
    DropKeyspace {
        name: KeyspaceName,
        if_exists: bool,
    },
    CreateTable(NewTable),
    AddColumns {
        table: TableRef,
        if_not_exists: bool,
        columns: Vec<NewColumn>,
    },
    DropColumns {
        table: TableRef,
        if_exists: bool,
        names: Vec<ColumnName>,
        /// Cells up to this are dropped; None: all that there are now.
        timestamp: Option<WriteTimestamp>,
    },
    RenameColumns {
        table: TableRef,
        renames: Vec<(ColumnName, ColumnName)>,
    },
    /// A column is to be shown as it is again.
    DropMask {
        table: TableRef,
        column: ColumnName,
        if_exists: bool,
    },
    /// ALTER of a table that asks for what is refused whatever the table is like.
    RefusedTableChange {
        table: TableRef,
        refusal: &'static str,
    },
    AlterTableOptions {
        table: TableRef,
        properties: Properties,
    },
    DropTable {
        table: TableRef,
    },
    CreateView(Box<NewView>),
    AlterView {
        view: TableRef,
        properties: Properties,
    },
    DropView {
        view: TableRef,
    },
    CreateIndex(NewIndex),
    DropIndex {
        keyspace: KeyspaceName,
        name: String,
        if_exists: bool,
    },
    CreateType {
        keyspace: KeyspaceName,
        name: String,
        if_not_exists: bool,
        fields: Vec<(String, CqlType)>,
    },
    AlterType {
        keyspace: KeyspaceName,
        name: String,
        if_exists: bool,
        alteration: TypeAlteration,
    },
    DropType {
        keyspace: KeyspaceName,
        name: String,
        if_exists: bool,
    },
}

/// What ALTER TYPE does.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeAlteration {
    /// The type as it was written, too, which messages repeat.
    Add {
        field: String,
        ty: CqlType,
        written: String,
        if_not_exists: bool,
    },
    Rename {
        renames: Vec<(String, String)>,
        if_exists: bool,
    },
    /// No longer possible, but still told so by its own message.
    Retype,
}

/// A table as ALTER and DROP name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRef {
    pub keyspace: KeyspaceName,
    pub table: TableName,
    pub if_exists: bool,
}

/// What a change comes to. `before` and `after` are equal when there is nothing to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub before: Option<Arc<KeyspaceMetadata>>,
    pub after: Option<Arc<KeyspaceMetadata>>,
    /// What clients are told; none when an IF [NOT] EXISTS left all as it was.
    pub announcement: Option<SchemaChange>,
    pub warnings: Vec<String>,
}

/// The announcement of a change, as the native protocol has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaChange {
    pub kind: ChangeKind,
    pub target: ChangeTarget,
    pub keyspace: KeyspaceName,
    /// The table or type; none when the keyspace itself changed.
    pub name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    Created,
    Updated,
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeTarget {
    Keyspace,
    Table,
    Type,
    Function,
    Aggregate,
}

impl ChangeKind {
    /// As the native protocol has it.
    pub const fn name(self) -> &'static str {
        match self {
            ChangeKind::Created => "CREATED",
            ChangeKind::Updated => "UPDATED",
            ChangeKind::Dropped => "DROPPED",
        }
    }
}

impl ChangeTarget {
    /// As the native protocol has it.
    pub const fn name(self) -> &'static str {
        match self {
            ChangeTarget::Keyspace => "KEYSPACE",
            ChangeTarget::Table => "TABLE",
            ChangeTarget::Type => "TYPE",
            ChangeTarget::Function => "FUNCTION",
            ChangeTarget::Aggregate => "AGGREGATE",
        }
    }
}

/// What a change may need to know beside the schema.
pub struct ChangeContext<'a> {
    pub schema: &'a Schema,
    pub cluster: &'a ClusterShape,
    /// The identity of a table made by this change.
    pub new_table_id: Uuid,
    /// The moment of this change.
    pub timestamp: WriteTimestamp,
}

impl ChangeRequest {
    /// Carries the change out on `context.schema`, or says why it cannot be.
    pub fn apply(self, context: &ChangeContext<'_>) -> Result<Change, SchemaError> {
        self.check_authorized()?;
        match self {
            ChangeRequest::CreateKeyspace {
                name,
                if_not_exists,
                properties,
            } => keyspace::create(name, if_not_exists, properties, context),
            ChangeRequest::AlterKeyspace {
                name,
                if_exists,
                properties,
            } => keyspace::alter(name, if_exists, properties, context),
            ChangeRequest::DropKeyspace { name, if_exists } => keyspace::drop(name, if_exists, context),
            ChangeRequest::CreateTable(table) => table.create(context),
            ChangeRequest::AddColumns {
                table,
                if_not_exists,
                columns,
            } => columns::add(table, if_not_exists, columns, context),
            ChangeRequest::DropColumns {
                table,
                if_exists,
                names,
                timestamp,
            } => columns::drop(table, if_exists, names, timestamp, context),
            ChangeRequest::RenameColumns { table, renames } => columns::rename(table, renames, context),
            ChangeRequest::DropMask {
                table,
                column,
                if_exists,
            } => table::drop_mask(table, column, if_exists, context),
            ChangeRequest::RefusedTableChange { table, refusal } => table::refuse(table, refusal, context),
            ChangeRequest::AlterTableOptions { table, properties } => table::alter_options(table, properties, context),
            ChangeRequest::DropTable { table } => table::drop(table, context),
            ChangeRequest::CreateView(view) => view.create(context),
            ChangeRequest::AlterView { view, properties } => view::alter(view, properties, context),
            ChangeRequest::DropView { view } => view::drop(view, context),
            ChangeRequest::CreateIndex(index) => index.create(context),
            ChangeRequest::DropIndex {
                keyspace,
                name,
                if_exists,
            } => index::drop(keyspace, &name, if_exists, context),
            ChangeRequest::CreateType {
                keyspace,
                name,
                if_not_exists,
                fields,
            } => user_type::create(keyspace, name, if_not_exists, fields, context),
            ChangeRequest::AlterType {
                keyspace,
                name,
                if_exists,
                alteration,
            } => user_type::alter(keyspace, name, if_exists, alteration, context),
            ChangeRequest::DropType {
                keyspace,
                name,
                if_exists,
            } => user_type::drop(keyspace, name, if_exists, context),
        }
    }

    pub fn keyspace(&self) -> &KeyspaceName {
        match self {
            ChangeRequest::CreateKeyspace { name, .. }
            | ChangeRequest::AlterKeyspace { name, .. }
            | ChangeRequest::DropKeyspace { name, .. } => name,
            ChangeRequest::CreateTable(table) => &table.keyspace,
            ChangeRequest::CreateIndex(index) => &index.keyspace,
            ChangeRequest::DropIndex { keyspace, .. } => keyspace,
            ChangeRequest::AddColumns { table, .. }
            | ChangeRequest::DropColumns { table, .. }
            | ChangeRequest::RenameColumns { table, .. }
            | ChangeRequest::DropMask { table, .. }
            | ChangeRequest::RefusedTableChange { table, .. }
            | ChangeRequest::AlterTableOptions { table, .. }
            | ChangeRequest::DropTable { table } => &table.keyspace,
            ChangeRequest::CreateView(view) => &view.keyspace,
            ChangeRequest::AlterView { view, .. } | ChangeRequest::DropView { view } => &view.keyspace,
            ChangeRequest::CreateType { keyspace, .. }
            | ChangeRequest::AlterType { keyspace, .. }
            | ChangeRequest::DropType { keyspace, .. } => keyspace,
        }
    }

    /// `ClientState.preventSystemKSSchemaModification`.
    fn check_authorized(&self) -> Result<(), SchemaError> {
        let keyspace = self.keyspace();
        if !is_local_system_keyspace(keyspace) {
            return Ok(());
        }
        if matches!(self, ChangeRequest::CreateKeyspace { .. }) {
            return Err(SchemaError::invalid(format!(
                "System keyspace '{keyspace}' is not user-modifiable"
            )));
        }
        Err(SchemaError::Unauthorized(format!(
            "{keyspace} keyspace is not user-modifiable."
        )))
    }
}

/// Keyspaces that each node keeps for itself, virtual ones among them.
pub fn is_local_system_keyspace(name: &str) -> bool {
    ["system", "system_schema", "system_views", "system_virtual_schema"].contains(&name)
}

impl Change {
    fn nothing(before: Option<&Arc<KeyspaceMetadata>>) -> Change {
        Change {
            before: before.cloned(),
            after: before.cloned(),
            announcement: None,
            warnings: Vec::new(),
        }
    }

    fn of_table(
        before: &Arc<KeyspaceMetadata>,
        after: KeyspaceMetadata,
        kind: ChangeKind,
        table: &TableName,
    ) -> Change {
        Change::within(before, after, kind, ChangeTarget::Table, table)
    }

    fn within(
        before: &Arc<KeyspaceMetadata>,
        after: KeyspaceMetadata,
        kind: ChangeKind,
        target: ChangeTarget,
        name: &str,
    ) -> Change {
        let keyspace = after.name.clone();
        let announcement = Some(SchemaChange {
            kind,
            target,
            keyspace,
            name: Some(name.to_string()),
        });
        Change {
            before: Some(before.clone()),
            after: Some(Arc::new(after)),
            announcement,
            warnings: Vec::new(),
        }
    }
}

/// Names of keyspaces, tables, types and so on: letters, digits and underscores.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn existing_keyspace<'a>(context: &ChangeContext<'a>, name: &str) -> Result<&'a Arc<KeyspaceMetadata>, SchemaError> {
    let missing = || SchemaError::invalid(format!("Keyspace '{name}' doesn't exist"));
    context.schema.keyspace(name).ok_or_else(missing)
}

/// A column's name, quoted in the manner of Cassandra's lists: `[a, b]`.
fn listed<'a>(names: impl IntoIterator<Item = &'a ColumnName>) -> String {
    let names: Vec<&str> = names.into_iter().map(ColumnName::as_str).collect();
    format!("[{}]", names.join(", "))
}
