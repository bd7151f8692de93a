//! The hidden table in which each node keeps an index of its own data.
//!
//! A term is what is indexed: a value, an element, a key. The default kind has a partition a term, as Cassandra's `idx_v` tables
//! have; a storage-attached index has one partition whose rows are sorted by term, so that ranges of them can be read. An entry's
//! clustering says where the term is found: token and key of the base table's partition, the row's clustering, and of a
//! collection the path of the element. Partition key and static columns are found by partition.

use bytes::Bytes;
use md5::{Digest, Md5};

use super::{ColumnKind, ColumnMetadata, IndexMetadata, IndexedPart, TableMetadata, TableParams};
use crate::data::types::layout::join_tuple;
use crate::data::{Clustering, ColumnName, CqlType, DecoratedKey, PartitionKey, TableId, TableName, Token};

/// The only partition of a storage-attached index's table.
const ONLY_KEY: &[u8] = b"terms";

/// An index with the table it is kept in.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexTable {
    pub index: IndexMetadata,
    pub column: ColumnMetadata,
    pub table: TableMetadata,
    /// Entries say which row, beside which partition.
    pub finds_rows: bool,
}

/// Where a term is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub key: DecoratedKey,
    /// Values of the clustering columns; none when the whole partition is meant.
    pub row: Option<Vec<Option<Bytes>>>,
    /// The path of an element.
    pub path: Option<Bytes>,
}

impl IndexTable {
    pub fn new(base: &TableMetadata, index: &IndexMetadata) -> Option<IndexTable> {
        let column = base.column(&index.column)?.clone();
        let term = index.term_type(&column);
        let finds_rows = matches!(column.kind, ColumnKind::Clustering | ColumnKind::Regular);
        let sorted = index.is_storage_attached().then_some((term, false));
        let place = [(CqlType::Bigint, false), (CqlType::Blob, false)];
        let rows = base.clustering.iter().filter(|_| finds_rows);
        let rows = rows.map(|column| (column.ty.clone(), column.descending));
        let path = column.ty.is_multi_cell().then_some((CqlType::Blob, false));
        let types = sorted.into_iter().chain(place).chain(rows).chain(path);
        let clustering = types.zip(0u16..).map(|((ty, descending), position)| ColumnMetadata {
            name: ColumnName::from(format!("c{position}")),
            ty,
            kind: ColumnKind::Clustering,
            position,
            descending,
        });
        let key = ColumnMetadata {
            name: ColumnName::new("term"),
            ty: CqlType::Blob,
            kind: ColumnKind::PartitionKey,
            position: 0,
            descending: false,
        };
        let params = TableParams {
            // Each node cleans up after itself: nobody else has to hear of a deletion.
            gc_grace_seconds: 0,
            ..TableParams::default()
        };
        let name = TableName::from(format!("{}.{}", base.name, index.name));
        let table = TableMetadata::new(
            id(base, index),
            base.keyspace.clone(),
            name,
            clustering.chain([key]),
            params,
        );
        Some(IndexTable {
            index: index.clone(),
            column,
            table,
            finds_rows,
        })
    }

    pub fn is_sorted(&self) -> bool {
        self.index.is_storage_attached()
    }

    /// The partition that holds a term.
    pub fn key(&self, term: &[u8]) -> DecoratedKey {
        if self.is_sorted() {
            return DecoratedKey::new(PartitionKey(Bytes::from_static(ONLY_KEY)));
        }
        // By its bytes, as in Cassandra: 1.0 does not find 1.00. A byte before them, since no partition's key is empty.
        DecoratedKey::new(PartitionKey([&[0][..], term].concat().into()))
    }

    /// The first values of the clusterings of a term's entries.
    pub fn prefix(&self, term: &[u8]) -> Vec<Option<Bytes>> {
        match self.is_sorted() {
            true => vec![Some(Bytes::copy_from_slice(term))],
            false => Vec::new(),
        }
    }

    pub fn entry(&self, term: &[u8], place: &Place) -> Clustering {
        let mut values = self.prefix(term);
        values.push(Some(token_value(place.key.token)));
        values.push(Some(place.key.key.0.clone()));
        values.extend(place.row.iter().flatten().cloned());
        values.extend(place.path.iter().cloned().map(Some));
        self.table.comparator.clustering(values)
    }

    /// Where an entry leads; nothing if it is none.
    pub fn place(&self, entry: &Clustering) -> Option<Place> {
        let values = &entry.values()[usize::from(self.is_sorted())..];
        let [Some(token), Some(key), rest @ ..] = values else {
            return None;
        };
        let token = Token(i64::from_be_bytes(<[u8; 8]>::try_from(&**token).ok()?));
        let (path, row) = match self.column.ty.is_multi_cell() {
            true => rest.split_last().map(|(path, row)| (path.clone(), row))?,
            false => (None, rest),
        };
        Some(Place {
            key: DecoratedKey {
                token,
                key: PartitionKey(key.clone()),
            },
            row: self.finds_rows.then(|| row.to_vec()),
            path,
        })
    }

    /// The term for an element of a collection.
    pub fn element_term(&self, path: &Bytes, value: &Bytes) -> Bytes {
        match (self.index.part, &self.column.ty) {
            (IndexedPart::Keys, _) | (IndexedPart::Values, CqlType::Set { .. }) => self.analyzed(path),
            (IndexedPart::Entries, _) => entry_term(path, value),
            _ => self.analyzed(value),
        }
    }

    pub fn analyzed(&self, value: &Bytes) -> Bytes {
        let analyzer = self.index.analyzer();
        match analyzer.is_plain() {
            true => value.clone(),
            false => Bytes::from(analyzer.apply(value).into_owned()),
        }
    }

    /// An index of vectors keeps nothing: the nearest are searched among the rows themselves.
    pub fn keeps_entries(&self) -> bool {
        self.index.similarity(&self.column).is_none()
    }
}

/// A key of a map and its value, as one term.
pub fn entry_term(key: &[u8], value: &[u8]) -> Bytes {
    join_tuple([Some(key), Some(value)])
}

pub fn token_value(token: Token) -> Bytes {
    Bytes::copy_from_slice(&token.0.to_be_bytes())
}

/// An index made anew with another definition has another table.
fn id(base: &TableMetadata, index: &IndexMetadata) -> TableId {
    let mut hash = Md5::new().chain_update(base.id.0).chain_update(&index.name);
    for (name, value) in index.options() {
        hash.update(name);
        hash.update([0]);
        hash.update(value);
        hash.update([0]);
    }
    TableId(uuid::Builder::from_md5_bytes(hash.finalize().into()).into_uuid())
}
