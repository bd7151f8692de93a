//! What `SET column = ...` and `DELETE column ...` ask of a column: checked, and turned into operations.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/Operation`.

use bytes::Bytes;

use super::PrepareContext;
use super::operation::{Operation, TypedChange};
use super::restrictions::existing_column;
use super::term::{Receiver, TypedTerm};
use crate::cql::QueryError;
use crate::cql::ast::{Change, Deletion, Term};
use crate::cql::functions::is_numeric;
use crate::data::{CqlType, UserType};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};

/// A column that an operation is about.
struct Target<'a> {
    column: &'a ColumnMetadata,
    /// What is done, as messages repeat it.
    operation: String,
}

impl Target<'_> {
    fn invalid(&self, kind: &str) -> QueryError {
        let (operation, name) = (&self.operation, &self.column.name);
        QueryError::invalid(format!("Invalid operation ({operation}) for {kind} column {name}"))
    }

    /// The column as the receiver of a value.
    fn whole(&self) -> Receiver {
        Receiver {
            name: self.column.name.to_string(),
            ty: self.column.ty.clone(),
        }
    }

    /// A part of the column: `key(column)`, `value(column)`, `idx(column)`.
    fn part(&self, part: &str, ty: &CqlType) -> Receiver {
        Receiver {
            name: format!("{part}({})", self.column.name),
            ty: ty.clone(),
        }
    }
}

