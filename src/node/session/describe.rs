//! DESCRIBE: rows of keyspace, type, name and the statement that makes the thing, as Cassandra's server answers it.

use bytes::Bytes;

use crate::base::Arrange;
use crate::cql::ast::{Describe, DescribeWhat, QualifiedName};
use crate::cql::{QueryError, QueryResult, ResultColumn, Rows};
use crate::data::{ColumnName, CqlType, KeyspaceName};
use crate::node::core::Running;
use crate::node::system_tables::PARTITIONER;
use crate::schema::{
    KeyspaceMetadata, TableMetadata, describe_index, describe_keyspace, describe_table, describe_type, describe_view,
    is_virtual_keyspace,
};

/// One described thing.
struct Element {
    keyspace: String,
    kind: &'static str,
    name: String,
    statement: Option<String>,
}

impl Running {
    pub(super) fn describe(&self, describe: &Describe, used: Option<&KeyspaceName>) -> Result<QueryResult, QueryError> {
        let elements = match &describe.what {
            DescribeWhat::Cluster => return Ok(self.describe_cluster()),
            DescribeWhat::Keyspaces => self.schema.keyspaces().map(|it| keyspace(it, false)).collect(),
            DescribeWhat::Schema { full } => {
                let shown = self.schema.keyspaces().filter(|it| *full || !is_system(&it.name));
                shown.flat_map(|it| everything(it)).collect()
            }
            DescribeWhat::Keyspace { name, only } => {
                let found = self.described_keyspace(name.as_deref(), used)?;
                if *only {
                    vec![keyspace(found, true)]
                } else {
                    everything(found)
                }
            }
            DescribeWhat::Tables => self.each(used, |it| tables(it).map(|it| table(it, false)).collect()),
            DescribeWhat::Types => self.each(used, |it| types(it, false)),
            DescribeWhat::Functions | DescribeWhat::Aggregates => Vec::new(),
            DescribeWhat::Table(name) => {
                let found = self.keyspace_named(name, used)?;
                let missing = || not_found(format!("Table '{}' not found in keyspace '{}'", name.name, found.name));
                let found_table = found.tables.get(name.name.as_str()).filter(|it| it.view.is_none());
                with_views(found, found_table.ok_or_else(missing)?)
            }
            DescribeWhat::Type(name) => {
                let found = self.keyspace_named(name, used)?;
                let missing = || {
                    not_found(format!(
                        "User defined type '{}' not found in '{}'",
                        name.name, found.name
                    ))
                };
                let user_type = found.types.get(&name.name).ok_or_else(missing)?;
                vec![Element {
                    keyspace: found.name.to_string(),
                    kind: "type",
                    name: user_type.name.clone(),
                    statement: Some(describe_type(user_type)),
                }]
            }
            DescribeWhat::Index(name) => {
                let found = self.keyspace_named(name, used)?;
                let text = || {
                    not_found(format!(
                        "Table for existing index '{}' not found in '{}'",
                        name.name, found.name
                    ))
                };
                let indexed = found.indexed_table(&name.name).ok_or_else(text)?;
                indexes(indexed).filter(|it| it.name == name.name).collect()
            }
            DescribeWhat::View(name) => {
                let found = self.keyspace_named(name, used)?;
                match found.tables.get(name.name.as_str()).filter(|it| it.view.is_some()) {
                    Some(view) => vec![table(view, true)],
                    None => return Err(self.none_of(name, used, "Materialized view")?),
                }
            }
            DescribeWhat::Function(name) => return Err(self.none_of(name, used, "User defined function")?),
            DescribeWhat::Aggregate(name) => return Err(self.none_of(name, used, "User defined aggregate")?),
            DescribeWhat::Any(name) => self.describe_any(name, used)?,
        };
        Ok(rows(elements))
    }

