//! Clusterings: a row's place within its partition, and the bounds and slices between rows.
//!
//! Each carries an order-preserving encoding of its values (`types::ordering`), made once from the table's types; all comparing is
//! of those bytes, so that a partition is an ordinary sorted map whatever its types and directions.

use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::CqlType;
use super::ordered_bytes::OrderedBytes;
use super::types::ordering::{PREFIX_AFTER, PREFIX_BEFORE, TERMINATOR, encode_component};

/// Values of a row's clustering columns, or of the first few of them. Only compact tables leave one null.
pub type ClusteringValues = SmallVec<[Option<Bytes>; 2]>;

/// The types and directions of a table's clustering columns.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClusteringComparator {
    columns: Vec<(CqlType, bool)>,
}

impl ClusteringComparator {
    /// `columns`: each clustering column's type, and whether it is in descending order.
    pub fn new(columns: Vec<(CqlType, bool)>) -> ClusteringComparator {
        ClusteringComparator { columns }
    }

    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// A row's place. One value a clustering column.
    pub fn clustering(&self, values: impl IntoIterator<Item = Option<Bytes>>) -> Clustering {
        let values: ClusteringValues = values.into_iter().collect();
        debug_assert_eq!(
            values.len(),
            self.columns.len(),
            "a row's clustering has a value a column"
        );
        let order = self.order(&values, TERMINATOR);
        Clustering { order, values }
    }

    /// Just before a row.
    pub fn before_row(&self, row: &Clustering) -> ClusteringBound {
        self.bound(row.values.iter().cloned(), PREFIX_BEFORE)
    }

    /// Just after a row.
    pub fn after_row(&self, row: &Clustering) -> ClusteringBound {
        self.bound(row.values.iter().cloned(), PREFIX_AFTER)
    }

    /// Just before all rows that start with `prefix`, in the table's order.
    pub fn before(&self, prefix: impl IntoIterator<Item = Option<Bytes>>) -> ClusteringBound {
        self.bound(prefix, PREFIX_BEFORE)
    }

    /// Just after all rows that start with `prefix`, in the table's order.
    pub fn after(&self, prefix: impl IntoIterator<Item = Option<Bytes>>) -> ClusteringBound {
        self.bound(prefix, PREFIX_AFTER)
    }

    fn bound(&self, prefix: impl IntoIterator<Item = Option<Bytes>>, end: u8) -> ClusteringBound {
        let prefix: ClusteringValues = prefix.into_iter().collect();
        debug_assert!(
            prefix.len() <= self.columns.len(),
            "a bound has at most a value a clustering column"
        );
        let order = self.order(&prefix, end);
        ClusteringBound {
            order,
            prefix,
            after: end == PREFIX_AFTER,
        }
    }

    fn order(&self, values: &[Option<Bytes>], end: u8) -> OrderedBytes {
        let mut out = Vec::with_capacity(16 * values.len() + 1);
        for (value, (ty, reversed)) in values.iter().zip(&self.columns) {
            encode_component(ty, value.as_deref(), *reversed, &mut out);
        }
        out.push(end);
        OrderedBytes::from(&out[..])
    }
}

/// A row's place within its partition.
#[derive(Clone, Serialize, Deserialize)]
pub struct Clustering {
    order: OrderedBytes,
    values: ClusteringValues,
}

impl Clustering {
    pub fn values(&self) -> &[Option<Bytes>] {
        &self.values
    }

    /// The order-preserving encoding of the values: rows with equal ones are the same row, whatever the bytes of their values.
    pub fn order(&self) -> &[u8] {
        &self.order
    }
}

/// So that a sorted map of rows can be searched from a bound, which is no clustering.
impl Borrow<[u8]> for Clustering {
    fn borrow(&self) -> &[u8] {
        &self.order
    }
}

/// A place between rows: where a slice or a range tombstone starts or ends.
#[derive(Clone, Serialize, Deserialize)]
pub struct ClusteringBound {
    order: OrderedBytes,
    prefix: ClusteringValues,
    after: bool,
}

impl ClusteringBound {
    /// Before every row of a partition, whatever the table.
    pub fn start() -> ClusteringBound {
        ClusteringBound {
            order: OrderedBytes::from(&[PREFIX_BEFORE][..]),
            prefix: ClusteringValues::new(),
            after: false,
        }
    }

    /// After every row of a partition, whatever the table.
    pub fn end() -> ClusteringBound {
        ClusteringBound {
            order: OrderedBytes::from(&[PREFIX_AFTER][..]),
            prefix: ClusteringValues::new(),
            after: true,
        }
    }

    pub fn prefix(&self) -> &[Option<Bytes>] {
        &self.prefix
    }

    /// Whether the bound lies after the rows that start with its prefix, or before them.
    pub fn is_after(&self) -> bool {
        self.after
    }

    /// The place among the encodings of rows (`Clustering::order`).
    pub fn order(&self) -> &[u8] {
        &self.order
    }

    pub fn compare(&self, row: &Clustering) -> Ordering {
        self.order.cmp(&row.order)
    }
}

macro_rules! ordered_by_encoding {
    ($name:ident, $values:ident) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.order == other.order
            }
        }
        impl Eq for $name {}
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.order.cmp(&other.order)
            }
        }
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.order.hash(state);
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.$values.iter()).finish()
            }
        }
    };
}

ordered_by_encoding!(Clustering, values);
ordered_by_encoding!(ClusteringBound, prefix);

/// The rows between two bounds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slice {
    pub start: ClusteringBound,
    pub end: ClusteringBound,
}

impl Slice {
    pub fn all() -> Slice {
        Slice {
            start: ClusteringBound::start(),
            end: ClusteringBound::end(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    pub fn contains(&self, row: &Clustering) -> bool {
        self.start.compare(row).is_lt() && self.end.compare(row).is_gt()
    }

    pub fn intersection(&self, other: &Slice) -> Option<Slice> {
        let slice = Slice {
            start: self.start.clone().max(other.start.clone()),
            end: self.end.clone().min(other.end.clone()),
        };
        (!slice.is_empty()).then_some(slice)
    }
}
