//! Which consistency levels a statement may have. Source: Cassandra 5.0, `ConsistencyLevel.validateFor*`.

use crate::cql::QueryError;
use crate::data::ConsistencyLevel;
use crate::schema::{TableMetadata, is_virtual_keyspace};

pub(super) fn check_read(level: ConsistencyLevel) -> Result<(), QueryError> {
    match level {
        ConsistencyLevel::Any => Err(QueryError::invalid("ANY ConsistencyLevel is only supported for writes")),
        _ => Ok(()),
    }
}

/// The nearest rows are asked of one replica a range only: what the others have cannot be merged in. `SelectStatement.java`.
pub(super) fn lower_for_top_k(level: &mut ConsistencyLevel, warnings: &mut Vec<String>) -> Result<(), QueryError> {
    let lowered = match level {
        ConsistencyLevel::Serial | ConsistencyLevel::LocalSerial => {
            return Err(QueryError::invalid(format!(
                "Top-K queries can only be run with consistency level ONE/LOCAL_ONE. Consistency level {level} was used."
            )));
        }
        ConsistencyLevel::Any | ConsistencyLevel::One | ConsistencyLevel::LocalOne => {
            return Ok(());
        }
        ConsistencyLevel::LocalQuorum => ConsistencyLevel::LocalOne,
        _ => ConsistencyLevel::One,
    };
    warnings.push(format!(
        "Top-K queries can only be run with consistency level ONE / LOCAL_ONE / NODE_LOCAL. Consistency level {level} was \
         requested. Downgrading the consistency level to {lowered}."
    ));
    *level = lowered;
    Ok(())
}

pub(super) fn check_write(level: ConsistencyLevel) -> Result<(), QueryError> {
    match level.is_serial() {
        true => Err(QueryError::invalid(
            "You must use conditional updates for serializable writes",
        )),
        false => Ok(()),
    }
}

/// `ConsistencyLevel.validateCounterForWrite`
pub(super) fn check_counter_write(level: ConsistencyLevel, table: &str) -> Result<(), QueryError> {
    match level {
        ConsistencyLevel::Any => Err(QueryError::invalid(format!(
            "Consistency level ANY is not yet supported for counter table {table}"
        ))),
        _ if level.is_serial() => Err(QueryError::invalid(
            "Counter operations are inherently non-serializable",
        )),
        _ => Ok(()),
    }
}

/// The level at which a conditional update that was decided is written.
pub(super) fn check_commit(level: ConsistencyLevel) -> Result<(), QueryError> {
    match level.is_serial() {
        true => Err(QueryError::invalid(format!(
            "{level} is not supported as conditional update commit consistency. Use ANY if you mean \"make sure it is \
             accepted but I don't care how many replicas commit it for non-SERIAL reads\""
        ))),
        false => Ok(()),
    }
}

pub(super) fn check_serial(level: ConsistencyLevel) -> Result<(), QueryError> {
    match level.is_serial() {
        true => Ok(()),
        false => Err(QueryError::invalid(
            "Invalid consistency for conditional update. Must be one of SERIAL or LOCAL_SERIAL",
        )),
    }
}

/// Tables that only the node itself writes, or makes up.
pub(super) fn refuse_system(table: &TableMetadata) -> Result<(), QueryError> {
    let keyspace = &table.keyspace;
    if is_virtual_keyspace(keyspace) {
        let message = format!("Modification is not supported by table {keyspace}.{}", table.name);
        return Err(QueryError::invalid(message));
    }
    match crate::schema::change::is_local_system_keyspace(keyspace) {
        true => Err(QueryError::Unauthorized(format!(
            "{keyspace} keyspace is not user-modifiable."
        ))),
        false => Ok(()),
    }
}
