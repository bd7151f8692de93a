//! Whether rows pass a filter: for replicas and for coordinators, which must agree.

use core::cmp::Ordering;

use bytes::Bytes;

use super::types::layout::split_collection;
use super::{
    Clustering, ColumnCondition, ColumnData, CqlType, EpochSeconds, FilteredColumn, Operator, PartitionKey, Row,
    RowFilter, composite,
};

impl RowFilter {
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// The conditions that the search in an index finds rows for.
    pub fn searched(&self) -> impl Iterator<Item = &ColumnCondition> {
        let positions = self.search.iter().flat_map(|search| &search.conditions);
        positions.filter_map(|it| self.conditions.get(usize::from(*it)))
    }

    /// Whether the index finds whole partitions, by their key or static columns, rather than single rows.
    pub fn searches_partitions(&self) -> bool {
        let of_partition =
            |it: &ColumnCondition| matches!(it.column, FilteredColumn::PartitionKey(_) | FilteredColumn::Static(_));
        self.searched().any(of_partition)
    }

    /// Whether the index would find this version of a row; `static_row` and `key` are those of its partition.
    pub fn finds(
        &self,
        key: &PartitionKey,
        key_columns: usize,
        static_row: &Row,
        row: Option<(&Clustering, &Row)>,
        now: EpochSeconds,
    ) -> bool {
        self.searched().all(|condition| match &condition.column {
            FilteredColumn::PartitionKey(n) => {
                let components = composite::split_key(&key.0, key_columns);
                components.is_some_and(|all| all.get(usize::from(*n)).is_some_and(|it| condition.holds_for(it)))
            }
            FilteredColumn::Clustering(n) => row.is_some_and(|(clustering, row)| {
                let value = clustering.values().get(usize::from(*n)).and_then(Option::as_ref);
                row.is_live(now) && value.is_some_and(|value| condition.holds_for(value))
            }),
            FilteredColumn::Marker => true,
            FilteredColumn::Static(name) => condition.holds_for_column(static_row.column(name), now),
            FilteredColumn::Regular(name) => {
                row.is_some_and(|(_, row)| condition.holds_for_column(row.column(name), now))
            }
        })
    }

    /// Whether any condition is on a clustering or regular column, so that a partition without rows cannot pass.
    pub fn has_row_conditions(&self) -> bool {
        let of_rows = |it: &ColumnCondition| {
            matches!(
                it.column,
                FilteredColumn::Clustering(_) | FilteredColumn::Regular(_) | FilteredColumn::Marker
            )
        };
        self.conditions.iter().any(of_rows)
    }

    /// The conditions on the partition key hold; every replica answers alike. `key_columns`: how many columns the key has.
    pub fn accepts_key(&self, key: &PartitionKey, key_columns: usize) -> bool {
        let mut components = None;
        self.conditions.iter().all(|condition| match condition.column {
            FilteredColumn::PartitionKey(n) => {
                let components = components.get_or_insert_with(|| composite::split_key(&key.0, key_columns));
                let value = components.as_ref().and_then(|all| all.get(usize::from(n)));
                value.is_some_and(|value| condition.holds_for(value))
            }
            _ => true,
        })
    }

    /// The conditions on clustering columns hold; every replica answers alike.
    pub fn accepts_clustering(&self, clustering: &Clustering) -> bool {
        self.conditions.iter().all(|condition| match condition.column {
            FilteredColumn::Clustering(n) => {
                let value = clustering.values().get(usize::from(n)).and_then(Option::as_ref);
                value.is_some_and(|value| condition.holds_for(value))
            }
            _ => true,
        })
    }

    /// The conditions on static columns hold of this version of the static row.
    pub fn accepts_static(&self, row: &Row, now: EpochSeconds) -> bool {
        self.conditions.iter().all(|condition| match &condition.column {
            FilteredColumn::Static(name) => condition.holds_for_column(row.column(name), now),
            _ => true,
        })
    }

