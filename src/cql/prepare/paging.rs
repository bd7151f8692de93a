//! Where a page ended, as clients carry it: opaque to them, and never to be trusted, since they may hand it to any statement.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::base::codec;
use crate::cql::QueryError;
use crate::data::composite::split_key;
use crate::data::{Clustering, ClusteringValues, DecoratedKey, PartitionKey};
use crate::schema::TableMetadata;

/// After which row of which partition, and how many rows the LIMITs leave.
#[derive(Debug)]
pub struct PagingState {
    pub key: DecoratedKey,
    /// `None` for a static row.
    pub clustering: Option<Clustering>,
    pub remaining: u32,
    pub remaining_in_partition: u32,
}

/// Nothing in it follows from anything else: tokens and orders are made anew.
#[derive(Serialize, Deserialize)]
struct Carried {
    key: PartitionKey,
    clustering: Option<ClusteringValues>,
    remaining: u32,
    remaining_in_partition: u32,
}

impl PagingState {
    pub fn encode(self) -> Bytes {
        let carried = Carried {
            key: self.key.key,
            clustering: self.clustering.map(|row| row.values().iter().cloned().collect()),
            remaining: self.remaining,
            remaining_in_partition: self.remaining_in_partition,
        };
        Bytes::from(codec::encode(&carried))
    }

    /// Of a page of `table`: a place that there cannot be in it is refused, as Cassandra does.
    pub fn decode(bytes: &Bytes, table: &TableMetadata) -> Result<PagingState, QueryError> {
        let invalid = || QueryError::Protocol("Invalid value for the paging state".to_string());
        let carried: Carried = codec::decode(bytes).map_err(|_| invalid())?;
        let columns = split_key(&carried.key.0, table.partition_key.len()).ok_or_else(invalid)?;
        let of_key = table.partition_key.iter().zip(&columns);
        let row = carried.clustering.as_deref();
        let values = row.unwrap_or_default();
        let of_row = table
            .clustering
            .iter()
            .zip(values)
            .filter_map(|(column, value)| Some((column, value.as_ref()?)));
        let fits = row.is_none_or(|values| values.len() == table.clustering.len())
            && of_key
                .chain(of_row)
                .all(|(column, value)| column.ty.validate(value).is_ok());
        if !fits {
            return Err(invalid());
        }
        Ok(PagingState {
            key: DecoratedKey::new(carried.key),
            clustering: carried.clustering.map(|values| table.comparator.clustering(values)),
            remaining: carried.remaining,
            remaining_in_partition: carried.remaining_in_partition,
        })
    }
}
