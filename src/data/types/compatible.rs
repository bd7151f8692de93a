//! Whether one type can stand for another: for arguments of functions, and for schemas that change.

use super::{Assignment, CqlType};

impl CqlType {
    /// How well a value of type `value` can be given where this type is asked for. Frozen or not makes no difference to a
    /// value that is frozen.
    pub fn assignment_from(&self, value: &CqlType) -> Assignment {
        let is_one_cell = matches!(value, CqlType::UserType(_)) || value.is_collection() && !value.is_multi_cell();
        let receiver = if is_one_cell && !value.is_multi_cell() {
            self.freeze()
        } else {
            self.clone()
        };
        if receiver == *value {
            Assignment::Exact
        } else if receiver.reads_values_of(value) {
            Assignment::Weak
        } else {
            Assignment::No
        }
    }

    /// Whether the bytes of every value of `other` are a value of this type too, in whatever order.
    pub fn reads_values_of(&self, other: &CqlType) -> bool {
        use CqlType::*;
        match (self, other) {
            (UserType(ours), UserType(theirs)) => {
                ours.frozen == theirs.frozen
                    && ours.keyspace == theirs.keyspace
                    && ours.fields.len() >= theirs.fields.len()
                    && ours
                        .fields
                        .iter()
                        .zip(&theirs.fields)
                        .all(|((_, ours), (_, theirs))| ours.orders_like(theirs))
            }
            (UserType(_), _) => false,
            _ if self == other => true,
            (Blob, _) => true,
            (Varint, Int | Bigint | Timestamp) => true,
            (Bigint, Timestamp) | (Timestamp, Bigint) => true,
            (Date, Int) | (Time, Bigint) | (Uuid, Timeuuid) => true,
            (Tuple(ours), Tuple(_) | UserType(_)) => {
                let theirs = other.inner_types();
                ours.len() >= theirs.len()
                    && ours
                        .iter()
                        .zip(theirs)
                        .all(|(ours, theirs)| ours.reads_values_of(theirs))
            }
            (
                List {
                    element: ours,
                    frozen: true,
                },
                List {
                    element: theirs,
                    frozen: true,
                },
            ) => ours.reads_values_of(theirs),
            (
                Map {
                    key,
                    value,
                    frozen: true,
                },
                Map {
                    key: their_key,
                    value: their_value,
                    frozen: true,
                },
            ) => key.orders_like(their_key) && value.reads_values_of(their_value),
            _ => self.orders_like(other),
        }
    }

    /// Whether this type reads the values of `other` and has them in the same order, so that it may take its place in a
    /// clustering column.
    pub fn orders_like(&self, other: &CqlType) -> bool {
        use CqlType::*;
        match (self, other) {
            _ if self == other => true,
            (Text, Ascii) | (Blob, Ascii | Text) => true,
            (Tuple(_) | UserType(_), Tuple(_) | UserType(_)) => {
                let (ours, theirs) = (self.inner_types(), other.inner_types());
                ours.len() >= theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| ours.orders_like(theirs))
            }
            (
                List {
                    element: ours,
                    frozen: true,
                },
                List {
                    element: theirs,
                    frozen: true,
                },
            )
            | (
                Set {
                    element: ours,
                    frozen: true,
                },
                Set {
                    element: theirs,
                    frozen: true,
                },
            ) => ours.orders_like(theirs),
            (
                Map {
                    key,
                    value,
                    frozen: true,
                },
                Map {
                    key: their_key,
                    value: their_value,
                    frozen: true,
                },
            ) => key.orders_like(their_key) && value.orders_like(their_value),
            // In a collection of many cells only what names the cells is ordered: a list's elements are not.
            (
                List {
                    element: ours,
                    frozen: false,
                },
                List {
                    element: theirs,
                    frozen: false,
                },
            ) => ours.is_laid_out_like(theirs),
            (
                Set {
                    element: ours,
                    frozen: false,
                },
                Set {
                    element: theirs,
                    frozen: false,
                },
            ) => ours.orders_like(theirs),
            (
                Map {
                    key,
                    value,
                    frozen: false,
                },
                Map {
                    key: their_key,
                    value: their_value,
                    frozen: false,
                },
            ) => key.orders_like(their_key) && value.is_laid_out_like(their_value),
            _ => false,
        }
    }

    /// Whether cells of `other` on disk can be read as cells of this type.
    pub fn is_laid_out_like(&self, other: &CqlType) -> bool {
        self.reads_values_of(other)
            && self.fixed_length() == other.fixed_length()
            && self.is_multi_cell() == other.is_multi_cell()
    }
}
