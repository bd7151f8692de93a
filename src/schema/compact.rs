//! Tables WITH COMPACT STORAGE, as a version before CQL laid them out: no row markers, and columns that only the schema shows.
//!
//! Source: Cassandra 5.0, `CreateTableStatement.validateCompactTable`, `fixupCompactTable`, `TableMetadata.Flag`.

use super::{ColumnKind, ColumnMetadata, SchemaError, TableMetadata};
use crate::data::{ColumnName, CqlType};

/// What a table's columns must be like to be laid out so.
pub fn check(table: &TableMetadata) -> Result<(), SchemaError> {
    if table.columns().any(|column| column.ty.is_multi_cell()) {
        return Err(SchemaError::invalid(
            "Non-frozen collections and UDTs are not supported with COMPACT STORAGE",
        ));
    }
    if !table.statics.is_empty() {
        return Err(SchemaError::invalid(
            "Static columns are not supported in COMPACT STORAGE tables",
        ));
    }
    if table.clustering.is_empty() && table.regulars.is_empty() {
        return Err(SchemaError::invalid(
            "No definition found that is not part of the PRIMARY KEY",
        ));
    }
    if !table.clustering.is_empty() && table.regulars.len() > 1 {
        let names: Vec<&str> = table.regulars.keys().map(ColumnName::as_str).collect();
        return Err(SchemaError::invalid(format!(
            "COMPACT STORAGE with composite PRIMARY KEY allows no more than one column not part of the PRIMARY KEY (got: {})",
            names.join(", ")
        )));
    }
    Ok(())
}

/// The flags that `system_schema.tables` has of a table.
pub fn flags(table: &TableMetadata) -> Vec<&'static str> {
    let mut flags = Vec::new();
    if !table.compact || table.clustering.len() > 1 {
        flags.push("compound");
    }
    if table.is_counter() {
        flags.push("counter");
    }
    if table.compact && !table.clustering.is_empty() {
        flags.push("dense");
    }
    flags
}

/// The columns that `system_schema.columns` has of a table.
pub fn stored_columns(table: &TableMetadata) -> Vec<ColumnMetadata> {
    let mut columns: Vec<ColumnMetadata> = table.columns().cloned().collect();
    if !table.compact {
        return columns;
    }
    let extra = |base: &str, is_numbered: bool, ty: CqlType, kind: ColumnKind| {
        let candidate = |number: usize| match (number, is_numbered) {
            (0, false) => base.to_string(),
            (0, true) => format!("{base}1"),
            (number, _) => format!("{base}{}", number + usize::from(is_numbered)),
        };
        let free = (0..).map(candidate).find(|name| table.column(name).is_none());
        ColumnMetadata {
            name: ColumnName::new(&free.unwrap_or_default()),
            ty,
            kind,
            position: 0,
            descending: false,
        }
    };
    if table.clustering.is_empty() {
        for column in &mut columns {
            if column.kind == ColumnKind::Regular {
                column.kind = ColumnKind::Static;
            }
        }
        let value = if table.is_counter() {
            CqlType::Counter
        } else {
            CqlType::Blob
        };
        columns.push(extra("column", true, CqlType::Text, ColumnKind::Clustering));
        columns.push(extra("value", false, value, ColumnKind::Regular));
    } else if table.regulars.is_empty() {
        columns.push(extra("value", false, CqlType::Empty, ColumnKind::Regular));
    }
    columns
}

/// Whether a table of these flags is compact, and its columns without those that only the schema shows.
pub fn shown_columns(flags: &[String], columns: Vec<ColumnMetadata>) -> (bool, Vec<ColumnMetadata>) {
    let has = |flag: &str| flags.iter().any(|it| it == flag);
    if has("dense") {
        let is_shown = |it: &ColumnMetadata| it.kind != ColumnKind::Regular || it.ty != CqlType::Empty;
        return (true, columns.into_iter().filter(is_shown).collect());
    }
    if has("compound") || has("super") {
        return (false, columns);
    }
    let mut shown = Vec::new();
    for mut column in columns {
        match column.kind {
            ColumnKind::Clustering | ColumnKind::Regular => continue,
            ColumnKind::Static => column.kind = ColumnKind::Regular,
            ColumnKind::PartitionKey => {}
        }
        shown.push(column);
    }
    (true, shown)
}
