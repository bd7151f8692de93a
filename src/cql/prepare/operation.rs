//! What a modification does to one column.
//!
//! Source: Cassandra 5.0, `cql3/Operation`, `Constants`, `Lists`, `Sets`, `Maps`, `UserTypes`.

use bytes::Bytes;
use uuid::Uuid;

use super::term::TypedTerm;
use super::{Evaluation, UuidKind};
use crate::cql::QueryError;
use crate::cql::functions;
use crate::data::types::layout::{split_collection, split_tuple};
use crate::data::types::ordering::encode_component;
use crate::data::{
    Cell, CellPath, ColumnData, CounterContext, CqlType, DeletionTime, EpochSeconds, Expiry, Row, WriteTimestamp,
};
use crate::schema::ColumnMetadata;

/// One change to one column.
#[derive(Clone, Debug)]
pub struct Operation {
    pub column: ColumnMetadata,
    pub(super) change: TypedChange,
}

#[derive(Clone, Debug)]
pub(super) enum TypedChange {
    /// The whole value; null deletes it.
    Set(TypedTerm),
    /// Elements put into a set or map, or at the end of a list.
    Add(TypedTerm),
    /// Elements put before those of a list.
    Prepend(TypedTerm),
    /// Elements taken out of a set, or keys out of a map.
    Remove(TypedTerm),
    /// One entry of a map, or field of a user type by its number: set, or deleted when null.
    SetElement {
        path: TypedTerm,
        value: TypedTerm,
    },
    /// The element of a list at an index: set, or deleted when null.
    SetAt {
        index: TypedTerm,
        value: TypedTerm,
    },
    /// The element of a list at an index: deleted.
    DeleteAt(TypedTerm),
    /// Every element of a list that is equal to one of these: deleted.
    Discard(TypedTerm),
    /// A number or a text: what is there and this make the new value. Under a condition only.
    AddTo(TypedTerm),
    Delete,
    /// A counter goes up or down.
    Count {
        by: TypedTerm,
        down: bool,
    },
}

/// Where an operation writes, and with what time.
pub(super) struct RowWriter<'a, 'b> {
    pub timestamp: WriteTimestamp,
    pub now: EpochSeconds,
    pub expiry: Option<Expiry>,
    /// The row as it was read before, for operations that need it.
    pub found: Option<&'a Row>,
    pub at: &'a mut Evaluation<'b>,
}

impl RowWriter<'_, '_> {
    fn cell(&self, value: Option<Bytes>) -> Cell {
        match (value, self.expiry) {
            (None, _) => Cell::tombstone(self.timestamp, self.now),
            (Some(value), None) => Cell::live(self.timestamp, value),
            (Some(value), Some(expiry)) => Cell::expiring(self.timestamp, value, expiry),
        }
    }
}

impl Operation {
    /// Sets the whole column, as INSERT does.
    pub fn set(column: &ColumnMetadata, term: TypedTerm) -> Result<Operation, QueryError> {
        Ok(Operation {
            column: column.clone(),
            change: TypedChange::Set(term),
        })
    }

    /// Whether the row has to be read before it can be written.
    pub fn requires_read(&self) -> bool {
        matches!(
            self.change,
            TypedChange::SetAt { .. } | TypedChange::DeleteAt(_) | TypedChange::Discard(_) | TypedChange::AddTo(_)
        )
    }

    /// Whether the client said to leave it at what it is.
    fn is_unset(&self, at: &Evaluation<'_>) -> bool {
        match &self.change {
            TypedChange::Set(term)
            | TypedChange::Add(term)
            | TypedChange::Prepend(term)
            | TypedChange::Remove(term)
            | TypedChange::Discard(term)
            | TypedChange::DeleteAt(term)
            | TypedChange::AddTo(term)
            | TypedChange::SetAt { value: term, .. }
            | TypedChange::SetElement { value: term, .. }
            | TypedChange::Count { by: term, .. } => term.is_unset(at),
            TypedChange::Delete => false,
        }
    }

