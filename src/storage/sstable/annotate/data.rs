//! Data.db: the chunks as they lie on the disk, and the partitions inside of them.

use super::super::SstableReader;
use super::super::clustering::Kind;
use super::super::compression_info::CHECKSUM_BYTES;
use super::super::data_file::DataFile;
use super::super::header::HeaderColumn;
use super::super::shape::Shape;
use super::super::unfiltered::{LISTED_FROM, Raw, cell_flag, flag, read_subset};
use super::walk::{Walk, fitting, nothing};
use crate::base::crc32;
use crate::data::composite::split_key;
use crate::data::{CqlType, DeletionTime};
use crate::schema::TableMetadata;
use crate::storage::{Disk, StorageError};

type Done = Result<(), StorageError>;

/// A chunk and its checksum, over and over.
pub fn chunks(walk: &mut Walk<'_>, disk: &dyn Disk, file: &DataFile) -> Done {
    let Some(info) = file.compression() else {
        return Ok(());
    };
    for (number, start) in info.offsets.iter().enumerate() {
        if walk.is_done() {
            return Ok(());
        }
        let end = info.offsets.get(number + 1).copied().unwrap_or(file.file_length());
        let packed = (end - start - CHECKSUM_BYTES) as usize;
        let bytes = walk.input().take(packed)?;
        let plain = file.chunk(disk, number as u64)?.len();
        let how = match packed < info.params.max_compressed_length as usize {
            true => format!("{} bytes by {}", plain, info.params.compressor.name()),
            false => "not compressed".to_owned(),
        };
        walk.name(&format!("chunk {number}"), &how)?;
        let checksum = walk.input().u32()?;
        let fits = if checksum == crc32::hash(&bytes) {
            "fits"
        } else {
            "does not fit"
        };
        walk.name(&format!("CRC of chunk {number}"), fits)?;
    }
    Ok(())
}

/// All partitions. Each row is read by the decoder of reads too, which has to come to the same end.
pub fn rows(walk: &mut Walk<'_>, disk: &dyn Disk, reader: &SstableReader, table: &TableMetadata) -> Done {
    let named = Named {
        shape: reader.shape(),
        table,
        file: reader.data().name(),
    };
    while walk.place() < reader.data().length() && !walk.is_done() {
        partition(walk, disk, reader, &named)?;
    }
    Ok(())
}

/// Where names of columns come from.
pub struct Named<'a> {
    pub shape: &'a Shape,
    pub table: &'a TableMetadata,
    pub file: &'a str,
}

fn partition(walk: &mut Walk<'_>, disk: &dyn Disk, reader: &SstableReader, named: &Named<'_>) -> Done {
    walk.depth = 0;
    let length = walk.u16("partition key length")?;
    walk.bytes("partition key", length.into(), &|key| key_text(named.table, key))?;
    named.whole_deletion(walk, "partition deletion")?;
    let here = |walk: &Walk<'_>| reader.data().cursor(disk, walk.place());
    if named.shape.header.has_static() {
        let mut real = here(walk);
        named.shape.read_static_row(named.file, &mut real)?;
        walk.depth = 1;
        named.row(walk, true)?;
        named.same_end(walk, real.position())?;
    }
    loop {
        let mut real = here(walk);
        let raw = named.shape.read_raw(&mut real)?;
        walk.depth = 0;
        match raw {
            Raw::End => {
                walk.u8("end of partition")?;
                return named.same_end(walk, real.position());
            }
            Raw::Marker(_) => {
                walk.depth = 1;
                named.marker(walk)?;
            }
            Raw::Row(raw) => {
                named.shape.read_row(named.file, &raw)?;
                walk.depth = 1;
                named.row(walk, false)?;
            }
        }
        named.same_end(walk, real.position())?;
        if walk.is_done() {
            return Ok(());
        }
    }
}

