//! One row of a partition as expressions read it: keys, static and regular columns under one roof.

use bytes::Bytes;

use super::expression::RowValues;
use super::stamps::{StampKind, Stamps};
use crate::data::types::layout::{join_collection, join_tuple};
use crate::data::{Clustering, ColumnData, ColumnName, ComplexData, CqlType, EpochSeconds, Row};
use crate::schema::{ColumnKind, TableMetadata};

/// A row to be shown; without `clustering` and `row` it is a partition that has only static columns.
pub(super) struct RowView<'a> {
    pub table: &'a TableMetadata,
    pub key: &'a [Bytes],
    pub clustering: Option<&'a Clustering>,
    pub static_row: &'a Row,
    pub row: Option<&'a Row>,
    pub now: EpochSeconds,
}

impl RowView<'_> {
    fn data(&self, name: &ColumnName) -> Option<&ColumnData> {
        match self.table.column(name)?.kind {
            ColumnKind::Static => self.static_row.column(name),
            ColumnKind::Regular => self.row?.column(name),
            _ => None,
        }
    }
}

impl RowValues for RowView<'_> {
    fn value(&self, name: &ColumnName) -> Option<Bytes> {
        let column = self.table.column(name)?;
        match column.kind {
            ColumnKind::PartitionKey => self.key.get(usize::from(column.position)).cloned(),
            ColumnKind::Clustering => self.clustering?.values().get(usize::from(column.position))?.clone(),
            ColumnKind::Static | ColumnKind::Regular => match self.data(name)? {
                ColumnData::Simple(cell) => cell.shown(self.now),
                ColumnData::Complex(data) => assemble(&column.ty, data, self.now),
            },
        }
    }

    fn stamps(&self, name: &ColumnName, kind: StampKind) -> Stamps {
        let Some((column, data)) = self.table.column(name).zip(self.data(name)) else {
            return Stamps::None;
        };
        match (data, &column.ty) {
            (ColumnData::Simple(cell), _) if cell.is_live(self.now) => Stamps::One(kind.of(cell, self.now)),
            (ColumnData::Simple(_), _) => Stamps::None,
            (ColumnData::Complex(data), CqlType::UserType(user_type)) => {
                let mut fields = vec![None; user_type.fields.len()];
                let mut is_empty = true;
                for (path, cell) in data.cells.values().filter(|(_, cell)| cell.is_live(self.now)) {
                    let at = <[u8; 2]>::try_from(&**path).map_or(usize::MAX, |at| usize::from(u16::from_be_bytes(at)));
                    if let Some(field) = fields.get_mut(at) {
                        (*field, is_empty) = (kind.of(cell, self.now), false);
                    }
                }
                if is_empty { Stamps::None } else { Stamps::Many(fields) }
            }
            (ColumnData::Complex(data), _) => {
                let live = data.cells.values().filter(|(_, cell)| cell.is_live(self.now));
                Stamps::Many(live.map(|(_, cell)| kind.of(cell, self.now)).collect())
            }
        }
    }
}

/// A collection or user type of live cells as one value; `None` when none lives.
pub(super) fn assemble(ty: &CqlType, data: &ComplexData, now: EpochSeconds) -> Option<Bytes> {
    let live: Vec<(&Bytes, &Bytes)> = data
        .cells
        .values()
        .filter_map(|(path, cell)| Some((path, cell.value(now)?)))
        .collect();
    if live.is_empty() {
        return None;
    }
    Some(match ty {
        CqlType::Set { .. } => join_collection(live.len(), live.iter().map(|(path, _)| &***path)),
        CqlType::Map { .. } => join_collection(live.len(), live.iter().flat_map(|(path, value)| [&***path, &***value])),
        CqlType::UserType(user_type) => {
            let field = |at: usize| {
                let number = (at as u16).to_be_bytes();
                live.iter()
                    .find(|(path, _)| ***path == number)
                    .map(|(_, value)| &***value)
            };
            join_tuple((0..user_type.fields.len()).map(field))
        }
        _ => join_collection(live.len(), live.iter().map(|(_, value)| &***value)),
    })
}
