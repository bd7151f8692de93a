//! Bind markers: what is learned of each while a statement is prepared, and the values that come when it runs.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/VariableSpecifications`, `cql3/Constants`, `cql3/QueryOptions`.

use core::cell::RefCell;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Evaluation;
use super::term::{Receiver, TypedTerm};
use crate::base::Arrange;
use crate::cql::ast::BindMarker;
use crate::cql::{QueryError, ResultColumn};
use crate::data::types::layout::{join_collection, split_collection, split_tuple};
use crate::data::{ColumnName, CqlType, KeyspaceName};
use crate::schema::TableMetadata;

/// A statement has no more: they are counted in two bytes on the wire. `FBUtilities.MAX_UNSIGNED_SHORT`.
pub const MAX_MARKERS: usize = 65_535;

/// What a client gives for a marker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BoundValue {
    Null,
    /// Leaves what it would have changed as it is.
    Unset,
    Value(Bytes),
}

/// The values that come with a statement: in the order of its markers, or by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundValues {
    pub names: Option<Vec<String>>,
    pub values: Vec<BoundValue>,
}

impl BoundValues {
    /// The values in the order of the markers; `None` if there are not as many.
    pub fn in_order(&self, markers: &[ResultColumn]) -> Option<Vec<BoundValue>> {
        let Some(names) = &self.names else {
            return (self.values.len() == markers.len()).then(|| self.values.clone());
        };
        let value = |marker: &ResultColumn| {
            let at = names.iter().position(|name| *name == marker.name.as_str())?;
            self.values.get(at).cloned()
        };
        markers.iter().map(value).collect()
    }
}

/// Gathers the markers of a statement while it is prepared.
#[derive(Debug, Default)]
pub struct Markers {
    /// The table that the part of the statement at hand is about.
    table: RefCell<Option<(KeyspaceName, String)>>,
    found: RefCell<Vec<Option<Found>>>,
}

#[derive(Clone, Debug)]
struct Found {
    spec: ResultColumn,
    /// What the marker is for, whatever it is called.
    receiver: String,
}

impl Markers {
    pub(super) fn about(&self, table: &TableMetadata) {
        *self.table.borrow_mut() = Some((table.keyspace.clone(), table.name.to_string()));
    }

    pub(super) fn record(&self, marker: &BindMarker, receiver: &Receiver) -> TypedTerm {
        let nowhere = || (KeyspaceName::new(""), String::new());
        let (keyspace, table) = self.table.borrow().clone().unwrap_or_else(nowhere);
        let name = marker.name.as_ref().unwrap_or(&receiver.name);
        let found = Found {
            spec: ResultColumn {
                keyspace,
                table,
                name: ColumnName::new(name),
                ty: receiver.ty.clone(),
            },
            receiver: receiver.name.clone(),
        };
        let mut all = self.found.borrow_mut();
        if all.len() <= marker.index {
            all.resize(marker.index + 1, None);
        }
        all[marker.index] = Some(found);
        TypedTerm::Marker(Slot {
            index: marker.index,
            receiver: receiver.clone(),
        })
    }

    /// Every marker, in the order of the text.
    pub(super) fn specs(&self) -> Vec<ResultColumn> {
        let found = self.found.borrow();
        found.iter().flatten().map(|it| it.spec.clone()).collect()
    }

    /// Which marker gives each column of the partition key; `None` unless all are given by one.
    pub(super) fn of_partition_key(&self, table: &TableMetadata) -> Option<Vec<u16>> {
        let found = self.found.borrow();
        let gives = |name: &str, ty: &CqlType| {
            let is_it = |it: &Option<Found>| it.as_ref().is_some_and(|it| it.receiver == name && it.spec.ty == *ty);
            found.iter().rposition(is_it).and_then(|at| u16::try_from(at).ok())
        };
        table.partition_key.iter().map(|it| gives(&it.name, &it.ty)).collect()
    }
}

/// The place of a marker's value, and what it is for.
#[derive(Clone, Debug)]
pub struct Slot {
    index: usize,
    receiver: Receiver,
}

