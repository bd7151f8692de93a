//! Which partition a statement is about, or a person means.

use std::sync::Arc;

use super::api::PartitionRef;
use crate::base::UnixMicros;
use crate::cql::ast::Statement;
use crate::cql::parse;
use crate::cql::prepare::{Evaluation, Markers, Plan, PrepareContext, SelectStep, prepare};
use crate::data::composite::split_key;
use crate::data::{DecoratedKey, KeyspaceName, PartitionSelection};
use crate::schema::{Schema, TableMetadata};

/// One partition, found in the schema.
#[derive(Clone, Debug)]
pub struct Located {
    pub partition: PartitionRef,
    pub table: Arc<TableMetadata>,
    pub key: DecoratedKey,
}

/// The partition of a statement that touches exactly one.
pub fn of_statement(text: &str, keyspace: Option<&KeyspaceName>, schema: &Schema) -> Option<Located> {
    let statement = parse(text).ok()?.statement;
    if !matches!(statement, Statement::Select(_) | Statement::Modification(_)) {
        return None;
    }
    let markers = Markers::default();
    let context = PrepareContext {
        schema,
        keyspace,
        markers: &markers,
    };
    let plan = prepare(&statement, &context).ok()?.plan;
    // A key that is made while the statement runs is not known here.
    let mut made = false;
    let mut uuids = |_| {
        made = true;
        uuid::Uuid::nil()
    };
    let mut at = Evaluation {
        now: UnixMicros(0),
        uuids: &mut uuids,
        values: &[],
    };
    let (table, key) = match plan {
        Plan::Select(select) => {
            let mut run = select.start(&mut at, None, None).ok()?;
            match run.step().ok()? {
                SelectStep::Read(commands) => match &commands[..] {
                    [command] => match &command.partitions {
                        PartitionSelection::One(key) => (select.table().clone(), key.clone()),
                        PartitionSelection::Range(_) => return None,
                    },
                    _ => return None,
                },
                SelectStep::Done(_) => return None,
            }
        }
        Plan::Modify(modify) => {
            let keys = modify.keys(&mut at).ok()?;
            let [key] = &keys[..] else { return None };
            (modify.table().clone(), key.clone())
        }
        Plan::Cas(cas) => (cas.table().clone(), cas.key(&mut at).ok()?),
        _ => return None,
    };
    if made {
        return None;
    }
    Some(Located {
        partition: reference(&table, &key)?,
        table,
        key,
    })
}

/// The partition a person named, or what is wrong with the name.
pub fn of_reference(named: &PartitionRef, schema: &Schema) -> Result<Located, String> {
    let table = schema
        .table(&named.keyspace, &named.table)
        .ok_or_else(|| format!("There is no table {}.{}.", named.keyspace, named.table))?;
    let values = split_literals(&named.key);
    let columns = &table.partition_key;
    if values.len() != columns.len() {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        return Err(format!(
            "The partition key is ({}): {} values are needed, separated by commas.",
            names.join(", "),
            columns.len()
        ));
    }
    let conditions = columns
        .iter()
        .zip(&values)
        .map(|(column, value)| format!("{} = {value}", quoted(&column.name)));
    let conditions: Vec<String> = conditions.collect();
    let (keyspace, name) = (quoted(&named.keyspace), quoted(&named.table));
    let query = format!("SELECT * FROM {keyspace}.{name} WHERE {}", conditions.join(" AND "));
    let found = of_statement(&query, None, schema);
    found.ok_or_else(|| format!("{} is no key of {}.{}.", named.key, named.keyspace, named.table))
}

fn reference(table: &TableMetadata, key: &DecoratedKey) -> Option<PartitionRef> {
    let values = split_key(&key.key.0, table.partition_key.len())?;
    let literals = table
        .partition_key
        .iter()
        .zip(&values)
        .map(|(column, value)| Some(column.ty.decode(value).ok()?.to_string()));
    Some(PartitionRef {
        keyspace: table.keyspace.to_string(),
        table: table.name.to_string(),
        key: literals.collect::<Option<Vec<String>>>()?.join(", "),
    })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Cuts at commas that stand in no string and no bracket.
fn split_literals(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut in_string) = (Vec::new(), 0, 0i32, false);
    for (at, sign) in text.char_indices() {
        match sign {
            '\'' => in_string = !in_string,
            _ if in_string => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}
