//! Vectors that an index cannot measure.
//!
//! Source: Cassandra 5.0, `OnHeapGraph.validateIndexable`, which fails the write on each replica.

use crate::data::{CellContent, ColumnData, Mutation, Similarity, floats};
use crate::schema::Schema;

/// Beyond this an element is as bad as infinite: jvector's `VectorUtil.checkInBounds`.
const LARGEST_ELEMENT: f32 = 1e17;

/// Whether a mutation holds a vector that an index of its table cannot take.
pub fn refuses(mutation: &Mutation, schema: &Schema) -> bool {
    mutation.updates().iter().any(|(id, update)| {
        schema.indexes(*id).iter().any(|index| {
            let Some(similarity) = index.index.similarity(&index.column) else {
                return false;
            };
            let mut rows = update.rows().map(|(_, row)| row).chain([update.static_row()]);
            rows.any(|row| match row.column(&index.column.name) {
                Some(ColumnData::Simple(cell)) => match &cell.content {
                    CellContent::Live(value) | CellContent::Expiring(value, _) => {
                        !is_measurable(similarity, &floats(value))
                    }
                    _ => false,
                },
                _ => false,
            })
        })
    })
}

/// Whether the similarity of this vector to others can be told.
pub(super) fn is_measurable(similarity: Similarity, vector: &[f32]) -> bool {
    let is_in_bounds = vector.iter().all(|it| it.is_finite() && it.abs() <= LARGEST_ELEMENT);
    is_in_bounds && (similarity != Similarity::Cosine || vector.iter().any(|it| *it != 0.0))
}