    pub(super) fn write(&self, row: &mut Row, writer: &mut RowWriter<'_, '_>) -> Result<(), QueryError> {
        let name = &self.column.name;
        let overwritten = DeletionTime::new(writer.timestamp.just_before(), writer.now);
        let is_multi_cell = self.column.ty.is_multi_cell();
        if self.is_unset(writer.at) {
            return Ok(());
        }
        match &self.change {
            TypedChange::Set(term) => {
                let value = term.evaluate(writer.at)?;
                if !is_multi_cell {
                    row.add_cell(name, writer.cell(value));
                    return Ok(());
                }
                row.add_complex_deletion(name, overwritten);
                value.map_or(Ok(()), |value| self.write_elements(&value, false, row, writer))
            }
            TypedChange::Add(term) | TypedChange::Prepend(term) => {
                let prepend = matches!(self.change, TypedChange::Prepend(_));
                let value = term.evaluate(writer.at)?;
                value.map_or(Ok(()), |value| self.write_elements(&value, prepend, row, writer))
            }
            TypedChange::Remove(term) => {
                let Some(value) = term.evaluate(writer.at)? else {
                    return Ok(());
                };
                for path in split_collection("set", &value)? {
                    let cell = writer.cell(None);
                    self.write_path(Bytes::copy_from_slice(path), cell, row);
                }
                Ok(())
            }
            TypedChange::SetElement { path, value } => {
                let path = path
                    .evaluate(writer.at)?
                    .ok_or_else(|| QueryError::invalid("Invalid null map key"))?;
                let value = value.evaluate(writer.at)?;
                self.write_path(path, writer.cell(value), row);
                Ok(())
            }
            TypedChange::Count { by, down } => {
                let by = by.evaluate(writer.at)?;
                let by = by.ok_or_else(|| QueryError::invalid("Invalid null value for counter increment"))?;
                let by = <[u8; 8]>::try_from(&*by).map_err(|_| QueryError::invalid("Invalid counter increment"))?;
                let by = i64::from_be_bytes(by);
                let by = match down {
                    false => by,
                    true => by.checked_neg().ok_or_else(|| {
                        QueryError::invalid(format!(
                            "The negation of {by} overflows supported counter precision (signed 8 bytes integer)"
                        ))
                    })?,
                };
                row.add_cell(name, Cell::counter(writer.timestamp, CounterContext::update(by)));
                Ok(())
            }
            TypedChange::SetAt { index, value } => {
                let (index, value) = (index.evaluate(writer.at)?, value.evaluate(writer.at)?);
                let path = self.path_at(index, "set an element on", writer)?;
                self.write_path(path, writer.cell(value), row);
                Ok(())
            }
            TypedChange::DeleteAt(index) => {
                let index = index.evaluate(writer.at)?;
                let path = self.path_at(index, "delete an element from", writer)?;
                self.write_path(path, writer.cell(None), row);
                Ok(())
            }
            TypedChange::Discard(term) => {
                let Some(value) = term.evaluate(writer.at)? else {
                    return Ok(());
                };
                let discarded = split_collection("list", &value)?;
                for (path, element) in self.elements(writer) {
                    if discarded.contains(&&*element) {
                        self.write_path(path, writer.cell(None), row);
                    }
                }
                Ok(())
            }
            TypedChange::AddTo(term) => {
                let added = term.evaluate(writer.at)?;
                let now = writer.now;
                let present = writer.found.and_then(|row| row.cell(name)?.value(now));
                if let (Some(present), Some(added)) = (present, added) {
                    let sum = functions::add(&self.column.ty, present, &added)?;
                    row.add_cell(name, writer.cell(sum));
                }
                Ok(())
            }
            TypedChange::Delete if is_multi_cell => {
                row.add_complex_deletion(name, DeletionTime::new(writer.timestamp, writer.now));
                Ok(())
            }
            TypedChange::Delete => {
                row.add_cell(name, writer.cell(None));
                Ok(())
            }
        }
    }

    /// The live elements of the list that was read.
    fn elements(&self, writer: &RowWriter<'_, '_>) -> Vec<(CellPath, Bytes)> {
        let Some(ColumnData::Complex(list)) = writer.found.and_then(|row| row.column(&self.column.name)) else {
            return Vec::new();
        };
        let live = |(path, cell): &(CellPath, Cell)| Some((path.clone(), cell.value(writer.now)?.clone()));
        list.cells.values().filter_map(live).collect()
    }

    /// Where the element of this index is; `what` is to be done to it.
    fn path_at(&self, index: Option<Bytes>, what: &str, writer: &RowWriter<'_, '_>) -> Result<CellPath, QueryError> {
        let index = index.ok_or_else(|| QueryError::invalid("Invalid null value for list index"))?;
        let index = <[u8; 4]>::try_from(&*index).map_or(-1, i32::from_be_bytes);
        let elements = self.elements(writer);
        if elements.is_empty() {
            return Err(QueryError::invalid(format!("Attempted to {what} a list which is null")));
        }
        let found = usize::try_from(index).ok().and_then(|index| elements.get(index));
        found.map(|(path, _)| path.clone()).ok_or_else(|| {
            QueryError::invalid(format!(
                "List index {index} out of bound, list has size {}",
                elements.len()
            ))
        })
    }

