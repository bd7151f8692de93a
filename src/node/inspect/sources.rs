//! Where what this node has of a partition comes from, cell by cell.

use serde::{Deserialize, Serialize};

use super::super::core::Running;
use super::super::snapshot::{clustering_text, element_types, key_text};
use super::Finding;
use crate::data::{CellContent, CqlType, DecoratedKey, TableId};
use crate::schema::TableMetadata;
use crate::storage::{Found, Source, Thing, Verdict};

/// Versions shown of a partition.
pub const MAX_VERSIONS: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcesView {
    pub keyspace: String,
    pub table: String,
    pub key: String,
    /// Those of one cell beside each other.
    pub versions: Vec<VersionView>,
    /// There are more than `MAX_VERSIONS`.
    pub goes_on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionView {
    /// The clustering, as CQL literals; "static" for the static row; empty when the table has no clustering columns.
    pub row: String,
    /// A column's name, with the element's key for a collection; "(row)" for a row's own marker.
    pub cell: String,
    /// `None` for a tombstone.
    pub value: Option<String>,
    /// Microseconds.
    pub timestamp: i64,
    pub source: Source,
    pub verdict: Verdict,
}

impl Running {
    /// `partition`: the one that is watched.
    pub(super) fn sources_of(&self, partition: Option<&(TableId, DecoratedKey)>) -> Result<Finding, String> {
        let (id, key) = partition.ok_or("No partition is watched")?;
        let table = self.schema.table_by_id(*id).ok_or("The table is no more")?;
        let found = self.engine.provenance(*id, key).map_err(|error| error.to_string())?;
        Ok(Finding::Sources(Box::new(SourcesView {
            keyspace: table.keyspace.to_string(),
            table: table.name.to_string(),
            key: key_text(table, key),
            goes_on: found.len() > MAX_VERSIONS,
            versions: found.iter().take(MAX_VERSIONS).map(|it| version(table, it)).collect(),
        })))
    }
}

fn version(table: &TableMetadata, found: &Found) -> VersionView {
    let row = found.row.as_ref();
    let row = row.map_or_else(|| "static".to_owned(), |row| clustering_text(table, row));
    let (cell, value, timestamp) = match &found.thing {
        Thing::Marker(marker) => ("(row)".to_owned(), Some(String::new()), marker.timestamp),
        Thing::Cell { column, element, cell } => {
            let ty = table.column(column).map_or(CqlType::Blob, |column| column.ty.clone());
            let (path_type, value_type) = match element {
                Some(_) => element_types(&ty),
                None => (CqlType::Blob, ty),
            };
            let name = match element {
                Some((_, path)) => format!("{column}[{}]", path_type.shown(path)),
                None => column.to_string(),
            };
            let value = match &cell.content {
                CellContent::Live(value) | CellContent::Expiring(value, _) => Some(value_type.shown(value)),
                CellContent::Counter(context) => Some(context.total().to_string()),
                CellContent::Deleted(_) => None,
            };
            (name, value, cell.timestamp)
        }
    };
    VersionView {
        row,
        cell,
        value,
        timestamp: timestamp.0,
        source: found.source,
        verdict: found.verdict,
    }
}
