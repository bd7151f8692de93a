//! The native functions by name.
//!
//! Source: Cassandra 5.0, `cql3/functions/NativeFunctions`.

use super::conversion::Conversion;
use super::factory::{Parameter, infer};
use super::number::NUMERIC;
use super::overload::{Argument, ArgumentKind, Signature};
use super::{Body, arithmetic, cast, collection, mask, math};
use crate::cql::QueryError;
use crate::cql::ast::ArithmeticOperator;
use crate::data::{CqlType, Similarity};

/// The functions of this name; `None` if there are none. `key` is the partition key of the table that is read.
pub fn overloads(
    full: &str,
    name: &str,
    arguments: &[Argument],
    receiver: Option<&CqlType>,
    key: &[CqlType],
) -> Result<Option<Vec<Signature>>, QueryError> {
    let one = |parameters, returns, body| Ok(Some(vec![Signature::new(parameters, returns, body)]));
    // Both spellings of a name mean the same: toDate and to_date.
    let plain = name.replace('_', "");
    match plain.as_str() {
        "now" | "currenttimeuuid" => return one(Vec::new(), CqlType::Timeuuid, Body::Now),
        "uuid" => return one(Vec::new(), CqlType::Uuid, Body::Uuid),
        "token" => return one(key.to_vec(), CqlType::Bigint, Body::Token),
        "mintimeuuid" | "maxtimeuuid" => {
            let greatest = plain.starts_with("max");
            return one(
                vec![CqlType::Timestamp],
                CqlType::Timeuuid,
                Body::BoundOfTimeuuids { greatest },
            );
        }
        "floor" => return Ok(Some(floors())),
        _ => {}
    }
    if let Some((moment, returns)) = Conversion::of_now(&plain) {
        return one(Vec::new(), returns, Body::Moment(moment));
    }
    if let Some((from, to)) = Conversion::named(&plain) {
        let conversion = |ty: &CqlType| Signature::new(vec![ty.clone()], to.clone(), Body::Convert);
        return Ok(Some(from.iter().map(conversion).collect()));
    }
    if let Some(from) = plain.strip_suffix("asblob").and_then(CqlType::native) {
        return one(vec![from], CqlType::Blob, Body::AsBlob);
    }
    if let Some(to) = plain.strip_prefix("blobas").and_then(CqlType::native) {
        return one(vec![CqlType::Blob], to, Body::FromBlob);
    }
    if let Some(function) = math::Function::named(name) {
        let overload = |ty: CqlType| Signature::new(vec![ty.clone()], ty, Body::Math(function));
        return Ok(Some(NUMERIC.into_iter().map(overload).collect()));
    }
    if let Some(operator) = ArithmeticOperator::ALL.into_iter().find(|it| it.function() == name) {
        return Ok(Some(arithmetic::overloads(operator)));
    }
    if name == "_negate" {
        return Ok(Some(arithmetic::negations()));
    }
    if let Some(to) = name.strip_prefix("cast_as_").and_then(CqlType::native) {
        return Ok(Some(cast::overloads(&to)).filter(|it| !it.is_empty()));
    }
    if plain == "tojson" {
        let types = infer(full, &[Parameter::Any], arguments, receiver)?;
        return one(types, CqlType::Text, Body::Json);
    }
    if plain == "fromjson" {
        infer(full, &[Parameter::Text], arguments, receiver)?;
        let Some(receiver) = receiver else {
            return Err(QueryError::invalid(format!(
                "{name}() cannot be used in the selection clause of a SELECT statement"
            )));
        };
        return one(vec![CqlType::Text], receiver.clone(), Body::FromJson);
    }
    if let Some(similarity) = super::vector::similarity_named(name) {
        return Ok(Some(vec![similar(full, similarity, arguments)?]));
    }
    if let Some(signature) = mask::overload(full, name, arguments, receiver)? {
        return Ok(Some(vec![signature]));
    }
    Ok(collection::overload(full, name, arguments, receiver)?.map(|signature| vec![signature]))
}

fn cannot_infer(full: &str, argument: &Argument) -> QueryError {
    QueryError::invalid(format!(
        "Cannot infer type of argument {} in call to function {full}: use type casts to disambiguate",
        argument.text
    ))
}

fn floors() -> Vec<Signature> {
    let mut all = Vec::new();
    for (from, to) in [
        (CqlType::Timestamp, CqlType::Timestamp),
        (CqlType::Timeuuid, CqlType::Timestamp),
        (CqlType::Date, CqlType::Date),
    ] {
        all.push(Signature::new(
            vec![from.clone(), CqlType::Duration],
            to.clone(),
            Body::Floor,
        ));
        all.push(Signature::new(
            vec![from, CqlType::Duration, to.clone()],
            to,
            Body::Floor,
        ));
    }
    all.push(Signature::new(
        vec![CqlType::Time, CqlType::Duration],
        CqlType::Time,
        Body::Floor,
    ));
    all
}

/// Two vectors of floats of one dimension, which at least one of the arguments says.
fn similar(full: &str, similarity: Similarity, arguments: &[Argument]) -> Result<Signature, QueryError> {
    if arguments.len() != 2 {
        return Err(QueryError::invalid(format!(
            "Invalid number of arguments for function {full}(vector<float, n>, vector<float, n>)"
        )));
    }
    let mut dimensions = Vec::new();
    for argument in arguments {
        dimensions.push(match &argument.kind {
            ArgumentKind::Typed(CqlType::Vector { element, dimension }) if **element == CqlType::Float => *dimension,
            ArgumentKind::List(length) => *length as u32,
            ArgumentKind::Typed(ty) => {
                return Err(QueryError::invalid(format!(
                    "Function {full} requires a float vector argument, but found argument {} of type {ty}",
                    argument.text
                )));
            }
            _ => return Err(cannot_infer(full, argument)),
        });
    }
    if dimensions[0] != dimensions[1] {
        return Err(QueryError::invalid(
            "All arguments must have the same vector dimensions",
        ));
    }
    let ty = CqlType::vector(CqlType::Float, dimensions[0]);
    Ok(Signature::new(
        vec![ty.clone(), ty],
        CqlType::Float,
        Body::Similarity(similarity),
    ))
}
