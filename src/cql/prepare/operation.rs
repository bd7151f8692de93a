//! What a modification does to one column.
//!
//! Source: Cassandra 5.0, `cql3/Operation`, `Constants`, `Lists`, `Sets`, `Maps`, `UserTypes`.

use bytes::Bytes;
use uuid::Uuid;

use super::definition::not_yet;
use super::restrictions::existing_column;
use super::term::{Receiver, TypedTerm};
use super::{Evaluation, PrepareContext, UuidKind};
use crate::cql::QueryError;
use crate::cql::ast::{Change, Deletion, Term};
use crate::data::types::layout::{split_collection, split_tuple};
use crate::data::types::ordering::encode_component;
use crate::data::{Cell, CounterContext, CqlType, DeletionTime, EpochSeconds, Expiry, Row, WriteTimestamp};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};

/// One change to one column.
#[derive(Clone, Debug)]
pub struct Operation {
    pub column: ColumnMetadata,
    change: TypedChange,
}

#[derive(Clone, Debug)]
enum TypedChange {
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

    /// Whether a statement may have both: a column that is set has no other change. `Operation.RawUpdate.isCompatibleWith`.
    pub fn goes_with(&self, other: &Operation) -> bool {
        let sets = |it: &Operation| matches!(it.change, TypedChange::Set(_));
        self.column.name != other.column.name || !(sets(self) || sets(other))
    }