impl Slot {
    fn bound<'v>(&self, at: &Evaluation<'v>) -> Result<&'v BoundValue, QueryError> {
        at.values
            .get(self.index)
            .ok_or_else(|| QueryError::invalid("Invalid amount of bind variables"))
    }

    pub fn is_unset(&self, at: &Evaluation<'_>) -> bool {
        matches!(self.bound(at), Ok(BoundValue::Unset))
    }

    /// The value, which has to be one of the type.
    pub fn value(&self, at: &Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        let name = &self.receiver.name;
        match self.bound(at)? {
            BoundValue::Null => Ok(None),
            BoundValue::Unset => Err(QueryError::invalid(format!("Invalid unset value for column {name}"))),
            BoundValue::Value(bytes) => {
                self.receiver.ty.validate(bytes)?;
                in_order(&self.receiver.ty, bytes).map(Some)
            }
        }
    }
}

/// A value as it is kept: sets and maps in the order of their elements, each once.
fn in_order(ty: &CqlType, bytes: &Bytes) -> Result<Bytes, QueryError> {
    Ok(match ty {
        CqlType::Set { element, .. } => {
            let mut parts = split_collection("set", bytes)?;
            if parts.is_sorted_by(|a, b| element.compare(a, b).is_lt()) {
                return Ok(bytes.clone());
            }
            parts.arrange_by(|a, b| element.compare(a, b));
            parts.dedup();
            join_collection(parts.len(), parts)
        }
        CqlType::Map { key, .. } => {
            let parts = split_collection("map", bytes)?;
            let mut entries: Vec<&[&[u8]]> = parts.chunks_exact(2).collect();
            if entries.is_sorted_by(|a, b| key.compare(a[0], b[0]).is_lt()) {
                return Ok(bytes.clone());
            }
            // Of two entries under one key the later one stays.
            entries.reverse();
            entries.arrange_by(|a, b| key.compare(a[0], b[0]));
            entries.dedup_by(|a, b| a[0] == b[0]);
            join_collection(entries.len(), entries.into_iter().flatten().copied())
        }
        _ => bytes.clone(),
    })
}

/// A component of a tuple that comes as one value.
pub(super) fn component(whole: &Bytes, at: usize, count: usize) -> Result<Option<Bytes>, QueryError> {
    let parts = split_tuple(count, whole)?;
    Ok(parts.get(at).copied().flatten().map(|part| whole.slice_ref(part)))
}

/// The elements of a list that comes as one value.
pub(super) fn elements(whole: &Bytes) -> Result<Vec<Bytes>, QueryError> {
    let parts = split_collection("list", whole)?;
    Ok(parts.into_iter().map(|part| whole.slice_ref(part)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn int(number: i32) -> Bytes {
        Bytes::copy_from_slice(&number.to_be_bytes())
    }

    #[test]
    fn values_go_to_the_markers_of_their_names() {
        let marker = |name: &str| ResultColumn {
            keyspace: "k".into(),
            table: "t".into(),
            name: ColumnName::new(name),
            ty: CqlType::Int,
        };
        let values = BoundValues {
            names: Some(vec!["b".into(), "a".into()]),
            values: vec![BoundValue::Null, BoundValue::Value(int(1))],
        };
        let ordered = values.in_order(&[marker("a"), marker("b"), marker("a")]);
        let one = || BoundValue::Value(int(1));
        assert_eq!(ordered, Some(vec![one(), BoundValue::Null, one()]));
        assert_eq!(values.in_order(&[marker("c")]), None, "a marker without a value");
        let positional = BoundValues {
            names: None,
            values: vec![one()],
        };
        assert_eq!(positional.in_order(&[]), None, "a value too many");
    }

    #[test]
    fn sets_and_maps_are_kept_in_order_and_each_element_once() {
        let set = CqlType::Set {
            element: Arc::new(CqlType::Int),
            frozen: true,
        };
        let elements = [int(2), int(-1), int(2)];
        let bytes = join_collection(3, elements.iter().map(|it| &**it));
        let kept = in_order(&set, &bytes).unwrap();
        assert_eq!(kept, join_collection(2, [&*int(-1), &*int(2)]));
        let map = CqlType::Map {
            key: Arc::new(CqlType::Int),
            value: Arc::new(CqlType::Int),
            frozen: true,
        };
        let entries = [int(2), int(20), int(1), int(10), int(2), int(21)];
        let bytes = join_collection(3, entries.iter().map(|it| &**it));
        let kept = in_order(&map, &bytes).unwrap();
        assert_eq!(kept, join_collection(2, [&*int(1), &*int(10), &*int(2), &*int(21)]));
    }
}