    /// The conditions on regular columns hold of this version of a row.
    pub fn accepts_row(&self, row: &Row, now: EpochSeconds) -> bool {
        self.conditions.iter().all(|condition| match &condition.column {
            FilteredColumn::Regular(name) => condition.holds_for_column(row.column(name), now),
            FilteredColumn::Marker => row.liveness.is_some_and(|marker| marker.is_live(now)),
            _ => true,
        })
    }
}

impl ColumnCondition {
    fn compare(&self, ty: &CqlType, found: &[u8], wanted: &[u8]) -> Ordering {
        ty.compare(&self.analyzer.apply(found), wanted)
    }

    fn is_value(&self, ty: &CqlType, found: &[u8]) -> bool {
        self.compare(ty, found, &self.value).is_eq()
    }

    /// Whether a frozen or scalar value meets the condition.
    pub fn holds_for(&self, value: &Bytes) -> bool {
        match self.operator {
            Operator::In => list_elements(&self.value).any(|element| self.compare(&self.ty, value, element).is_eq()),
            Operator::Contains => match &self.ty {
                CqlType::Map { value: ty, .. } => map_entries(value).any(|(_, element)| self.is_value(ty, element)),
                CqlType::List { element: ty, .. } | CqlType::Set { element: ty, .. } => {
                    list_elements(value).any(|element| self.is_value(ty, element))
                }
                _ => false,
            },
            Operator::ContainsKey => match &self.ty {
                CqlType::Map { key: ty, .. } => map_entries(value).any(|(key, _)| self.is_value(ty, key)),
                _ => false,
            },
            Operator::Like => matches_like(value, &self.value),
            operator => match (&self.key, &self.ty) {
                (Some(wanted), CqlType::Map { key, value: ty, .. }) => map_entries(value)
                    .find(|(found, _)| key.compare(found, wanted).is_eq())
                    .is_some_and(|(_, found)| accepts(operator, ty.compare(found, &self.value))),
                _ => accepts(operator, self.compare(&self.ty, value, &self.value)),
            },
        }
    }

    /// Whether what a row holds for the column meets the condition. Nothing meets none: null passes no filter.
    pub fn holds_for_column(&self, data: Option<&ColumnData>, now: EpochSeconds) -> bool {
        match data {
            None => false,
            Some(ColumnData::Simple(cell)) => cell.shown(now).is_some_and(|value| self.holds_for(&value)),
            Some(ColumnData::Complex(complex)) => {
                let mut live = complex
                    .cells
                    .values()
                    .filter_map(|(path, cell)| Some((path, cell.value(now)?)));
                match (&self.ty, self.operator) {
                    (CqlType::Map { value: ty, .. } | CqlType::List { element: ty, .. }, Operator::Contains) => {
                        live.any(|(_, value)| self.is_value(ty, value))
                    }
                    (CqlType::Set { element: ty, .. }, Operator::Contains)
                    | (CqlType::Map { key: ty, .. }, Operator::ContainsKey) => {
                        live.any(|(path, _)| self.is_value(ty, path))
                    }
                    (CqlType::Map { key, value: ty, .. }, operator) if let Some(wanted) = &self.key => live
                        .find(|(path, _)| key.compare(path, wanted).is_eq())
                        .is_some_and(|(_, value)| accepts(operator, ty.compare(value, &self.value))),
                    _ => false,
                }
            }
        }
    }
}

fn accepts(operator: Operator, found: Ordering) -> bool {
    match operator {
        Operator::Eq => found.is_eq(),
        Operator::NotEq => found.is_ne(),
        Operator::Lt => found.is_lt(),
        Operator::LtEq => found.is_le(),
        Operator::Gt => found.is_gt(),
        Operator::GtEq => found.is_ge(),
        Operator::In | Operator::Contains | Operator::ContainsKey | Operator::Like => false,
    }
}

