//! A schema survives the way through `system_schema` and back, whichever order its changes arrive in.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::change::{ChangeContext, ChangeRequest, NewColumn, NewTable, PrimaryKey, TableRef};
use super::*;
use crate::data::{
    ColumnName, CqlType, EpochSeconds, Mutation, Partition, PartitionKey, TableId, TableName, WriteTimestamp,
};

/// The rows of `system_schema`, as a node's storage would hold them.
#[derive(Default)]
struct Store(BTreeMap<(TableId, PartitionKey), Partition>);

impl Store {
    fn apply(&mut self, mutation: Mutation) {
        for (table, update) in mutation.into_updates() {
            let key = (table, update.key.key.clone());
            self.0
                .entry(key)
                .or_insert_with(|| Partition::empty(update.key.clone()))
                .merge(update);
        }
    }

    fn load(&self) -> Schema {
        let read = |table: &TableMetadata| {
            self.0
                .iter()
                .filter(|((id, _), _)| *id == table.id)
                .map(|(_, partition)| partition.clone())
                .collect()
        };
        load_schema(read, [], EpochSeconds(1)).expect("what was written is understood")
    }
}

fn shape() -> ClusterShape {
    ClusterShape {
        datacenters: [("datacenter1".to_string(), 3)].into(),
    }
}

fn change(schema: &Schema, request: ChangeRequest, at: i64) -> Result<Mutation, SchemaError> {
    let context = ChangeContext {
        schema,
        cluster: &shape(),
        new_table_id: Uuid::from_u128(at as u128),
        timestamp: WriteTimestamp(at),
    };
    let change = request.apply(&context)?;
    let mutation = change_mutation(
        change.before.as_deref(),
        change.after.as_deref(),
        WriteTimestamp(at),
        EpochSeconds(0),
    );
    Ok(mutation.expect("these changes change something"))
}

fn keyspace(name: &str) -> ChangeRequest {
    let mut properties = Properties::default();
    let replication = [("class", "SimpleStrategy"), ("replication_factor", "3")];
    let replication = replication
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into();
    properties.add("replication", PropertyValue::Map(replication)).unwrap();
    ChangeRequest::CreateKeyspace {
        name: name.into(),
        if_not_exists: false,
        properties,
    }
}

fn table(name: &str, clustering: bool) -> ChangeRequest {
    let column = |name: &str, ty| NewColumn {
        name: name.into(),
        ty,
        is_static: false,
    };
    ChangeRequest::CreateTable(NewTable {
        keyspace: "ks".into(),
        name: TableName::new(name),
        if_not_exists: false,
        columns: vec![
            column("id", CqlType::Int),
            column("at", CqlType::Timestamp),
            column("v", CqlType::list(CqlType::Text)),
        ],
        primary_keys: vec![PrimaryKey {
            partition: vec!["id".into()],
            clustering: if clustering { vec!["at".into()] } else { Vec::new() },
        }],
        clustering_order: if clustering {
            vec![(ColumnName::new("at"), true)]
        } else {
            Vec::new()
        },
        compact: false,
        properties: Properties::default(),
    })
}

#[test]
fn changes_written_as_rows_load_as_the_same_schema() {
    let mut store = Store::default();
    let mut all = Vec::new();
    for (at, request) in [keyspace("ks"), table("t", true), table("u", false)]
        .into_iter()
        .enumerate()
    {
        let mutation = change(&store.load(), request, at as i64 + 1).unwrap();
        all.push(mutation.clone());
        store.apply(mutation);
    }
    let schema = store.load();
    let loaded = schema.table("ks", "t").unwrap();
    assert!(loaded.clustering[0].descending);
    assert_eq!(loaded.column("v").unwrap().ty, CqlType::list(CqlType::Text));
    assert_eq!(loaded.params, TableParams::default());

    let mut backwards = Store::default();
    all.into_iter().rev().for_each(|mutation| backwards.apply(mutation));
    assert_eq!(backwards.load(), schema);
    assert_eq!(backwards.load().version(), schema.version());
}

#[test]
fn what_is_dropped_is_gone_and_can_be_made_again_as_another() {
    let mut store = Store::default();
    let drop = ChangeRequest::DropTable {
        table: TableRef {
            keyspace: "ks".into(),
            table: "t".into(),
            if_exists: false,
        },
    };
    let mut ids = Vec::new();
    for (at, request) in [keyspace("ks"), table("t", true), drop, table("t", false)]
        .into_iter()
        .enumerate()
    {
        let mutation = change(&store.load(), request, at as i64 + 1).unwrap();
        store.apply(mutation);
        ids.push(store.load().table("ks", "t").map(|it| it.id));
    }
    assert_eq!(ids[2], None);
    assert!(ids[1].is_some() && ids[3].is_some() && ids[1] != ids[3]);
    assert!(store.load().table("ks", "t").unwrap().clustering.is_empty());
    let drop = ChangeRequest::DropKeyspace {
        name: "ks".into(),
        if_exists: false,
    };
    let mutation = change(&store.load(), drop, 9).unwrap();
    store.apply(mutation);
    assert!(store.load().keyspace("ks").is_none());
}

#[test]
fn a_table_reads_as_the_cql_that_makes_it() {
    let mut store = Store::default();
    for (at, request) in [keyspace("ks"), table("t", true)].into_iter().enumerate() {
        let mutation = change(&store.load(), request, at as i64 + 1).unwrap();
        store.apply(mutation);
    }
    let text = describe_table(store.load().table("ks", "t").unwrap());
    let start = "CREATE TABLE ks.t (\n    id int,\n    at timestamp,\n    v list<text>,\n    PRIMARY KEY (id, at)\n) WITH \
                 CLUSTERING ORDER BY (at DESC)\n    AND additional_write_policy = '99p'\n";
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("AND speculative_retry = '99p';"));
}
