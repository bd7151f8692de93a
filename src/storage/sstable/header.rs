//! The serialization header: which columns the rows of an SSTable may have, of which types, and what their times are counted from.

use super::input::Input;
use super::output;
use crate::base::{Arrange, vint};
use crate::data::{ColumnName, CqlType, EpochSeconds, Partition, Row, WriteTimestamp};
use crate::schema::{ColumnMetadata, TableMetadata};
use crate::storage::StorageError;

/// `EncodingStats.TIMESTAMP_EPOCH`: 2015-09-22 in microseconds.
const TIMESTAMP_EPOCH: i64 = 1_442_880_000_000_000;
/// `EncodingStats.DELETION_TIME_EPOCH`, in seconds.
const DELETION_TIME_EPOCH: i64 = 1_442_880_000;
/// Where "no deletion" has to fit in 32 bits, the last second that is one. `Cell.MAX_DELETION_TIME_2038_LEGACY_CAP`.
pub const MAX_DELETION_TIME: i64 = i32::MAX as i64 - 1;

/// The smallest times of an SSTable. All its times are written as differences to them; how close they are only matters for size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodingStats {
    pub min_timestamp: i64,
    pub min_local_deletion_time: i64,
    pub min_ttl: i32,
}

impl Default for EncodingStats {
    fn default() -> EncodingStats {
        EncodingStats {
            min_timestamp: TIMESTAMP_EPOCH,
            min_local_deletion_time: DELETION_TIME_EPOCH,
            min_ttl: 0,
        }
    }
}

impl EncodingStats {
    pub fn merge(self, other: EncodingStats) -> EncodingStats {
        let smaller = |mine: i64, theirs: i64, epoch: i64| match (mine == epoch, theirs == epoch) {
            (true, _) => theirs,
            (_, true) => mine,
            _ => mine.min(theirs),
        };
        EncodingStats {
            min_timestamp: smaller(self.min_timestamp, other.min_timestamp, TIMESTAMP_EPOCH),
            min_local_deletion_time: smaller(
                self.min_local_deletion_time,
                other.min_local_deletion_time,
                DELETION_TIME_EPOCH,
            ),
            min_ttl: smaller(self.min_ttl.into(), other.min_ttl.into(), 0) as i32,
        }
    }

    fn see_timestamp(&mut self, timestamp: WriteTimestamp) {
        if timestamp != WriteTimestamp::NONE {
            let seen = EncodingStats {
                min_timestamp: timestamp.0,
                ..EncodingStats::default()
            };
            *self = self.merge(seen);
        }
    }

    fn see_deletion_time(&mut self, at: EpochSeconds) {
        if at != EpochSeconds::NEVER {
            let seen = EncodingStats {
                min_local_deletion_time: at.0.min(MAX_DELETION_TIME),
                ..EncodingStats::default()
            };
            *self = self.merge(seen);
        }
    }

    fn see_row(&mut self, row: &Row) {
        let see_expiry = |stats: &mut EncodingStats, expiry: Option<crate::data::Expiry>| {
            if let Some(expiry) = expiry {
                stats.see_deletion_time(expiry.at);
                let seen = EncodingStats {
                    min_ttl: expiry.ttl.0 as i32,
                    ..EncodingStats::default()
                };
                *stats = stats.merge(seen);
            }
        };
        if let Some(liveness) = row.liveness {
            self.see_timestamp(liveness.timestamp);
            see_expiry(self, liveness.expiry);
        }
        self.see_deletion(row.deletion);
        for (_, data) in row.columns() {
            self.see_deletion(data.complex_deletion());
        }
        for cell in row.cells() {
            self.see_timestamp(cell.timestamp);
            self.see_deletion_time(cell.local_deletion_time());
            see_expiry(self, cell.expiry());
        }
    }

    fn see_deletion(&mut self, deletion: crate::data::DeletionTime) {
        self.see_timestamp(deletion.marked_for_delete_at);
        self.see_deletion_time(deletion.local_deletion_time);
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        vint::write_unsigned(self.min_timestamp.wrapping_sub(TIMESTAMP_EPOCH) as u64, out);
        output::vint_i32((self.min_local_deletion_time - DELETION_TIME_EPOCH) as i32, out);
        output::vint_i32(self.min_ttl, out);
    }