impl Named<'_> {
    fn same_end(&self, walk: &mut Walk<'_>, end: u64) -> Done {
        match walk.place() == end {
            true => Ok(()),
            false => Err(walk.input().corrupt(&format!("what was read ends at {end}"))),
        }
    }

    /// A deletion as partitions have it.
    pub fn whole_deletion(&self, walk: &mut Walk<'_>, of: &str) -> Done {
        let deletion = if self.shape.version.has_uint_deletion_time() {
            let deletion = self.shape.read_whole_deletion(walk.input())?;
            return walk.name(of, &deletion_text(deletion));
        } else {
            let start = walk.input().i32()?;
            let at = if start == i32::MAX {
                "never".to_owned()
            } else {
                format!("{start} s")
            };
            walk.name(&format!("{of}: local deletion time"), &at)?;
            walk.input().i64()?
        };
        let at = if deletion == i64::MIN {
            "none".to_owned()
        } else {
            format!("{deletion} µs")
        };
        walk.name(&format!("{of}: marked for delete at"), &at)
    }

    /// A deletion as rows have it.
    fn deletion(&self, walk: &mut Walk<'_>, of: &str) -> Done {
        self.timestamp(walk, &format!("{of}: timestamp delta"))?;
        let at = walk.input().vint_i32()?;
        let at = i64::from(at) + self.shape.header.stats.min_local_deletion_time;
        walk.name(&format!("{of}: local deletion time delta"), &format!("{at} s"))
    }

    fn timestamp(&self, walk: &mut Walk<'_>, name: &str) -> Done {
        let timestamp = self.shape.read_timestamp(walk.input())?;
        walk.name(name, &format!("{} µs", timestamp.0))
    }

    fn ttl(&self, walk: &mut Walk<'_>, name: &str) -> Done {
        let ttl = self.shape.read_ttl(walk.input())?;
        walk.name(name, &format!("{ttl} s"))
    }

    fn local_deletion_time(&self, walk: &mut Walk<'_>, name: &str) -> Done {
        let at = self.shape.read_local_deletion_time(walk.input())?;
        walk.name(name, &format!("{} s", at.0))
    }

    /// Values of the first `count` clustering columns.
    pub fn clustering(&self, walk: &mut Walk<'_>, count: usize) -> Done {
        /// Values a header is for.
        const GROUP: usize = 32;
        let types = &self.shape.header.clustering[..count];
        for (group, types) in types.chunks(GROUP).enumerate() {
            let header = walk.vint("clustering header")?;
            for (at, (ty, _)) in types.iter().enumerate() {
                // 1 is an empty value and 2 none at all.
                if header >> (2 * at) & 3 != 0 {
                    continue;
                }
                let column = self.table.clustering.get(group * GROUP + at);
                let name = column.map_or("clustering", |column| &column.name);
                let length = match ty.fixed_length() {
                    Some(length) => length,
                    None => fitting(walk.vint(&format!("{name}: length"))?),
                };
                walk.bytes(name, length, &|value| ty.shown(value))?;
            }
        }
        Ok(())
    }

    /// A bound after its kind.
    pub fn bound(&self, walk: &mut Walk<'_>) -> Done {
        let count = usize::from(walk.u16("bound: clustering values")?);
        if count > self.shape.header.clustering.len() {
            return Err(walk.input().corrupt("a bound of more values than rows have"));
        }
        self.clustering(walk, count)
    }

    pub fn kind(&self, walk: &mut Walk<'_>, name: &str) -> Result<Kind, StorageError> {
        let kind = Kind::read(walk.input())?;
        walk.name(name, kind_text(kind))?;
        Ok(kind)
    }

    fn marker(&self, walk: &mut Walk<'_>) -> Done {
        walk.input().u8()?;
        walk.name("marker flags", "IS_MARKER")?;
        walk.depth += 1;
        let kind = self.kind(walk, "marker kind")?;
        self.bound(walk)?;
        walk.vint("marker body size")?;
        walk.vint("previous unfiltered size")?;
        if kind.closes() {
            self.deletion(walk, "deletion that ends")?;
        }
        if kind.opens() {
            self.deletion(walk, "deletion that begins")?;
        }
        Ok(())
    }

    fn row(&self, walk: &mut Walk<'_>, is_static: bool) -> Done {
        let flags = walk.input().u8()?;
        walk.name("row flags", &flag_names(flags, &ROW_FLAGS))?;
        walk.depth += 1;
        let has = |flag: u8| flags & flag != 0;
        if has(flag::EXTENSION) {
            let more = walk.input().u8()?;
            let text = if more & flag::EXTENDED_IS_STATIC != 0 {
                "IS_STATIC"
            } else {
                ""
            };
            walk.name("extended row flags", text)?;
        }
        if !is_static {
            self.clustering(walk, self.shape.header.clustering.len())?;
        }
        walk.vint("row body size")?;
        walk.vint("previous unfiltered size")?;
        if has(flag::HAS_TIMESTAMP) {
            self.timestamp(walk, "row timestamp delta")?;
            if has(flag::HAS_TTL) {
                self.ttl(walk, "row ttl delta")?;
                self.local_deletion_time(walk, "row local deletion time delta")?;
            }
        }
        if has(flag::HAS_DELETION) {
            self.deletion(walk, "row deletion")?;
        }
        let (columns, _) = self.shape.columns(is_static);
        let mut present = vec![true; columns.len()];
        if !has(flag::HAS_ALL_COLUMNS) {
            present = self.subset(walk, columns.len())?;
        }
        for (column, _) in columns.iter().zip(&present).filter(|(_, present)| **present) {
            if !column.is_complex {
                self.cell(walk, column)?;
                continue;
            }
            if has(flag::HAS_COMPLEX_DELETION) {
                self.deletion(walk, &format!("{} deletion", column.name))?;
            }
            let cells = walk.vint(&format!("{}: cells", column.name))?;
            for _ in 0..cells {
                self.cell(walk, column)?;
            }
        }
        Ok(())
    }

    /// Which columns a row has that has not all of them; read by the decoder of reads.
    fn subset(&self, walk: &mut Walk<'_>, columns: usize) -> Result<Vec<bool>, StorageError> {
        let present = read_subset(columns, walk.input())?;
        let missing = present.iter().filter(|it| !**it).count();
        let how = if columns < LISTED_FROM { "bits" } else { "numbers" };
        walk.name("missing columns", &format!("{missing} of {columns}, as {how}"))?;
        Ok(present)
    }

    fn cell(&self, walk: &mut Walk<'_>, column: &HeaderColumn) -> Done {
        let name = &column.name;
        let flags = walk.input().u8()?;
        let has = |flag: u8| flags & flag != 0;
        walk.name(&format!("{name}: cell flags"), &flag_names(flags, &CELL_FLAGS))?;
        walk.depth += 1;
        if !has(cell_flag::USE_ROW_TIMESTAMP) {
            self.timestamp(walk, &format!("{name}: timestamp delta"))?;
        }
        if !has(cell_flag::USE_ROW_TTL) && (has(cell_flag::IS_DELETED) || has(cell_flag::IS_EXPIRING)) {
            self.local_deletion_time(walk, &format!("{name}: local deletion time delta"))?;
            if has(cell_flag::IS_EXPIRING) {
                self.ttl(walk, &format!("{name}: ttl delta"))?;
            }
        }
        if column.is_complex {
            let length = walk.vint(&format!("{name}: path length"))?;
            let ty = column.path_type();
            walk.bytes(&format!("{name}: path"), fitting(length), &|path| ty.shown(path))?;
        }
        if !has(cell_flag::HAS_EMPTY_VALUE) {
            let length = match column.value_length {
                Some(length) => length,
                None => fitting(walk.vint(&format!("{name}: value length"))?),
            };
            let ty = value_type(&column.ty);
            let show = |value: &[u8]| ty.as_ref().map_or_else(|| nothing(value), |ty| ty.shown(value));
            walk.bytes(&format!("{name}: value"), length, &show)?;
        }
        walk.depth -= 1;
        Ok(())
    }
}