impl PrepareContext<'_> {
    /// What `column = ...` in an UPDATE does. `has_conditions`: what is there will be read anyway.
    pub(super) fn assignment(
        &self,
        column: &ColumnMetadata,
        change: &Change,
        table: &TableMetadata,
        has_conditions: bool,
    ) -> Result<Operation, QueryError> {
        let name = &column.name;
        let target = Target {
            column,
            operation: match change {
                Change::Set(value) => format!("{name} = {value}"),
                Change::Add(value) => format!("{name} = {name} + {value}"),
                Change::Subtract(value) => format!("{name} = {name} - {value}"),
                Change::Prepend(value) => format!("{name} = {value} - {name}"),
                Change::SetElement { key, value } => format!("{name}[{key}] = {value}"),
                Change::SetField { field, value } => format!("{name}.{field} = {value}"),
            },
        };
        let change = match change {
            Change::Set(term) => {
                let term = self.term(term, &target.whole(), &table.keyspace)?;
                if column.ty == CqlType::Counter {
                    return Err(QueryError::invalid(format!(
                        "Cannot set the value of counter column {name} (counters can only be incremented/decremented, not set)"
                    )));
                }
                TypedChange::Set(term)
            }
            Change::Add(by) | Change::Subtract(by) if column.ty == CqlType::Counter => TypedChange::Count {
                by: self.term(by, &target.whole(), &table.keyspace)?,
                down: matches!(change, Change::Subtract(_)),
            },
            Change::Add(term) => self.addition(term, &target, table, has_conditions)?,
            Change::Subtract(term) => self.subtraction(term, &target, table)?,
            Change::Prepend(term) => {
                let term = self.term(term, &target.whole(), &table.keyspace)?;
                match &column.ty {
                    CqlType::List { frozen: false, .. } => TypedChange::Prepend(term),
                    CqlType::List { .. } => return Err(target.invalid("frozen list")),
                    _ => return Err(target.invalid("non list")),
                }
            }
            Change::SetElement { key, value } => self.element(key, value, &target, table)?,
            Change::SetField { field, value } => {
                let user_type = match &column.ty {
                    CqlType::UserType(user_type) if user_type.frozen => return Err(target.invalid("frozen UDT")),
                    CqlType::UserType(user_type) => user_type,
                    _ => return Err(target.invalid("non-UDT")),
                };
                let (path, ty) = field_of(column, user_type, field)?;
                let receiver = Receiver {
                    name: format!("{name}.{field}"),
                    ty,
                };
                let value = self.term(value, &receiver, &table.keyspace)?;
                TypedChange::SetElement { path, value }
            }
        };
        Ok(Operation {
            column: column.clone(),
            change,
        })
    }

    fn addition(
        &self,
        term: &Term,
        target: &Target<'_>,
        table: &TableMetadata,
        has_conditions: bool,
    ) -> Result<TypedChange, QueryError> {
        let ty = &target.column.ty;
        if !ty.is_collection() {
            if matches!(ty, CqlType::Tuple(_) | CqlType::UserType(_)) {
                return Err(target.invalid("tuple"));
            }
            if !has_conditions {
                return Err(target.invalid("non counter"));
            }
            if !is_numeric(ty) && !matches!(ty, CqlType::Text | CqlType::Ascii) {
                let (operation, name) = (&target.operation, &target.column.name);
                return Err(QueryError::invalid(format!(
                    "Invalid operation ({operation}) for non-numeric and non-text type {name}"
                )));
            }
            return Ok(TypedChange::AddTo(self.term(term, &target.whole(), &table.keyspace)?));
        }
        if !ty.is_multi_cell() {
            return Err(target.invalid("frozen collection"));
        }
        let typed = self.term(term, &target.whole(), &table.keyspace);
        if matches!(ty, CqlType::Map { .. }) {
            let not_a_map =
                |_| QueryError::invalid(format!("Value for a map addition has to be a map, but was: '{term}'"));
            return typed.map(TypedChange::Add).map_err(not_a_map);
        }
        typed.map(TypedChange::Add)
    }

    fn subtraction(&self, term: &Term, target: &Target<'_>, table: &TableMetadata) -> Result<TypedChange, QueryError> {
        let ty = &target.column.ty;
        if !ty.is_collection() {
            return Err(target.invalid("non counter"));
        }
        if !ty.is_multi_cell() {
            return Err(target.invalid("frozen collection"));
        }
        match ty {
            CqlType::List { .. } => {
                let term = self.term(term, &target.whole(), &table.keyspace)?;
                Ok(TypedChange::Discard(term))
            }
            CqlType::Map { key, .. } => {
                let receiver = Receiver {
                    name: target.column.name.to_string(),
                    ty: CqlType::set(CqlType::clone(key)),
                };
                let typed = self.term(term, &receiver, &table.keyspace);
                typed.map(TypedChange::Remove).map_err(|_| {
                    QueryError::invalid(format!(
                        "Value for a map substraction has to be a set, but was: '{term}'"
                    ))
                })
            }
            _ => Ok(TypedChange::Remove(self.term(
                term,
                &target.whole(),
                &table.keyspace,
            )?)),
        }
    }

    fn element(
        &self,
        key: &Term,
        value: &Term,
        target: &Target<'_>,
        table: &TableMetadata,
    ) -> Result<TypedChange, QueryError> {
        let ty = &target.column.ty;
        if !ty.is_collection() {
            return Err(target.invalid("non collection"));
        }
        if !ty.is_multi_cell() {
            return Err(target.invalid("frozen collection"));
        }
        match ty {
            CqlType::List { element, .. } => Ok(TypedChange::SetAt {
                index: self.term(key, &target.part("idx", &CqlType::Int), &table.keyspace)?,
                value: self.term(value, &target.part("value", element), &table.keyspace)?,
            }),
            CqlType::Map {
                key: key_type,
                value: value_type,
                ..
            } => Ok(TypedChange::SetElement {
                path: self.term(key, &target.part("key", key_type), &table.keyspace)?,
                value: self.term(value, &target.part("value", value_type), &table.keyspace)?,
            }),
            _ => Err(target.invalid("set")),
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
            Deletion::Element { key, .. } => self.element_deletion(key, column, table)?,
            Deletion::Field { field, .. } => {
                let user_type = match &column.ty {
                    CqlType::UserType(user_type) if user_type.frozen => {
                        return Err(QueryError::invalid(format!(
                            "Frozen UDT column {name} does not support field deletions"
                        )));
                    }
                    CqlType::UserType(user_type) => user_type,
                    _ => {
                        return Err(QueryError::invalid(format!(
                            "Invalid field deletion operation for non-UDT column {name}"
                        )));
                    }
                };
                TypedChange::SetElement {
                    path: field_of(column, user_type, field)?.0,
                    value: TypedTerm::Null,
                }
            }
        };
        Ok(Operation {
            column: column.clone(),
            change,
        })
    }

    fn element_deletion(
        &self,
        key: &Term,
        column: &ColumnMetadata,
        table: &TableMetadata,
    ) -> Result<TypedChange, QueryError> {
        let name = &column.name;
        let refused = |kind: &str| {
            QueryError::invalid(format!(
                "Invalid deletion operation for {kind} collection column {name}"
            ))
        };
        if column.ty.is_collection() && !column.ty.is_multi_cell() {
            return Err(refused("frozen"));
        }
        let part = |part: &str, ty: &CqlType| Receiver {
            name: format!("{part}({name})"),
            ty: ty.clone(),
        };
        let path = match &column.ty {
            CqlType::List { .. } => {
                let index = self.term(key, &part("idx", &CqlType::Int), &table.keyspace)?;
                return Ok(TypedChange::DeleteAt(index));
            }
            CqlType::Set { element, .. } => self.term(key, &part("value", element), &table.keyspace)?,
            CqlType::Map { key: ty, .. } => self.term(key, &part("key", ty), &table.keyspace)?,
            _ => return Err(refused("non")),
        };
        Ok(TypedChange::SetElement {
            path,
            value: TypedTerm::Null,
        })
    }
}

/// The path and the type of a field.
fn field_of(column: &ColumnMetadata, user_type: &UserType, field: &str) -> Result<(TypedTerm, CqlType), QueryError> {
    let position = user_type.fields.iter().position(|(name, _)| name == field);
    let position = position.ok_or_else(|| {
        QueryError::invalid(format!(
            "UDT column {} does not have a field named {field}",
            column.name
        ))
    })?;
    let path = TypedTerm::Constant(Bytes::copy_from_slice(&(position as u16).to_be_bytes()));
    Ok((path, user_type.fields[position].1.clone()))
}
