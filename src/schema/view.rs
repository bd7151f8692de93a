//! Materialized views: what makes a table one, and the CQL that makes it again.

use serde::{Deserialize, Serialize};

use crate::data::{ColumnName, TableId, TableName};

/// What a view is a view of. Its columns and options are a table's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewMetadata {
    pub base_id: TableId,
    pub base: TableName,
    /// `SELECT *`: columns that the base table gets later are the view's too.
    pub includes_all_columns: bool,
    /// The relations of its WHERE, as written.
    pub where_clause: String,
    /// The one column of the view's key that is not in the base table's. A row of the view then lives only as long as that
    /// column's value, and its marker says so: other cells do not keep it alive.
    pub base_column_in_key: Option<ColumnName>,
}
