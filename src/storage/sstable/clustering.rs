//! Clusterings and bounds in bytes.

use bytes::Bytes;

use super::input::Input;
use super::output;
use super::shape::Shape;
use crate::base::vint;
use crate::data::{Clustering, ClusteringBound, ClusteringValues, CqlType};
use crate::storage::StorageError;

/// What a prefix is, by its number in the bytes. `ClusteringPrefix.Kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ExclusiveEnd = 0,
    InclusiveStart = 1,
    ExclusiveEndInclusiveStart = 2,
    Row = 4,
    InclusiveEndExclusiveStart = 5,
    InclusiveEnd = 6,
    ExclusiveStart = 7,
}

const KINDS: [Kind; 7] = [
    Kind::ExclusiveEnd,
    Kind::InclusiveStart,
    Kind::ExclusiveEndInclusiveStart,
    Kind::Row,
    Kind::InclusiveEndExclusiveStart,
    Kind::InclusiveEnd,
    Kind::ExclusiveStart,
];

impl Kind {
    pub fn read(input: &mut dyn Input) -> Result<Kind, StorageError> {
        let number = input.u8()?;
        let found = KINDS.into_iter().find(|it| *it as u8 == number);
        found.ok_or_else(|| input.corrupt(&format!("no kind of clustering has the number {number}")))
    }

    /// The kind of a place where a deletion ends, or another begins, or both.
    pub fn of_marker(after: bool, closes: bool, opens: bool) -> Kind {
        match (after, closes, opens) {
            (false, true, true) => Kind::ExclusiveEndInclusiveStart,
            (true, true, true) => Kind::InclusiveEndExclusiveStart,
            (false, true, false) => Kind::ExclusiveEnd,
            (true, true, false) => Kind::InclusiveEnd,
            (false, false, _) => Kind::InclusiveStart,
            (true, false, _) => Kind::ExclusiveStart,
        }
    }

    /// Whether the place lies after the rows with its prefix.
    pub fn is_after(self) -> bool {
        matches!(
            self,
            Kind::InclusiveEndExclusiveStart | Kind::InclusiveEnd | Kind::ExclusiveStart
        )
    }

    pub fn closes(self) -> bool {
        matches!(
            self,
            Kind::ExclusiveEnd
                | Kind::InclusiveEnd
                | Kind::ExclusiveEndInclusiveStart
                | Kind::InclusiveEndExclusiveStart
        )
    }

    pub fn opens(self) -> bool {
        matches!(
            self,
            Kind::InclusiveStart
                | Kind::ExclusiveStart
                | Kind::ExclusiveEndInclusiveStart
                | Kind::InclusiveEndExclusiveStart
        )
    }
}

/// The first or last thing of an index block: a row, or a place between rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Row(Clustering),
    Bound(ClusteringBound, Kind),
}

impl Place {
    /// The place among the encodings of rows.
    pub fn order(&self) -> &[u8] {
        match self {
            Place::Row(row) => row.order(),
            Place::Bound(bound, _) => bound.order(),
        }
    }
}

/// Values go in groups of this many, each group after a header with two bits a value.
const GROUP: usize = 32;

pub fn write_values(types: &[(CqlType, bool)], values: &[Option<Bytes>], out: &mut Vec<u8>) {
    for (group, types) in values.chunks(GROUP).zip(types.chunks(GROUP)) {
        let mut header = 0u64;
        for (at, value) in group.iter().enumerate() {
            header |= match value {
                None => 2 << (2 * at),
                Some(value) if value.is_empty() => 1 << (2 * at),
                Some(_) => 0,
            };
        }
        vint::write_unsigned(header, out);
        for (value, (ty, _)) in group.iter().zip(types) {
            if let Some(value) = value
                && !value.is_empty()
            {
                if ty.fixed_length().is_none() {
                    vint::write_unsigned(value.len() as u64, out);
                }
                out.extend_from_slice(value);
            }
        }
    }
}

pub fn read_values(
    types: &[(CqlType, bool)],
    count: usize,
    input: &mut dyn Input,
) -> Result<ClusteringValues, StorageError> {
    let mut values = ClusteringValues::new();
    for types in types[..count].chunks(GROUP) {
        let header = input.vint()?;
        for (at, (ty, _)) in types.iter().enumerate() {
            values.push(match header >> (2 * at) & 3 {
                0 => Some(match ty.fixed_length() {
                    Some(length) => input.take(length)?,
                    None => input.with_vint_length()?,
                }),
                1 => Some(Bytes::new()),
                _ => None,
            });
        }
    }
    Ok(values)
}

impl Shape {
    pub fn read_clustering(&self, input: &mut dyn Input) -> Result<Clustering, StorageError> {
        let types = &self.header.clustering;
        Ok(self.comparator.clustering(read_values(types, types.len(), input)?))
    }

    pub fn write_clustering(&self, clustering: &Clustering, out: &mut Vec<u8>) {
        write_values(&self.header.clustering, clustering.values(), out);
    }

    /// A bound, after its kind.
    pub fn read_bound(&self, kind: Kind, input: &mut dyn Input) -> Result<ClusteringBound, StorageError> {
        let types = &self.header.clustering;
        let count = usize::from(input.u16()?);
        if count > types.len() {
            return Err(input.corrupt(&format!("a bound of {count} values, where rows have {}", types.len())));
        }
        let values = read_values(types, count, input)?;
        Ok(if kind.is_after() {
            self.comparator.after(values)
        } else {
            self.comparator.before(values)
        })
    }

    pub fn write_bound(&self, kind: Kind, bound: &ClusteringBound, out: &mut Vec<u8>) {
        out.push(kind as u8);
        output::u16(bound.prefix().len() as u16, out);
        write_values(&self.header.clustering, bound.prefix(), out);
    }

    pub fn read_place(&self, input: &mut dyn Input) -> Result<Place, StorageError> {
        Ok(match Kind::read(input)? {
            Kind::Row => Place::Row(self.read_clustering(input)?),
            kind => Place::Bound(self.read_bound(kind, input)?, kind),
        })
    }

    pub fn write_place(&self, place: &Place, out: &mut Vec<u8>) {
        match place {
            Place::Row(row) => {
                out.push(Kind::Row as u8);
                self.write_clustering(row, out);
            }
            Place::Bound(bound, kind) => self.write_bound(*kind, bound, out),
        }
    }
}
