//! How large what is indexed may be: checked by the coordinator of a write.
//!
//! Source: Cassandra 5.0, `CassandraIndex.validateIndexedValue`, `StorageAttachedIndex.validateTermSize`, and the guardrails
//! `sai_string_term_size`, `sai_frozen_term_size` and `sai_vector_term_size` with their defaults.

use bytes::Bytes;

use crate::data::{CellContent, ColumnData, CqlType, Mutation, Row};
use crate::schema::{IndexTable, Schema, TableMetadata};

/// The default kind of index writes a value's length in 16 bits.
const LARGEST_VALUE: usize = u16::MAX as usize - 1;

/// A guardrail: its name, from which size on it warns, and from which it fails, in bytes.
type Guardrail = (&'static str, usize, usize);

const STRING: Guardrail = ("sai_string_term_size", 1024, 8 * 1024);
const FROZEN: Guardrail = ("sai_frozen_term_size", 1024, 8 * 1024);
const VECTOR: Guardrail = ("sai_vector_term_size", 16 * 1024, 32 * 1024);

/// Fails if a value is too large for an index of its column; otherwise says what the client is to be warned of.
pub fn check_sizes(mutation: &Mutation, schema: &Schema) -> Result<Vec<String>, String> {
    let mut warnings = Vec::new();
    for (id, update) in mutation.updates() {
        let Some(table) = schema.table_by_id(*id) else { continue };
        for index in schema.indexes(*id) {
            let rows = update.rows().map(|(_, row)| row).chain([update.static_row()]);
            for term in rows.flat_map(|row| terms(row, index)) {
                warnings.extend(check_size(&term, table, index)?);
            }
        }
    }
    Ok(warnings)
}

fn terms(row: &Row, index: &IndexTable) -> Vec<Bytes> {
    let written = |content: &CellContent| match content {
        CellContent::Live(value) | CellContent::Expiring(value, _) => Some(value.clone()),
        _ => None,
    };
    match row.column(&index.column.name) {
        None => Vec::new(),
        Some(ColumnData::Simple(cell)) => written(&cell.content)
            .map(|it| index.analyzed(&it))
            .into_iter()
            .collect(),
        Some(ColumnData::Complex(data)) => {
            let term = |(path, cell): &(Bytes, crate::data::Cell)| {
                written(&cell.content).map(|value| index.element_term(path, &value))
            };
            data.cells.values().filter_map(term).collect()
        }
    }
}

fn check_size(term: &[u8], table: &TableMetadata, index: &IndexTable) -> Result<Option<String>, String> {
    let (size, column) = (term.len(), &index.column.name);
    if !index.is_sorted() {
        return match size > LARGEST_VALUE {
            false => Ok(None),
            true => Err(format!(
                "Cannot index value of size {size} for index {} on {}.{}({column}) (maximum allowed size={})",
                index.index.name,
                table.keyspace,
                table.name,
                u16::MAX
            )),
        };
    }
    let (name, warn, fail) = match index.index.term_type(&index.column) {
        CqlType::Vector { .. } => VECTOR,
        ty if ty.is_collection() || matches!(ty, CqlType::Tuple(_) | CqlType::UserType(_)) => FROZEN,
        _ => STRING,
    };
    let text = |kind: &str, threshold: usize| {
        format!(
            "Guardrail {name} violated: Value of column '{column}' has size {size}, this exceeds the {kind} threshold of \
             {threshold}."
        )
    };
    match size {
        size if size > fail => Err(text("failure", fail)),
        size if size > warn => Ok(Some(text("warning", warn))),
        _ => Ok(None),
    }
}
