//! What the rows of one SSTable look like: its header, beside what the table says today.

use super::Version;
use super::header::{HeaderColumn, SerializationHeader};
use super::input::Input;
use super::output;
use crate::base::vint;
use crate::data::{ClusteringComparator, DeletionTime, EpochSeconds, WriteTimestamp};
use crate::schema::TableMetadata;
use crate::storage::StorageError;
use crate::storage::sstable::header::MAX_DELETION_TIME;

#[derive(Clone, Debug)]
pub struct Shape {
    pub version: Version,
    pub header: SerializationHeader,
    pub comparator: ClusteringComparator,
    /// Whether the table still has each of the columns, in the header's order.
    kept_statics: Vec<bool>,
    kept_regulars: Vec<bool>,
}

impl Shape {
    /// The table's clustering columns must be those of the header, in number.
    pub fn new(version: Version, header: SerializationHeader, table: &TableMetadata) -> Shape {
        let kept = |columns: &[HeaderColumn], statics: bool| {
            let now = if statics { &table.statics } else { &table.regulars };
            let is_kept = |column: &HeaderColumn| {
                now.get(&column.name)
                    .is_some_and(|it| it.ty.is_multi_cell() == column.is_complex)
            };
            columns.iter().map(is_kept).collect()
        };
        Shape {
            version,
            kept_statics: kept(&header.statics, true),
            kept_regulars: kept(&header.regulars, false),
            comparator: table.comparator.clone(),
            header,
        }
    }

    /// The columns of static or of regular rows, and whether the table still has each.
    pub fn columns(&self, of_static: bool) -> (&[HeaderColumn], &[bool]) {
        if of_static {
            (&self.header.statics, &self.kept_statics)
        } else {
            (&self.header.regulars, &self.kept_regulars)
        }
    }

    pub fn write_timestamp(&self, timestamp: WriteTimestamp, out: &mut Vec<u8>) {
        vint::write_unsigned(timestamp.0.wrapping_sub(self.header.stats.min_timestamp) as u64, out);
    }

    pub fn read_timestamp(&self, input: &mut dyn Input) -> Result<WriteTimestamp, StorageError> {
        let difference = input.vint()? as i64;
        Ok(WriteTimestamp(difference.wrapping_add(self.header.stats.min_timestamp)))
    }

    pub fn write_local_deletion_time(&self, at: EpochSeconds, out: &mut Vec<u8>) {
        let at = if at == EpochSeconds::NEVER {
            at.0
        } else {
            at.0.clamp(0, MAX_DELETION_TIME)
        };
        output::vint_i32(at.wrapping_sub(self.header.stats.min_local_deletion_time) as i32, out);
    }

    pub fn read_local_deletion_time(&self, input: &mut dyn Input) -> Result<EpochSeconds, StorageError> {
        let at = i64::from(input.vint_i32()?) + self.header.stats.min_local_deletion_time;
        match at {
            0.. => Ok(EpochSeconds(at)),
            // Unsigned, of 32 bits.
            _ if self.version.has_uint_deletion_time() => Ok(EpochSeconds(at & 0xffff_ffff)),
            _ => Err(input.corrupt("a deletion before 1970")),
        }
    }

    pub fn write_ttl(&self, ttl: u32, out: &mut Vec<u8>) {
        output::vint_i32((ttl as i32).wrapping_sub(self.header.stats.min_ttl), out);
    }

    pub fn read_ttl(&self, input: &mut dyn Input) -> Result<u32, StorageError> {
        let ttl = input.vint_i32()?.wrapping_add(self.header.stats.min_ttl);
        u32::try_from(ttl).map_err(|_| input.corrupt("a negative time to live"))
    }

    /// A deletion within a row or of rows.
    pub fn write_deletion(&self, deletion: DeletionTime, out: &mut Vec<u8>) {
        self.write_timestamp(deletion.marked_for_delete_at, out);
        self.write_local_deletion_time(deletion.local_deletion_time, out);
    }

    pub fn read_deletion(&self, input: &mut dyn Input) -> Result<DeletionTime, StorageError> {
        let timestamp = self.read_timestamp(input)?;
        if timestamp == WriteTimestamp::NONE {
            // The time of "no deletion" does not fit in what follows.
            input.vint_i32()?;
            return Ok(DeletionTime::LIVE);
        }
        Ok(DeletionTime::new(timestamp, self.read_local_deletion_time(input)?))
    }

    /// The deletion of a partition, and the one that is open at the end of an index block.
    pub fn write_whole_deletion(&self, deletion: DeletionTime, out: &mut Vec<u8>) {
        let at = match deletion.local_deletion_time {
            EpochSeconds::NEVER => i32::MAX,
            EpochSeconds(at) => at.clamp(0, MAX_DELETION_TIME) as i32,
        };
        output::i32(at, out);
        output::i64(deletion.marked_for_delete_at.0, out);
    }

    pub fn read_whole_deletion(&self, input: &mut dyn Input) -> Result<DeletionTime, StorageError> {
        if !self.version.has_uint_deletion_time() {
            let at = input.i32()?;
            let timestamp = input.i64()?;
            return match (at, timestamp) {
                (i32::MAX, i64::MIN) => Ok(DeletionTime::LIVE),
                (i32::MAX | i32::MIN..=-1, _) => Err(input.corrupt("a deletion that was never made")),
                _ => Ok(DeletionTime::new(WriteTimestamp(timestamp), EpochSeconds(at.into()))),
            };
        }
        const LIVE: u8 = 0x80;
        match input.u8()? {
            LIVE => Ok(DeletionTime::LIVE),
            first if first & LIVE != 0 => Err(input.corrupt("neither a deletion nor none")),
            first => {
                let rest = (0..7).try_fold(0u64, |value, _| Ok(value << 8 | u64::from(input.u8()?)))?;
                let timestamp = u64::from(first) << 56 | rest;
                let at = input.u32()?;
                Ok(DeletionTime::new(
                    WriteTimestamp(timestamp as i64),
                    EpochSeconds(at.into()),
                ))
            }
        }
    }
}
