//! A table as one of its SSTables describes it: enough to read that SSTable when there is no schema.

use uuid::Uuid;

use super::header::{HeaderColumn, SerializationHeader};
use crate::data::{CqlType, MarshalError, TableId};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata, TableParams};

/// Key columns are not named in an SSTable; these are the names that Cassandra's tools give them.
const PARTITION_KEY: &str = "PartitionKey";
const CLUSTERING: &str = "clustering";

impl SerializationHeader {
    pub fn to_table(&self, keyspace: &str, name: &str) -> Result<TableMetadata, MarshalError> {
        let classes = self.key_classes();
        let mut columns = Vec::new();
        for (at, class) in classes.iter().enumerate() {
            let (ty, _) = CqlType::parse_class(class)?;
            columns.push(column(
                numbered(PARTITION_KEY, at),
                ty,
                ColumnKind::PartitionKey,
                at,
                false,
            ));
        }
        for (at, (ty, descending)) in self.clustering.iter().enumerate() {
            let name = numbered(CLUSTERING, at);
            columns.push(column(name, ty.clone(), ColumnKind::Clustering, at, *descending));
        }
        let other = |kind| move |it: &HeaderColumn| column(it.name.to_string(), it.ty.clone(), kind, 0, false);
        columns.extend(self.statics.iter().map(other(ColumnKind::Static)));
        columns.extend(self.regulars.iter().map(other(ColumnKind::Regular)));
        let id = TableId(Uuid::nil());
        Ok(TableMetadata::new(
            id,
            keyspace.into(),
            name.into(),
            columns,
            TableParams::default(),
        ))
    }
}

fn numbered(name: &str, at: usize) -> String {
    if at == 0 {
        name.to_owned()
    } else {
        format!("{name}{at}")
    }
}

fn column(name: String, ty: CqlType, kind: ColumnKind, position: usize, descending: bool) -> ColumnMetadata {
    ColumnMetadata {
        name: name.into(),
        ty,
        kind,
        position: position as u16,
        descending,
    }
}
