//! CREATE, ALTER and DROP of everything in a schema.

use super::{Direction, QualifiedName, Selection, Term, TypeName, WhereClause};
use crate::schema::Properties;

#[derive(Clone, Debug, PartialEq)]
pub enum SchemaStatement {
    CreateKeyspace(CreateKeyspace),
    AlterKeyspace(AlterKeyspace),
    DropKeyspace { name: String, if_exists: bool },
    CreateTable(CreateTable),
    AlterTable(AlterTable),
    DropTable { name: QualifiedName, if_exists: bool },
    CreateType(CreateType),
    AlterType(AlterType),
    DropType { name: QualifiedName, if_exists: bool },
    CreateIndex(CreateIndex),
    DropIndex { name: QualifiedName, if_exists: bool },
    CreateView(CreateView),
    AlterView(AlterView),
    DropView { name: QualifiedName, if_exists: bool },
    CreateFunction(CreateFunction),
    DropFunction(DropFunction),
    CreateAggregate(CreateAggregate),
    DropAggregate(DropFunction),
    CreateTrigger(CreateTrigger),
    DropTrigger(DropTrigger),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateKeyspace {
    pub name: String,
    pub if_not_exists: bool,
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterKeyspace {
    pub name: String,
    pub if_exists: bool,
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    pub name: QualifiedName,
    pub if_not_exists: bool,
    pub columns: Vec<ColumnDefinition>,
    /// Every `PRIMARY KEY (...)`, of which there should be one, or none if a column says it is the key.
    pub primary_keys: Vec<PrimaryKey>,
    pub options: TableOptions,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDefinition {
    pub name: String,
    pub type_name: TypeName,
    pub is_static: bool,
    pub mask: Option<ColumnMask>,
    pub is_primary_key: bool,
}

/// `MASKED WITH function(arguments)`. The function is called with the column's value before the arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnMask {
    /// None for `MASKED WITH DEFAULT`.
    pub function: Option<QualifiedName>,
    pub arguments: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryKey {
    pub partition_key: Vec<String>,
    pub clustering: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    pub properties: Properties,
    pub compact_storage: bool,
    pub clustering_order: Vec<(String, Direction)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterTable {
    pub name: QualifiedName,
    pub if_exists: bool,
    pub action: AlterTableAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterTableAction {
    /// No longer possible, but still told so by its own message.
    AlterColumnType {
        column: String,
        type_name: TypeName,
    },
    MaskColumn {
        column: String,
        if_exists: bool,
        /// None to drop the mask.
        mask: Option<ColumnMask>,
    },
    AddColumns {
        if_not_exists: bool,
        columns: Vec<ColumnDefinition>,
    },
    DropColumns {
        if_exists: bool,
        columns: Vec<String>,
        timestamp: Option<i64>,
    },
    RenameColumns {
        if_exists: bool,
        renames: Vec<(String, String)>,
    },
    DropCompactStorage,
    With(Properties),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateType {
    pub name: QualifiedName,
    pub if_not_exists: bool,
    pub fields: Vec<(String, TypeName)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterType {
    pub name: QualifiedName,
    pub if_exists: bool,
    pub action: AlterTypeAction,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterTypeAction {
    AlterFieldType {
        field: String,
        type_name: TypeName,
    },
    AddField {
        if_not_exists: bool,
        field: String,
        type_name: TypeName,
    },
    RenameFields {
        if_exists: bool,
        renames: Vec<(String, String)>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateIndex {
    /// Cassandra makes one up if there is none.
    pub name: Option<String>,
    pub if_not_exists: bool,
    pub custom: bool,
    pub table: QualifiedName,
    pub targets: Vec<IndexTarget>,
    /// USING: the class or the short name of an index.
    pub using: Option<String>,
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexTarget {
    pub part: IndexedPart,
    pub column: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexedPart {
    /// The column, or the values of a collection.
    Simple,
    Values,
    Keys,
    Entries,
    Full,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    pub name: QualifiedName,
    pub if_not_exists: bool,
    pub selection: Selection,
    pub base: QualifiedName,
    pub where_clause: WhereClause,
    pub primary_key: PrimaryKey,
    pub options: TableOptions,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterView {
    pub name: QualifiedName,
    pub if_exists: bool,
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateFunction {
    pub name: QualifiedName,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub arguments: Vec<(String, TypeName)>,
    /// CALLED ON NULL INPUT, rather than RETURNS NULL ON NULL INPUT.
    pub called_on_null: bool,
    pub returns: TypeName,
    pub language: String,
    pub body: String,
}

/// A function or an aggregate to drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropFunction {
    pub name: QualifiedName,
    pub if_exists: bool,
    /// None if they were not written, which will do while the name has only one.
    pub arguments: Option<Vec<TypeName>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateAggregate {
    pub name: QualifiedName,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub arguments: Vec<TypeName>,
    pub state_function: String,
    pub state_type: TypeName,
    pub final_function: Option<String>,
    pub initial_condition: Option<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTrigger {
    pub name: String,
    pub if_not_exists: bool,
    pub table: QualifiedName,
    pub class: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropTrigger {
    pub name: String,
    pub if_exists: bool,
    pub table: QualifiedName,
}
