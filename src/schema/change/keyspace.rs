//! CREATE, ALTER and DROP KEYSPACE.

use std::sync::Arc;

use super::{Change, ChangeContext, ChangeKind, ChangeTarget, SchemaChange, is_plain_name};
use crate::data::KeyspaceName;
use crate::schema::{KeyspaceMetadata, Properties, ReplicationParams, SchemaError};

/// `SchemaConstants.NAME_LENGTH`, in characters.
const MAX_NAME_LENGTH: usize = 48;

pub(super) fn create(
    name: KeyspaceName,
    if_not_exists: bool,
    mut properties: Properties,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let options = properties.take_map("replication")?;
    let durable_writes = properties.take_boolean("durable_writes")?.unwrap_or(true);
    properties.finish()?;
    let options = options.ok_or_else(|| SchemaError::invalid("Missing mandatory option 'replication'"))?;
    if let Some(existing) = context.schema.keyspace(&name) {
        return match if_not_exists {
            true => Ok(Change::nothing(Some(existing))),
            false => Err(SchemaError::KeyspaceExists(name.to_string())),
        };
    }
    check_name(&name)?;
    let replication = ReplicationParams::from_options(&name, options, None, context.cluster)?;
    let warnings = replication.warnings(&name, context.cluster);
    let tables = Default::default();
    let after = KeyspaceMetadata {
        name: name.clone(),
        replication,
        durable_writes,
        tables,
        types: Default::default(),
    };
    let announcement = Some(announce(ChangeKind::Created, name));
    Ok(Change {
        before: None,
        after: Some(Arc::new(after)),
        announcement,
        warnings,
    })
}

pub(super) fn alter(
    name: KeyspaceName,
    if_exists: bool,
    mut properties: Properties,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let options = properties.take_map("replication")?;
    let durable_writes = properties.take_boolean("durable_writes")?;
    properties.finish()?;
    let Some(before) = context.schema.keyspace(&name) else {
        return missing(&name, if_exists);
    };
    let mut after = KeyspaceMetadata::clone(before);
    after.durable_writes = durable_writes.unwrap_or(before.durable_writes);
    let mut warnings = Vec::new();
    if let Some(options) = options {
        after.replication =
            ReplicationParams::from_options(&name, options, Some(&before.replication), context.cluster)?;
        if after.replication.total_factor() > before.replication.total_factor() {
            warnings.push(
                "When increasing replication factor you need to run a full (-full) repair to distribute the data."
                    .into(),
            );
        }
        warnings.extend(after.replication.warnings(&name, context.cluster));
    }
    let announcement = Some(announce(ChangeKind::Updated, name));
    Ok(Change {
        before: Some(before.clone()),
        after: Some(Arc::new(after)),
        announcement,
        warnings,
    })
}

pub(super) fn drop(name: KeyspaceName, if_exists: bool, context: &ChangeContext<'_>) -> Result<Change, SchemaError> {
    match context.schema.keyspace(&name) {
        None => missing(&name, if_exists),
        Some(before) => {
            let announcement = Some(announce(ChangeKind::Dropped, name));
            Ok(Change {
                before: Some(before.clone()),
                after: None,
                announcement,
                warnings: Vec::new(),
            })
        }
    }
}

fn missing(name: &KeyspaceName, if_exists: bool) -> Result<Change, SchemaError> {
    match if_exists {
        true => Ok(Change::nothing(None)),
        false => Err(SchemaError::invalid(format!("Keyspace '{name}' doesn't exist"))),
    }
}

fn announce(kind: ChangeKind, keyspace: KeyspaceName) -> SchemaChange {
    SchemaChange {
        kind,
        target: ChangeTarget::Keyspace,
        keyspace,
        name: None,
    }
}

fn check_name(name: &str) -> Result<(), SchemaError> {
    if !is_plain_name(name) {
        return Err(SchemaError::invalid(format!(
            "Keyspace name must not be empty and must contain alphanumeric or underscore characters only (got \"{name}\")"
        )));
    }
    let length = name.chars().count();
    if length > MAX_NAME_LENGTH {
        return Err(SchemaError::invalid(format!(
            "Keyspace name must not be more than {MAX_NAME_LENGTH} characters long (got {length} characters for \"{name}\")"
        )));
    }
    Ok(())
}
