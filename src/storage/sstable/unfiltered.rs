//! What a partition's data is made of after its header: rows, and markers where deletions of ranges begin and end.

use bytes::Bytes;

use super::clustering::{Kind, Place};
use super::header::HeaderColumn;
use super::input::{Input, Slab};
use super::shape::Shape;
use crate::base::vint;
use crate::data::types::ordering::encode_component;
use crate::data::{
    Cell, CellContent, Clustering, ClusteringBound, ColumnData, ComplexData, CounterContext, CqlType, DeletionTime,
    EpochSeconds, Expiry, Liveness, Row, Ttl,
};
use crate::storage::StorageError;

/// Flags of a row or marker. `UnfilteredSerializer`.
pub mod flag {
    pub const END_OF_PARTITION: u8 = 0x01;
    pub const IS_MARKER: u8 = 0x02;
    pub const HAS_TIMESTAMP: u8 = 0x04;
    pub const HAS_TTL: u8 = 0x08;
    pub const HAS_DELETION: u8 = 0x10;
    pub const HAS_ALL_COLUMNS: u8 = 0x20;
    pub const HAS_COMPLEX_DELETION: u8 = 0x40;
    pub const EXTENSION: u8 = 0x80;
    /// In the byte after, with `EXTENSION`.
    pub const EXTENDED_IS_STATIC: u8 = 0x01;
}

/// Flags of a cell. `Cell.Serializer`.
pub mod cell_flag {
    pub const IS_DELETED: u8 = 0x01;
    pub const IS_EXPIRING: u8 = 0x02;
    pub const HAS_EMPTY_VALUE: u8 = 0x04;
    pub const USE_ROW_TIMESTAMP: u8 = 0x08;
    pub const USE_ROW_TTL: u8 = 0x10;
}

/// A place where the deletion of a range ends, or another begins, or one gives way to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    pub bound: ClusteringBound,
    pub closes: Option<DeletionTime>,
    pub opens: Option<DeletionTime>,
}

impl Marker {
    pub fn kind(&self) -> Kind {
        Kind::of_marker(self.bound.is_after(), self.closes.is_some(), self.opens.is_some())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Unfiltered {
    Row(Clustering, Row),
    Marker(Marker),
}

impl Unfiltered {
    /// The place among the encodings of rows.
    pub fn order(&self) -> &[u8] {
        match self {
            Unfiltered::Row(clustering, _) => clustering.order(),
            Unfiltered::Marker(marker) => marker.bound.order(),
        }
    }
}

/// The same, lent to be written.
#[derive(Clone, Copy, Debug)]
pub enum UnfilteredRef<'a> {
    Row(&'a Clustering, &'a Row),
    Marker(&'a Marker),
}

impl UnfilteredRef<'_> {
    pub fn place(&self) -> Place {
        match self {
            UnfilteredRef::Row(clustering, _) => Place::Row(Clustering::clone(clustering)),
            UnfilteredRef::Marker(marker) => Place::Bound(marker.bound.clone(), marker.kind()),
        }
    }
}

/// A row whose body has not been looked at.
#[derive(Debug)]
pub struct RawRow {
    pub clustering: Clustering,
    flags: u8,
    body: Bytes,
    body_at: u64,
}

/// What follows in the data.
#[derive(Debug)]
pub enum Raw {
    Row(RawRow),
    Marker(Marker),
    End,
}

impl Raw {
    pub fn order(&self) -> Option<&[u8]> {
        match self {
            Raw::Row(row) => Some(row.clustering.order()),
            Raw::Marker(marker) => Some(marker.bound.order()),
            Raw::End => None,
        }
    }
}

impl Shape {
    /// Reads up to a row's body, or all of a marker.
    pub fn read_raw(&self, input: &mut dyn Input) -> Result<Raw, StorageError> {
        let flags = input.u8()?;
        if flags & flag::END_OF_PARTITION != 0 {
            return match flags {
                flag::END_OF_PARTITION => Ok(Raw::End),
                _ => Err(input.corrupt("a partition ends with more flags than one")),
            };
        }
        if flags & flag::IS_MARKER != 0 {
            return self.read_marker(flags, input).map(Raw::Marker);
        }
        if flags & flag::EXTENSION != 0 && input.u8()? & flag::EXTENDED_IS_STATIC != 0 {
            return Err(input.corrupt("a static row among the others"));
        }
        let clustering = self.read_clustering(input)?;
        let body = self.read_body(input)?;
        Ok(Raw::Row(RawRow {
            clustering,
            flags,
            body,
            body_at: 0,
        }))
    }

