//! CREATE TYPE, ALTER TYPE and DROP TYPE.
//!
//! Source of the checks and texts: Cassandra 5.0, `CreateTypeStatement.java`, `AlterTypeStatement.java`, `DropTypeStatement.java`.

use std::sync::Arc;

use super::{Change, ChangeContext, ChangeKind, ChangeTarget, TypeAlteration, existing_keyspace};
use crate::base::SortedSet;
use crate::data::identifier::maybe_quote;
use crate::data::{CqlType, KeyspaceName, UserType};
use crate::schema::{ColumnMetadata, KeyspaceMetadata, SchemaError};

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
        check_field(ty)?;
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

pub(super) fn alter(
    keyspace: KeyspaceName,
    name: String,
    if_exists: bool,
    alteration: TypeAlteration,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let before = context.schema.keyspace(&keyspace);
    let Some((before, user_type)) = before.and_then(|it| it.types.get(&name).map(|found| (it, found))) else {
        return match if_exists {
            true => Ok(Change::nothing(before)),
            false => Err(SchemaError::invalid(format!("Type {keyspace}.{name} doesn't exist"))),
        };
    };
    let qualified = format!("{}.{}", maybe_quote(&keyspace), maybe_quote(&name));
    let mut altered = UserType::clone(user_type);
    match alteration {
        TypeAlteration::Add {
            field,
            ty,
            written,
            if_not_exists,
        } => {
            check_field(&ty)?;
            if altered.fields.iter().any(|(it, _)| *it == field) {
                return match if_not_exists {
                    true => Ok(Change::nothing(Some(before))),
                    false => Err(SchemaError::invalid(format!(
                        "Cannot add field {field} to type {qualified}: a field with name {field} already exists"
                    ))),
                };
            }
            if uses(&ty, &name) {
                return Err(SchemaError::invalid(format!(
                    "Cannot add new field {field} of type {written} to user type {qualified} as it would create a circular reference"
                )));
            }
            let in_key = before.tables.values().filter(|table| {
                let mut key = table.partition_key.iter();
                key.any(|column| uses(&column.ty, &name))
            });
            let in_key: Vec<String> = in_key.map(|it| format!("{}.{}", it.keyspace, it.name)).collect();
            if !in_key.is_empty() {
                return Err(SchemaError::invalid(format!(
                    "Cannot add new field {field} of type {written} to user type {qualified} as the type is being used in \
                     partition key by the following tables: {}",
                    in_key.join(", ")
                )));
            }
            altered.fields.push((field, ty));
        }
        TypeAlteration::Rename { renames, if_exists } => {
            for (old, new) in renames {
                match user_type.fields.iter().position(|(it, _)| *it == old) {
                    Some(at) => altered.fields[at].0 = new,
                    None if if_exists => {}
                    None => {
                        return Err(SchemaError::invalid(format!(
                            "Unkown field {old} in user type {qualified}"
                        )));
                    }
                }
            }
            let mut seen = SortedSet::new();
            if let Some((twice, _)) = altered.fields.iter().find(|(it, _)| !seen.insert(it)) {
                // The keyspace stands where the type was meant.
                return Err(SchemaError::invalid(format!(
                    "Duplicate field name {twice} in type {keyspace}"
                )));
            }
        }
        TypeAlteration::Retype => {
            return Err(SchemaError::invalid("Altering field types is no longer supported"));
        }
    }
    let after = with_type(before, &altered);
    Ok(Change::within(
        before,
        after,
        ChangeKind::Updated,
        ChangeTarget::Type,
        &name,
    ))
}

/// The keyspace with a type altered, wherever it is used.
fn with_type(before: &KeyspaceMetadata, altered: &UserType) -> KeyspaceMetadata {
    let replace = |ty: &CqlType| match ty {
        CqlType::UserType(it) if it.name == altered.name => Some(CqlType::UserType(Arc::new(UserType {
            frozen: it.frozen,
            ..altered.clone()
        }))),
        _ => None,
    };
    let mut after = before.clone();
    for user_type in after.types.values_mut() {
        if user_type.name == altered.name {
            *user_type = Arc::new(altered.clone());
        } else if user_type.fields.iter().any(|(_, ty)| uses(ty, &altered.name)) {
            let field = |(name, ty): &(String, CqlType)| (name.clone(), ty.replaced(&replace));
            *user_type = Arc::new(UserType {
                fields: user_type.fields.iter().map(field).collect(),
                ..UserType::clone(user_type)
            });
        }
    }
    for table in after.tables.values_mut() {
        if table.columns().any(|column| uses(&column.ty, &altered.name)) {
            let columns = table.columns().map(|column| ColumnMetadata {
                ty: column.ty.replaced(&replace),
                ..column.clone()
            });
            *table = Arc::new(table.with_columns(columns));
        }
    }
    after
}

fn uses(ty: &CqlType, name: &str) -> bool {
    ty.any_type(&|it| matches!(it, CqlType::UserType(user_type) if user_type.name == name))
}

/// What a user type may have for a field.
fn check_field(ty: &CqlType) -> Result<(), SchemaError> {
    if *ty == CqlType::Counter {
        return Err(SchemaError::invalid("A user type cannot contain counters"));
    }
    if matches!(ty, CqlType::UserType(inner) if !inner.frozen) {
        return Err(SchemaError::invalid("A user type cannot contain non-frozen UDTs"));
    }
    Ok(())
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
    let types = before
        .types
        .values()
        .filter(|it| it.fields.iter().any(|(_, ty)| uses(ty, &name)));
    let types: Vec<&str> = types.map(|it| it.name.as_str()).collect();
    if !types.is_empty() {
        let users = types.join(", ");
        return Err(SchemaError::invalid(format!(
            "Cannot drop user type '{keyspace}.{name}' as it is still used by user types {users}"
        )));
    }
    let tables = before
        .tables
        .values()
        .filter(|it| it.view.is_none() && it.columns().any(|column| uses(&column.ty, &name)));
    let tables: Vec<&str> = tables.map(|it| it.name.as_str()).collect();
    if !tables.is_empty() {
        let users = tables.join(", ");
        return Err(SchemaError::invalid(format!(
            "Cannot drop user type '{keyspace}.{name}' as it is still used by tables {users}"
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
