//! `writetime`, `maxwritetime` and `ttl`: of a column, of its elements, of a part of it.
//!
//! Source: Cassandra 5.0, `cql3/selection/ColumnTimestamps`, `WritetimeOrTTLSelector`.

use bytes::Bytes;

use super::Evaluation;
use super::expression::{Expression, RowValues};
use super::term::TypedTerm;
use crate::cql::QueryError;
use crate::cql::ast::CellMetadata;
use crate::data::types::layout::{join_nullable_list, split_collection};
use crate::data::{Cell, ColumnName, CqlType, EpochSeconds};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampKind {
    WriteTime,
    TimeToLive,
}

impl StampKind {
    /// A live cell's; none where it does not expire.
    pub(super) fn of(self, cell: &Cell, now: EpochSeconds) -> Option<i64> {
        match self {
            StampKind::WriteTime => Some(cell.timestamp.0),
            StampKind::TimeToLive => cell.expiry().map(|expiry| expiry.at.0 - now.0),
        }
    }
}

/// The stamps of a column's cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stamps {
    None,
    /// A column of one cell, whatever is inside it.
    One(Option<i64>),
    /// An element, or a field, each.
    Many(Vec<Option<i64>>),
}

impl Stamps {
    fn get(self, index: usize) -> Stamps {
        match self {
            Stamps::Many(all) => all.get(index).map_or(Stamps::None, |stamp| Stamps::One(*stamp)),
            other => other,
        }
    }

    fn slice(self, range: core::ops::Range<usize>) -> Stamps {
        match self {
            _ if range.is_empty() => Stamps::None,
            Stamps::Many(all) => Stamps::Many(all.get(range).unwrap_or_default().to_vec()),
            other => other,
        }
    }

    fn max(self) -> Stamps {
        match self {
            Stamps::Many(all) => all.into_iter().max().map_or(Stamps::None, Stamps::One),
            other => other,
        }
    }
}

/// A column or a part of it, as far as stamps tell it from the rest.
#[derive(Clone, Debug)]
pub enum StampedPart {
    Column(ColumnName),
    Element {
        of: Box<StampedPart>,
        whole: Box<Expression>,
        ty: CqlType,
        key: TypedTerm,
    },
    Slice {
        of: Box<StampedPart>,
        whole: Box<Expression>,
        ty: CqlType,
        from: Option<TypedTerm>,
        to: Option<TypedTerm>,
    },
    Field {
        of: Box<StampedPart>,
        field: Box<Expression>,
        at: usize,
    },
}

impl StampedPart {
    pub(super) fn of(selected: Expression) -> Result<StampedPart, QueryError> {
        Ok(match selected {
            Expression::Column(name) => StampedPart::Column(name),
            Expression::Element { of, ty, key } => StampedPart::Element {
                of: Box::new(StampedPart::of(Expression::clone(&of))?),
                whole: of,
                ty,
                key: *key,
            },
            Expression::Slice { of, ty, from, to } => StampedPart::Slice {
                of: Box::new(StampedPart::of(Expression::clone(&of))?),
                whole: of,
                ty,
                from: from.map(|term| *term),
                to: to.map(|term| *term),
            },
            Expression::Field { ref of, at, .. } => StampedPart::Field {
                of: Box::new(StampedPart::of(Expression::clone(of))?),
                at,
                field: Box::new(selected),
            },
            _ => return Err(QueryError::Server("the stamps of what is no part of a column".into())),
        })
    }

    pub(super) fn evaluate(
        &self,
        which: CellMetadata,
        row: &impl RowValues,
        at: &mut Evaluation<'_>,
    ) -> Result<Option<Bytes>, QueryError> {
        let kind = match which {
            CellMetadata::TimeToLive => StampKind::TimeToLive,
            _ => StampKind::WriteTime,
        };
        let encode = |stamp: i64| match kind {
            StampKind::WriteTime => Bytes::copy_from_slice(&stamp.to_be_bytes()),
            StampKind::TimeToLive => Bytes::copy_from_slice(&(stamp as i32).to_be_bytes()),
        };
        let stamps = self.stamps(kind, row, at)?;
        let stamps = if which == CellMetadata::MaxWriteTime {
            stamps.max()
        } else {
            stamps
        };
        Ok(match stamps {
            Stamps::None => None,
            Stamps::One(stamp) => stamp.map(encode),
            Stamps::Many(all) if all.is_empty() => None,
            Stamps::Many(all) => {
                let all: Vec<Option<Bytes>> = all.into_iter().map(|stamp| stamp.map(encode)).collect();
                Some(join_nullable_list(&all))
            }
        })
    }

    fn stamps(&self, kind: StampKind, row: &impl RowValues, at: &mut Evaluation<'_>) -> Result<Stamps, QueryError> {
        Ok(match self {
            StampedPart::Column(name) => row.stamps(name, kind),
            StampedPart::Element { of, whole, ty, key } => {
                let (Some(whole), Some(key)) = (whole.evaluate(row, at)?, key.evaluate(at)?) else {
                    return Ok(Stamps::None);
                };
                let (keys, ty) = keys(ty, &whole)?;
                let found = keys.iter().position(|it| ty.compare(it, &key).is_eq());
                match found {
                    None => Stamps::None,
                    Some(index) => of.stamps(kind, row, at)?.get(index),
                }
            }
            StampedPart::Slice {
                of,
                whole,
                ty,
                from,
                to,
            } => {
                let Some(whole) = whole.evaluate(row, at)? else {
                    return Ok(Stamps::None);
                };
                let mut bound = |term: &Option<TypedTerm>| match term {
                    Some(term) => term.evaluate(at),
                    None => Ok(None),
                };
                let (from, to) = (bound(from)?, bound(to)?);
                let (keys, ty) = keys(ty, &whole)?;
                let before = |it: &&&[u8]| from.as_ref().is_some_and(|from| ty.compare(it, from).is_lt());
                let until = |it: &&&[u8]| to.as_ref().is_none_or(|to| ty.compare(it, to).is_le());
                let start = keys.iter().take_while(before).count();
                let end = keys.iter().take_while(until).count();
                of.stamps(kind, row, at)?.slice(start..end)
            }
            StampedPart::Field { of, field, at: index } => match field.evaluate(row, at)? {
                None => Stamps::None,
                Some(_) => of.stamps(kind, row, at)?.get(*index),
            },
        })
    }
}

/// The elements of a set or the keys of a map, and their type.
fn keys<'a>(ty: &'a CqlType, whole: &'a Bytes) -> Result<(Vec<&'a [u8]>, &'a CqlType), QueryError> {
    Ok(match ty {
        CqlType::Map { key, .. } => (split_collection("map", whole)?.into_iter().step_by(2).collect(), key),
        CqlType::Set { element, .. } => (split_collection("set", whole)?, element),
        other => return Err(QueryError::Server(format!("{other} has no keys"))),
    })
}