    /// A row's body after its length, without the length of what came before.
    fn read_body(&self, input: &mut dyn Input) -> Result<Bytes, StorageError> {
        let mut body = input.with_vint_length()?;
        let mut rest = &body[..];
        vint::read_unsigned(&mut rest).ok_or_else(|| input.corrupt("a row without the length of the one before"))?;
        let from = body.len() - rest.len();
        Ok(body.split_off(from))
    }

    fn read_marker(&self, flags: u8, input: &mut dyn Input) -> Result<Marker, StorageError> {
        if flags != flag::IS_MARKER {
            return Err(input.corrupt("a marker with flags of a row"));
        }
        let kind = Kind::read(input)?;
        if kind == Kind::Row {
            return Err(input.corrupt("a marker in the place of a row"));
        }
        let bound = self.read_bound(kind, input)?;
        input.vint()?;
        input.vint()?;
        let mut deletion = |is_there: bool| is_there.then(|| self.read_deletion(input)).transpose();
        Ok(Marker {
            bound,
            closes: deletion(kind.closes())?,
            opens: deletion(kind.opens())?,
        })
    }

    /// The static row, with which the data of a partition begins when the header has static columns.
    pub fn read_static_row(&self, file: &str, input: &mut dyn Input) -> Result<Row, StorageError> {
        let flags = input.u8()?;
        let is_static = flags & flag::EXTENSION != 0
            && flags & (flag::END_OF_PARTITION | flag::IS_MARKER) == 0
            && input.u8()? & flag::EXTENDED_IS_STATIC != 0;
        if !is_static {
            return Err(input.corrupt("no static row where one has to be"));
        }
        let body = self.read_body(input)?;
        self.row(true, flags, &mut Slab::new(file, body))
    }

    pub fn read_row(&self, file: &str, raw: &RawRow) -> Result<Row, StorageError> {
        self.row(false, raw.flags, &mut Slab::part(file, raw.body.clone(), raw.body_at))
    }

    fn row(&self, is_static: bool, flags: u8, body: &mut Slab<'_>) -> Result<Row, StorageError> {
        let has = |flag: u8| flags & flag != 0;
        let mut row = Row::default();
        let mut liveness = None;
        if has(flag::HAS_TIMESTAMP) {
            let timestamp = self.read_timestamp(body)?;
            let expiry = match has(flag::HAS_TTL) {
                true => Some(self.read_expiry_of_row(body)?),
                false => None,
            };
            liveness = Some(Liveness { timestamp, expiry });
        }
        if has(flag::HAS_DELETION) {
            row.deletion = self.read_deletion(body)?;
        }
        row.liveness = liveness.filter(|it| !row.deletion.deletes(it.timestamp));
        let (columns, kept) = self.columns(is_static);
        let present = match has(flag::HAS_ALL_COLUMNS) {
            true => None,
            false => Some(read_subset(columns.len(), body)?),
        };
        for (at, column) in columns.iter().enumerate() {
            if present.as_ref().is_some_and(|present| !present[at]) {
                continue;
            }
            let data = if column.is_complex {
                let deletion = match has(flag::HAS_COMPLEX_DELETION) {
                    true => self.read_deletion(body)?,
                    false => DeletionTime::LIVE,
                };
                ColumnData::Complex(self.read_complex(column, deletion, liveness, body)?)
            } else {
                ColumnData::Simple(self.read_cell(column, liveness, body)?.1)
            };
            if kept[at] {
                row.add_column(&column.name, data);
            }
        }
        body.finish()?;
        Ok(row)
    }

    fn read_expiry_of_row(&self, body: &mut Slab<'_>) -> Result<Expiry, StorageError> {
        let ttl = Ttl(self.read_ttl(body)?);
        let at = self.read_local_deletion_time(body)?;
        Ok(Expiry { ttl, at })
    }

    fn read_complex(
        &self,
        column: &HeaderColumn,
        deletion: DeletionTime,
        liveness: Option<Liveness>,
        body: &mut Slab<'_>,
    ) -> Result<ComplexData, StorageError> {
        let path_type: CqlType = column.path_type();
        let mut data = ComplexData {
            deletion,
            ..ComplexData::empty()
        };
        for _ in 0..body.vint_len()? {
            let (path, cell) = self.read_cell(column, liveness, body)?;
            let mut order = Vec::new();
            encode_component(&path_type, Some(&path), false, &mut order);
            if data.cells.insert(order.into(), (path, cell)).is_some() {
                return Err(body.corrupt("an element of a collection twice"));
            }
        }
        Ok(data)
    }