    /// Whether the client said to leave it at what it is.
    fn is_unset(&self, at: &Evaluation<'_>) -> bool {
        match &self.change {
            TypedChange::Set(term)
            | TypedChange::Add(term)
            | TypedChange::Prepend(term)
            | TypedChange::Remove(term)
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

impl PrepareContext<'_> {
    /// What `column = ...` in an UPDATE does.
    pub(super) fn assignment(
        &self,
        column: &ColumnMetadata,
        change: &Change,
        table: &TableMetadata,
    ) -> Result<Operation, QueryError> {
        let whole = Receiver {
            name: column.name.to_string(),
            ty: column.ty.clone(),
        };
        let operation = |change| {
            Ok(Operation {
                column: column.clone(),
                change,
            })
        };
        let needs_multi_cell = |what: &str| {
            if column.ty.is_collection() && !column.ty.is_multi_cell() {
                return Err(QueryError::invalid(format!(
                    "Invalid operation ({what}) for frozen collection column {}",
                    column.name
                )));
            }
            match column.ty.is_collection() {
                true => Ok(()),
                false => Err(QueryError::invalid(format!(
                    "Invalid operation ({what}) for non counter column {}",
                    column.name
                ))),
            }
        };
        match change {
            Change::Set(term) => {
                let term = self.term(term, &whole, &table.keyspace)?;
                if column.ty == CqlType::Counter {
                    return Err(QueryError::invalid(format!(
                        "Cannot set the value of counter column {} (counters can only be incremented/decremented, not set)",
                        column.name
                    )));
                }
                operation(TypedChange::Set(term))
            }
            Change::Add(by) | Change::Subtract(by) if column.ty == CqlType::Counter => operation(TypedChange::Count {
                by: self.term(by, &whole, &table.keyspace)?,
                down: matches!(change, Change::Subtract(_)),
            }),
            Change::Add(term) => {
                needs_multi_cell(&format!("{0} = {0} + {term}", column.name))?;
                let has_null = |entries: &[(Term, Term)]| entries.iter().any(|(_, value)| *value == Term::Null);
                if matches!(column.ty, CqlType::Map { .. })
                    && match term {
                        Term::Map(entries) => has_null(entries),
                        Term::Set(elements) => !elements.is_empty(),
                        Term::List(_) | Term::Literal(_) | Term::Tuple(_) | Term::UserType(_) => true,
                        _ => false,
                    }
                {
                    return Err(QueryError::invalid(format!(
                        "Value for a map addition has to be a map, but was: '{term}'"
                    )));
                }
                operation(TypedChange::Add(self.term(term, &whole, &table.keyspace)?))
            }
            Change::Prepend(term) => {
                let value = self.term(term, &whole, &table.keyspace)?;
                if !matches!(column.ty, CqlType::List { .. }) {
                    return Err(QueryError::invalid(format!(
                        "Invalid operation ({0} = {term} - {0}) for non list column {0}",
                        column.name
                    )));
                }
                needs_multi_cell(&format!("{0} = {term} - {0}", column.name))?;
                operation(TypedChange::Prepend(value))
            }
            Change::Subtract(term) => {
                needs_multi_cell(&format!("{0} = {0} - {term}", column.name))?;
                let ty = match &column.ty {
                    CqlType::Map { .. } if matches!(term, Term::Map(_) | Term::List(_) | Term::Literal(_)) => {
                        return Err(QueryError::invalid(format!(
                            "Value for a map substraction has to be a set, but was: '{term}'"
                        )));
                    }
                    CqlType::Map { key, .. } => CqlType::set(CqlType::clone(key)),
                    CqlType::List { .. } => return Err(not_yet("Removing elements from a list")),
                    other => other.clone(),
                };
                let receiver = Receiver { name: whole.name, ty };
                operation(TypedChange::Remove(self.term(term, &receiver, &table.keyspace)?))
            }
            Change::SetElement { key, value } => match &column.ty {
                CqlType::Map {
                    key: key_type,
                    value: value_type,
                    frozen: false,
                } => {
                    let part = |name: &str, ty: &CqlType| Receiver {
                        name: format!("{name}({})", column.name),
                        ty: ty.clone(),
                    };
                    let path = self.term(key, &part("key", key_type), &table.keyspace)?;
                    let value = self.term(value, &part("value", value_type), &table.keyspace)?;
                    operation(TypedChange::SetElement { path, value })
                }
                ty if ty.is_collection() && !ty.is_multi_cell() => Err(QueryError::invalid(format!(
                    "Invalid operation ({0}[{key}] = {value}) for frozen collection column {0}",
                    column.name
                ))),
                CqlType::List { .. } => Err(not_yet("Setting elements of a list")),
                CqlType::Set { .. } => Err(QueryError::invalid(format!(
                    "Invalid operation ({0}[{key}] = {value}) for set column {0}",
                    column.name
                ))),
                _ => Err(QueryError::invalid(format!(
                    "Invalid operation ({0}[{key}] = {value}) for non collection column {0}",
                    column.name
                ))),
            },
            Change::SetField { field, value } => {
                let wrong = |what: &str| {
                    QueryError::invalid(format!(
                        "Invalid operation ({0}.{field} = {value}) for {what} column {0}",
                        column.name
                    ))
                };
                match &column.ty {
                    CqlType::UserType(user_type) if user_type.frozen => return Err(wrong("frozen UDT")),
                    CqlType::UserType(_) => {}
                    _ => return Err(wrong("non-UDT")),
                }
                let (position, ty) = field_of(column, field)?;
                let receiver = Receiver {
                    name: format!("{}.{field}", column.name),
                    ty,
                };
                let path = TypedTerm::Constant(Bytes::copy_from_slice(&position.to_be_bytes()));
                operation(TypedChange::SetElement {
                    path,
                    value: self.term(value, &receiver, &table.keyspace)?,
                })
            }
        }
    }

    /// What `DELETE column` does.
    pub(super) fn deletion(&self, deletion: &Deletion, table: &TableMetadata) -> Result<Operation, QueryError> {
        let name = match deletion {
            Deletion::Column(column) | Deletion::Element { column, .. } | Deletion::Field { column, .. } => column,
        };
        let column = existing_column(table, name)?;
        if column.kind <= ColumnKind::Clustering {
            return Err(QueryError::invalid(format!(
                "Invalid identifier {name} for deletion (should not be a PRIMARY KEY part)"
            )));
        }
        let change = match deletion {
            Deletion::Column(_) => TypedChange::Delete,
            Deletion::Element { key, .. } => {
                let ty = match &column.ty {
                    CqlType::Map { key, frozen: false, .. } => key,
                    CqlType::Set { element, frozen: false } => element,
                    ty if ty.is_collection() && !ty.is_multi_cell() => {
                        return Err(QueryError::invalid(format!(
                            "Invalid deletion operation for frozen collection column {name}"
                        )));
                    }
                    CqlType::List { .. } => return Err(not_yet("Deleting elements of a list")),
                    _ => {
                        return Err(QueryError::invalid(format!(
                            "Invalid deletion operation for non collection column {name}"
                        )));
                    }
                };
                let receiver = Receiver {
                    name: format!("key({name})"),
                    ty: CqlType::clone(ty),
                };
                let path = self.term(key, &receiver, &table.keyspace)?;
                TypedChange::SetElement {
                    path,
                    value: TypedTerm::Null,
                }
            }
            Deletion::Field { field, .. } => {
                let (position, _) = field_of(column, field)?;
                let path = TypedTerm::Constant(Bytes::copy_from_slice(&position.to_be_bytes()));
                TypedChange::SetElement {
                    path,
                    value: TypedTerm::Null,
                }
            }
        };
        Ok(Operation {
            column: column.clone(),
            change,
        })
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

fn field_of(column: &ColumnMetadata, field: &str) -> Result<(u16, CqlType), QueryError> {
    let CqlType::UserType(user_type) = &column.ty else {
        return Err(QueryError::invalid(format!(
            "Invalid operation on non-UDT column {}",
            column.name
        )));
    };
    if user_type.frozen {
        return Err(QueryError::invalid(format!(
            "Invalid operation on a field of the frozen UDT column {}",
            column.name
        )));
    }
    let position = user_type.fields.iter().position(|(name, _)| name == field);
    let position = position.ok_or_else(|| {
        QueryError::invalid(format!(
            "UDT column {} does not have a field named {field}",
            column.name
        ))
    })?;
    Ok((position as u16, user_type.fields[position].1.clone()))
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
