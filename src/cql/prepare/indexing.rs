//! What indexes do for a SELECT: whether one can be used, whether rows have to be filtered beside it, and which it is.
//!
//! Source of the rules: Cassandra 5.0, `StatementRestrictions`, `IndexRestrictions`, `IndexTermType.supports`.

use super::keys::Choices;
use super::restrictions::{Restriction, Restrictions};
use super::select::{Condition, Partitions};
use crate::cql::QueryError;
use crate::data::{Analyzer, CqlType, Operator};
use crate::schema::{ColumnMetadata, IndexMetadata, IndexedPart, TableMetadata};

const ANN_REQUIRES_INDEX: &str = "ANN ordering by vector requires the column to be indexed";
const ANN_REQUIRES_INDEXED_FILTERING: &str = "ANN ordering by vector requires all restricted column(s) to be indexed";
const ANN_ONLY: &str = "Vector indexes only support ANN queries";
const ANN_OF_FLOATS: &str = "ANN ordering is only supported on float vector indexes";

/// What is asked of a column, for an index to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Equal,
    Range,
    Contains,
    ContainsKey,
    Entry,
    Nearest,
}

fn supports(index: &IndexMetadata, column: &ColumnMetadata, asked: Asked) -> bool {
    let is_vector = matches!(column.ty, CqlType::Vector { .. });
    if asked == Asked::Nearest {
        return is_vector && index.is_storage_attached();
    }
    match index.part {
        IndexedPart::Values => asked == Asked::Contains,
        IndexedPart::Keys => asked == Asked::ContainsKey,
        IndexedPart::Entries => asked == Asked::Entry,
        IndexedPart::Full => asked == Asked::Equal,
        IndexedPart::Simple if asked == Asked::Range => {
            let is_literal = matches!(
                column.ty,
                CqlType::Ascii
                    | CqlType::Boolean
                    | CqlType::Text
                    | CqlType::Tuple(_)
                    | CqlType::UserType(_)
                    | CqlType::Uuid
                    | CqlType::Vector { .. }
            );
            index.is_storage_attached() && !is_literal
        }
        IndexedPart::Simple => asked == Asked::Equal,
    }
}

/// All that a restriction asks; the first list is enough for an index to be of use, if it supports any of it.
fn asks(restriction: &Restriction) -> Vec<Asked> {
    match restriction {
        Restriction::Equal(_) => vec![Asked::Equal],
        Restriction::Slice(bounds) if bounds.width() <= 1 => vec![Asked::Range],
        Restriction::In(_) | Restriction::TupleIn { .. } | Restriction::Slice(_) => Vec::new(),
        Restriction::Contains { values, keys, entries } => {
            let all = [
                (Asked::Contains, values.len()),
                (Asked::ContainsKey, keys.len()),
                (Asked::Entry, entries.len()),
            ];
            let asked = all
                .into_iter()
                .flat_map(|(asked, count)| core::iter::repeat_n(asked, count));
            asked.collect()
        }
    }
}

/// A column and all that is asked of it.
struct Restricted<'a> {
    column: &'a ColumnMetadata,
    asked: Vec<Asked>,
}

impl Restricted<'_> {
    fn is_supported_by(&self, index: &IndexMetadata) -> bool {
        index.column == self.column.name && self.asked.iter().any(|it| supports(index, self.column, *it))
    }

    fn has_index(&self, table: &TableMetadata) -> bool {
        table.indexes_of(&self.column.name).any(|it| self.is_supported_by(it))
    }

    /// Whether one of these indexes answers it alone. The default kind finds rows for one element of a collection only.
    fn is_answered_by(&self, indexes: &[&IndexMetadata]) -> bool {
        let answers =
            |it: &&IndexMetadata| self.is_supported_by(it) && (self.asked.len() == 1 || it.is_storage_attached());
        indexes.iter().any(answers)
    }
}

/// What is known of a SELECT's WHERE for its use of indexes.
pub(super) struct Indexing<'a> {
    table: &'a TableMetadata,
    key: Vec<Restricted<'a>>,
    clustering: Vec<Restricted<'a>>,
    rest: Vec<Restricted<'a>>,
    is_ann: bool,
    /// Some restriction has an index.
    pub has_index: bool,
}