    fn describe_any(&self, name: &QualifiedName, used: Option<&KeyspaceName>) -> Result<Vec<Element>, QueryError> {
        if name.keyspace.is_none()
            && let Some(found) = self.schema.keyspace(&name.name)
        {
            return Ok(everything(found));
        }
        let found = match (&name.keyspace, used) {
            (None, None) => return Err(not_found(format!("'{}' not found in keyspaces", name.name))),
            _ => self.keyspace_named(name, used)?,
        };
        let missing = || not_found(format!("'{}' not found in keyspace '{}'", name.name, found.name));
        if let Some(table) = found.tables.get(name.name.as_str()) {
            return Ok(with_views(found, table));
        }
        let indexed = found.indexed_table(&name.name).ok_or_else(missing)?;
        Ok(indexes(indexed).filter(|it| it.name == name.name).collect())
    }

    fn none_of(&self, name: &QualifiedName, used: Option<&KeyspaceName>, kind: &str) -> Result<QueryError, QueryError> {
        let found = self.keyspace_named(name, used)?;
        Ok(not_found(format!(
            "{kind} '{}' not found in '{}'",
            name.name, found.name
        )))
    }

    fn each(&self, used: Option<&KeyspaceName>, list: impl Fn(&KeyspaceMetadata) -> Vec<Element>) -> Vec<Element> {
        let shown = self
            .schema
            .keyspaces()
            .filter(|it| used.is_none_or(|used| *used == it.name));
        shown.flat_map(|it| list(it)).collect()
    }

    fn described_keyspace(
        &self,
        name: Option<&str>,
        used: Option<&KeyspaceName>,
    ) -> Result<&KeyspaceMetadata, QueryError> {
        let name = name.or(used.map(KeyspaceName::as_str));
        let name = name.ok_or_else(|| QueryError::invalid("No keyspace specified and no current keyspace"))?;
        let missing = || not_found(format!("'{name}' not found in keyspaces"));
        self.schema.keyspace(name).map(|it| &**it).ok_or_else(missing)
    }

    fn keyspace_named(
        &self,
        name: &QualifiedName,
        used: Option<&KeyspaceName>,
    ) -> Result<&KeyspaceMetadata, QueryError> {
        self.described_keyspace(name.keyspace.as_deref(), used)
    }

    fn describe_cluster(&self) -> QueryResult {
        let names = ["cluster", "partitioner", "snitch"];
        let class = |name: &str| name.rsplit('.').next().unwrap_or_default().to_string();
        let values = [
            self.config.cluster_name.clone(),
            class(PARTITIONER),
            "SimpleSnitch".to_string(),
        ];
        QueryResult::Rows(Rows {
            columns: names.iter().map(|name| text_column(name)).collect(),
            rows: vec![
                values
                    .into_iter()
                    .map(|text| Some(Bytes::from(text.into_bytes())))
                    .collect(),
            ],
            paging_state: None,
        })
    }
}

/// Cassandra answers with an invalid request, which cqlsh prints as its message alone.
fn not_found(text: String) -> QueryError {
    QueryError::invalid(text)
}

fn is_system(name: &str) -> bool {
    crate::schema::is_system_keyspace(name)
}

fn everything(it: &KeyspaceMetadata) -> Vec<Element> {
    let tables = tables(it).flat_map(|table| with_views(it, table));
    core::iter::once(keyspace(it, true))
        .chain(types(it, true))
        .chain(tables)
        .collect()
}

fn keyspace(it: &KeyspaceMetadata, full: bool) -> Element {
    let name = it.name.to_string();
    Element {
        keyspace: name.clone(),
        kind: "keyspace",
        name,
        statement: full.then(|| match is_virtual_keyspace(&it.name) {
            true => for_reference("Keyspace", &it.name, &format!("VIRTUAL KEYSPACE {};", it.name)),
            false => describe_keyspace(it),
        }),
    }
}

/// What a virtual thing looks like, within a comment: it cannot be made.
fn for_reference(kind: &str, name: &str, structure: &str) -> String {
    let what = kind.to_lowercase();
    format!(
        "/*\nWarning: {kind} {name} is a virtual {what} and cannot be recreated with CQL.\nStructure, for reference:\n\
         {structure}\n*/"
    )
}