    /// A cell and its path, which is empty in a simple column.
    fn read_cell(
        &self,
        column: &HeaderColumn,
        liveness: Option<Liveness>,
        body: &mut Slab<'_>,
    ) -> Result<(Bytes, Cell), StorageError> {
        let flags = body.u8()?;
        let has = |flag: u8| flags & flag != 0;
        let of_row =
            |body: &Slab<'_>| liveness.ok_or_else(|| body.corrupt("a cell with the times of a row without any"));
        let timestamp = match has(cell_flag::USE_ROW_TIMESTAMP) {
            true => of_row(body)?.timestamp,
            false => self.read_timestamp(body)?,
        };
        let is_deleted = has(cell_flag::IS_DELETED);
        let mut expiry = None;
        let mut deleted_at = EpochSeconds::NEVER;
        if has(cell_flag::USE_ROW_TTL) {
            let of_row = of_row(body)?.expiry;
            expiry = Some(of_row.ok_or_else(|| body.corrupt("a cell expires with a row that does not"))?);
        } else if is_deleted || has(cell_flag::IS_EXPIRING) {
            deleted_at = self.read_local_deletion_time(body)?;
            if has(cell_flag::IS_EXPIRING) {
                let ttl = Ttl(self.read_ttl(body)?);
                expiry = Some(Expiry { ttl, at: deleted_at });
            }
        }
        let path = match column.is_complex {
            true => body.with_vint_length()?,
            false => Bytes::new(),
        };
        let value = match (has(cell_flag::HAS_EMPTY_VALUE), column.value_length) {
            (true, _) => Bytes::new(),
            (false, Some(length)) => body.take(length)?,
            (false, None) => body.with_vint_length()?,
        };
        let content = match expiry {
            _ if is_deleted => CellContent::Deleted(deleted_at),
            Some(expiry) => CellContent::Expiring(value, expiry),
            None if column.ty == CqlType::Counter => {
                let context = CounterContext::from_bytes(value);
                CellContent::Counter(context.map_err(|error| body.corrupt(&error.to_string()))?)
            }
            None => CellContent::Live(value),
        };
        Ok((path, Cell { timestamp, content }))
    }

    /// A row or marker; `previous`: the length of what came before in the partition.
    pub fn write_unfiltered(&self, unfiltered: UnfilteredRef<'_>, previous: u64, out: &mut Vec<u8>) {
        match unfiltered {
            UnfilteredRef::Row(clustering, row) => self.write_row(Some(clustering), row, previous, out),
            UnfilteredRef::Marker(marker) => {
                out.push(flag::IS_MARKER);
                self.write_bound(marker.kind(), &marker.bound, out);
                let mut body = Vec::new();
                vint::write_unsigned(previous, &mut body);
                for deletion in [marker.closes, marker.opens].into_iter().flatten() {
                    self.write_deletion(deletion, &mut body);
                }
                vint::write_unsigned(body.len() as u64, out);
                out.extend(body);
            }
        }
    }

    /// `clustering`: none for a static row.
    pub fn write_row(&self, clustering: Option<&Clustering>, row: &Row, previous: u64, out: &mut Vec<u8>) {
        let is_static = clustering.is_none();
        let (columns, _) = self.columns(is_static);
        let present: Vec<Option<&ColumnData>> = columns.iter().map(|column| row.column(&column.name)).collect();
        let has_all = present.iter().all(Option::is_some);
        let has_complex_deletion = present.iter().flatten().any(|data| !data.complex_deletion().is_live());
        let mut flags = 0;
        let mut set = |flag: u8, on: bool| flags |= if on { flag } else { 0 };
        set(flag::HAS_TIMESTAMP, row.liveness.is_some());
        set(flag::HAS_TTL, row.liveness.is_some_and(|it| it.expiry.is_some()));
        set(flag::HAS_DELETION, !row.deletion.is_live());
        set(flag::HAS_ALL_COLUMNS, has_all);
        set(flag::HAS_COMPLEX_DELETION, has_complex_deletion);
        set(flag::EXTENSION, is_static);
        out.push(flags);
        match clustering {
            None => out.push(flag::EXTENDED_IS_STATIC),
            Some(clustering) => self.write_clustering(clustering, out),
        }

        let mut body = Vec::new();
        vint::write_unsigned(previous, &mut body);
        if let Some(liveness) = row.liveness {
            self.write_timestamp(liveness.timestamp, &mut body);
            if let Some(expiry) = liveness.expiry {
                self.write_ttl(expiry.ttl.0, &mut body);
                self.write_local_deletion_time(expiry.at, &mut body);
            }
        }
        if !row.deletion.is_live() {
            self.write_deletion(row.deletion, &mut body);
        }
        if !has_all {
            let places: Vec<bool> = present.iter().map(Option::is_some).collect();
            write_subset(&places, &mut body);
        }
        for (column, data) in columns.iter().zip(present) {
            match data {
                None => {}
                Some(ColumnData::Simple(cell)) => self.write_cell(column, None, cell, row.liveness, &mut body),
                Some(ColumnData::Complex(data)) => {
                    if has_complex_deletion {
                        self.write_deletion(data.deletion, &mut body);
                    }
                    vint::write_unsigned(data.cells.len() as u64, &mut body);
                    for (path, cell) in data.cells.values() {
                        self.write_cell(column, Some(path), cell, row.liveness, &mut body);
                    }
                }
            }
        }
        vint::write_unsigned(body.len() as u64, out);
        out.extend(body);
    }

