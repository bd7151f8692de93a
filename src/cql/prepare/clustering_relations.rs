//! What relations on clustering columns go together, and in which order they may stand.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/restrictions/ClusteringColumnRestrictions` and `MultiColumnRestriction`.

use super::restrictions::{Restriction, Restrictions};
use crate::cql::QueryError;
use crate::cql::ast::Relation;
use crate::schema::{ColumnMetadata, TableMetadata};

impl Restrictions {
    /// The last clustering column that is restricted, and whether by a slice.
    pub(super) fn last_clustering(&self, table: &TableMetadata) -> Option<(usize, bool)> {
        let at = table.clustering.iter().rposition(|it| self.of(it).is_some())?;
        Some((
            at,
            matches!(self.of(&table.clustering[at]), Some(Restriction::Slice(_))),
        ))
    }

    /// What a relation says of several columns as one goes with nothing that another says of any of them alone.
    pub(super) fn check_overlap(&self, relation: &Relation, table: &TableMetadata) -> Result<(), QueryError> {
        let clustering = &table.clustering;
        let about = relation.columns();
        let wide = |at: &usize| match self.of(&clustering[*at]) {
            Some(Restriction::Slice(bounds)) => bounds.width(),
            Some(Restriction::TupleIn { width, .. }) => *width,
            _ => 1,
        };
        for start in (0..clustering.len()).filter(|at| wide(at) > 1) {
            let inside = &clustering[start + 1..clustering.len().min(start + wide(&start))];
            let restricted: Vec<&ColumnMetadata> = inside.iter().filter(|it| self.of(it).is_some()).collect();
            let Some(column) = restricted.first() else { continue };
            // The one that is there already says what is wrong.
            let is_new = about.first() == Some(&clustering[start].name.as_str());
            let there = if is_new { column } else { &clustering[start] };
            let slices = [column, &clustering[start]].map(|it| matches!(self.of(it), Some(Restriction::Slice(_))));
            let name = &column.name;
            return Err(QueryError::invalid(match self.of(there) {
                Some(Restriction::Equal(_)) => {
                    format!("{name} cannot be restricted by more than one relation if it includes an Equal")
                }
                Some(Restriction::In(_) | Restriction::TupleIn { .. }) => {
                    format!("{name} cannot be restricted by more than one relation if it includes a IN")
                }
                _ if slices == [true, true] => {
                    format!(
                        "Column \"{name}\" cannot be restricted by two inequalities not starting with the same column"
                    )
                }
                _ => format!("Column \"{name}\" cannot be restricted by both an equality and an inequality relation"),
            }));
        }
        Ok(())
    }

    /// Nothing may follow a slice.
    pub(super) fn check_order(
        &self,
        relation: &Relation,
        (last, is_slice): (usize, bool),
        table: &TableMetadata,
    ) -> Result<(), QueryError> {
        let first = relation.columns().into_iter().next();
        let clustering = &table.clustering;
        let Some(new) = clustering.iter().position(|it| Some(it.name.as_str()) == first) else {
            return Ok(());
        };
        if table.indexes_of(&clustering[new].name).next().is_some() {
            return Ok(());
        }
        let refused = |what: &str, column: &ColumnMetadata, before: &ColumnMetadata| {
            Err(QueryError::invalid(format!(
                "{what} column \"{}\" cannot be restricted (preceding column \"{}\" is restricted by a non-EQ relation)",
                column.name, before.name
            )))
        };
        if is_slice && new > last {
            return refused("Clustering", &clustering[new], &clustering[last]);
        }
        let next = clustering.iter().skip(new + 1).find(|it| self.of(it).is_some());
        match (self.of(&clustering[new]), next) {
            (Some(Restriction::Slice(_)), Some(next)) if new < last => refused("PRIMARY KEY", next, &clustering[new]),
            _ => Ok(()),
        }
    }
}