/// The elements of a frozen list or set; bytes that are none have none.
fn list_elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    split_collection("list", value).unwrap_or_default().into_iter()
}

fn map_entries(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let parts = split_collection("map", value).unwrap_or_default();
    (0..parts.len() / 2).map(move |n| (parts[2 * n], parts[2 * n + 1]))
}

/// `%` at the pattern's ends stands for anything: LIKE knows it nowhere else.
fn matches_like(value: &[u8], pattern: &[u8]) -> bool {
    let (open_start, pattern) = match pattern.strip_prefix(b"%") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (open_end, pattern) = match pattern.strip_suffix(b"%") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    match (open_start, open_end) {
        (false, false) => value == pattern,
        (false, true) => value.starts_with(pattern),
        (true, false) => value.ends_with(pattern),
        (true, true) => pattern.is_empty() || value.windows(pattern.len()).any(|part| part == pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Analyzer, Cell, ColumnName, WriteTimestamp};

    const NOW: EpochSeconds = EpochSeconds(100);

    fn int(n: i32) -> Bytes {
        Bytes::copy_from_slice(&n.to_be_bytes())
    }

    fn list(items: &[i32]) -> Bytes {
        let mut out = (items.len() as i32).to_be_bytes().to_vec();
        for item in items {
            out.extend(4i32.to_be_bytes());
            out.extend(item.to_be_bytes());
        }
        out.into()
    }

    fn condition(ty: CqlType, operator: Operator, value: Bytes) -> ColumnCondition {
        ColumnCondition {
            column: FilteredColumn::Regular(ColumnName::new("v")),
            ty,
            operator,
            value,
            key: None,
            analyzer: Analyzer::default(),
        }
    }

    #[test]
    fn operators_compare_by_type() {
        use Operator::*;
        for (operator, holds) in [
            (Eq, [false, true, false]),
            (NotEq, [true, false, true]),
            (Lt, [true, false, false]),
            (LtEq, [true, true, false]),
            (Gt, [false, false, true]),
            (GtEq, [false, true, true]),
        ] {
            let condition = condition(CqlType::Int, operator, int(5));
            assert_eq!([4, 5, 6].map(|n| condition.holds_for(&int(n))), holds, "{operator:?}");
        }
        let among = condition(CqlType::Int, In, list(&[1, 3]));
        assert_eq!([1, 2, 3].map(|n| among.holds_for(&int(n))), [true, false, true]);
    }

    #[test]
    fn collections_are_searched() {
        let ty = CqlType::list(CqlType::Int).freeze();
        let contains = condition(ty, Operator::Contains, int(3));
        assert!(contains.holds_for(&list(&[1, 3])) && !contains.holds_for(&list(&[1, 2])));
        assert!(!contains.holds_for(&Bytes::from_static(&[0, 0, 0, 9, 1])));
    }

    #[test]
    fn like_takes_percent_at_the_ends() {
        for (pattern, matching) in [
            ("%lo", "hello"),
            ("he%", "hello"),
            ("%ell%", "hello"),
            ("hello", "hello"),
        ] {
            let like = condition(CqlType::Text, Operator::Like, Bytes::from(pattern));
            assert!(like.holds_for(&Bytes::from(matching)), "{pattern}");
            assert!(!like.holds_for(&Bytes::from_static(b"olleh")), "{pattern}");
        }
    }

    #[test]
    fn null_passes_no_filter() {
        let filter = RowFilter {
            conditions: vec![condition(CqlType::Int, Operator::NotEq, int(5))],
            ..RowFilter::default()
        };
        let mut row = Row::default();
        assert!(!filter.accepts_row(&row, NOW));
        row.add_cell(&ColumnName::new("v"), Cell::live(WriteTimestamp(1), int(6)));
        assert!(filter.accepts_row(&row, NOW));
        row.add_cell(&ColumnName::new("v"), Cell::tombstone(WriteTimestamp(2), NOW));
        assert!(!filter.accepts_row(&row, NOW));
    }
}