fn describe_virtual_table(it: &TableMetadata) -> String {
    let described = describe_table(it);
    // Of the options a virtual table has its comment only.
    let (columns, _) = described.split_once(") WITH").unwrap_or((&described, ""));
    let columns = columns.replacen("CREATE TABLE", "VIRTUAL TABLE", 1);
    let comment = it.params.comment.replace('\'', "''");
    let name = format!("{}.{}", it.keyspace, it.name);
    for_reference("Table", &name, &format!("{columns}) WITH comment = '{comment}';"))
}

/// The tables of a keyspace that are no views.
fn tables(it: &KeyspaceMetadata) -> impl Iterator<Item = &TableMetadata> {
    it.tables.values().map(|it| &**it).filter(|it| it.view.is_none())
}

/// A table and the views of it.
fn with_views(keyspace: &KeyspaceMetadata, it: &TableMetadata) -> Vec<Element> {
    let views = keyspace.views_of(it.id).map(|view| table(view, true));
    core::iter::once(table(it, true))
        .chain(indexes(it))
        .chain(views)
        .collect()
}

fn table(it: &TableMetadata, full: bool) -> Element {
    let (keyspace, name) = (it.keyspace.to_string(), it.name.to_string());
    Element {
        keyspace,
        kind: if it.view.is_some() {
            "materialized_view"
        } else {
            "table"
        },
        name,
        statement: full.then(|| match &it.view {
            _ if is_virtual_keyspace(&it.keyspace) => describe_virtual_table(it),
            None => describe_table(it),
            Some(view) => describe_view(it, view),
        }),
    }
}

fn indexes(it: &TableMetadata) -> impl Iterator<Item = Element> {
    let mut indexes: Vec<_> = it.indexes.values().collect();
    indexes.arrange_by_key(|index| index.name.to_lowercase());
    indexes.into_iter().map(|index| Element {
        keyspace: it.keyspace.to_string(),
        kind: "index",
        name: index.name.clone(),
        statement: Some(describe_index(it, index)),
    })
}

/// The types of a keyspace, those that others are made of first.
fn types(it: &KeyspaceMetadata, full: bool) -> Vec<Element> {
    let mut sorted: Vec<_> = it.types.values().collect();
    let depth = |name: &str| -> usize {
        fn of(keyspace: &KeyspaceMetadata, name: &str) -> usize {
            let Some(user_type) = keyspace.types.get(name) else {
                return 0;
            };
            let inner = keyspace
                .types
                .keys()
                .filter(|other| other.as_str() != name)
                .filter(|other| {
                    let names = |ty: &CqlType| matches!(ty, CqlType::UserType(it) if it.name == **other);
                    user_type.fields.iter().any(|(_, ty)| ty.any_type(&names))
                });
            inner.map(|other| of(keyspace, other) + 1).max().unwrap_or(0)
        }
        of(it, name)
    };
    if full {
        sorted.arrange_by_key(|user_type| depth(&user_type.name));
    }
    let element = |user_type: &&std::sync::Arc<crate::data::UserType>| Element {
        keyspace: it.name.to_string(),
        kind: "type",
        name: user_type.name.clone(),
        statement: full.then(|| describe_type(user_type)),
    };
    sorted.iter().map(element).collect()
}

fn text_column(name: &str) -> ResultColumn {
    ResultColumn {
        keyspace: "system".into(),
        table: "describe".into(),
        name: ColumnName::new(name),
        ty: CqlType::Text,
    }
}

fn rows(elements: Vec<Element>) -> QueryResult {
    let full = elements.iter().any(|it| it.statement.is_some());
    let mut names = vec!["keyspace_name", "type", "name"];
    if full {
        names.push("create_statement");
    }
    let text = |text: String| Some(Bytes::from(text.into_bytes()));
    let row = |it: Element| {
        let mut row = vec![text(it.keyspace), text(it.kind.to_string()), text(it.name)];
        if full {
            row.push(it.statement.and_then(text));
        }
        row
    };
    QueryResult::Rows(Rows {
        columns: names.into_iter().map(text_column).collect(),
        rows: elements.into_iter().map(row).collect(),
        paging_state: None,
    })
}
