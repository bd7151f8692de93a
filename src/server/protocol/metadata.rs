//! Columns and their types, as results and prepared statements describe them.

use md5::{Digest, Md5};

use super::{Version, Writer};
use crate::cql::ResultColumn;
use crate::data::CqlType;

const GLOBAL_TABLES_SPEC: i32 = 0x01;
const HAS_MORE_PAGES: i32 = 0x02;
const NO_METADATA: i32 = 0x04;
const METADATA_CHANGED: i32 = 0x08;

/// What a client knows the columns of a result by. `ResultSet.computeResultMetadataId`.
pub fn metadata_id(columns: &[ResultColumn]) -> [u8; 16] {
    let mut hash = Md5::new();
    for column in columns {
        hash.update(column.name.as_bytes());
        hash.update([0]);
        hash.update(column.ty.class_name(false));
        hash.update([0, 0]);
    }
    hash.finalize().into()
}

/// How much of the columns an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail<'a> {
    Full,
    /// Only how many there are.
    CountOnly,
    /// They are not what the client takes them to be.
    Changed(&'a [u8; 16]),
}

/// The metadata of rows.
pub(super) fn write_rows_metadata(
    columns: &[ResultColumn],
    paging_state: Option<&[u8]>,
    detail: Detail<'_>,
    version: Version,
    out: &mut Writer,
) {
    let global = one_table(columns) && detail != Detail::CountOnly;
    let mut flags = 0;
    if global {
        flags |= GLOBAL_TABLES_SPEC;
    }
    if paging_state.is_some() {
        flags |= HAS_MORE_PAGES;
    }
    match detail {
        Detail::Full => {}
        Detail::CountOnly => flags |= NO_METADATA,
        Detail::Changed(_) => flags |= METADATA_CHANGED,
    }
    out.int(flags);
    out.length(columns.len());
    if paging_state.is_some() {
        out.bytes(paging_state);
    }
    if let Detail::Changed(id) = detail {
        out.short_bytes(id);
    }
    if detail != Detail::CountOnly {
        write_columns(columns, global, version, out);
    }
}

/// The metadata of a statement that has no rows, or not always the same.
pub(super) fn write_no_metadata(out: &mut Writer) {
    out.int(NO_METADATA);
    out.int(0);
}

/// What a prepared statement has to be given.
pub(super) fn write_markers(markers: &[ResultColumn], partition_key: &[u16], version: Version, out: &mut Writer) {
    let global = one_table(markers);
    out.int(if global { GLOBAL_TABLES_SPEC } else { 0 });
    out.length(markers.len());
    if version >= Version::V4 {
        let partition_key = if global { partition_key } else { &[] };
        out.length(partition_key.len());
        partition_key.iter().for_each(|it| out.short(*it));
    }
    write_columns(markers, global, version, out);
}

fn one_table(columns: &[ResultColumn]) -> bool {
    let Some((first, rest)) = columns.split_first() else {
        return false;
    };
    rest.iter()
        .all(|it| it.keyspace == first.keyspace && it.table == first.table)
}

fn write_columns(columns: &[ResultColumn], global: bool, version: Version, out: &mut Writer) {
    if let Some(first) = columns.first().filter(|_| global) {
        out.string(&first.keyspace);
        out.string(&first.table);
    }
    for column in columns {
        if !global {
            out.string(&column.keyspace);
            out.string(&column.table);
        }
        out.string(&column.name);
        write_type(&column.ty, version, out);
    }
}

/// A type as an `[option]`. Those that a version does not have a number for go by their class.
pub(super) fn write_type(ty: &CqlType, version: Version, out: &mut Writer) {
    let since = |number: u16, first: Version| (version >= first).then_some(number);
    let number = match ty {
        CqlType::Ascii => Some(0x01),
        CqlType::Bigint => Some(0x02),
        CqlType::Blob => Some(0x03),
        CqlType::Boolean => Some(0x04),
        CqlType::Counter => Some(0x05),
        CqlType::Decimal => Some(0x06),
        CqlType::Double => Some(0x07),
        CqlType::Float => Some(0x08),
        CqlType::Int => Some(0x09),
        CqlType::Timestamp => Some(0x0b),
        CqlType::Uuid => Some(0x0c),
        CqlType::Text => Some(0x0d),
        CqlType::Varint => Some(0x0e),
        CqlType::Timeuuid => Some(0x0f),
        CqlType::Inet => Some(0x10),
        CqlType::Date => since(0x11, Version::V4),
        CqlType::Time => since(0x12, Version::V4),
        CqlType::Smallint => since(0x13, Version::V4),
        CqlType::Tinyint => since(0x14, Version::V4),
        CqlType::Duration => since(0x15, Version::V5),
        CqlType::List { .. } => Some(0x20),
        CqlType::Map { .. } => Some(0x21),
        CqlType::Set { .. } => Some(0x22),
        CqlType::UserType(_) => Some(0x30),
        CqlType::Tuple(_) => Some(0x31),
        CqlType::Vector { .. } | CqlType::Empty | CqlType::Custom(_) => None,
    };
    let Some(number) = number else {
        out.short(0);
        return out.string(&ty.class_name(false));
    };
    out.short(number);
    match ty {
        CqlType::List { element, .. } | CqlType::Set { element, .. } => write_type(element, version, out),
        CqlType::Map { key, value, .. } => {
            write_type(key, version, out);
            write_type(value, version, out);
        }
        CqlType::UserType(it) => {
            out.string(&it.keyspace);
            out.string(&it.name);
            out.short(it.fields.len() as u16);
            for (name, ty) in &it.fields {
                out.string(name);
                write_type(ty, version, out);
            }
        }
        CqlType::Tuple(fields) => {
            out.short(fields.len() as u16);
            fields.iter().for_each(|it| write_type(it, version, out));
        }
        _ => {}
    }
}
