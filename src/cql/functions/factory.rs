//! Functions that exist for whatever types their arguments have: how those types are found and checked.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/functions/FunctionFactory`, `FunctionParameter`.

use core::fmt;

use super::number::is_numeric;
use super::overload::{Argument, ArgumentKind};
use crate::cql::QueryError;
use crate::data::CqlType;
use crate::data::types::Assignment;

/// What such a function takes in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Anything whose type can be told from itself.
    Any,
    /// Anything; the type that is wanted of the function where it does not tell its own.
    AnyOrReceiver,
    /// Of the type of the first argument.
    SameAsFirst,
    /// text or ascii
    Text,
    Int,
    OptionalText,
    Collection,
    SetOrList,
    NumericSetOrList,
    Map,
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Parameter::Any | Parameter::AnyOrReceiver | Parameter::SameAsFirst => "any",
            Parameter::Text => "[text|varchar|ascii]",
            Parameter::Int => "int",
            Parameter::OptionalText => "[text]",
            Parameter::Collection => "collection",
            Parameter::SetOrList | Parameter::NumericSetOrList => "numeric_set_or_list",
            Parameter::Map => "map",
        })
    }
}

impl Parameter {
    fn infer(self, argument: &Argument, receiver: Option<&CqlType>, first: Option<&CqlType>) -> Option<CqlType> {
        let own = argument.compatible_type();
        match self {
            Parameter::AnyOrReceiver => own.or_else(|| receiver.cloned()),
            Parameter::SameAsFirst => first.cloned().or(own).or_else(|| receiver.cloned()),
            Parameter::Text | Parameter::OptionalText => Some(own.unwrap_or(CqlType::Text)),
            Parameter::Int => Some(own.unwrap_or(CqlType::Int)),
            _ => own,
        }
    }

    /// Whether a type may stand here; else what does, as messages say it.
    fn refuses(self, ty: &CqlType) -> Option<String> {
        let takes = |wanted: &CqlType| wanted.assignment_from(ty) != Assignment::No;
        let (fits, wanted) = match self {
            Parameter::Any | Parameter::AnyOrReceiver | Parameter::SameAsFirst => return None,
            Parameter::Text => {
                let fits = takes(&CqlType::Text) || takes(&CqlType::Ascii);
                (fits, "argument of type [text|varchar|ascii]")
            }
            Parameter::OptionalText => (takes(&CqlType::Text), "argument of type text"),
            Parameter::Int => (takes(&CqlType::Int), "argument of type int"),
            Parameter::Collection => (ty.is_collection(), "collection argument"),
            Parameter::SetOrList => (
                matches!(ty, CqlType::List { .. } | CqlType::Set { .. }),
                "set or list argument",
            ),
            Parameter::NumericSetOrList => {
                let numeric =
                    matches!(ty, CqlType::List { element, .. } | CqlType::Set { element, .. } if is_numeric(element));
                (numeric, "numeric set/list argument")
            }
            Parameter::Map => (matches!(ty, CqlType::Map { .. } | CqlType::UserType(_)), "map argument"),
        };
        let article = if wanted.starts_with("argument") { "an" } else { "a" };
        (!fits).then(|| format!("requires {article} {wanted}"))
    }
}

/// The types of the arguments of a function with these parameters.
pub fn infer(
    full: &str,
    parameters: &[Parameter],
    arguments: &[Argument],
    receiver: Option<&CqlType>,
) -> Result<Vec<CqlType>, QueryError> {
    let described = || {
        let parameters: Vec<String> = parameters.iter().map(Parameter::to_string).collect();
        format!("{full}({})", parameters.join(", "))
    };
    let mandatory = parameters.iter().filter(|it| **it != Parameter::OptionalText).count();
    if arguments.len() < mandatory || arguments.len() > parameters.len() {
        return Err(QueryError::invalid(format!(
            "Invalid number of arguments for function {}",
            described()
        )));
    }
    let first = arguments
        .first()
        .zip(parameters.first())
        .and_then(|(argument, parameter)| parameter.infer(argument, receiver, None));
    let mut types = Vec::new();
    for (argument, parameter) in arguments.iter().zip(parameters) {
        let Some(ty) = parameter.infer(argument, receiver, first.as_ref()) else {
            return Err(QueryError::invalid(format!(
                "Cannot infer type of argument {} in call to function {}: use type casts to disambiguate",
                argument.text,
                described()
            )));
        };
        if let Some(refusal) = parameter.refuses(&ty) {
            return Err(QueryError::invalid(format!(
                "Function {full} {refusal}, but found argument {} of type {ty}",
                argument.text
            )));
        }
        types.push(ty);
    }
    Ok(types)
}

impl Argument {
    /// The type it would have by itself, if it tells one.
    pub fn compatible_type(&self) -> Option<CqlType> {
        match &self.kind {
            ArgumentKind::Typed(ty) | ArgumentKind::Operation(ty) => Some(ty.clone()),
            ArgumentKind::Literal(kind, text) => kind.preferred_type(text).ok(),
            _ => self.inferred.clone(),
        }
    }
}

/// A type that takes values of all of these.
pub fn common_type(types: &[CqlType]) -> Option<CqlType> {
    let suits = |ty: &&CqlType| types.iter().all(|it| ty.assignment_from(it) != Assignment::No);
    types.iter().find(suits).cloned()
}
