//! What a modification does to one column.
//!
//! Source: Cassandra 5.0, `cql3/Operation`, `Constants`, `Lists`, `Sets`, `Maps`, `UserTypes`.

use bytes::Bytes;

use super::definition::not_yet;
use super::modify::refuse_counters;
use super::restrictions::existing_column;
use super::term::{Receiver, TypedTerm};
use super::{Evaluation, PrepareContext, UuidKind};
use crate::cql::QueryError;
use crate::cql::ast::{Change, Deletion};
use crate::data::types::layout::{split_collection, split_tuple};
use crate::data::types::ordering::encode_component;
use crate::data::{Cell, CqlType, DeletionTime, EpochSeconds, Expiry, Row, WriteTimestamp};
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
        refuse_counters(column)?;
        Ok(Operation {
            column: column.clone(),
            change: TypedChange::Set(term),
        })
    }

    /// Whether it is about the column as a whole: only one such change may be in a statement.
    pub fn is_whole(&self) -> bool {
        !matches!(self.change, TypedChange::SetElement { .. })
    }

    pub(super) fn write(&self, row: &mut Row, writer: &mut RowWriter<'_, '_>) -> Result<(), QueryError> {
        let name = &self.column.name;
        let overwritten = DeletionTime::new(writer.timestamp.just_before(), writer.now);
        let is_multi_cell = self.column.ty.is_multi_cell();
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
            CqlType::List { .. } if prepend => return Err(not_yet("Prepending to a list")),
            CqlType::List { .. } => {
                for element in split_collection("list", value)? {
                    let path = (writer.at.uuids)(UuidKind::Time);
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
        refuse_counters(column)?;
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
            Change::Set(term) => operation(TypedChange::Set(self.term(term, &whole, &table.keyspace)?)),
            Change::Add(term) => {
                needs_multi_cell(&format!("{0} = {0} + {term}", column.name))?;
                operation(TypedChange::Add(self.term(term, &whole, &table.keyspace)?))
            }
            Change::Prepend(term) => {
                needs_multi_cell(&format!("{0} = {term} + {0}", column.name))?;
                operation(TypedChange::Prepend(self.term(term, &whole, &table.keyspace)?))
            }
            Change::Subtract(term) => {
                needs_multi_cell(&format!("{0} = {0} - {term}", column.name))?;
                let ty = match &column.ty {
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
                CqlType::List { .. } => Err(not_yet("Setting elements of a list")),
                _ => Err(QueryError::invalid(format!(
                    "Invalid operation ({}[{key}] = {value}) for non collection column {}",
                    column.name, column.name
                ))),
            },
            Change::SetField { field, value } => {
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