    /// Writes the elements of a serialised collection or user type, each as a cell of its own.
    fn write_elements(
        &self,
        value: &Bytes,
        prepend: bool,
        row: &mut Row,
        writer: &mut RowWriter<'_, '_>,
    ) -> Result<(), QueryError> {
        let bytes = |part: &[u8]| value.slice_ref(part);
        match &self.column.ty {
            CqlType::Set { .. } => {
                for element in split_collection("set", value)? {
                    self.write_path(bytes(element), writer.cell(Some(Bytes::new())), row);
                }
            }
            CqlType::Map { .. } => {
                for entry in split_collection("map", value)?.chunks_exact(2) {
                    self.write_path(bytes(entry[0]), writer.cell(Some(bytes(entry[1]))), row);
                }
            }
            CqlType::List { .. } => {
                let elements = split_collection("list", value)?;
                let first = (writer.at.uuids)(UuidKind::Time);
                for (number, element) in elements.iter().enumerate() {
                    let path = match prepend {
                        true => list_path_before(first, elements.len() - number),
                        false => list_path_after(first, number),
                    };
                    self.write_path(
                        Bytes::copy_from_slice(path.as_bytes()),
                        writer.cell(Some(bytes(element))),
                        row,
                    );
                }
            }
            CqlType::UserType(user_type) => {
                for (at, field) in split_tuple(user_type.fields.len(), value)?.into_iter().enumerate() {
                    let path = Bytes::copy_from_slice(&(at as u16).to_be_bytes());
                    self.write_path(path, writer.cell(field.map(bytes)), row);
                }
            }
            other => return Err(QueryError::Server(format!("{other} has no elements"))),
        }
        Ok(())
    }

    fn write_path(&self, path: Bytes, cell: Cell, row: &mut Row) {
        let path_type = match &self.column.ty {
            CqlType::Set { element, .. } => CqlType::clone(element),
            CqlType::Map { key, .. } => CqlType::clone(key),
            CqlType::List { .. } => CqlType::Timeuuid,
            _ => CqlType::Smallint,
        };
        let mut order = Vec::new();
        encode_component(&path_type, Some(&path), false, &mut order);
        row.add_complex_cell(&self.column.name, order.into(), path, cell);
    }
}

/// 2010-01-01 in ticks of 100 ns since 1582-10-15: paths of elements that are prepended lie as far before it as those of
/// elements that are appended lie after. `Lists.PrecisionTime.REFERENCE_TIME`.
const REFERENCE_TICKS: u64 = 0x01b2_1dd2_1381_4000 + 1_262_304_000_000 * 10_000;

/// The path of the n-th element that a statement appends.
fn list_path_after(first: Uuid, number: usize) -> Uuid {
    with_ticks(first, ticks(first).wrapping_add(number as u64))
}

/// The path of an element that a statement prepends, so many places before the end of what it prepends.
fn list_path_before(first: Uuid, places: usize) -> Uuid {
    let mirrored = (2 * REFERENCE_TICKS).wrapping_sub(ticks(first));
    with_ticks(first, mirrored.wrapping_sub(places as u64))
}

/// A version 1 UUID's time, in ticks of 100 ns.
fn ticks(uuid: Uuid) -> u64 {
    let (high, _) = uuid.as_u64_pair();
    high >> 32 | (high >> 16 & 0xffff) << 32 | (high & 0x0fff) << 48
}

fn with_ticks(uuid: Uuid, ticks: u64) -> Uuid {
    let (_, low) = uuid.as_u64_pair();
    let high = (ticks & 0xffff_ffff) << 32 | (ticks >> 32 & 0xffff) << 16 | 0x1000 | (ticks >> 48 & 0x0fff);
    Uuid::from_u64_pair(high, low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepended_elements_come_before_those_there_in_the_order_written() {
        let at = |micros: u64| with_ticks(Uuid::from_u64_pair(0, 1 << 63), REFERENCE_TICKS + micros * 10);
        let appended = [list_path_after(at(1000), 0), list_path_after(at(1000), 1)];
        let prepended = [list_path_before(at(2000), 2), list_path_before(at(2000), 1)];
        let later = [list_path_before(at(3000), 2), list_path_before(at(3000), 1)];
        let all = [later, prepended, appended].concat();
        let times: Vec<u64> = all.iter().map(|path| ticks(*path)).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
        assert!(all.iter().all(|path| path.get_version_num() == 1));
    }
}