impl<'a> Indexing<'a> {
    pub fn new(table: &'a TableMetadata, restrictions: &Restrictions, nearest: Option<&'a ColumnMetadata>) -> Self {
        let restricted = |column: &'a ColumnMetadata| {
            let asked = asks(restrictions.of(column)?);
            Some(Restricted { column, asked })
        };
        let key: Vec<_> = table.partition_key.iter().filter_map(restricted).collect();
        let clustering: Vec<_> = table.clustering.iter().filter_map(restricted).collect();
        let others = table.statics.values().chain(table.regulars.values());
        let mut rest: Vec<_> = others.filter_map(restricted).collect();
        rest.extend(nearest.map(|column| Restricted {
            column,
            asked: vec![Asked::Nearest],
        }));
        let has_index = [&key, &clustering, &rest]
            .into_iter()
            .flatten()
            .any(|it| it.has_index(table));
        Indexing {
            table,
            key,
            clustering,
            rest,
            is_ann: nearest.is_some(),
            has_index,
        }
    }

    /// What goes for indexes of vectors.
    pub fn check_vectors(&self, partitions: &Partitions, filters_clustering: bool) -> Result<(), QueryError> {
        let is_indexed = |column: &ColumnMetadata| self.table.indexes_of(&column.name).next().is_some();
        let refuse = |text: &str| Err(QueryError::invalid(text));
        if !self.is_ann {
            let is_vector = |it: &&Restricted<'_>| matches!(it.column.ty, CqlType::Vector { .. });
            return match self.rest.iter().find(is_vector) {
                Some(it) if is_indexed(it.column) => refuse(ANN_ONLY),
                _ => Ok(()),
            };
        }
        let Some(nearest) = self.rest.last() else { return Ok(()) };
        let is_of_floats = matches!(&nearest.column.ty, CqlType::Vector { element, .. } if **element == CqlType::Float);
        if !is_of_floats {
            return refuse(ANN_OF_FLOATS);
        }
        if !is_indexed(nearest.column) {
            return refuse(ANN_REQUIRES_INDEX);
        }
        let is_range = matches!(partitions, Partitions::Range(_));
        if is_range && !self.key.is_empty() {
            return refuse(ANN_REQUIRES_INDEXED_FILTERING);
        }
        let others = self.rest[..self.rest.len() - 1].iter();
        if others.clone().any(|it| !is_indexed(it.column)) {
            return refuse(ANN_REQUIRES_INDEXED_FILTERING);
        }
        let is_clustering_bare = self.clustering.iter().any(|it| !is_indexed(it.column));
        if is_clustering_bare && (is_range || filters_clustering) {
            return refuse(ANN_REQUIRES_INDEXED_FILTERING);
        }
        Ok(())
    }

    /// Whether rows are looked for by an index, and whether what it finds has to be filtered, too.
    /// `filters_clustering`: the restrictions on clustering columns are more than slices can express.
    pub fn usage(&self, partitions: &Partitions, filters_clustering: bool) -> Usage {
        let is_range = matches!(partitions, Partitions::Range(_));
        let on_token = matches!(partitions, Partitions::Range(Some(_)));
        let filters_key = is_range && !self.key.is_empty();
        let mut uses = is_range && !on_token && self.has_index;
        let mut filtered: Vec<&Restricted<'_>> = Vec::new();
        if uses || filters_key {
            filtered.extend(&self.key);
        }
        uses |= self.has_index && filters_clustering;
        uses |= is_range && self.clustering.iter().any(|it| it.has_index(self.table));
        if uses || filters_clustering {
            filtered.extend(&self.clustering);
        }
        uses |= self.has_index && !self.rest.is_empty();
        filtered.extend(&self.rest);
        let attached: Vec<&IndexMetadata> = self
            .table
            .indexes
            .values()
            .filter(|it| it.is_storage_attached())
            .collect();
        let legacy = self.table.indexes.values().filter(|it| !it.is_storage_attached());
        let groups = legacy.map(|it| vec![it]).chain([attached]);
        let is_answered = |group: Vec<&IndexMetadata>| filtered.iter().all(|it| it.is_answered_by(&group));
        let needs_filtering = match filtered.is_empty() {
            true => !self.clustering.is_empty(),
            false => !groups.into_iter().any(is_answered),
        };
        Usage {
            is_used: uses,
            needs_filtering: (is_range || uses) && needs_filtering,
        }
    }

    /// The clustering columns that an index is asked for, whose conditions therefore have to be said beside the slices.
    pub fn indexed_clustering(&self) -> impl Iterator<Item = &'a ColumnMetadata> {
        let indexed = self.clustering.iter().filter(|it| it.has_index(self.table));
        indexed.map(|it| it.column)
    }
}

