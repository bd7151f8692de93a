//! A column's value out of the document that comes for the marker of `INSERT ... JSON ?`.

use bytes::Bytes;

use super::Evaluation;
use super::term::TypedTerm;
use crate::cql::QueryError;
use crate::cql::functions::JsonDocument;
use crate::data::{ColumnName, CqlType};
use crate::schema::{ColumnMetadata, TableMetadata};
use std::sync::Arc;

/// Where in which document a column's value is.
#[derive(Clone, Debug)]
pub struct JsonColumn {
    document: Box<TypedTerm>,
    columns: Arc<[(ColumnName, CqlType)]>,
    name: ColumnName,
    default_unset: bool,
}

impl JsonColumn {
    /// A term for each column of the table.
    pub(super) fn all<'t>(
        document: &TypedTerm,
        table: &'t TableMetadata,
        default_unset: bool,
    ) -> Vec<(&'t ColumnMetadata, TypedTerm)> {
        let columns: Arc<[_]> = table.columns().map(|it| (it.name.clone(), it.ty.clone())).collect();
        let term = |column: &'t ColumnMetadata| {
            let term = TypedTerm::Json(JsonColumn {
                document: Box::new(document.clone()),
                columns: columns.clone(),
                name: column.name.clone(),
                default_unset,
            });
            (column, term)
        };
        table.columns().map(term).collect()
    }

    fn read(&self, at: &mut Evaluation<'_>) -> Result<JsonDocument, QueryError> {
        let text = self.document.evaluate(at)?;
        let text = text.ok_or_else(|| QueryError::invalid("Got null for INSERT JSON values"))?;
        let columns = self.columns.iter().map(|(name, ty)| (name, ty));
        JsonDocument::parse(&String::from_utf8_lossy(&text), columns)
    }

    pub(super) fn evaluate(&self, at: &mut Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        Ok(self.read(at)?.get(&self.name).cloned().flatten())
    }

    /// Whether the document leaves it out, and that means to leave it as it is.
    pub(super) fn is_unset(&self, at: &Evaluation<'_>) -> bool {
        let mut no_uuids = |_| uuid::Uuid::nil();
        let mut again = Evaluation {
            now: at.now,
            values: at.values,
            uuids: &mut no_uuids,
        };
        self.default_unset && self.read(&mut again).is_ok_and(|it| it.get(&self.name).is_none())
    }
}
