//! Functions of one collection.
//!
//! Source of the rules: Cassandra 5.0, `cql3/functions/CollectionFcts`.

use bytes::Bytes;

use super::Body;
use super::aggregate::Aggregate;
use super::factory::{Parameter, infer};
use super::overload::{Argument, Signature};
use crate::cql::QueryError;
use crate::data::CqlType;
use crate::data::types::layout::{join_collection, split_collection};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    MapKeys,
    MapValues,
    Count,
    /// An aggregate over the elements.
    Fold(&'static str),
}

impl Function {
    fn named(name: &str) -> Option<Function> {
        Some(match name {
            "map_keys" => Function::MapKeys,
            "map_values" => Function::MapValues,
            "collection_count" => Function::Count,
            "collection_min" => Function::Fold("min"),
            "collection_max" => Function::Fold("max"),
            "collection_sum" => Function::Fold("sum"),
            "collection_avg" => Function::Fold("avg"),
            _ => return None,
        })
    }

    pub fn run(self, ty: &CqlType, value: &Bytes) -> Result<Option<Bytes>, QueryError> {
        let is_map = matches!(ty, CqlType::Map { .. });
        let parts = split_collection(if is_map { "map" } else { "list" }, value)?;
        let count = if is_map { parts.len() / 2 } else { parts.len() };
        Ok(match self {
            Function::MapKeys => Some(join_collection(count, parts.iter().step_by(2).copied())),
            Function::MapValues => Some(join_collection(count, parts.iter().skip(1).step_by(2).copied())),
            Function::Count => Some(Bytes::copy_from_slice(&(count as i32).to_be_bytes())),
            Function::Fold(aggregate) => {
                let element = match ty {
                    CqlType::List { element, .. } | CqlType::Set { element, .. } => CqlType::clone(element),
                    _ => return Ok(None),
                };
                let mut state = Aggregate::named(aggregate, &[element])?.0.start();
                for part in parts {
                    state.add(Some(value.slice_ref(part)))?;
                }
                state.finish()
            }
        })
    }
}

/// The function of this name for this argument; `None` if there is none of this name.
pub fn overload(
    full: &str,
    name: &str,
    arguments: &[Argument],
    receiver: Option<&CqlType>,
) -> Result<Option<Signature>, QueryError> {
    let Some(function) = Function::named(name) else {
        return Ok(None);
    };
    let parameter = match function {
        Function::MapKeys | Function::MapValues => Parameter::Map,
        Function::Count => Parameter::Collection,
        Function::Fold("sum" | "avg") => Parameter::NumericSetOrList,
        Function::Fold(_) => Parameter::SetOrList,
    };
    let types = infer(full, &[parameter], arguments, receiver)?;
    let returns = match (function, &types[0]) {
        (Function::MapKeys, CqlType::Map { key, .. }) => CqlType::set(CqlType::clone(key)).freeze(),
        (Function::MapValues, CqlType::Map { value, .. }) => CqlType::list(CqlType::clone(value)).freeze(),
        (Function::Count, _) => CqlType::Int,
        (Function::Fold(_), CqlType::List { element, .. } | CqlType::Set { element, .. }) => CqlType::clone(element),
        (_, ty) => return Err(QueryError::Server(format!("{full} of a {ty}"))),
    };
    Ok(Some(Signature::new(types, returns, Body::Collection(function))))
}
