//! Aggregates: what a result has of all rows together.

use bytes::Bytes;

use crate::cql::QueryError;
use crate::data::CqlType;

/// An aggregate whose argument's type is known.
#[derive(Clone, Debug)]
pub struct Aggregate(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Count,
    Least(CqlType),
    Greatest(CqlType),
}

/// What an aggregate has seen so far.
#[derive(Clone, Debug)]
pub struct State {
    kind: Option<Kind>,
    count: i64,
    value: Option<Bytes>,
    seen: bool,
}

impl Aggregate {
    /// `count(*)`, or with an argument the rows in which it is not null.
    pub fn count() -> Aggregate {
        Aggregate(Kind::Count)
    }

    pub fn named(name: &str, types: &[CqlType]) -> Option<(Aggregate, CqlType)> {
        let [ty] = types else { return None };
        match name.to_ascii_lowercase().as_str() {
            "count" => Some((Aggregate::count(), CqlType::Bigint)),
            "min" => Some((Aggregate(Kind::Least(ty.clone())), ty.clone())),
            "max" => Some((Aggregate(Kind::Greatest(ty.clone())), ty.clone())),
            _ => None,
        }
    }

    pub fn start(&self) -> State {
        State {
            kind: Some(self.0.clone()),
            count: 0,
            value: None,
            seen: false,
        }
    }
}

impl State {
    /// For an expression that is no aggregate: the value of the first row.
    pub fn first_value() -> State {
        State {
            kind: None,
            count: 0,
            value: None,
            seen: false,
        }
    }

    pub fn add(&mut self, value: Option<Bytes>) -> Result<(), QueryError> {
        let first = !core::mem::replace(&mut self.seen, true);
        match (&self.kind, value) {
            (None, value) if first => self.value = value,
            (None, _) | (Some(_), None) => {}
            (Some(Kind::Count), Some(_)) => self.count += 1,
            (Some(Kind::Least(ty)), Some(value)) => {
                if self
                    .value
                    .as_ref()
                    .is_none_or(|least| ty.compare(&value, least).is_lt())
                {
                    self.value = Some(value);
                }
            }
            (Some(Kind::Greatest(ty)), Some(value)) => {
                if self
                    .value
                    .as_ref()
                    .is_none_or(|greatest| ty.compare(&value, greatest).is_gt())
                {
                    self.value = Some(value);
                }
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Option<Bytes> {
        match self.kind {
            Some(Kind::Count) => Some(Bytes::copy_from_slice(&self.count.to_be_bytes())),
            _ => self.value,
        }
    }
}
