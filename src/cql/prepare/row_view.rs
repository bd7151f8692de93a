//! One row of a partition as expressions read it: keys, static and regular columns under one roof.

use bytes::Bytes;

use super::expression::RowValues;
use crate::data::types::layout::{join_collection, join_tuple};
use crate::data::{Cell, Clustering, ColumnData, ColumnName, ComplexData, CqlType, EpochSeconds, Row};
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

    fn live_cell(&self, name: &ColumnName) -> Option<&Cell> {
        match self.data(name)? {
            ColumnData::Simple(cell) => Some(cell).filter(|cell| cell.is_live(self.now)),
            ColumnData::Complex(_) => None,
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

    fn write_time(&self, name: &ColumnName) -> Option<i64> {
        self.live_cell(name).map(|cell| cell.timestamp.0)
    }

    fn time_to_live(&self, name: &ColumnName) -> Option<i32> {
        let expiry = self.live_cell(name)?.expiry()?;
        i32::try_from(expiry.at.0 - self.now.0).ok()
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