/// How an index serves a SELECT.
pub(super) struct Usage {
    pub is_used: bool,
    pub needs_filtering: bool,
}

/// Which index rows are looked for in, and for which of the conditions.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub index: String,
    pub conditions: Vec<u16>,
}

fn asked_by(condition: &Condition) -> Option<Asked> {
    Some(match condition.operator {
        Operator::Eq if condition.key.is_some() => Asked::Entry,
        Operator::Eq => Asked::Equal,
        Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => Asked::Range,
        Operator::Contains => Asked::Contains,
        Operator::ContainsKey => Asked::ContainsKey,
        Operator::In | Operator::NotEq | Operator::Like => return None,
    })
}

/// The index for a condition, and what that makes of texts: as it finds them, so they have to be compared.
pub(super) fn analyze(conditions: &mut [Condition], table: &TableMetadata) {
    for condition in conditions {
        let Some(asked) = asked_by(condition) else { continue };
        let column = &condition.column;
        let mut indexes = table.indexes_of(&column.name);
        let index = indexes.find(|it| it.is_storage_attached() && supports(it, column, asked));
        condition.analyzer = index.map_or_else(Analyzer::default, IndexMetadata::analyzer);
    }
}

/// The best index for the conditions: one that is asked for equal values if there is one, for few rows have those.
pub(super) fn search(conditions: &[Condition], table: &TableMetadata) -> Option<Search> {
    let candidate = |at: usize| {
        let condition = &conditions[at];
        let asked = asked_by(condition)?;
        let mut indexes = table.indexes_of(&condition.column.name);
        // What an analyzed index calls equal is what the condition means, if there is one.
        let fits = |it: &&IndexMetadata| it.analyzer() == condition.analyzer && supports(it, &condition.column, asked);
        Some((asked, indexes.find(fits)?, at))
    };
    let found: Vec<_> = (0..conditions.len()).filter_map(candidate).collect();
    let best = found.iter().min_by_key(|(asked, _, at)| (*asked == Asked::Range, *at));
    let (asked, index, at) = best?;
    let same = |(other, by, _): &&(Asked, &IndexMetadata, usize)| {
        // Two bounds of one range; of several elements one is enough.
        *asked == Asked::Range && *other == Asked::Range && by.name == index.name
    };
    let mut positions: Vec<u16> = found.iter().filter(same).map(|(_, _, at)| *at as u16).collect();
    if positions.is_empty() {
        positions.push(*at as u16);
    }
    Some(Search {
        index: index.name.clone(),
        conditions: positions,
    })
}

/// Whether clustering restrictions are more than a prefix of values and bounds of the column after it.
pub(super) fn filters_clustering(table: &TableMetadata, restrictions: &Restrictions, prefix: &Choices) -> bool {
    let next = table.clustering.get(prefix.width());
    let width = match next.and_then(|column| restrictions.of(column)) {
        Some(Restriction::Slice(bounds)) => bounds.width(),
        _ => 0,
    };
    let rest = table.clustering.iter().skip(prefix.width() + width);
    let is_restricted = |column: &ColumnMetadata| restrictions.of(column).is_some();
    rest.into_iter().any(is_restricted)
}

/// A restricted clustering column that stands before its turn, as Cassandra names it: held against the column of its own number.
pub(super) fn refuse_skipped_clustering(table: &TableMetadata, restrictions: &Restrictions) -> Result<(), QueryError> {
    let restricted = table
        .clustering
        .iter()
        .filter(|column| restrictions.of(column).is_some());
    let skipped = restricted
        .zip(&table.clustering)
        .find(|(column, expected)| column.name != expected.name);
    match skipped {
        None => Ok(()),
        Some((column, before)) => Err(QueryError::invalid(format!(
            "PRIMARY KEY column \"{}\" cannot be restricted as preceding column \"{}\" is not restricted",
            column.name, before.name
        ))),
    }
}
