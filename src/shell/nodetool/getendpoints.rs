//! `nodetool getendpoints KEYSPACE TABLE KEY`: the replicas of a key.

use bytes::Bytes;

use super::{ClusterView, Output};
use crate::data::composite::compose_key;
use crate::data::types::MarshalError;
use crate::data::{CqlType, token_of};
use crate::ring::Placement;
use crate::schema::{Schema, TableMetadata};

/// The key as text; of several columns, with colons between them.
pub fn get_endpoints(view: &ClusterView, schema: &Schema, keyspace: &str, table: &str, key: &str) -> Output {
    let Some(metadata) = schema.keyspace(keyspace) else {
        return Output::bad_use(&format!("Unknown keyspace '{keyspace}'"));
    };
    let Some(metadata_of_table) = metadata.tables.get(table) else {
        return Output::bad_use(&format!("Unknown table '{table}' in keyspace '{keyspace}'"));
    };
    let key = match parse_key(metadata_of_table, key) {
        Ok(key) => key,
        Err((class, message)) => return Output::refused(String::new(), class, &message),
    };
    let placement = Placement::new(&metadata.replication, &view.topology, view.local);
    let replicas = placement.natural(token_of(&key));
    Output::printed(
        replicas
            .iter()
            .map(|replica| format!("{replica}\n"))
            .collect::<String>(),
    )
}

const MARSHAL_EXCEPTION: &str = "org.apache.cassandra.serializers.MarshalException";

fn parse_key(table: &TableMetadata, text: &str) -> Result<Bytes, (&'static str, String)> {
    let columns = &table.partition_key;
    let texts: Vec<&str> = match columns.len() {
        1 => vec![text],
        _ => text.split(':').collect(),
    };
    if texts.len() != columns.len() {
        let message = format!("a key of {} columns, colons between them, is expected", columns.len());
        return Err((MARSHAL_EXCEPTION, message));
    }
    let parts = columns.iter().zip(texts).map(|(column, text)| {
        column.ty.from_string(text).map_err(|error| match (&column.ty, error) {
            // The root cause is what the tool prints, and that is Java's own.
            (
                CqlType::Tinyint | CqlType::Smallint | CqlType::Int | CqlType::Bigint,
                MarshalError::Unmakeable { text, .. },
            ) => (
                "java.lang.NumberFormatException",
                format!("For input string: \"{text}\""),
            ),
            (_, error) => (MARSHAL_EXCEPTION, error.to_string()),
        })
    });
    let parts: Vec<Bytes> = parts.collect::<Result<_, _>>()?;
    Ok(compose_key(&parts))
}
