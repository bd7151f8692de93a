//! CREATE TYPE and DROP TYPE.

use std::sync::Arc;

use super::{Change, ChangeContext, ChangeKind, ChangeTarget, existing_keyspace};
use crate::base::SortedSet;
use crate::data::{CqlType, KeyspaceName, UserType};
use crate::schema::{KeyspaceMetadata, SchemaError};

pub(super) fn create(
    keyspace: KeyspaceName,
    name: String,
    if_not_exists: bool,
    fields: Vec<(String, CqlType)>,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let before = existing_keyspace(context, &keyspace)?;
    if before.types.contains_key(&name) {
        return match if_not_exists {
            true => Ok(Change::nothing(Some(before))),
            false => Err(SchemaError::invalid(format!(
                "A user type with name '{name}' already exists"
            ))),
        };
    }
    let mut seen = SortedSet::new();
    for (field, ty) in &fields {
        if !seen.insert(field) {
            return Err(SchemaError::invalid(format!(
                "Duplicate field name '{field}' in type '{name}'"
            )));
        }
        if *ty == CqlType::Counter {
            return Err(SchemaError::invalid("A user type cannot contain counters"));
        }
        if matches!(ty, CqlType::UserType(inner) if !inner.frozen) {
            return Err(SchemaError::invalid("A user type cannot contain non-frozen UDTs"));
        }
    }
    let mut after = KeyspaceMetadata::clone(before);
    let user_type = UserType {
        keyspace: keyspace.to_string(),
        name: name.clone(),
        fields,
        frozen: false,
    };
    after.types.insert(name.clone(), Arc::new(user_type));
    Ok(Change::within(
        before,
        after,
        ChangeKind::Created,
        ChangeTarget::Type,
        &name,
    ))
}

pub(super) fn drop(
    keyspace: KeyspaceName,
    name: String,
    if_exists: bool,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let before = context
        .schema
        .keyspace(&keyspace)
        .filter(|it| it.types.contains_key(&name));
    let Some(before) = before else {
        return match if_exists {
            true => Ok(Change::nothing(context.schema.keyspace(&keyspace))),
            false => Err(SchemaError::invalid(format!("Type '{keyspace}.{name}' doesn't exist"))),
        };
    };
    let uses = |ty: &CqlType| ty.any_type(&|it| matches!(it, CqlType::UserType(user_type) if user_type.name == name));
    let types = before
        .types
        .values()
        .filter(|it| it.fields.iter().any(|(_, ty)| uses(ty)));
    let types: Vec<&str> = types.map(|it| it.name.as_str()).collect();
    if !types.is_empty() {
        let users = types.join(", ");
        return Err(SchemaError::invalid(format!(
            "Cannot drop user type '{keyspace}.{name}' as it is still used by user types [{users}]"
        )));
    }
    let tables = before
        .tables
        .values()
        .filter(|it| it.columns().any(|column| uses(&column.ty)));
    let tables: Vec<&str> = tables.map(|it| it.name.as_str()).collect();
    if !tables.is_empty() {
        let users = tables.join(", ");
        return Err(SchemaError::invalid(format!(
            "Cannot drop user type '{keyspace}.{name}' as it is still used by tables [{users}]"
        )));
    }
    let mut after = KeyspaceMetadata::clone(before);
    after.types.remove(&name);
    Ok(Change::within(
        before,
        after,
        ChangeKind::Dropped,
        ChangeTarget::Type,
        &name,
    ))
}