    pub fn decode(input: &mut dyn Input) -> Result<EncodingStats, StorageError> {
        Ok(EncodingStats {
            min_timestamp: (input.vint()? as i64).wrapping_add(TIMESTAMP_EPOCH),
            min_local_deletion_time: i64::from(input.vint_i32()?) + DELETION_TIME_EPOCH,
            min_ttl: input.vint_i32()?,
        })
    }
}

/// A static or regular column as the rows of one SSTable have it.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaderColumn {
    pub name: ColumnName,
    pub ty: CqlType,
    /// Its value is several cells.
    pub is_complex: bool,
    /// How many bytes each of its values has; otherwise a value follows its length.
    pub value_length: Option<usize>,
}

impl HeaderColumn {
    pub fn new(name: ColumnName, ty: CqlType) -> HeaderColumn {
        let is_complex = ty.is_multi_cell();
        HeaderColumn {
            value_length: if is_complex { None } else { ty.fixed_length() },
            name,
            is_complex,
            ty,
        }
    }

    /// The type of what tells its cells apart.
    pub fn path_type(&self) -> CqlType {
        match &self.ty {
            CqlType::List { .. } => CqlType::Timeuuid,
            CqlType::Set { element, .. } => (**element).clone(),
            CqlType::Map { key, .. } => (**key).clone(),
            _ => CqlType::Smallint,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct SerializationHeader {
    pub stats: EncodingStats,
    /// The class of the partition key; `CompositeType(...)` for several columns.
    pub key_type: String,
    /// Types of the clustering columns, and whether each is in descending order.
    pub clustering: Vec<(CqlType, bool)>,
    /// In the order of their cells: simple ones by name, then complex ones by name.
    pub statics: Vec<HeaderColumn>,
    pub regulars: Vec<HeaderColumn>,
}

const COMPOSITE: &str = "org.apache.cassandra.db.marshal.CompositeType(";

impl SerializationHeader {
    /// For all columns of a table.
    pub fn of_table(table: &TableMetadata, stats: EncodingStats) -> SerializationHeader {
        let keys: Vec<String> = table.partition_key.iter().map(|it| it.ty.class_name(false)).collect();
        SerializationHeader {
            stats,
            key_type: match keys.as_slice() {
                [only] => only.clone(),
                several => format!("{COMPOSITE}{})", several.join(",")),
            },
            clustering: table
                .clustering
                .iter()
                .map(|it| (it.ty.clone(), it.descending))
                .collect(),
            statics: ordered(table.statics.values()),
            regulars: ordered(table.regulars.values()),
        }
    }

    /// As close to partitions that are all at hand as it gets: for a flush.
    pub fn of_partitions<'a>(
        table: &TableMetadata,
        partitions: impl IntoIterator<Item = &'a Partition>,
    ) -> SerializationHeader {
        let mut stats = EncodingStats::default();
        let mut header = SerializationHeader::of_table(table, stats);
        let mut used_statics = vec![false; header.statics.len()];
        let mut used_regulars = vec![false; header.regulars.len()];
        let mark = |row: &Row, columns: &[HeaderColumn], used: &mut [bool]| {
            for (column, used) in columns.iter().zip(used) {
                *used = *used || row.column(&column.name).is_some();
            }
        };
        for partition in partitions {
            stats.see_deletion(partition.deletion());
            stats.see_row(partition.static_row());
            mark(partition.static_row(), &header.statics, &mut used_statics);
            for (_, row) in partition.rows() {
                stats.see_row(row);
                mark(row, &header.regulars, &mut used_regulars);
            }
            for tombstone in partition.range_tombstones().iter() {
                stats.see_deletion(tombstone.deletion);
            }
        }
        header.stats = stats;
        keep_used(&mut header.statics, &used_statics);
        keep_used(&mut header.regulars, &used_regulars);
        header
    }

    /// For the merge of SSTables: their columns that the table still has.
    pub fn of_merge<'a>(
        table: &TableMetadata,
        merged: impl IntoIterator<Item = &'a SerializationHeader>,
    ) -> SerializationHeader {
        let mut header = SerializationHeader::of_table(table, EncodingStats::default());
        let mut used_statics = vec![false; header.statics.len()];
        let mut used_regulars = vec![false; header.regulars.len()];
        let mark = |columns: &[HeaderColumn], theirs: &[HeaderColumn], used: &mut [bool]| {
            for (column, used) in columns.iter().zip(used) {
                *used = *used || theirs.iter().any(|it| it.name == column.name);
            }
        };
        for other in merged {
            header.stats = header.stats.merge(other.stats);
            mark(&header.statics, &other.statics, &mut used_statics);
            mark(&header.regulars, &other.regulars, &mut used_regulars);
        }
        keep_used(&mut header.statics, &used_statics);
        keep_used(&mut header.regulars, &used_regulars);
        header
    }

    pub fn has_static(&self) -> bool {
        !self.statics.is_empty()
    }

    /// The classes of the partition key's columns.
    pub fn key_classes(&self) -> Vec<&str> {
        let inner = self
            .key_type
            .strip_prefix(COMPOSITE)
            .and_then(|it| it.strip_suffix(')'));
        let Some(inner) = inner else {
            return vec![&self.key_type];
        };
        let (mut classes, mut depth, mut start) = (Vec::new(), 0, 0);
        for (at, byte) in inner.bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b',' if depth == 0 => {
                    classes.push(&inner[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        classes.push(&inner[start..]);
        classes
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.stats.encode(&mut out);
        output::with_vint_length(self.key_type.as_bytes(), &mut out);
        vint::write_unsigned(self.clustering.len() as u64, &mut out);
        for (ty, reversed) in &self.clustering {
            output::with_vint_length(ty.class_name(*reversed).as_bytes(), &mut out);
        }
        for columns in [&self.statics, &self.regulars] {
            vint::write_unsigned(columns.len() as u64, &mut out);
            for column in columns {
                output::with_vint_length(column.name.as_bytes(), &mut out);
                output::with_vint_length(column.ty.class_name(false).as_bytes(), &mut out);
            }
        }
        out
    }

    pub fn decode(input: &mut dyn Input) -> Result<SerializationHeader, StorageError> {
        let stats = EncodingStats::decode(input)?;
        let key_type = input.text_with_vint_length()?;
        let clustering_count = input.vint_len()?;
        let mut clustering = Vec::new();
        for _ in 0..clustering_count {
            clustering.push(class(input)?);
        }
        Ok(SerializationHeader {
            stats,
            key_type,
            clustering,
            statics: columns(input)?,
            regulars: columns(input)?,
        })
    }
}

fn ordered<'a>(columns: impl Iterator<Item = &'a ColumnMetadata>) -> Vec<HeaderColumn> {
    let mut columns: Vec<HeaderColumn> = columns
        .map(|column| HeaderColumn::new(column.name.clone(), column.ty.clone()))
        .collect();
    columns.arrange_by(|one, other| (one.is_complex, &one.name).cmp(&(other.is_complex, &other.name)));
    columns
}

fn keep_used(columns: &mut Vec<HeaderColumn>, used: &[bool]) {
    let mut used = used.iter();
    columns.retain(|_| used.next() == Some(&true));
}

fn class(input: &mut dyn Input) -> Result<(CqlType, bool), StorageError> {
    let text = input.text_with_vint_length()?;
    CqlType::parse_class(&text).map_err(|error| input.corrupt(&error.to_string()))
}

fn columns(input: &mut dyn Input) -> Result<Vec<HeaderColumn>, StorageError> {
    let count = input.vint_len()?;
    let mut columns = Vec::new();
    for _ in 0..count {
        let name = input.text_with_vint_length()?;
        let (ty, _) = class(input)?;
        columns.push(HeaderColumn::new(name.into(), ty));
    }
    Ok(columns)
}