/// Of a cell's value; a counter's is a context of shards, and no number.
fn value_type(ty: &CqlType) -> Option<CqlType> {
    match ty {
        CqlType::Counter => None,
        CqlType::Map {
            value, frozen: false, ..
        } => Some((**value).clone()),
        CqlType::List { element, frozen: false } => Some((**element).clone()),
        CqlType::UserType(_) if ty.is_multi_cell() => Some(CqlType::Blob),
        other => Some(other.clone()),
    }
}

pub fn key_text(table: &TableMetadata, key: &[u8]) -> String {
    let values = split_key(&key.to_vec().into(), table.partition_key.len()).unwrap_or_default();
    let texts = table.partition_key.iter().zip(&values);
    let texts = texts.map(|(column, value)| column.ty.shown(value));
    texts.collect::<Vec<_>>().join(", ")
}

fn deletion_text(deletion: DeletionTime) -> String {
    match deletion.is_live() {
        true => "none".to_owned(),
        false => format!(
            "marked for delete at {} µs, local deletion time {} s",
            deletion.marked_for_delete_at.0, deletion.local_deletion_time.0
        ),
    }
}

const ROW_FLAGS: [(u8, &str); 6] = [
    (flag::HAS_TIMESTAMP, "HAS_TIMESTAMP"),
    (flag::HAS_TTL, "HAS_TTL"),
    (flag::HAS_DELETION, "HAS_DELETION"),
    (flag::HAS_ALL_COLUMNS, "HAS_ALL_COLUMNS"),
    (flag::HAS_COMPLEX_DELETION, "HAS_COMPLEX_DELETION"),
    (flag::EXTENSION, "EXTENSION_FLAG"),
];
const CELL_FLAGS: [(u8, &str); 5] = [
    (cell_flag::IS_DELETED, "IS_DELETED"),
    (cell_flag::IS_EXPIRING, "IS_EXPIRING"),
    (cell_flag::HAS_EMPTY_VALUE, "HAS_EMPTY_VALUE"),
    (cell_flag::USE_ROW_TIMESTAMP, "USE_ROW_TIMESTAMP"),
    (cell_flag::USE_ROW_TTL, "USE_ROW_TTL"),
];

fn flag_names(flags: u8, names: &[(u8, &str)]) -> String {
    let set = names
        .iter()
        .filter(|(flag, _)| flags & flag != 0)
        .map(|(_, name)| *name);
    set.collect::<Vec<_>>().join(" ")
}

fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::ExclusiveEnd => "EXCL_END_BOUND",
        Kind::InclusiveStart => "INCL_START_BOUND",
        Kind::ExclusiveEndInclusiveStart => "EXCL_END_INCL_START_BOUNDARY",
        Kind::Row => "CLUSTERING",
        Kind::InclusiveEndExclusiveStart => "INCL_END_EXCL_START_BOUNDARY",
        Kind::InclusiveEnd => "INCL_END_BOUND",
        Kind::ExclusiveStart => "EXCL_START_BOUND",
    }
}