    fn write_cell(
        &self,
        column: &HeaderColumn,
        path: Option<&Bytes>,
        cell: &Cell,
        liveness: Option<Liveness>,
        out: &mut Vec<u8>,
    ) {
        let value: &[u8] = match &cell.content {
            CellContent::Live(value) | CellContent::Expiring(value, _) => value,
            CellContent::Counter(context) => context.as_bytes(),
            CellContent::Deleted(_) => &[],
        };
        let expiry = cell.expiry();
        let use_row_timestamp = liveness.is_some_and(|it| it.timestamp == cell.timestamp);
        let use_row_ttl = expiry.is_some() && liveness.is_some_and(|it| it.expiry == expiry);
        let mut flags = 0;
        let mut set = |flag: u8, on: bool| flags |= if on { flag } else { 0 };
        set(cell_flag::HAS_EMPTY_VALUE, value.is_empty());
        set(cell_flag::IS_DELETED, cell.is_tombstone());
        set(cell_flag::IS_EXPIRING, expiry.is_some());
        set(cell_flag::USE_ROW_TIMESTAMP, use_row_timestamp);
        set(cell_flag::USE_ROW_TTL, use_row_ttl);
        out.push(flags);
        if !use_row_timestamp {
            self.write_timestamp(cell.timestamp, out);
        }
        if (cell.is_tombstone() || expiry.is_some()) && !use_row_ttl {
            self.write_local_deletion_time(cell.local_deletion_time(), out);
        }
        if let Some(expiry) = expiry
            && !use_row_ttl
        {
            self.write_ttl(expiry.ttl.0, out);
        }
        if let Some(path) = path {
            vint::write_unsigned(path.len() as u64, out);
            out.extend_from_slice(path);
        }
        if !value.is_empty() {
            if column.value_length.is_none() {
                vint::write_unsigned(value.len() as u64, out);
            }
            out.extend_from_slice(value);
        }
    }
}

/// From this many columns on, those present (or those missing) are listed; below, there is a bit a column.
pub const LISTED_FROM: usize = 64;

/// Which columns a row has that has not all of them.
fn write_subset(present: &[bool], out: &mut Vec<u8>) {
    let count = present.iter().filter(|it| **it).count();
    if present.len() < LISTED_FROM {
        let missing = present.iter().enumerate().filter(|(_, it)| !**it);
        vint::write_unsigned(missing.fold(0u64, |bits, (at, _)| bits | 1 << at), out);
        return;
    }
    vint::write_unsigned((present.len() - count) as u64, out);
    let list_present = count < present.len() / 2;
    for (at, _) in present.iter().enumerate().filter(|(_, it)| **it == list_present) {
        vint::write_unsigned(at as u64, out);
    }
}

pub fn read_subset(columns: usize, input: &mut dyn Input) -> Result<Vec<bool>, StorageError> {
    let encoded = input.vint()?;
    if encoded == 0 {
        return Ok(vec![true; columns]);
    }
    if columns < LISTED_FROM {
        if encoded >> columns != 0 {
            return Err(input.corrupt("more columns are missing than there are"));
        }
        return Ok((0..columns).map(|at| encoded >> at & 1 == 0).collect());
    }
    let missing = match usize::try_from(encoded) {
        Ok(missing) if missing <= columns => missing,
        _ => return Err(input.corrupt("more columns are missing than there are")),
    };
    let count = columns - missing;
    let list_present = count < columns / 2;
    let mut present = vec![!list_present; columns];
    let mut next = 0;
    for _ in 0..if list_present { count } else { missing } {
        let at = input.vint_len()?;
        if at < next || at >= columns {
            return Err(input.corrupt("the columns of a row are out of order"));
        }
        present[at] = list_present;
        next = at + 1;
    }
    Ok(present)
}
